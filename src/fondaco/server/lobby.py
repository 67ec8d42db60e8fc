"""Where do connections wait while no worker is at them, and what is done for them meanwhile?

A request that comes slowly is gathered here until it is whole; an answer that is taken slowly is finished from here.
Whoever takes too long at either is shown the door. The lobby knows neither workers nor HTTP: a framer says where a
request ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import tempfile
import time
from collections.abc import Callable, Iterator

from fondaco.server.clients import Client, Framer, FramingError, Timeouts

READ_SIZE = 64 * 1024
READS = 64  # reads from one client before the others get their turn
SEND_SIZE = 1024 * 1024
SPOOL_FROM = 512 * 1024  # bytes of a slow request kept in memory


class Lobby:
    """The connections of a dispatcher, which it looks at with `epoll`.

    on_request: told of each client whose request can be begun. A client whose connection breaks is dropped, whichever
    method finds out.
    """

    def __init__(
        self,
        epoll: select.epoll,
        framer: Callable[[], Framer],
        timeouts: Timeouts,
        on_request: Callable[[Client], None],
    ) -> None:
        self.new_framer = framer
        self.timeouts = timeouts
        self.on_request = on_request
        self.is_closing = False  # nobody waits for another request any more
        self._epoll = epoll
        self._clients: dict[int, Client] = {}
        self._numbers: dict[int, int] = {}  # descriptor of a client -> its number
        self._next_number = 1

    def __repr__(self) -> str:
        return f"<Lobby clients={len(self)}{' closing' if self.is_closing else ''}>"

    def __len__(self) -> int:
        return len(self._clients)

    def __iter__(self) -> Iterator[Client]:
        """Those who are here now; they may be dropped meanwhile."""
        return iter(list(self._clients.values()))

    def get(self, number: int) -> Client | None:
        return self._clients.get(number)

    def behind(self, fd: int) -> Client | None:
        """The client whose connection has this descriptor."""
        number = self._numbers.get(fd)
        return None if number is None else self._clients[number]

    @property
    def is_at_work(self) -> bool:
        """Whether somebody still takes an answer or brings a request."""
        return any(client.is_under_way for client in self._clients.values())

    # -- coming and going --------------------------------------------------------------------------------------------
    def enter(self, sock: socket.socket, address: bytes) -> Client:
        """A connection is here from now on, and waits for something to read."""
        sock.setblocking(False)
        client = Client(self._next_number, sock, address)
        self._next_number += 1
        self._clients[client.number] = client
        self._numbers[sock.fileno()] = client.number
        self._epoll.register(sock.fileno(), select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLONESHOT)
        return client

    def drop(self, client: Client) -> None:
        """End a connection."""
        self._clients.pop(client.number, None)
        self._numbers.pop(client.sock.fileno(), None)
        if client.unsent is not None:
            os.close(client.unsent[0])
            client.unsent = None
        if client.received is not None:
            client.received.close()
        client.sock.close()

    def release(self, client: Client) -> None:
        """Forget a connection that lives on elsewhere: closing our descriptor alone would not take it out of the
        set."""
        self._epoll.unregister(client.sock.fileno())
        self.drop(client)

    def sweep(self, now: float) -> None:
        """Drop those whose time is over."""
        for client in self:
            if client.deadline is not None and (client.deadline < now or (self.is_closing and not client.is_under_way)):
                self.drop(client)

    # -- waiting -----------------------------------------------------------------------------------------------------
    def on_event(self, client: Client, event: int) -> None:
        """Something happened on the connection of a client who waits."""
        client.deadline = None
        try:
            if client.unsent is not None:
                self._send(client)
            elif client.framer is not None:
                self._gather(client)
            elif event & (select.EPOLLHUP | select.EPOLLERR):
                self.drop(client)
            else:
                self.on_request(client)
        except OSError:
            self.drop(client)

    def keep(self, client: Client) -> None:
        """An answer is over: wait for the next request."""
        if self.is_closing:
            self.drop(client)
        else:
            self._wait(client, select.EPOLLIN)

    def gather(self, client: Client, beginning: bytes) -> None:
        """Wait for the rest of a request that began so."""
        client.framer = self.new_framer()
        client.received = tempfile.SpooledTemporaryFile(SPOOL_FROM)  # noqa: SIM115  lives as long as the request
        try:
            if not self._feed(client, beginning):
                self._gather(client)
        except OSError:
            self.drop(client)

    def send(self, client: Client, descriptor: int, offset: int, length: int, *, keep: bool) -> None:
        """Send these bytes of a file as the client takes them; then keep the connection, or drop it."""
        client.unsent = (descriptor, offset, length, keep)
        try:
            self._send(client)
        except OSError:
            self.drop(client)

    def _gather(self, client: Client) -> None:
        for _ in range(READS):
            try:
                data = client.sock.recv(READ_SIZE)
            except BlockingIOError:
                self._wait(client, select.EPOLLIN)
                return
            if not data:
                self.drop(client)
                return
            if self._feed(client, data):
                return
        self._wait(client, select.EPOLLIN)

    def _feed(self, client: Client, data: bytes) -> bool:
        """Add to a slow request; True if it left this state."""
        assert client.framer is not None and client.received is not None
        client.received.write(data)
        try:
            is_whole, reply = client.framer.feed(data)
        except FramingError as error:
            with contextlib.suppress(OSError):
                client.sock.send(error.answer)
            self.drop(client)
            return True
        if reply:
            client.sock.send(reply)
        if is_whole:
            client.framer = None
            client.head_since = None
            self.on_request(client)
        return is_whole

    def _send(self, client: Client) -> None:
        assert client.unsent is not None
        descriptor, offset, length, keep = client.unsent
        try:
            while length:
                sent = os.sendfile(client.sock.fileno(), descriptor, offset, min(length, SEND_SIZE))
                if sent == 0:
                    raise BrokenPipeError
                offset += sent
                length -= sent
        except BlockingIOError:
            client.unsent = (descriptor, offset, length, keep)
            self._wait(client, select.EPOLLOUT)
            return
        os.close(descriptor)
        client.unsent = None
        if keep:
            self.keep(client)
        else:
            self.drop(client)

    def _wait(self, client: Client, events: int) -> None:
        now = time.monotonic()
        if client.unsent is not None:
            client.deadline = now + self.timeouts.write_idle
        elif client.framer is None:
            client.deadline = now + self.timeouts.keep_alive
        elif client.framer.is_in_body:
            client.deadline = now + self.timeouts.body_idle
        else:
            client.head_since = client.head_since or now
            client.deadline = client.head_since + self.timeouts.head
        self._epoll.modify(client.sock.fileno(), events | select.EPOLLRDHUP | select.EPOLLONESHOT)
