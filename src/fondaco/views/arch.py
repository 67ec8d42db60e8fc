"""An arch as a tree: parse it, write it, say where a node is.

An arch is an lxml element. The root's tag is the kind of view (`form`, `list`, ...; `tree` is read as `list`); a QWeb
arch has any root.
"""

from collections.abc import Iterator
from typing import NamedTuple, Self

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

    @property
    def named(self) -> str:
        """`view 'sale.form' (sale.order)`."""
        name = self.xmlid or self.view
        model = f" ({self.model})" if self.model else ""
        return f"view {name!r}{model}" if name else f"view{model}"

    def at(self, node: Element | None = None) -> str:
        """`views/sale.xml:41: view 'sale.form' (sale.order)`, as much of it as is known."""
        return self.at_line(line_of(node))

    def at_line(self, line: int) -> str:
        """The same for a line of the arch; 0: none."""
        if self.file and self.start and line:
            return f"{self.file}:{line + self.start - 1}: {self.named}"
        of_arch = f", line {line}" if line else ""
        return f"{self.file}: {self.named}{of_arch}" if self.file else f"{self.named}{of_arch}"


NOWHERE = Where()


class ArchError(ViewError):
    """A fault in an arch: what is wrong (`detail`), and where (`where`, and `line` of that arch; 0: unknown).

    `is_elsewhere`: it lies in another view than the one that is looked at, which is named whole.
    """

    def __init__(self, detail: str, node: Element | None = None, where: Where = NOWHERE, line: int = 0) -> None:
        self.detail, self.node, self.where, self.line = detail, node, where, line or line_of(node)
        self.is_elsewhere = False
        super().__init__(f"{where.at_line(self.line)}: {detail}")

    def moved(self, where: Where, line: int, *, detail: str = "") -> Self:
        """The same fault in another place."""
        return type(self)(detail or self.detail, None, where, line)


class Doubt(ArchError):
    """What is probably a mistake and refused nowhere: those who write the view are told in the log."""


def parse(text: str | bytes, where: Where = NOWHERE) -> Element:
    """The tree of an arch. `ArchError` when it is not well-formed."""
    content = text.encode() if isinstance(text, str) else text
    try:
        return etree.fromstring(content, _PARSER)
    except etree.XMLSyntaxError as error:
        raise ArchError(f"not well-formed XML: {error.msg}", None, where, error.lineno or 0) from error


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


def line_of(node: Element | None) -> int:
    """The line of an arch on which a node is; 0 where that is not known."""
    return int(getattr(node, "sourceline", 0) or 0)


def numbered_as(node: Element, line: int) -> None:
    """Say that a node is on another line."""
    setattr(node, "sourceline", line)  # noqa: B010  its type is wrong in the stubs


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
