"""What is an endpoint given to read, and with what does it answer?

`Request` is the object behind `odoo.http.request`: the HTTP request, the session, the database and, while a
transaction is open, an environment. Costly parts (the werkzeug request, form data) are made when first asked for.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson
import werkzeug.wrappers
from werkzeug.exceptions import BadRequest, HTTPException, NotFound

from fondaco.http.current import request, requests
from fondaco.http.response import FutureResponse, Response, redirect
from fondaco.http.sessions import Session
from fondaco.http.sizes import BODY_LIMIT, LIMIT_KEY
from fondaco.http.useragent import UserAgent
from fondaco.i18n.catalog import language_sources, po_paths
from fondaco.security.seal import seal
from fondaco.values import jsontext
from fondaco.values.collections import frozendict

if TYPE_CHECKING:
    from fondaco.http.application import Application
    from fondaco.http.dispatch import Dispatcher

__all__ = ["CSRF_FREE_METHODS", "DEFAULT_LANG", "HTTPRequest", "Request", "request", "requests"]

_UNREAD = object()
_logger = logging.getLogger("odoo.http")

CSRF_FREE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
CSRF_TOKEN_SALT = 60 * 60 * 24 * 365  # seconds a token lives, at most
DEFAULT_LANG = "en_US"
DEFAULT_MAX_CONTENT_LENGTH = BODY_LIMIT
MAX_FORM_MEMORY = 10 * 1024 * 1024  # bytes of one form field held in memory


class HTTPRequest(werkzeug.wrappers.Request):
    """The werkzeug request, with our limits; `session` is that of the request it belongs to."""

    max_form_memory_size = MAX_FORM_MEMORY
    session: Session

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        self.max_content_length = environ.get(LIMIT_KEY, DEFAULT_MAX_CONTENT_LENGTH)
        self.user_agent_class = UserAgent


class Request:
    """One request being served. `env` is None until a transaction is open."""

    closed_to_code: ClassVar[frozenset[str]] = frozenset({"app"})
    # Pages for visitors (routes with `website=True`), where a module that has some says so.
    is_frontend = False
    is_frontend_multilang = False
    lang: Any = None

    def __init__(
        self,
        httprequest: HTTPRequest | None = None,
        *,
        environ: dict[str, Any] | None = None,
        app: Application | None = None,
    ) -> None:
        # mypy's casts are calls, which each request would pay for.
        self.environ: dict[str, Any] = environ if environ is not None else httprequest.environ  # type: ignore[union-attr]
        self._httprequest = httprequest
        self.app: Application = app  # type: ignore[assignment]
        self.future_response = FutureResponse()
        self.dispatcher: Dispatcher = None  # type: ignore[assignment]
        self.params: dict[str, Any] = {}
        self.geoip: Mapping[str, Any] = {}
        self.session: Session = None  # type: ignore[assignment]
        self.db: str | None = None
        self.databases: list[str] | None = None  # those of the server, where it had to ask to find the one meant
        self.registry: Any = None
        self.env: Any = None
        self.matched: tuple[str, Any, dict[str, Any]] | None = None  # path, rule, arguments: what the map said last
        self._json: Any = _UNREAD
        self.path: str = self.environ.get("PATH_INFO", "/")
        self.method: str = self.environ.get("REQUEST_METHOD", "GET")

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path} db={self.db!r}>"

    def release(self) -> None:
        """It is answered: let go of what holds it in turn. What is in a ring stays in memory until Python looks for
        such garbage."""
        self.dispatcher = None  # type: ignore[assignment]

    @property
    def httprequest(self) -> HTTPRequest:
        """The HTTP request as werkzeug presents it."""
        if self._httprequest is None:
            self._httprequest = HTTPRequest(self.environ)
            self._httprequest.session = self.session
        return self._httprequest

    # -- the environment ---------------------------------------------------------------------------------------------
    @property
    def cr(self) -> Any:
        return self.env.cr

    @property
    def uid(self) -> int | None:
        return self.env.uid if self.env is not None else None

    @uid.setter
    def uid(self, value: int) -> None:
        self.update_env(user=value)

    @property
    def context(self) -> Mapping[str, Any]:
        return cast(Mapping[str, Any], self.env.context)

    @context.setter
    def context(self, value: Mapping[str, Any]) -> None:
        self.update_env(context=dict(value))

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies, without the session id: no addon needs it."""
        cookies = self.httprequest.cookies.to_dict()
        cookies.pop("session_id", None)
        return cookies

    def update_env(self, user: Any = None, context: Mapping[str, Any] | None = None, su: bool | None = None) -> None:
        """Go on in the name of another user, in another context or with other rights."""
        self.env = self.env(None, user, context, su)

    def update_context(self, **overrides: Any) -> None:
        """Add to the context."""
        self.update_env(context=dict(self.env.context, **overrides))

    # -- language ----------------------------------------------------------------------------------------------------
    @property
    def best_lang(self) -> str | None:
        """The first language of the browser, as a locale code; None if it says none."""
        languages = self.httprequest.accept_languages
        if not languages:
            return None
        code, _, territory = str(languages.best).replace("-", "_").partition("_")
        if not territory:
            territory = {"en": "US", "fr": "FR", "de": "DE", "es": "ES", "it": "IT", "nl": "NL", "pt": "PT"}.get(
                code, code.upper()
            )
        return f"{code}_{territory.upper()}"

    def default_lang(self) -> str:
        """The language of a visitor without preferences."""
        return self.best_lang or DEFAULT_LANG

    def spoken_lang(self) -> str:
        """The language of the answer: of the environment, without one of the browser where our pages speak it."""
        if self.env is not None:
            return str(self.env.context.get("lang") or DEFAULT_LANG)
        wanted = self.default_lang()
        return wanted if po_paths("web", wanted) else DEFAULT_LANG

    def default_context(self) -> dict[str, Any]:
        """The context of a new session."""
        return {"lang": self.default_lang()}

    # -- data --------------------------------------------------------------------------------------------------------
    def body(self) -> bytes:
        """The bytes of the body, read once."""
        if self._httprequest is not None:
            return self._httprequest.get_data(cache=True)
        data = self.environ.get("fondaco.body")
        if data is None:
            length = int(self.environ.get("CONTENT_LENGTH") or 0)
            if length > self.environ.get(LIMIT_KEY, DEFAULT_MAX_CONTENT_LENGTH):
                raise werkzeug.exceptions.RequestEntityTooLarge
            data = self.environ["wsgi.input"].read(length) if length else b""
            self.environ["fondaco.body"] = data
        return cast(bytes, data)

    def get_json_data(self) -> Any:
        """The JSON value of the body, decoded once: do not change it."""
        if self._json is _UNREAD:
            self._json = jsontext.loads(self.body())
        return self._json

    def get_http_params(self) -> dict[str, Any]:
        """The parameters of a form or query: the first value of each, files included."""
        if not self.environ.get("QUERY_STRING") and not self.environ.get("CONTENT_TYPE"):
            return {}  # neither query nor form
        http = self.httprequest
        params: dict[str, Any] = {**http.args.to_dict(), **http.form.to_dict(), **http.files.to_dict()}
        params.pop("session_id", None)
        return params

    # -- answers -----------------------------------------------------------------------------------------------------
    def make_response(
        self, data: Any, headers: Any = None, cookies: Mapping[str, str] | None = None, status: int = 200
    ) -> Response:
        """A response of bytes or text (HTML unless the headers say otherwise)."""
        response = Response(data, status=status, headers=headers)
        for name, value in (cookies or {}).items():
            response.set_cookie(name, value)
        return response

    def make_json_response(
        self, data: Any, headers: Any = None, cookies: Mapping[str, str] | None = None, status: int = 200
    ) -> Response:
        """A response whose body is the JSON of `data`."""
        body = jsontext.dumps(data)
        response = Response(body, status=status, headers=headers, content_type="application/json; charset=utf-8")
        response.headers["Content-Length"] = str(len(body))
        for name, value in (cookies or {}).items():
            response.set_cookie(name, value)
        return response

    def not_found(self, description: str | None = None) -> NotFound:
        """A 404, to return or to raise."""
        return NotFound(description)

    def redirect(self, location: str, code: int = 303, local: bool = True) -> Response:
        """Send the client elsewhere; with `local` only within this site, whatever the location says."""
        if local:
            location = local_url(location)
        ir_http = self.registry.get("ir.http") if self.registry is not None else None
        if ir_http is not None and self.env is not None and hasattr(ir_http, "_redirect"):
            return cast(Response, self.env["ir.http"]._redirect(location, code))
        return redirect(location, code)

    def redirect_query(
        self, location: str, query: Mapping[str, Any] | None = None, code: int = 303, local: bool = True
    ) -> Response:
        """As `redirect`, with a query appended."""
        if query:
            location += ("&" if "?" in location else "?") + urlencode(query)
        return self.redirect(location, code=code, local=local)

    def render(
        self, template: str, qcontext: dict[str, Any] | None = None, lazy: bool = True, **kw: Any
    ) -> Response | bytes:
        """A response that renders a template when sent, or at once without `lazy`."""
        response = Response(template=template, qcontext=qcontext, **kw)
        response.render_environment = self.env
        return response if lazy else cast(bytes, response.render())

    def reroute(self, path: str, query_string: str | None = None) -> None:
        """Serve another path instead of the one asked for."""
        environ = dict(self.environ, PATH_INFO=path)
        environ.setdefault("fondaco.original_path", self.path)
        if query_string is not None:
            environ["QUERY_STRING"] = query_string
        environ["REQUEST_URI"] = path + (f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else "")
        self.environ, self.path, self._httprequest = environ, path, None

    # -- cross-site requests -----------------------------------------------------------------------------------------
    def csrf_token(self, time_limit: int | None = None) -> str:
        """A token that proves a form came from us: bound to this session, valid for `time_limit` seconds (or the
        session's life)."""
        expires = int(time.time() + (time_limit or CSRF_TOKEN_SALT))
        return f"{_csrf_digest(self, expires)}o{expires}"

    def validate_csrf(self, csrf: str | None) -> bool:
        """Whether `csrf` is a token of this session that has not expired."""
        digest, _, expires = (csrf or "").rpartition("o")
        if not digest or not expires.isascii() or not expires.isdigit() or int(expires) < time.time():
            return False
        return hmac.compare_digest(digest.encode(), _csrf_digest(self, int(expires)).encode())


