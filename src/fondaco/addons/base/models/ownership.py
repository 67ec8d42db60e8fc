"""Which modules brought a model, a field or a value of a selection: they are taken back with the last of them.

What a model has from a mixin or from a model it delegates to came with the later of two modules: the one that defines
the model, and the one that gave the field to the mixin.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def definitions(cls: Any) -> Iterator[Any]:
    """The class bodies behind a model's class, its own and those it inherits, the first one first."""
    return (
        body for body in reversed(cls.mro()) if getattr(body, "_module", None) and getattr(body, "pool", None) is None
    )


def defining_modules(cls: Any) -> list[str]:
    """Modules whose class bodies define or extend a model, the first one first."""
    return list(dict.fromkeys(body._module for body in definitions(cls) if body._name == cls._name))


def _later(model: Any, module: str) -> str:
    """The later of two modules: the one that defines the model, the one that gives a field to what it inherits."""
    order, own = model.pool.loaded_modules, type(model)._original_module
    known = module in order and own in order
    return module if known and order.index(module) > order.index(own) else own


def _declared(model: Any) -> Iterator[tuple[str, Any]]:
    """(module, field as written) of the class bodies of a model (an empty recordset)."""
    cls = type(model)
    for body in definitions(cls):
        module = body._module if body._name == cls._name else _later(model, body._module)
        for field in body.__dict__.get("_field_definitions", ()):
            yield module, field


def field_modules(model: Any) -> dict[str, list[str]]:
    """Field -> modules, for the fields of a model that modules made."""
    cls = type(model)
    found: dict[str, dict[str, None]] = {}
    of_parents: dict[str, dict[str, list[str]]] = {}
    for module, field in _declared(model):
        if module:
            found.setdefault(field.name, {})[module] = None
    for name, field in cls._fields.items():
        if name in found:
            continue
        if field.inherited:
            parent = field.inherited_field.model_name
            if parent not in of_parents:
                of_parents[parent] = field_modules(model.env[parent])
            wanted = of_parents[parent].get(field.inherited_field.name, ())
            found[name] = dict.fromkeys(_later(model, module) for module in wanted)
        elif cls._original_module:
            found[name] = {cls._original_module: None}
    return {name: list(modules) for name, modules in found.items()}


def value_modules(model: Any, name: str) -> dict[str, list[str]]:
    """Value -> modules that offer it, for a selection field of a model."""
    found: dict[str, dict[str, None]] = {}
    for module, field in _declared(model):
        if field.name != name:
            continue
        given = field.args.get("selection")
        pairs = [*(given if isinstance(given, list) else ()), *(field.args.get("selection_add") or ())]
        for value, *_label in pairs:
            if module:
                found.setdefault(str(value), {})[module] = None
    return {value: list(modules) for value, modules in found.items()}
