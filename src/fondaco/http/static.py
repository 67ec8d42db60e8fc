"""What lies under /MODULE/static/...?

Files of the addons, sent without database, session or environment. A path cannot leave its `static` folder: it is
resolved first. An address with the version of the content (`?v=...`, as our pages write them) may be kept for ever; one
with another version, which a page of an older or newer server wrote, must be asked for again.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import parse_qs

from werkzeug.exceptions import NotFound
from werkzeug.http import http_date

from fondaco.http.response import STATIC_CACHE, STATIC_CACHE_LONG, Response, Stream, file_etag
from fondaco.values.webfiles import TEXT_TYPES, accepted, is_packable, packed, type_of, version_of

SMALL_FILE = 2 * 1024 * 1024  # bytes up to which a file is kept in memory, and packed
MEMORY_BYTES = 32 * 1024 * 1024  # of all that is kept

FOR_EVER = f"public, max-age={STATIC_CACHE_LONG}, immutable"
A_WEEK = f"public, max-age={STATIC_CACHE}"
ASK_AGAIN = "no-cache"
LIFETIMES = {FOR_EVER: STATIC_CACHE_LONG, A_WEEK: STATIC_CACHE, ASK_AGAIN: 0}

Answer = Callable[..., Iterable[bytes]]


class StaticFiles:
    """The static folders of the modules found on the addons path. Files read are remembered until they change."""

    def __init__(self, module_path: Callable[[str], str | None]) -> None:
        self._module_path = module_path
        self._roots: dict[str, str | None] = {}
        self._memory: OrderedDict[str, _File] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<StaticFiles modules={len(self._roots)} remembered={len(self._memory)} bytes={self._bytes}>"

    def find(self, url: str) -> str | None:
        """The file of a URL path, or None if it is not under a static folder or does not exist."""
        parts = url.split("/", 3)
        if len(parts) < 4 or parts[2] != "static" or "\0" in url:
            return None
        root = self._root(parts[1])
        if root is None:
            return None
        file = os.path.realpath(os.path.join(root, parts[3]))
        if not file.startswith(root + os.sep) or not os.path.isfile(file):
            return None
        return file

    def _root(self, module: str) -> str | None:
        if module not in self._roots:
            folder = self._module_path(module) if module.isidentifier() else None
            root = os.path.realpath(os.path.join(folder, "static")) if folder else None
            if root is None or not os.path.isdir(root):
                return None
            self._roots[module] = root
        return self._roots[module]

    def respond(self, environ: Mapping[str, Any]) -> Answer | None:
        """The answer for a request whose path may be static; None if it is not, `NotFound` if nothing is there."""
        url: str = environ["PATH_INFO"]
        parts = url.split("/", 3)
        if len(parts) < 4 or parts[2] != "static":
            return None
        path = self.find(url.encode("latin-1").decode("utf-8", "replace"))
        if path is None:
            raise NotFound
        stat = os.stat(path)
        if stat.st_size > SMALL_FILE:
            return _streamed(path, environ, A_WEEK)
        file = self._file(path, stat)
        lifetime = file.lifetime(environ.get("QUERY_STRING", ""))
        if "HTTP_RANGE" in environ:
            return _streamed(path, environ, lifetime)
        return file.answer(environ, lifetime, self._note_packed)

    def _file(self, path: str, stat: os.stat_result) -> _File:
        known = self._memory.get(path)
        if known is not None and known.stamp == (stat.st_mtime_ns, stat.st_size):
            return known
        content = Path(path).read_bytes()
        known = _File(path, (stat.st_mtime_ns, stat.st_size), file_etag(path, stat), http_date(stat.st_mtime), content)
        with self._lock:
            former = self._memory.pop(path, None)
            self._memory[path] = known
            self._bytes += known.size - (former.size if former is not None else 0)
            self._forget_some()
        return known

    def _note_packed(self, content: bytes) -> None:
        with self._lock:
            self._bytes += len(content)
            self._forget_some()

    def _forget_some(self) -> None:
        """Forget what came first when that is too much."""
        while self._bytes > MEMORY_BYTES and len(self._memory) > 1:
            _path, oldest = self._memory.popitem(last=False)
            self._bytes -= oldest.size


@dataclass(slots=True)
class _File:
    """A file in memory, plain and as it was packed so far."""

    path: str
    stamp: tuple[int, int]
    etag: str
    modified: str
    content: bytes
    version: str = ""
    packed: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.version = version_of(self.content)

    @property
    def size(self) -> int:
        return len(self.content) + sum(map(len, self.packed.values()))

    def lifetime(self, query: str) -> str:
        """How long the answer to this query may be kept."""
        if not query:
            return A_WEEK
        said = parse_qs(query).get("v")
        if said is None:
            return A_WEEK
        return FOR_EVER if said == [self.version] else ASK_AGAIN

    def answer(self, environ: Mapping[str, Any], lifetime: str, note: Callable[[bytes], None]) -> Answer:
        media_type = type_of(self.path)
        may_be_packed = is_packable(media_type, len(self.content))
        encoding = next(iter(accepted(environ.get("HTTP_ACCEPT_ENCODING", ""))), "") if may_be_packed else ""
        body = self._packed(encoding, note) if encoding else self.content
        headers = [
            ("ETag", f'"{self.etag}{encoding and "-"}{encoding}"'),
            ("Last-Modified", self.modified),
            ("Content-Type", f"{media_type}; charset=utf-8" if media_type.startswith(TEXT_TYPES) else media_type),
            ("Content-Length", str(len(body))),
            ("Cache-Control", lifetime),
            ("Expires", http_date(time() + LIFETIMES[lifetime])),
            ("Content-Disposition", f"inline; filename={os.path.basename(self.path)}"),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'"),
        ]
        if may_be_packed:
            headers.append(("Vary", "Accept-Encoding"))
        else:
            headers.append(("Accept-Ranges", "bytes"))
        if encoding:
            headers.append(("Content-Encoding", encoding))
        validators = environ.get("HTTP_IF_NONE_MATCH")
        if validators:
            # Whatever the packing was: the content is the same.
            is_unchanged = any(f'"{self.etag}{ending}"' in validators for ending in ("", "-br", "-gzip"))
        else:
            is_unchanged = environ.get("HTTP_IF_MODIFIED_SINCE") == self.modified
        is_bare = is_unchanged or environ.get("REQUEST_METHOD") == "HEAD"
        return _Ready("304 NOT MODIFIED" if is_unchanged else "200 OK", headers, b"" if is_bare else body)

    def _packed(self, encoding: str, note: Callable[[bytes], None]) -> bytes:
        known = self.packed.get(encoding)
        if known is None:
            known = self.packed[encoding] = packed(self.content, encoding)
            note(known)
        return known


def _streamed(path: str, environ: Mapping[str, Any], lifetime: str) -> Response:
    """A part of a file, or a file too large to be remembered."""
    stream = Stream.from_path(path, public=True)
    stream.max_age = LIFETIMES[lifetime]
    response = stream.get_response(environ=environ)
    response.headers["Cache-Control"] = lifetime
    return response


class _Ready:
    """A ready answer as a WSGI callable."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        headers = self.headers
        if self.status.startswith("304"):
            headers = [item for item in headers if item[0] not in ("Content-Length", "Content-Type", "Last-Modified")]
        start_response(self.status, headers)
        return [self.body]
