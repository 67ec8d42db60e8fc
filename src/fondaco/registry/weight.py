"""How many bytes does a remembered answer take, roughly?

A walk over plain values, each object counted once, that ends early in very large ones. What an answer only refers to
(classes, modules, models) is not counted: it is there anyway. An object of many parts may say itself what it weighs, in
its attribute `bytes_held`: a map of routes is made in less time than such a walk takes.
"""

from __future__ import annotations

import sys
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from lxml import etree

MOST_OBJECTS = 20_000
NODE = 400  # bytes of a node of a tree
_REFERRED = (type, ModuleType, BuiltinFunctionType, MethodType)
_PLAIN = (str, bytes, int, float, bool, type(None))


def weight(value: Any) -> int:
    """Bytes of `value` and of what only it holds."""
    total, seen, todo = 0, set[int](), [value]
    while todo and len(seen) < MOST_OBJECTS:
        one = todo.pop()
        if isinstance(one, _REFERRED) or id(one) in seen:
            continue
        seen.add(id(one))
        total += sys.getsizeof(one, 64)
        if not isinstance(one, _PLAIN):
            total += _inside(one, todo)
    return total


def _inside(one: Any, todo: list[Any]) -> int:
    """Put what `one` holds on the list; answers bytes that are no objects of Python."""
    if isinstance(one, dict):
        todo.extend(one)
        todo.extend(one.values())
    elif isinstance(one, list | tuple | set | frozenset):
        todo.extend(one)
    elif isinstance(one, FunctionType):
        todo.append(one.__code__)
    elif isinstance(one, CodeType):
        todo.extend(one.co_consts)
        return len(one.co_code) * 2  # with its table of lines
    elif isinstance(one, etree._Element):
        return NODE * sum(1 for _ in one.iter())
    elif isinstance(told := getattr(one, "bytes_held", None), int):
        return told
    elif isinstance(held := getattr(one, "__dict__", None), dict):
        todo.append(held)
    return 0
