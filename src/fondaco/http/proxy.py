"""Whose word counts for client address, host and scheme when a reverse proxy stands in front?

Only with `proxy_mode`, and only when the peer is a proxy we trust: one of `trusted_proxies`, or, where that says
nothing, one on this machine or in a private network. Each header counts by itself, so that a proxy which sets
X-Forwarded-For and -Proto but keeps Host is understood too.

Each proxy appends what it saw to a list, so the end of a list is the nearest proxy's word, and what stands before it
is only as good as the hop that wrote it. We go back from the end as long as hops are listed in `trusted_proxies`.
Without that option one hop is believed: in a private network, clients look like proxies.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.http import parse_options_header

from fondaco.http import offload
from fondaco.server import deadlines

_logger = logging.getLogger(__name__)

_HOST = re.compile(r"[A-Za-z0-9._-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_ADDRESS = re.compile(
    r"(?P<v4>\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?|\[(?P<v6>[0-9A-Fa-f:.]+)\](?::\d+)?|(?P<bare>[0-9A-Fa-f:]+)"
)
_NEAR = (
    "127.0.0.0/8",
    "::1",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
)
OLDER = ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")
"""Where one of these came, the standard `Forwarded` does not count"""
_HEADERS = (*OLDER, "HTTP_FORWARDED")
UNHEARD = "fondaco.unheard"
"""Key of an environ that came through a proxy whose word does not count: clients of the proxy have one address"""


class Proxies:
    """The proxies in front of this server, as the options describe them."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.is_on = bool(config.get("proxy_mode"))
        listed = config.get("trusted_proxies") or ()
        self._files = os.path.join(config["data_dir"], "filestore") if config.get("x_sendfile") else ""
        self._is_listed = bool(listed)
        self._trusted = [ipaddress.ip_network(network, strict=False) for network in listed or _NEAR]
        self._has_warned = False

    def __repr__(self) -> str:
        return f"<Proxies on={self.is_on} {', '.join(map(str, self._trusted))}>"

    def apply(self, environ: dict[str, Any]) -> None:
        """Rewrite the environ to what the client asked of the proxy."""
        peer: str = environ.get("REMOTE_ADDR") or ""
        if not (self.is_on and self._is_trusted(peer)):
            if not environ.keys().isdisjoint(_HEADERS):
                environ[UNHEARD] = True
                self._mention(peer)
            return
        if self._files:
            offload.note(environ, self._files)
        given = environ.get("HTTP_X_REQUEST_ID", "")
        if _REQUEST_ID.fullmatch(given):
            environ["fondaco.request_id"] = given
            deadlines.describe(request=given)
        addresses, schemes, hosts = _lists(environ)
        address, hops = self._client(peer, addresses)
        if address:
            environ["fondaco.peer"], environ["REMOTE_ADDR"] = peer, address
        scheme = _at(schemes, hops).lower()
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        host = _at(hosts, hops)
        if _HOST.fullmatch(host):
            environ["HTTP_HOST"] = host
            environ["SERVER_NAME"] = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host

    def _client(self, peer: str, addresses: Sequence[str]) -> tuple[str, int]:
        """The address behind the last hop we trust, and how many hops were believed."""
        found, hops = "", 0
        for text in reversed(addresses):
            match = _ADDRESS.fullmatch(text)
            if match is None:
                break
            found, hops = match["v4"] or match["v6"] or match["bare"], hops + 1
            if not self._is_listed or not self._is_trusted(found):
                break
        return found, max(hops, 1)

    def _is_trusted(self, address: str) -> bool:
        if not address:  # a UNIX socket: what reaches it is on this machine
            return True
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
            known = known.ipv4_mapped
        return any(known in network for network in self._trusted)

    def _mention(self, peer: str) -> None:
        """Say once that a peer's headers are not believed; more would let strangers fill the log."""
        if self.is_on and not self._has_warned:
            self._has_warned = True
            _logger.warning(
                "headers of a proxy at %s are ignored, only %s are believed; if it is yours, add it to trusted_proxies",
                peer,
                ", ".join(map(str, self._trusted)),
            )


def _lists(environ: Mapping[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """Addresses, schemes and hosts, the nearest proxy's last. The standard `Forwarded` counts where no X- header came:
    a proxy that sets those passes a client's `Forwarded` on as it is."""
    if not any(key in environ for key in OLDER):
        elements = [_element(text) for text in environ.get("HTTP_FORWARDED", "").split(",")]
        return _values(elements, "for"), _values(elements, "proto"), _values(elements, "host")
    addresses = _split(environ, "HTTP_X_FORWARDED_FOR") or _split(environ, "HTTP_X_REAL_IP")
    return addresses, _split(environ, "HTTP_X_FORWARDED_PROTO"), _split(environ, "HTTP_X_FORWARDED_HOST")


def _element(text: str) -> dict[str, str]:
    return {key.lower(): value for key, value in parse_options_header(f"hop;{text}")[1].items()}


def _values(elements: list[dict[str, str]], key: str) -> list[str]:
    return [element.get(key, "") for element in elements]


def _split(environ: Mapping[str, Any], key: str) -> list[str]:
    return [part.strip() for part in environ[key].split(",")] if environ.get(key) else []


def _at(values: Sequence[str], hops: int) -> str:
    """What the hop that saw the client wrote; a header that is set anew at each hop has one value, the nearest's."""
    return values[-min(hops, len(values))] if values else ""
