"""Which processes must live, and what happens when one does not?

The supervisor forks the dispatcher and the workers, gives each worker a channel to the dispatcher, replaces whoever
ends, ends whoever is over its time, and stops everybody in order: first the dispatcher drains, then the workers find
their channel closed. It serves nothing itself and knows no HTTP.

At a reload it executes itself anew while this generation of processes goes on serving. The new supervisor starts its
own generation; then the old dispatcher gives its connections to the new one, and its workers end after what they are
at.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import mmap
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fondaco.server.generation import Generation
from fondaco.server.inheritance import VERSION, WAITING_SIGNALS, Ancestor, Inheritance

_logger = logging.getLogger("odoo.service.server")

SLOTS = 1024  # workers that can be watched
_SLOT = struct.Struct("<dq")  # when the request or job began, whether the worker is spent
_BEGAN = struct.Struct("<d")
_SPENT = struct.Struct("<q")
TICK = 0.5  # seconds between two looks at the workers
RESPAWN_PAUSE = 1.0  # seconds before a worker that died at once is replaced

# What a kind of worker gets through its channel. A channel that closes says: it is time to end.
REQUESTS = b"requests"  # connections with something to read, from the dispatcher
HANDOVERS = b"handovers"  # connections that are no longer HTTP, from the dispatcher; one worker at most
NOTHING = b"nothing"  # the supervisor holds the other end
# Between the dispatchers of two generations; the older one sends its connections.
SUCCESSOR = b"successor"
PREDECESSOR = b"predecessor"

PULSE = 5.0  # seconds after which a dispatcher that shows no sign of life counts as dead for systemd


class Child:
    """What a worker is given: its channel, and the slot in which it notes when its request or job began (the
    dispatcher: when it was last alive), and whether it has reached one of its limits."""

    def __init__(self, channel: socket.socket, slots: mmap.mmap, index: int, parent: int) -> None:
        self.channel = channel
        self.parent = parent
        self._slots = slots
        self._at = index * _SLOT.size

    def begin(self) -> None:
        """A request begins."""
        _BEGAN.pack_into(self._slots, self._at, time.monotonic())

    def end(self) -> None:
        """It is answered."""
        _BEGAN.pack_into(self._slots, self._at, 0.0)

    def ask_for_successor(self) -> None:
        """The worker has reached a limit: it serves until another has taken its place."""
        _SPENT.pack_into(self._slots, self._at + _BEGAN.size, 1)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.parent, signal.SIGCHLD)  # it looks at its children at once


@dataclass(frozen=True, slots=True)
class Kind:
    """Workers that do the same: how many, what each runs until it is done, and how long one request or job of theirs
    may take (seconds; 0: no limit)."""

    name: str
    count: int
    run: Callable[[Child], None]
    channel: bytes = REQUESTS
    time_limit: float = 0.0


@dataclass(slots=True)
class _Process:
    kind: Kind
    slot: int
    born: float
    channel: socket.socket | None  # the other end, where the supervisor holds it


class Supervisor:
    """The parent process of a generation of servers."""

    def __init__(
        self,
        dispatch: Callable[[Child], None] | None,
        kinds: Sequence[Kind],
        generation: Generation,
        *,
        drain: float,
        after_first: Callable[[], object] = lambda: None,
    ) -> None:
        self.dispatch = dispatch  # None: nobody is served, the workers do something else
        self.after_first = after_first  # called once somebody is served, before the others are born
        self.kinds = list(kinds)
        self.generation = generation
        self.reload = generation.reload
        self.drain = drain
        self._slots = mmap.mmap(-1, SLOTS * _SLOT.size)
        self._free = list(range(SLOTS))
        self._pulse = self._free.pop()
        self._processes: dict[int, _Process] = {}
        self._dispatcher: int | None = None
        self._control: socket.socket | None = None
        # Processes of earlier generations that finish what they are at: who, and until when (monotonic; 0: no limit).
        self._retired: dict[int, tuple[Ancestor, float]] = {}
        self._stop_signals = 0
        self._respawn_at = 0.0
        self._wake, self._waker = socket.socketpair()

    def __repr__(self) -> str:
        return f"<Supervisor dispatcher={self._dispatcher} workers={len(self._processes)}>"

    def run(self, on_ready: Callable[[], None]) -> int:
        """Start everybody, watch until a signal says stop; the exit code."""
        self._waker.setblocking(False)
        self._wake.settimeout(TICK)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop_signal)
        signal.signal(signal.SIGHUP, self.reload.ask)
        self._spawn_first()
        self._spawn_missing()
        on_ready()
        if self.generation.inherited is not None:
            self._retire(self.generation.inherited)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITING_SIGNALS)
        while not self._stop_signals:
            self._wait()
            self._reap()
            self._kill_overdue()
            if self._is_well():
                self.reload.notifier.alive()
            if not self._stop_signals:
                self._spawn_missing()
                if self.reload.is_due():
                    self._make_room()
        _logger.info("Initiating shutdown")
        self.reload.abandon()
        self.reload.notifier.stopping()
        return self._stop()

    def _on_stop_signal(self, _number: int, _frame: object) -> None:
        self._stop_signals += 1

    def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            self._wake.recv(64)

    # -- birth -------------------------------------------------------------------------------------------------------
    def _spawn_first(self) -> None:
        """The dispatcher and one worker, who answer while the rest is got ready."""
        if self.dispatch is not None:
            self._spawn_dispatcher(self.dispatch)
            for kind in self.kinds:
                if kind.channel == REQUESTS:
                    self._spawn(kind)
                    break
        try:
            self.after_first()
        except BaseException:
            self._stop()
            raise

    def _spawn_missing(self) -> None:
        if time.monotonic() < self._respawn_at:
            return
        if self._dispatcher is None and self.dispatch is not None:
            self._spawn_dispatcher(self.dispatch)
        for kind in self.kinds:
            alive = sum(
                1 for process in self._processes.values() if process.kind is kind and not self._is_spent(process)
            )
            for _ in range(kind.count - alive):
                self._spawn(kind)

    def _is_spent(self, process: _Process) -> bool:
        """Whether it serves only until its successor is there."""
        _began, spent = _SLOT.unpack_from(self._slots, process.slot * _SLOT.size)
        return bool(spent)

    def _spawn_dispatcher(self, dispatch: Callable[[Child], None]) -> None:
        if self._control is not None:
            self._control.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        child = Child(theirs, self._slots, self._pulse, os.getpid())
        child.begin()
        pid = self._fork(lambda: dispatch(child), close=ours)
        theirs.close()
        self._control = ours
        self._dispatcher = pid

    def _spawn(self, kind: Kind) -> None:
        ours, theirs = channel_pair()
        slot = self._free.pop()
        child = Child(theirs, self._slots, slot, os.getpid())
        _SLOT.pack_into(self._slots, slot * _SLOT.size, 0.0, 0)
        pid = self._fork(lambda: kind.run(child), close=ours)
        theirs.close()
        process = self._processes[pid] = _Process(kind, slot, time.monotonic(), None)
        if kind.channel == NOTHING or self._control is None:
            process.channel = ours
            return
        try:
            socket.send_fds(self._control, [kind.channel], [ours.fileno()])
        except OSError:
            _logger.warning("dispatcher does not answer; it will be replaced")
        finally:
            ours.close()

    def _fork(self, run: Callable[[], None], *, close: socket.socket) -> int:
        """Fork a child that runs `run` and ends. Signals wait until it has handlers of its own: else a stop could be
        lost."""
        signals = {*WAITING_SIGNALS, signal.SIGCHLD}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        # What waits in these buffers would be written by parent and child.
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            return pid
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in signals:
                signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
            self._wake.close()
            self._waker.close()
            close.close()
            if self._control is not None:
                self._control.close()
            for process in self._processes.values():
                if process.channel is not None:
                    process.channel.close()
            self.generation.forget_ancestors()
            run()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        except BaseException:
            _logger.exception("process %d ended by an error", os.getpid())
        finally:
            logging.shutdown()
            # No exit handlers: they belong to the parent.
            os._exit(code)
        raise AssertionError("unreachable")

    # -- succession ----------------------------------------------------------------------------------------------------
    def _make_room(self) -> None:
        """Execute anew; this generation goes on serving meanwhile."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, WAITING_SIGNALS)
        if self._stop_signals:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            return
        _logger.info("reloading: the new server starts, this one serves until it is ready")
        self.reload.notifier.alive()
        dataclasses.replace(
            self.generation.estate,
            dispatcher=self._dispatcher,
            control=self._control,
            ancestors=[
                *(old for old, _until in self._retired.values()),
                *(
                    Ancestor(pid, process.kind.name, process.kind.time_limit, process.channel)
                    for pid, process in self._processes.items()
                ),
            ],
        ).hand_down()

    def _retire(self, old: Inheritance) -> None:
        """Our generation serves: have the one before finish."""
        now = time.monotonic()
        if old.dispatcher is not None:
            self._retired[old.dispatcher] = (Ancestor(old.dispatcher, "dispatcher", 0.0), 0.0)
            if old.version != VERSION or not self._join_dispatchers(old.control):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(old.dispatcher, signal.SIGTERM)
        for ancestor in old.ancestors:
            self._retired[ancestor.pid] = (ancestor, now + ancestor.time_limit if ancestor.time_limit else 0.0)
        self.generation.forget_ancestors()
        _logger.info("%d processes of the server before the reload finish what they are at", len(self._retired))

    def _join_dispatchers(self, old_control: socket.socket | None) -> bool:
        """Let the dispatcher of the generation before give its connections to ours; whether it can."""
        if old_control is None or self._control is None:
            return False
        sending, receiving = channel_pair()
        with sending, receiving:
            try:
                socket.send_fds(self._control, [PREDECESSOR], [receiving.fileno()])
                socket.send_fds(old_control, [SUCCESSOR], [sending.fileno()])
            except OSError as error:
                _logger.warning("connections not taken over: %s", error)
                return False
        return True

    # -- death -------------------------------------------------------------------------------------------------------
    def _reap(self) -> None:
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or self.reload.owns(ended.si_pid):
                return
            self._bury(*os.waitpid(ended.si_pid, 0))

    def _bury(self, pid: int, status: int) -> None:
        if pid == self._dispatcher:
            self._dispatcher = None
            if not self._stop_signals:
                _logger.error("dispatcher (%d) ended status=%d; it is replaced", pid, status)
            return
        if pid in self._retired:
            del self._retired[pid]
            if not self._retired:
                _logger.info("the server before the reload has ended")
            return
        process = self._processes.pop(pid, None)
        if process is None:
            return
        self._free.append(process.slot)
        if process.channel is not None:
            process.channel.close()
        if status and not self._stop_signals:
            _logger.error("%s (%d) ended by %s; it is replaced", process.kind.name, pid, _described(status))
            if time.monotonic() - process.born < RESPAWN_PAUSE:
                self._respawn_at = time.monotonic() + RESPAWN_PAUSE

    def _is_well(self) -> bool:
        """Whether connections are looked after."""
        pulse, _spent = _SLOT.unpack_from(self._slots, self._pulse * _SLOT.size)
        return self.dispatch is None or time.monotonic() - pulse < PULSE

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for pid, (ancestor, until) in self._retired.items():
            if until and now > until:
                _logger.error("%s (%d) of the server before the reload timeout", ancestor.name, pid)
                _kill(pid)
        for pid, process in self._processes.items():
            limit = process.kind.time_limit
            began, _spent = _SLOT.unpack_from(self._slots, process.slot * _SLOT.size)
            if limit and began and now - began > limit:
                _logger.error("%s (%d) timeout after %ds", process.kind.name, pid, limit)
                _kill(pid)

    def _stop(self) -> int:
        """Drain, then end; a second signal or the end of patience ends everybody at once."""
        deadline = time.monotonic() + self.drain + 5.0
        asked = self._stop_signals
        self.generation.close_listeners()  # who comes now is refused, and does not wait for nobody
        dispatchers = [pid for pid, (old, _until) in self._retired.items() if old.name == "dispatcher"]
        for pid in [*dispatchers, *([self._dispatcher] if self._dispatcher else [])]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        if self._control is not None:
            self._control.close()
        for process in self._processes.values():
            if process.channel is not None:
                process.channel.close()
        while self._processes or self._retired or self._dispatcher is not None:
            self._wait()
            self._reap()
            if time.monotonic() > deadline or self._stop_signals > asked:
                for pid in [*self._processes, *self._retired, *([self._dispatcher] if self._dispatcher else [])]:
                    _kill(pid)
                deadline = float("inf")
                asked = self._stop_signals
        return 0 if deadline != float("inf") else 1


def channel_pair() -> tuple[socket.socket, socket.socket]:
    """The two ends of a channel, with room for many messages on their way."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    return ours, theirs


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _described(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit code {os.waitstatus_to_exitcode(status)}"
