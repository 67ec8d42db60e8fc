"""What is meant by a method that an attribute of a field names: `compute`, `inverse`, `search`, `default`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fondaco.orm.recordset import Recordset


def call(needle: Any, records: Recordset, *args: Any) -> Any:
    """Call a method given by name or as a function."""
    if isinstance(needle, str):
        return getattr(records, needle)(*args)
    return needle(records, *args)


def resolve_mro(model: Any, name: str) -> list[Any]:
    """The functions called `name` along the mro of `model`, the first overriding the others."""
    found = []
    for cls in type(model).__mro__ if not isinstance(model, type) else model.__mro__:
        value = cls.__dict__.get(name)
        if value is None:
            continue
        if not callable(value):
            break
        found.append(value)
    return found
