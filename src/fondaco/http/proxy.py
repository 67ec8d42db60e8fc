"""Whose word counts for client address, host and scheme when a reverse proxy stands in front?

Only with `proxy_mode`, and then only the last value of each header: the one written by the proxy that talks to us.
Each header counts by itself, so that a proxy which sets X-Forwarded-For and -Proto but keeps Host is understood too.
"""

from __future__ import annotations

import re
from typing import Any

_HOST = re.compile(r"[A-Za-z0-9._-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_ADDRESS = re.compile(
    r"(?P<v4>\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?|\[(?P<v6>[0-9A-Fa-f:.]+)\](?::\d+)?|(?P<bare>[0-9A-Fa-f:]+)"
)


def apply_forwarded(environ: dict[str, Any]) -> None:
    """Rewrite the environ to what the client asked of the proxy."""
    address = _last(environ, "HTTP_X_FORWARDED_FOR") or environ.get("HTTP_X_REAL_IP", "").strip()
    match = _ADDRESS.fullmatch(address)
    if match:
        environ["fondaco.peer"] = environ.get("REMOTE_ADDR")
        environ["REMOTE_ADDR"] = match["v4"] or match["v6"] or match["bare"]
    scheme = _last(environ, "HTTP_X_FORWARDED_PROTO").lower()
    if scheme in ("http", "https"):
        environ["wsgi.url_scheme"] = scheme
    host = _last(environ, "HTTP_X_FORWARDED_HOST")
    if host and _HOST.fullmatch(host):
        environ["HTTP_HOST"] = host
        environ["SERVER_NAME"] = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host


def _last(environ: dict[str, Any], key: str) -> str:
    value = environ.get(key)
    return value.rpartition(",")[2].strip() if value else ""
