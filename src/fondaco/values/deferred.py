"""How does a library that few calls need stay out of every start?

    if TYPE_CHECKING:
        import pypdf
    else:
        pypdf = Deferred("pypdf")

The checker sees the module; the process imports it when something of it is first asked for.
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
