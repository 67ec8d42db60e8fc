"""How is the application assembled, and how does it run under a foreign WSGI server?

    from fondaco.wsgi import build
    application = build(config, registries)      # pages of the addons + /jsonrpc + /xmlrpc: a plain WSGI callable

    gunicorn fondaco.wsgi:application            # settings from FONDACO_* variables and the file in FONDACO_RC /
    ODOO_RC

    application = mounted(db_name=["shop"])      # the same in a script of one's own, with settings in Python

The command line gives what `build` returns to `fondaco.http.serve.serve(config, application, ...)`.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fondaco import engine, log, tracing
from fondaco.config import Config
from fondaco.config.sources import resolve
from fondaco.config.table import BY_KEY
from fondaco.errors import ConfigError
from fondaco.http import tenancy
from fondaco.http.application import Application
from fondaco.modules.cache_report import CacheReporter
from fondaco.monitoring import listener, process, traces
from fondaco.rpc.endpoints import Endpoints
from fondaco.server import housekeeping
from fondaco.server.telling import Teller
from fondaco.values.deferred import load_postponed


def build(config: Config, registries: Any) -> Application:
    """The application of these registries, RPC services included."""
    endpoints = Endpoints(registries, config, tenancy.gate(config))
    listener.check(config)
    direct = dict(endpoints.handlers())
    if listener.is_beside_pages(config):
        direct[listener.PATH] = listener.Endpoint(config, registries).answer
    return Application(registries, config, direct=direct, services=endpoints.services)


class _Lazy:
    """The application of a process that a foreign server started: opened by its first request, after the server has
    forked."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options
        self._application: Application | None = None
        self._stack = contextlib.ExitStack()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<WSGI application {'open' if self._application is not None else 'not opened yet'}>"

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        application = self._application or self._open()
        return application(environ, start_response)

    def _open(self) -> Application:
        with self._lock:
            if self._application is None:
                config = resolve(self.options, os.environ)
                log.set_up(config)
                traces.set_up(config)
                self._stack.callback(tracing.close)
                opened = self._stack.enter_context(engine.opened(config))
                housekeeping.start([load_postponed, opened.registries.sweep, CacheReporter(opened.registries).report])
                data_dir = opened.config["data_dir"]
                teller = Teller(data_dir, "Server", lambda: process.state(opened.registries))
                teller.start()
                self._stack.callback(teller.close)
                self._application = build(opened.config, opened.registries)
        return self._application


def mounted(**options: Any) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The application for a foreign server, with these settings over those of the environment and the file; values as
    Python has them, lists for db_name and addons_path."""
    for key in options:
        if key not in BY_KEY:
            raise ConfigError(f"mounted(): there is no option {key!r}; docs/operator/options.md lists them")
    return _Lazy(options)


application = mounted()
