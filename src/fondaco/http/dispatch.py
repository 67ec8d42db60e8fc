"""How do a body become parameters, a result an answer, and an exception an error the client understands?

One class per type of route: `http` (forms and pages) and `json` (JSON-RPC 2.0 envelopes).
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import werkzeug.exceptions
import werkzeug.wrappers
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, InternalServerError, RequestEntityTooLarge

from fondaco import faults
from fondaco.errors import AccessDenied, AccessError, MissingError, RedirectWarning, UserError
from fondaco.http.request import CSRF_FREE_METHODS, Request, bad_json
from fondaco.http.response import Response
from fondaco.http.routing import Endpoint
from fondaco.http.sizes import too_large

_logger = logging.getLogger("odoo.http")

CORS_MAX_AGE = 60 * 60 * 24  # seconds
REFUSED = "X-Fondaco-Refused"
"""Tells our client that the message of an error is a sentence for people, whatever class an addon gave it."""
JSON_MIMETYPES = ("application/json", "application/json-rpc")


class SessionExpiredException(Exception):
    """The route needs a user and the session has none, or none any more."""

    def __init__(self, message: str = "Session expired") -> None:
        super().__init__(message)


class Dispatcher(ABC):
    """The treatment of one type of route."""

    routing_type: ClassVar[str]

    def __init__(self, request: Request) -> None:
        self.request = request

    @classmethod
    @abstractmethod
    def is_compatible_with(cls, request: Request) -> bool:
        """Whether the request looks like one for this type of route."""

    def pre_dispatch(self, rule: Any, args: Mapping[str, Any]) -> None:
        """Prepare the session and CORS headers; a preflight is answered here."""
        routing = rule.endpoint.routing
        request = self.request
        request.session.can_save = request.session.can_save and routing.get("save_session", True)
        headers = request.future_response.headers
        cors = routing.get("cors")
        if cors:
            headers["Access-Control-Allow-Origin"] = cors
            headers["Access-Control-Allow-Methods"] = (
                "POST" if routing["type"] == "json" else ", ".join(routing["methods"] or ("GET", "POST"))
            )
            if is_cors_preflight(request, rule.endpoint):
                headers["Access-Control-Max-Age"] = str(CORS_MAX_AGE)
                headers["Access-Control-Allow-Headers"] = (
                    "Origin, X-Requested-With, Content-Type, Accept, Authorization"
                )
                raise Preflight

    @abstractmethod
    def dispatch(self, endpoint: Endpoint, args: Mapping[str, Any]) -> Any:
        """Decode the body, call the endpoint, encode its result."""

    def post_dispatch(self, response: Any) -> None:
        """Add what was put aside while the endpoint ran: headers and cookies."""
        added = self.request.future_response.headers
        if added:
            response.headers.extend(added)

    @abstractmethod
    def handle_error(self, exc: Exception) -> Any:
        """The answer for an exception: a response or a WSGI callable."""


class Preflight(HTTPException):
    """A CORS preflight is answered with nothing but its headers."""

    code = 204

    def get_response(self, *_args: Any, **_kwargs: Any) -> werkzeug.wrappers.Response:
        return werkzeug.wrappers.Response(status=HTTPStatus.NO_CONTENT)


def is_cors_preflight(request: Request, endpoint: Endpoint) -> bool:
    """Whether a browser asks, before a cross-origin call, if it may."""
    return request.method == "OPTIONS" and bool(endpoint.routing.get("cors"))


class HttpDispatcher(Dispatcher):
    """Pages and forms: parameters from query, form and path; the answer is a response."""

    routing_type = "http"

    @classmethod
    def is_compatible_with(cls, request: Request) -> bool:
        return True

    def dispatch(self, endpoint: Endpoint, args: Mapping[str, Any]) -> Any:
        request = self.request
        request.params = {**request.get_http_params(), **args}
        if request.method not in CSRF_FREE_METHODS and endpoint.routing.get("csrf", True):
            self._require_token(endpoint)
        if request.env is not None and "ir.http" in request.env:
            return request.env["ir.http"]._dispatch(endpoint)
        return endpoint(**request.params)

    def _require_token(self, endpoint: Endpoint) -> None:
        request = self.request
        token = request.params.pop("csrf_token", None)
        if not request.validate_csrf(token):
            _logger.info(
                'CSRF token %s path=%s; forms need <input type="hidden" name="csrf_token" '
                't-att-value="request.csrf_token()"/>',
                "refused" if token is not None else "missing",
                request.path,
            )
            raise BadRequest("Session expired (invalid CSRF token)")

    def handle_error(self, exc: Exception) -> Any:
        if isinstance(exc, SessionExpiredException):
            return self._to_login()
        if isinstance(exc, HTTPException):
            return exc
        if isinstance(exc, UserError):
            status = getattr(exc, "http_status", 422)
            if isinstance(exc, AccessDenied | AccessError):
                return Forbidden(str(exc))
            if isinstance(exc, MissingError):
                return werkzeug.exceptions.NotFound(str(exc))
            return werkzeug.exceptions.default_exceptions.get(status, BadRequest)(str(exc))
        return InternalServerError()

    def _to_login(self) -> Response:
        """An expired session leads to the log-in page and back; scripts that post get a plain refusal."""
        request = self.request
        session = request.session
        was_known = session.uid is not None
        session.logout(keep_db=True)
        query = request.environ.get("QUERY_STRING", "")
        response = request.redirect_query("/web/login", {"redirect": f"{request.path}?{query}"})
        if was_known:
            request.app.session_store.rotate(session, None)
            response.set_cookie(
                "session_id", session.sid, max_age=request.app.session_store.lifetime, httponly=True, samesite="Lax",
                secure=request.environ["wsgi.url_scheme"] == "https",
            )  # fmt: skip
        return response


class JsonRPCDispatcher(Dispatcher):
    """JSON-RPC 2.0 over POST: parameters by name from `params`; every answer is 200, with `result` or `error`."""

    routing_type = "json"

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.jsonrequest: dict[str, Any] = {}
        self.request_id: Any = None

    @classmethod
    def is_compatible_with(cls, request: Request) -> bool:
        content_type = request.environ.get("CONTENT_TYPE") or ""
        return content_type.partition(";")[0].strip().lower() in JSON_MIMETYPES

    def dispatch(self, endpoint: Endpoint, args: Mapping[str, Any]) -> Any:
        request = self.request
        try:
            document = request.get_json_data()
        except ValueError as error:
            raise bad_json(error) from None
        if not isinstance(document, dict):
            raise BadRequest("Invalid JSON-RPC data: the body is no object")
        self.jsonrequest = document
        self.request_id = document.get("id")
        request.params = {**dict(document.get("params") or {}), **args}
        if request.env is not None and "ir.http" in request.env:
            result = request.env["ir.http"]._dispatch(endpoint)
        else:
            result = endpoint(**request.params)
        if isinstance(result, werkzeug.wrappers.Response | HTTPException):
            return result
        return self._answer({"result": result} if result is not None else {})

    def handle_error(self, exc: Exception) -> Callable[..., Any]:
        """JSON errors; a request that is no JSON-RPC at all is refused as HTTP does."""
        if isinstance(exc, BadRequest) and not self.jsonrequest:
            return exc
        answer = self._answer({"error": faults.json_error(exc, expired=isinstance(exc, SessionExpiredException))})
        if isinstance(exc, UserError | RedirectWarning):
            answer.headers[REFUSED] = "1"
        return answer

    def _answer(self, member: dict[str, Any]) -> Response:
        return self.request.make_json_response({"jsonrpc": "2.0", "id": self.request_id, **member})


DISPATCHERS: Mapping[str, type[Dispatcher]] = {"http": HttpDispatcher, "json": JsonRPCDispatcher}


def for_rule(request: Request, rule: Any) -> Dispatcher:
    """The dispatcher of a rule; `BadRequest` if the request is not of its type, 413 if it brings too much for it."""
    most = rule.endpoint.routing.get("max_content_length")
    if most is not None and int(request.environ.get("CONTENT_LENGTH") or 0) > most:
        raise RequestEntityTooLarge(too_large(most))
    wanted = rule.endpoint.routing["type"]
    kind = DISPATCHERS[wanted]
    if not kind.is_compatible_with(request) and not is_cors_preflight(request, rule.endpoint):
        raise BadRequest(f"This route takes JSON-RPC (POST, Content-Type: application/json): {request.path}")
    return kind(request)
