"""Section 2 of the checklist: what the proxy passes on, and whether the server believes it."""

from __future__ import annotations

from collections.abc import Callable

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.front import Location, Server
from fondaco.checks.site import Site

NO_PROXY = "no configuration of a proxy was given or found"
LEAST_BODY = 16 * 2**20
"""Bytes: less, and an ordinary scan or spreadsheet is refused"""
MANAGER = "/web/database/manager"


def at_entrance(probe: Callable[[Site, Server], Finding]) -> Callable[[Site], Finding]:
    """A probe of the proxy's server that passes pages on."""

    def probed(site: Site) -> Finding:
        if site.front is None:
            return skipped(NO_PROXY)
        entrance = site.front.entrance
        return skipped(f"{site.front.source} passes no pages on") if entrance is None else probe(site, entrance)

    return probed


def _page(server: Server) -> Location:
    page = server.location("/web")
    assert page is not None, "an entrance has one"
    return page


@at_entrance
def pages(site: Site, server: Server) -> Finding:
    page = _page(server)
    return passed(f"{page.where}: {page.path} passes to {page.passes_to}")


@at_entrance
def websocket(site: Site, server: Server) -> Finding:
    location = server.location("/websocket")
    if location is None or not location.passes_to:
        return failed(
            f"{server.where}: nothing passes /websocket on", "add a location /websocket (docs/operator/proxy.md)"
        )
    missing = [name for name in ("upgrade", "connection") if not location.headers.get(name)]
    if missing:
        return warned(
            f"{location.where}: {' and '.join(name.title() for name in missing)} are not passed on, so no "
            "websocket opens; pages fall back to polls",
            "set Upgrade to $http_upgrade and Connection to $connection_upgrade, with proxy_http_version 1.1",
        )
    return passed(f"{location.where} passes {location.path} to {location.passes_to} with Upgrade")


def _header(name: str, seed: str, why: str, is_grave: bool) -> Check:
    """A header that must arrive at the server."""

    @at_entrance
    def probe(site: Site, server: Server) -> Finding:
        page = _page(server)
        value = page.headers.get(name.lower())
        if value:
            return passed(f"{page.where}: {name} {value}")
        say = failed if is_grave else warned
        return say(f"{page.where}: {name} is not set", f"add it (nginx: proxy_set_header {name} ...)")

    return Check(f"proxy.{name.lower().replace('-', '_')}", seed, f"The proxy sets {name}", why, probe)


def mode(site: Site) -> Finding:
    is_on = site.config["proxy_mode"]
    if site.front is None:
        if is_on:
            return warned(
                "proxy_mode is on and no proxy was found", "give the proxy's configuration with --proxy, or turn it off"
            )
        return skipped(NO_PROXY)
    if is_on:
        return passed("proxy_mode = True")
    return failed(
        "proxy_mode is off: every client has the address of the proxy, so that one who guesses passwords makes all "
        "others wait, and links begin with http",
        "set proxy_mode = True",
    )


def trusted(site: Site) -> Finding:
    if not site.config["proxy_mode"]:
        return skipped("proxy_mode is off")
    listed = site.config["trusted_proxies"]
    if listed:
        return passed(f"trusted_proxies = {', '.join(map(str, listed))}")
    if site.is_exposed:
        return failed(
            "proxy_mode is on, the port is public and trusted_proxies says nothing",
            "set trusted_proxies to the address of the proxy: others could forge the client's address",
        )
    return passed("the port is not public; proxies of this machine and of private networks are believed")


@at_entrance
def timeouts(site: Site, server: Server) -> Finding:
    found, wanted = _page(server).read_timeout_s, site.config["limit_time_real"]
    if found >= wanted:
        return passed(f"the proxy waits {found:.0f} s, limit_time_real is {wanted} s")
    return warned(
        f"the proxy gives up after {found:.0f} s, while a request may take {wanted} s",
        f"set proxy_read_timeout to {wanted}s or more: a long report ends in a 504 otherwise",
    )


