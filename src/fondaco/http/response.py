"""What does an endpoint give back, and how does it become headers and bytes?

`Response` is werkzeug's with lazily rendered templates and cookies as addons set them. `FutureResponse` collects
headers and cookies before the endpoint has answered. `Stream` describes a file, some bytes or a redirect, to be sent
with ETag, ranges and caching.
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, ClassVar, cast
from urllib.parse import quote
from zlib import adler32

import werkzeug.wrappers
from markupsafe import escape
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.utils import send_file

from fondaco.http import offload
from fondaco.http.current import requests
from fondaco.modules import importing

STATIC_CACHE = 7 * 24 * 3600  # seconds
STATIC_CACHE_LONG = 365 * 24 * 3600  # seconds
SESSION_LIFETIME = 7 * 24 * 3600  # seconds
_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-\d{1,18})", re.IGNORECASE)
_PAGE_TYPE = "text/html"
_PAGE = f"{_PAGE_TYPE}; charset=utf-8"
_MADE_ABSOLUTE = ("location", "content-location")  # headers that the library rewrites


def content_disposition(filename: str, disposition_type: str = "attachment") -> str:
    """The header value that makes a browser save the answer as `filename` (RFC 6266, UTF-8 form)."""
    return f"{disposition_type}; filename*=UTF-8''{quote(filename, safe='')}"


class Response(werkzeug.wrappers.Response):
    """An answer; with `template` it is rendered when sent, so that an override may still change `qcontext`."""

    default_mimetype = _PAGE_TYPE
    # of an answer of the library's that became one of ours
    template: str | None = None
    uid: int | None = None
    render_environment: Any = None

    def __init__(self, *args: Any, **kw: Any) -> None:
        template = kw.pop("template", None)
        qcontext = kw.pop("qcontext", None)
        uid = kw.pop("uid", None)
        if len(args) < 3 and not (kw.get("headers") or kw.get("mimetype") or kw.get("content_type")):
            # What the library would find out, on a way that raises an error and catches it.
            kw["content_type"] = _PAGE if self.default_mimetype == _PAGE_TYPE else None
        super().__init__(*args, **kw)
        self.set_default(template, qcontext, uid)

    @classmethod
    def load(cls, result: Any, fname: object = "<function>") -> Response:
        """Turn what an endpoint returned into a response: a response, a WSGI response, text, bytes or nothing.

        fname: who is named where it is something else.
        """
        if isinstance(result, cls):
            return result
        if isinstance(result, HTTPException):
            result = result.get_response()
        if isinstance(result, werkzeug.wrappers.Response):
            return cls.force_type(result)  # type: ignore[return-value]
        if isinstance(result, str | bytes | type(None)):
            return cls(result or "")
        raise TypeError(f"{fname} returns an invalid value: {result!r}; expected a response, text, bytes or None")

    def set_default(
        self, template: str | None = None, qcontext: dict[str, Any] | None = None, uid: int | None = None
    ) -> None:
        """Set what is rendered on sending."""
        self.template = template
        self.qcontext: dict[str, Any] = qcontext or {}
        self.qcontext["response_template"] = template
        self.uid = uid
        self.render_environment = None

    @property
    def is_qweb(self) -> bool:
        return self.template is not None

    def render(self) -> Any:
        """The rendered template."""
        env = self.render_environment
        if env is None:
            raise RuntimeError(f"response of template {self.template!r}: rendered outside of a request")
        return env["ir.ui.view"]._render_template(self.template, self.qcontext)

    def flatten(self) -> None:
        """Render now; the response is plain afterwards."""
        if self.template:
            rendered = self.render()
            self.response = [rendered if isinstance(rendered, bytes) else str(rendered).encode()]
            self.headers.remove("Content-Length")
            self.template = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """As the library's, by a shorter way for what most answers are: 200, and all of its bytes."""
        headers = self.headers.to_wsgi_list()
        names = {name.lower() for name, _value in headers}
        if not self._is_plain(environ, names):
            return super().__call__(environ, start_response)
        body: bytes = self.response[0]  # type: ignore[index]
        if "content-length" not in names:
            headers.append(("Content-Length", str(len(body))))
        start_response(self.status, headers)
        return (body,)

    def _is_plain(self, environ: Mapping[str, Any], names: set[str]) -> bool:
        """Whether nothing is left to decide: by the request, by headers, by a class or a function of somebody else."""
        parts = self.response
        return (
            type(self) is Response
            and self.status_code == 200
            and environ["REQUEST_METHOD"] != "HEAD"
            and type(parts) is list
            and len(parts) == 1
            and type(parts[0]) is bytes
            and not self._on_close
            and names.isdisjoint(_MADE_ABSOLUTE)
        )

    def set_cookie(  # type: ignore[override]
        self,
        key: str,
        value: str = "",
        max_age: int | None = None,
        expires: Any = -1,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
        cookie_type: str = "required",
    ) -> None:
        """Set a cookie. Without `expires` it lives a year; None or 0 makes it a cookie of the browser session."""
        if expires == -1:
            expires = None if max_age is not None else datetime.now(UTC).timestamp() + STATIC_CACHE_LONG
        super().set_cookie(key, value, max_age, expires or None, path, domain, secure, httponly, samesite)


