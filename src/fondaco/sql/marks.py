"""What is known of the marks (`%s`) in a statement: their types, and which number each has for PostgreSQL."""

from __future__ import annotations

import re
from typing import Any

from fondaco.sql.parameters import UNKNOWN

Key = tuple[Any, ...]
"""The text of a statement, then for each mark the type of its parameter (pg_type.oid); a tuple of them for a tuple."""
_MARK = re.compile(r"%[%s]")


def flat(key: Key) -> list[int]:
    """The types one after the other."""
    oids: list[int] = []
    for oid in key[1:]:
        if oid.__class__ is tuple:
            oids += oid
        else:
            oids.append(oid)
    return oids


def leaves_open(code: str, key: Key) -> bool:
    """Whether one of the parameters has neither a type of its own nor a cast at its mark."""
    oids = iter(key[1:])
    for mark in _MARK.finditer(code):
        if mark[0] == "%%":
            continue
        oid = next(oids)
        if (UNKNOWN in oid) if isinstance(oid, tuple) else (oid == UNKNOWN and not code.startswith("::", mark.end())):
            return True
    return False


def numbered(code: str, key: Key) -> bytes:
    """`code` with $1, $2, ... for its marks; a tuple becomes ($1, $2)."""
    oids = iter(key[1:])
    number = 0

    def mark(match: re.Match[str]) -> str:
        nonlocal number
        if match[0] == "%%":
            return "%"
        oid = next(oids)
        if isinstance(oid, tuple):
            numbers = range(number + 1, number + len(oid) + 1)
            number += len(oid)
            return f"({', '.join([f'${index}' for index in numbers])})"
        number += 1
        return f"${number}"

    return _MARK.sub(mark, code).encode()
