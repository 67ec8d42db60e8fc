"""Threads that share one epoll: the server of `workers = 0`.

Each thread takes an event, does all it can for that connection and comes back. A connection that has nothing to say,
brings its request slowly or takes its answer slowly is parked with what has come or what is left to send. A request
that is whole is answered at once, unless its tenant has all the threads that it may have: then it waits for its turn.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fondaco import metrics
from fondaco.http.answer import Pending, refusal
from fondaco.http.handover import packed
from fondaco.http.sizes import Limits
from fondaco.http.wire import Reader, Refused, Request
from fondaco.http.worker import BODY_IDLE, CONTINUE, HEAD_TIMEOUT, KEEP_ALIVE, PIPELINED, READ_SIZE, WRITE_IDLE, Server
from fondaco.server.channel import HANDED, Channel
from fondaco.server.turns import Turns

_logger = logging.getLogger("odoo.http")

CALM = 1.0  # seconds within which what is under way is expected to end
ACCEPTS = 16  # connections taken at once, before other events are looked at


class _Connection:
    """One client of the threaded server."""

    __slots__ = (
        "address", "busy_since", "deadline", "fd", "head_since", "keep_alive", "pending", "reader", "request", "row",
        "sock",
    )  # fmt: skip

    def __init__(self, sock: socket.socket, address: tuple[str, int], limits: Limits) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.address = address
        self.reader = Reader(limits)
        self.pending: Pending | None = None
        self.request: Request | None = None  # whole, and waiting for its turn
        self.row = 0  # requests that were answered since the connection was parked
        self.keep_alive = True
        # When the head that is being read began: drops of it do not buy more time.
        self.head_since: float | None = None
        # When the client is given up; None while a thread works for it.
        self.deadline: float | None = time.monotonic() + HEAD_TIMEOUT
        # When what is under way began: a request that comes, is answered or whose answer is being taken.
        self.busy_since: float | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether a thread is at it, or it takes an answer or brings the body of a request: a stop waits for that."""
        return self.deadline is None or self.pending is not None or self.reader.is_in_body

    @property
    def is_between(self) -> bool:
        """Whether it is between two requests."""
        return self.pending is None and self.reader.is_idle and not self.reader.rest


class _Baton:
    """Which thread waits for events: one at a time.

    While requests are short, the thread that took an event answers it before it passes the baton on: two threads in
    Python at once only fight for the interpreter. A request that turns out long loses the baton to another thread.
    """

    SHORT = 0.002  # seconds: requests that usually take less are answered with the baton in hand
    PATIENCE = 0.004  # seconds after which the baton is taken away

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._usual = 0.0
        self._turn = 0  # changes whenever the baton does
        self._kept_since: float | None = None
        self._is_kept = threading.Event()
        self._guard = threading.Lock()

    def take(self) -> int:
        """Wait for the baton; the number of this turn."""
        self._lock.acquire()
        self._turn += 1
        return self._turn

    def before(self, turn: int) -> None:
        """A request begins in this turn: keep the baton if it promises to be short."""
        if self._usual > self.SHORT:
            self.release(turn)
            return
        self._kept_since = time.monotonic()
        if not self._is_kept.is_set():
            self._is_kept.set()

    def after(self, turn: int, seconds: float) -> bool:
        """It is answered; whether the thread still has the baton."""
        self._usual += (min(seconds, 0.1) - self._usual) * 0.1
        with self._guard:
            self._kept_since = None
            return self._turn == turn

    def release(self, turn: int) -> None:
        with self._guard:
            if self._turn == turn and self._lock.locked():
                self._turn += 1
                self._kept_since = None
                self._lock.release()

    def watch(self) -> None:
        """Take the baton from a request that is not short after all. Runs in a thread of its own, asleep when idle."""
        while self._is_kept.wait():
            quiet = 0
            while quiet < 50:
                time.sleep(self.PATIENCE)
                since, turn = self._kept_since, self._turn
                if since is None:
                    quiet += 1
                    continue
                quiet = 0
                if time.monotonic() - since > self.PATIENCE:
                    self.release(turn)
            self._is_kept.clear()
            if self._kept_since is not None:
                # A request began after the last look, and found us still awake.
                self._is_kept.set()


