"""A content on its way to a store: a stream whose beginning is known."""

from __future__ import annotations

import io
from typing import IO


class Incoming(io.RawIOBase):
    """What `head` and then `stream` hold, to be read once.

    Only code of the server can make one: a remote caller who says what a file holds sends all of it.
    """

    def __init__(self, head: bytes, stream: IO[bytes]) -> None:
        self.head = head
        """Enough to tell the type, and to index."""
        self._parts: list[IO[bytes]] = [io.BytesIO(head), stream]

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(part.read() for part in self._parts)
        while self._parts:
            if block := self._parts[0].read(size):
                return block
            self._parts.pop(0)
        return b""
