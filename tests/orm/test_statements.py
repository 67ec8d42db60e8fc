"""How many statements the calls take that clients make most: what a benchmark would notice, told without a clock."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.orm.environment import Environment
from fondaco.registry.transact import transact
from tests.python_calls import python_calls

ADMIN = 2


@pytest.fixture
def people(env: Any) -> Any:
    """A company with two people in Italy; written and not cached."""
    italy = env.ref("base.it")
    company = env["res.partner"].create({"name": "Company", "is_company": True, "country_id": italy.id})
    found = company.create([{"name": f"Person {n}", "parent_id": company.id} for n in range(2)])
    env.invalidate_all()
    return company | found


def test_what_depends_on_a_deleted_record_is_asked_in_one_statement(people: Any, queries: Any) -> None:
    with queries() as seen:
        people[1].unlink()

    assert len(seen) == 3, seen  # users of the contact, dependents, DELETE that tells what belonged to it
    assert not people[1].exists()
    assert people[0].child_ids == people[2]


def test_what_belonged_to_a_deleted_record_goes_with_it(env: Any) -> None:
    partner = env["res.partner"].create({"name": "Passing"})
    env["ir.model.data"].create({"module": "test", "name": "passing", "model": "res.partner", "res_id": partner.id})
    note = env["ir.attachment"].create({"name": "n", "res_model": "res.partner", "res_id": partner.id, "raw": b"n"})

    partner.unlink()

    assert env.ref("test.passing", raise_if_not_found=False) is None
    assert not note.exists()


def test_a_company_with_people_is_written_once_with_their_address(env: Any, queries: Any) -> None:
    italy = env.ref("base.it")
    people = [(0, 0, {"name": f"Person {n}", "city": "Elsewhere"}) for n in range(3)]
    people.append((0, 0, {"name": "Invoices", "type": "invoice", "city": "Gent"}))
    env["res.partner"].create({"name": "First"})  # what is remembered about the model is remembered now

    with queries() as seen:
        company = env["res.partner"].create(
            {"name": "Company", "is_company": True, "city": "Roma", "country_id": italy.id, "child_ids": people}
        )
        env.flush_all()

    assert not [code for code in seen if code.startswith("UPDATE")], seen
    assert len(seen) == 4, seen  # ids and rows of the company, ids and rows of its people
    env.invalidate_all()
    assert [child.city for child in company.child_ids.sorted("id")] == ["Roma", "Roma", "Roma", "Gent"]
    assert set(company.child_ids.filtered(lambda child: child.type == "contact").country_id) == set(italy)


def test_record_rules_are_made_sql_once_and_forgotten_with_the_rule(env: Any) -> None:
    user = env(user=ADMIN)
    rule = env["ir.rule"].create(
        {"name": "Red", "model_id": env.ref("base.model_res_partner_category").id, "domain_force": "[('color','=',1)]"}
    )
    red, blue = env["res.partner.category"].create([{"name": "Red", "color": 1}, {"name": "Blue", "color": 4}])
    known = env.registry.rule_conditions

    assert user["res.partner.category"].search([("id", "in", (red | blue).ids)]).ids == red.ids
    before = dict(known)
    assert user["res.partner.category"].search([("id", "in", (red | blue).ids)]).ids == red.ids
    assert known == before

    # an addon may change the very list that it was given, or give one list for several models
    domain = user["ir.rule"]._compute_domain("res.partner.category")
    domain += [("name", "=", "Blue")]
    assert not user["res.partner.category"].search([("id", "in", (red | blue).ids)])
    del domain[-1]
    rule.domain_force = "[('color', '=', 4)]"
    assert user["res.partner.category"].search([("id", "in", (red | blue).ids)]).ids == blue.ids
    assert (red | blue).with_user(ADMIN)._filtered_access("unlink").ids == blue.ids


def test_views_made_together_are_held_against_their_families_in_one_statement(env: Any, queries: Any) -> None:
    values = {"model": "res.partner.category", "type": "form", "arch": "<form><field name='name'/></form>"}

    with queries() as seen:
        env["ir.ui.view"].create([{"name": f"View {n}", **values} for n in range(5)])

    assert sum(code.startswith("WITH RECURSIVE up") for code in seen) == 1, seen


def test_fields_are_described_in_one_statement_and_named_in_another(env: Any, queries: Any) -> None:
    with queries() as seen:
        env["ir.model.fields"]._reflect_fields(["res.partner.category"])

    assert sum("json_to_recordset" in code for code in seen) == 2, seen


def test_deleting_nothing_that_is_remembered_about_forgets_nothing(people: Any, registries: Any, database: str) -> None:
    registry = registries.get(database)
    partner = transact(registry, lambda env: env["res.partner"].create({"name": "Passing"}).id, uid=ADMIN)
    transact(registry, lambda env: env["res.partner"].browse(partner).check_access("unlink"), uid=ADMIN)
    known = len(registry.caches["default"])

    transact(registry, lambda env: env["res.partner"].browse(partner).unlink(), uid=ADMIN)

    assert len(registry.caches["default"]) >= known


def test_names_of_related_records_are_read_by_their_own_columns(people: Any, queries: Any) -> None:
    with queries() as seen:
        (row,) = people[0].read(["name", "country_id"])

    assert row["country_id"][1] == "Italy"
    assert len(seen) == 2, seen
    assert "currency_id" not in seen[1]


def test_a_renamed_record_has_its_new_name_at_once(env: Any) -> None:
    title = env["res.partner.title"].create({"name": "Captain"})
    assert title.display_name == "Captain"

    title.name = "Admiral"

    assert title.display_name == "Admiral"


def test_defaults_that_are_called_are_called_for_each_record(env: Any, monkeypatch: Any) -> None:
    field = env["res.partner"]._fields["tz"]
    zones = iter(("Europe/Rome", "Europe/Paris"))
    monkeypatch.setattr(field, "default", lambda _model: next(zones))

    found = env["res.partner"].create([{"name": "A"}, {"name": "B"}])

    assert found.mapped("tz") == ["Europe/Rome", "Europe/Paris"]


def test_rows_made_together_share_what_is_equal_and_keep_what_differs(env: Any, queries: Any) -> None:
    env["res.partner"].create({"name": "First"})  # what is remembered about the model is remembered now

    with queries() as seen:
        found = env["res.partner"].create([{"name": f"N{n}", "city": "Gent", "color": n % 2} for n in range(50)])

    assert len(seen) == 2, seen
    env.invalidate_all()
    assert found.mapped("name") == [f"N{n}" for n in range(50)]
    assert found.mapped("color") == [n % 2 for n in range(50)]
    assert set(found.mapped("city")) == {"Gent"}


def test_a_call_that_reads_begins_with_the_question_whether_the_registry_is_fresh(
    registries: Any, database: str, queries: Any
) -> None:
    registry = registries.get(database)

    def work(env: Environment) -> int:
        assert registry.check_signaling(env.cr)
        return int(env["res.partner"].search_count([]))

    with queries() as seen:
        assert transact(registry, work, uid=1, readonly=True) > 0

    assert len(seen) == 3, seen  # BEGIN with the question, the count, COMMIT


def test_names_alone_are_one_statement_and_tell_who_is_gone(people: Any, queries: Any) -> None:
    gone = people.create({"name": "Gone"})
    everybody = people | gone
    gone.unlink()
    people.env.invalidate_all()

    with queries() as seen:
        rows = people.web_read({"display_name": {}})
    assert len(seen) == 1, seen
    assert [row["display_name"] for row in rows] == ["Company", "Company, Person 0", "Company, Person 1"]

    people.env.invalidate_all()
    assert [row["id"] for row in everybody.read(["display_name"])] == people.ids


def test_rows_loaded_over_records_are_checked_read_and_written_together(env: Any, queries: Any) -> None:
    admin = env(user=ADMIN)
    found = admin["res.partner"].create([{"name": f"N{n}"} for n in range(50)])
    rows = [[str(partner.id), f"Post {n}"] for n, partner in enumerate(found)]
    admin["res.partner"].load([".id", "function"], rows)
    env.invalidate_all()

    with queries() as seen:
        answer = admin["res.partner"].load([".id", "function"], [[id_, f"{text}!"] for id_, text in rows])

    assert not answer["messages"]
    asked = [code for code in seen if "SAVEPOINT" not in code]
    assert len(asked) <= 3, seen  # who is there, what the record rules look at, UPDATE
    assert '"write_date" = %s' in asked[-1], seen  # said once, not with every row
    assert found.mapped("function") == [f"Post {n}!" for n in range(50)]


def test_rows_loaded_over_records_do_little_for_each_of_them(env: Any) -> None:
    admin = env(user=ADMIN)
    found = admin["res.partner"].create([{"name": f"N{n}"} for n in range(40)])

    def work(count: int, text: str) -> int:
        rows = [[str(id_), f"{text} {id_}"] for id_ in found[:count].ids]
        env.invalidate_all()
        return python_calls(lambda: admin["res.partner"].load([".id", "function"], rows))

    work(40, "First")  # what is remembered about the model is remembered now
    each = (work(40, "Second") - work(20, "Third")) / 20

    assert each <= 150, each  # 295 when every record rule was read anew and each value found its way anew


def test_rows_created_together_do_little_for_each_of_them(env: Any) -> None:
    partners = env(user=ADMIN)["res.partner"]

    def work(count: int) -> int:
        values = [{"name": f"N{n}", "email": f"n{n}@mail.example.com", "is_company": False} for n in range(count)]
        return python_calls(lambda: partners.create(values))

    work(40)  # what is remembered about the model is remembered now
    each = (work(40) - work(20)) / 20

    assert each <= 285, each  # 355 when what each was given was sorted out for each


def test_one_value_written_on_many_records_is_a_question_and_an_answer(env: Any, queries: Any) -> None:
    found = env["res.partner"].create([{"name": f"N{n}"} for n in range(20)]).with_user(ADMIN)
    found.check_access("write")  # what is remembered about rights is remembered now
    env.invalidate_all()

    with queries() as seen:
        found.write({"function": "Buyer"})
        found.flush_recordset()

    assert len(seen) == 2, seen  # what the record rules say of them, UPDATE


def test_one_record_is_checked_and_read_in_one_statement_before_it_is_written(people: Any, queries: Any) -> None:
    person = people[1].with_user(ADMIN)
    person.check_access("write")  # what is remembered about rights is remembered now
    people.env.invalidate_all()

    with queries() as seen:
        person.write({"function": "Buyer"})
        person.flush_recordset()

    assert len(seen) == 2, seen
