"""Which work is over its time or its memory, and how does it end without ending others?

Work belongs to one thread from `begin` to `end`. A watching thread looks at what is under way. What is over a limit is
ended in steps: its statement in PostgreSQL is cancelled; then `WorkInterrupted` is raised in its thread, again each
second, and not while it takes or gives back what others wait for; whatever the work makes of that, `transact` undoes it
and answers with `LimitExceeded`. From its COMMIT on work is left alone: nobody is told that something was undone which
was not. Work that never comes back (a loop in C) is named in the log; the supervisor replaces the process, where there
is one.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from fondaco import metrics
from fondaco.errors import LimitExceeded, WorkInterrupted
from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor
from fondaco.sql.link import Link

_logger = logging.getLogger("odoo.service.server")

TICK_S = 0.1  # between two looks while there is work
QUIET_TICKS = 50  # looks without work after which the watching thread sleeps until there is some
AGAIN_S = 1.0  # between two attempts to end the same work
ANSWER_S = 5.0  # for saying so, once work that was ended has been undone
STUCK_S = 5.0  # after the limit, work that did not come back counts as stuck
LOOKS, LOOK_S = 100, 0.0005  # for a moment at which nothing is half taken
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")

INTERRUPTED = metrics.Counter("fondaco_work_interrupted_total", "Work ended because it was over a limit", ("limit",))

DELICATE = frozenset(
    getattr(function, "__wrapped__", function).__code__
    for function in (
        threading.Condition.__enter__, threading.Condition.__exit__,
        logging.Handler.handle, logging.Handler.acquire, logging.Handler.release,
        Pools.cursor, Pools.autocommit, Pools._borrow, Pools._lend, Pools._alive, Pools._close_one_idle,
        Pools._give_back, Pools._take_back, Pools._hang_up, Cursor.__init__, Cursor.close, Cursor.__del__, Link.close,
    )
)  # fmt: skip
"""Functions that hold something which their caller's `with` or `finally` does not know of yet, or no longer: a lock, a
connection. Raised in there, an exception would leave it taken for good."""

_mine = threading.local()
_all: weakref.WeakSet[Deadlines] = weakref.WeakSet()


class Limits(NamedTuple):
    """What one piece of work may take; 0: as much as it likes."""

    real_s: float = 0.0
    cpu_s: float = 0.0
    memory: int = 0  # resident bytes of the process

    def __bool__(self) -> bool:
        return bool(self.real_s or self.cpu_s or self.memory)


class Work:
    """One piece of work under way in one thread. `facts` say what it is, for the log.

    over: the limit it is over, as its option is called. is_closing: it is being committed, or has been. is_paused: the
    clock stands still.
    """

    __slots__ = (
        "began", "cpu_began", "cpu_clock", "facts", "is_closing", "is_paused", "is_stuck", "limits", "lock",
        "next_step", "over", "quiet_until", "thread",
    )  # fmt: skip

    def __init__(self, thread: int, limits: Limits, facts: dict[str, Any]) -> None:
        self.thread = thread
        self.limits = limits
        self.facts = facts
        self.began = time.monotonic()
        self.cpu_clock = time.pthread_getcpuclockid(thread) if limits.cpu_s else None
        self.cpu_began = time.thread_time() if limits.cpu_s else 0.0
        self.over: str | None = None
        self.next_step = self.quiet_until = 0.0
        self.is_stuck = False
        self.is_paused = False
        self.is_closing = False
        # Held while it is interrupted and while it changes to a state in which it may not be.
        self.lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Work {dict(self.facts)} seconds={time.monotonic() - self.began:.1f} over={self.over}>"


class Deadlines:
    """The work of a process and the thread that watches it.

    cancel: ends the statement that a thread waits for in PostgreSQL; (whether it waits for one, the last one without
    its values). on_pause, on_resume: told when the clock of work stops and goes on.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        cancel: Callable[[int], tuple[bool, str]] = lambda thread: (False, ""),
        on_pause: Callable[[], None] = lambda: None,
        on_resume: Callable[[], None] = lambda: None,
    ) -> None:
        self.limits = limits
        self.cancel = cancel
        self.on_pause = on_pause
        self.on_resume = on_resume
        self._works: dict[int, Work] = {}
        self._has_work = threading.Event()
        self._lock = threading.Lock()
        self._watcher: threading.Thread | None = None
        _all.add(self)

    def __repr__(self) -> str:
        return f"<Deadlines {self.limits} works={len(self._works)}>"

    # -- the work's side ---------------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def under(self, facts: dict[str, Any]) -> Iterator[Work]:
        """Within it, the thread's work is limited."""
        work = self.begin(facts)
        try:
            yield work
        finally:
            self.end(work)

    def begin(self, facts: dict[str, Any]) -> Work:
        """Work begins in this thread."""
        thread = threading.get_ident()
        work = Work(thread, self.limits, facts)
        _mine.work, _mine.deadlines = work, self
        self._works[thread] = work
        if self.limits and not self._has_work.is_set():
            self._wake()
        return work

    def end(self, work: Work) -> None:
        """It is done; from here on nothing is raised in the thread any more."""
        _mine.work = None
        while True:
            try:
                with work.lock:
                    self._works.pop(work.thread, None)
                if work.next_step:
                    _raise_what_is_left()
                return
            except WorkInterrupted:
                # Raised while we were on our way here: from the moment we had the lock it does not happen again.
                continue

    def _wake(self) -> None:
        with self._lock:
            if self._watcher is None or not self._watcher.is_alive():
                self._watcher = threading.Thread(target=self._watch, name="odoo.service.deadlines", daemon=True)
                self._watcher.start()
            self._has_work.set()

    # -- the watcher's side ------------------------------------------------------------------------------------------
    def _watch(self) -> None:
        while self._has_work.wait():
            quiet = 0
            while quiet < QUIET_TICKS:
                time.sleep(TICK_S)
                quiet = 0 if self._works else quiet + 1
                self._look(time.monotonic())
            self._has_work.clear()
            if self._works:
                self._has_work.set()

    def _look(self, now: float) -> None:
        memory = resident_memory() if self.limits.memory and self._works else 0
        for work in list(self._works.values()):
            if work.over is None:
                work.over = self._exceeded(work, now, memory)
                if work.over is None:
                    continue
            if now >= work.next_step:
                is_first, work.next_step = not work.next_step, now + AGAIN_S
                self._interrupt(work, is_first)
            if (
                not (work.is_stuck or work.is_paused)
                and work.limits.real_s
                and now - work.began > work.limits.real_s + STUCK_S
            ):
                work.is_stuck = True
                _logger.error("work cannot be ended %s\n%s", _facts(work), _stack(work.thread))

    def _exceeded(self, work: Work, now: float, memory: int) -> str | None:
        """The limit that the work is over."""
        limits = work.limits
        if work.is_paused:
            return None
        if limits.real_s and now - work.began > limits.real_s:
            return "limit_time_real"
        if limits.cpu_s and work.cpu_clock is not None:
            # The clock of a thread that has just ended cannot be read; its work is not over any limit any more.
            with contextlib.suppress(OSError):
                if time.clock_gettime(work.cpu_clock) - work.cpu_began > limits.cpu_s:
                    return "limit_time_cpu"
        if limits.memory and memory > limits.memory:
            return "limit_memory_hard"
        return None

    def _interrupt(self, work: Work, is_first: bool) -> None:
        """One step: cancel what it waits for; if it waits for nothing, or goes on after that, raise in its thread."""
        with work.lock:
            if work.is_closing or work.is_paused or self._works.get(work.thread) is not work:
                return
            if time.monotonic() < work.quiet_until:
                return
            stack = _stack(work.thread) if is_first else ""
            is_waiting, statement = self.cancel(work.thread)
            # Work that goes on after its statement was cancelled has caught the error.
            if not is_waiting or not is_first:
                _raise_between(work.thread, WorkInterrupted)
        if is_first:
            INTERRUPTED.count(str(work.over))
            _logger.error(
                "work is over %s and is ended %s seconds=%.1f\n%s: %s\n%s",
                work.over, _facts(work), time.monotonic() - work.began,
                "statement" if is_waiting else "last statement", " ".join(statement.split()) or "-", stack,
            )  # fmt: skip


