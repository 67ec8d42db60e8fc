"""What is in the sheets of an OpenDocument workbook (.ods)?

Read as it streams by, a row at a time. A row or a cell may say that it is repeated a million times: what that comes to
is counted before it is made, and empty ones at the end of a row or a sheet are nothing (programs write them to the edge
of the page).
"""

from __future__ import annotations

import contextlib
import datetime
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lxml import etree

from fondaco.values.archives import DAMAGED, MAX_UNPACKED, Unreadable, member
from fondaco.values.archives import OPEN_DOCUMENT as CONTENT

MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
MANIFEST = "META-INF/manifest.xml"
ENCRYPTED = ("encrypted-package", b"encryption-data")
LONGEST_FORMULA = 60  # characters that are told
MAX_SPACES = 100  # in a row within a text
MAX_WAITING = 200_000  # elements that are in memory at once: a row has 16,384 cells at most

_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TABLE, _TEXT, _STYLE = (f"{{{_SPACE}{name}:1.0}}" for name in ("office", "table", "text", "style"))
_SHEETS, _SHEET, _ROW = f"{_OFFICE}spreadsheet", f"{_TABLE}table", f"{_TABLE}table-row"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_PARAGRAPH = f"{_TEXT}p"
_UNSEEN = (f"{_OFFICE}annotation", f"{_TEXT}note", f"{_TEXT}ruby-text")
_DURATION = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")

