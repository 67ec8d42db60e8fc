"""What was written of the models while modules are being installed: most of it is the same after each of them.

A module that extends `base` or a mixin is said to change all models below; their tables and what describes them are
changed by few.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fondaco.registry.registry import Registry

Row = Mapping[str, Any]
# What a mixin may say of the tables and the descriptions of its models, beside fields.
TELLING = frozenset(
    {
        "_sql_constraints", "_inherits", "_order", "_table", "_transient", "_log_access", "_description",
        "_auto", "_parent_store", "_table_query", "_auto_init", "init",
    }
)  # fmt: skip


class Described:
    """Rows by table and key, each with its id; and of what the description of each model was made."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[tuple[Any, ...], tuple[Row, int]]] = {}
        self.xmlids: list[tuple[str, str, str, int]] | None = None
        """(module, name, model, id) of rows of all tables, whose names are written together; None: each by itself"""
        self._origins: dict[str, tuple[int, ...]] = {}

    def __repr__(self) -> str:
        return f"<Described models={len(self._origins)}>"

    def changed(self, registry: Registry, names: Iterable[str]) -> list[str]:
        """Those of the models whose table or description may be no more that of the last time; they count as described
        from now."""
        found = []
        for name in names:
            origin = _origin(registry, name)
            if self._origins.get(name) != origin:
                self._origins[name] = origin
                found.append(name)
        return found


def _origin(registry: Registry, name: str) -> tuple[int, ...]:
    """The definitions that the description of a model is made of: its own, and those of mixins that bring more than
    methods; likewise of the models that it delegates to."""
    model = registry.models[name]
    origin = tuple(
        id(body)
        for body in model.__mro__
        if getattr(body, "_module", None)
        and getattr(body, "pool", None) is None
        and (body._name == name or body.__dict__.get("_field_definitions") or not TELLING.isdisjoint(body.__dict__))
    )
    for parent in model._inherits:
        origin += _origin(registry, parent)
    return origin
