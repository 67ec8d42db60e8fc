"""What the world sees: the public address, asked as a visitor would."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fondaco.checks import certificate as certificates
from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, first_line, passed, skipped, warned
from fondaco.checks.site import Site
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import requests
    from websockets import exceptions as websocket_exceptions
    from websockets import typing as websocket_typing
    from websockets.asyncio import client as websocket_client
else:
    requests = Deferred("requests")
    websocket_client, websocket_typing = Deferred("websockets.asyncio.client"), Deferred("websockets.typing")
    websocket_exceptions = Deferred("websockets.exceptions")

PATIENCE_S = 10
HTTPS, POSTGRESQL, POOLER = 443, 5432, 6432


def _addressed(probe: Callable[[Site], Finding]) -> Callable[[Site], Finding]:
    def probed(site: Site) -> Finding:
        return probe(site) if site.url else skipped("no public address was given", "name it with --url")

    return probed


def _get(site: Site, path: str, url: str = "") -> requests.Response:
    return requests.get(
        (url or site.url).rstrip("/") + path, timeout=PATIENCE_S, allow_redirects=False, verify=site.ca_file or True
    )


@_addressed
def page(site: Site) -> Finding:
    try:
        answer = _get(site, "/web/login")
    except requests.RequestException as error:
        return failed(f"{site.url} does not answer: {first_line(error)}", "open port 443, and start the proxy")
    if answer.status_code in (200, 303):
        return passed(f"{site.url}/web/login: {answer.status_code}")
    return failed(f"{site.url}/web/login: {answer.status_code}", "look at the log of the proxy")


@_addressed
def certificate(site: Site) -> Finding:
    parts = urlsplit(site.url)
    if parts.scheme != "https" or parts.hostname is None:
        return failed(f"{site.url} is not https", "get a certificate, and name the address with https")
    return certificates.of_web(parts.hostname, parts.port or HTTPS, site.ca_file, site.now)


@_addressed
def manager(site: Site) -> Finding:
    try:
        status = _get(site, "/web/database/manager").status_code
    except requests.RequestException as error:
        return failed(f"{site.url} does not answer: {first_line(error)}", "start the proxy")
    if status in (401, 403, 404):
        return passed(f"/web/database/manager: {status}")
    return failed(f"/web/database/manager: {status}", "list_db = False, and deny /web/database in the proxy")


@_addressed
def live(site: Site) -> Finding:
    address = site.url.replace("http", "ws", 1).rstrip("/") + "/websocket"
    context = ssl.create_default_context(cafile=site.ca_file or None) if address.startswith("wss") else None
    try:
        with ThreadPoolExecutor(1) as aside:  # whoever calls may have a loop of their own in this thread
            aside.submit(lambda: asyncio.run(_opened(address, site.url, context))).result()
        return passed(f"{address} opens")
    except (OSError, websocket_exceptions.WebSocketException) as error:
        return warned(
            f"{address} does not open: {first_line(error)}", "pass Upgrade and Connection on (proxy.websocket)"
        )


async def _opened(address: str, origin: str, context: ssl.SSLContext | None) -> None:
    """Open a websocket and close it. The library's client with threads is none for this: it reads and writes one TLS
    connection at once, which Python before 3.13 does not guard, and of some hundred handshakes one never goes out."""
    async with websocket_client.connect(
        address, origin=websocket_typing.Origin(origin), ssl=context, open_timeout=PATIENCE_S, proxy=None
    ):
        pass


@_addressed
def plain(site: Site) -> Finding:
    parts = urlsplit(site.url)
    if parts.scheme != "https":
        return skipped(f"{site.url} is not https: outside.certificate says so")
    try:
        answer = _get(site, "/web/login", f"http://{parts.hostname}")
    except requests.RequestException:
        return warned(f"nothing answers http://{parts.hostname}", "redirect port 80 to https")
    where = answer.headers.get("Location", "")
    if answer.is_redirect and where.startswith("https://"):
        return passed(f"http://{parts.hostname} redirects to {where}")
    return failed(f"http://{parts.hostname}/web/login: {answer.status_code} without TLS", "return 301 https://...")


@_addressed
def ports(site: Site) -> Finding:
    host = urlsplit(site.url).hostname or ""
    asked = {
        site.config["http_port"]: "the server",
        site.config["gevent_port"]: "its live port",
        POOLER: "PgBouncer",
        POSTGRESQL: "PostgreSQL",
    }
    public = urlsplit(site.url).port
    wanted = [port for port in asked if port and port != public]
    with ThreadPoolExecutor(len(wanted) or 1) as pool:  # a firewall that drops lets each wait for seconds
        answers = list(pool.map(lambda port: _is_open(host, port), wanted))
    open_ = [f"{port} ({asked[port]})" for port, is_open in zip(wanted, answers, strict=True) if is_open]
    if open_:
        return failed(f"open on {host}: {', '.join(open_)}", "close them in the firewall, or bind to 127.0.0.1")
    return passed(f"closed on {host}: {', '.join(str(port) for port in asked if port)}")


def _is_open(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=3):
        return True
    return False


CHECKS = (
    Check("outside.page", "2:7", "The public address answers", "From where this command runs.", page),
    Check(
        "outside.certificate",
        "2:51, 2:52",
        "The certificate is for this name, and stays valid",
        "Browsers show a warning instead of the page otherwise.",
        certificate,
    ),
    Check("outside.manager", "0:345", "Nobody outside reaches the database manager", "Asked as a visitor.", manager),
    Check("outside.websocket", "2:13, 2:96", "A websocket opens through the proxy", "Asked as a browser.", live),
    Check("outside.redirect", "0:185", "http leads to https", "Asked on port 80.", plain),
    Check(
        "outside.ports",
        "2:8, 2:9, 2:10",
        "Only the proxy's ports are open",
        "Run this on another machine (fondaco check --only outside --url ...) to see past the firewall.",
        ports,
    ),
)
