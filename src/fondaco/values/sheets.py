"""The sheets of a workbook, XLSX or ODS, as rows of text, whoever wrote it.

A number is a `Number`: the text of a number as Python writes it, so that nobody takes its point for the sign between
thousands.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fondaco.values import opendocument, shared_texts
from fondaco.values.archives import DAMAGED, Unreadable, opened
from fondaco.values.deferred import Deferred
from fondaco.values.formulas import first_unsolved
from fondaco.values.tabular import Row, cell_text

if TYPE_CHECKING:
    from openpyxl.reader import excel
else:
    excel = Deferred("openpyxl.reader.excel")

MAX_CELLS = 10_000_000  # empty ones included
BROKEN = (*DAMAGED, SyntaxError, IndexError, AttributeError, TypeError)
"""What openpyxl raises over a workbook in which something is missing, or is not as it should be."""
MAGIC = b"PK\x03\x04"
XLSX = "[Content_Types].xml"
VISIBLE = "visible"


class Number(str):
    """The text of a number, with a point before decimals."""

    __slots__ = ()


def sheet_names(content: bytes) -> list[str]:
    """The sheets of a workbook, those that are hidden last. `Unreadable` if it is none."""
    archive = opened(content)
    if opendocument.is_workbook(archive):
        return opendocument.sheets(archive)
    pages = _workbook(content, archive, with_texts=False).worksheets
    return [page.title for page in sorted(pages, key=lambda page: page.sheet_state != VISIBLE)]


def sheet_rows(content: bytes, sheet: str = "") -> Iterator[Row]:
    """Rows of the sheet (the first that is shown, if none is named) as text, empty ones left out."""
    archive = opened(content)
    wanted = sheet or next(iter(sheet_names(content)), "")
    is_open = opendocument.is_workbook(archive)
    found = (
        opendocument.rows(archive, wanted, MAX_CELLS)
        if is_open
        else enumerate(_rows(_workbook(content, archive), wanted), 1)
    )
    for place, values in found:
        row = Row(map(_text, values), place)
        if any(cell.strip() for cell in row):
            yield row


def _rows(book: Any, sheet: str) -> Iterator[tuple[Any, ...]]:
    page = next((page for page in book.worksheets if page.title == sheet), None)
    if page is None:
        raise Unreadable("no sheet", sheet=sheet)
    _refuse_unsolved(page)
    page.reset_dimensions()  # some programs write that the sheet has one cell, which is believed otherwise
    cells = 0
    try:
        for values in page.iter_rows(values_only=True):
            cells += len(values) or 1
            if cells > MAX_CELLS:
                raise Unreadable("too many cells", most=f"{MAX_CELLS:,}")
            yield values
    except Unreadable:
        raise
    except BROKEN as error:
        raise Unreadable("damaged", detail=str(error)) from error


def _refuse_unsolved(page: Any) -> None:
    """A formula is read by its result; one without (libraries write them so) would be an empty cell."""
    try:
        with page.parent._archive.open(page._worksheet_path) as parts:
            if cell := first_unsolved(parts):
                raise Unreadable("no result", cell=cell)
    except Unreadable:
        raise
    except BROKEN as error:
        raise Unreadable("damaged", detail=str(error)) from error


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return Number(cell_text(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.strftime("%Y-%m-%d")
    return cell_text(value)


def _workbook(content: bytes, archive: zipfile.ZipFile, *, with_texts: bool = True) -> Any:
    if XLSX not in archive.namelist():
        raise Unreadable("foreign")
    try:
        reader = excel.ExcelReader(io.BytesIO(content), read_only=True, data_only=True)
        reader.read_strings = lambda: None
        reader.read()
        if with_texts:
            reader.shared_strings += _texts(reader)  # the sheets have the same list
        return reader.wb
    except Unreadable:
        raise
    except BROKEN as error:
        raise Unreadable("damaged", detail=str(error)) from error


def _texts(reader: Any) -> list[str]:
    if (found := reader.package.find(shared_texts.PART)) is None:
        return []
    with reader.archive.open(found.PartName[1:]) as part:
        return shared_texts.read(part)
