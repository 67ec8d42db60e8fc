"""A statement without its values: what a log or a screen may show of it."""

from __future__ import annotations

import re

_VALUES = re.compile(
    r"""
    (?P<name>"(?:[^"]|"")*")             # a quoted name stays
    | [eE]'(?:[^'\\]|''|\\.)*(?:'|$)     # a text with escapes, whole or cut off
    | [bBxXuU]?&?'(?:[^']|'')*(?:'|$)    # any other text
    | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|$)
    | (?<![\w$.])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b
    """,
    re.VERBOSE | re.DOTALL,
)
_LISTS = re.compile(r"\(\s*\?(?:\s*,\s*\?)+\s*\)")
_SPACES = re.compile(r"\s+")


def without_values(statement: str) -> str:
    """The statement on one line, each text and number in it a question mark: values may be secrets."""
    text = _VALUES.sub(lambda found: found["name"] or "?", statement)
    return _SPACES.sub(" ", _LISTS.sub("(?, ...)", text)).strip()
