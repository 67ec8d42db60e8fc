"""What the methods of addons that look at each node of a view are given: `_postprocess_tag_*` and `_validate_tag_*`.

    def _postprocess_tag_gantt(self, node, name_manager, node_info):
        name_manager.has_field(node, node.get("date_start"))

A method is called for every node of its tag that the user may see, before the nodes inside it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from fondaco.errors import ViewError
from fondaco.views.arch import Element


class ModelInfo(Protocol):
    """What is asked of a model; recordsets satisfy it."""

    _name: str
    _fields: Mapping[str, Any]


class NameManager:
    """The names of one view, or embedded view: those that its nodes show, and those that something needs."""

    def __init__(self, model: ModelInfo, shown: set[str], wanted: set[str]) -> None:
        self.model = model
        self.shown = shown
        self.wanted = wanted

    def __repr__(self) -> str:
        return f"<NameManager {self.model._name} shown={sorted(self.shown)} wanted={sorted(self.wanted)}>"

    @property
    def available_fields(self) -> Mapping[str, Any]:
        """The fields that nodes show, by name."""
        return {name: self.model._fields[name] for name in self.shown if name in self.model._fields}

    def has_field(self, node: Element, name: str | None, info: Mapping[str, Any] | None = None) -> None:
        """Note that the node shows a field: the client is told of it."""
        if name:
            self.shown.add(name)

    def must_have_field(self, node: Element, name: str, use: str | None = None, info: Any = None) -> None:
        """Note that the node reads a field: it is added, invisible, where no node shows it. ViewError if there is
        none."""
        if name not in self.model._fields:
            used = f", used in {use}" if use else ""
            raise ViewError(f"unknown field {name!r} of {self.model._name}{used}")
        self.wanted.add(name)

    def must_have_fields(self, node: Element, names: Iterable[str], use: str | None = None, info: Any = None) -> None:
        """As `must_have_field`, for several."""
        for name in names:
            self.must_have_field(node, name, use, info)


Hook = Callable[[Element, NameManager, dict[str, Any]], object]
"""(node, names, what else is known of the node: `editable`, `validate`, `children`)."""


def node_info(node: Element, *, validate: bool) -> dict[str, Any]:
    """What a hook is told of a node beside its names."""
    return {"editable": True, "validate": validate, "children": list(node)}