class ThreadedLoop:
    """Threads around one epoll: each takes an event, does all it can for that connection, and comes back.

    tenant_of: whose a request is, told by its environ; then no tenant gets all threads. Without it all requests are one
    tenant's.
    """

    def __init__(
        self,
        server: Server,
        listeners: list[socket.socket],
        threads: int,
        keeper: Channel | None = None,
        tenant_of: Callable[[Mapping[str, Any]], bytes] | None = None,
    ) -> None:
        self.server = server
        self.listeners = {listener.fileno(): listener for listener in listeners}
        self.threads = threads
        self.keeper = keeper  # the way to whoever keeps connections that are no longer HTTP
        self.tenant_of = tenant_of
        self._turns = Turns(is_always_spared=tenant_of is not None)
        self._epoll = select.epoll()
        self._wake = os.eventfd(0)
        self._connections: dict[int, _Connection] = {}
        self._is_stopping = False  # nothing new is begun
        self._is_over = False
        self._is_pausing = False
        self._busy = 0
        self._lock = threading.Lock()
        self._pool: list[threading.Thread] = []
        self._baton = _Baton()
        metrics.CONNECTIONS.watch(self.connection_count)
        metrics.WORKERS.watch(self.worker_counts)

    def __repr__(self) -> str:
        return f"<ThreadedLoop threads={self.threads} connections={len(self._connections)} busy={self._busy}>"

    def start(self, connections: Sequence[tuple[socket.socket, str]] = ()) -> None:
        """Begin to serve, also connections that a server before had, with their addresses; returns at once."""
        for sock, address in connections:
            host, _, port = address.rpartition(":")
            self._enter(sock, (host, int(port)))
        self._epoll.register(self._wake, select.EPOLLIN)
        for fd, listener in self.listeners.items():
            listener.setblocking(False)
            self._epoll.register(fd, select.EPOLLIN | select.EPOLLONESHOT)
        threading.Thread(target=self._baton.watch, name="odoo.service.http.baton", daemon=True).start()
        for number in range(self.threads):
            thread = threading.Thread(target=self._run, name=f"odoo.service.http.{number}", daemon=True)
            thread.start()
            self._pool.append(thread)

    def sweep(self) -> None:
        """Give up clients whose time is over. Called about once a second."""
        now = time.monotonic()
        for connection in list(self._connections.values()):
            deadline = connection.deadline
            if deadline is not None and deadline < now:
                # The next event of the socket, read as its end by a thread, closes it: only that thread may.
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def connection_count(self) -> dict[tuple[str, ...], float]:
        return {(): len(self._connections)}

    def worker_counts(self) -> dict[tuple[str, ...], float]:
        return {("idle",): self.threads - self._busy, ("busy",): self._busy}

    def is_calm(self) -> bool:
        """Whether all that is under way is likely to be over in a moment."""
        latest = time.monotonic() - CALM
        return not any(
            since is not None and since < latest
            for since in [connection.busy_since for connection in list(self._connections.values())]
        )

    def pause(self, patience: float, alive: Callable[[], None]) -> list[tuple[socket.socket, str]]:
        """Begin nothing any more and finish what is under way, for so many seconds; the connections that are left,
        with their addresses, all between two requests. There is no way back. `alive` is called often meanwhile."""
        self._is_pausing = True
        os.eventfd_write(self._wake, 1)
        deadline = time.monotonic() + patience
        while True:
            # Who has the baton alone looks for events: nobody begins anything now.
            turn = self._baton.take()
            busy = [c for c in list(self._connections.values()) if c.deadline is None or not c.is_between]
            if not busy or time.monotonic() > deadline:
                break
            self._baton.release(turn)
            alive()
            time.sleep(0.01)
        left = [connection for connection in self._connections.values() if connection not in busy]
        return [(connection.sock, "{}:{}".format(*connection.address)) for connection in left]

    def stop(self, timeout: float) -> bool:
        """Take no more requests, wait for those being answered; False if some were not done in time."""
        self._is_stopping = True
        for fd, listener in self.listeners.items():
            with contextlib.suppress(OSError):
                self._epoll.unregister(fd)
            listener.close()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._busy == 0 and not any(c.is_under_way for c in list(self._connections.values())):
                break
            time.sleep(0.02)
        self._is_over = True
        done = self._busy == 0
        for connection in list(self._connections.values()):
            with contextlib.suppress(OSError):
                connection.sock.close()
        return done

    # -- threads -----------------------------------------------------------------------------------------------------
    def _run(self) -> None:
        poll, baton = self._epoll.poll, self._baton
        is_holder, turn = False, 0
        while not self._is_over:
            if not is_holder:
                if self._is_pausing:
                    time.sleep(0.01)
                turn = baton.take()
                is_holder = True
            try:
                events = poll(0.01 if self._is_pausing else 1.0, 1)
            except (OSError, ValueError):
                baton.release(turn)
                return
            connection = None
            for fd, _event in events:
                if fd in self.listeners:
                    if self._is_pausing:
                        continue
                    self._accept(self.listeners[fd])
                else:
                    connection = self._connections.get(fd)
            if self._is_pausing and (connection is None or connection.is_between):
                # Left as it is: whoever comes after us finds it readable.
                baton.release(turn)
                is_holder = False
                continue
            if connection is None:
                continue
            connection.deadline = None
            connection.busy_since = connection.busy_since or time.monotonic()
            baton.before(turn)
            began = time.monotonic()
            self._serve(connection)
            is_holder = baton.after(turn, time.monotonic() - began)
        if is_holder:
            baton.release(turn)

    def _serve(self, connection: _Connection) -> None:
        """Go on with a connection; then answer what is next, as long as something may be begun."""
        with self._lock:
            self._busy += 1
        self._try(self._advance, connection)
        while (turn := self._next()) is not None:
            tenant, number = turn
            self._try(self._answer, self._connections[number])
            with self._lock:
                self._turns.done(tenant)
        with self._lock:
            self._busy -= 1

    def _try(self, step: Callable[[_Connection], None], connection: _Connection) -> None:
        try:
            step(connection)
        except OSError:
            self._close(connection)
        except (Exception, SystemExit):  # a thread of the pool does not die of one connection
            _logger.exception("connection failed address=%s", connection.address[0])
            self._close(connection)

    def _next(self) -> tuple[bytes, int] | None:
        with self._lock:
            return self._turns.take(self.threads)

    def _accept(self, listener: socket.socket) -> None:
        try:
            for _ in range(ACCEPTS):
                sock, address = listener.accept()
                if sock.family in (socket.AF_INET, socket.AF_INET6):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    address = (address[0].removeprefix("::ffff:"), address[1])
                else:
                    address = ("127.0.0.1", 0)
                self._enter(sock, address)
        except BlockingIOError:
            pass
        except OSError as error:
            _logger.warning("connection not accepted: %s", error)
            time.sleep(0.05)
        if not self._is_stopping:
            with contextlib.suppress(OSError, ValueError):
                self._epoll.modify(listener.fileno(), select.EPOLLIN | select.EPOLLONESHOT)

    def _enter(self, sock: socket.socket, address: tuple[str, int]) -> None:
        """A connection is here from now on, and waits for something to read."""
        sock.setblocking(False)
        connection = _Connection(sock, address, self.server.limits)
        self._connections[connection.fd] = connection
        self._epoll.register(connection.fd, select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLONESHOT)

    def _advance(self, connection: _Connection) -> None:
        """Send what is left, then read until a request is whole; park or close where there is none."""
        if connection.pending is not None and not self._flush(connection):
            return
        reader = connection.reader
        for _ in range(PIPELINED - connection.row):
            data = b""
            if not reader.rest:
                try:
                    data = os.read(connection.fd, READ_SIZE)
                except BlockingIOError:
                    break
                if not data:
                    self._close(connection)
                    return
            try:
                request = reader.feed(data)
            except Refused as error:
                self._refuse(connection, error)
                return
            if request is not None:
                self._queue(connection, request)
                return
            if reader.awaits_continue:
                reader.awaits_continue = False
                os.write(connection.fd, CONTINUE)
            if len(data) < READ_SIZE and not reader.is_in_body:
                break
        self._park(connection, select.EPOLLIN | select.EPOLLRDHUP)

    def _queue(self, connection: _Connection, request: Request) -> None:
        connection.request = request
        tenant = self.tenant_of(request.environ) if self.tenant_of is not None else b""
        with self._lock:
            self._turns.add(tenant, connection.fd)

    def _answer(self, connection: _Connection) -> None:
        """Answer the request that waited, and go on with what the client has sent after it."""
        request, connection.request = connection.request, None
        assert request is not None
        answer = self.server.serve_request(request, connection.address, connection.fd)
        if answer is None:
            self._close(connection)
            return
        connection.row += 1
        connection.keep_alive = answer.keep_alive and not self._is_stopping
        connection.pending = answer.pending
        if answer.parcel is not None:
            self._hand_over(connection, answer.parcel)
        elif self._flush(connection):
            if connection.reader.rest:
                self._advance(connection)
            else:
                self._park(connection, select.EPOLLIN | select.EPOLLRDHUP)

    def _flush(self, connection: _Connection) -> bool:
        """Send; True if all has gone and the connection goes on."""
        pending = connection.pending
        assert pending is not None
        if not pending.pump(connection.fd):
            self._park(connection, select.EPOLLOUT | select.EPOLLRDHUP)
            return False
        pending.close()
        connection.pending = None
        if not connection.keep_alive:
            self._close(connection)
            return False
        return True

    def _hand_over(self, connection: _Connection, parcel: bytes) -> None:
        """Send the head and let the keeper have the rest, as soon as he has room; the end of the connection tells a
        client that it must come again."""
        pending = connection.pending
        assert pending is not None
        if pending.pump(connection.fd) and self.keeper is not None and not self._is_stopping:
            self._epoll.unregister(connection.fd)
            payload = packed(parcel, connection.reader.rest)
            while not self._has_gone(connection.fd, payload, self.keeper) and not self._is_stopping:
                writable = select.poll()
                writable.register(self.keeper.fileno(), select.POLLOUT)
                writable.poll(1000)
        self._close(connection)

    def _has_gone(self, fd: int, payload: bytes, keeper: Channel) -> bool:
        """Whether the keeper has the connection; False if he has no room for it now."""
        with self._lock:
            try:
                keeper.send(HANDED, 0, payload, (fd,))
            except BlockingIOError:
                return False
        return True

    def _refuse(self, connection: _Connection, error: Refused) -> None:
        _logger.info("request refused address=%s status=%d: %s", connection.address[0], error.status, error)
        with contextlib.suppress(OSError):
            os.write(connection.fd, refusal(error))
        _linger(connection.sock)
        self._close(connection)

    def _park(self, connection: _Connection, events: int) -> None:
        reader = connection.reader
        now = time.monotonic()
        connection.row = 0
        if connection.is_between:
            connection.busy_since = None
        is_in_head = connection.pending is None and not reader.is_idle and not reader.is_in_body
        connection.head_since = (connection.head_since or now) if is_in_head else None
        if connection.head_since is not None:
            connection.deadline = connection.head_since + HEAD_TIMEOUT
        elif connection.pending is not None:
            connection.deadline = now + WRITE_IDLE
        else:
            connection.deadline = now + (KEEP_ALIVE if reader.is_idle else BODY_IDLE)
        if reader.rest and connection.pending is None:
            # More has been read already: ask for a turn that comes at once.
            events |= select.EPOLLOUT
        self._epoll.modify(connection.fd, events | select.EPOLLONESHOT)

    def _close(self, connection: _Connection) -> None:
        self._connections.pop(connection.fd, None)
        if connection.pending is not None:
            connection.pending.close()
            connection.pending = None
        with contextlib.suppress(OSError):
            connection.sock.close()


def _linger(sock: socket.socket) -> None:
    """Let the client read the refusal: closing with unread input would reset the connection and lose it."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + 0.2
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN)
        while time.monotonic() < deadline and poll.poll(50):
            if not sock.recv(READ_SIZE):
                return
