"""How does what few calls need stay out of every start?

    if TYPE_CHECKING:
        import pypdf
        from fondaco.data import xml
    else:
        pypdf = Deferred("pypdf")
        xml = Postponed("fondaco.data.xml")

The checker sees the modules; the process imports them when something of them is first asked for.

Rooms of our own that a server uses are `Postponed`: it loads them all as soon as it serves (`load_postponed`). The code
on the disk may be another one day later, and no process shall have some of each.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any


class Deferred:
    """Stands for a module until, and after, it is imported. Python's import lock makes it safe between threads."""

    __slots__ = ("_module", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._module: ModuleType | None = None

    def __repr__(self) -> str:
        return f"<Deferred {self._name}>"

    def __getattr__(self, attribute: str) -> Any:
        if self._module is None:
            self._module = importlib.import_module(self._name)
        return getattr(self._module, attribute)


_postponed: set[str] = set()


class Postponed(Deferred):
    """A room of ours that the first answer does not need."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(name)
        _postponed.add(name)


def load_postponed() -> None:
    """Import what was postponed; to be called again when more may have been, which costs nothing otherwise."""
    while _postponed:
        name = next(iter(_postponed))
        importlib.import_module(name)
        _postponed.discard(name)  # not before: one that failed is tried again
