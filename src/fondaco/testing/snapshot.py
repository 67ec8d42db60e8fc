"""The models of a registry at one moment, to go back to: tests add models and fields that end with them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from fondaco.orm.definition import Definition
from fondaco.orm.inheritance import set_attributes, set_bases

if TYPE_CHECKING:
    from fondaco.registry.registry import Registry
    from fondaco.sql.cursor import Cursor


class RegistrySnapshot:
    """Which models there are, and of which definitions; `restore` rebuilds the registry if it was built anew since."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._graph = registry.field_triggers  # made anew by every set-up
        self._models = dict(registry.models)
        self._bases = {
            name: (model.definition_bases, model._inherit_children.copy(), set(model._inherits_children))
            for name, model in registry.models.items()
        }
        self._definitions = {module: list(found) for module, found in Definition.module_to_models.items()}

    def restore(self, cr: Cursor | None = None) -> None:
        """Go back; `cr` is the transaction that was rolled back, without it a new one is used."""
        registry = self.registry
        self._forget_definitions()
        if registry.field_triggers is self._graph:
            return
        registry.models = dict(self._models)
        changed = []
        for name, (bases, children, delegating) in self._bases.items():
            model: Any = registry.models[name]
            model._inherit_children, model._inherits_children = children, delegating
            if model.definition_bases != bases or model.__bases__ != bases:
                model.definition_bases = bases
                changed.append(model)
        for model in changed:
            set_bases(model)
        for model in changed:
            set_attributes(model, registry)
        with contextlib.ExitStack() as stack:
            cursor = cr if cr is not None else stack.enter_context(contextlib.closing(registry.cursor()))
            registry.setup_models(cursor)
            cursor.reset()
        registry.registry_invalidated = False

    def _forget_definitions(self) -> None:
        """Classes that a test wrote are no part of the addon."""
        for module in list(Definition.module_to_models):
            Definition.module_to_models[module][:] = self._definitions.get(module, [])