def _csrf_digest(request: Request, expires: int) -> str:
    """Of a function: tests of addons ask for a token with their case, which has a session, in place of the request."""
    parameters = request.env["ir.config_parameter"].sudo() if request.env is not None else None
    secret = parameters.get_param("database.secret") if parameters is not None else None
    key = str(secret).encode() if secret else request.app.session_store.signing_key()
    return seal(key, hashlib.sha1).code(f"{request.session.sid}{expires}".encode()).hex()


def local_url(location: str) -> str:
    """`location` without scheme and host, so that it stays on this site."""
    parts = urlsplit(location)
    path = parts.path
    # "//host" and "/\host" are read as another host by browsers.
    path = "/" + path.lstrip("/\\") if path or parts.netloc or parts.scheme else path
    return urlunsplit(("", "", path, parts.query, parts.fragment))


def bad_json(error: ValueError | orjson.JSONDecodeError) -> HTTPException:
    """The refusal of a body that is no JSON."""
    return BadRequest(f"Invalid JSON data: {error}")


def new_context(session: Session, default: Mapping[str, Any]) -> frozendict[str, Any]:
    """The context a request starts with: the session's, which never holds less than a language."""
    return frozendict(session.context or default)


def _spoken_lang() -> str | None:
    return request.spoken_lang() if request else None


language_sources.append(_spoken_lang)
