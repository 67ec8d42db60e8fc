"""Requests from browsers: what addons know as `odoo.http`.

Reading order: routing (which endpoint), request and response (what it gets and gives), sessions and tenancy (who, on
which database), dispatch (bodies and errors), stages (what `ir.http` may override), application (the pipeline), wire,
worker and serve (the server).
"""

from fondaco.http.api import (
    SESSION_LIFETIME as SESSION_LIFETIME,
)
from fondaco.http.api import (
    STATIC_CACHE as STATIC_CACHE,
)
from fondaco.http.api import (
    STATIC_CACHE_LONG as STATIC_CACHE_LONG,
)
from fondaco.http.api import (
    Controller as Controller,
)
from fondaco.http.api import (
    Dispatcher as Dispatcher,
)
from fondaco.http.api import (
    FutureResponse as FutureResponse,
)
from fondaco.http.api import (
    HttpDispatcher as HttpDispatcher,
)
from fondaco.http.api import (
    JsonRPCDispatcher as JsonRPCDispatcher,
)
from fondaco.http.api import (
    ModelConverter as ModelConverter,
)
from fondaco.http.api import (
    RecordsInPath as RecordsInPath,
)
from fondaco.http.api import (
    Request as Request,
)
from fondaco.http.api import (
    Response as Response,
)
from fondaco.http.api import (
    Session as Session,
)
from fondaco.http.api import (
    SessionExpiredException as SessionExpiredException,
)
from fondaco.http.api import (
    Stream as Stream,
)
from fondaco.http.api import (
    content_disposition as content_disposition,
)
from fondaco.http.api import (
    db_filter as db_filter,
)
from fondaco.http.api import (
    db_list as db_list,
)
from fondaco.http.api import (
    request as request,
)
from fondaco.http.api import (
    root as root,
)
from fondaco.http.api import (
    route as route,
)