class FutureResponse:
    """Headers and cookies set while the endpoint runs; they are added to whatever it answers."""

    def __init__(self) -> None:
        self.headers = Headers()

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: int | None = None,
        expires: Any = None,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
    ) -> None:
        """As `Response.set_cookie` of werkzeug."""
        self.headers.add(
            "Set-Cookie",
            werkzeug.http.dump_cookie(
                key,
                value,
                max_age=max_age,
                expires=expires,
                path=path,
                domain=domain,
                secure=secure,
                httponly=httponly,
                samesite=samesite,
            ),
        )


def redirect(location: str, code: int = 303) -> Response:
    """A redirection with a short page for clients that show one."""
    shown = escape(location)
    html = (
        "<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n"
        f'<p>You should be redirected automatically to the target URL: <a href="{shown}">{shown}</a>. '
        "If not, click the link.\n"
    )
    response = Response(html, code, mimetype="text/html")
    response.autocorrect_location_header = False
    response.headers["Location"] = quote(location, safe="!#$%&'()*+,/:;=?@[]~")
    return response


def _request_environ() -> Mapping[str, Any]:
    """The WSGI environ of the request in progress; validators and ranges are read from it."""
    current = requests.top
    return current.httprequest.environ if current is not None else {"REQUEST_METHOD": "GET"}


def _is_one_range(header: str) -> bool:
    """Whether it asks for one range of bytes; what ends before it begins is none."""
    found = _RANGE.fullmatch(header)
    return found is not None and (not found[2] or int(found[1]) <= int(found[2]))


def file_etag(path: str, stat: os.stat_result) -> str:
    """A validator that changes with the file's time, size or place."""
    return f"{int(stat.st_mtime)}-{stat.st_size}-{adler32(path.encode()) & 0xFFFFFFFF}"


