"""What lies under /MODULE/static/...?

Files of the addons, sent without database, session or environment. A path cannot leave its `static` folder: it is
resolved first.
"""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from time import time
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.http import http_date
from werkzeug.wrappers import Response as PlainResponse

from fondaco.http.response import STATIC_CACHE, Response, Stream, file_etag

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("application/json", ".map")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("image/webp", ".webp")
mimetypes.add_type("image/vnd.microsoft.icon", ".ico")

_TEXT_TYPES = ("text/", "application/json", "image/svg+xml")
SMALL_FILE = 256 * 1024  # bytes kept in memory, with their headers
MEMORY_ENTRIES = 512


class StaticFiles:
    """The static folders of the modules found on the addons path. Small files are remembered until they change."""

    def __init__(self, module_path: Callable[[str], str | None]) -> None:
        self._module_path = module_path
        self._roots: dict[str, str | None] = {}
        self._memory: dict[str, tuple[int, int, bytes, list[tuple[str, str]]]] = {}

    def __repr__(self) -> str:
        return f"<StaticFiles modules={len(self._roots)} remembered={len(self._memory)}>"

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

    def respond(self, environ: Mapping[str, Any]) -> Callable[..., Iterable[bytes]] | None:
        """The answer for a request whose path may be static; None if it is not, `NotFound` if nothing is there."""
        url: str = environ["PATH_INFO"]
        parts = url.split("/", 3)
        if len(parts) < 4 or parts[2] != "static":
            return None
        file = self.find(url.encode("latin-1").decode("utf-8", "replace"))
        if file is None:
            raise NotFound
        if "HTTP_RANGE" in environ or environ["REQUEST_METHOD"] == "HEAD":
            return self._streamed(file, environ)
        return self._whole(file, environ) or self._streamed(file, environ)

    def _streamed(self, file: str, environ: Mapping[str, Any]) -> Response:
        stream = Stream.from_path(file, public=True)
        stream.max_age = STATIC_CACHE
        return stream.get_response(environ=environ)

    def _whole(self, file: str, environ: Mapping[str, Any]) -> PlainResponse | Callable[..., Iterable[bytes]] | None:
        stat = os.stat(file)
        if stat.st_size > SMALL_FILE:
            return None
        known = self._memory.get(file)
        if known is None or known[:2] != (stat.st_mtime_ns, stat.st_size):
            known = self._remember(file, stat)
        _mtime, _size, content, headers = known
        fresh = [*headers, ("Expires", http_date(time() + STATIC_CACHE))]
        etag = fresh[0][1]
        validators = environ.get("HTTP_IF_NONE_MATCH")
        unchanged = etag in validators if validators else environ.get("HTTP_IF_MODIFIED_SINCE") == fresh[1][1]
        return _Remembered("304 NOT MODIFIED" if unchanged else "200 OK", fresh, b"" if unchanged else content)

    def _remember(self, file: str, stat: os.stat_result) -> tuple[int, int, bytes, list[tuple[str, str]]]:
        content = Path(file).read_bytes()
        kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
        if kind.startswith(_TEXT_TYPES):
            kind += "; charset=utf-8"
        headers = [
            ("ETag", f'"{file_etag(file, stat)}"'),
            ("Last-Modified", http_date(stat.st_mtime)),
            ("Content-Type", kind),
            ("Content-Length", str(len(content))),
            ("Cache-Control", f"public, max-age={STATIC_CACHE}"),
            ("Content-Disposition", f"inline; filename={os.path.basename(file)}"),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'"),
        ]
        if len(self._memory) >= MEMORY_ENTRIES:
            self._memory.clear()
        known = self._memory[file] = (stat.st_mtime_ns, stat.st_size, content, headers)
        return known


class _Remembered:
    """A ready answer as a WSGI callable."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        headers = self.headers
        if self.status.startswith("304"):
            headers = [item for item in headers if item[0] not in ("Content-Length", "Content-Type", "Last-Modified")]
        start_response(self.status, headers)
        return [self.body]
