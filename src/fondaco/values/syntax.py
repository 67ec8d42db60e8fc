"""Python's syntax trees, made by one thread at a time.

CPython 3.11 counts how deep it is in a tree in a place that all threads share: two that make trees at the same moment
may fail with `SystemError: AST constructor recursion depth mismatch` (python/cpython#106905).
"""

from __future__ import annotations

import ast
import contextlib
import os
import threading
from typing import Any, Literal

_lock = threading.RLock()


def parsed(source: str, filename: str = "<unknown>", mode: Literal["exec", "eval"] = "exec") -> Any:
    """As `ast.parse`."""
    with _lock:
        return ast.parse(source, filename, mode)


def literal(text: str) -> Any:
    """As `ast.literal_eval`."""
    with _lock:
        return ast.literal_eval(text)


def alone() -> contextlib.AbstractContextManager[bool]:
    """What to hold while a library makes trees: `with alone(): ...`"""
    return _lock


def _renew() -> None:
    """A thread of the parent may have held it."""
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew)
