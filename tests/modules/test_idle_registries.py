"""Many databases in one process: registries come when they are asked for and go when nobody asks."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from fondaco.modules import databases
from fondaco.modules.registries import Registries
from fondaco.sql.connection import Pools
from tests import fix_database


@pytest.fixture(scope="module")
def three(registries: Registries) -> Iterator[list[str]]:
    names = [fix_database.create(registries, ()) for _ in range(3)]
    yield names
    for name in names:
        databases.drop(registries, name)


@pytest.fixture
def process(config) -> Iterator:
    """process(registry_limit=2): the registries of a process with these settings, and connections of its own."""
    opened = []

    def process(**settings) -> Registries:
        here = config.replace(**settings)
        opened.append(Pools(here))
        return Registries(here, opened[-1])

    yield process
    for pools in opened:
        pools.close()


def test_of_too_many_the_longest_unused_goes_with_its_connections(process, three):
    registries = process(registry_limit=2)
    first, second, third = three
    gone = weakref.ref(registries.get(first))
    registries.get(second)

    registries.get(third)
    registries.sweep()

    assert [registries.at_hand(name) is not None for name in three] == [False, True, True]
    assert not any(dbname == first for dbname, _is_replica in registries.pools.idle)
    assert gone() is None, gc.get_referrers(gone())


def test_one_that_is_at_work_is_never_let_go(process, three):
    registries = process(registry_limit=1)
    first, second, _ = three

    with registries.get(first).cursor() as cr:
        registries.get(second)
        assert registries.at_hand(first) is not None
        cr.execute("SELECT 1")

    registries.get(second)
    registries.sweep()
    assert registries.at_hand(first) is None


def test_what_nobody_uses_for_a_while_goes_and_comes_back(process, three):
    registries = process(registry_idle_time=1e-6)
    first = three[0]
    before = registries.get(first)

    registries.sweep()

    assert registries.at_hand(first) is None
    again = registries.get(first)
    assert again is not before
    assert set(again.models) == set(before.models)


def test_what_was_loaded_before_workers_were_forked_stays_and_is_no_more_than_may_stay(process, three):
    registries = process(registry_limit=2, registry_idle_time=1e-6)

    registries.preload(three)
    registries.sweep()

    assert [registries.at_hand(name) is not None for name in three] == [True, True, False]
