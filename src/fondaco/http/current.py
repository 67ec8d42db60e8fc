"""Which request is this thread serving?

`request` is a proxy for addons (`odoo.http.request`); the core passes the request as an argument. It is falsy outside
of a request.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from werkzeug.local import LocalStack

if TYPE_CHECKING:
    from fondaco.http.application import Application
    from fondaco.http.request import Request

# The address of whoever is served, also where there is no request to ask: RPC services have none.
peer: ContextVar[str | None] = ContextVar("peer", default=None)
requests: LocalStack[Request] = LocalStack()
request: Request = requests()  # type: ignore[assignment]  # a proxy that behaves as the request on top


class _Outside:
    """The application that answers where no request is being served: the one that HTTP tests ask."""

    application: Application | None = None


outside = _Outside()
