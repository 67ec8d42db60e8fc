"""What happens to a request, from the WSGI environ to the answer?

In this order, each asked once: direct handlers (RPC services), static files, session, database, registry, route,
transaction, answer. The points that addons override (`ir.http`) are called inside the transaction; `http/stages.py`
holds their built-in form.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, cast

import psycopg
import werkzeug.wrappers
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound, ServiceUnavailable
from werkzeug.routing import RequestRedirect

from fondaco import faults, log, metrics, tracing
from fondaco.errors import DatabaseNotFound
from fondaco.http import accesslog, dispatch, stages, tenancy
from fondaco.http.current import peer, requests
from fondaco.http.proxy import Proxies
from fondaco.http.request import DEFAULT_LANG, Request
from fondaco.http.response import FutureResponse, Response
from fondaco.http.routing import RoutingMap, is_readonly, routing_map, routing_map_without_database
from fondaco.http.sessions import POSITION, Session, session_store
from fondaco.http.slowlog import SlowLog
from fondaco.http.static import StaticFiles
from fondaco.modules.importing import import_module
from fondaco.modules.manifest import AddonsPath
from fondaco.modules.transaction import OldRegistry, checked, registry_of
from fondaco.registry.transact import transact, transact_trusting
from fondaco.server import deadlines
from fondaco.sql import databases
from fondaco.sql.replica import ANYWHERE

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
        with log.about(request_id=environ["fondaco.request_id"], address=environ.get("REMOTE_ADDR", "n/a")):
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
            return self._serve(request)
        except HTTPException as error:
            return self._refusal(request, error)
        except Exception as error:
            if faults.is_away(error):
                return self._away(request, error)
            _logger.log(faults.log_level(error), "Exception during request handling.", exc_info=error)
            return InternalServerError(
                f"The server could not answer. Request id: {environ.get('fondaco.request_id', '-')}"
            )
        finally:
            self._note_performance(request)
            requests.pop()

    def _away(self, request: Request, error: Exception) -> Callable[..., Iterable[bytes]]:
        """Database or object store do not answer: whatever the route speaks, it is the server's matter and passes."""
        metrics.ERRORS.count(str(request.db or log.NO_DATABASE), faults.kind(error))
        _logger.error("away: %s", str(error).strip())
        return ServiceUnavailable(faults.away_text(error), retry_after=faults.RETRY_AFTER_S)

    def _refusal(self, request: Request, error: HTTPException) -> Callable[..., Iterable[bytes]]:
        if error.code == 405 and isinstance(error, MethodNotAllowed) and error.valid_methods:
            error.valid_methods = sorted(error.valid_methods)
        return error

    # -- the pipeline ------------------------------------------------------------------------------------------------
    def _serve(self, request: Request) -> Callable[..., Iterable[bytes]]:
        self._open_session(request)
        if request.db is not None:
            try:
                request.registry = registry_of(self.registries, request.db)
            except DatabaseNotFound:
                self._start_over_without_database(request)
        if request.db is None:
            return self._serve_without_database(request)
        uid = request.session.uid
        with log.about(db=request.db, **({"uid": uid} if uid else {})):
            try:
                return self._serve_database(request)
            except OldRegistry:
                request.registry = self.registries.get(request.db)
                request.matched = None
                return self._serve_database(request)
            except DatabaseNotFound:
                self._start_over_without_database(request)
                return self._serve_without_database(request)

    def _start_over_without_database(self, request: Request) -> None:
        _logger.warning("database %s of a session is gone; the session starts over", request.db)
        self.registries.forget(request.db)
        request.session.logout()
        request.db = request.registry = request.env = request.matched = None

    def _is_gone(self, db: str, error: psycopg.OperationalError) -> bool:
        """Whether a transaction failed because another process dropped or renamed the database."""
        if error.sqlstate not in (None, "3D000", "08P01"):  # the last is PgBouncer's, which waited for it
            return False
        try:
            return not databases.exists(self.registries.pools, db)
        except psycopg.Error:
            return False

    def _open_session(self, request: Request) -> None:
        """Find session and database; a session belongs to one database and is emptied when the host leads to
        another."""
        environ = request.environ
        session = request.session = self.session_store.get(_cookie(environ, "session_id"))
        host = environ.get("HTTP_HOST") or ""
        name = tenancy.resolve(
            self.registries.names, host, self.config, wanted=environ.get("HTTP_X_ODOO_DATABASE"), current=session.db
        )
        if session.db != name:
            session.forget_steps()
            if session.db and session.uid is not None:
                _logger.info("session left database=%s for database=%s; logged out", session.db, name)
                session.logout()
            if name is not None:
                session.db = name
            # A choice that follows from the host needs no file: it is made again next time.
            session.is_dirty = False
        request.db = name

    def _serve_without_database(self, request: Request) -> Callable[..., Iterable[bytes]]:
        rule, args = self.nodb_routing_map.match(request.path, request.method)
        request.dispatcher = dispatch.for_rule(request, rule)
        try:
            request.dispatcher.pre_dispatch(rule, args)
            response = request.dispatcher.dispatch(rule.endpoint, args)
            response = Response.load(response) if not isinstance(response, werkzeug.wrappers.Response) else response
            request.dispatcher.post_dispatch(response)
        except Exception as error:  # noqa: BLE001  every error becomes the envelope of the route's type
            return self._error_response(request, error)
        self._close_session(request, response)
        return self._finish(response)

    def _serve_database(self, request: Request) -> Callable[..., Iterable[bytes]]:
        registry, session = request.registry, request.session
        snapshot = (session.snapshot(), session.sid, session.is_new)
        rule, readonly = None, False
        try:
            rule, _args = stages.match(request, request.path)
        except (NotFound, MethodNotAllowed, RequestRedirect, stages.NotYet):
            # A fallback of ir.http may still have a page for this path.
            request.dispatcher = dispatch.HttpDispatcher(request)
        else:
            try:
                request.dispatcher = dispatch.for_rule(request, rule)
                readonly = is_readonly(rule.endpoint)
            except Exception as error:  # noqa: BLE001  the callable of a route may refuse
                return self._error_response(request, error)
        attempts = itertools.count(1)
        cursors: list[Any] = []  # the last one that was tried

        def work(env: Any) -> Any:
            cursors[:] = [env.cr]
            if next(attempts) > 1:
                _start_over(request, *snapshot)
            request.env = env
            if not session.context and "HTTP_ACCEPT_LANGUAGE" in request.environ:
                self._speak(request)
            response = self._run_stages(request, rule is None)
            if session.should_rotate and session.can_save:
                self.session_store.rotate(session, request.env)
                session.touch()
            return response

        try:
            context = session.context or {"lang": DEFAULT_LANG}
            response = transact_trusting(
                registry,
                checked(registry, work),
                uid=session.uid,
                context=context,
                readonly=readonly,
                after=session.get(POSITION, ANYWHERE),
            )
        except OldRegistry:
            raise
        except Exception as error:
            if isinstance(error, psycopg.OperationalError) and self._is_gone(str(request.db), error):
                raise DatabaseNotFound(f"database {request.db!r} does not exist any more") from error
            return self._error_response(request, error)
        if cursors[0].position is not None:
            session[POSITION] = cursors[0].position  # what this session wrote, it reads
        self._close_session(request, response)
        return self._finish(response)

    def _run_stages(self, request: Request, is_unmatched: bool) -> Any:
        """Match, authenticate, pre-dispatch, dispatch, post-dispatch: by `ir.http` where the database has it."""
        ir_http = request.registry.get("ir.http") if "ir.http" in request.registry else None
        if ir_http is None:
            rule, args = stages.match(request, request.path)
            stages.authenticate(request, rule.endpoint)
            stages.pre_dispatch(request, rule, args)
        else:
            try:
                rule, args = ir_http._match(request.path)
            except NotFound:
                fallback = ir_http._serve_fallback() if hasattr(ir_http, "_serve_fallback") else None
                if fallback is None:
                    raise
                fallback.flatten()
                ir_http._post_dispatch(fallback)
                return fallback
            if is_unmatched:
                request.dispatcher = dispatch.for_rule(request, rule)
            ir_http._authenticate(rule.endpoint)
            ir_http._pre_dispatch(rule, args)
        response = request.dispatcher.dispatch(rule.endpoint, args)
        if not isinstance(response, werkzeug.wrappers.Response):
            response = Response.load(response, repr(rule.endpoint))
        if isinstance(response, Response) and response.is_qweb:
            response.render_environment = response.render_environment or request.env
            response.flatten()
        (ir_http._post_dispatch(response) if ir_http is not None else stages.post_dispatch(request, response))
        return response

    def _speak(self, request: Request) -> None:
        """A visitor without preferences is served in the language of his browser, where it is installed; else in that
        of new contacts."""
        wanted = request.default_lang()
        if wanted != DEFAULT_LANG and "res.lang" in request.registry:
            installed = {code for code, _name in request.env["res.lang"].sudo().get_installed()}
            language = wanted.partition("_")[0]
            alike = sorted(code for code in installed if code.partition("_")[0] == language)
            usual = request.env["ir.default"].sudo()._get("res.partner", "lang")
            chosen = [wanted, *alike, usual or DEFAULT_LANG]
            request.update_context(lang=next((code for code in chosen if code in installed), DEFAULT_LANG))

    def _error_response(self, request: Request, error: Exception) -> Callable[..., Iterable[bytes]]:
        if isinstance(error, HTTPException) and request.dispatcher is None:
            return self._refusal(request, error)
        if faults.is_away(error):
            return self._away(request, error)
        if isinstance(error, dispatch.Preflight):
            response = error.get_response()
            request.dispatcher.post_dispatch(response)
            return response
        if isinstance(error, HTTPException) and error.response is not None:
            # Not an error: an endpoint answers from deep inside (a redirection, usually), and means it.
            answer = Response.load(error.response)
            request.dispatcher.post_dispatch(answer)
            self._close_session(request, answer)
            return self._finish(answer)
        metrics.ERRORS.count(str(request.db or log.NO_DATABASE), faults.kind(error))
        if not isinstance(error, HTTPException | dispatch.SessionExpiredException):
            level = faults.log_level(error)
            if level >= logging.ERROR:
                _logger.error("Exception during request handling. request=%s", request, exc_info=error)
            else:
                _logger.log(level, "%s: %s path=%s", type(error).__name__, error, request.path)
        request.future_response = FutureResponse()
        ir_http = (
            request.registry.get("ir.http") if request.registry is not None and "ir.http" in request.registry else None
        )
        dispatcher = request.dispatcher or dispatch.HttpDispatcher(request)
        request.dispatcher = dispatcher
        if ir_http is not None and hasattr(ir_http, "_handle_error"):
            return cast(Callable[..., Iterable[bytes]], ir_http._handle_error(error))
        return cast(Callable[..., Iterable[bytes]], dispatcher.handle_error(error))

    def _close_session(self, request: Request, response: Any) -> None:
        """Write what changed and hand out the id where the client has none or another."""
        session = request.session
        if not session.can_save:
            return
        if session.should_rotate:
            self.session_store.rotate(session, None)
        elif session.is_dirty and (not session.is_new or any(value for value in session.values())):
            self.session_store.save(session)
        elif not session.is_new:
            if session.sid == _cookie(request.environ, "session_id"):
                return
        is_secure = request.environ["wsgi.url_scheme"] == "https"
        response.headers.add("Set-Cookie", self.session_store.cookie(session.sid, is_secure=is_secure))

    def _finish(self, response: Any) -> Callable[..., Iterable[bytes]]:
        headers = response.headers
        given = {name.lower() for name, _value in headers}
        if "x-content-type-options" not in given:
            headers.add("X-Content-Type-Options", "nosniff")
        if "content-security-policy" not in given:
            self.set_csp(response)
        return response  # type: ignore[no-any-return]

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


def _cookie(environ: Mapping[str, Any], name: str) -> str | None:
    """One cookie, without parsing them all into a dictionary."""
    header = environ.get("HTTP_COOKIE")
    if not header:
        return None
    for part in header.split(";"):
        key, separator, value = part.partition("=")
        if separator and key.strip() == name:
            return str(value.strip().strip('"'))
    return None


def _start_over(request: Request, values: dict[str, Any], sid: str, is_new: bool) -> None:
    """Put the request back to where its first attempt began; the transaction failed and is repeated."""
    session = request.session
    session.clear()
    session.update(values)
    session.sid, session.is_new, session.is_dirty, session.should_rotate = sid, is_new, False, False
    request.future_response = FutureResponse()
    request.params = {}
    if request._httprequest is not None:
        for upload in request._httprequest.files.values():
            upload.seek(0)
