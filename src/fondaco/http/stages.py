"""The built-in form of the six points at which `ir.http` may be overridden.

The model `ir.http` of addons/base is a row of doors to these functions:

    class IrHttp(models.AbstractModel):
        _name = "ir.http"

        @classmethod
        def _match(cls, path_info):            return stages.match(http.request, path_info)
        @classmethod
        def _authenticate(cls, endpoint):      return stages.authenticate(http.request, endpoint)   # asks
        cls._auth_method_<auth>() @classmethod
        def _auth_method_user(cls):            return stages.auth_user(http.request)                 # _none, _public,
        _bearer alike @classmethod
        def _pre_dispatch(cls, rule, args):    return stages.pre_dispatch(http.request, rule, args)
        @classmethod
        def _dispatch(cls, endpoint):          return stages.dispatch(http.request, endpoint)
        @classmethod
        def _post_dispatch(cls, response):     return stages.post_dispatch(http.request, response)
        @classmethod
        def _handle_error(cls, exception):     return stages.handle_error(http.request, exception)
        @classmethod
        def _serve_fallback(cls):              return None
        @classmethod
        def _get_converters(cls):              return dict(routing.CONVERTERS)

Where the model does not exist yet, the application calls the functions themselves.
"""

from __future__ import annotations

import logging
import re
from contextlib import closing
from typing import Any
from urllib.parse import quote

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import RequestRedirect

from fondaco.errors import AccessDenied, AccessError, MissingError
from fondaco.http.dispatch import SessionExpiredException
from fondaco.http.request import Request
from fondaco.http.routing import Endpoint, RecordsInPath, RoutingMap
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.values.collections import frozendict

_logger = logging.getLogger("odoo.http")
SLASHES = re.compile("/{2,}")


class NotYet(Exception):
    """The routes of a database are known only within its transaction: an addon keeps some of them in tables."""


def match(request: Request, path_info: str) -> tuple[Any, dict[str, Any]]:
    """(rule, arguments) of a path in the map of the request's database; `NotFound` if no route has it.

    A path with doubled slashes that would have one without is answered by `RequestRedirect`. Asked before there is a
    transaction: `NotYet` where an answer needs one.
    """
    known = request.matched
    if known is not None and known[0] == path_info:
        return known[1], dict(known[2])
    routes = _routing_map(request)
    try:
        rule, args = routes.match(path_info, request.method)
    except NotFound:
        single = SLASHES.sub("/", path_info)
        if single == path_info:
            raise
        routes.match(single, request.method)
        raise RequestRedirect(_address(request, single)) from None
    request.matched = (path_info, rule, args)
    return rule, dict(args)


def _address(request: Request, path: str) -> str:
    query = request.environ.get("QUERY_STRING", "")
    return request.httprequest.host_url.rstrip("/") + quote(path) + (f"?{query}" if query else "")


def _routing_map(request: Request) -> RoutingMap:
    registry = request.registry
    if "ir.http" not in registry:
        return request.app.routing_map(registry)
    if registry["ir.http"]._has_plain_routes():
        return plain_routes(registry)
    if request.env is None:
        raise NotYet
    found: RoutingMap = request.env["ir.http"].routing_map()
    return found


def plain_routes(registry: Any) -> RoutingMap:
    """The map of a database whose routes come from the code of its modules alone; made once."""
    generation = registry.generation("routing")
    if registry.routes is None or registry.routes[0] != generation:
        with closing(registry.cursor()) as cr:
            registry.routes = (generation, Environment(cr, SUPERUSER_ID, {})["ir.http"].routing_map())
    found: RoutingMap = registry.routes[1]
    return found


def authenticate(request: Request, endpoint: Endpoint) -> None:
    """Let the route's authentication method decide in whose name it runs."""
    auth = endpoint.routing["auth"]
    try:
        if request.session.uid is not None and not session_holds(request):
            request.session.logout(keep_db=True)
            request.app.session_store.rotate(request.session, None)
            request.env = request.env(user=None, context=frozendict(request.session.context or {}), su=False)
        elif request.session.uid is not None and not request.session.is_traced(request.environ):
            request.env(user=request.session.uid)["res.device.log"]._update_device(request)
        ir_http = request.registry.get("ir.http")
        method = getattr(ir_http, f"_auth_method_{auth}", None)
        if method is not None:
            method()
        else:
            _BUILT_IN_METHODS[auth](request)
    except (AccessDenied, SessionExpiredException, HTTPException):
        raise
    except KeyError:
        raise LookupError(
            f"{endpoint!r}: unknown auth {auth!r}; expected a method _auth_method_{auth} on ir.http"
        ) from None