class Stream:
    """A file on disk, data in memory or a URL elsewhere, with what is needed to send it."""

    closed_to_code: ClassVar[frozenset[str]] = frozenset({"from_path"})
    type: str = ""  # 'data', 'path' or 'url'
    data: bytes | None = None
    source: Callable[[], IO[bytes]] | None = None
    """Of 'data' that lies elsewhere, `size` bytes: opens it as a file that can seek."""
    path: str | None = None
    url: str | None = None
    mimetype: str | None = None
    as_attachment: bool = False
    download_name: str | None = None
    conditional: bool = True
    etag: bool | str = True
    last_modified: float | datetime | None = None
    max_age: int | None = None
    immutable: bool = False
    size: int | None = None
    public: bool = False

    def __init__(self, **kwargs: Any) -> None:
        # Addons also put their own attributes on a stream.
        self.__dict__.update(kwargs)

    def __repr__(self) -> str:
        return f"<Stream {self.type} {self.path or self.url or self.download_name!r}>"

    @classmethod
    def from_path(cls, path: str, filter_ext: Iterable[str] = ("",), public: bool = False) -> Stream:
        """The stream of a file, given by its whole path or from its addon's name on.

        `FileNotFoundError` if it is missing or none of `filter_ext` ends its name.
        """
        path = _of_addon(path) if not os.path.isabs(path) else os.path.abspath(path)
        if not path.lower().endswith(tuple(filter_ext)):
            raise FileNotFoundError(f"Unsupported file: {path}")
        stat = os.stat(path)
        return cls(
            type="path",
            path=path,
            download_name=os.path.basename(path),
            etag=file_etag(path, stat),
            last_modified=stat.st_mtime,
            size=stat.st_size,
            public=public,
        )

    @classmethod
    def from_binary_field(cls, record: Any, field_name: str) -> Stream:
        """The stream of a binary field's value."""
        value = record[field_name] or b""
        data = base64.b64decode(value)
        return cls(
            type="data",
            data=data,
            etag=False,
            last_modified=record.write_date if record._log_access else None,
            size=len(data),
            public=record.env.user._is_public(),
        )

    def read(self) -> bytes:
        """The content; a URL has none."""
        if self.type == "url":
            raise ValueError(f"{self!r}: a redirection has no content to read")
        if self.source is not None:
            with self.source() as file:
                return file.read()
        if self.type == "data":
            return self.data or b""
        with open(str(self.path), "rb") as file:
            return file.read()

    def get_response(
        self,
        as_attachment: bool | None = None,
        immutable: bool | None = None,
        content_security_policy: str | None = "default-src 'none'",
        environ: Mapping[str, Any] | None = None,
        **send_file_kwargs: Any,
    ) -> Response:
        """The response that sends the content. Give `environ` outside of a request (validators and ranges are read
        from it)."""
        assert self.type in ("url", "data", "path"), f"unknown stream type {self.type!r}"
        if self.type == "url":
            if self.max_age is None:
                return redirect(str(self.url), 301)
            response = redirect(str(self.url), 302)
            response.headers["Cache-Control"] = f"max-age={self.max_age}"
            return response
        immutable = self.immutable if immutable is None else immutable
        options: dict[str, Any] = {
            "mimetype": self.mimetype,
            "as_attachment": self.as_attachment if as_attachment is None else as_attachment,
            "download_name": self.download_name,
            "conditional": self.conditional,
            "etag": self.etag,
            "last_modified": self.last_modified,
            "max_age": STATIC_CACHE_LONG if immutable else self.max_age,
            "response_class": Response,
            "environ": dict(environ if environ is not None else _request_environ()),
            **send_file_kwargs,
        }
        response = self._sent(options)
        response.headers["X-Content-Type-Options"] = "nosniff"
        if content_security_policy:
            response.headers["Content-Security-Policy"] = content_security_policy
        if immutable and response.cache_control.max_age:
            response.cache_control.immutable = True
            response.cache_control.no_cache = None
        if self.public and (self.max_age or immutable):
            response.cache_control.public = True
        return response

    def _sent(self, options: dict[str, Any]) -> Response:
        """The content as `send_file` sends it with these options, whole or the range that was asked for."""
        if not _is_one_range(options["environ"].get("HTTP_RANGE", "")):
            # Several parts, another unit, an end before its beginning or no range at all: all is sent (RFC 9110, 14.2),
            # the library would refuse.
            options["environ"].pop("HTTP_RANGE", None)
        elsewhere = offload.place(self.path, options["environ"]) if self.type == "path" else None
        if elsewhere:
            options["conditional"] = False
        source: Any = str(self.path)
        if self.source is not None:
            source = self.source()
            # Ours sends files of this machine; werkzeug's seeks where a range begins.
            options["environ"].pop("wsgi.file_wrapper", None)
            options["conditional"] = False
        elif self.type == "data":
            options["mimetype"] = options["mimetype"] or "application/octet-stream"
            if options["etag"] is True:
                options["etag"] = f"{adler32(self.data or b''):x}-{len(self.data or b'')}"
            source = io.BytesIO(self.data or b"")
        response = cast(Response, send_file(source, **options))
        if elsewhere:
            offload.hand_over(response, elsewhere)
        if self.source is not None:
            response.headers["Content-Length"] = str(self.size)
            response.make_conditional(options["environ"], accept_ranges=True, complete_length=self.size)
        return response


def _of_addon(path: str) -> str:
    """The whole path of `addon/static/...`, if an addon has it; else as the system understands it."""
    for folder in importing.mounted():
        found = Path(os.path.normpath(folder / path))
        if found.is_relative_to(folder) and found.is_file():
            return str(found)
    return os.path.abspath(path)
