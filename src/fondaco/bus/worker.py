"""The loop that keeps all connections which are no longer HTTP: one process, or one thread of the threaded server.

They come through a channel from whoever answered their first request. News come from the feeds of the databases that
somebody listens to: when a database is announced, and by the clock in case an announcement was lost or cannot be made.
Everything that may wait is asked in threads (bus/inquiries).
"""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import os
import random
import resource
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from fondaco import faults, metrics
from fondaco.bus.connection import Connection, Poll, Websocket
from fondaco.bus.hub import Audience, Hub
from fondaco.bus.inquiries import Inquiries, Visitor
from fondaco.bus.notify import ANNOUNCED
from fondaco.bus.protocol import (
    GOING_AWAY,
    NORMAL,
    OUTDATED,
    RENEW,
    SESSION_EXPIRED,
    TRY_LATER,
    MessageError,
    parsed,
    retry_reason,
)
from fondaco.errors import DatabaseNotFound
from fondaco.http.dispatch import SessionExpiredException
from fondaco.http.handover import unpacked
from fondaco.server.channel import Channel
from fondaco.server.deadlines import resident_memory
from fondaco.server.supervisor import HANDOVERS, Child, Kind
from fondaco.sql.announcing import Listener

if TYPE_CHECKING:
    from fondaco.http.application import Application
    from fondaco.modules.registries import Registries

_logger = logging.getLogger(__name__)
T = TypeVar("T")

WEBSOCKETS = metrics.Gauge("fondaco_bus_connections", "Websockets and long polls that are open", ("database", "kind"))

THREADS = 4
AGAIN_S = 0.005  # between two looks at a feed that waits for a commit
LOST_NEWS_S = 10.0  # between two looks at a feed nobody announced
CLOCK_NEWS_S = 1.0  # the same where nothing can be announced
WATCH_S = 5.0  # between two looks at all connections
SESSIONS_S = 10.0  # between two looks at the sessions of all websockets
STOP_S = 1.0  # for the last words when the server stops
RETRY_MS_EACH = 2  # reconnecting after a stop is spread over so many milliseconds per client
RETRY_MS = (500, 30_000)  # the least and the longest spread
SPARE_DESCRIPTORS = 256


def kind(config: Mapping[str, Any], registries: Registries, application: Application) -> Kind:
    """The worker, for a supervisor."""
    return Kind("WorkerBus", 1, lambda child: run(child, config, registries, application), HANDOVERS)


def run(child: Child, config: Mapping[str, Any], registries: Registries, application: Application) -> None:
    """Keep connections until the channel closes."""
    if child.parent and config.get("db_maxconn_gevent"):
        registries.pools.limit = int(config["db_maxconn_gevent"])
    worker = Worker(child.channel, config, registries, application)
    if child.parent:
        worker.memory_soft, worker.memory_hard = memory_limits(config)
    asyncio.run(worker.run())


def memory_limits(config: Mapping[str, Any]) -> tuple[int, int]:
    """Resident bytes over which the process is replaced, and over which it is ended at once; 0: none."""
    soft, hard = config.get("limit_memory_soft_gevent"), config.get("limit_memory_hard_gevent")
    soft = config.get("limit_memory_soft") if soft is None else soft
    hard = config.get("limit_memory_hard") if hard is None else hard
    return int(soft or 0), int(hard or 0)


