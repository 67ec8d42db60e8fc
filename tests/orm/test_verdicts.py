"""Record rules asked of the cache say what the table says, also the second time, when their answer is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.domain import predicate
from fondaco.orm.verdicts import rule_for

ADMIN = 2


@pytest.fixture
def people(env: Any) -> Any:
    """Contacts that differ in what rules look at: two companies, one below the other, none, kinds, numbers, parents."""
    above = env["res.company"].create({"name": "Above"})
    below = env["res.company"].create({"name": "Below", "parent_id": above.id})
    found = env["res.partner"].create(
        [
            {"name": "One", "company_id": above.id, "color": 1, "ref": "a"},
            {"name": "Two", "company_id": below.id, "color": 2, "type": "other"},
            {"name": "Three", "color": 2, "active": False},
            {"name": "Four", "ref": "b"},
        ]
    )
    return found | env["res.partner"].create({"name": "Five", "parent_id": found[3].id, "color": 1})


def rules_of(people: Any) -> list[list[Any]]:
    above, below = people[0].company_id.id, people[1].company_id.id
    return [
        [("color", "=", 1)],
        [("color", "!=", 0), ("active", "=", True)],
        ["|", ("company_id", "=", False), ("company_id", "parent_of", [below])],
        [("company_id", "child_of", [above])],
        [("company_id", "in", [above, False])],
        [("company_id", "not in", [above])],
        [("company_id", "=", "Above")],
        [("company_id", "any", [("name", "=", "Below")])],
        [("parent_id", "child_of", [people[3].id])],
        [("id", "child_of", [people[3].id])],
        ["!", ("ref", "=like", "a%")],
        [("type", "in", ["contact"])],
        ["|", ("id", "=", people[2].id), ("color", ">", 1)],
        [(1, "=", 1)],
        [(0, "=", 1)],
    ]


def test_a_rule_says_of_the_cache_what_it_says_of_the_table(people: Any) -> None:
    records = people.with_user(ADMIN)
    model = people.sudo().with_context(active_test=False)
    for change in ({}, {"color": 5, "company_id": False}, {"color": 1, "company_id": people[1].company_id.id}):
        people[0].write(change)
        people.flush_recordset()
        for domain in rules_of(people):
            rule = rule_for(records, domain)
            assert rule.fields is not None
            people.fetch([field.name for field in rule.fields])
            expected = set(model.search([("id", "in", people.ids), *domain])._ids)
            for _again in range(2):
                assert rule.knows(records.env, records._ids)
                assert rule.keeps(records) == expected, (domain, change)


def test_a_company_that_is_moved_is_below_another_from_then_on(people: Any) -> None:
    above, below = people[0].company_id, people[1].company_id
    domain = [("company_id", "child_of", [above.id])]
    person = people[1]
    assert person.company_id == below
    assert rule_for(person, domain).keeps(person) == {person.id}

    below.sudo()["parent_path"]  # noqa: B018
    below.env.cr.execute("UPDATE res_company SET parent_id = NULL WHERE id = %s", [below.id])
    below.invalidate_recordset()

    assert rule_for(person, domain).keeps(person) == set()


def test_equal_values_are_looked_at_once_and_a_changed_domain_anew(people: Any, monkeypatch: Any) -> None:
    asked = []
    holds = predicate.holds
    monkeypatch.setattr(predicate, "holds", lambda tree, record: asked.append(record) or holds(tree, record))
    domain: list[Any] = [("color", "in", [2])]
    people.fetch(["color"])

    assert rule_for(people, domain).keeps(people) == {people[1].id, people[2].id}
    assert rule_for(people, domain).keeps(people) == {people[1].id, people[2].id}
    assert len(asked) == len(set(people.mapped("color")))

    domain[0][2].append(1)
    assert rule_for(people, domain).keeps(people) == set(people[:3].ids) | {people[4].id}
    domain[0] = ("color", "=", 1)
    assert rule_for(people, domain).keeps(people) == {people[0].id, people[4].id}


def test_what_is_no_column_is_asked_of_the_table(people: Any) -> None:
    for domain in ([("company_id.name", "=", "Above")], [("display_name", "=", "One")], [("barcode", "=", "1")]):
        assert rule_for(people, domain).fields is None
        assert not rule_for(people, domain).knows(people.env, people._ids)


def test_a_rule_that_looks_at_records_is_read_each_time(people: Any) -> None:
    domain = [("parent_id", "in", people[3])]
    people.fetch(["parent_id"])

    assert rule_for(people, domain) is not rule_for(people, domain)
    assert rule_for(people, domain).keeps(people) == {people[4].id}
    domain[0] = ("parent_id", "in", people[0])
    assert rule_for(people, domain).keeps(people) == set()


def test_unsaved_records_are_asked_for_values_of_their_own(people: Any) -> None:
    shadow = people.new({"color": 1}, origin=people[1])
    rule = rule_for(people, [("color", "=", 1)])
    people.fetch(["color"])

    assert rule.keeps(people[1]) == set()
    assert rule.keeps(shadow) == {shadow._ids[0]}
