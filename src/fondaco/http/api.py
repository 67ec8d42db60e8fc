"""The names that `odoo.http` has for addons, and the few functions that exist only for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.local import LocalProxy

from fondaco.faults import serialize_exception
from fondaco.http import tenancy
from fondaco.http.current import outside, request, requests
from fondaco.http.dispatch import (
    CORS_MAX_AGE,
    JSON_MIMETYPES,
    Dispatcher,
    HttpDispatcher,
    JsonRPCDispatcher,
    SessionExpiredException,
    is_cors_preflight,
)
from fondaco.http.request import CSRF_FREE_METHODS, DEFAULT_LANG, DEFAULT_MAX_CONTENT_LENGTH, HTTPRequest, Request
from fondaco.http.response import (
    SESSION_LIFETIME,
    STATIC_CACHE,
    STATIC_CACHE_LONG,
    FutureResponse,
    Response,
    Stream,
    content_disposition,
)
from fondaco.http.routing import Controller, ModelConverter, ModelsConverter, RecordsInPath, SignedIntConverter, route
from fondaco.http.sessions import Session, SessionStore, default_values
from fondaco.values.jsontext import json_default

if TYPE_CHECKING:
    from fondaco.http.application import Application

__all__ = [
    "CORS_MAX_AGE",
    "CSRF_FREE_METHODS",
    "DEFAULT_LANG",
    "DEFAULT_MAX_CONTENT_LENGTH",
    "JSON_MIMETYPES",
    "SESSION_LIFETIME",
    "STATIC_CACHE",
    "STATIC_CACHE_LONG",
    "Controller",
    "Dispatcher",
    "FutureResponse",
    "HTTPRequest",
    "HttpDispatcher",
    "JsonRPCDispatcher",
    "ModelConverter",
    "ModelsConverter",
    "RecordsInPath",
    "Request",
    "Response",
    "Session",
    "SessionExpiredException",
    "SessionStore",
    "SignedIntConverter",
    "Stream",
    "content_disposition",
    "db_filter",
    "db_list",
    "get_default_session",
    "is_cors_preflight",
    "json_default",
    "request",
    "root",
    "route",
    "serialize_exception",
]


def _application() -> Application:
    current = requests.top
    application = current.app if current is not None else outside.application
    if application is None:
        raise RuntimeError("http.root: no request is being served")
    return application


root: Any = LocalProxy(_application)
"""The application that serves the current request."""


def db_list(force: bool = False, host: str | None = None) -> list[str]:
    """The databases this host may see; `AccessDenied` if listing is off and `force` is not given."""
    app = _application()
    return tenancy.visible(app.registries.names, _host(host), app.config, force=force)


def db_filter(dbs: Iterable[str], host: str | None = None) -> list[str]:
    """Those of `dbs` that this host may see."""
    return tenancy.filtered(dbs, _host(host), _application().config)


def _host(host: str | None) -> str:
    if host is not None:
        return host
    current = requests.top
    return str(current.environ.get("HTTP_HOST", "")) if current is not None else ""


def get_default_session() -> dict[str, Any]:
    """What a new session holds."""
    return default_values()
