"""How a Python value is written inside the text of a statement, as psycopg2 does it.

Addons rely on these forms: a tuple is `(1, 2)` for IN, a list is `ARRAY[1, 2]`, a string has no type of its own.
Objects may bring their form: `getquoted()` as psycopg2's adapters have, `as_string(context)` as its composables have,
or `__conform__`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.types.json import Json, Jsonb
from psycopg.types.range import Range

Quote = Callable[[Any], str]


def dump_json(value: Any) -> str:
    """JSON text; orjson where it can (its answer is the same), the standard library for the rest."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value)


def quote_text(text: str) -> str:
    """A string literal: 'it''s', or E'...' when there are backslashes (right with either reading of them)."""
    if type(text) is not str:  # Markup escapes what is put into it
        text = str.__str__(text)
    if "\x00" in text:
        raise ValueError("A string literal cannot contain NUL (0x00) characters.")
    if "'" in text:
        text = text.replace("'", "''")
    if "\\" in text:
        return " E'" + text.replace("\\", "\\\\") + "'"
    return f"'{text}'"


def _quote_int(value: int) -> str:
    # The space keeps `1-%s` from becoming a comment.
    return int.__repr__(value) if value >= 0 else " " + int.__repr__(value)


def _quote_float(value: float) -> str:
    if math.isfinite(value):
        return float.__repr__(value) if value >= 0 else " " + float.__repr__(value)
    return "'NaN'::float" if value != value else ("'Infinity'::float" if value > 0 else "'-Infinity'::float")


def _quote_decimal(value: Decimal) -> str:
    if value.is_finite():
        return str(value) if value >= 0 else " " + str(value)
    return "'NaN'::numeric"


def _quote_bytes(value: bytes | bytearray | memoryview) -> str:
    return f"'\\x{bytes(value).hex()}'::bytea"


def _quote_datetime(value: datetime) -> str:
    return f"'{value.isoformat()}'::timestamp{'tz' if value.tzinfo else ''}"


def _quote_time(value: time) -> str:
    return f"'{value.isoformat()}'::time{'tz' if value.tzinfo else ''}"


def _quote_timedelta(value: timedelta) -> str:
    return f"'{value.days} days {value.seconds}.{value.microseconds:06d} seconds'::interval"


def _quote_list(values: Sequence[Any]) -> str:
    if not values:
        return "'{}'"
    inner = [f"[{_quote_list(item)[6:-1]}]" if isinstance(item, list) and item else quote(item) for item in values]
    return f"ARRAY[{', '.join(inner)}]"


def _quote_tuple(values: tuple[Any, ...]) -> str:
    return f"({', '.join([quote(value) for value in values])})"


def _quote_range(value: Range[Any]) -> str:
    lower, upper = ("NULL" if bound is None else quote(bound) for bound in (value.lower, value.upper))
    if value.isempty:
        return "'empty'"
    kind = "tstzrange" if getattr(value.lower or value.upper, "tzinfo", None) else None
    kind = kind or {int: "int8range", date: "daterange", datetime: "tsrange"}.get(
        type(value.lower or value.upper), "numrange"
    )
    return f"{kind}({lower}, {upper}, '{value.bounds}')"


ADAPTERS: dict[type, Quote] = {
    type(None): lambda value: "NULL",
    bool: lambda value: "true" if value else "false",
    int: _quote_int,
    float: _quote_float,
    str: quote_text,
    bytes: _quote_bytes,
    bytearray: _quote_bytes,
    memoryview: _quote_bytes,
    Decimal: _quote_decimal,
    datetime: _quote_datetime,
    date: lambda value: f"'{value.isoformat()}'::date",
    time: _quote_time,
    timedelta: _quote_timedelta,
    UUID: lambda value: f"'{value}'::uuid",
    list: _quote_list,
    tuple: _quote_tuple,
    dict: lambda value: quote_text(dump_json(value)) + "::jsonb",
    Json: lambda value: quote_text((value.dumps or dump_json)(value.obj)),
    Jsonb: lambda value: quote_text((value.dumps or dump_json)(value.obj)) + "::jsonb",
    Range: _quote_range,
}
"""Type -> its form. psycopg2's `register_adapter` adds to it."""


def quote(value: Any) -> str:
    """The form of `value` inside a statement."""
    found = ADAPTERS.get(type(value))
    if found is None:
        found = _form_of(value)
    return found(value)


def _form_of(value: Any) -> Quote:
    """The form of a type met for the first time: its own, or that of a class it derives from."""
    kind = type(value)
    for base in kind.__mro__[:-1]:
        if base in ADAPTERS:
            form = ADAPTERS[base]
            ADAPTERS[kind] = form
            return form
    if hasattr(kind, "getquoted"):
        return _quoted_by_itself
    if hasattr(kind, "__conform__"):
        return lambda item: quote(item.__conform__(None))
    if hasattr(kind, "as_string"):
        return lambda item: str(item.as_string(None))
    raise psycopg.ProgrammingError(f"can't adapt type '{kind.__name__}'")


def _quoted_by_itself(value: Any) -> str:
    quoted = value.getquoted()
    return quoted.decode() if isinstance(quoted, bytes) else str(quoted)


class _Quoting(Mapping[str, str]):
    """Values by name, written when they are asked for."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values_by_name = values

    def __getitem__(self, name: str) -> str:
        return quote(self.values_by_name[name])

    def __iter__(self) -> Any:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)


def bind(code: str, params: Any) -> str:
    """The statement with its parameters written in. Without parameters the text is left alone: `%` means nothing in
    it."""
    if not params:
        return code
    if isinstance(params, Mapping):
        return code % _Quoting(params)
    if isinstance(params, str | bytes):
        raise TypeError(f"cr.execute: parameters must be a list, tuple or mapping, found {type(params).__name__}")
    return code % tuple([quote(value) for value in params])
