"""A domain means the same in SQL and in memory: random trees over random records."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXTS = ["Alpha", "beta 100%", "ab", "", False, "A_b", "GAMMA"]
VALUES: dict[str, list[Any]] = {
    "name": TEXTS,
    "note": ["x", False],
    "title": ["x", "Y", False],
    "color": [0, 1, 2, 5, 3, False],
    "size": [0, 1.5, -2.25, 2, False],
    "is_flagged": [True, False],
    "kind": ["a", "b", "c", False],
    "day": ["2024-01-15", "2023-12-31", "2024-01-01", False],
    "moment": ["2031-01-01", "2031-01-01 00:30:00", "2031-01-01 23:30:00", False],
    "active": [True, False],
    "parent_color": [0, 1, 2, False],
}
PATHS = {"parent_id.color": "color", "child_ids.name": "name", "parent_id.is_flagged": "is_flagged"}
LIKES = ["like", "ilike", "not like", "not ilike", "=like", "=ilike"]
SIZE = 30


@pytest.fixture(scope="module")
def grove(kinds_env: Any) -> Any:
    """Thirty nodes with values of every kind, many of them empty; every model with its archived records."""
    chance = random.Random(18)
    tags = kinds_env["kinds.tag"].create([{"name": name, "active": name != "Z"} for name in ("A", "B", "ab", "Z")])
    tags[1].parent_id, tags[2].parent_id = tags[0], tags[1]
    stored = [name for name in VALUES if name != "parent_color"]
    nodes = kinds_env["kinds.node"].create(
        [
            {name: value for name in stored if (value := chance.choice(VALUES[name])) != "c" and chance.random() < 0.7}
            for _ in range(SIZE)
        ]
    )
    for place, node in enumerate(nodes[5:], 5):
        node.parent_id = nodes[chance.randrange(place)] if chance.random() < 0.6 else False
        node.tag_id = chance.choice([*tags.ids, False])
        node.tag_ids = [(6, 0, chance.sample(tags.ids, chance.randint(0, 2)))]
    kinds_env.flush_all()
    return nodes.with_context(active_test=False)


@st.composite
def leaves(draw: Any, nodes: list[int], tags: list[int], domains: Any) -> tuple[str, str, Any]:
    name = draw(st.sampled_from([*VALUES, *PATHS, "parent_id", "child_ids", "tag_id", "tag_ids"]))
    if name in VALUES or name in PATHS:
        values = VALUES[PATHS.get(name, name)]
        operators = ["=", "!=", "in", "not in"]
        if values in (VALUES["name"], VALUES["title"], VALUES["note"]):
            operators += LIKES
        elif values not in (VALUES["is_flagged"], VALUES["kind"], VALUES["active"]):
            operators += ["<", "<=", ">", ">="]
        operator = draw(st.sampled_from(operators))
        if operator in LIKES:
            return name, operator, draw(st.sampled_from(["a", "A", "b%", "_b", "", "100%"]))
        value = st.sampled_from(values)
        return name, operator, draw(st.lists(value, max_size=3) if operator in ("in", "not in") else value)
    ids = nodes if name in ("parent_id", "child_ids") else tags
    operator = draw(st.sampled_from(["=", "!=", "in", "not in", "any", "not any", "ilike", "child_of", "parent_of"]))
    if operator in ("any", "not any"):
        of_tags = st.sampled_from([[("name", "=", "A")], [("active", "=", False)], [("parent_id", "=", False)], []])
        return name, operator, draw(domains if ids is nodes else of_tags)
    if operator == "ilike":
        return name, operator, draw(st.sampled_from(["a", "b", "Z"]))
    one = st.sampled_from([*ids, False])
    if operator in ("in", "not in"):
        return name, operator, draw(st.lists(one, max_size=3))
    return name, operator, draw(st.sampled_from(ids) if operator in ("child_of", "parent_of") else one)


def trees(nodes: list[int], tags: list[int]) -> Any:
    single = st.deferred(lambda: leaves(nodes, tags, st.just([])).map(lambda leaf: [leaf]))
    return st.recursive(
        single,
        lambda inner: st.one_of(
            inner.map(lambda domain: ["!", *domain]),
            st.tuples(st.sampled_from("&|"), inner, inner).map(lambda parts: [parts[0], *parts[1], *parts[2]]),
            st.tuples(st.sampled_from(["parent_id", "child_ids"]), st.sampled_from(["any", "not any"]), inner).map(
                lambda leaf: [leaf]
            ),
        ),
        max_leaves=6,
    )


def test_sql_and_memory_keep_the_same_records(grove: Any) -> None:
    tags = grove.env["kinds.tag"].search([])

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(trees(grove.ids, tags.ids))
    def same(domain: list[Any]) -> None:
        in_sql = grove.search([("id", "in", grove.ids), *domain])
        in_memory = grove.filtered_domain(domain)
        assert set(in_sql.ids) == set(in_memory.ids)

    same()
