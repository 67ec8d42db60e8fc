"""The texts that the cells of an XLSX workbook share, by their numbers.

openpyxl makes several objects of each, which takes minutes where a file of some megabytes has millions of them.
"""

from __future__ import annotations

from typing import IO

from lxml import etree

from fondaco.values.archives import Unreadable

PART = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
MAX_TEXTS = 3_000_000
"""A workbook that has more of some letters each is larger than what is unpacked at all."""

_SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ITEM, _TEXT, _RUN = (f"{_SPACE}{name}" for name in ("si", "t", "r"))


def read(part: IO[bytes]) -> list[str]:
    """The texts. `Unreadable` where there are too many, `SyntaxError` where the part is no XML."""
    texts: list[str] = []
    for _event, item in etree.iterparse(part, tag=_ITEM, resolve_entities=False, no_network=True):
        if len(texts) == MAX_TEXTS:
            raise Unreadable("too many texts", most=f"{MAX_TEXTS:,}")
        # as openpyxl gives them: an underscore that is written out stands before what looks like an escape
        texts.append(_text(item).replace("x005F_", ""))
        item.clear()
        while item.getprevious() is not None:
            del item.getparent()[0]
    return texts


def _text(item: etree._Element) -> str:
    """What is read: plain, or in runs of one format each; not how it is pronounced."""
    if len(item) == 1 and item[0].tag == _TEXT:
        return item[0].text or ""
    found = [item.findtext(_TEXT) or "", *(run.findtext(_TEXT) or "" for run in item.iterfind(_RUN))]
    return "".join(found)
