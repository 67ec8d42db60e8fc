"""Remembered answers: how much room they take, how long they hold, who gives up first."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fondaco.registry.answers import Budget, Group
from fondaco.registry.weight import weight

SEED = {"cache_timeout": 3600.0, "cache_size": 16777216}


def test_w24_the_answers_of_all_groups_stay_within_cache_size():
    budget = Budget.of({**SEED, "cache_size": 1_000_000})
    groups = [Group(budget) for _ in range(3)]

    for number in range(3000):
        groups[number % 3][number] = "x" * 2000
        assert budget.taken <= 1_000_000

    assert budget.taken > 800_000
    assert groups[0].get(2997) is not None
    assert groups[0].get(0) is None


def test_w24_an_answer_is_forgotten_after_cache_timeout():
    lasting, passing = Group(Budget.of(SEED)), Group(Budget.of({**SEED, "cache_timeout": 1e-9}))

    lasting["question"] = passing["question"] = "answer"

    assert lasting.get("question") == "answer"
    assert passing.get("question") is None
    assert (passing.hits, passing.misses) == (0, 1)


def test_what_is_asked_for_stays_longer_than_what_is_not():
    group = Group(Budget(100_000))
    group["wanted"] = "x" * 1000

    for number in range(500):
        group[number] = "x" * 1000
        assert group.get("wanted")


def test_a_busy_database_does_not_empty_the_others():
    budget = Budget(1_000_000)
    quiet, busy = Group(budget), Group(budget)
    for number in range(50):
        quiet[number] = "x" * 1000

    for number in range(5000):
        busy[number] = "x" * 1000

    assert len(quiet) == 50


def test_an_answer_larger_than_a_fourth_of_the_room_is_not_kept():
    group = Group(Budget(10_000))

    group["large"] = "x" * 5000

    assert group.get("large") is None
    assert group.size == 0


def test_a_registry_that_is_gone_leaves_its_room():
    budget = Budget(100_000)
    group = Group(budget)
    group["question"] = "x" * 20_000

    del group

    assert budget.taken == 0


def test_replaced_and_cleared_answers_weigh_nothing():
    group = Group(Budget(100_000))

    group["question"] = "x" * 10_000
    group["question"] = "y"
    assert group.size < 1000
    group.clear()
    assert group.size == 0


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        pytest.param("x" * 1000, 1000, 1100, id="text"),
        pytest.param(["x" * 1000] * 50, 1000, 2000, id="one text, fifty times"),
        pytest.param({number: str(number) for number in range(1000)}, 50_000, 200_000, id="a dictionary"),
        pytest.param(Group, 0, 0, id="a class is there anyway"),
        pytest.param(lambda: "a constant" * 3, 200, 5000, id="a function"),
        pytest.param(SimpleNamespace(bytes_held=9000, parts=["x"] * 10_000), 9000, 9200, id="it says so itself"),
    ],
)
def test_weights_are_near_the_truth(value, least, most):
    assert least <= weight(value) <= most
