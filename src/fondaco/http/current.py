"""Which request is this thread serving?

`request` is a proxy for addons (`odoo.http.request`); the core passes the request as an argument. It is falsy outside
of a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.local import LocalStack

if TYPE_CHECKING:
    from fondaco.http.request import Request

requests: LocalStack[Request] = LocalStack()
request: Request = requests()  # type: ignore[assignment]  # a proxy that behaves as the request on top