def under_way() -> list[Work]:
    """The work of this process, of all its threads."""
    return [work for deadlines in list(_all) for work in list(deadlines._works.values())]


def current() -> Work | None:
    """The work of this thread."""
    return getattr(_mine, "work", None)


def describe(**facts: Any) -> None:
    """What else there is to say of this thread's work."""
    work = current()
    if work is not None:
        work.facts.update(facts)


def opening(**facts: Any) -> None:
    """A transaction of this thread's work begins."""
    work = current()
    if work is not None:
        work.facts.update(facts)
        work.is_closing = False


def closing() -> None:
    """It is going to be committed: from here on it is left alone. Raises if it is over a limit already."""
    work = current()
    if work is not None:
        with work.lock:
            if work.over is not None:
                raise WorkInterrupted
            work.is_closing = True


def explained(error: BaseException) -> BaseException:
    """What to raise in place of an error: `LimitExceeded` when this thread's work was ended, else the error itself."""
    work = current()
    if work is None or work.over is None or work.is_closing:
        return error
    _leave_alone(work)
    amount = {
        "limit_time_real": f"{work.limits.real_s:g} seconds",
        "limit_time_cpu": f"{work.limits.cpu_s:g} seconds of processor time",
        "limit_memory_hard": f"{work.limits.memory // 2**20} MiB of memory",
    }[work.over]
    return LimitExceeded(work.over, amount, request_id())


