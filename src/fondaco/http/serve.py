"""How is an application served in the mode the configuration asks for?

    from fondaco.http.serve import serve
    from fondaco.wsgi import build
    code = serve(config, build(config, registries), on_ready=lambda url: print("listening on", url),
    on_stop=pools.close)

Blocks until SIGTERM or SIGINT (exit code returned). `workers = 0`: threads of one process. `workers = N`: N processes
under a supervisor; `before_fork()` runs in the parent just before the first fork (load registries, then close
database connections), `after_fork()` first in every child, `before_exit()` last. `on_ready(url)` is called once the
port answers; `on_stop()` after the last request. A taken port raises `ConfigError` with a sentence that says what to
do. Must be called in the main thread. `companions` are workers of other kinds: threads here, processes there.
`workers = -1`: none but companions and one process that answers on gevent_port; without listeners (`--no-http`) not
even that one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from fondaco.http import worker
from fondaco.http.answer import refusal
from fondaco.http.listening import bind, raise_descriptor_limit, shown
from fondaco.http.processes import ProcessLoop
from fondaco.http.sizes import Limits, limits_of
from fondaco.http.threads import ThreadedLoop
from fondaco.http.wire import Reader, Refused
from fondaco.server import deadlines
from fondaco.server.companions import Companions
from fondaco.server.deadlines import STUCK_S, Deadlines
from fondaco.server.dispatcher import Dispatcher, FramingError, Timeouts
from fondaco.server.supervisor import HANDOVERS, Kind, Supervisor

_logger = logging.getLogger("odoo.service.server")

REPLACE_S = STUCK_S + 3.0  # seconds over its time after which a worker that cannot be interrupted is replaced
DRAIN = 30.0  # seconds requests in progress get when the server stops
COMPANIONS_END = 5.0  # seconds threads beside the requests get then


def serve(
    config: Mapping[str, Any],
    application: worker.Application,
    *,
    companions: Sequence[Kind] = (),
    on_ready: Callable[[str], None] | None = None,
    on_stop: Callable[[], None] | None = None,
    before_fork: Callable[[], None] | None = None,
    after_fork: Callable[[], None] | None = None,
    before_exit: Callable[[], object] = lambda: None,
    cancel: Callable[[int], str | None] = lambda thread: None,
) -> int:
    """Serve until a signal ends it; the exit code of the process."""
    raise_descriptor_limit()
    listeners = bind(config)
    if not listeners:
        companions = [kind for kind in companions if kind.channel != HANDOVERS]
    workers = int(config.get("workers") or 0)
    host, port = listeners[0].getsockname()[:2] if listeners else ("", 0)
    server = worker.Server(
        application,
        host,
        port,
        threads=workers == 0,
        processes=workers != 0,
        limits=limits_of(config),
        has_keeper=any(kind.channel == HANDOVERS for kind in companions),
    )
    if listeners:
        ports = " and ".join(str(listener.getsockname()[1]) for listener in listeners)
        _logger.info("HTTP service (fondaco) running on %s:%s", shown(host), ports)

    def tell_ready() -> None:
        if on_ready is not None and listeners:
            on_ready(f"http://{shown(host)}:{port}")

    try:
        if workers != 0:
            kinds = [*_http_workers(config, server, cancel, is_open=bool(listeners)), *companions]
            kinds = [_born(kind, listeners, after_fork, before_exit) for kind in kinds]
            return _serve_processes(server, listeners, kinds, tell_ready, before_fork)
        # Processor time and memory are shared by the threads: only the clock can be held against one of them.
        server.deadlines = Deadlines(deadlines.Limits(real_s=_number(config, "limit_time_real")), cancel=cancel)
        return _serve_threads(config, server, listeners, companions, tell_ready)
    finally:
        for listener in listeners:
            listener.close()
        if on_stop is not None:
            on_stop()


def _number(config: Mapping[str, Any], key: str) -> float:
    return float(config.get(key) or 0)


def bound_memory(limit: int) -> None:
    """Have one allocation that goes over `limit` resident bytes fail at once, before the machine feels it.

    The system counts data, which is more than what is resident (arenas, stacks); what this process has too much of from
    the start is allowed on top.
    """
    sizes = {}
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name in ("VmData", "VmRSS"):
                sizes[name] = int(rest.split()[0]) * 1024
    allowed = limit + max(0, sizes.get("VmData", 0) - sizes.get("VmRSS", 0))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, resource.getrlimit(resource.RLIMIT_DATA)[1]))


# -- threads ---------------------------------------------------------------------------------------------------------
def thread_count(config: Mapping[str, Any]) -> int:
    """How many requests run at once in one process: half the database connections, so that a request may open a
    second."""
    return max(4, min(int(config.get("db_maxconn") or 64) // 2, 24))


def _serve_threads(
    config: Mapping[str, Any],
    server: worker.Server,
    listeners: list[socket.socket],
    companions: Sequence[Kind],
    tell_ready: Callable[[], None],
) -> int:
    wake, waker = socket.socketpair()
    stop_signals: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        stop_signals.append(number)
        if len(stop_signals) > 2:
            os._exit(1)
        waker.send(b"x")

    previous = {number: signal.signal(number, remember) for number in (signal.SIGTERM, signal.SIGINT)}
    previous[signal.SIGHUP] = signal.signal(signal.SIGHUP, _no_reload)
    beside = Companions(companions)
    beside.start()
    loop = ThreadedLoop(server, listeners, thread_count(config) if listeners else 0, beside.keeper)
    loop.start()
    # What was loaded so far stays: the collector need not look at it again.
    gc.freeze()
    tell_ready()
    wake.settimeout(worker.SWEEP)
    while not stop_signals:
        try:
            wake.recv(1)
        except TimeoutError:
            loop.sweep()
    _logger.info("Initiating shutdown")
    _logger.info("Hit CTRL-C again or send a second signal to force the shutdown.")
    try:
        is_served = loop.stop(DRAIN)
        return 0 if beside.stop(COMPANIONS_END) and is_served else 1
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        wake.close()
        waker.close()


def _no_reload(_number: int, _frame: FrameType | None) -> None:
    _logger.warning("SIGHUP: reloading without a restart is not available; stop and start the server")


# -- processes -------------------------------------------------------------------------------------------------------
class Framer:
    """Tells the dispatcher where a request ends; keeps nothing of it."""

    def __init__(self, limits: Limits) -> None:
        self._reader = Reader(limits, keep_body=False)

    @property
    def is_in_body(self) -> bool:
        return self._reader.is_in_body

    def feed(self, data: bytes) -> tuple[bool, bytes]:
        """(whether the request is whole, what to tell the client now). `FramingError` with the answer to bytes that
        are none."""
        try:
            request = self._reader.feed(data)
        except Refused as error:
            raise FramingError(refusal(error)) from error
        if request is None and self._reader.awaits_continue:
            self._reader.awaits_continue = False
            return False, worker.CONTINUE
        return request is not None, b""


def _http_workers(
    config: Mapping[str, Any], server: worker.Server, cancel: Callable[[int], str | None], *, is_open: bool
) -> list[Kind]:
    """The workers that answer requests. With `workers = -1` one answers handshakes and polls on gevent_port."""
    limits = deadlines.Limits(
        real_s=_number(config, "limit_time_real"),
        cpu_s=_number(config, "limit_time_cpu"),
        memory=int(_number(config, "limit_memory_hard")),
    )

    def work(child: Any) -> None:
        if limits.memory:
            bound_memory(limits.memory)
        server.deadlines = Deadlines(limits, cancel=cancel, on_pause=child.end, on_resume=child.begin)
        ProcessLoop(
            server,
            child,
            limit_request=int(config.get("limit_request") or 0),
            memory_soft=min(filter(None, (int(_number(config, "limit_memory_soft")), limits.memory)), default=0),
        ).run()

    patience = limits.real_s + REPLACE_S if limits.real_s else 0.0
    return [Kind("WorkerHTTP", max(1, int(config["workers"])), work, time_limit=patience)] if is_open else []


def _born(
    kind: Kind,
    listeners: list[socket.socket],
    after_fork: Callable[[], None] | None,
    before_exit: Callable[[], object],
) -> Kind:
    """The kind, with what every worker process does first and last."""

    def run(child: Any) -> None:
        for listener in listeners:
            listener.close()
        if after_fork is not None:
            after_fork()
        try:
            kind.run(child)
        finally:
            before_exit()

    return dataclasses.replace(kind, run=run)


def _serve_processes(
    server: worker.Server,
    listeners: list[socket.socket],
    kinds: Sequence[Kind],
    tell_ready: Callable[[], None],
    before_fork: Callable[[], None] | None,
) -> int:
    timeouts = Timeouts(
        keep_alive=worker.KEEP_ALIVE, head=worker.HEAD_TIMEOUT, body_idle=worker.BODY_IDLE, write_idle=worker.WRITE_IDLE
    )

    def dispatch(control: socket.socket) -> None:
        Dispatcher(listeners, control, lambda: Framer(server.limits), timeouts, drain=DRAIN).run()

    if before_fork is not None:
        before_fork()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGHUP, _no_reload)
    return Supervisor(dispatch if listeners else None, kinds, drain=DRAIN).run(tell_ready)
