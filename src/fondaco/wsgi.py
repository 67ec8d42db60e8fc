"""How is the application assembled, and how does it run under a foreign WSGI server?

    from fondaco.wsgi import build
    application = build(config, registries)      # pages of the addons + /jsonrpc + /xmlrpc: a plain WSGI callable

    gunicorn fondaco.wsgi:application            # settings from FONDACO_* variables and the file in FONDACO_RC /
    ODOO_RC

The command line gives what `build` returns to `fondaco.http.serve.serve(config, application, ...)`.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from fondaco import engine, log
from fondaco.config import Config, load
from fondaco.http import tenancy
from fondaco.http.application import Application
from fondaco.modules.cache_report import CacheReporter
from fondaco.rpc.endpoints import Endpoints
from fondaco.server import housekeeping


def build(config: Config, registries: Any) -> Application:
    """The application of these registries, RPC services included."""
    endpoints = Endpoints(registries, config, tenancy.gate(config))
    return Application(registries, config, direct=endpoints.handlers(), services=endpoints.services)


class _Lazy:
    """The application of a process that a foreign server started: opened by its first request, after the server has
    forked."""

    def __init__(self) -> None:
        self._application: Application | None = None
        self._stack = contextlib.ExitStack()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        application = self._application or self._open()
        return application(environ, start_response)

    def _open(self) -> Application:
        with self._lock:
            if self._application is None:
                config = load([], os.environ)
                log.set_up(config)
                opened = self._stack.enter_context(engine.opened(config))
                housekeeping.start([opened.registries.sweep, CacheReporter(opened.registries).report])
                self._application = build(opened.config, opened.registries)
        return self._application


application = _Lazy()
