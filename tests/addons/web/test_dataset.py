"""Methods of models as the client calls them."""

from __future__ import annotations

import uuid

import psycopg.errors
import pytest

from fondaco.orm.environment import SUPERUSER_ID, Environment
from tests.fix_addons import addon_module
from tests.fix_visitor import Visitor


@pytest.fixture
def visitor(server):
    visitor = Visitor(server)
    visitor.log_in(server.login, server.password)
    return visitor


def test_deletions_are_carried_out_in_turn_and_one_that_is_refused_is_in_nobodys_way(visitor):
    partners = [visitor.call("res.partner", "create", {"name": f"In turn {number}"}) for number in range(3)]
    users = [
        visitor.call("res.users", "create", {"name": "In turn", "login": f"in-turn-{partner}", "partner_id": partner})
        for partner in partners[:2]
    ]

    wanted = [
        ("res.users", users[0]),
        *(("res.partner", partner) for partner in partners),
        ("res.partner", partners[2]),
    ]
    deletions = [{"model": model, "ids": [id_], "context": {}} for model, id_ in wanted]
    answer = visitor.json("/web/dataset/unlink_in_turn", deletions=deletions)
    assert "result" in answer, answer

    # the second contact has a user still; the third is gone when it is asked for again
    assert [bool(refusal) for refusal in answer["result"]] == [False, False, True, False, False]
    assert visitor.call("res.partner", "search", [["id", "in", partners]]) == [partners[1]]


def test_entries_that_mean_nothing_keep_no_other_deletion_from_being_carried_out(visitor):
    partner = visitor.call("res.partner", "create", {"name": "Beside odd ones"})
    odd = [
        {"model": "no.such.model", "ids": [1]},
        {"model": ["res.partner"], "ids": [1]},
        {"model": "res.partner"},
        {"model": "res.partner", "ids": ["x"]},
        {"model": "res.partner", "ids": {"a": 1}},
        {"model": "res.partner", "ids": [1], "context": "x"},
        "res.partner",
        None,
    ]

    answer = visitor.json("/web/dataset/unlink_in_turn", deletions=[*odd, {"model": "res.partner", "ids": [partner]}])

    assert [bool(refusal) for refusal in answer["result"]] == [*[True] * len(odd), False], answer
    assert visitor.call("res.partner", "search", [["id", "=", partner]]) == []


def test_nobody_deletes_in_turn_what_he_may_not_delete(visitor, server, registries):
    login = f"reader-{uuid.uuid4().hex[:8]}"
    with registries.get(server.database).cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        env["res.users"].create({"name": "Reader", "login": login, "password": "reads and reads"})
        cr.commit()
    reader = Visitor(server)
    reader.log_in(login, "reads and reads")
    country = visitor.call("res.country", "search", [], limit=1)

    (refusal,) = reader.json(
        "/web/dataset/unlink_in_turn", deletions=[{"model": "res.country", "ids": country, "context": {}}]
    )["result"]

    assert refusal
    assert visitor.call("res.country", "search", [["id", "in", country]]) == country


def test_records_are_numbered_in_one_statement_and_their_rights_asked_once(env, queries):
    groups = [env.ref("base.group_user").id, env.ref("base.group_partner_manager").id]
    user = env["res.users"].create({"name": "Counts", "login": "counts", "groups_id": [(6, 0, groups)]})
    partner = env["res.partner"].create({"name": "Many accounts"})
    lines = [{"acc_number": f"Numbered {number}", "partner_id": partner.id, "sequence": 0} for number in range(40)]
    accounts = env["res.partner.bank"].create(lines).with_user(user)
    accounts[:1].write({"sequence": 10})  # what does not depend on the number of records is known now
    env.flush_all()
    env.invalidate_all()

    with queries() as seen:
        addon_module("web.controllers.dataset").number_in_order(accounts, "sequence", 10)
        env.flush_all()

    assert accounts.mapped("sequence") == list(range(10, 50))
    assert len([statement for statement in seen if str(statement).startswith("UPDATE")]) == 1
    assert len(seen) < 10, seen


def test_the_numbers_of_two_who_order_the_same_records_at_once_do_not_mix(server, registries):
    registry = registries.get(server.database)
    number_in_order = addon_module("web.controllers.dataset").number_in_order
    with registry.cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        partner = env["res.partner"].create({"name": "Ordered twice"})
        lines = [{"acc_number": f"At once {at}", "partner_id": partner.id, "sequence": at} for at in range(4)]
        a, b, c, d = env["res.partner.bank"].create(lines).ids
        cr.commit()

    with registry.cursor() as mine, registry.cursor() as theirs:
        theirs.execute("SELECT count(*) FROM res_partner_bank")  # from here on they see what is now
        own, other = (Environment(cr, SUPERUSER_ID, {})["res.partner.bank"] for cr in (mine, theirs))
        number_in_order(own.browse([b, a, c, d]), "sequence", 0)
        mine.commit()
        # a request is then repeated, and reads what was numbered meanwhile
        with pytest.raises(psycopg.errors.SerializationFailure):
            number_in_order(other.browse([a, b, d, c]), "sequence", 0)
        theirs.rollback()

    with registry.cursor() as cr:
        Environment(cr, SUPERUSER_ID, {})["res.partner"].browse(partner.id).unlink()
        cr.commit()


def test_neither_do_numbers_that_stand_in_the_record_a_model_inherits_from(server, registries):
    registry = registries.get(server.database)
    number_in_order = addon_module("web.controllers.dataset").number_in_order
    with registry.cursor() as cr:
        products = Environment(cr, SUPERUSER_ID, {})["product.product"]
        assert products._fields["sequence"].inherited
        a, b, c, d = products.create([{"name": f"At once {at}", "sequence": at} for at in range(4)]).ids
        cr.commit()

    with registry.cursor() as mine, registry.cursor() as theirs:
        theirs.execute("SELECT count(*) FROM product_product")
        own, other = (Environment(cr, SUPERUSER_ID, {})["product.product"] for cr in (mine, theirs))
        number_in_order(own.browse([b, a, c, d]), "sequence", 0)
        mine.commit()
        with pytest.raises(psycopg.errors.SerializationFailure):
            # a and b stand as they stood for them: only c and d would be written
            number_in_order(other.browse([a, b, d, c]), "sequence", 0)
        theirs.rollback()

    with registry.cursor() as cr:
        Environment(cr, SUPERUSER_ID, {})["product.product"].browse([a, b, c, d]).unlink()
        cr.commit()