class Worker:
    """The loop's state: connections, and a hub for each database that somebody listens to."""

    def __init__(
        self, channel: socket.socket, config: Mapping[str, Any], registries: Registries, application: Application
    ) -> None:
        self.burst = int(config.get("websocket_rate_limit_burst") or 10)
        self.delay = float(config.get("websocket_rate_limit_delay") or 0)
        self.lifetime = float(config.get("websocket_keep_alive_timeout") or 3600)
        self.memory_soft = self.memory_hard = 0  # bytes; 0: no limit, as for a thread among others
        self.clock = time.monotonic
        self._channel = Channel(channel)
        self._pools = registries.pools
        self._inquiries = Inquiries(registries, application)
        self._hubs: dict[str, Hub] = {}
        self._connections: dict[Connection, None] = {}  # in the order they came
        self._most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_DESCRIPTORS
        self._of_user: Counter[tuple[str, int | None]] = Counter()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="odoo.bus")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_stopping = False
        WEBSOCKETS.watch(self.counts)

    def __repr__(self) -> str:
        return f"<Worker connections={len(self._connections)} databases={len(self._hubs)}>"

    def counts(self) -> dict[tuple[str, ...], float]:
        kinds = [(one.visitor.db or "", "websocket" if isinstance(one, Websocket) else "poll")
                 for one in list(self._connections)]  # fmt: skip
        return {key: float(number) for key, number in Counter(kinds).items()}

    async def run(self) -> None:
        """Until the channel closes."""
        loop = self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()

        def wake(db: str | None = None) -> None:
            loop.call_soon_threadsafe(*((self._wake, db) if db else (self._wake_all,)))

        listener = Listener(self._pools, ANNOUNCED, wake, wake)
        listener.start()
        self._channel.sock.setblocking(False)
        loop.add_reader(self._channel.fileno(), self._on_channel)
        gc.freeze()
        _logger.info("bus worker (%d) keeps websockets", os.getpid())
        for watch in (self._watch(), self._watch_sessions(), self._look_by_the_clock(listener)):
            self._start(watch)
        await self._stopped.wait()
        listener.stop()
        await self._say_goodbye()
        for task in self._tasks:
            task.cancel()
        listener.join()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # -- coming ------------------------------------------------------------------------------------------------------
    def _on_channel(self) -> None:
        try:
            message = self._channel.receive()
        except BlockingIOError:
            return
        except OSError:
            message = None
        if message is None:
            self._loop.remove_reader(self._channel.fileno())
            self._stopped.set()
            return
        _kind, _number, payload, descriptors = message
        parcel, rest = unpacked(payload)
        self._start(self._adopt(parcel, rest, socket.socket(fileno=descriptors[0])))

    async def _adopt(self, parcel: Mapping[str, Any], rest: bytes, sock: socket.socket) -> None:
        sock.setblocking(False)
        visitor = Visitor.of(parcel)
        connection: Connection
        if parcel["kind"] == "poll":
            connection = Poll(self, visitor, parcel["id"])
        else:
            # Sockets that were opened together are not renewed together.
            connection = Websocket(self, visitor, self.clock() + self.lifetime * random.uniform(0.9, 1.1))
        await self._loop.connect_accepted_socket(lambda: connection, sock)
        self._connections[connection] = None
        self._of_user[visitor.db, visitor.uid] += 1
        if isinstance(connection, Poll):
            await self._hear(connection, parcel["channels"], parcel["last"])
        elif parcel.get("is_outdated"):
            connection.close(NORMAL, OUTDATED)
        elif len(self._connections) > self._most:
            _logger.error("websocket refused: %d connections are open", self._most)
            connection.close(TRY_LATER, self._retry())
        elif rest and isinstance(connection, Websocket):
            connection.data_received(rest)

    def left(self, connection: Connection) -> None:
        """A connection has ended."""
        if self._connections.pop(connection, self) is self:
            return
        visitor = connection.visitor
        hub = self._hubs.get(visitor.db)
        if hub is not None:
            hub.unsubscribe(connection)
            self._forget(hub)
        self._of_user[visitor.db, visitor.uid] -= 1
        if self._of_user[visitor.db, visitor.uid] <= 0:
            del self._of_user[visitor.db, visitor.uid]
            if isinstance(connection, Websocket) and visitor.uid is not None and not self._is_stopping:
                self._start(self._ask(self._inquiries.closed, visitor))

    # -- what clients say --------------------------------------------------------------------------------------------
    def spoken(self, connection: Websocket, text: str) -> None:
        """A message; those of one connection are dealt with in order."""
        if connection.inbox is not None:
            connection.inbox.append(text)
            return
        connection.inbox = [text]
        self._start(self._deal_with(connection))

    async def _deal_with(self, connection: Websocket) -> None:
        while connection.inbox:
            text = connection.inbox.pop(0)
            try:
                event = parsed(text)
                if event.name == "subscribe":
                    channels, last = await self._ask(self._inquiries.subscribe, connection.visitor, event.data)
                    await self._hear(connection, channels, last)
                else:
                    await self._ask(self._inquiries.serve, connection.visitor, event)
            except MessageError as error:
                _logger.info("websocket message not understood: %s %r", error, connection)
            except (SessionExpiredException, DatabaseNotFound):
                connection.close(SESSION_EXPIRED)
            except psycopg.OperationalError as error:
                _logger.warning("websocket message not served, PostgreSQL is away: %s", error)
                connection.close(TRY_LATER, self._retry())
            except Exception as error:
                # What an addon does with one message must not end the connection.
                _logger.log(faults.log_level(error), "websocket message failed: %r", connection, exc_info=error)
        connection.inbox = None

    async def _hear(self, connection: Connection, channels: list[str], last: int) -> None:
        """Subscribe the connection and give it what it missed."""
        db = connection.visitor.db
        hub = self._hubs.setdefault(db, Hub(db))
        hub.coming += 1
        try:
            while (upto := hub.subscribe(connection, channels, last)) is None:
                await self._read(hub)
                await asyncio.sleep(AGAIN_S)
        finally:
            hub.coming -= 1
        missed = await self._ask(self._inquiries.missed, db, channels, last, upto)
        if connection in self._connections:
            hub.catch_up(connection, missed)
        else:
            hub.unsubscribe(connection)
            self._forget(hub)

    # -- news --------------------------------------------------------------------------------------------------------
    def _wake(self, db: str) -> None:
        """There is news in a database."""
        hub = self._hubs.get(db)
        if hub is not None:
            hub.is_wanted = True
            if not hub.is_reading:
                self._start(self._read(hub))

    def _wake_all(self) -> None:
        for db in list(self._hubs):
            self._wake(db)

    async def _read(self, hub: Hub) -> None:
        """Read what is new and deal it, as long as there is more; one at a time for each hub."""
        if hub.is_reading:
            return
        hub.is_reading = True
        try:
            is_again = True
            while hub.is_wanted or is_again:
                hub.is_wanted = False
                rows, is_again = await self._ask(self._inquiries.read, hub.feed, self.clock())
                if audience := hub.audience(rows):
                    await self._deal(hub, audience)
                if is_again:
                    await asyncio.sleep(AGAIN_S)
        except psycopg.Error as error:
            _logger.warning("bus of %s not read, tried again by the clock: %s", hub.feed.db, error)
        finally:
            hub.is_reading = False
            self._forget(hub)

    def _forget(self, hub: Hub) -> None:
        if hub.is_idle:
            self._hubs.pop(hub.feed.db, None)

    async def _deal(self, hub: Hub, audience: Audience) -> None:
        listeners = [connection for connection in audience if isinstance(connection, Connection)]
        ended = await self._ask(self._inquiries.ended, [connection.visitor for connection in listeners])
        expired = [connection for connection in listeners if connection.visitor in ended]
        for connection in expired:
            connection.close(SESSION_EXPIRED)
        hub.deal(audience, without=expired)

    async def _look_by_the_clock(self, listener: Listener) -> None:
        while True:
            await asyncio.sleep(LOST_NEWS_S if listener.is_listening else CLOCK_NEWS_S)
            self._wake_all()

    # -- watching ----------------------------------------------------------------------------------------------------
    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            now = self.clock()
            self._watch_memory()
            for connection in list(self._connections):
                if connection.watch(now):
                    connection.close(RENEW, self._retry())

    def _watch_memory(self) -> None:
        memory = resident_memory() if self.memory_soft or self.memory_hard else 0
        if self.memory_hard and memory > self.memory_hard:
            _logger.error("Worker (%d) hard memory limit (%d) reached, its clients come again.", os.getpid(), memory)
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.memory_soft and memory > self.memory_soft:
            _logger.info("Worker (%d) memory limit (%d) reached.", os.getpid(), memory)
            self._stopped.set()

    async def _watch_sessions(self) -> None:
        while True:
            await asyncio.sleep(SESSIONS_S)
            connections = [connection for connection in self._connections if isinstance(connection, Websocket)]
            ended = await self._ask(self._inquiries.ended, [connection.visitor for connection in connections])
            for connection in connections:
                if connection.visitor in ended:
                    connection.close(SESSION_EXPIRED)

    # -- going -------------------------------------------------------------------------------------------------------
    async def _say_goodbye(self) -> None:
        self._is_stopping = True
        for connection in list(self._connections):
            connection.close(GOING_AWAY, self._retry())
        deadline = self.clock() + STOP_S
        while self._connections and self.clock() < deadline:
            await asyncio.sleep(0.02)
        for connection in list(self._connections):
            connection.transport.abort()
        await asyncio.sleep(0)

    def _retry(self) -> str:
        """When a client that is sent away shall come again: the more there are, the longer they are spread."""
        least, longest = RETRY_MS
        return retry_reason(random.randint(0, min(max(least, RETRY_MS_EACH * len(self._connections)), longest)))

    # -- threads -----------------------------------------------------------------------------------------------------
    async def _ask(self, question: Callable[..., T], *arguments: Any) -> T:
        return await self._loop.run_in_executor(self._threads, functools.partial(question, *arguments))

    def _start(self, coroutine: Any) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.log(faults.log_level(error), "bus: a task failed", exc_info=error)