def _leave_alone(work: Work) -> None:
    """For `ANSWER_S` this thread undoes its work and says so, in peace; what was on its way to it comes now."""
    while True:
        try:
            with work.lock:
                work.quiet_until = time.monotonic() + ANSWER_S
            _raise_what_is_left()
            return
        except WorkInterrupted:
            continue


def request_id() -> str:
    """The id of the request that this thread works for."""
    work = current()
    return str(work.facts.get("request", "-")) if work is not None else "-"


def unlimited() -> None:
    """From here on this thread's work may take the time it needs: copies of databases and the like."""
    work = current()
    if work is not None:
        _pause(work)


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """What happens inside does not count and is not interrupted: loading code is not the fault of who asked first."""
    work = current()
    if work is None or work.is_paused:
        yield
        return
    began, cpu_began = time.monotonic(), time.thread_time()
    _pause(work)
    try:
        yield
    finally:
        work.began += time.monotonic() - began
        work.cpu_began += time.thread_time() - cpu_began
        work.is_paused = False
        _mine.deadlines.on_resume()


def _pause(work: Work) -> None:
    with work.lock:
        if work.over is not None:
            raise WorkInterrupted
        work.is_paused = True
    _mine.deadlines.on_pause()


def resident_memory() -> int:
    """Bytes of memory this process really uses."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * PAGE_SIZE


def _raise_between(thread: int, kind: type[BaseException]) -> None:
    """As `_raise_in`, at a moment at which the thread is not in a function of `DELICATE` itself."""
    for _ in range(LOOKS):
        time.sleep(LOOK_S)  # then the interpreter is ours for some milliseconds: what is seen is so when it is raised
        frame = sys._current_frames().get(thread)
        if frame is None or frame.f_code not in DELICATE:
            _raise_in(thread, kind)
            return


def _raise_in(thread: int, kind: type[BaseException]) -> None:
    """Have `kind` raised in a thread at its next step in Python."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))


def _raise_what_is_left() -> None:
    """Have what was not raised yet in this thread raised here, where it does no harm.

    The interpreter could take it back (NULL instead of a class), but goes on to look for it: at every step of every
    thread, until something is raised for once, and Python 3.11 under a profiler never comes out of that look.
    """
    with contextlib.suppress(WorkInterrupted):
        while True:  # a collector of garbage that runs at the same step may swallow one
            _raise_in(threading.get_ident(), WorkInterrupted)


def _facts(work: Work) -> str:
    return " ".join(f"{name}={value}" for name, value in work.facts.items())


def _stack(thread: int) -> str:
    frame = sys._current_frames().get(thread)
    return "".join(traceback.format_stack(frame)).rstrip() if frame is not None else "(the thread is gone)"
