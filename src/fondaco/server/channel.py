"""Messages between the dispatcher and a worker: what kind, about which connection, with which descriptors.

One datagram each on a socket pair: kind (1 byte), number of the connection (8 bytes), payload; descriptors travel
beside it.
"""

from __future__ import annotations

import socket
import struct

HEADER = struct.Struct("<cQ")
RANGE = struct.Struct("<QQ?")  # offset, length, keep the connection
MESSAGE_SIZE = 192 * 1024  # bytes of the longest message
INLINE = 128 * 1024  # bytes of a request's beginning that travel in a message; more goes into a file
MOST_DESCRIPTORS = 2

# dispatcher -> worker
REQUEST = b"R"  # payload: address, NUL, bytes already read; descriptors: connection [, file with those bytes]
# worker -> dispatcher
READY = b"A"  # the first word of a worker: it has begun
KEPT = b"K"  # answered; the connection goes on
CLOSED = b"C"  # answered; the connection ends
PARTIAL = b"P"  # not whole yet; payload or descriptor: the bytes read so far
UNSENT = b"U"  # answered, but the client takes it slowly; payload: range; descriptor: file
LEAVING = b"L"  # the worker ends when another has come
# worker -> dispatcher -> whoever keeps connections that are no longer HTTP
HANDED = b"H"  # the rest of the connection is somebody else's; payload: what he must know; to him: the connection

_DESCRIPTOR = struct.Struct("i")
_ANCILLARY = socket.CMSG_SPACE(MOST_DESCRIPTORS * _DESCRIPTOR.size)

Message = tuple[bytes, int, bytes, list[int]]


class Channel:
    """One end of the pair. The buffer is kept: a message usually has nine bytes."""

    __slots__ = ("_buffer", "_view", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = bytearray(MESSAGE_SIZE)
        self._view = memoryview(self._buffer)

    def __repr__(self) -> str:
        return f"<Channel {self.sock.fileno()}>"

    def fileno(self) -> int:
        return self.sock.fileno()

    def send(self, kind: bytes, number: int, payload: bytes = b"", descriptors: tuple[int, ...] = ()) -> None:
        data = HEADER.pack(kind, number) + payload
        if descriptors:
            rights = b"".join(map(_DESCRIPTOR.pack, descriptors))
            self.sock.sendmsg((data,), ((socket.SOL_SOCKET, socket.SCM_RIGHTS, rights),))
        else:
            self.sock.send(data)

    def receive(self) -> Message | None:
        """The next message; None when the other end is closed."""
        size, ancillary, _flags, _address = self.sock.recvmsg_into((self._buffer,), _ANCILLARY)
        if size < HEADER.size:
            return None
        kind, number = HEADER.unpack_from(self._buffer)
        descriptors = [
            descriptor
            for _level, _type, data in ancillary
            for (descriptor,) in _DESCRIPTOR.iter_unpack(data[: len(data) - len(data) % _DESCRIPTOR.size])
        ]
        return kind, number, bytes(self._view[HEADER.size : size]), descriptors

    def close(self) -> None:
        self._view.release()
        self.sock.close()
