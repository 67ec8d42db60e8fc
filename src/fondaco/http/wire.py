"""Bytes of one connection to one request at a time.

`Reader` is fed what arrives and says when a request is whole; everything that two servers might read differently is
refused: two lengths, length and chunks together, folded headers, bare line ends, control characters. Sizes are
limited before anything is kept.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import secrets
import tempfile
from typing import IO, Any
from urllib.parse import unquote_to_bytes

import httptools

from fondaco.http.sizes import LIMIT_KEY, Limits, too_large

HEAD_LIMIT = 64 * 1024  # bytes of request line and headers
EMPTY_LIMIT = 16  # bytes of empty lines before it
TARGET_LIMIT = 16 * 1024  # bytes of the request target
HEADER_COUNT_LIMIT = 128
CHUNK_LINE_LIMIT = 1024  # bytes of a chunk's size line, extensions included
TRAILER_LIMIT = 8 * 1024  # bytes of trailers

_HOST = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=%-]*(?::\d{0,5})?|\[[0-9A-Fa-f:.]+\](?::\d{0,5})?")
_TARGET = re.compile(rb"[!-~\x80-\xff]+")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t -~\x80-\xff]*)?")
_REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})
_SINGLE = frozenset({"HTTP_HOST", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_TRANSFER_ENCODING", "HTTP_AUTHORIZATION"})

_process_prefix = secrets.token_hex(4)
_counter = itertools.count(1)
# Header name as it came -> key of the environ; None for names that are dropped. Bounded: clients choose names.
_keys: dict[bytes, str | None] = {}
MAX_KEYS = 2048


class Refused(Exception):
    """The bytes are no request we serve: the status to answer before the connection is closed."""

    def __init__(self, status: int, reason: str, text: str = "") -> None:
        super().__init__(text or reason)
        self.status = status
        self.reason = reason


class Request:
    """One whole request: its environ (without the server's part), body and whether the connection may go on after
    it."""

    __slots__ = ("body", "environ", "is_http11", "keep_alive", "upgrade")

    def __init__(self) -> None:
        self.environ: dict[str, Any] = {}
        self.body: IO[bytes] | None = None
        self.is_http11 = True
        self.keep_alive = True
        self.upgrade = False


class _Head:
    """Collects what the parser finds in request line and headers."""

    __slots__ = ("complete", "environ", "names", "url")

    def __init__(self) -> None:
        self.environ: dict[str, Any] = {}
        self.url = b""
        self.names = 0
        self.complete = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.names += 1
        try:
            key = _keys[name]
        except KeyError:
            key = _environ_key(name)
        if key is None:
            return
        text = value.decode("latin-1").rstrip(" \t")
        environ = self.environ
        if key in environ:
            if key in _SINGLE:
                raise Refused(400, "Bad Request", f"header {name.decode('latin-1')} is given twice")
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ", ") + text
        environ[key] = text

    def on_headers_complete(self) -> None:
        self.complete = True


def _environ_key(name: bytes) -> str | None:
    text = name.decode("latin-1")
    # X_Forwarded_For and X-Forwarded-For would become one key: the underscored one is a stranger's trick.
    key = None if "_" in text else text.upper().replace("-", "_")
    if key is not None and key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = f"HTTP_{key}"
    if len(_keys) < MAX_KEYS:
        _keys[name] = key
    return key


def has_clean_lines(data: bytes) -> bool:
    """Whether every line ends with CRLF and none is folded or holds NUL (five searches in C, faster than one
    pattern)."""
    ends = data.count(b"\r\n")
    return (
        data.count(b"\n") == ends == data.count(b"\r")
        and b"\n " not in data
        and b"\n\t" not in data
        and b"\0" not in data
    )


def parse_head(data: bytes) -> tuple[Request, int | None]:
    """(request without body, length of the body or None for chunks) of a head that ends with an empty line."""
    if not has_clean_lines(data):
        raise Refused(400, "Bad Request", "a line of the head does not end with CRLF, is folded or holds NUL")
    if data.count(b" ", 0, data.find(b"\r\n")) > 2:
        raise Refused(400, "Bad Request", "the request line has more than three words")
    head = _Head()
    parser = httptools.HttpRequestParser(head)
    upgrade = False
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        upgrade = True
    except httptools.HttpParserInvalidMethodError:
        raise Refused(501, "Not Implemented", "unknown method") from None
    except httptools.HttpParserCallbackError as error:
        cause = error.__context__ or error.__cause__
        raise (cause if isinstance(cause, Refused) else Refused(400, "Bad Request")) from None
    except httptools.HttpParserError as error:
        raise Refused(400, "Bad Request", str(error)) from None
    if not head.complete:
        raise Refused(400, "Bad Request", "the head is not complete")
    if head.names > HEADER_COUNT_LIMIT:
        raise Refused(431, "Request Header Fields Too Large", f"more than {HEADER_COUNT_LIMIT} headers")
    request = Request()
    environ = request.environ = head.environ
    version = parser.get_http_version()
    if version not in ("1.1", "1.0"):
        raise Refused(505, "HTTP Version Not Supported")
    request.is_http11 = version == "1.1"
    wish = environ.get("HTTP_CONNECTION", "").lower()
    request.keep_alive = "close" not in wish if request.is_http11 else "keep-alive" in wish
    request.upgrade = upgrade and "HTTP_UPGRADE" in environ
    method = parser.get_method().decode("ascii")
    if method in _REFUSED_METHODS:
        raise Refused(405, "Method Not Allowed", f"{method} is not served")
    environ["REQUEST_METHOD"] = method
    environ["SERVER_PROTOCOL"] = f"HTTP/{version}"
    _set_target(environ, head.url, method)
    _check_host(environ, request.is_http11)
    length = _body_length(environ, request.is_http11)
    environ["fondaco.request_id"] = f"{_process_prefix}{next(_counter):x}"
    return request, length


def _set_target(environ: dict[str, Any], url: bytes, method: str) -> None:
    if len(url) > TARGET_LIMIT:
        raise Refused(414, "URI Too Long")
    # A fragment is for the client alone; some send it.
    url = url.partition(b"#")[0]
    if not _TARGET.fullmatch(url):
        raise Refused(400, "Bad Request", "the target holds characters that must be escaped")
    if not url.startswith(b"/"):
        if url == b"*" and method == "OPTIONS":
            url = b"/"
        elif url[:7].lower() == b"http://" or url[:8].lower() == b"https://":
            host, slash, rest = url.partition(b"://")[2].partition(b"/")
            environ["HTTP_HOST"] = host.partition(b"?")[0].decode("latin-1")
            url = slash + rest if slash else b"/" + host[len(host.partition(b"?")[0]) :]
        else:
            raise Refused(400, "Bad Request", "the target is no path")
    path, _, query = url.partition(b"?")
    environ["REQUEST_URI"] = url.decode("latin-1")
    environ["QUERY_STRING"] = query.decode("latin-1")
    if b"%" in path:
        path = unquote_to_bytes(path)
        if b"\0" in path:
            raise Refused(400, "Bad Request", "NUL in the path")
    environ["PATH_INFO"] = path.decode("latin-1")


def _check_host(environ: dict[str, Any], is_http11: bool) -> None:
    host = environ.get("HTTP_HOST")
    if host is None:
        if is_http11:
            raise Refused(400, "Bad Request", "no Host header")
    elif not _HOST.fullmatch(host):
        raise Refused(400, "Bad Request", "the Host header is no host")


def _body_length(environ: dict[str, Any], is_http11: bool) -> int | None:
    """The length of the body; None if it comes in chunks."""
    coding = environ.pop("HTTP_TRANSFER_ENCODING", None)
    length = environ.get("CONTENT_LENGTH")
    if coding is not None:
        if length is not None:
            raise Refused(400, "Bad Request", "both Content-Length and Transfer-Encoding")
        if not is_http11 or coding.lower() != "chunked":
            raise Refused(501, "Not Implemented", "only the transfer coding 'chunked' is known")
        return None
    if length is None:
        return 0
    if not (length.isascii() and length.isdigit()) or len(length) > 15:
        raise Refused(400, "Bad Request", "Content-Length is no number")
    return int(length)


class Reader:
    """Takes bytes as they come. `feed` answers the request once it is whole; what came after it stays in `rest`.

    keep_body: False for a reader that only wants to know where a request ends.
    """

    __slots__ = (
        "_body",
        "_chunks",
        "_head",
        "_left",
        "_most",
        "_received",
        "_request",
        "_searched",
        "awaits_continue",
        "keep_body",
        "limits",
        "rest",
    )

    def __init__(self, limits: Limits, *, keep_body: bool = True) -> None:
        self.limits = limits
        self.keep_body = keep_body
        self.rest = b""
        self._start()

    def _start(self) -> None:
        self._head = b""
        self._searched = 0
        self._request: Request | None = None
        self._left = 0
        self._most = self.limits.body
        self._received = 0
        self._chunks: _Chunks | None = None
        self._body: IO[bytes] | None = None
        # The client waits for "100 Continue" before it sends the body.
        self.awaits_continue = False

    def __repr__(self) -> str:
        where = "idle" if self.is_idle else "head" if self._request is None else "body"
        return f"<Reader {where} left={self._left}>"

    @property
    def is_idle(self) -> bool:
        """Nothing of a next request has come."""
        return self._request is None and not self._head and not self.rest

    @property
    def is_in_body(self) -> bool:
        return self._request is not None

    def feed(self, data: bytes) -> Request | None:
        """Take `data`; the request if it is whole now. `Refused` if it will never be."""
        if self.rest:
            data = self.rest + data
            self.rest = b""
        if self._request is None:
            request, data = self._feed_head(data)
            if request is None:
                return None
        self.awaits_continue = self.awaits_continue and not data
        done = self._feed_chunks(data) if self._chunks is not None else self._feed_length(data)
        return self._finish() if done else None

    def _feed_head(self, data: bytes) -> tuple[Request | None, bytes]:
        head = self._head + data if self._head else data
        if not self._head:
            # Empty lines before a request are allowed (RFC 9112, 2.2), for old clients that send one too many.
            start = 0
            while head.startswith(b"\r\n", start):
                start += 2
            if start > EMPTY_LIMIT:
                raise Refused(400, "Bad Request", "nothing but empty lines")
            head = head[start:]
        end = head.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            if len(head) > HEAD_LIMIT:
                raise Refused(431, "Request Header Fields Too Large")
            if not has_clean_lines(head.removesuffix(b"\r")) or (len(head) > 16 and not _TARGET.match(head)):
                raise Refused(400, "Bad Request", "this is no HTTP")
            self._head, self._searched = head, len(head)
            return None, b""
        if end > HEAD_LIMIT:
            raise Refused(431, "Request Header Fields Too Large")
        self._head = b""
        self._searched = 0
        request, length = parse_head(head[: end + 4])
        self._most = request.environ[LIMIT_KEY] = self.limits.of(request.environ["PATH_INFO"])
        if length is not None and length > self._most:
            raise Refused(413, "Content Too Large", too_large(self._most))
        expect = request.environ.get("HTTP_EXPECT")
        if expect is not None and request.is_http11:
            if expect.lower() != "100-continue":
                raise Refused(417, "Expectation Failed")
            self.awaits_continue = length != 0
        self._request = request
        self._received = 0
        if length is None:
            self._chunks = _Chunks()
        else:
            self._left = length
        return request, head[end + 4 :]

    def _feed_length(self, data: bytes) -> bool:
        taken = data[: self._left] if len(data) > self._left else data
        if taken:
            self._left -= len(taken)
            if self._left == 0 and self._body is None and self.keep_body:
                self._body = io.BytesIO(taken)
                self._body.seek(0, os.SEEK_END)
                self._received = len(taken)
            else:
                self._keep(taken)
        if self._left:
            return False
        if len(data) > len(taken):
            self.rest = data[len(taken) :]
        return True

    def _feed_chunks(self, data: bytes) -> bool:
        assert self._chunks is not None
        for piece in self._chunks.feed(data):
            self._keep(piece)
        if self._chunks.is_done:
            self.rest = self._chunks.rest
            return True
        return False

    def _keep(self, piece: bytes) -> None:
        self._received += len(piece)
        if self._received > self._most:
            raise Refused(413, "Content Too Large", too_large(self._most))
        if not self.keep_body:
            return
        if self._body is None:
            is_long = self._left + len(piece) > self.limits.spool_from
            self._body = tempfile.TemporaryFile() if is_long else io.BytesIO()  # noqa: SIM115
        elif self._received > self.limits.spool_from and isinstance(self._body, io.BytesIO):
            memory, self._body = self._body, tempfile.TemporaryFile()  # noqa: SIM115
            self._body.write(memory.getbuffer())
        self._body.write(piece)

    def _finish(self) -> Request:
        request = self._request
        assert request is not None
        if self._body is not None:
            self._body.seek(0)
            request.body = self._body
        request.environ["CONTENT_LENGTH"] = (
            str(self._received) if self._received or self._chunks else request.environ.get("CONTENT_LENGTH", "")
        )
        rest = self.rest
        self._start()
        self.rest = rest
        return request


class _Chunks:
    """Decodes a chunked body; strict about every line end."""

    __slots__ = ("_buffer", "_left", "_state", "_trailer", "is_done", "rest")

    def __init__(self) -> None:
        self._buffer = b""
        self._left = 0
        self._state = "size"
        self._trailer = 0
        self.is_done = False
        self.rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The pieces of the body in `data`; after the last chunk, `is_done` is set and `rest` holds what follows."""
        data = self._buffer + data if self._buffer else data
        self._buffer = b""
        pieces: list[bytes] = []
        at = 0
        while True:
            if self._state == "data":
                piece = data[at : at + self._left]
                if piece:
                    pieces.append(piece)
                    at += len(piece)
                    self._left -= len(piece)
                if self._left:
                    return pieces
                self._state = "end"
            if self._state == "end":
                if len(data) - at < 2:
                    self._buffer = data[at:]
                    return pieces
                if data[at : at + 2] != b"\r\n":
                    raise Refused(400, "Bad Request", "a chunk is longer than it says")
                at += 2
                self._state = "size"
            end = data.find(b"\r\n", at)
            limit = CHUNK_LINE_LIMIT if self._state == "size" else TRAILER_LIMIT
            if end < 0:
                if len(data) - at > limit:
                    raise Refused(400, "Bad Request", "the line of a chunk is too long")
                self._buffer = data[at:]
                return pieces
            line = data[at:end]
            at = end + 2
            if self._state == "size":
                self._open(line)
            elif not line:
                self.is_done = True
                self.rest = data[at:]
                return pieces
            else:
                self._skip_trailer(line)

    def _open(self, line: bytes) -> None:
        match = _CHUNK_SIZE.fullmatch(line) if len(line) <= CHUNK_LINE_LIMIT else None
        if match is None:
            raise Refused(400, "Bad Request", "the size of a chunk is no hexadecimal number")
        self._left = int(match[1], 16)
        self._state = "data" if self._left else "trailer"

    def _skip_trailer(self, line: bytes) -> None:
        self._trailer += len(line)
        if self._trailer > TRAILER_LIMIT or b":" not in line or b"\0" in line or b"\n" in line or line[:1] in b" \t":
            raise Refused(400, "Bad Request", "the trailers are malformed")
