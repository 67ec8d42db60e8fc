"""What a user without rights gets: nothing of a model without ACL, and only the records of the rules."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.errors import AccessError, MissingError


@pytest.fixture
def own(env: Any, clerk: Any) -> Any:
    """The clerk's order; a rule says that employees see only what they made."""
    env["ir.rule"].create(
        {
            "name": "own orders",
            "model_id": env["ir.model"]._get("ledger.order").id,
            "domain_force": "[('create_uid', '=', user.id)]",
            "groups": [(6, 0, [env.ref("base.group_user").id])],
        }
    )
    return env["ledger.order"].with_user(clerk).create({"name": "own", "priority": 1})


@pytest.fixture
def foreign(env: Any, own: Any, clerk: Any) -> Any:
    """An order of somebody else, in the hands of the clerk; nothing of it is cached."""
    order = env["ledger.order"].create({"name": "foreign", "priority": 2, "tag_ids": [(0, 0, {"name": "t"})]})
    env.flush_all()
    env.invalidate_all()
    return order.with_user(clerk)


def test_a_model_without_acl_is_closed(env: Any, clerk: Any) -> None:
    env["ir.model.access"].search([("model_id.model", "=", "ledger.tag")]).unlink()
    tags = env["ledger.tag"].with_user(clerk)
    for call in (
        lambda: tags.search([]),
        lambda: tags.create({"name": "x"}),
        lambda: tags.read_group([], [], ["name"]),
        lambda: tags.search_count([]),
        lambda: tags.name_search("x"),
        lambda: tags.check_access("unlink"),
    ):
        with pytest.raises(AccessError, match="ledger.tag"):
            call()
    assert not tags.has_access("read")
    assert tags.sudo().search_count([]) == 0


def test_the_four_operations_are_apart(env: Any, clerk: Any) -> None:
    env["ir.model.access"].search([("model_id.model", "=", "ledger.tag")]).write(
        {"perm_write": False, "perm_unlink": False}
    )
    tag = env["ledger.tag"].with_user(clerk).create({"name": "mine"})
    assert tag.name == "mine"
    with pytest.raises(AccessError):
        tag.name = "other"
    with pytest.raises(AccessError):
        tag.unlink()
    assert [tag.has_access(mode) for mode in ("read", "create", "write", "unlink")] == [True, True, False, False]


def test_searches_leave_foreign_records_out(own: Any, foreign: Any) -> None:
    orders = own.browse()
    assert orders.search([]) == own
    assert orders.search_count([]) == 1
    assert orders.search([("name", "=", "foreign")]) == orders
    assert orders.search_read([], ["name"]) == [{"id": own.id, "name": "own"}]
    assert orders.name_search("") == [(own.id, "own")]
    assert orders.read_group([], ["priority:sum"], [])[0]["priority"] == 1
    assert orders._read_group([], ["name"], ["__count"]) == [("own", 1)]
    assert orders.sudo().search_count([]) == 2


def test_foreign_records_are_not_read_written_or_deleted(own: Any, foreign: Any) -> None:
    for call in (
        lambda: foreign.name,
        lambda: foreign.read(["name"]),
        lambda: foreign.tag_ids,
        lambda: foreign.total,
        lambda: foreign.label,
        lambda: (own + foreign).read(["name"]),
        lambda: foreign.write({"name": "stolen"}),
        lambda: (own + foreign).write({"name": "stolen"}),
        lambda: foreign.unlink(),
        lambda: foreign.copy(),
        lambda: foreign.check_access("read"),
    ):
        with pytest.raises(AccessError):
            call()
        foreign.env.invalidate_all()
    assert foreign.sudo().name == "foreign"
    assert (own + foreign)._filtered_access("read") == own


def test_a_foreign_record_read_along_does_not_spoil_the_own(own: Any, foreign: Any) -> None:
    own.env.invalidate_all()
    together = own + foreign
    assert together[0].name == "own"


def test_what_the_superuser_put_into_the_cache_is_still_not_written(own: Any, foreign: Any) -> None:
    assert foreign.sudo().name == "foreign"
    with pytest.raises(AccessError):
        foreign.write({"priority": 3})
    assert foreign.sudo().priority == 2


def test_a_user_cannot_make_or_move_records_out_of_his_reach(env: Any, clerk: Any) -> None:
    env["ir.rule"].create(
        {
            "name": "low priorities",
            "model_id": env["ir.model"]._get("ledger.order").id,
            "domain_force": "[('priority', '<', 5)]",
        }
    )
    orders = env["ledger.order"].with_user(clerk)
    with pytest.raises(AccessError), env.cr.savepoint():
        orders.create({"priority": 7})
    order = orders.create({"priority": 4})
    order.line_ids = [(0, 0, {"price": 1})]
    env["ledger.order"].browse(order.id).priority = 8
    with pytest.raises(AccessError):
        order.name = "x"
    assert not orders.search([("id", "=", order.id)])


def test_relations_to_foreign_records(env: Any, own: Any, foreign: Any) -> None:
    tag = foreign.sudo().tag_ids.with_user(own.env.uid)
    assert tag.order_ids == tag.browse().order_ids
    env.invalidate_all()  # what a relation holds is remembered for all users, as they found it
    assert env["ledger.tag"].browse(tag.id).order_ids == foreign
    with pytest.raises(AccessError):
        own.env["ledger.tag"].create({"name": "link", "order_ids": [(4, foreign.id)]})


def test_fields_of_groups(env: Any, own: Any) -> None:
    field = env.registry["ledger.order"]._fields["note"]
    field.groups = "base.group_system"
    try:
        own.sudo().note = "secret"
        own.env.invalidate_all()
        for call in (
            lambda: own.read(["note"]),
            lambda: own.note,
            lambda: own.write({"note": "x"}),
            lambda: own.create({"note": "x"}),
            lambda: own.search([("note", "=", "secret")]),
            lambda: own.search([], order="note"),
            lambda: own.read_group([], [], ["note"]),
        ):
            with pytest.raises(AccessError):
                call()
        assert "note" not in own.fields_get()
        assert "note" not in own.read()[0]
        assert "note" in own.sudo().fields_get()
    finally:
        field.groups = None


def test_a_record_out_of_reach_is_no_reason_for_those_beside_it(env: Any, own: Any, foreign: Any) -> None:
    first, second = env["ledger.order"].create([{"name": "first"}, {"name": "second"}])
    second.unlink()
    assert (first.label, first.city) == ("-: first", False)
    with pytest.raises(MissingError):
        second.label  # noqa: B018

    env.invalidate_all()
    both = own + foreign
    assert both[0].label == "-: own"
    with pytest.raises(AccessError):
        both[1].label  # noqa: B018
