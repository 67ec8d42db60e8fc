"""Work over its limits, without a server: threads, a watcher, and what is raised where."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from fondaco.errors import LimitExceeded, WorkInterrupted
from fondaco.registry.transact import retrying
from fondaco.server import deadlines
from fondaco.server.deadlines import Deadlines, Limits


def busy(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_work_over_its_time_is_interrupted():
    watched = Deadlines(Limits(real_s=0.2))

    with watched.under({"request": "r1"}) as work, pytest.raises(WorkInterrupted):
        busy(20)

    assert work.over == "limit_time_real"


def test_what_is_undone_for_long_after_the_limit_is_told_as_the_limit(monkeypatch):
    # Each second it is interrupted again, and the first was caught: the next must not hit what undoes the work.
    monkeypatch.setattr(deadlines, "AGAIN_S", 0.05)
    monkeypatch.setattr(deadlines, "TICK_S", 0.01)
    cr = SimpleNamespace(
        closed=False, is_lost=False, on_replica=False, readonly=False, transaction=None, rollback=lambda: busy(0.5)
    )
    registry = SimpleNamespace(
        db_name="shop", begin_changes=lambda cr: None, end_changes=lambda outer: None, forget_changes=lambda: None
    )
    watched = Deadlines(Limits(real_s=0.1))

    with watched.under({"request": "r1"}), pytest.raises(LimitExceeded, match="limit_time_real"):
        retrying(registry, cr, lambda: SimpleNamespace(uid=1), lambda env: busy(20))


def test_work_that_is_interrupted_leaves_no_lock_taken():
    shared, interrupted = threading.Condition(), []

    def work(watched):
        with watched.under({}) as work, pytest.raises(WorkInterrupted):
            interrupted.append(work)
            while True:
                with shared:
                    pass

    for number in range(1, 9):
        watched = Deadlines(Limits(real_s=0.001))
        thread = threading.Thread(target=work, args=[watched], daemon=True)
        thread.start()
        thread.join(20)

        assert len(interrupted) == number and not thread.is_alive()
        assert shared.acquire(timeout=20), "it was left taken"
        shared.release()


def test_nothing_is_raised_after_the_end():
    watched = Deadlines(Limits(real_s=0.05))
    ended = 0

    for _ in range(40):
        work = watched.begin({})
        try:
            busy(0.149)  # ends about when the watcher strikes
        except WorkInterrupted:
            ended += 1
        watched.end(work)
        busy(0.002)

    assert deadlines.current() is None
    assert not watched._works


PROFILED = """
import sys, time
from fondaco.errors import WorkInterrupted
from fondaco.server.deadlines import Deadlines, Limits

for limits, waits in ((Limits(real_s=10), False), (Limits(real_s=0.05), True)):
    watched = Deadlines(limits, cancel=lambda thread: (True, "SELECT 1"))
    with watched.under({}) as work:
        while waits and work.over is None:
            pass
        end = time.monotonic() + 0.2
        while waits and time.monotonic() < end:
            pass
    print(work.over)
sys.setprofile(lambda *_event: None)
print((lambda: "profiled")())
"""


def test_after_work_has_ended_a_profiler_still_gets_through():
    """A mark that something is to be raised slows every step of the interpreter, and stops it under a profiler."""
    done = subprocess.run([sys.executable, "-c", PROFILED], capture_output=True, text=True, timeout=120, check=False)

    assert done.stdout.split() == ["None", "limit_time_real", "profiled"], done.stderr


def test_what_waits_in_postgresql_is_cancelled_before_anything_is_raised():
    cancelled = threading.Event()

    def cancel(thread):
        cancelled.set()
        return True, "SELECT pg_sleep(1)"

    watched = Deadlines(Limits(real_s=0.1), cancel=cancel)

    with watched.under({}):
        assert cancelled.wait(60)
        busy(0.3)


def test_work_that_is_being_committed_is_left_alone():
    watched = Deadlines(Limits(real_s=0.1))

    with watched.under({}) as work:
        deadlines.opening(db="shop")
        deadlines.closing()
        while work.over is None:
            busy(0.02)
        busy(0.2)

    assert work.over == "limit_time_real"
    assert deadlines.explained(ValueError("x")).args == ("x",)


def test_work_that_is_over_is_not_committed():
    watched = Deadlines(Limits(real_s=0.1), cancel=lambda thread: (True, "SELECT 1"))

    with watched.under({}) as work:
        while work.over is None:
            time.sleep(0.01)
        with pytest.raises(WorkInterrupted):
            deadlines.closing()


def test_an_error_of_work_that_was_ended_says_why():
    watched = Deadlines(Limits(real_s=0.1), cancel=lambda thread: (True, "SELECT 1"))

    with watched.under({"request": "r42"}) as work:
        while work.over is None:
            time.sleep(0.01)
        told = deadlines.explained(RuntimeError("canceling statement due to user request"))

    assert work.quiet_until > time.monotonic() + deadlines.AGAIN_S, "there is time to say so"
    assert isinstance(told, LimitExceeded)
    assert "0.1 seconds" in str(told) and str(told).endswith("Request id: r42")


def test_work_that_takes_its_time_by_right_is_not_limited():
    told = []
    watched = Deadlines(Limits(real_s=0.1), on_pause=lambda: told.append(True))

    with watched.under({}) as work:
        deadlines.unlimited()
        busy(0.4)

    assert (work.over, told) == (None, [True])


def test_what_is_not_the_fault_of_the_work_does_not_count():
    watched = Deadlines(Limits(real_s=0.6))

    with watched.under({}) as work:
        with deadlines.paused():
            time.sleep(1)
        assert work.over is None
        with pytest.raises(WorkInterrupted):
            busy(20)


def test_threads_are_told_apart():
    watched = Deadlines(Limits(real_s=1))
    outcome = {}

    def work(name, seconds):
        with watched.under({"request": name}):
            try:
                busy(seconds)
                outcome[name] = "done"
            except WorkInterrupted:
                outcome[name] = "interrupted"

    threads = [threading.Thread(target=work, args=item) for item in (("long", 30), ("short", 0.05))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert outcome == {"long": "interrupted", "short": "done"}


def test_without_limits_nobody_watches():
    watched = Deadlines(Limits())

    with watched.under({}):
        pass

    assert watched._watcher is None
