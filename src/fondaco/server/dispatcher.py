"""Which worker gets which connection?

One process holds every client's socket. A readable one is passed to an idle worker by descriptor; the worker answers
and says how it ended. Slow clients and those who have nothing to say are in the lobby (server/lobby), so that neither
occupies a worker. A connection that a worker's answer turned into something else, a websocket for example, leaves for
the worker that keeps those.

When the server is reloaded, the dispatcher before sends every connection as a worker would give it back, those that
workers are at after the answer. No client notices.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence

from fondaco import metrics
from fondaco.server.channel import (
    CLOSED,
    HANDED,
    INLINE,
    KEPT,
    LEAVING,
    PARTIAL,
    RANGE,
    READY,
    REQUEST,
    UNSENT,
    Channel,
)
from fondaco.server.clients import Client, Framer, Timeouts, Worker, bytes_sent
from fondaco.server.departures import Departures
from fondaco.server.lobby import Lobby
from fondaco.server.supervisor import HANDOVERS, PREDECESSOR, SUCCESSOR, Child
from fondaco.server.turns import Turns

_logger = logging.getLogger("odoo.service.server")

PEEK_SIZE = 2048  # bytes of a request that tell whose it is
ACCEPTS = 64


class Dispatcher:
    """The loop. The channel of `child` brings a descriptor for each new worker and ends when the supervisor does.

    worker_count: how many workers serve; where there are more, those that are spent leave. apology: what a client is
    told whose worker died before it answered. connections: those that a server without dispatcher had, with their
    addresses. tenant_of: whose a request is, told by its first bytes; without it all are one tenant's.
    """

    def __init__(
        self,
        listeners: list[socket.socket],
        child: Child,
        framer: Callable[[], Framer],
        timeouts: Timeouts,
        *,
        worker_count: int,
        drain: float,
        apology: Callable[[], bytes],
        connections: Sequence[tuple[socket.socket, str]] = (),
        tenant_of: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.listeners = {listener.fileno(): listener for listener in listeners}
        self.child = child
        self.control = child.channel
        self.worker_count = worker_count
        self.connections = connections
        self.drain = drain
        self.apology = apology
        self.tenant_of = tenant_of
        self._epoll = select.epoll()
        self._lobby = Lobby(self._epoll, framer, timeouts, self._on_request)
        self._workers: dict[int, Worker] = {}
        self._idle: list[Worker] = []
        self._spent: list[Worker] = []  # who serve until another has come, first come first
        self._keeper: Worker | None = None  # who keeps the connections that are no longer HTTP
        self._had_keeper = False  # the first comes a moment after the first worker
        self._departures = Departures()
        self._predecessor: Channel | None = None
        self._successor: Channel | None = None
        self._ready = Turns()
        self._stop_at: float | None = None
        self._wake, self._waker = socket.socketpair()
        metrics.CONNECTIONS.watch(self.connection_count)
        metrics.WAITING.watch(self.waiting_count)
        metrics.WORKERS.watch(self.worker_counts)

    def __repr__(self) -> str:
        idle = f"{len(self._idle)}/{len(self._workers)}"
        return f"<Dispatcher clients={len(self._lobby)} ready={len(self._ready)} idle={idle}>"

    def run(self) -> None:
        """Serve until the supervisor says stop and the requests in progress are answered."""
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda *_: self._begin_stop())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
        for fd, listener in self.listeners.items():
            listener.setblocking(False)
            self._epoll.register(fd, select.EPOLLIN)
        self._epoll.register(self.control.fileno(), select.EPOLLIN)
        self._epoll.register(self._wake.fileno(), select.EPOLLIN)
        for sock, address in self.connections:
            self._lobby.keep(self._lobby.enter(sock, address.encode()))
        sweep_at = time.monotonic() + 1.0
        while not self._is_done():
            for fd, event in self._epoll.poll(1.0, 256):
                self._handle(fd, event)
            self._assign()
            if (now := time.monotonic()) >= sweep_at:
                sweep_at = now + 1.0
                self._lobby.sweep(now)
                self.child.begin()
        for worker in self._workers.values():
            worker.channel.close()

    def connection_count(self) -> dict[tuple[str, ...], float]:
        return {(): len(self._lobby)}

    def waiting_count(self) -> dict[tuple[str, ...], float]:
        return {(): len(self._ready)}

    def worker_counts(self) -> dict[tuple[str, ...], float]:
        idle, keepers = len(self._idle), int(self._keeper is not None)
        return {("idle",): idle, ("busy",): max(0, len(self._workers) - keepers - idle)}

    def _is_done(self) -> bool:
        if self._stop_at is None and self._successor is None:
            return False
        busy = any(worker.client is not None for worker in self._workers.values())
        if self._stop_at is None:
            return not busy
        return not (busy or self._lobby.is_at_work or self._ready) or time.monotonic() > self._stop_at

    def _begin_stop(self) -> None:
        if self._stop_at is not None:
            return
        self._stop_at = time.monotonic() + self.drain
        self._lobby.is_closing = True
        self._close_listeners()

    def _close_listeners(self) -> None:
        for fd, listener in self.listeners.items():
            with contextlib.suppress(OSError):
                self._epoll.unregister(fd)
            listener.close()
        self.listeners.clear()

    # -- events ------------------------------------------------------------------------------------------------------
    def _handle(self, fd: int, event: int) -> None:
        client = self._lobby.behind(fd)
        if client is not None:
            self._lobby.on_event(client, event)
        elif fd in self._workers:
            if event & select.EPOLLOUT:
                self._depart()
            if event & ~select.EPOLLOUT:
                self._on_worker(self._workers[fd])
        elif fd in self.listeners:
            self._accept(self.listeners[fd])
        elif fd == self.control.fileno():
            self._on_control()
        elif self._predecessor is not None and fd == self._predecessor.fileno():
            self._inherit(self._predecessor)
        elif fd == self._wake.fileno():
            self._wake.recv(64)

    def _on_control(self) -> None:
        data, descriptors, _flags, _address = socket.recv_fds(self.control, 16, 1)
        if not data:
            self._epoll.unregister(self.control.fileno())
            if self._successor is None:
                self._begin_stop()
            return
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=descriptors[0])
        sock.setblocking(data == SUCCESSOR)
        channel = Channel(sock)
        if data == SUCCESSOR:
            self._retire(channel)
            return
        if data == PREDECESSOR:
            self._predecessor = channel
            self._epoll.register(channel.fileno(), select.EPOLLIN)
            return
        worker = Worker(channel)
        self._workers[channel.fileno()] = worker
        self._epoll.register(channel.fileno(), select.EPOLLIN)
        if data == HANDOVERS:
            self._keeper, self._had_keeper = worker, True
            self._depart()

    def _accept(self, listener: socket.socket) -> None:
        deadline = time.monotonic() + self._lobby.timeouts.head
        try:
            for _ in range(ACCEPTS):
                sock, address = listener.accept()
                text = b"127.0.0.1:0"
                if sock.family in (socket.AF_INET, socket.AF_INET6):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    text = f"{address[0].removeprefix('::ffff:')}:{address[1]}".encode()
                self._lobby.enter(sock, text).deadline = deadline
        except BlockingIOError:
            return
        except OSError as error:
            _logger.warning("connection not accepted: %s", error)
            time.sleep(0.02)

    def _on_request(self, client: Client) -> None:
        self._ready.add(self._tenant(client), client.number)

    def _tenant(self, client: Client) -> bytes:
        """Whose the request is that can be read now."""
        if self.tenant_of is None:
            return b""
        if client.received is None:
            return self.tenant_of(client.sock.recv(PEEK_SIZE, socket.MSG_PEEK))
        client.received.seek(0)
        head = client.received.read(PEEK_SIZE)
        client.received.seek(0, os.SEEK_END)
        return self.tenant_of(head)

    # -- workers -----------------------------------------------------------------------------------------------------
    def _assign(self) -> None:
        """Give waiting connections to idle workers, the last to become idle first: its caches are warm."""
        count = len(self._workers) - (self._keeper is not None)
        while self._idle and (turn := self._ready.take(count)) is not None:
            tenant, number = turn
            client = self._lobby.get(number)
            if client is None:
                self._ready.done(tenant)
                continue
            worker = self._idle.pop()
            worker.sent_before = bytes_sent(client.sock)
            try:
                self._pass(client, worker)
            except (BrokenPipeError, ConnectionResetError):
                self._ready.put_back(tenant, number)
            else:
                worker.client, worker.tenant = number, tenant

    def _pass(self, client: Client, worker: Worker) -> None:
        descriptors: tuple[int, ...] = (client.sock.fileno(),)
        payload = client.address + b"\0"
        if client.received is not None:
            size = client.received.tell()
            if size <= INLINE:
                client.received.seek(0)
                payload += client.received.read()
            else:
                client.received.flush()
                descriptors += (client.received.fileno(),)
        worker.channel.send(REQUEST, client.number, payload, descriptors)
        if client.received is not None:
            client.received.close()
            client.received = None

    def _on_worker(self, worker: Worker) -> None:
        try:
            message = worker.channel.receive()
        except BlockingIOError:
            return
        except OSError:
            message = None
        if message is None:
            self._lost(worker)
            return
        kind, number, payload, descriptors = message
        if kind == READY:
            worker.is_ready = True
            self._idle.insert(0, worker)  # those whose caches are warm go before
            self._relieve_spent()
            return
        if kind == LEAVING:
            self._spent.append(worker)
            self._relieve_spent()
            return
        worker.client = None
        self._ready.done(worker.tenant)
        if worker.is_leaving:
            # It waits for this end: had it gone by itself, a connection passed meanwhile would be lost.
            self._lost(worker)
        else:
            self._idle.append(worker)
        client = self._lobby.get(number)
        if client is None:
            for descriptor in descriptors:
                os.close(descriptor)
            return
        try:
            self._take_back(client, kind, payload, descriptors)
        except OSError:
            self._lobby.drop(client)

    def _relieve_spent(self) -> None:
        """Have spent workers end whose successors have come, in whichever order the two are heard of."""
        while self._spent and self._serving() > self.worker_count:
            worker = self._spent.pop(0)
            worker.is_leaving = True
            if worker.client is None:
                self._lost(worker)  # else when it gives its connection back

    def _serving(self) -> int:
        """How many workers take requests and go on doing so."""
        return sum(worker.is_ready and not worker.is_leaving for worker in self._workers.values())

    def _take_back(self, client: Client, kind: bytes, payload: bytes, descriptors: list[int]) -> None:
        if self._successor is not None and kind != CLOSED:
            self._pass_on(client, kind, payload, descriptors)
        elif kind == KEPT:
            self._lobby.keep(client)
        elif kind == HANDED:
            self._hand_over(client, payload)
        elif kind == UNSENT:
            offset, length, keep = RANGE.unpack(payload)
            self._lobby.send(client, descriptors[0], offset, length, keep=keep)
        elif kind == PARTIAL:
            if descriptors:
                with os.fdopen(descriptors[0], "rb") as file:
                    file.seek(0)
                    payload = file.read()
            self._lobby.gather(client, payload)
        else:
            self._lobby.drop(client)

    def _hand_over(self, client: Client, payload: bytes) -> None:
        """Let the keeper have the connection. Where he has died its end tells the client to come again; he who is still
        to come is waited for."""
        if self._stop_at is not None or (self._keeper is None and self._had_keeper):
            self._lobby.drop(client)
            return
        self._departures.add(client, payload)
        self._depart()

    def _depart(self) -> None:
        if self._keeper is None:
            return
        for client in self._departures.send(self._keeper.channel):
            self._lobby.release(client)
        room = select.EPOLLOUT if self._departures else 0
        self._epoll.modify(self._keeper.channel.fileno(), select.EPOLLIN | room)

    def _lost(self, worker: Worker) -> None:
        """The worker is gone. The client it served is told so; if an answer had begun, by the end of the connection."""
        if worker is self._keeper:
            self._keeper = None
            for departing, _payload in self._departures.take_all():
                self._lobby.drop(departing)
        self._workers.pop(worker.channel.fileno(), None)
        for workers in (self._idle, self._spent):
            with contextlib.suppress(ValueError):
                workers.remove(worker)
        with contextlib.suppress(OSError):
            self._epoll.unregister(worker.channel.fileno())
        worker.channel.close()
        if worker.client is None:
            return
        self._ready.done(worker.tenant)
        client = self._lobby.get(worker.client)
        if client is not None:
            if worker.sent_before is not None and bytes_sent(client.sock) == worker.sent_before:
                with contextlib.suppress(OSError):
                    client.sock.send(self.apology())
                    client.sock.shutdown(socket.SHUT_WR)
            self._lobby.drop(client)

    # -- succession --------------------------------------------------------------------------------------------------
    def _retire(self, successor: Channel) -> None:
        """Another dispatcher takes over: give it every connection, those that workers are at when they come back."""
        self._successor = successor
        self._close_listeners()
        for client, payload in self._departures.take_all():
            self._pass_on(client, HANDED, payload, [])
        for worker in [*self._idle, *([self._keeper] if self._keeper is not None else [])]:
            self._lost(worker)
        under_way = {worker.client for worker in self._workers.values()}
        self._ready.clear()
        for client in [client for client in self._lobby if client.number not in under_way]:
            if client.unsent is not None:
                descriptor, *rest = client.unsent
                self._pass_on(client, UNSENT, RANGE.pack(*rest), [os.dup(descriptor)])
            elif client.received is not None:
                client.received.flush()
                self._pass_on(client, PARTIAL, b"", [os.dup(client.received.fileno())])
            else:
                self._pass_on(client, KEPT, b"", [])

    def _pass_on(self, client: Client, kind: bytes, payload: bytes, descriptors: list[int]) -> None:
        """Let the successor have a connection as if a worker had given it back to him."""
        assert self._successor is not None
        try:
            self._successor.send(
                kind, client.number, client.address + b"\0" + payload, (client.sock.fileno(), *descriptors)
            )
        except OSError as error:
            _logger.warning("connection not passed on, it ends: %s", error)
        for descriptor in descriptors:
            os.close(descriptor)
        self._lobby.release(client)

    def _inherit(self, predecessor: Channel) -> None:
        """Take a connection over from the dispatcher before."""
        message = predecessor.receive()
        if message is None:
            self._epoll.unregister(predecessor.fileno())
            predecessor.close()
            self._predecessor = None
            return
        kind, _number, payload, (descriptor, *others) = message
        address, _, payload = payload.partition(b"\0")
        client = self._lobby.enter(socket.socket(fileno=descriptor), address)
        try:
            self._take_back(client, kind, payload, others)
        except OSError:
            self._lobby.drop(client)
