"""Which view of a family, and which line of it, an element of the combined arch comes from.

Lines of a combined arch are those of the views that it is made of, and nothing tells which: so for a message the
family is combined once more, with numbers in place of lines.
"""

from collections.abc import Sequence
from typing import NamedTuple

from lxml import etree

from fondaco.views.arch import Element, line_of, numbered_as
from fondaco.views.combine import Change, Layer, combine, read_layer


class Origin(NamedTuple):
    """The row of `ir.ui.view`, and the line of its arch."""

    layer: Layer
    line: int


def origin_of(node: Element, layers: Sequence[Layer], view_id: int, change: Change | None = None) -> Origin | None:
    """Where `node`, of the combined arch of `view_id`, comes from; an element with changed attributes: from the change.

    None for an element that another hand than the family's has put there.
    """
    places: list[Origin] = []

    def numbered(layer: Layer) -> Element:
        tree = read_layer(layer)
        for element in tree.iter(etree.Element):
            places.append(Origin(layer, line_of(element)))
            numbered_as(element, len(places))
        return tree

    path = node.getroottree().getelementpath(node)
    number = line_of(combine(layers, view_id, change=change, read=numbered).getroottree().find(path))
    return places[number - 1] if 0 < number <= len(places) else None
