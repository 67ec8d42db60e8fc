"""On which ports does the server answer?

Two, and both serve the same: `http_port`, and `gevent_port`, to which proxies that were set up for Odoo send websockets
and long polling. They are bound once, before anything is forked; a reload takes them over.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import resource
import socket
from collections.abc import Mapping, Sequence
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


def bind(config: Mapping[str, Any], open_already: Sequence[socket.socket] = ()) -> list[socket.socket]:
    """The listening sockets, that of http_port first. With `workers = -1` there is that of gevent_port alone,
    with `--no-http` none. open_already: what a reload left; those that are not wanted any more are closed."""
    if not config.get("http_enable", True):
        listeners = []
    elif int(config.get("workers") or 0) < 0:
        live_port = int(config.get("gevent_port") or 0)
        listeners = [_listener(config, "gevent_port", open_already, 0)] if live_port else []
    else:
        listeners = _both(config, open_already)
    for left in open_already:
        if left not in listeners:
            left.close()
    return listeners


def _both(config: Mapping[str, Any], open_already: Sequence[socket.socket]) -> list[socket.socket]:
    port, live_port = int(config.get("http_port") or 0), int(config.get("gevent_port") or 0)
    listeners = [_listener(config, "http_port", open_already, 0)]
    if live_port not in (0, port):
        try:
            listeners.append(_listener(config, "gevent_port", open_already, 1))
        except ConfigError as error:
            if live_port != LIVE_PORT:
                listeners[0].close()
                raise
            # Nobody asked for this port: the second server on a machine does without it.
            _logger.warning("%s; meanwhile websockets and long polling answer on port %d alone", error, port)
    return listeners


def _listener(
    config: Mapping[str, Any], option: str, open_already: Sequence[socket.socket], place: int
) -> socket.socket:
    """The socket of an option: one that is open already, if it has this address, else a new one."""
    host, port = str(config.get("http_interface") or "0.0.0.0"), int(config.get(option) or 0)
    for listener in open_already:
        if listener.family != socket.AF_UNIX and listener.getsockname()[:2] == (host, port):
            return listener
    if port == 0 and place < len(open_already):
        return open_already[place]
    try:
        return _bound(host, port, f"--{option.replace('_', '-')}")
    except ConfigError as error:
        if place >= len(open_already):
            raise
        # A reload ends nothing that serves: another address takes a restart when it cannot be had beside the old one.
        _logger.error("%s; the server goes on listening on %s", error, described(open_already[place]))
        return open_already[place]


def described(listener: socket.socket) -> str:
    """Where a socket listens, for the log."""
    if listener.family == socket.AF_UNIX:
        return str(listener.getsockname())
    host, port = listener.getsockname()[:2]
    return f"{shown(host)}:{port}"


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
