"""What happens to a request that needs a session: database, registry, route, transaction, answer?

The points that addons override (`ir.http`) are called inside the transaction; `http/stages.py` holds their built-in
form.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

import psycopg
import werkzeug.wrappers
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, ServiceUnavailable
from werkzeug.routing import RequestRedirect

from fondaco import faults, log, metrics
from fondaco.errors import DatabaseNotFound
from fondaco.http import dispatch, stages, tenancy
from fondaco.http.accesslog import PROBES
from fondaco.http.request import DEFAULT_LANG, Request
from fondaco.http.response import FutureResponse, Response
from fondaco.http.routing import is_readonly
from fondaco.http.sessions import POSITION
from fondaco.http.shelf import SessionsFull
from fondaco.i18n.catalog import SPOKESMAN, get_translation
from fondaco.modules.transaction import OldRegistry, checked, registry_of
from fondaco.registry.transact import transact_trusting
from fondaco.sql import databases
from fondaco.sql.replica import ANYWHERE

if TYPE_CHECKING:
    from fondaco.http.application import Application

_logger = logging.getLogger("odoo.http")

PROBE_HEADERS = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))


class Pipeline:
    """The way of each such request, for one application."""

    def __init__(self, app: Application) -> None:
        self.app = app

    def __repr__(self) -> str:
        return f"<Pipeline of {self.app!r}>"

    def serve(self, request: Request) -> Callable[..., Iterable[bytes]]:
        if request.path in PROBES:
            return self._serve_probe(request)
        self._open_session(request)
        if request.db is not None:
            try:
                request.registry = registry_of(self.app.registries, request.db)
            except DatabaseNotFound:
                self._start_over_without_database(request)
        if request.db is None:
            return self._serve_without_database(request)
        uid = request.session.uid
        with log.about(db=request.db, **({"uid": uid} if uid else {})):
            try:
                return self._serve_database(request)
            except OldRegistry:
                request.registry = self.app.registries.get(request.db)
                request.matched = None
                return self._serve_database(request)
            except DatabaseNotFound:
                self._start_over_without_database(request)
                return self._serve_without_database(request)

    def _serve_probe(self, request: Request) -> Callable[..., Iterable[bytes]]:
        """Whether this process is alive is told without a session and a database: they may be away."""
        request.session = self.app.session_store.new()
        request.session.can_save = False
        try:
            return self._serve_without_database(request)
        except NotFound:
            if request.httprequest.method not in ("GET", "HEAD"):
                raise  # no probe, and a form of another site is not to be answered
            # The code of its module is loaded with a database only. This process lives in any case.
            response = request.make_response('{"status": "pass"}', PROBE_HEADERS)
            return self._finish(response)

    def _start_over_without_database(self, request: Request) -> None:
        _logger.warning("database %s of a session is gone; the session starts over", request.db)
        self.app.registries.forget(request.db)
        request.session.logout()
        request.db = request.registry = request.env = request.matched = None

    def _is_gone(self, db: str, error: psycopg.OperationalError) -> bool:
        """Whether a transaction failed because another process dropped or renamed the database."""
        if error.sqlstate not in (None, "3D000", "08P01"):  # the last is PgBouncer's, which waited for it
            return False
        try:
            return not databases.exists(self.app.registries.pools, db)
        except psycopg.Error:
            return False

    def _open_session(self, request: Request) -> None:
        """Find session and database; a session belongs to one database and is emptied when the host leads to
        another."""
        app, environ = self.app, request.environ
        session = request.session = app.session_store.get(_cookie(environ, "session_id"))
        host = environ.get("HTTP_HOST") or ""

        def names() -> list[str]:
            request.databases = app.registries.names()
            return request.databases

        name = tenancy.resolve(
            names,
            host,
            app.config,
            wanted=environ.get("HTTP_X_ODOO_DATABASE"),
            current=session.db,
        )
        if session.db != name:
            session.forget_steps()
            if session.db and session.uid is not None:
                _logger.info("session left database=%s for database=%s; logged out", session.db, name)
                session.logout()
            if name is not None:
                session.db = name
            # A choice that follows from the host needs no file: it is made again next time.
            session.is_dirty = session.is_needed = False
        request.db = name

    def _serve_without_database(self, request: Request) -> Callable[..., Iterable[bytes]]:
        rule, args = self.app.nodb_routing_map.match(request.path, request.method)
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
                self.app.session_store.rotate(session, request.env)
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
            return refusal(error)
        if faults.is_away(error):
            return away(request, error)
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
            self.app.session_store.rotate(session, None)
        elif session.is_dirty and (not session.is_new or any(value for value in session.values())):
            try:
                self.app.session_store.save(session)
            except SessionsFull:
                if session.is_needed:
                    raise
                # else the page is served without what it would have noted
        elif not session.is_new:
            if session.sid == _cookie(request.environ, "session_id"):
                return
        is_secure = request.environ["wsgi.url_scheme"] == "https"
        response.headers.add("Set-Cookie", self.app.session_store.cookie(session.sid, is_secure=is_secure))

    def _finish(self, response: Any) -> Callable[..., Iterable[bytes]]:
        headers = response.headers
        given = {name.lower() for name, _value in headers}
        if "x-content-type-options" not in given:
            headers.add("X-Content-Type-Options", "nosniff")
        if "content-security-policy" not in given:
            self.app.set_csp(response)
        return response  # type: ignore[no-any-return]


def away(request: Request, error: Exception) -> Callable[..., Iterable[bytes]]:
    """Database or object store do not answer: whatever the route speaks, it is the server's matter and passes."""
    metrics.ERRORS.count(str(request.db or log.NO_DATABASE), faults.kind(error))
    _logger.error("away: %s", str(error).strip())
    text = get_translation(SPOKESMAN, request.spoken_lang(), faults.away_text(error), ())
    answer = ServiceUnavailable(text, retry_after=faults.RETRY_AFTER_S).get_response()
    answer.headers["X-Fondaco-Away"] = faults.away_reason(error)
    return answer


def refusal(error: HTTPException) -> Callable[..., Iterable[bytes]]:
    """The error as an answer; the methods that a route takes in a settled order."""
    if error.code == 405 and isinstance(error, MethodNotAllowed) and error.valid_methods:
        error.valid_methods = sorted(error.valid_methods)
    return error


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
    session.sid, session.is_new, session.should_rotate = sid, is_new, False
    session.is_dirty = session.is_needed = False
    request.future_response = FutureResponse()
    request.params = {}
    if request._httprequest is not None:
        for upload in request._httprequest.files.values():
            upload.seek(0)
