"""What is meant by a method that an attribute of a field names: `compute`, `inverse`, `search`, `default`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

ATTRIBUTES = ("compute", "inverse", "search", "selection", "group_expand")

if TYPE_CHECKING:
    from fondaco.orm.recordset import Recordset


def call(needle: Any, records: Recordset, *args: Any) -> Any:
    """Call a method given by name or as a function."""
    if isinstance(needle, str):
        if not hasattr(type(records), needle):
            raise AttributeError(_missing(needle, type(records)))
        return getattr(records, needle)(*args)
    return needle(records, *args)


def _missing(needle: str, model: Any) -> str:
    """A method that is not there, with the fields that name it and in which modules they are."""
    places = {
        f"{field} (module {', '.join(field._modules)}) names as its {key}": None
        for field in model._fields.values()
        for key in ATTRIBUTES
        if getattr(field, key, None) == needle
    }
    named = f", which {'; '.join(places)}" if places else ""
    return f"model {model._name} has no method {needle!r}{named}; define it there, or mend its name"


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
