"""How is an application served in the mode the configuration asks for?

    from fondaco.http.serve import serve
    from fondaco.wsgi import build
    code = serve(config, build(config, registries), on_ready=lambda url: print("listening on", url),
    on_stop=pools.close)

Blocks until SIGTERM or SIGINT (exit code returned). `workers = 0`: threads of one process. `workers = N`: N processes
under a supervisor; `before_fork()` runs in the parent just before the first fork (load registries, then close
database connections), `after_fork()` first in every child, `before_exit()` last. `on_ready(url)` is called once the
port answers; each process is run within `telling(its kind)`; `on_stop()` is called after the last request. A taken port
raises `ConfigError` with a sentence that says what to do. Must be called in the main thread. `companions` are workers
of other kinds: threads here, processes there. `workers = -1`: none but companions and one process that answers on
gevent_port; without listeners (`--no-http`) not even that one.

SIGHUP reloads: `rehearsal`, a command, says whether a new start would succeed; then the program is executed anew in
this process and `serve` finds what the server before left. on_ready is not called again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import logging
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any, NoReturn

from fondaco.errors import ConfigError
from fondaco.http import tenancy, worker
from fondaco.http.answer import refusal
from fondaco.http.listening import bind, described, raise_descriptor_limit
from fondaco.http.processes import ProcessLoop
from fondaco.http.sizes import Limits, limits_of
from fondaco.http.threads import ThreadedLoop
from fondaco.http.wire import Reader, Refused
from fondaco.server import deadlines, inheritance, systemd
from fondaco.server.clients import FramingError, Timeouts
from fondaco.server.companions import Companions
from fondaco.server.deadlines import STUCK_S, Deadlines
from fondaco.server.dispatcher import Dispatcher
from fondaco.server.generation import Generation
from fondaco.server.inheritance import WAITING_SIGNALS, Inheritance
from fondaco.server.reload import Reload
from fondaco.server.supervisor import HANDOVERS, REQUESTS, Child, Kind, Supervisor
from fondaco.values.deferred import load_postponed

_logger = logging.getLogger("odoo.service.server")

REPLACE_S = STUCK_S + 3.0  # seconds over its time after which a worker that cannot be interrupted is replaced
DRAIN = 30.0  # seconds requests in progress get when the server stops
DIED = Refused(
    502, "Bad Gateway", "The process at this request died; see whether its change was saved before you repeat it."
)
Telling = Callable[[str], contextlib.AbstractContextManager[object]]
COMPANIONS_END = 15.0  # seconds threads beside the requests get then


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
    telling: Telling = lambda kind: contextlib.nullcontext(),
    cancel: Callable[[int], tuple[bool, str]] = lambda thread: (False, ""),
    rehearsal: Sequence[str] = (),
) -> int:
    """Serve until a signal ends it; the exit code of the process."""
    if not hasattr(select, "epoll"):
        raise ConfigError(f"{sys.platform} has no epoll, which the server needs; run it on Linux or in a container")
    raise_descriptor_limit()
    notifier = systemd.Notifier.of(os.environ)
    generation = _generation(config, Reload(rehearsal, notifier))
    is_first = generation.inherited is None
    listeners = generation.listeners
    if not listeners:
        companions = [kind for kind in companions if kind.channel != HANDOVERS]
    workers = int(config.get("workers") or 0)
    url, (host, port) = _address(config, listeners)
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
        _logger.info("HTTP service (fondaco) running on %s", " and ".join(map(described, listeners)))

    def tell_ready() -> None:
        notifier.ready(f"serving on {url}" if listeners else "running jobs")
        if not is_first:
            _logger.info("reload done: configuration and code are those of now")
        elif on_ready is not None and listeners:
            on_ready(url)

    try:
        if workers != 0:
            kinds = [*_http_workers(config, server, cancel, is_open=bool(listeners)), *companions]
            kinds = [_born(kind, generation, after_fork, before_exit, telling) for kind in kinds]
            tenant_of = tenancy.teller(config)
            return _serve_processes(server, generation, kinds, tell_ready, before_fork, tenant_of, telling)
        # Processor time and memory are shared by the threads: only the clock can be held against one of them.
        server.deadlines = Deadlines(deadlines.Limits(real_s=_number(config, "limit_time_real")), cancel=cancel)
        with telling("Server"):
            return _serve_threads(config, server, generation, companions, tell_ready)
    finally:
        generation.close_listeners()
        if on_stop is not None:
            on_stop()


def _generation(config: Mapping[str, Any], reload: Reload) -> Generation:
    """What a server before us left, and the listening sockets that we shall leave."""
    inherited = inheritance.found(os.environ)
    activated = systemd.activated(os.environ) if config.get("http_enable", True) else []
    if activated:
        estate = Inheritance(activated, is_activated=True)
    elif inherited is not None and inherited.is_activated:
        estate = Inheritance(inherited.listeners, is_activated=True)
    else:
        estate = Inheritance(bind(config, inherited.listeners if inherited is not None else ()))
    return Generation(estate, reload, inherited)


def _address(config: Mapping[str, Any], listeners: Sequence[socket.socket]) -> tuple[str, tuple[str, int]]:
    """The URL for people, and the name and port that requests are told."""
    if listeners and listeners[0].family != socket.AF_UNIX:
        host, port = listeners[0].getsockname()[:2]
        return f"http://{described(listeners[0])}", (host, port)
    return described(listeners[0]) if listeners else "", ("localhost", int(config.get("http_port") or 0))


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


class _Succession:
    """How threads make room for the server that is executed in their process: jobs finish while requests go on, then
    requests wait a moment, in the listening sockets and in their connections."""

    def __init__(self, loop: ThreadedLoop, beside: Companions, generation: Generation, patience: float) -> None:
        self.loop = loop
        self.beside = beside
        self.generation = generation
        self.patience = patience  # seconds that what is under way may take
        self._latest: float | None = None

    def begin(self) -> None:
        _logger.info("reloading: jobs finish, then requests wait a moment for the new server")
        self._latest = time.monotonic() + self.patience
        self.beside.finish()

    def is_ready(self) -> bool:
        """Whether now is a good moment: no job, and no request that others would have to wait for."""
        if self._latest is None or not self.beside.has_finished():
            return False
        return self.loop.is_calm() or time.monotonic() > self._latest

    def hand_down(self) -> NoReturn:
        connections = self.loop.pause(self.patience, self.generation.reload.notifier.alive)
        self.beside.stop(COMPANIONS_END)
        dataclasses.replace(self.generation.estate, connections=connections).hand_down()


def _serve_threads(
    config: Mapping[str, Any],
    server: worker.Server,
    generation: Generation,
    companions: Sequence[Kind],
    tell_ready: Callable[[], None],
) -> int:
    reload = generation.reload
    wake, waker = socket.socketpair()
    stop_signals: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        stop_signals.append(number)
        if len(stop_signals) > 2:
            os._exit(1)
        waker.send(b"x")

    previous = {number: signal.signal(number, remember) for number in (signal.SIGTERM, signal.SIGINT)}
    previous[signal.SIGHUP] = signal.signal(signal.SIGHUP, reload.ask)
    beside = Companions(companions)
    beside.start()
    threads = thread_count(config) if generation.listeners else 0
    loop = ThreadedLoop(server, generation.listeners, threads, beside.keeper, tenancy.environ_teller(config))
    generation.accept()
    loop.start(generation.connections)
    # What was loaded so far stays: the collector need not look at it again.
    gc.freeze()
    tell_ready()
    generation.dismiss_ancestors()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITING_SIGNALS)
    wake.settimeout(worker.SWEEP)
    succession = _Succession(loop, beside, generation, _number(config, "limit_time_real") + DRAIN)
    while not stop_signals:
        try:
            wake.recv(1)
        except TimeoutError:
            loop.sweep()
        reload.notifier.alive()
        if reload.is_due():
            succession.begin()
        if succession.is_ready():
            signal.pthread_sigmask(signal.SIG_BLOCK, WAITING_SIGNALS)
            if not stop_signals:
                succession.hand_down()
    _logger.info("Initiating shutdown")
    _logger.info("Hit CTRL-C again or send a second signal to force the shutdown.")
    reload.abandon()
    reload.notifier.stopping()
    try:
        is_served = loop.stop(DRAIN)
        return 0 if beside.stop(COMPANIONS_END) and is_served else 1
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        wake.close()
        waker.close()


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
    config: Mapping[str, Any], server: worker.Server, cancel: Callable[[int], tuple[bool, str]], *, is_open: bool
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
    generation: Generation,
    after_fork: Callable[[], None] | None,
    before_exit: Callable[[], object],
    telling: Telling,
) -> Kind:
    """The kind, with what every worker process does first and last."""

    def run(child: Any) -> None:
        generation.close_listeners()
        generation.close_connections()
        if after_fork is not None:
            after_fork()
        try:
            with telling(kind.name):
                kind.run(child)
        finally:
            before_exit()

    return dataclasses.replace(kind, run=run)


def _serve_processes(
    server: worker.Server,
    generation: Generation,
    kinds: Sequence[Kind],
    tell_ready: Callable[[], None],
    before_fork: Callable[[], None] | None,
    tenant_of: Callable[[bytes], bytes] | None,
    telling: Telling,
) -> int:
    timeouts = Timeouts(
        keep_alive=worker.KEEP_ALIVE, head=worker.HEAD_TIMEOUT, body_idle=worker.BODY_IDLE, write_idle=worker.WRITE_IDLE
    )

    def dispatch(child: Child) -> None:
        dispatcher = Dispatcher(
            generation.listeners,
            child,
            lambda: Framer(server.limits),
            timeouts,
            worker_count=sum(kind.count for kind in kinds if kind.channel == REQUESTS),
            drain=DRAIN,
            apology=lambda: refusal(DIED),
            connections=generation.connections,
            tenant_of=tenant_of,
        )
        with telling("Dispatcher"):
            dispatcher.run()

    def load_rest() -> None:
        gc.disable()
        load_postponed()
        gc.freeze()
        gc.enable()

    def begin() -> None:
        tell_ready()
        generation.close_connections()

    # What is loaded before the first fork stays: garbage is looked for in what comes later.
    gc.disable()
    if before_fork is not None:
        before_fork()
    gc.freeze()
    gc.enable()
    generation.accept()
    return Supervisor(
        dispatch if generation.listeners else None, kinds, generation, drain=DRAIN, after_first=load_rest
    ).run(begin)
