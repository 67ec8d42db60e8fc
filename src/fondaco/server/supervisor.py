"""Which processes must live, and what happens when one does not?

The supervisor forks the dispatcher and the workers, gives each worker a channel to the dispatcher, replaces whoever
ends, ends whoever is over its time, and stops everybody in order: first the dispatcher drains, then the workers find
their channel closed. It serves nothing itself and knows no HTTP.
"""

from __future__ import annotations

import contextlib
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

_logger = logging.getLogger("odoo.service.server")

SLOTS = 1024  # workers that can be watched
_SLOT = struct.Struct("<d")
TICK = 0.5  # seconds between two looks at the workers
RESPAWN_PAUSE = 1.0  # seconds before a worker that died at once is replaced

# What a kind of worker gets through its channel. A channel that closes says: it is time to end.
REQUESTS = b"requests"  # connections with something to read, from the dispatcher
HANDOVERS = b"handovers"  # connections that are no longer HTTP, from the dispatcher; one worker at most
NOTHING = b"nothing"  # the supervisor holds the other end


class Child:
    """What a worker is given: its channel, and the slot in which it notes when its request or job began."""

    def __init__(self, channel: socket.socket, slots: mmap.mmap, index: int, parent: int) -> None:
        self.channel = channel
        self.parent = parent
        self._slots = slots
        self._at = index * _SLOT.size

    def begin(self) -> None:
        """A request begins."""
        _SLOT.pack_into(self._slots, self._at, time.monotonic())

    def end(self) -> None:
        """It is answered."""
        _SLOT.pack_into(self._slots, self._at, 0.0)


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
    """The parent process."""

    def __init__(
        self, dispatch: Callable[[socket.socket], None] | None, kinds: Sequence[Kind], *, drain: float
    ) -> None:
        self.dispatch = dispatch  # None: nobody is served, the workers do something else
        self.kinds = list(kinds)
        self.drain = drain
        self._slots = mmap.mmap(-1, SLOTS * _SLOT.size)
        self._free = list(range(SLOTS))
        self._processes: dict[int, _Process] = {}
        self._dispatcher: int | None = None
        self._control: socket.socket | None = None
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
        self._spawn_missing()
        on_ready()
        while not self._stop_signals:
            self._wait()
            self._reap()
            self._kill_overdue()
            if not self._stop_signals:
                self._spawn_missing()
        _logger.info("Initiating shutdown")
        return self._stop()

    def _on_stop_signal(self, _number: int, _frame: object) -> None:
        self._stop_signals += 1

    def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            self._wake.recv(64)

    # -- birth -------------------------------------------------------------------------------------------------------
    def _spawn_missing(self) -> None:
        if time.monotonic() < self._respawn_at:
            return
        if self._dispatcher is None and self.dispatch is not None:
            self._spawn_dispatcher(self.dispatch)
        for kind in self.kinds:
            alive = sum(1 for process in self._processes.values() if process.kind is kind)
            for _ in range(kind.count - alive):
                self._spawn(kind)

    def _spawn_dispatcher(self, dispatch: Callable[[socket.socket], None]) -> None:
        if self._control is not None:
            self._control.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = self._fork(lambda: dispatch(theirs), close=ours)
        theirs.close()
        self._control = ours
        self._dispatcher = pid

    def _spawn(self, kind: Kind) -> None:
        ours, theirs = channel_pair()
        slot = self._free.pop()
        child = Child(theirs, self._slots, slot, os.getpid())
        child.end()
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
        signals = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP}
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        # What waits in these buffers would be written by parent and child.
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
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

    # -- death -------------------------------------------------------------------------------------------------------
    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._dispatcher:
                self._dispatcher = None
                if not self._stop_signals:
                    _logger.error("dispatcher (%d) ended status=%d; it is replaced", pid, status)
                continue
            process = self._processes.pop(pid, None)
            if process is None:
                continue
            self._free.append(process.slot)
            if process.channel is not None:
                process.channel.close()
            if status and not self._stop_signals:
                _logger.error("%s (%d) ended by %s; it is replaced", process.kind.name, pid, _described(status))
                if time.monotonic() - process.born < RESPAWN_PAUSE:
                    self._respawn_at = time.monotonic() + RESPAWN_PAUSE

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for pid, process in self._processes.items():
            limit = process.kind.time_limit
            (began,) = _SLOT.unpack_from(self._slots, process.slot * _SLOT.size)
            if limit and began and now - began > limit:
                _logger.error("%s (%d) timeout after %ds", process.kind.name, pid, limit)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _stop(self) -> int:
        """Drain, then end; a second signal or the end of patience ends everybody at once."""
        deadline = time.monotonic() + self.drain + 5.0
        asked = self._stop_signals
        if self._dispatcher is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._dispatcher, signal.SIGTERM)
        if self._control is not None:
            self._control.close()
        for process in self._processes.values():
            if process.channel is not None:
                process.channel.close()
        while self._processes or self._dispatcher is not None:
            self._wait()
            self._reap()
            if time.monotonic() > deadline or self._stop_signals > asked:
                for pid in [*self._processes, *([self._dispatcher] if self._dispatcher else [])]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                deadline = float("inf")
                asked = self._stop_signals
        return 0 if deadline != float("inf") else 1


def channel_pair() -> tuple[socket.socket, socket.socket]:
    """The two ends of a channel, with room for many messages on their way."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    return ours, theirs


def _described(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit code {os.waitstatus_to_exitcode(status)}"
