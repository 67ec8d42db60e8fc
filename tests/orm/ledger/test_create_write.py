"""Creating and writing: how many statements, which values, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.errors import MissingError, UserError, ValidationError
from fondaco.registry.transact import transact


def kinds(seen: list[str]) -> list[str]:
    return [code.split()[0] for code in seen]


# -- create ------------------------------------------------------------------------------------------------------------


def test_one_record_is_an_id_and_an_insert(env: Any, queries: Any) -> None:
    env["ledger.tag"].create({"name": "warm"})
    env.flush_all()
    with queries() as seen:
        env["ledger.tag"].create({"name": "A"})
        env.flush_all()
    assert kinds(seen) == ["SELECT", "INSERT"]


def test_many_records_take_no_more_statements_than_one(env: Any, queries: Any) -> None:
    env["ledger.order"].create({})
    env.flush_all()
    counts = []
    for number in (1, 2, 200):
        with queries() as seen:
            env["ledger.order"].create([{"name": f"O{n}", "priority": n % 4} for n in range(number)])
            env.flush_all()
        counts.append(len(seen))
    assert counts[0] <= 4
    assert counts[1] == counts[2] <= counts[0] + 1, seen


def test_computed_values_are_in_the_row_that_is_inserted(env: Any, queries: Any, stored: Any) -> None:
    with queries() as seen:
        env["ledger.line"].create([{"quantity": 2, "price": n} for n in range(10)])
        env.flush_all()
    assert "UPDATE" not in kinds(seen), seen
    assert [row for (row,) in stored("ledger_line", "amount")] == [2 * n for n in range(10)]


def test_lines_of_an_order_are_made_with_it(env: Any, stored: Any) -> None:
    order = env["ledger.order"].create(
        {
            "name": "O",
            "line_ids": [(0, 0, {"price": 3, "quantity": 2}), (0, 0, {"price": 4})],
            "tag_ids": [(0, 0, {"name": "new"})],
        }
    )
    assert order.total == 10
    assert order.line_ids.mapped("amount") == [6, 4]
    assert order.tag_ids.order_ids == order
    assert stored("ledger_order", "total") == [(10,)]


def test_defaults_come_from_context_then_field(env: Any) -> None:
    orders = env["ledger.order"]
    assert orders.default_get(["name", "priority", "note", "state"]) == {"name": "New", "priority": 3, "state": "draft"}
    assert orders.with_context(urgency=7).create({}).priority == 7
    made = orders.with_context(default_name="Ctx", default_tag_ids=[(0, 0, {"name": "T"})]).create({"priority": 1})
    assert (made.name, made.priority, made.tag_ids.mapped("name")) == ("Ctx", 1, ["T"])
    assert orders.create({"name": "given", "priority": 0}).priority == 0


def test_a_default_set_by_a_user_wins_over_the_field(env: Any) -> None:
    env["ir.default"].set("ledger.order", "note", "Fragile")
    assert env["ledger.order"].create({}).note == "Fragile"


def test_who_and_when(env: Any, clerk: Any) -> None:
    order = env["ledger.order"].with_user(clerk).create({"name": "mine"})
    assert order.create_uid == order.write_uid == clerk
    assert order.create_date == order.write_date == env.cr.now()
    order.with_user(1).write({"name": "his"})
    assert (order.create_uid, order.write_uid.id) == (clerk, 1)


def test_name_create(env: Any) -> None:
    id_, name = env["ledger.customer"].name_create("Ada")
    assert (env["ledger.customer"].browse(id_).name, name) == ("Ada", "Ada")


def test_a_name_that_is_no_field_is_refused(env: Any) -> None:
    order = env["ledger.order"].create({})
    for call in (order.write, order.create):
        with pytest.raises(ValueError, match="nowhere"):
            call({"nowhere": 1})


# -- write -------------------------------------------------------------------------------------------------------------


def test_the_same_columns_of_many_records_are_one_update(env: Any, queries: Any, stored: Any) -> None:
    orders = env["ledger.order"].create([{"name": str(n)} for n in range(50)])
    env.invalidate_all()
    with queries() as seen:
        for place, order in enumerate(orders):
            order.name = f"n{place}"
        orders[:20].write({"note": "x"})
        env.flush_all()
    assert kinds(seen).count("UPDATE") == 2, seen
    assert stored("ledger_order", "name", "note") == [(f"n{n}", "x" if n < 20 else None) for n in range(50)]


def test_what_does_not_change_is_not_written(env: Any, queries: Any) -> None:
    order = env["ledger.order"].create({"name": "same", "priority": 2})
    env.flush_all()
    with queries() as seen:
        order.line_ids.write({"name": "none"})
        order.note = False
        env.flush_all()
    assert not any('"note"' in code for code in seen), seen


def test_values_take_the_type_of_their_field(env: Any) -> None:
    order = env["ledger.order"].create({"priority": "2", "day": "2024-02-29", "name": 12, "state": "done"})
    assert (order.priority, str(order.day), order.name, order.state) == (2, "2024-02-29", "12", "done")
    with pytest.raises(ValueError, match="state"):
        order.state = "unheard of"
    order.day = False
    assert order.day is False


def test_python_constraints(env: Any) -> None:
    with pytest.raises(ValidationError, match="not negative"):
        env["ledger.order"].create({"priority": -1})
    order = env["ledger.order"].create({})
    with pytest.raises(ValidationError, match="not negative"):
        order.priority = -2


def test_constraints_of_the_database_are_told_in_words(ledger_registry: Any) -> None:
    def twice(env: Any) -> None:
        env["ledger.order"].create([{"code": "A"}, {"code": "A"}])

    def without_name(env: Any) -> None:
        env["ledger.customer"].create({"city": "Bonn"})

    def still_needed(env: Any) -> None:
        customer = env["ledger.customer"].create({"name": "C"})
        env["ledger.order"].create({"customer_id": customer.id})
        customer.unlink()

    for work, text in (
        (twice, "Two orders have the same code"),
        (without_name, "is required"),
        (still_needed, "is still needed by Order"),
    ):
        with pytest.raises(ValidationError, match=text):
            transact(ledger_registry, work, uid=1)


# -- copy, unlink ------------------------------------------------------------------------------------------------------


def test_a_copy_has_parents_of_its_own_on_each_level(env: Any) -> None:
    branch = env["ledger.branch"].create({"name": "North", "city": "Leeds", "rate": 2})

    copy = branch.copy()
    copy.city = "York"

    assert (branch.city, copy.name, copy.rate) == ("Leeds", "North", 2)
    assert branch.bank_id != copy.bank_id and branch.customer_id != copy.customer_id
    other = branch.copy({"customer_id": branch.customer_id.id})
    assert other.bank_id != branch.bank_id and other.customer_id == branch.customer_id
    same = branch.copy({"bank_id": branch.bank_id.id})
    assert same.bank_id == branch.bank_id and same.customer_id == branch.customer_id


def test_a_copy_takes_lines_along_and_shares_tags(env: Any) -> None:
    order = env["ledger.order"].create(
        {
            "name": "O", "note": "once", "priority": 1, "line_ids": [(0, 0, {"name": "a", "price": 5})],
            "tag_ids": [(0, 0, {"name": "t"})],
        }
    )  # fmt: skip
    double = order.copy({"priority": 2})
    assert (double.name, double.note, double.priority, double.total) == ("O", False, 2, 5)
    assert double.tag_ids == order.tag_ids
    assert double.line_ids.mapped("name") == ["a"]
    assert not double.line_ids & order.line_ids
    assert order.line_ids.mapped("price") == [5]
    both = (order + double).copy()
    assert both.mapped("priority") == [1, 2]
    with pytest.raises(ValidationError):
        order.copy({"priority": -1})


def test_a_record_that_is_gone_has_no_lines(env: Any) -> None:
    order = env["ledger.order"].create({"line_ids": [(0, 0, {"name": "a"})], "tag_ids": [(0, 0, {"name": "t"})]})
    env.flush_all()
    env.invalidate_all()
    order.unlink()

    assert not order.line_ids and not order.tag_ids
    with pytest.raises(MissingError):
        order.note  # noqa: B018


def test_what_hangs_on_a_deleted_record_goes_or_lets_go(env: Any, stored: Any) -> None:
    customer = env["ledger.customer"].create({"name": "C"})
    order = env["ledger.order"].create({"customer_id": customer.id, "line_ids": [(0, 0, {"price": 7})] * 2})
    other = env["ledger.order"].create({"customer_id": customer.id, "line_ids": [(0, 0, {"price": 1})]})
    tag = env["ledger.tag"].create({"name": "T", "order_ids": [(6, 0, (order + other).ids)]})
    lines = order.line_ids
    assert customer.turnover == 15
    order.unlink()
    assert not lines.exists()
    assert tag.order_ids == other
    assert customer.order_ids == other
    assert customer.turnover == 1
    assert customer.order_count == 1
    assert stored("ledger_customer", "turnover") == [(1,)]


def test_what_hangs_on_a_record_and_on_its_lines_goes_with_it_in_the_transaction_that_made_it(env: Any) -> None:
    order = env["ledger.order"].create({"line_ids": [(0, 0, {"detail_ids": [(0, 0, {"name": "d"})]})]})
    details = order.line_ids.detail_ids
    assert details.order_id == order

    order.unlink()

    assert not details.exists()


def test_deleting_a_line_changes_the_sum_in_cache_and_table(env: Any, stored: Any) -> None:
    order = env["ledger.order"].create({"line_ids": [(0, 0, {"price": p}) for p in (1, 2, 4)]})
    order.line_ids[1].unlink()
    assert (order.total, order.line_ids.mapped("price")) == (5, [1, 4])
    assert stored("ledger_order", "total") == [(5,)]


def test_an_ondelete_method_may_refuse(env: Any) -> None:
    order = env["ledger.order"].create({"state": "done"})
    with pytest.raises(UserError, match="stay"):
        order.unlink()
    assert order.exists()


def test_external_ids_and_attachments_go_with_the_record(env: Any) -> None:
    tag = env["ledger.tag"].create({"name": "T"})
    data = env["ir.model.data"].create({"module": "x", "name": "t", "model": tag._name, "res_id": tag.id})
    file = env["ir.attachment"].create({"name": "f", "res_model": tag._name, "res_id": tag.id, "raw": b"x"})
    tag.unlink()
    assert not data.exists()
    assert not file.exists()
    assert env.ref("x.t", raise_if_not_found=False) is None


# -- delegation --------------------------------------------------------------------------------------------------------


def test_a_delegating_record_reads_and_writes_its_parent(env: Any, queries: Any) -> None:
    bank = env["ledger.bank"].create({"name": "Monte", "city": "Siena", "rate": 1.239})
    assert (bank.customer_id.name, bank.city, bank.rate) == ("Monte", "Siena", 1.24)
    bank.write({"city": "Roma", "rate": 2})
    assert bank.customer_id.city == "Roma"
    bank.customer_id.name = "Banco"
    assert bank.name == "Banco"
    assert env["ledger.bank"].search([("name", "=", "Banco"), ("city", "=", "Roma")]) == bank
    known = env["ledger.customer"].create({"name": "Known"})
    second = env["ledger.bank"].create({"customer_id": known.id, "city": "Pisa"})
    assert (second.name, known.city) == ("Known", "Pisa")
    double = bank.copy()
    assert double.name == "Banco"
    assert double.customer_id != bank.customer_id
    bank.customer_id.unlink()
    assert not bank.exists()


# -- trees -------------------------------------------------------------------------------------------------------------


def test_paths_of_a_tree_follow_every_move(env: Any, stored: Any) -> None:
    place = env["ledger.place"]
    root, other = place.create([{"name": "root"}, {"name": "other"}])
    child = place.create({"name": "child", "parent_id": root.id})
    leaf = place.create({"name": "leaf", "parent_id": child.id})
    assert leaf.parent_path == f"{root.id}/{child.id}/{leaf.id}/"
    assert leaf.path == "root / child / leaf"
    child.parent_id = other
    assert leaf.parent_path == f"{other.id}/{child.id}/{leaf.id}/"
    assert leaf.path == "other / child / leaf"
    root.name = "unseen"
    other.name = "seen"
    assert stored("ledger_place", "path")[-1] == ("seen / child / leaf",)
    assert place.search([("id", "child_of", other.id)]) == child + leaf + other
    with pytest.raises(UserError), env.cr.savepoint():
        other.parent_id = leaf
    (child + leaf).write({"parent_id": root.id})
    assert [child.parent_path, leaf.parent_path] == [f"{root.id}/{child.id}/", f"{root.id}/{leaf.id}/"]
