"""Which parts has an address of a page, and which language does it name? Texts in, texts out."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urlsplit

SLUG = re.compile(r"(?:(?P<name>\w[\w-]*?)-)?(?P<id>-?\d+)")
"""`oak-table-12`, `12`; a dash more for records that were never saved."""
_OTHER_SITE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


class Split(NamedTuple):
    """An address cut before its query."""

    path: str
    rest: str
    """What follows the path: `?query#fragment`, or nothing."""


def split(address: str) -> Split:
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    return Split(path, address[len(path) :])


def is_local(address: str) -> bool:
    """Whether it is a path of this site: no scheme, no host, no mere fragment."""
    return address.startswith("/") and not _OTHER_SITE.match(address) and not urlsplit(address).netloc


def first_step(path: str) -> tuple[str, str]:
    """(first step, path behind it): `/fr/shop` -> ("fr", "/shop"); `/fr` -> ("fr", "/").

    The path begins with one slash: with two a browser would take it for another site.
    """
    step, _slash, rest = path.lstrip("/").partition("/")
    return step, "/" + rest.lstrip("/\\")


def with_step(step: str, path: str) -> str:
    """`path` below one step more; no slash is left at the end: ("fr", "/") -> `/fr`."""
    return f"/{quote(step)}{path}".rstrip("/")


def id_of(slug: str) -> int | None:
    """The record that a slug names; None if it is none."""
    found = SLUG.fullmatch(slug)
    return int(found["id"]) if found else None
