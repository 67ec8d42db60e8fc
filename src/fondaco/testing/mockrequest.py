"""A request that no client made, for tests that call controllers themselves.

    with MockRequest(self.env) as request:
        request.httprequest.method = "POST"
        answer = Controller().page()          # `odoo.http.request` is this one

Odoo has it in the module website (`odoo.addons.website.tools`), from where tests of addons import it that need no
website; the alias offers it under that name where no module website is on the addons path.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any
from unittest.mock import Mock

from werkzeug.exceptions import NotFound
from werkzeug.test import EnvironBuilder

from fondaco.http.current import requests
from fondaco.http.request import HTTPRequest, Request
from fondaco.http.routing import Endpoint
from fondaco.http.sessions import SessionStore, default_values

SEARCHED = ("GET", "POST")


class MadeUpRequest(Request):
    """A request whose HTTP side a test may replace."""

    @property
    def httprequest(self) -> Any:
        if self._httprequest is None:
            self._httprequest = HTTPRequest(self.environ)
            self._httprequest.session = self.session
        return self._httprequest

    @httprequest.setter
    def httprequest(self, value: Any) -> None:
        self._httprequest = value


@contextlib.contextmanager
def MockRequest(
    env: Any,
    *,
    path: str = "/mockrequest",
    routing: bool = True,
    multilang: bool = True,
    context: Mapping[str, Any] | None = None,
    cookies: Mapping[str, str] | None = None,
    country_code: str | None = None,
    website: Any = None,
    remote_addr: str = "127.0.0.1",
    environ_base: Mapping[str, Any] | None = None,
    url_root: str | None = None,
) -> Iterator[Any]:
    """Within it, `odoo.http.request` is a request of the user of `env`, in its transaction. Nothing is sent."""
    builder = EnvironBuilder(
        path=path,
        base_url=url_root or env["ir.config_parameter"].sudo().get_param("web.base.url") or "http://localhost",
        environ_base={"REMOTE_ADDR": remote_addr, **(environ_base or {})},
        headers=[("Cookie", "; ".join(f"{name}={value}" for name, value in (cookies or {}).items()))],
    )
    request: Any = MadeUpRequest(environ=builder.get_environ(), app=Mock())
    store = SessionStore(env.registry.config["data_dir"])
    request.session = store.session_class({**default_values(), "db": env.cr.dbname, "uid": env.uid}, "0" * 84)
    request.session.can_save = False
    request.db, request.registry = env.cr.dbname, env.registry
    request.env = env(context={**env.context, **(context or {})})
    request.geoip = {"country_code": country_code} if country_code else {}
    request.website, request.is_frontend, request.is_frontend_multilang = website, True, multilang
    request.lang = env["res.lang"]._lang_get(env.lang or "en_US")
    if routing:
        _match(request, path)
    requests.push(request)
    try:
        yield request
    finally:
        requests.pop()


def _match(request: Any, path: str) -> None:
    """What the pipeline notes of a route; a path without one is as if it were a page of its own."""
    request.endpoint = None
    for method in SEARCHED:
        with contextlib.suppress(NotFound):
            rule, _arguments = request.env["ir.http"].routing_map().match(path, method)
            request.endpoint = rule.endpoint
            return
    request.endpoint = Mock(spec=Endpoint, routing={"type": "http", "website": True, "multilang": True})