Cell = str | float | bool | datetime.date | datetime.datetime


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether the archive says so itself."""
    return CONTENT in archive.namelist() and member(archive, "mimetype").startswith(MIMETYPE)


def sheets(archive: zipfile.ZipFile) -> list[str]:
    """The names of the sheets, those that are hidden last."""
    shown: list[str] = []
    hidden: list[str] = []
    unseen_styles: set[str | None] = set()
    wanted = (_SHEET, _ROW, f"{_STYLE}table-properties")
    with _reading(archive) as parts:
        for event, node in _events(parts, wanted):
            if node.tag == _ROW:
                _forget(event, node)
            elif node.tag != _SHEET and event == "end" and node.get(f"{_TABLE}display") == "false":
                unseen_styles.update(parent.get(f"{_STYLE}name") for parent in node.iterancestors(f"{_STYLE}style"))
            elif event == "start" and _is_sheet(node):
                is_hidden = node.get(f"{_TABLE}style-name") in unseen_styles
                (hidden if is_hidden else shown).append(node.get(f"{_TABLE}name") or "")
    return [*shown, *hidden]


def rows(archive: zipfile.ZipFile, sheet: str, most_cells: int) -> Iterator[tuple[int, list[Cell]]]:
    """The rows of a sheet that have something in them, each with its number."""
    budget = _Budget(most_cells)
    is_wanted, place = False, 0
    with _reading(archive) as parts:
        for event, node in _events(parts, (_SHEET, _ROW)):
            if node.tag == _SHEET:
                if is_wanted and event == "end" and _is_sheet(node):
                    return
                if event == "start" and _is_sheet(node):
                    is_wanted = node.get(f"{_TABLE}name") == sheet
            elif event == "end" and is_wanted and not _is_nested(node):
                row = _row(node, budget)
                times = _repeated(node, "rows")
                for time in range(times if row else 0):
                    yield place + time + 1, row
                place += times
            _forget(event, node)
    if not is_wanted:
        raise Unreadable("no sheet", sheet=sheet)


# -- the document -----------------------------------------------------------------------------------------------------
_PARSING: dict[str, Any] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "remove_comments": True, "remove_pis": True,
}  # fmt: skip


@contextlib.contextmanager
def _reading(archive: zipfile.ZipFile) -> Iterator[Any]:
    """The content as a file; what is wrong with it is told."""
    if ENCRYPTED[0] in archive.namelist() or ENCRYPTED[1] in member(archive, MANIFEST):
        raise Unreadable("protected")
    try:
        with archive.open(CONTENT) as parts:
            yield parts
    except Unreadable:
        raise
    except (etree.XMLSyntaxError, *DAMAGED) as error:
        raise Unreadable("damaged", detail=str(error)) from error


def _events(parts: Any, tags: Sequence[str]) -> Iterator[tuple[str, etree._Element]]:
    """What begins and ends of these tags. What has come since the last row is in memory: it has an end somewhere."""
    waiting = 0
    for event, node in etree.iterparse(parts, ("start", "end"), **_PARSING):
        if event == "start":
            waiting += 1
            if waiting > MAX_WAITING:
                raise Unreadable("too many cells", most=f"{MAX_WAITING:,}")
        elif node.tag == _ROW:
            waiting = 0
        if node.tag in tags:
            yield event, node


def _is_sheet(node: etree._Element) -> bool:
    parent = node.getparent()
    return parent is not None and parent.tag == _SHEETS


def _is_nested(row: etree._Element) -> bool:
    """In a table that stands in a cell."""
    return not _is_sheet(next(row.iterancestors(_SHEET)))


def _forget(event: str, node: etree._Element) -> None:
    """What is read leaves memory: the row, and what stands before it. More of what follows is there already."""
    if event == "end" and node.tag == _ROW:
        node.clear()
        parent = node.getparent()
        while parent is not None and (earlier := node.getprevious()) is not None:
            parent.remove(earlier)


# -- rows and cells ---------------------------------------------------------------------------------------------------
class _Budget:
    """Cells and characters that a sheet may come to."""

    def __init__(self, most_cells: int) -> None:
        self.most_cells, self.cells, self.characters = most_cells, most_cells, MAX_UNPACKED

    def take(self, cells: int, characters: int = 0) -> None:
        self.cells -= cells
        self.characters -= characters
        if self.cells < 0 or self.characters < 0:
            raise Unreadable("too many cells", most=f"{self.most_cells:,}")


def _row(node: etree._Element, budget: _Budget) -> list[Cell]:
    """Its cells up to the last that has something in it."""
    found: list[Cell] = []
    empty = 0
    times = _repeated(node, "rows")
    for cell in node.iterchildren(*_CELLS):
        repeated, value = _repeated(cell, "columns"), _value(cell)
        if value == "":
            if cell.get(f"{_TABLE}formula") and not cell.get(f"{_OFFICE}value-type"):
                raise Unreadable("no result", cell=cell.get(f"{_TABLE}formula", "")[:LONGEST_FORMULA])
            empty += repeated
            continue
        size = len(value) if isinstance(value, str) else 1
        budget.take((empty + repeated) * times, size * repeated * times)
        found += [""] * empty + [value] * repeated
        empty = 0
    return found


def _repeated(node: etree._Element, what: str) -> int:
    times = node.get(f"{_TABLE}number-{what}-repeated") or "1"
    if not times.isdecimal() or len(times) > 10:
        raise Unreadable("damaged", detail=f"number-{what}-repeated={times[:20]}")
    return int(times)


def _value(cell: etree._Element) -> Cell:
    kind = cell.get(f"{_OFFICE}value-type")
    read = _TYPED.get(kind or "")
    if read is not None:
        with contextlib.suppress(ValueError, TypeError):  # then what the page shows
            return read(cell)
    if kind == "string" and (text := cell.get(f"{_OFFICE}string-value")) is not None:
        return text
    return "\n".join(_text(part) for part in cell.iterchildren(_PARAGRAPH))


def _number(cell: etree._Element) -> float:
    return float(cell.attrib[f"{_OFFICE}value"])


def _boolean(cell: etree._Element) -> bool:
    return cell.attrib[f"{_OFFICE}boolean-value"] == "true"


def _moment(cell: etree._Element) -> datetime.date:
    text = str(cell.attrib[f"{_OFFICE}date-value"])
    return datetime.datetime.fromisoformat(text) if "T" in text else datetime.date.fromisoformat(text)


def _time(cell: etree._Element) -> str:
    found = _DURATION.fullmatch(str(cell.attrib[f"{_OFFICE}time-value"]))
    if not found:
        raise ValueError
    return ":".join(part.zfill(2) for part in found.groups())


_TYPED: dict[str, Callable[[etree._Element], Cell]] = {
    "float": _number, "percentage": _number, "currency": _number, "boolean": _boolean, "date": _moment, "time": _time,
}  # fmt: skip


def _text(node: etree._Element) -> str:
    """The text of a paragraph as one reads it: without notes, with its spaces and lines."""
    parts = [node.text or ""]
    for child in node:
        if child.tag == f"{_TEXT}s":
            count = child.get(f"{_TEXT}c") or "1"
            parts.append(" " * min(int(count) if count.isdecimal() and len(count) < 9 else MAX_SPACES, MAX_SPACES))
        elif child.tag == f"{_TEXT}tab":
            parts.append("\t")
        elif child.tag == f"{_TEXT}line-break":
            parts.append("\n")
        elif isinstance(child.tag, str) and child.tag not in _UNSEEN:
            parts.append(_text(child))
        parts.append(child.tail or "")
    return "".join(parts)
