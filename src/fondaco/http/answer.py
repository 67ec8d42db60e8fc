"""One answer to bytes: the WSGI side of the wire.

`Answer` calls the application and turns what it gives into segments (bytes, or ranges of open files); `pump` writes
them to a socket that does not block and says whether all of it has gone. Nothing here waits.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from typing import IO, Any

from fondaco.http.handover import PARCEL
from fondaco.http.wire import Refused, Request

_logger = logging.getLogger("odoo.http")

COPY_SIZE = 64 * 1024  # bytes read at a time from a file that sendfile cannot send
MEMORY_LIMIT = 1024 * 1024  # bytes of a generated body kept in memory while the client is slower than we are
SENDFILE_SIZE = 1024 * 1024  # bytes per call, so that one fast client does not hold the loop
_BAD_HEADER = re.compile(r"[\r\n\0]")
_NO_BODY = frozenset({"204", "304"})

_date: tuple[int, str] = (0, "")


def _date_line() -> str:
    """The Date header, made once a second."""
    global _date
    now = int(time.time())
    if _date[0] != now:
        _date = (now, f"Date: {formatdate(now, usegmt=True)}")
    return _date[1]


class FileWrapper:
    """`wsgi.file_wrapper`: a file that is sent by the kernel where it can be."""

    def __init__(self, file: Any, block_size: int = COPY_SIZE) -> None:
        self.file = file
        self.block_size = block_size

    def __iter__(self) -> Iterator[bytes]:
        while block := self.file.read(self.block_size):
            yield block

    def close(self) -> None:
        if hasattr(self.file, "close"):
            self.file.close()


class FileRange:
    """A part of an open file that waits to be sent."""

    __slots__ = ("file", "left", "offset")

    def __init__(self, file: Any, offset: int, left: int) -> None:
        self.file, self.offset, self.left = file, offset, left


Segment = bytes | memoryview | FileRange


class Pending:
    """What is still to be sent on one connection, in order."""

    __slots__ = ("_spool", "closers", "segments")

    def __init__(self) -> None:
        self._spool: FileRange | None = None
        self.segments: list[Segment] = []
        self.closers: list[Callable[[], None]] = []

    def pump(self, fd: int) -> bool:
        """Write what the socket takes; True when nothing is left. `OSError` if the client is gone."""
        segments = self.segments
        while segments:
            first: Segment = segments[0]
            try:
                if isinstance(first, FileRange):
                    sent = os.sendfile(fd, first.file.fileno(), first.offset, min(first.left, SENDFILE_SIZE))
                    if sent == 0:
                        raise BrokenPipeError(errno.EPIPE, "a file became shorter while it was sent")
                    first.offset += sent
                    first.left -= sent
                    if first.left == 0:
                        del segments[0]
                    continue
                sent = os.writev(fd, _leading_bytes(segments)) if len(segments) > 1 else os.write(fd, first)
            except BlockingIOError:
                return False
            _drop(segments, sent)
        return True

    def close(self) -> None:
        """Release files and what the application wants to know."""
        self.segments.clear()
        while self.closers:
            self.closers.pop()()

    def spill(self) -> None:
        """Put the bytes that wait into a file: a client that is slower than a generated answer costs no memory."""
        waiting = self.segments[0] if self.segments else None
        if self._spool is None or waiting is not self._spool:
            file = tempfile.TemporaryFile()  # noqa: SIM115  lives until it has been sent
            self.closers.append(file.close)
            waiting = self._spool = FileRange(file, 0, 0)
            self.segments.insert(0, waiting)
        assert isinstance(waiting, FileRange)
        waiting.file.seek(0, os.SEEK_END)
        for item in self.segments[1:]:
            assert not isinstance(item, FileRange)
            waiting.left += waiting.file.write(item)
        waiting.file.flush()
        del self.segments[1:]

    def to_file(self) -> tuple[IO[bytes], int, int]:
        """(file, offset, length) of all that is left, so that another process can send it."""
        if len(self.segments) == 1 and isinstance(only := self.segments[0], FileRange):
            return only.file, only.offset, only.left
        file = tempfile.TemporaryFile()  # noqa: SIM115  lives until it has been sent
        length = 0
        item: Segment
        for item in self.segments:
            if isinstance(item, FileRange):
                at, left = item.offset, item.left
                while left and (block := os.pread(item.file.fileno(), min(left, COPY_SIZE), at)):
                    file.write(block)
                    at, left, length = at + len(block), left - len(block), length + len(block)
            else:
                length += file.write(item)
        file.flush()
        return file, 0, length


def _leading_bytes(segments: list[Segment]) -> list[bytes | memoryview]:
    leading: list[bytes | memoryview] = []
    for item in segments[:16]:
        if isinstance(item, FileRange):
            break
        leading.append(item)
    return leading


def _drop(segments: list[Segment], sent: int) -> None:
    """Forget the first `sent` bytes."""
    while segments:
        first = segments[0]
        assert not isinstance(first, FileRange)
        size = len(first)
        if sent < size:
            if sent:
                segments[0] = memoryview(first)[sent:]
            return
        sent -= size
        del segments[0]
        if segments and isinstance(segments[0], FileRange):
            return


class Answer:
    """The application's answer to one request."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.environ = request.environ
        self.keep_alive = request.keep_alive
        self.pending = Pending()
        self._status = ""
        self._headers: list[tuple[str, str]] | None = None
        self._is_started = False
        self._is_chunked = False
        self._is_live = False  # each part is sent as it comes
        self._left: int | None = None

    @property
    def parcel(self) -> bytes | None:
        """What the next keeper of the connection must know, when this answer hands it over."""
        return self.environ.get(PARCEL)

    # -- WSGI --------------------------------------------------------------------------------------------------------
    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info is not None and self._is_started:
            raise exc_info[1].with_traceback(exc_info[2])
        if self._headers is not None and exc_info is None:
            raise RuntimeError("start_response was called twice without exc_info")
        self._status, self._headers = status, headers
        return self._write

    def run(self, application: Callable[..., Iterable[bytes]], fd: int) -> None:
        """Call the application; what the socket takes at once is sent, the rest waits in `pending`."""
        body = application(self.environ, self.start_response)
        try:
            self._collect(body, fd)
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                # A file that is still to be sent is closed when it has been.
                self.pending.closers.append(close) if isinstance(body, FileWrapper) else close()

    def _collect(self, body: Iterable[bytes], fd: int) -> None:
        pending = self.pending
        if isinstance(body, list | tuple) and len(body) == 1:
            data = body[0]
            head = self._head(len(data))
            # One write for small answers: a second packet costs more than a copy.
            if not data or not self._has_body():
                pending.segments.append(head)
            elif len(data) <= 16384:
                pending.segments.append(head + data)
            else:
                pending.segments += (head, data)
            return
        if isinstance(body, FileWrapper) and self._collect_file(body):
            return
        memory = 0
        for data in body:
            if not data:
                continue
            self._write(data)
            memory += len(data)
            if self._is_live or memory > MEMORY_LIMIT:
                if pending.pump(fd):
                    memory = 0
                elif memory > MEMORY_LIMIT:
                    memory = 0
                    pending.spill()
        if not self._is_started:
            pending.segments.append(self._head(0))
        if self._is_chunked and self._has_body():
            pending.segments.append(b"0\r\n\r\n")
        elif self._left and self._has_body():
            # Fewer bytes than announced: the client must not wait for the rest.
            _logger.warning(
                "answer shorter than its Content-Length by %d bytes path=%s", self._left, self.environ["PATH_INFO"]
            )
            self.keep_alive = False

    def _collect_file(self, body: FileWrapper) -> bool:
        try:
            number = body.file.fileno()
            offset = body.file.tell()
            size = os.fstat(number).st_size - offset
        except (AttributeError, OSError, ValueError):
            return False
        self.pending.segments.append(self._head(size))
        length = size if self._left is None else min(size, self._left)
        if length > 0 and self._has_body():
            self.pending.segments.append(FileRange(body.file, offset, length))
        return True

    def _write(self, data: bytes) -> None:
        if not self._is_started:
            self.pending.segments.append(self._head(None))
        if not data or not self._has_body():
            return
        if self._is_chunked:
            self.pending.segments += (b"%x\r\n" % len(data), data, b"\r\n")
            return
        if self._left is not None:
            if len(data) > self._left:
                raise RuntimeError(f"answer longer than its Content-Length path={self.environ['PATH_INFO']}")
            self._left -= len(data)
        self.pending.segments.append(data)

    # -- head --------------------------------------------------------------------------------------------------------
    def _has_body(self) -> bool:
        return self.environ["REQUEST_METHOD"] != "HEAD" and self._status[:3] not in _NO_BODY

    def _head(self, length: int | None) -> bytes:
        """Status line and headers. length: of the body, if the application gave it whole."""
        if self._headers is None:
            raise RuntimeError("the application answered without calling start_response")
        lines = [f"HTTP/1.1 {self._status}"]
        announced: int | None = None
        for name, value in self._headers:
            lower = name.lower()
            if lower == "content-length":
                if self.parcel is not None:
                    continue
                announced = int(value)
            elif lower == "connection":
                if value.lower() == "close":
                    self.keep_alive = False
                continue
            elif lower == "x-accel-buffering":
                self._is_live = value.lower() == "no"
            elif lower in ("date", "server", "transfer-encoding", "keep-alive"):
                continue
            lines.append(f"{name}: {value}")
        if _BAD_HEADER.search("".join(lines)):
            raise RuntimeError(f"the answer to {self.environ['PATH_INFO']} has a header with a line end in it")
        if self.parcel is not None:
            self.keep_alive = False  # for HTTP it ends here
        elif announced is None and self._status[:3] not in _NO_BODY:
            if length is not None:
                lines.append(f"Content-Length: {length}")
                announced = length
            elif self.request.is_http11:
                self._is_chunked = True
                lines.append("Transfer-Encoding: chunked")
            else:
                self.keep_alive = False
        self._left = announced
        lines.append(_date_line())
        lines.append("Server: fondaco")
        lines.append(f"X-Request-Id: {self.environ['fondaco.request_id']}")
        if self._status.startswith("101"):
            lines.append("Connection: Upgrade")
        elif not self.keep_alive:
            lines.append("Connection: close")
        elif not self.request.is_http11:
            lines.append("Connection: keep-alive")
        lines.append("\r\n")  # the end of the last line, and the empty one
        self._is_started = True
        return "\r\n".join(lines).encode("latin-1", "replace")


def refusal(error: Refused) -> bytes:
    """The whole answer to bytes that are no request; the connection ends with it."""
    text = f"{error.status} {error.reason}\n{error if str(error) != error.reason else ''}\n".encode("ascii", "replace")
    return (
        f"HTTP/1.1 {error.status} {error.reason}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(text)}\r\n"
        f"{_date_line()}\r\nServer: fondaco\r\nConnection: close\r\n\r\n"
    ).encode("latin-1") + text


def failure(answer: Answer, status: int = 500, reason: str = "Internal Server Error", text: str = "") -> bytes | None:
    """The whole answer when the application gave none; None if some of another answer has gone already."""
    if answer._is_started and not answer.pending.segments:
        return None
    answer.pending.close()
    return refusal(Refused(status, reason, text or f"request id {answer.environ.get('fondaco.request_id', '-')}"))
