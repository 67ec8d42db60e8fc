"""The configuration of HAProxy, as far as its frontends and backends say what `Front` asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fondaco.checks.front import Front, Location, Server

SECTIONS = ("global", "defaults", "frontend", "backend", "listen")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "": 0.001}
_TIMEOUT = re.compile(r"timeout (?:server|tunnel) (?P<number>\d+)(?P<unit>ms|s|m|h|d|)")
_BIND = re.compile(r"bind .*?:(?P<port>\d+)")
_SET_HEADER = re.compile(r"http-request (?:set|add)-header (?P<name>\S+) (?P<value>.+)")
_MOST_BYTES = re.compile(r"http-request deny .*req\.hdr_val\(content-length\) gt (\d+)")
_FIRST_PROTOCOL = re.compile(r"ssl-min-ver (\S+)")


def read(path: Path) -> Front:
    """The front that a haproxy.cfg describes."""
    sections = list(_sections(path.read_text()))
    defaults = [line for kind, _name, lines in sections if kind in ("defaults", "global") for line in lines]
    backends = {name: lines for kind, name, lines in sections if kind in ("backend", "listen")}
    servers = tuple(
        _server(path, name, lines, defaults, backends)
        for kind, name, lines in sections
        if kind in ("frontend", "listen")
    )
    return Front("haproxy", str(path), servers)


def _sections(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """(kind, name, lines) of each; comments are left out."""
    kind, name, lines = "", "", list[str]()
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words and words[0] in SECTIONS:
            if kind:
                yield kind, name, lines
            kind, name, lines = words[0], " ".join(words[1:2]), []
        elif words:
            lines.append(" ".join(words))
    if kind:
        yield kind, name, lines


def _server(path: Path, name: str, lines: list[str], defaults: list[str], backends: dict[str, list[str]]) -> Server:
    chosen = [line.split()[1] for line in lines if line.startswith(("default_backend ", "use_backend "))]
    behind = [line for backend in chosen for line in backends.get(backend, [])]
    all_lines = [*defaults, *lines, *behind]
    headers = {found["name"].lower(): found["value"] for line in all_lines if (found := _SET_HEADER.match(line))}
    # HAProxy passes Host, Upgrade and Connection on as the client sent them.
    headers = {"host": "as sent", "upgrade": "as sent", "connection": "as sent", **headers}
    if any(line.startswith("option forwardfor") for line in all_lines):
        headers["x-forwarded-for"] = "the client"
    timeouts = [
        float(found["number"]) * _SECONDS[found["unit"]] for line in all_lines if (found := _TIMEOUT.match(line))
    ]
    passes = bool(chosen) or any(line.startswith("server ") for line in lines)
    locations = [
        Location(
            "/",
            passes_to=", ".join(dict.fromkeys(chosen)) or (name if passes else ""),
            headers=headers,
            read_timeout_s=min(timeouts, default=0.0) or float("inf"),
            is_rate_limited=any("stick-table" in line or "sc_http_req_rate" in line for line in all_lines),
            where=str(path),
        )
    ]
    denied = [line for line in lines if line.startswith("http-request deny") and "/web/database" in " ".join(lines)]
    if denied:
        locations.append(Location("/web/database", is_denied=True, where=str(path)))
    first = next((match[1] for line in all_lines if (match := _FIRST_PROTOCOL.search(line))), "")
    return Server(
        names=(name,),
        ports=tuple(int(found["port"]) for line in lines if (found := _BIND.match(line))),
        is_tls=any(line.startswith("bind ") and " ssl" in line for line in lines),
        locations=tuple(locations) if passes else (),
        is_redirect=any(line.startswith("http-request redirect scheme https") for line in lines)
        or any(line.startswith("redirect scheme https") for line in lines),
        protocols=(first,) if first else (),
        body_limit=next((int(match[1]) for line in lines if (match := _MOST_BYTES.search(line))), 0),
        has_hsts=any("strict-transport-security" in line.lower() for line in all_lines),
        where=str(path),
    )
