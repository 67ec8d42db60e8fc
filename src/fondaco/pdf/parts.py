"""Which parts does a page of reports have: documents, and the header and footer of each?

A report is one page of HTML. `<div class="article">` is a document, which begins a sheet of its own;
`<div class="header">` and `<div class="footer">` belong to the document in the same place of the order. Attributes
`data-report-*` of the root say more about the paper. Elements keep the elements around them, so that styles hold.
"""

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from lxml import etree

from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from lxml import html
else:
    html = Deferred("lxml.html")

_PAPER = "data-report-"


@dataclass(frozen=True, slots=True)
class Parts:
    """`bodies`, `header` and `footer` are whole pages; `record_ids` are those of the bodies, None without record."""

    bodies: list[str]
    record_ids: list[int | None]
    header: str
    footer: str
    paper: dict[str, str]


def split(page: str | bytes, model: str | None = None) -> Parts:
    """The parts of a report; `model` is the one whose records the documents may name."""
    text = page.decode() if isinstance(page, bytes) else page
    root = html.document_fromstring(text if text.strip() else "<body></body>")
    body: Any = root.find("body")
    shell = _shell(root, body)
    headers = _taken(body, "header")
    footers = _taken(body, "footer")
    articles = _of_class(body, "article")
    if articles:
        bodies = [_page(shell, _within(article, body)) for article in articles]
        ids = [_record_id(article, model) for article in articles]
    else:
        bodies = [_page(shell, (body.text or "") + "".join(_markup(child) + (child.tail or "") for child in body))]
        ids = [None]
    return Parts(
        bodies=bodies,
        record_ids=ids,
        header=_page(shell, "".join(headers)) if headers else "",
        footer=_page(shell, "".join(footers)) if footers else "",
        paper={
            str(name).removeprefix(_PAPER): str(value) for name, value in root.items() if str(name).startswith(_PAPER)
        },
    )


def repeated(page: str, kind: str, count: int) -> list[str]:
    """The headers (or footers) of `count` documents: as many as there are, and the last one for the rest."""
    if not page:
        return [""] * count
    body = html.document_fromstring(page).find("body")
    found = [_within(element, body) for element in _of_class(body, kind)] or [""]
    return [found[min(number, len(found) - 1)] for number in range(count)]


def with_content(page: str, head: str, content: str) -> str:
    """`page` with more at the end of its head and at the beginning of its body."""
    before, mark, rest = page.partition("</head>")
    if not mark:
        return f"<html><head>{head}</head><body>{content}{page}</body></html>"
    opening, body, inner = rest.partition("<body")
    attributes, end, after = inner.partition(">")
    return f"{before}{head}{mark}{opening}{body}{attributes}{end}{content}{after}"


def _shell(root: Any, body: Any) -> tuple[str, str]:
    """What stands before and after the content of the body."""
    head = root.find("head")
    opening = f"<!DOCTYPE html>{_opening(root)}{_markup(head) if head is not None else '<head></head>'}{_opening(body)}"
    return opening, "</body></html>"


def _page(shell: tuple[str, str], content: str) -> str:
    return f"{shell[0]}{content}{shell[1]}"


def _of_class(root: Any, name: str) -> list[Any]:
    """The outermost elements of a class."""
    found = root.xpath(".//*[contains(concat(' ', normalize-space(@class), ' '), $word)]", word=f" {name} ")
    inner = {element for outer in found for element in outer.iterdescendants()}
    return [element for element in found if element not in inner]


def _taken(body: Any, name: str) -> list[str]:
    """The markup of all elements of a class, which leave the page."""
    elements = _of_class(body, name)
    taken = [_within(element, body) for element in elements]
    for element in elements:
        element.drop_tree()
    return taken


def _within(element: Any, body: Any) -> str:
    """An element inside copies of the elements around it."""
    around = list(takewhile(lambda ancestor: ancestor is not body, element.iterancestors()))
    opening = "".join(_opening(ancestor) for ancestor in reversed(around))
    closing = "".join(f"</{ancestor.tag}>" for ancestor in around)
    return f"{opening}{_markup(element)}{closing}"


def _record_id(article: Any, model: str | None) -> int | None:
    number = article.get("data-oe-id") or ""
    return int(number) if number.isdecimal() and model and article.get("data-oe-model") == model else None


def _opening(element: Any) -> str:
    empty = element.makeelement(element.tag, dict(element.attrib))
    return _markup(empty).removesuffix(f"</{element.tag}>")


def _markup(element: Any) -> str:
    return str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))
