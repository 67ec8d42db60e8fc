"""Where is `/metrics` answered, and to whom?

On a listener of its own (`metrics_interface`, `metrics_port`), or, with `metrics_token` alone, on the port of the
server. Never to strangers: beyond this machine a token is required.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import select
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from fondaco.errors import ConfigError
from fondaco.server.supervisor import NOTHING, Child, Kind
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.config import Config
    from fondaco.modules.registries import Registries
    from fondaco.monitoring import exposition, scrape
else:
    exposition, scrape = Postponed("fondaco.monitoring.exposition"), Postponed("fondaco.monitoring.scrape")

_logger = logging.getLogger(__name__)

PATH = "/metrics"
LEAST_TOKEN = 16  # characters
AGAIN_S = 1.0  # before an address that is taken is tried again: at a reload the server before has it for a moment
Answer = tuple[str, list[tuple[str, str]], bytes]


def check(config: Config) -> None:
    """`ConfigError` if the numbers would be open to strangers."""
    token, interface = str(config["metrics_token"]), str(config["metrics_interface"])
    if token and len(token) < LEAST_TOKEN:
        raise ConfigError(
            f"{config.source('metrics_token')}: metrics_token has {len(token)} characters; expected {LEAST_TOKEN} or "
            "more: `openssl rand -hex 24` makes one"
        )
    if config["metrics_port"] and not token and not _is_loopback(interface):
        raise ConfigError(
            f"{config.source('metrics_interface')}: metrics_interface = {interface!r} can be reached from other "
            "machines and metrics_token is not set; set one (FONDACO_METRICS_TOKEN_FILE), or listen on 127.0.0.1"
        )


def is_beside_pages(config: Config) -> bool:
    """Whether the port of the server answers `/metrics`."""
    return bool(config["metrics_token"]) and not config["metrics_port"]


def kinds(config: Config, registries: Registries) -> list[Kind]:
    """The worker that has the listener of its own, where one is wanted."""
    if not config["metrics_port"]:
        return []
    return [Kind("WorkerMetrics", 1, lambda child: run(child, config, registries), NOTHING)]


class Endpoint:
    """Answers a request for the numbers."""

    def __init__(self, config: Config, registries: Registries) -> None:
        self.scrape = scrape.Scrape(config, registries)
        self._token = str(config["metrics_token"]).encode()

    def __repr__(self) -> str:
        return f"<Endpoint {self.scrape!r}>"

    def answer(self, environ: Mapping[str, Any]) -> Answer:
        """The numbers, for whoever knows the token."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _text("405 Method Not Allowed", "This address takes GET.", ("Allow", "GET, HEAD"))
        if self._token and not hmac.compare_digest(_bearer(environ), self._token):
            return _text(
                "401 Unauthorized",
                "Send the metrics_token of the server: Authorization: Bearer ...",
                ("WWW-Authenticate", "Bearer"),
            )
        content_type, body = exposition.rendered(self.scrape.readings(), str(environ.get("HTTP_ACCEPT", "")))
        return "200 OK", [("Content-Type", content_type), ("Cache-Control", "no-store")], body

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH:
            status, headers, body = _text("404 Not Found", f"The numbers are at {PATH}.")
        else:
            status, headers, body = self.answer(environ)
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


class _Quiet(WSGIRequestHandler):
    timeout = 10.0  # seconds that a client may take with its request

    def log_message(self, format: str, *args: Any) -> None:
        _logger.debug(format, *args)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False


class _Server6(_Server):
    address_family = socket.AF_INET6


def run(child: Child, config: Config, registries: Registries) -> None:
    """Answer until the channel closes."""
    endpoint = Endpoint(config, registries)
    address = (str(config["metrics_interface"]), int(config["metrics_port"]))
    server = _opened(child, address)
    if server is None:
        return
    with server:
        server.set_app(endpoint)
        _logger.info("metrics on http://%s:%d%s", *address, PATH)
        thread = threading.Thread(target=server.serve_forever, name="fondaco.metrics", daemon=True)
        thread.start()
        _has_closed(child, None)
        server.shutdown()


def _opened(child: Child, address: tuple[str, int]) -> _Server | None:
    """The listener; None if it is time to end before it could be had."""
    is_told = False
    while True:
        try:
            return (_Server6 if ":" in address[0] else _Server)(address, _Quiet)
        except OSError as error:
            if not is_told:
                _logger.warning(
                    "metrics_interface %s, metrics_port %d: %s; it is tried again", *address, error.strerror or error
                )
                is_told = True
        if _has_closed(child, AGAIN_S):
            return None


def _has_closed(child: Child, seconds: float | None) -> bool:
    """Wait for the end of the channel; whether it came."""
    poll = select.poll()
    poll.register(child.channel.fileno(), select.POLLIN)
    return bool(poll.poll(None if seconds is None else seconds * 1000))


def _is_loopback(interface: str) -> bool:
    try:
        return ipaddress.ip_address(interface).is_loopback
    except ValueError:
        return interface == "localhost"


def _bearer(environ: Mapping[str, Any]) -> bytes:
    scheme, _, token = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return token.strip().encode("latin-1", "replace") if scheme.lower() == "bearer" else b""


def _text(status: str, text: str, *headers: tuple[str, str]) -> Answer:
    return status, [("Content-Type", "text/plain; charset=utf-8"), *headers], f"{text}\n".encode()
