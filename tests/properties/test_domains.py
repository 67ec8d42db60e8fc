"""A domain means the same in SQL and in memory, and its normal form means what it meant: random trees over records
with every type of field, many of them empty, some archived.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fondaco.domain.polish import AND, OR, distribute_not, domain_combine_anies, normalize_domain
from fondaco.domain.simplify import simplify
from fondaco.domain.tree import parse, to_list
from fondaco.orm.where import simplified

SIZE = 40
TEXTS = ["Alpha", "alpha", "beta 100%", "ab", "", False, "A_b", "back\\slash", "ÄÖß", "äö", "%", "_", "a\nb", "'\""]
TEXT_FIELDS = ("name", "title", "story", "nickname", "plot_name", "plot_id.name", "child_ids.name", "visit_ids.name")
NUMBERS = [0, 1, 2, 5, False, 7, 999]
FLOATS = [0, 1.5, 2.25, False, 2, 0.1]
GONE = 2**31 - 1
DATES = ["2024-01-15", "2023-12-31", "2024-01-01", "2024-02-29", False]
MOMENTS = ["2031-01-01", "2031-01-01 00:30:00", "2031-01-01 23:30:00", "2030-12-31 23:59:59", False]
VALUES: dict[str, list[Any]] = {
    **dict.fromkeys(TEXT_FIELDS, TEXTS),
    **dict.fromkeys(("height", "rank", "plot_size", "depth", "double", "parent_id.height", "plot_id.size"), NUMBERS),
    **dict.fromkeys(("width", "weight", "price", "parent_id.weight"), FLOATS),
    **dict.fromkeys(("is_wild", "active", "mother_is_wild", "parent_id.is_wild", "child_ids.active"), [True, False]),
    "kind": ["tree", "herb", False, "unknown"],
    **dict.fromkeys(("sown", "parent_id.sown"), DATES),
    **dict.fromkeys(("seen", "child_ids.seen"), MOMENTS),
    "sown.month_number": [1, 12, False, 2],
    "sown.iso_week_number": [1, 3, 52, 9],
    "seen.year_number": [2031, 2030, 0],
    "seen.day_of_week": [0, 2, 3, 6],
    "features.note": ["x", "y", False],
    "features.amount": [0, 1, 2, False],
    "res_id": NUMBERS,
    "photo": [False],
    "seal": [False],
}
EQUALITY = ("=", "!=", "<>", "in", "not in")
ORDER = ("<", "<=", ">", ">=")
LIKES = ("like", "ilike", "not like", "not ilike", "=like", "=ilike")
PATTERNS = ["a", "A", "b%", "_b", "", "100%", "\\", "\\%", "\\_", "ä", "Ä", "%a", "'", "A\\_b", False, "%"]
LINKS = {
    "plot_id": "plots", "parent_id": "plants", "child_ids": "plants", "visit_ids": "plots", "id": "plants",
    "parent_id.plot_id": "plots", "child_ids.visit_ids": "plots",
}  # fmt: skip
PLOT_DOMAINS = [
    [("name", "=", "north")], [("active", "=", False)], [("parent_id", "=", False)], [], [("size", ">", 1)],
    ["!", ("size", "in", [1, 2])], [("plant_ids", "=", False)], [("plant_ids.height", ">=", 5)],
]  # fmt: skip


@pytest.fixture
def plants(env: Any) -> Any:
    """Forty plants on eight plots; every value is often missing, a fifth of the records are archived."""
    chance = random.Random(18)
    names = ["north", "south", "Alpha", False, "ab", "A_b", "", "beta 100%"]
    plots = env["garden.plot"].create(
        [{"name": name, "size": place % 4, "active": place != 4} for place, name in enumerate(names)]
    )
    for place, plot in enumerate(plots[3:], 3):
        plot.parent_id = plots[chance.randrange(place)]
    plots.feature_definition = [
        {"name": "note", "type": "char", "string": "Note"}, {"name": "amount", "type": "integer", "string": "Amount"},
    ]  # fmt: skip
    stored = [name for name in VALUES if "." not in name and name not in ("plot_name", "mother_is_wild", "plot_size")]
    plants = env["garden.plant"].create(
        [
            {
                name: b"aGVsbG8=" if name in ("photo", "seal") else value
                for name in stored
                if name not in ("depth", "double")
                and chance.random() < 0.7
                and (value := chance.choice(VALUES[name])) != "unknown"
            }
            for _ in range(SIZE)
        ]
    )
    for place, plant in enumerate(plants):
        plant.plot_id = chance.choice([*plots.ids, False])
        plant.parent_id = plants[chance.randrange(place)] if place and chance.random() < 0.6 else False
        plant.visit_ids = [(6, 0, chance.sample(plots.ids, chance.randint(0, 2)))]
        if plant.plot_id and chance.random() < 0.7:
            plant.features = {"note": chance.choice(["x", "y", False]), "amount": chance.choice([0, 1, 2, False])}
        plant.subject = chance.choice([False, plots[0], plants[0]])
        plant.active = chance.random() < 0.8
    plants[3].with_context(lang="fr_FR").title = "Titre"
    env.flush_all()
    env.invalidate_all()
    return plants.with_context(active_test=False)


@st.composite
def leaf(draw: Any, ids: dict[str, list[int]], inner: Any) -> tuple[str, str, Any]:
    """One condition: a field of the plants, an operator it knows, a value."""
    name = draw(st.sampled_from([*VALUES, *LINKS, "subject"]))
    if name in LINKS:
        return draw(link(name, ids[LINKS[name]], inner))
    if name == "subject":
        references = [f"garden.plot,{ids['plots'][0]}", f"garden.plant,{ids['plants'][0]}", False]
        operator = draw(st.sampled_from(["=", "!=", "in", "not in"]))
        value: Any = st.sampled_from(references)
        return name, operator, draw(st.lists(value, max_size=2) if "in" in operator else value)
    values = VALUES[name]
    operators = [*EQUALITY, "=?"]
    if name in ("photo", "seal"):
        operators = ["=", "!="]
    elif values is TEXTS:
        operators += [*LIKES, *ORDER]
    elif values not in ([True, False], VALUES["kind"], VALUES["features.note"]):
        operators += ORDER
    operator = draw(st.sampled_from(operators))
    if operator in LIKES:
        return name, operator, draw(st.sampled_from(PATTERNS))
    one = st.sampled_from(values)
    return name, operator, draw(st.lists(one, max_size=3) if operator in ("in", "not in") else one)


@st.composite
def link(draw: Any, name: str, ids: list[int], inner: Any) -> tuple[str, str, Any]:
    operators = ["=", "!=", "in", "not in", "child_of", "parent_of"]
    operators += [] if name == "id" else ["any", "not any", "ilike", "not ilike", "="]
    operator = draw(st.sampled_from(operators))
    one = st.sampled_from([*ids, False])
    if operator in ("any", "not any"):
        return name, operator, draw(inner if LINKS[name] == "plants" else st.sampled_from(PLOT_DOMAINS))
    if operator in ("ilike", "not ilike"):
        return name, operator, draw(st.sampled_from(["a", "b", "north", ""]))
    if operator in ("in", "not in"):
        return name, operator, draw(st.lists(one, max_size=3))
    if operator in ("child_of", "parent_of"):
        known = st.sampled_from([*ids, GONE])
        return name, operator, draw(st.one_of(known, st.lists(known, max_size=3)))
    return name, operator, draw(one)


def domains(plants: Any) -> Any:
    """Random domains on the plants."""
    ids = {"plants": plants.ids, "plots": plants.env["garden.plot"].search([]).ids}
    simple = leaf(ids, st.just([])).map(lambda found: [found])
    constant = st.sampled_from([[(1, "=", 1)], [(0, "=", 1)], []])
    return st.recursive(
        st.one_of(simple, simple, simple, constant),
        lambda inner: st.one_of(
            inner.filter(bool).map(lambda domain: ["!", *normalize_domain(domain)]),
            st.tuples(st.sampled_from("&|"), inner, inner).map(
                lambda parts: [parts[0], *normalize_domain(parts[1]), *normalize_domain(parts[2])]
            ),
            st.tuples(inner, inner).map(lambda parts: parts[0] + parts[1]),
            st.tuples(
                st.sampled_from(["parent_id", "child_ids", "parent_id.child_ids"]),
                st.sampled_from(["any", "not any"]),
                inner,
            ).map(lambda found: [found]),
        ),
        max_leaves=6,
    )


def orders(domain: Any) -> bool:
    """Whether a leaf, at any depth, asks for more or less: no value is neither, so the opposite keeps it neither."""
    if isinstance(domain, tuple) and len(domain) == 3 and domain[1] in ORDER:
        return True
    return isinstance(domain, list | tuple) and any(orders(part) for part in domain)


def kept(plants: Any, domain: list[Any]) -> set[int]:
    """The ids that SQL keeps."""
    with plants.env.cr.savepoint():
        return set(plants.search(AND([[("id", "in", plants.ids)], domain])).ids)


def test_sql_and_memory_keep_the_same_records(plants: Any) -> None:
    @given(domains(plants))
    @example([("features.amount", "<", 1)])
    @example([("features.amount", "<", "1")])
    @example([("features.note", "ilike", "al")])
    @example([("features.note", "<", "y")])
    @example([("features.note", "not like", "%")])
    @example([("name", "not ilike", "%%")])
    @example([("plot_name", "not like", "%")])
    @example([("plot_id.name", "not like", "%")])
    @example([("plot_id", "parent_of", GONE)])
    @example([("plot_id", "parent_of", [GONE]), ("id", "child_of", GONE)])
    def same(domain: list[Any]) -> None:
        assert kept(plants, domain) == set(plants.filtered_domain(domain).ids)

    same()


def test_a_tree_and_its_list_are_the_same(plants: Any) -> None:
    @given(domains(plants))
    def same(domain: list[Any]) -> None:
        tree = parse(domain)

        assert parse(to_list(tree)) == tree
        assert parse(normalize_domain(domain)) == tree
        assert simplify(simplify(tree)) == simplify(tree)

    same()


def test_every_normal_form_keeps_the_meaning(plants: Any) -> None:
    everything = set(plants.ids)

    @given(domains(plants))
    def same(domain: list[Any]) -> None:
        expected = kept(plants, domain)

        assert kept(plants, to_list(simplify(parse(domain)))) == expected
        assert kept(plants, to_list(simplified(plants, domain))) == expected
        assert kept(plants, distribute_not(domain)) == expected
        assert kept(plants, domain_combine_anies(domain, plants)) == expected
        opposite = kept(plants, to_list(simplify(parse(domain), negated=True)))
        assert opposite <= everything - expected if orders(domain) else opposite == everything - expected

    same()


def test_and_or_are_intersection_and_union(plants: Any) -> None:
    @given(domains(plants), domains(plants))
    def same(left: list[Any], right: list[Any]) -> None:
        assert kept(plants, AND([left, right])) == kept(plants, left) & kept(plants, right)
        assert kept(plants, OR([left, right])) == kept(plants, left) | kept(plants, right)

    same()
