"""What the reverse proxy in front does, whichever program it is: the servers it has and where their paths lead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

NGINX_READ_TIMEOUT_S = 60.0
NGINX_BODY_LIMIT = 2**20
_MODIFIER = re.compile(r"(?:(?P<modifier>=|\^~|~\*|~)\s*)?(?P<path>\S+)")


@dataclass(frozen=True)
class Location:
    """A path of a server. `modifier` as in nginx: "" prefix, "=" exact, "^~" prefix that wins, "~" and "~*" regex."""

    path: str
    modifier: str = ""
    passes_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What is sent to the application, by lower-case name."""
    read_timeout_s: float = NGINX_READ_TIMEOUT_S
    is_denied: bool = False
    is_internal: bool = False
    is_rate_limited: bool = False
    where: str = ""


@dataclass(frozen=True)
class Server:
    """What answers on some ports for some names."""

    names: tuple[str, ...]
    ports: tuple[int, ...]
    is_tls: bool
    locations: tuple[Location, ...]
    is_redirect: bool = False
    protocols: tuple[str, ...] = ()
    ciphers: str = ""
    body_limit: int = NGINX_BODY_LIMIT
    """Bytes; 0: none"""
    has_hsts: bool = False
    where: str = ""

    def location(self, path: str) -> Location | None:
        """Where a request for this path goes, by nginx's order."""
        exact = [one for one in self.locations if one.modifier == "=" and one.path == path]
        if exact:
            return exact[0]
        prefixes = [one for one in self.locations if one.modifier in ("", "^~") and path.startswith(one.path)]
        longest = max(prefixes, key=lambda one: len(one.path), default=None)
        if longest is not None and longest.modifier == "^~":
            return longest
        for one in self.locations:
            if one.modifier in ("~", "~*"):
                if re.search(one.path, path, re.IGNORECASE if one.modifier == "~*" else 0):
                    return one
        return longest


@dataclass(frozen=True)
class Front:
    """A proxy's whole configuration."""

    program: str
    source: str
    servers: tuple[Server, ...]
    complaint: str = ""
    """Why the file could not be read."""

    @property
    def entrance(self) -> Server | None:
        """The server that passes pages on to the application; one with TLS goes before one without."""
        passing = [one for one in self.servers if (page := one.location("/web")) is not None and page.passes_to]
        return next((one for one in passing if one.is_tls), passing[0] if passing else None)


def split_path(words: list[str]) -> tuple[str, str]:
    """(modifier, path) of the words after `location`."""
    found = _MODIFIER.fullmatch(" ".join(words).strip())
    return (found["modifier"] or "", found["path"]) if found else ("", " ".join(words))
