"""Rows of several transactions at once: in order, each once, none lost; against PostgreSQL."""

from __future__ import annotations

import contextlib
import random
import threading
import time

import pytest

from fondaco.bus.feed import PATIENCE_S, Feed, missed
from fondaco.orm.environment import SUPERUSER_ID, Environment


@pytest.fixture
def begin(registries, database):
    """begin() -> an environment with a transaction of its own, closed after the test."""
    with contextlib.ExitStack() as stack:

        def begin():
            cr = stack.enter_context(contextlib.closing(registries.get(database).cursor()))
            return Environment(cr, SUPERUSER_ID, {})

        yield begin


@pytest.fixture
def feed(pools, database):
    """feed() -> the payloads that are new and final, and whether to read again."""
    feed = Feed(database)

    def read(now=0.0):
        with pools.autocommit(database) as cr:
            rows, is_again = feed.read(cr, now)
        return [row.message.partition('"payload":')[2].rstrip("}") for row in rows], is_again

    read()
    assert read() == ([], False)
    return read


def send(env, *payloads):
    for payload in payloads:
        env["bus.bus"]._sendone("room", "t", payload)


def write_without_commit(env):
    """Bring the transaction to the point between drawing its numbers and its commit."""
    env.cr.is_committing = True
    env.cr.flush()
    env.cr.atcommit.run()


def test_nothing_is_sent_before_the_commit_and_nothing_after_a_rollback(begin, feed):
    first, second = begin(), begin()
    send(first, 1)
    send(second, 2)
    assert feed() == ([], False)

    first.cr.commit()
    second.cr.rollback()

    assert feed() == (["1"], False)


def test_a_gap_holds_up_what_follows_until_it_is_filled(begin, feed):
    slow, quick = begin(), begin()
    send(slow, "slow")
    write_without_commit(slow)
    send(quick, "quick")
    quick.cr.commit()

    assert feed() == ([], True)
    slow.cr.commit()

    assert feed() == (['"slow"', '"quick"'], True)
    assert feed() == ([], False)


def test_a_gap_of_a_transaction_that_was_rolled_back_is_passed_over(begin, feed):
    slow, quick = begin(), begin()
    send(slow, "slow")
    write_without_commit(slow)
    send(quick, "quick")
    quick.cr.commit()
    assert feed() == ([], True)

    slow.cr.rollback()

    assert feed() == (['"quick"'], True)


def test_a_commit_that_hangs_does_not_hold_up_the_rest_for_ever(begin, feed):
    slow, quick = begin(), begin()
    send(slow, "slow")
    write_without_commit(slow)
    send(quick, "quick")
    quick.cr.commit()
    assert feed(now=0.0) == ([], True)

    assert feed(now=PATIENCE_S + 1) == (['"quick"'], True)


def test_who_starts_while_a_transaction_is_at_its_end_misses_nothing_later(begin, pools, database):
    slow, quick = begin(), begin()
    send(slow, "slow")
    write_without_commit(slow)
    send(quick, "quick")
    quick.cr.commit()
    feed = Feed(database)

    with pools.autocommit(database) as cr:
        assert feed.read(cr, 0.0) == ([], True)
        assert feed.last is None
        slow.cr.commit()
        feed.read(cr, 0.0)
        rows = missed(cr, [f'["{database}","room"]'], feed.last - 2, feed.last)

    # Neither is dealt, since nobody had subscribed; whoever does now finds both among what he missed.
    assert [row.message for row in rows] == ['{"type":"t","payload":"slow"}', '{"type":"t","payload":"quick"}']


def test_a_savepoint_takes_back_what_was_sent_within_it(begin, feed):
    env = begin()
    send(env, "before")
    with contextlib.suppress(ZeroDivisionError), env.cr.savepoint():
        send(env, "within")
        with env.cr.savepoint():
            send(env, "deeper")
        raise ZeroDivisionError
    send(env, "after")

    env.cr.commit()

    assert feed()[0] == ['"before"', '"after"']


def test_a_long_transaction_with_savepoints_does_not_hold_up_others(begin, feed):
    long = begin()
    send(long, "early")
    with long.cr.savepoint():
        pass
    quick = begin()
    send(quick, "quick")
    quick.cr.commit()

    assert feed()[0] == ['"quick"']
    long.cr.commit()

    assert feed()[0] == ['"early"']


def test_eight_writers_at_once_are_heard_in_order_each_once(registries, pools, database):
    registry, feed, sent, heard = registries.get(database), Feed(database), [], []
    lock = threading.Lock()

    def write(number):
        source = random.Random(number)
        for count in range(10):
            with contextlib.closing(registry.cursor()) as cr:
                env = Environment(cr, SUPERUSER_ID, {})
                payload = f"{number}-{count}"
                send(env, payload)
                if source.random() < 0.3:
                    with cr.savepoint():
                        pass
                if source.random() < 0.2:
                    cr.rollback()
                    continue
                cr.commit()
                with lock:
                    sent.append(payload)

    with pools.autocommit(database) as cr:
        while feed.last is None:
            feed.read(cr, time.monotonic())
        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        is_again = True
        while is_again or any(thread.is_alive() for thread in threads):
            rows, is_again = feed.read(cr, time.monotonic())
            heard += rows
        heard += feed.read(cr, time.monotonic())[0]

    payloads = [row.message.partition('"payload":"')[2].rstrip('"}') for row in heard]
    assert sorted(payloads) == sorted(sent)
    assert [row.id for row in heard] == sorted(row.id for row in heard)
    for number in range(8):
        counts = [int(payload.split("-")[1]) for payload in payloads if payload.startswith(f"{number}-")]
        assert counts == sorted(counts)
