"""What the dispatcher knows of a connection and of a worker, and what it must be told about requests."""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from typing import IO, NamedTuple, Protocol

from fondaco.server.channel import Channel

BYTES_ACKED = struct.Struct("120xQ")  # tcpi_bytes_acked in the struct tcp_info of Linux 4.1 and later


class FramingError(Exception):
    """The bytes are no request; `answer` is what the client gets before the connection ends."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("refused")
        self.answer = answer


class Framer(Protocol):
    """Finds the end of one request in bytes that come in pieces."""

    @property
    def is_in_body(self) -> bool: ...

    def feed(self, data: bytes) -> tuple[bool, bytes]:
        """(whole now, bytes to send to the client now)."""


class Timeouts(NamedTuple):
    """Seconds a client may take."""

    keep_alive: float
    head: float
    body_idle: float
    write_idle: float


class Client:
    """One connection and why it waits."""

    __slots__ = ("address", "deadline", "framer", "head_since", "number", "received", "sock", "unsent")

    def __init__(self, number: int, sock: socket.socket, address: bytes) -> None:
        self.number = number
        self.sock = sock
        self.address = address
        self.framer: Framer | None = None
        self.received: IO[bytes] | None = None
        self.unsent: tuple[int, int, int, bool] | None = None  # descriptor, offset, length, keep
        self.deadline: float | None = None
        self.head_since: float | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it takes an answer or brings the body of a request: a stop waits for that."""
        return self.unsent is not None or (self.framer is not None and self.framer.is_in_body)


class Worker:
    """One worker as seen from here."""

    __slots__ = ("channel", "client", "is_leaving", "is_ready", "sent_before", "tenant")

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.client: int | None = None
        self.tenant = b""  # whose request it is at
        self.is_ready = False  # for requests
        self.is_leaving = False
        # What had been sent on the connection before the worker got it; None: not known.
        self.sent_before: int | None = None


def bytes_sent(sock: socket.socket) -> int | None:
    """How much has been written to a connection so far, whoever wrote it; at times a little too much, never too little.
    None where the system does not tell."""
    try:
        # In this order: what is acknowledged between the two counts twice.
        waiting = struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0\0\0\0"))[0]
        (acknowledged,) = BYTES_ACKED.unpack(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BYTES_ACKED.size))
    except (OSError, struct.error):
        return None
    return int(waiting + acknowledged)
