"""Tenants take turns, and none has all workers while others are about."""

from __future__ import annotations

import pytest

from fondaco.server import turns
from fondaco.server.turns import Turns


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(queue: Turns, workers: int) -> list[int]:
    """All that may be begun now."""
    found = []
    while (one := queue.take(workers)) is not None:
        found.append(one[1])
    return found


def test_a_tenant_alone_has_all_workers_in_the_order_of_its_requests(clock):
    queue = Turns(clock)
    for number in range(5):
        queue.add(b"a", number)

    assert taken(queue, 3) == [0, 1, 2]
    assert len(queue) == 2


def test_a_flood_leaves_a_worker_for_the_others(clock):
    queue = Turns(clock)
    queue.add(b"b", 100)
    assert queue.take(3) == (b"b", 100)
    queue.done(b"b")
    for number in range(50):
        queue.add(b"a", number)

    assert taken(queue, 3) == [0, 1]
    queue.add(b"b", 101)
    assert taken(queue, 3) == [101]
    queue.done(b"a")
    assert taken(queue, 3) == [2]


def test_one_worker_may_be_spared_for_a_tenant_that_was_not_seen_yet(clock):
    queue = Turns(clock, is_always_spared=True)
    for number in range(5):
        queue.add(b"a", number)

    assert taken(queue, 3) == [0, 1]
    queue.add(b"b", 100)
    assert taken(queue, 3) == [100]


def test_tenants_take_turns(clock):
    queue = Turns(clock)
    for number in (1, 2, 3):
        queue.add(b"a", number)
    for number in (10, 20):
        queue.add(b"b", number)
    queue.add(b"c", 100)

    order = []
    while queue:
        tenant, number = queue.take(4)
        order.append(number)
        queue.done(tenant)

    assert order == [1, 10, 100, 2, 20, 3]


def test_a_single_worker_is_for_everybody(clock):
    queue = Turns(clock)
    queue.add(b"a", 1)
    queue.add(b"b", 2)

    assert taken(queue, 1) == [1, 2]


def test_who_has_gone_needs_no_worker(clock):
    queue = Turns(clock)
    queue.add(b"b", 100)
    queue.done(queue.take(2)[0])
    clock.now += turns.ABOUT_S + 1
    for number in range(3):
        queue.add(b"a", number)

    assert taken(queue, 2) == [0, 1]


def test_a_request_that_could_not_be_begun_is_the_first_again(clock):
    queue = Turns(clock)
    queue.add(b"a", 1)
    queue.add(b"a", 2)

    queue.put_back(*queue.take(1))

    assert taken(queue, 2) == [1, 2]


def test_names_that_clients_make_up_are_not_kept(clock, monkeypatch):
    monkeypatch.setattr(turns, "MOST_TENANTS", 100)
    queue = Turns(clock)

    for number in range(1000):
        queue.add(b"%d" % number, number)
        queue.done(queue.take(2)[0])

    assert len(queue._seen) <= 102
    assert not queue._at_work
