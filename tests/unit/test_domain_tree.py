"""Domains as trees: reading, writing back, refusing, simplifying, combining."""

import pytest

from fondaco.domain import polish
from fondaco.domain.simplify import simplify
from fondaco.domain.tree import FALSE, TRUE, And, Condition, Not, Or, parse, to_list

A, B, C = Condition("a", "=", 1), Condition("b", "=", 2), Condition("c", "=", 3)


@pytest.mark.parametrize(
    ("domain", "tree"),
    [
        ([], TRUE),
        ([("a", "=", 1)], A),
        ([("a", "=", 1), ("b", "=", 2)], And((A, B))),
        (["|", ("a", "=", 1), ("b", "=", 2), ("c", "=", 3)], And((Or((A, B)), C))),
        (["|", "|", ("a", "=", 1), ("b", "=", 2), ("c", "=", 3)], Or((A, B, C))),
        (["!", "&", ("a", "=", 1), ("b", "=", 2)], Not(And((A, B)))),
        ([(1, "=", 1)], TRUE),
        ([(0, "=", 1)], FALSE),
        ([("a", "<>", 1)], Condition("a", "!=", 1)),
        ([("a", "=", [1, 2])], Condition("a", "in", [1, 2])),
        ([("a", "not in", True)], Condition("a", "!=", True)),
    ],
)
def test_a_list_is_read_as_its_tree(domain, tree):
    assert parse(domain) == tree


def test_a_tree_written_and_read_again_is_the_same():
    domain = [
        "|",
        "!",
        ("a", "=", 1),
        "&",
        ("b", "in", [1, False]),
        "|",
        ("c", "any", [("d", "=", 1)]),
        ("e", "=", False),
    ]

    tree = parse(domain)

    assert parse(to_list(tree)) == tree
    assert to_list(tree) == domain


@pytest.mark.parametrize(
    ("domain", "error", "quoted"),
    [
        ("ref", AssertionError, "'ref'"),
        (None, AssertionError, "None"),
        (["|", ("a", "=", 1)], ValueError, "('a', '=', 1)"),
        ([("a", "~", 1)], ValueError, "('a', '~', 1)"),
        ([("a", "ILIKE", "x")], ValueError, "('a', 'ILIKE', 'x')"),
        ([("a", "==", 1)], ValueError, "('a', '==', 1)"),
        ([("a", "=")], ValueError, "expected 3, got 2"),
        (["name"], ValueError, "too many values"),
        (["name", "=", "x"], IndexError, "'x'"),
        ([[["name", "=", "x"]]], IndexError, "tuple index out of range"),
        ([(["a"], "=", 1)], ValueError, "(['a'], '=', 1)"),
    ],
)
def test_a_malformed_domain_is_refused_as_clients_know_it(domain, error, quoted):
    with pytest.raises(error) as raised:
        parse(domain)

    assert type(raised.value) is error
    assert quoted in str(raised.value)


def test_not_moves_to_the_leaves_and_the_certain_disappears():
    tree = parse(["!", "|", ("a", "=", 1), "&", ("b", "child_of", 2), (1, "=", 1)])

    assert simplify(tree) == And((Condition("a", "!=", 1), Not(Condition("b", "child_of", 2))))


def test_the_opposite_of_a_path_is_not_the_path_of_the_opposite():
    assert simplify(parse(["!", ("lines.a", "=", 1)])) == Not(Condition("lines.a", "=", 1))


def test_equalities_are_merged_only_where_the_caller_allows():
    tree = parse(["|", "|", ("a", "=", 1), ("b", "=", 2), ("a", "=", 3)])

    assert simplify(tree, lambda name: name == "a") == Or((Condition("a", "in", [1, 3]), B))
    assert simplify(tree) == tree


def test_combined_domains_keep_their_meaning_beside_each_other():
    two = [("a", "=", 1), ("b", "=", 2)]

    assert polish.AND([two, [], [("c", "=", 3)]]) == ["&", "&", ("a", "=", 1), ("b", "=", 2), ("c", "=", 3)]
    assert polish.OR([two, [("c", "=", 3)]]) == ["|", "&", ("a", "=", 1), ("b", "=", 2), ("c", "=", 3)]
    assert polish.OR([two, []]) == polish.TRUE_DOMAIN
    assert polish.OR([]) == polish.FALSE_DOMAIN
    assert polish.AND([two, polish.FALSE_DOMAIN]) == polish.FALSE_DOMAIN


def test_distribute_not_leaves_no_operator_that_has_an_opposite():
    domain = ["!", "&", ("a", "=", 1), "!", ("b", "ilike", "x")]

    assert polish.distribute_not(domain) == ["|", ("a", "!=", 1), ("b", "ilike", "x")]


def test_a_long_domain_is_read_in_one_go():
    """With an And made anew for each operator, this takes minutes: the patience of one test."""
    count = 200_000
    leaves = [("a", "=", 1)] * count

    assert len(parse(["|"] * (count - 1) + leaves).nodes) == count
    assert len(parse(["&", leaves[0]] * (count - 1) + leaves[:1]).nodes) == count
    assert len(parse(leaves).nodes) == count
