"""How a Python value travels beside a statement: its PostgreSQL type and its bytes.

The types are chosen so that a parameter means what the same value means as a literal (a float is numeric, a string
has no type until its neighbour gives it one), and so that few variants of a statement arise (all lists of ids are one
type).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Json, Jsonb

from fondaco.sql.literals import dump_json

# pg_type.oid
UNKNOWN, BOOL, BYTEA, INT8, INT4, FLOAT8, DATE, TIME, TIMESTAMP, TIMESTAMPTZ, INTERVAL, NUMERIC, UUID_, JSONB = (
    0, 16, 17, 20, 23, 701, 1082, 1083, 1114, 1184, 1186, 1700, 2950, 3802,
)  # fmt: skip
BOOLS, BYTEAS, INT4S, TEXTS, INT8S, DATES, TIMESTAMPS, TIMESTAMPTZS, NUMERICS, JSONBS = (
    1000, 1001, 1007, 1009, 1016, 1182, 1115, 1185, 1231, 3807,
)  # fmt: skip
_MIN_INT4, _MAX_INT4 = -(2**31), 2**31 - 1
_MIN_INT8, _MAX_INT8 = -(2**63), 2**63 - 1

IN_BINARY = frozenset({BYTEA, INT4S})
"""Types that travel in PostgreSQL's binary format."""
MAX_KEPT_PACKER = 2000
_packers: dict[int, Callable[..., bytes]] = {}

Dumped = tuple[int, bytes | None]
"""(type oid, text or what binary format is for the type; None for NULL)"""


class NotBindable(Exception):
    """This value can only be written into the text of the statement."""


def _text(value: str) -> Dumped:
    if "\x00" in value:
        raise ValueError("A string literal cannot contain NUL (0x00) characters.")
    return UNKNOWN, str.encode(value)


def _int(value: int) -> Dumped:
    if _MIN_INT4 <= value <= _MAX_INT4:
        return INT4, b"%d" % value
    return (INT8 if _MIN_INT8 <= value <= _MAX_INT8 else NUMERIC), b"%d" % value


def _float(value: float) -> Dumped:
    return (NUMERIC if math.isfinite(value) else FLOAT8), float.__repr__(value).encode()


def _timedelta(value: timedelta) -> Dumped:
    return INTERVAL, b"%d days %d.%06d seconds" % (value.days, value.seconds, value.microseconds)


def _datetime(value: datetime) -> Dumped:
    return (TIMESTAMP if value.tzinfo is None else TIMESTAMPTZ), value.isoformat().encode()


def _list(values: Sequence[Any]) -> Dumped:
    if not values:
        return UNKNOWN, b"{}"
    if values[0].__class__ is int:
        try:
            return INT4S, _packed(values)
        except struct.error:  # something else is among them, or a large number
            return _mixed_list(values)
    if set(map(type, values)) == {str}:
        return TEXTS, _array([_quoted(value) for value in values])
    return _mixed_list(values)


def _packed(values: Sequence[int]) -> bytes:
    """An array of int4 in PostgreSQL's binary format: ids are most of what statements are given."""
    count = len(values)
    pack = _packers.get(count)
    if pack is None:
        pack = struct.Struct(f">5i{2 * count}i").pack
        if count <= MAX_KEPT_PACKER:
            _packers[count] = pack
    items = [4] * (2 * count)  # each value behind its length
    items[1::2] = values
    return pack(1, 0, INT4, count, 1, *items)


def _mixed_list(values: Sequence[Any]) -> Dumped:
    """A list with NULLs, with subclasses, or of a rarer type."""
    dumped = [DUMPERS.get(type(value), dump)(value) for value in values]
    oids = {oid for oid, data in dumped if data is not None}
    if oids <= {INT4, INT8, NUMERIC}:
        oid = INT8S if oids <= {INT4, INT8} else NUMERICS
    elif len(oids) == 1:
        found = _ARRAY_OF.get(next(iter(oids)))
        if found is None:
            raise NotBindable
        oid = found
    else:
        raise NotBindable
    if oid in (TEXTS, JSONBS):
        return oid, _array(["NULL" if data is None else _quoted(data.decode()) for _oid, data in dumped])
    if oid == BYTEAS:
        return oid, _array(["NULL" if data is None else f'"\\\\x{data.hex()}"' for _oid, data in dumped])
    return oid, _array(["NULL" if data is None else f'"{data.decode()}"' for _oid, data in dumped])


def _quoted(value: str) -> str:
    if "\x00" in value:
        raise ValueError("A string literal cannot contain NUL (0x00) characters.")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _array(items: Sequence[str]) -> bytes:
    return f"{{{','.join(items)}}}".encode()


_ARRAY_OF = {
    UNKNOWN: TEXTS, BOOL: BOOLS, BYTEA: BYTEAS, DATE: DATES, TIMESTAMP: TIMESTAMPS, TIMESTAMPTZ: TIMESTAMPTZS, JSONB:
    JSONBS,
}  # fmt: skip

DUMPERS: dict[type, Callable[[Any], Dumped]] = {
    type(None): lambda value: (UNKNOWN, None),
    bool: lambda value: (BOOL, b"t" if value else b"f"),
    int: _int,
    float: _float,
    str: _text,
    bytes: lambda value: (BYTEA, value),
    bytearray: lambda value: (BYTEA, bytes(value)),
    memoryview: lambda value: (BYTEA, bytes(value)),
    Decimal: lambda value: (NUMERIC, str(value).encode()),
    datetime: _datetime,
    date: lambda value: (DATE, value.isoformat().encode()),
    time: lambda value: (TIME, value.isoformat().encode()),
    timedelta: _timedelta,
    UUID: lambda value: (UUID_, str(value).encode()),
    list: _list,
    dict: lambda value: (JSONB, dump_json(value).encode()),
    Json: lambda value: (UNKNOWN, _json_text(value)),
    Jsonb: lambda value: (JSONB, _json_text(value)),
}


def _json_text(value: Json) -> bytes:
    text = (value.dumps or dump_json)(value.obj)
    return text if isinstance(text, bytes) else text.encode()


def dump(value: Any) -> Dumped:
    """Type and bytes of one value; `NotBindable` when it has none of its own."""
    found = DUMPERS.get(type(value))
    if found is None:
        for base in type(value).__mro__[:-1]:
            if base in DUMPERS:
                found = DUMPERS[type(value)] = DUMPERS[base]
                break
        else:
            raise NotBindable
    return found(value)
