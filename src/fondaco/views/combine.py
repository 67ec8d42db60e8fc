"""A primary view and the extensions on it, in order: one arch.

The caller (door `ir.ui.view`) reads the views of a family with one query and hands them over as `Layer`s; which
extensions count is its decision. While modules are being loaded it leaves out those of modules that are not loaded
yet, since they may speak of fields that do not exist so far.

    combine(layers, view_id) -> Element
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from fondaco.views.arch import NOWHERE, ArchError, Element, Where, parse
from fondaco.views.inherit import apply


class Layer(NamedTuple):
    """One row of `ir.ui.view`, as much of it as combining needs."""

    id: int
    arch: str
    mode: str = "primary"
    inherit_id: int | None = None
    priority: int = 16
    where: Where = NOWHERE


Read = Callable[[Layer], Element]
Change = Callable[[Element, Element], Element]
"""An arch and an extension -> the arch that the extension makes of it."""


def read_layer(layer: Layer) -> Element:
    """The tree of one row."""
    return parse(layer.arch, layer.where)


def combine(layers: Iterable[Layer], view_id: int, *, change: Change | None = None, read: Read = read_layer) -> Element:
    """The arch of view `view_id` with all extensions applied.

    `layers` hold the view, its parents up to a view that inherits none, and the extensions of all of these. `change`
    applies an extension where somebody knows more of them than `fondaco.views.inherit`.
    """
    by_id = {layer.id: layer for layer in layers}
    children: dict[int, list[Layer]] = {}
    for layer in by_id.values():
        if layer.inherit_id is not None:
            children.setdefault(layer.inherit_id, []).append(layer)
    for siblings in children.values():
        siblings.sort(key=lambda layer: (layer.priority, layer.id))
    return _combined(by_id, children, by_id[view_id], [], _How(change, read))


class _How(NamedTuple):
    change: Change | None
    read: Read


def _combined(
    by_id: Mapping[int, Layer],
    children: Mapping[int, Sequence[Layer]],
    layer: Layer,
    path: list[int],
    how: _How,
) -> Element:
    if layer.id in path:
        raise ArchError("the view inherits from itself: expected another one in inherit_id", None, layer.where)
    if layer.inherit_id is None or layer.inherit_id not in by_id:
        arch = how.read(layer)
    else:
        parent = _combined(by_id, children, by_id[layer.inherit_id], [*path, layer.id], how)
        if layer.mode != "primary":
            # An extension asked for by itself is shown as what it makes of its parent, which holds it already.
            return parent
        arch = _changed(parent, layer, how)
    return _extended(arch, children, layer.id, how)


def _extended(arch: Element, children: Mapping[int, Sequence[Layer]], view_id: int, how: _How) -> Element:
    for child in children.get(view_id, ()):
        if child.mode == "extension":
            arch = _changed(arch, child, how)
            arch = _extended(arch, children, child.id, how)
    return arch


def _changed(arch: Element, layer: Layer, how: _How) -> Element:
    extension = how.read(layer)
    if how.change is None:
        return apply(arch, extension, layer.where)
    try:
        return how.change(arch, extension)
    except ArchError as error:  # who applies it is not told which view it is
        raise ArchError(error.detail, error.node, layer.where, error.line) from error
    except ValueError as error:  # the documented way to refuse an extension
        raise ArchError(str(error), None, layer.where) from error
