"""What does an engine get to lay out: a document with its header and footer on a paper?

The header and the footer become running elements of the margins (CSS Generated Content for Paged Media). A margin
that is too small for them grows: they never cover the text. Empty elements of the classes `page` and `topage` in them
show the number of the page and how many pages the document has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from fondaco.pdf.paper import Paper
from fondaco.pdf.parts import repeated, with_content

FOOTER_AT = 5.0  # millimetres between a footer and the lower edge
GAP = 3.0  # between a header or footer and the text, when the margin had to grow
LARGEST_SHARE = 0.4  # of a sheet, for a margin that grows: some of it stays for the text

Measure = Callable[[str, float], float]
"""(page, width in millimetres) -> how high it is, in millimetres."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document ready to be laid out; its pages are counted on their own."""

    html: str
    paper: Paper


def lay(bodies: Sequence[str], header: str, footer: str, paper: Paper, measure: Measure) -> list[Sheet]:
    """The sheets of documents; `header` and `footer` are pages with those of all documents, or empty."""
    heights: dict[str, float] = {}
    sheets = []
    above, below = repeated(header, "header", len(bodies)), repeated(footer, "footer", len(bodies))
    for body, head, foot in zip(bodies, above, below, strict=True):
        for part in {head, foot} - heights.keys() - {""}:
            page = with_content(_emptied(body), _MEASURED, part)
            heights[part] = measure(page, paper.inner_width / paper.scale) * paper.scale
        own = _grown(paper, heights.get(head, 0.0), heights.get(foot, 0.0))
        sheets.append(Sheet(with_content(body, _style(own), head + foot), own))
    return sheets


def _grown(paper: Paper, header: float, footer: float) -> Paper:
    if paper.has_css_margins:
        return paper
    most = paper.height * LARGEST_SHARE
    top = min(paper.header_at + header + GAP, most) if header else 0.0
    bottom = min(FOOTER_AT + footer + GAP, most) if footer else 0.0
    return replace(paper, top=max(paper.top, top), bottom=max(paper.bottom, bottom))


def _emptied(page: str) -> str:
    """The page of a document without what is in it: its styles, and the classes of its body."""
    before, mark, rest = page.partition("<body")
    return f"{before}{mark}{rest.partition('>')[0]}></body></html>"


_MEASURED = "<style>html, body { margin: 0 !important; padding: 0 !important; }</style>"
_RUNNING = """
.header { position: running(o_header); }
.footer { position: running(o_footer); }
.header .page:empty::before, .footer .page:empty::before { content: counter(page); }
.header .topage:empty::before, .footer .topage:empty::before { content: counter(pages); }
.page + .page { break-before: page; }
body { margin: 0; }
"""


def _style(paper: Paper) -> str:
    """The style sheet that puts a document on its paper."""
    scale = paper.scale
    line = "border-bottom: .3mm solid currentColor;" if paper.has_header_line else ""
    margins = "" if paper.has_css_margins else (
        f"margin: {paper.top / scale:.2f}mm {paper.right / scale:.2f}mm "
        f"{paper.bottom / scale:.2f}mm {paper.left / scale:.2f}mm;"
    )  # fmt: skip
    return f"""<style>
@page {{ size: {paper.width / scale:.2f}mm {paper.height / scale:.2f}mm; {margins}
  @top-center {{ content: element(o_header); width: 100%; vertical-align: top;
    padding-top: {paper.header_at / scale:.2f}mm; {line} }}
  @bottom-center {{ content: element(o_footer); width: 100%; vertical-align: bottom;
    padding-bottom: {FOOTER_AT / scale:.2f}mm; }}
}}{_RUNNING}</style>"""
