"""The configuration of nginx, read with crossplane, nginx's own parser for Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondaco.checks.front import NGINX_BODY_LIMIT, NGINX_READ_TIMEOUT_S, Front, Location, Server, split_path
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import crossplane
else:
    crossplane = Deferred("crossplane")

Directive = Mapping[str, Any]
_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30}
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def read(path: Path) -> Front:
    """The front that a whole nginx.conf describes, or a single site as it lies in sites-enabled."""
    content = crossplane.parse(
        str(path), combine=True, check_ctx=False, check_args=False, catch_errors=True, strict=False
    )
    if content["errors"]:
        return Front("nginx", str(path), (), content["errors"][0]["error"])
    parsed = content["config"][0]["parsed"]
    outer = next((one["block"] for one in parsed if one["directive"] == "http"), parsed)
    around = Inherited().under(outer)
    return Front("nginx", str(path), tuple(_server(one, around) for one in outer if one["directive"] == "server"))


@dataclass(frozen=True)
class Inherited:
    """What a block takes from those around it unless it says otherwise."""

    headers: tuple[tuple[str, str], ...] = ()
    read_timeout_s: float = NGINX_READ_TIMEOUT_S
    body_limit: int = NGINX_BODY_LIMIT
    is_rate_limited: bool = False
    protocols: tuple[str, ...] = ()
    ciphers: str = ""
    has_hsts: bool = False

    def under(self, block: list[Directive]) -> Inherited:
        """The same with what this block says; its own proxy_set_header lines replace all of those around."""
        here = self
        headers = [_header(one["args"]) for one in block if one["directive"] == "proxy_set_header"]
        if headers:
            here = replace(here, headers=tuple(headers))
        for one in block:
            name, words = one["directive"], one["args"]
            if name == "proxy_read_timeout":
                here = replace(here, read_timeout_s=_seconds(words[0]))
            elif name == "client_max_body_size":
                here = replace(here, body_limit=_size(words[0]))
            elif name == "limit_req":
                here = replace(here, is_rate_limited=True)
            elif name == "ssl_protocols":
                here = replace(here, protocols=tuple(words))
            elif name == "ssl_ciphers":
                here = replace(here, ciphers=words[0])
            elif name == "add_header" and words[0].lower() == "strict-transport-security":
                here = replace(here, has_hsts=True)
        return here


def _server(directive: Directive, around: Inherited) -> Server:
    block = directive["block"]
    here = around.under(block)
    listens = [one["args"] for one in block if one["directive"] == "listen"] or [["80"]]
    locations = tuple(_locations(block, here))
    return Server(
        names=tuple(name for one in block if one["directive"] == "server_name" for name in one["args"]),
        ports=tuple(_port(words[0]) for words in listens),
        is_tls=any("ssl" in words[1:] for words in listens)
        or any(one["directive"] == "ssl" and one["args"] == ["on"] for one in block),
        locations=locations,
        is_redirect=any(_is_redirect(one) for one in block)
        or any(_is_redirect(inner) for one in block if one["directive"] == "location" for inner in one["block"]),
        protocols=here.protocols,
        ciphers=here.ciphers,
        body_limit=here.body_limit,
        has_hsts=here.has_hsts,
        where=_where(directive),
    )


def _locations(block: list[Directive], around: Inherited) -> Iterator[Location]:
    for one in block:
        if one["directive"] != "location":
            continue
        inner = one["block"]
        here = around.under(inner)
        modifier, path = split_path(one["args"])
        yield Location(
            path=path,
            modifier=modifier,
            passes_to=next((step["args"][0] for step in inner if step["directive"] == "proxy_pass"), ""),
            headers=dict(here.headers),
            read_timeout_s=here.read_timeout_s,
            is_denied=any(_denies(step) for step in inner),
            is_internal=any(step["directive"] == "internal" for step in inner),
            is_rate_limited=here.is_rate_limited,
            where=_where(one),
        )
        yield from _locations(inner, here)


def _denies(step: Directive) -> bool:
    return (step["directive"] == "deny" and step["args"] == ["all"]) or (
        step["directive"] == "return" and step["args"][:1] in (["403"], ["404"], ["444"])
    )


def _is_redirect(step: Directive) -> bool:
    words = " ".join(step["args"])
    return step["directive"] in ("return", "rewrite") and "https://" in words


def _header(words: list[str]) -> tuple[str, str]:
    return words[0].lower(), " ".join(words[1:])


def _port(listen: str) -> int:
    """80 of `80`, `*:80`, `[::]:80` and `127.0.0.1`."""
    last = listen.rpartition(":")[2]
    return int(last) if last.isdigit() else 80


def _size(text: str) -> int:
    unit = _UNITS.get(text[-1:].lower())
    return int(text[:-1]) * unit if unit else int(text)


def _seconds(text: str) -> float:
    for suffix in sorted(_SECONDS, key=len, reverse=True):
        if text.endswith(suffix):
            return float(text.removesuffix(suffix)) * _SECONDS[suffix]
    return float(text)


def _where(directive: Directive) -> str:
    return f"{directive.get('file', '')}:{directive['line']}".lstrip(":")
