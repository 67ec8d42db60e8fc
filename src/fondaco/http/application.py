"""What happens to a request, from the WSGI environ to the answer?

In this order, each asked once: direct handlers (RPC services), static files, and what needs a session
(`http/pipeline.py`).
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any

from werkzeug.exceptions import HTTPException, InternalServerError

from fondaco import faults, log, tracing
from fondaco.http import accesslog, stages
from fondaco.http.current import peer, requests
from fondaco.http.pipeline import Pipeline, away, refusal
from fondaco.http.proxy import UNHEARD, Proxies
from fondaco.http.request import Request
from fondaco.http.routing import RoutingMap, routing_map, routing_map_without_database
from fondaco.http.sessions import Session, session_store
from fondaco.http.slowlog import SlowLog
from fondaco.http.static import StaticFiles
from fondaco.modules.importing import import_module
from fondaco.modules.manifest import AddonsPath
from fondaco.registry.transact import transact
from fondaco.server import deadlines

_logger = logging.getLogger("odoo.http")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
# (status line, headers, body) of a request that needs neither session nor routing.
Answer = tuple[str, list[tuple[str, str]], bytes]
Direct = Callable[[Environ], Answer]
TRACE_HEADER = "X-Trace-Id"
STATIC_ROUTE = "/<module>/static/<path:file>"  # as the metrics call it


class Application:
    """The WSGI application of all databases of a process.

    direct: handlers by path; a key ending in '/' stands for everything below it. They get the environ and answer at
    once. services: the RPC services by name, for pages that do what they do.
    """

    def __init__(
        self,
        registries: Any,
        config: Mapping[str, Any],
        direct: Mapping[str, Direct] | None = None,
        services: Mapping[str, Any] | None = None,
    ) -> None:
        self.registries = registries
        self.services = services or {}
        self.config = config
        self.session_store = session_store(config, authenticator=self._authenticate)
        addons = getattr(registries, "addons", None) or AddonsPath(config["addons_path"] or ())
        self.static = StaticFiles(lambda module: str(path) if (path := addons.folder_of(module)) else None)
        self._exact = {path: handler for path, handler in (direct or {}).items() if not path.endswith("/")}
        self._below = [(path, handler) for path, handler in (direct or {}).items() if path.endswith("/")]
        self._proxies = Proxies(config)
        self._nodb_map: RoutingMap | None = None
        self._slow = SlowLog(float(config["log_slow_requests"])) if config.get("log_slow_requests") else None
        self._pipeline = Pipeline(self)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Application {self.registries!r}>"

    # -- the callable ------------------------------------------------------------------------------------------------
    def prepare(self, registries: Iterable[Any]) -> None:
        """Make what the first request of each of these databases would make: before the fork, once for all workers."""
        for registry in registries:
            if "ir.http" in registry and registry["ir.http"]._has_plain_routes():
                stages.plain_routes(registry)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        start_response = _identified(environ, start_response)
        self._proxies.apply(environ)
        known = peer.set(environ.get("REMOTE_ADDR"))
        if self._slow is not None:
            self._slow.begin()
        try:
            if tracing.is_on():
                return self._traced(environ, start_response, began)
            return self._respond(environ, start_response, began)
        finally:
            peer.reset(known)
            if self._slow is not None:
                self._slow.end(environ, began)

    def _traced(self, environ: Environ, start_response: StartResponse, began: float) -> Iterable[bytes]:
        """Respond within a span; its trace is in the log and in the answer."""
        method = environ["REQUEST_METHOD"]
        with tracing.span(method, kind="server", carrier=environ, http_request_method=method) as span:

            def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                span.set(http_response_status__code=int(status[:3]))
                if status.startswith("5"):
                    span.fail(status)
                return start_response(status, [*headers, (TRACE_HEADER, span.trace_id)], *more)

            deadlines.describe(trace=span.trace_id)
            with log.about(trace_id=span.trace_id):
                body = self._respond(environ, start, began)
            count, seconds = environ.get("fondaco.performance", (0, 0.0))
            route = environ.get("fondaco.route")
            span.rename(f"{method} {route}" if route else method)
            span.set(
                url_path=environ["PATH_INFO"], http_route=route, db_namespace=environ.get("fondaco.db"),
                fondaco_call=environ.get("fondaco.call"), fondaco_request=environ["fondaco.request_id"],
                fondaco_sql_count=count, fondaco_sql_seconds=round(seconds, 6),
            )  # fmt: skip
            return body

    def _respond(self, environ: Environ, start_response: StartResponse, began: float) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        handler = self._exact.get(path.removesuffix("/")) or self._handler_below(path)
        with log.about(
            request_id=environ["fondaco.request_id"],
            address=environ.get("REMOTE_ADDR", "n/a"),
            **({"is_unheard": True} if UNHEARD in environ else {}),
        ):
            if handler is not None:
                status, headers, body = handler(environ)
                environ["fondaco.route"] = self._pattern(path)
                accesslog.note(environ, status, began)
                start_response(status, headers)
                return (body,)
            answer = self._answer(environ)

            def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
                accesslog.note(environ, status, began)
                return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

            return answer(environ, start)

    def _pattern(self, path: str) -> str:
        """What the metrics call the route of a direct handler."""
        path = path.removesuffix("/")
        return path if path in self._exact else next(f"{below}*" for below, _ in self._below if path.startswith(below))

    def _handler_below(self, path: str) -> Direct | None:
        for prefix, handler in self._below:
            if path.startswith(prefix):
                return handler
        return None

    def _answer(self, environ: Environ) -> Callable[..., Iterable[bytes]]:
        """A WSGI callable for any request; no exception leaves here."""
        try:
            static = self.static.respond(environ)
            if static is not None:
                environ["fondaco.route"] = STATIC_ROUTE
                return static
        except HTTPException as error:
            return error
        request = Request(environ=environ, app=self)
        requests.push(request)
        try:
            return self._pipeline.serve(request)
        except HTTPException as error:
            return refusal(error)
        except Exception as error:
            if faults.is_away(error):
                return away(request, error)
            _logger.log(faults.log_level(error), "Exception during request handling.", exc_info=error)
            return InternalServerError(
                f"The server could not answer. Request id: {environ.get('fondaco.request_id', '-')}"
            )
        finally:
            self._note_performance(request)
            request.release()
            requests.pop()

    def set_csp(self, response: Any) -> None:
        """Images may carry scripts (SVG): they may not run them."""
        headers = response.headers
        if headers.get("Content-Type", "").startswith("image/") and "Content-Security-Policy" not in headers:
            headers["Content-Security-Policy"] = "default-src 'none'"

    # -- maps --------------------------------------------------------------------------------------------------------
    def routing_map(self, registry: Any) -> RoutingMap:
        """The routes of a database without the model that may add to them."""
        found: RoutingMap | None = getattr(registry, "_routing_map", None)
        if found is None:
            with self._lock:
                found = registry._routing_map = routing_map(registry.loaded_modules)
        return found

    @property
    def nodb_routing_map(self) -> RoutingMap:
        """Routes that need no database, of the server-wide modules."""
        if self._nodb_map is None:
            with self._lock:
                if self._nodb_map is None:
                    names = self.config.get("server_wide_modules") or ["base", "web"]
                    names = [name.strip() for name in (names.split(",") if isinstance(names, str) else names)]
                    names = ["base", *(name for name in names if name != "base")]
                    for name in names:
                        import_module(name)
                    self._nodb_map = routing_map_without_database(names)
        return self._nodb_map

    def get_static_file(self, url: str, host: str = "") -> str | None:
        """The file on disk of a static URL of this server, or None."""
        _, scheme, rest = url.partition("://")
        if scheme:
            netloc, _, path = rest.partition("/")
            if netloc != host:
                return None
            url = f"/{path}"
        return self.static.find(url.partition("?")[0])

    # -- log-in ------------------------------------------------------------------------------------------------------
    def _authenticate(self, session: Session, dbname: str, credential: MutableMapping[str, Any]) -> dict[str, Any]:
        registry = self.registries.get(dbname)
        request = requests.top
        environ = request.environ if request is not None else {}
        agent = {
            "interactive": True,
            "HTTP_HOST": environ.get("HTTP_HOST"),
            "REMOTE_ADDR": environ.get("REMOTE_ADDR"),
            "base_location": request.httprequest.url_root.rstrip("/") if request is not None else "",
        }
        outcome: dict[str, Any] = registry["res.users"].authenticate(dbname, credential, agent)
        session.begin_steps(dbname, credential["login"], outcome["uid"])

        def finish(env: Any) -> None:
            session.pass_step(env, "mfa" if outcome.get("mfa") == "skip" else "credential")

        transact(registry, finish, uid=outcome["uid"], context={})
        if request is not None and request.session is session and request.db == dbname and request.env is not None:
            request.env = request.env(user=session.uid, context=session.context or {})
        return outcome

    # -- log ---------------------------------------------------------------------------------------------------------
    def _note_performance(self, request: Request) -> None:
        if request.env is not None:
            cr = request.env.cr
            request.environ["fondaco.performance"] = (getattr(cr, "sql_count", 0), getattr(cr, "sql_seconds", 0.0))
        request.environ["fondaco.db"] = request.db
        if request.session is not None:
            request.environ["fondaco.uid"] = request.session.uid
        if request.matched is not None:
            request.environ["fondaco.route"] = request.matched[1].rule
        if request.path.startswith("/web/dataset/call_") and "method" in request.params:
            request.environ["fondaco.call"] = f"{request.params.get('model')}.{request.params['method']}"


def _identified(environ: Environ, start_response: StartResponse) -> StartResponse:
    """Give the request an id where the server in front of us did not; the answer tells it."""
    if "fondaco.request_id" in environ:
        return start_response
    environ["fondaco.request_id"] = secrets.token_hex(8)

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        return start_response(status, [*headers, ("X-Request-Id", environ["fondaco.request_id"])], *more)

    return start
