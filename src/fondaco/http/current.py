"""Which request is this thread serving?

`request` is a proxy for addons (`odoo.http.request`); the core passes the request as an argument. It is falsy outside
of a request.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from werkzeug.local import LocalProxy, LocalStack

if TYPE_CHECKING:
    from fondaco.http.application import Application
    from fondaco.http.request import Request

# The address of whoever is served, also where there is no request to ask: RPC services have none.
peer: ContextVar[str | None] = ContextVar("peer", default=None)
_stack: ContextVar[list[Request]] = ContextVar("requests")
requests: LocalStack[Request] = LocalStack(_stack)


class _Served(LocalProxy["Request"]):
    """The proxy with a shorter way to attributes, which is nearly all that it is asked for."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        stack = _stack.get(None)
        return getattr(stack[-1] if stack else self._get_current_object(), name)

    def __bool__(self) -> bool:
        stack = _stack.get(None)
        return bool(stack and stack[-1])


request: Request = _Served(requests)  # type: ignore[assignment]  # behaves as the request on top


class _Outside:
    """The application that answers where no request is being served: the one that HTTP tests ask."""

    application: Application | None = None


outside = _Outside()
