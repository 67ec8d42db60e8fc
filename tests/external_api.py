"""XML-RPC as scripts use it; an answer that does not come is a failure, not a wait without end."""

from __future__ import annotations

import http.client
import xmlrpc.client
from typing import Any

PATIENCE_S = 120


class _Patient(xmlrpc.client.Transport):
    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = super().make_connection(host)
        connection.timeout = PATIENCE_S
        return connection


def service(server: Any, name: str = "object") -> xmlrpc.client.ServerProxy:
    """A service of the external API at a server, or at an address."""
    return xmlrpc.client.ServerProxy(
        f"{getattr(server, 'url', server)}/xmlrpc/2/{name}", transport=_Patient(), allow_none=True
    )
