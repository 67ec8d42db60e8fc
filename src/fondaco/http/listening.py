"""On which ports does the server answer?

Two, and both serve the same: `http_port`, and `gevent_port`, to which proxies that were set up for Odoo send websockets
and long polling. They are bound once, before anything is forked.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import resource
import socket
from collections.abc import Mapping
from typing import Any

from fondaco.errors import ConfigError

_logger = logging.getLogger("odoo.service.server")

BACKLOG = 2048
LIVE_PORT = 8072  # the default of gevent_port


def raise_descriptor_limit() -> None:
    """Allow as many open files as the system lets us: every idle connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def bind(config: Mapping[str, Any]) -> list[socket.socket]:
    """The listening sockets, that of http_port first. With `workers = -1` there is that of gevent_port alone,
    with `--no-http` none."""
    if not config.get("http_enable", True):
        return []
    host = str(config.get("http_interface") or "0.0.0.0")
    port, live_port = int(config.get("http_port") or 0), int(config.get("gevent_port") or 0)
    if int(config.get("workers") or 0) < 0:
        return [_bound(host, live_port, "--gevent-port")] if live_port else []
    listeners = [_bound(host, port, "--http-port")]
    if live_port not in (0, port):
        try:
            listeners.append(_bound(host, live_port, "--gevent-port"))
        except ConfigError as error:
            if live_port != LIVE_PORT:
                listeners[0].close()
                raise
            # Nobody asked for this port: the second server on a machine does without it.
            _logger.warning("%s; meanwhile websockets and long polling answer on port %d alone", error, port)
    return listeners


def _bound(host: str, port: int, flag: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"port {port} on {shown(host)} is taken by another program; stop it or choose another with {flag}"
            ) from error
        if error.errno == errno.EACCES:
            raise ConfigError(
                f"port {port}: this account may not listen below 1024; choose another with {flag}"
            ) from error
        raise ConfigError(
            f"cannot listen on {host}:{port}: {error.strerror}; check http_interface and {flag}"
        ) from error
    listener.setblocking(False)
    return listener


def shown(host: str) -> str:
    """The host as one would type it into a browser on this machine."""
    return "localhost" if host in ("0.0.0.0", "::", "127.0.0.1", "::1") else f"[{host}]" if ":" in host else host
