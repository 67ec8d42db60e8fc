"""JSON as it goes over the wire: the fast codec, and the patient one where the fast one gives up.

Dates are written as Odoo writes them, bytes as text, anything unknown by its `str`. The fast writer refuses integers
beyond 64 bits, lone surrogates and NaN-like values; those documents go through the standard library, which takes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import orjson

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def json_default(obj: Any) -> Any:
    """How a value that JSON has no word for is written."""
    if isinstance(obj, datetime):
        # a third of the time of strftime, and a list of records has a hundred of them
        return (obj.replace(tzinfo=None) if obj.tzinfo else obj).isoformat(" ", "seconds")
    if isinstance(obj, date):
        return obj.isoformat()
    if isinstance(obj, bytes):
        return obj.decode()
    if isinstance(obj, Mapping):
        return dict(obj)
    return str(obj)


def dumps(value: Any) -> bytes:
    """The JSON text of a value."""
    try:
        return orjson.dumps(value, json_default, _OPTIONS)
    except (TypeError, UnicodeDecodeError):
        # Integers over 64 bits, lone surrogates, deep nesting: slower, but answered.
        return json.dumps(value, ensure_ascii=False, default=json_default).encode("utf-8", "surrogatepass")


def loads(data: bytes) -> Any:
    """The value of a JSON text. `ValueError` if it is none, `RecursionError` if it is nested too deeply."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        # Bytes that are not UTF-8 are replaced, as the documented server does; NaN and big integers are taken too.
        return json.loads(data.decode("utf-8", "replace"))
