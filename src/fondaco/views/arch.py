"""An arch as a tree: parse it, write it, say where a node is.

An arch is an lxml element. The root's tag is the kind of view (`form`, `list`, ...; `tree` is read as `list`); a QWeb
arch has any root.
"""

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from fondaco.errors import ViewError

KINDS = ("list", "form", "graph", "pivot", "calendar", "kanban", "search", "qweb", "activity")
_PARSER = etree.XMLParser(remove_comments=False, resolve_entities=False, strip_cdata=False, huge_tree=True)
_LENIENT_TAGS = {"tree": "list"}

Element = etree._Element


class Where(NamedTuple):
    """The view that a message speaks of. `start`: the line of `file` on which its arch begins."""

    view: str = ""
    xmlid: str = ""
    model: str = ""
    file: str = ""
    start: int = 0

    def at(self, node: Element | None = None) -> str:
        """`views/sale.xml:41: view sale.form (sale.order)`, as much of it as is known."""
        line = int(getattr(node, "sourceline", 0) or 0)
        if self.file and self.start and line:
            file = f"{self.file}:{line + self.start - 1}: "
        else:
            file = f"{self.file}: " if self.file else ""
        name = self.xmlid or self.view
        model = f" ({self.model})" if self.model else ""
        return f"{file}view {name!r}{model}" if name else f"{file}view{model}"


NOWHERE = Where()


class ArchError(ViewError):
    """A fault in an arch; `line` counts from the arch's own first line (0: unknown)."""

    def __init__(self, message: str, node: Element | None = None) -> None:
        super().__init__(message)
        self.line = int(getattr(node, "sourceline", 0) or 0)


def parse(text: str | bytes, where: Where = NOWHERE) -> Element:
    """The tree of an arch. `ArchError` when it is not well-formed."""
    content = text.encode() if isinstance(text, str) else text
    try:
        return etree.fromstring(content, _PARSER)
    except etree.XMLSyntaxError as error:
        raise ArchError(f"{where.at()}: not well-formed XML, line {error.lineno}: {error.msg}") from error


def serialise(tree: Element) -> str:
    """The text of an arch, without what follows its root."""
    return str(etree.tostring(tree, encoding="unicode", with_tail=False))


def kind_of(tree: Element) -> str:
    """The kind of view that the root says: `list` for an old `tree`; `qweb` for a root that is no kind."""
    tag = _LENIENT_TAGS.get(tree.tag, tree.tag)
    return tag if tag in KINDS else "qweb"


def elements(tree: Element) -> Iterator[Element]:
    """Every element of the tree in document order, without comments and processing instructions."""
    yield from tree.iter(etree.Element)


def attributes(node: Element) -> Iterator[tuple[str, str]]:
    """Names and values of the attributes."""
    return ((str(name), str(value)) for name, value in node.attrib.items())


def opening(node: Element) -> str:
    """The opening tag, for messages."""
    written = "".join(f' {name}="{value}"' for name, value in attributes(node))
    return f"<{node.tag}{written}>"


def remove(node: Element) -> None:
    """Take a node out and leave the text that follows it in place."""
    parent = node.getparent()
    if parent is None:
        return
    _keep_tail(node, parent)
    parent.remove(node)


def unwrap(node: Element) -> None:
    """Put the children of a node in its place."""
    parent = node.getparent()
    if parent is None:
        return
    index = parent.index(node)
    if node.text:
        _add_text_before(parent, index, node.text)
    for child in list(node):
        parent.insert(index, child)
        index += 1
    _keep_tail(node, parent)
    parent.remove(node)


def _keep_tail(node: Element, parent: Element) -> None:
    if node.tail:
        _add_text_before(parent, parent.index(node), node.tail)
        node.tail = None


def _add_text_before(parent: Element, index: int, text: str) -> None:
    """Add text before the child at `index`: to the tail of the one before, or to the parent's own text."""
    if index > 0:
        before = parent[index - 1]
        before.tail = (before.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
