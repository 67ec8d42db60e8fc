"""One worker process of the server of `workers = N`: the dispatcher hands it a readable connection at a time.

It reads what is there. A request that is not whole, and an answer that the client takes slowly, go back to the
dispatcher, which has time; so does the connection after each answer.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import select
import tempfile
import time
from typing import Any

from fondaco.http.answer import Pending, refusal
from fondaco.http.handover import packed
from fondaco.http.wire import Reader, Refused, Request
from fondaco.http.worker import PIPELINED, READ_SIZE, Server
from fondaco.server.channel import CLOSED, HANDED, INLINE, KEPT, LEAVING, PARTIAL, RANGE, READY, UNSENT, Channel
from fondaco.server.deadlines import resident_memory

_logger = logging.getLogger("odoo.http")

SLOW_FROM = 256 * 1024  # bytes of a request after which a worker process leaves the gathering to the dispatcher
LONG_S = 0.05  # seconds of a request after which it is worth a look how much memory it left
BLOCK = 1024 * 1024  # bytes of a gathered request taken at a time


class ProcessLoop:
    """One worker process: takes a connection from the dispatcher, answers what it brings, gives it back."""

    GRACE = 20  # milliseconds to wait for the second packet of a request, or for the client to take more

    def __init__(self, server: Server, child: Any, *, limit_request: int, memory_soft: int) -> None:
        self.server = server
        self.child = child
        self.channel = Channel(child.channel)
        self.limit_request = limit_request
        self.memory_soft = memory_soft
        self.requests = 0
        self.is_leaving = False

    def __repr__(self) -> str:
        return f"<ProcessLoop pid={os.getpid()} requests={self.requests}>"

    def run(self) -> None:
        """Serve until the dispatcher closes the channel, which it does too when a limit is reached."""
        with contextlib.suppress(OSError):
            self.channel.send(READY, 0)
        while True:
            try:
                message = self.channel.receive()
            except OSError:
                return
            if message is None:
                return
            _kind, number, payload, descriptors = message
            address, _, received = payload.partition(b"\0")
            fd = descriptors[0]
            reader = Reader(self.server.limits)
            try:
                if len(descriptors) > 1:
                    self._serve_gathered(number, fd, address.decode(), reader, descriptors[1])
                else:
                    self._serve(number, fd, address.decode(), reader, received)
            except BrokenPipeError:
                return
            finally:
                os.close(fd)
            self._leave_if_spent()

    def _leave_if_spent(self) -> None:
        """Say once that this worker should end. The supervisor starts another, and when that one has come the
        dispatcher closes this channel; until then requests come as before."""
        if self.is_leaving:
            return
        if self.limit_request and self.requests >= self.limit_request:
            _logger.info("Worker (%d) max request (%d) reached.", os.getpid(), self.requests)
        elif self.memory_soft and resident_memory() > self.memory_soft:
            _logger.info("Worker (%d) memory limit (%d) reached.", os.getpid(), self.memory_soft)
        else:
            return
        self.is_leaving = True
        with contextlib.suppress(OSError):
            self.channel.send(LEAVING, 0)
        self.child.ask_for_successor()

    def _serve_gathered(self, number: int, fd: int, address: str, reader: Reader, descriptor: int) -> None:
        """A long request comes whole, in a file: it is never held in memory as one piece."""
        host, _, port = address.rpartition(":")
        with os.fdopen(descriptor, "rb") as file:
            file.seek(0)
            request = None
            while request is None and (block := file.read(BLOCK)):
                request = reader.feed(block)
            reader.rest += file.read()
        if request is None:
            self._tell(CLOSED, number)
        elif self._answer(request, (host, int(port)), fd, number, reader.rest):
            self._tell_partial(number, reader.rest)

    def _serve(self, number: int, fd: int, address: str, reader: Reader, received: bytes) -> None:
        host, _, port = address.rpartition(":")
        for _ in range(PIPELINED):
            try:
                request, kept = self._read(fd, reader, received)
            except Refused as error:
                _logger.info("request refused address=%s status=%d: %s", host, error.status, error)
                with contextlib.suppress(OSError):
                    os.write(fd, refusal(error))
                self._tell(CLOSED, number)
                return
            except (EOFError, ConnectionError):
                self._tell(CLOSED, number)
                return
            if request is None:
                self._tell_partial(number, kept) if kept else self._tell(KEPT, number)
                return
            received = b""
            if not self._answer(request, (host, int(port)), fd, number, reader.rest):
                return
        self._tell_partial(number, reader.rest)

    def _read(self, fd: int, reader: Reader, received: bytes) -> tuple[Request | None, bytes]:
        """The next request; or None and the bytes of it that have come, when the client takes its time.

        `EOFError` when the client has closed.
        """
        kept = received or reader.rest
        request = reader.feed(received) if kept else None
        while request is None:
            # A long body, and one that waits for a word, are gathered by the dispatcher: it has time.
            if len(kept) > SLOW_FROM or reader.awaits_continue:
                return None, kept
            try:
                data = os.read(fd, READ_SIZE)
            except BlockingIOError:
                if kept and self._comes_soon(fd):
                    continue
                return None, kept
            if not data:
                raise EOFError
            kept = kept + data if kept else data
            request = reader.feed(data)
        return request, b""

    def _comes_soon(self, fd: int) -> bool:
        """Whether the second packet of a request is there within the grace that it gets."""
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return bool(poll.poll(self.GRACE))

    def _answer(self, request: Request, address: tuple[str, int], fd: int, number: int, rest: bytes) -> bool:
        """Answer one request; True if the connection may be read on here. rest: what was read after it."""
        has_more = bool(rest)
        self.requests += 1
        began = time.monotonic()
        self.child.begin()
        try:
            answer = self.server.serve_request(request, address, fd)
        finally:
            self.child.end()
        if time.monotonic() - began > LONG_S and self.memory_soft and resident_memory() > self.memory_soft // 2:
            # A failed request may have left much in a ring of error and frames: the next one needs the room.
            gc.collect()
        if answer is None:
            self._tell(CLOSED, number)
            return False
        pending = answer.pending
        try:
            if not pending.pump(fd):
                self._tell_unsent(number, pending, answer.keep_alive and not has_more)
                return False
        except OSError:
            self._tell(CLOSED, number)
            return False
        finally:
            pending.close()
        if answer.parcel is not None:
            self.channel.send(HANDED, number, packed(answer.parcel, rest))
            return False
        if not answer.keep_alive:
            self._tell(CLOSED, number)
            return False
        if not has_more:
            self._tell(KEPT, number)
        return has_more

    # -- to the dispatcher -------------------------------------------------------------------------------------------
    def _tell(self, kind: bytes, number: int) -> None:
        self.channel.send(kind, number)

    def _tell_partial(self, number: int, kept: bytes) -> None:
        if len(kept) <= INLINE:
            self.channel.send(PARTIAL, number, kept)
            return
        with tempfile.TemporaryFile() as file:
            file.write(kept)
            file.flush()
            self.channel.send(PARTIAL, number, b"", (file.fileno(),))

    def _tell_unsent(self, number: int, pending: Pending, keep: bool) -> None:
        file, offset, length = pending.to_file()
        self.channel.send(UNSENT, number, RANGE.pack(offset, length, keep), (file.fileno(),))