@at_entrance
def body_size(site: Site, server: Server) -> Finding:
    limit = server.body_limit
    if limit == 0 or limit >= LEAST_BODY:
        return passed(f"client_max_body_size = {limit // 2**20 or 'no limit'} MiB")
    return warned(
        f"{server.where}: bodies over {limit / 2**20:.0f} MiB are refused", "set client_max_body_size 128m or more"
    )


@at_entrance
def manager(site: Site, server: Server) -> Finding:
    location = server.location(MANAGER)
    if location is not None and (location.is_denied or location.is_internal):
        return passed(f"{location.where} refuses {location.path}")
    if not site.config["list_db"]:
        return passed("list_db = False: the pages do not exist")
    return failed(
        f"{server.where} passes {MANAGER} on", "deny location /web/database, or set list_db = False (better: both)"
    )


@at_entrance
def rate_limit(site: Site, server: Server) -> Finding:
    location = server.location("/web/login")
    if location is not None and location.is_rate_limited:
        return passed(f"{location.where} limits the rate of log-ins")
    return warned(
        f"{server.where} has no limit_req for /web/login; the server slows guesses by itself, each process for itself",
        "add limit_req_zone and limit_req for /web/login",
    )


@at_entrance
def sendfile(site: Site, server: Server) -> Finding:
    if not site.config["x_sendfile"]:
        return skipped("x_sendfile is off: the server sends files itself")
    location = server.location("/web/filestore/")
    if location is not None and location.is_internal:
        return passed(f"{location.where}: {location.path} is internal")
    return warned(
        f"x_sendfile is on and {server.where} has no internal location for /web/filestore",
        "add it (docs/operator/proxy.md); until then the server sends files itself",
    )


CHECKS = (
    Check(
        "proxy.pages",
        "2:12",
        "/ leads to the server",
        "The beginning of everything else.",
        pages,
    ),
    Check(
        "proxy.websocket",
        "2:13, 2:96",
        "/websocket leads to the server and may be upgraded",
        "Without it news arrive late. Both ports of the server answer it, so either may be named.",
        websocket,
    ),
    _header(
        "X-Forwarded-For",
        "2:15",
        "Without it every log-in has the proxy's address, and fail2ban bans the proxy.",
        is_grave=True,
    ),
    _header("X-Forwarded-Proto", "2:16", "Without it links and cookies are made for http.", is_grave=True),
    _header("Host", "2:17", "Without it the name of the upstream is the host, and dbfilter sees that.", is_grave=True),
    _header(
        "X-Forwarded-Host",
        "2:14",
        "Odoo 18 ignores all forwarded headers when it is missing; Fondaco does not.",
        is_grave=False,
    ),
    Check(
        "proxy.mode",
        "2:18",
        "The server believes the proxy",
        "proxy_mode takes host, scheme and client from the proxy's headers.",
        mode,
    ),
    Check(
        "proxy.trusted",
        "0:167, 0:290",
        "The server believes nobody else",
        "Whoever reaches the port directly could write any client address into the header.",
        trusted,
    ),
    Check(
        "proxy.timeouts",
        "2:19",
        "The proxy waits as long as a request may take",
        "A report of two minutes is no failure.",
        timeouts,
    ),
    Check(
        "proxy.body_size",
        "0:278, 4:92",
        "Uploads are limited, and not too tightly",
        "nginx refuses bodies over 1 MiB unless told otherwise.",
        body_size,
    ),
    Check(
        "proxy.manager",
        "0:345, 1:248",
        "The database manager cannot be reached from outside",
        "It creates, copies and deletes whole databases.",
        manager,
    ),
    Check(
        "proxy.rate_limit",
        "0:282",
        "Guessing passwords is slow",
        "A limit in the proxy costs nothing and holds for all processes together.",
        rate_limit,
    ),
    Check(
        "proxy.sendfile",
        "3:242",
        "Files that the proxy shall send can be sent",
        "x_sendfile without an internal location gives empty downloads elsewhere.",
        sendfile,
    ),
)