def session_holds(request: Request) -> bool:
    """Whether the session still is what was handed out: a changed password or a revoked device ends it."""
    session = request.session
    user = request.env(user=session.uid, su=False)["res.users"].browse(session.uid)
    try:
        expected = user._compute_session_token(session.sid)
    except MissingError:
        return False
    return bool(expected) and session.session_token == expected


def auth_none(request: Request) -> None:
    """Nobody: the endpoint decides for itself."""
    env = request.env
    request.env = type(env)(env.cr, None, env.context)


def auth_user(request: Request) -> None:
    """The user of the session, who must exist."""
    if request.session.uid is None:
        raise SessionExpiredException("Session expired")
    if request.env.uid != request.session.uid:
        request.update_env(user=request.session.uid)


def auth_public(request: Request) -> None:
    """The user of the session, or the public user."""
    if request.env.uid is None:
        public = (
            request.env["ir.model.data"].sudo()._xmlid_to_res_model_res_id("base.public_user", raise_if_not_found=True)
        )
        request.update_env(user=public[1])


def auth_bearer(request: Request) -> None:
    """The owner of the API key in the Authorization header; without one, as `auth_user`, from a page of ours only."""
    header = request.environ.get("HTTP_AUTHORIZATION", "")
    kind, _, token = header.partition(" ")
    if kind.lower() == "bearer" and token:
        uid = request.env["res.users.apikeys"]._check_credentials(scope="rpc", key=token.strip())
        if not uid:
            raise AccessDenied
        request.update_env(user=uid)
        request.session.can_save = False
        return
    auth_user(request)
    if request.environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in ("same-origin", "none"):
        raise SessionExpiredException("Session expired")


_BUILT_IN_METHODS = {"none": auth_none, "user": auth_user, "public": auth_public, "bearer": auth_bearer}


def pre_dispatch(request: Request, rule: Any, args: dict[str, Any]) -> None:
    """Prepare the dispatcher, the language of the context and the records named in the path."""
    request.dispatcher.pre_dispatch(rule, args)
    if "debug" in request.environ.get("QUERY_STRING", ""):
        debug = request.httprequest.args.get("debug")
        if debug is not None:
            request.session.debug = (
                ",".join(part for part in debug.split(",") if part in ("", "1", "assets", "tests")) or ""
            )
    for name, value in list(args.items()):
        if isinstance(value, RecordsInPath):
            value = request.env[value.model].browse(value.ids)
        if hasattr(value, "_ids"):
            args[name] = _readable(request, rule, value.with_env(request.env))


def _readable(request: Request, rule: Any, records: Any) -> Any:
    """`records` if they exist and may be read; else what the route wants: 404, or the access error."""
    existing = records.exists()
    if len(existing) != len(records):
        raise NotFound
    try:
        existing.check_access("read")
    except (AccessError, MissingError) as error:
        handler = rule.endpoint.routing.get("handle_params_access_error")
        answer = handler(error) if handler else None
        if isinstance(answer, HTTPException):
            raise answer from None
        raise
    return records


def dispatch(request: Request, endpoint: Endpoint) -> Any:
    """Call the endpoint; templates are rendered while the transaction is open."""
    result = endpoint(**request.params)
    if hasattr(result, "flatten"):
        if getattr(result, "is_qweb", False) and result.render_environment is None:
            result.render_environment = request.env
        result.flatten()
    return result


def post_dispatch(request: Request, response: Any) -> None:
    """Finish the response."""
    request.dispatcher.post_dispatch(response)


def handle_error(request: Request, exception: Exception) -> Any:
    """The answer for an exception."""
    return request.dispatcher.handle_error(exception)
