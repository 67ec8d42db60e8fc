"""Requests from browsers: what addons know as `odoo.http`.

Reading order: routing (which endpoint), request and response (what it gets and gives), sessions and tenancy (who, on which database),
dispatch (bodies and errors), stages (what `ir.http` may override), application (the pipeline), wire, worker and serve (the server).
"""

from fondaco.http.api import (
    Dispatcher as Dispatcher,
    FutureResponse as FutureResponse,
    HttpDispatcher as HttpDispatcher,
    JsonRPCDispatcher as JsonRPCDispatcher,
    content_disposition as content_disposition,
    Controller as Controller,
    db_filter as db_filter,
    db_list as db_list,
    Request as Request,
    request as request,
    Response as Response,
    root as root,
    route as route,
    Session as Session,
    SESSION_LIFETIME as SESSION_LIFETIME,
    SessionExpiredException as SessionExpiredException,
    STATIC_CACHE as STATIC_CACHE,
    STATIC_CACHE_LONG as STATIC_CACHE_LONG,
    Stream as Stream,
)
