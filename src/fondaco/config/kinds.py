"""How the text of an option becomes a value, and the value text again.

A kind reads what a file, the environment or the command line give (always text) and writes what `--save` puts down.
The spellings are those of odoo.conf: True/False in any case, `False` or `None` or nothing for "not set", lists with
commas or as a Python list.
"""

from __future__ import annotations

import ast
import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

UNSET_SPELLINGS = frozenset({"", "false", "none"})
TRUE_SPELLINGS = frozenset({"true", "1", "yes", "on", "t", "y"})
FALSE_SPELLINGS = frozenset({"false", "0", "no", "off", "none", "", "f", "n"})


class Kind(NamedTuple):
    """A family of values; `expected` finishes the sentence "expected ..."."""

    name: str
    expected: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]


def _read_text(text: str) -> str:
    return "" if text.strip().lower() in ("false", "none") else text.strip()


def _read_truth(text: str) -> bool:
    spelling = text.strip().lower()
    if spelling in TRUE_SPELLINGS:
        return True
    if spelling in FALSE_SPELLINGS:
        return False
    raise ValueError(text)


def _read_number(text: str) -> int | None:
    return None if text.strip().lower() in UNSET_SPELLINGS else int(text.strip().replace("_", ""))


def _read_real(text: str) -> float | None:
    return None if text.strip().lower() in UNSET_SPELLINGS else float(text)


def _read_names(text: str) -> list[str]:
    """Names from `a,b` or from a Python list; a list is what people copy from forums: log_handler = [':INFO']."""
    text = text.strip()
    if text.lower() in UNSET_SPELLINGS:
        return []
    if text[0] in "[(":
        try:
            found = ast.literal_eval(text)
        except SyntaxError as error:
            raise ValueError(text) from error
        if not isinstance(found, list | tuple) or not all(isinstance(name, str) for name in found):
            raise ValueError(text)
        return [name.strip() for name in found]
    return [name.strip() for name in re.split(r"[,\n]", text) if name.strip()]


def _write_scalar(value: object) -> str:
    return "False" if value is None else str(value)


def _read_duration(text: str) -> float | None:
    """Seconds from `30`, `30s`, `500ms`, `5min` or `1h`: the spellings of PostgreSQL, but seconds without a unit."""
    text = text.strip().lower()
    if text in UNSET_SPELLINGS:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|)", text)
    if match is None:
        raise ValueError(text)
    return float(match[1]) * {"ms": 0.001, "s": 1.0, "": 1.0, "min": 60.0, "h": 3600.0}[match[2]]


def _unquoted(text: str) -> str:
    """`text` without the quotes that manuals print around a value."""
    text = text.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _read_quoted(text: str) -> str:
    return _read_text(_unquoted(text))


def _read_object(text: str) -> dict[str, Any]:
    text = _unquoted(text)
    if text.lower() in UNSET_SPELLINGS:
        return {}
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError
    return found


def _write_object(value: Any) -> str:
    return json.dumps(value) if value else ""


def _read_networks(text: str) -> list[str]:
    return [str(ipaddress.ip_network(network, strict=False)) for network in _read_names(text)]


TEXT = Kind("text", "a text", _read_text, _write_scalar)
QUOTED = Kind("quoted", "a text", _read_quoted, _write_scalar)
OBJECT = Kind("object", 'a JSON object such as {"name": "value"}', _read_object, _write_object)
PATH = Kind("path", "a path", _read_text, _write_scalar)
NUMBER = Kind("number", "a whole number", _read_number, _write_scalar)
REAL = Kind("real", "a number", _read_real, _write_scalar)
DURATION = Kind("duration", "a time such as 30s, 500ms, 5min or 1h", _read_duration, _write_scalar)
TRUTH = Kind("truth", "True or False", _read_truth, _write_scalar)
NAMES = Kind("names", "names separated by commas", _read_names, ",".join)
PATHS = Kind("paths", "directories separated by commas", _read_names, ",".join)
NETWORKS = Kind("networks", "addresses or networks such as 10.0.0.0/8, separated by commas", _read_networks, ",".join)
