"""Tables as CSV and XLSX: written so that they are safe to open; CSV read as rows of text (workbooks: `sheets`).

A text that begins like a formula is run by the spreadsheet that opens it. `neutral` puts an apostrophe before it and
`restored` takes it away again, so that an export that is imported is what it was. In workbooks texts are typed, and
need no mark.
"""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, TextIO

from fondaco.values.archives import Unreadable
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = Deferred("xlsxwriter")

FORMULA = re.compile(r"'*[=+\-@\t\r]")
NEUTRALISED = re.compile(r"'+[=+\-@\t\r]")
SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
MAX_ROWS = 1_048_576
"""The format of workbooks has no more."""
MAX_CELL = 32_767  # characters
WIDTH = 24  # characters
SAMPLE_LINES = 50
ALIKE = 0.6
"""So much of the first lines has as many columns; others may be titles, totals or cut short."""
SAMPLE_BYTES = 4096
UTF16 = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
NO_TABLE = (b"%pdf", b"<?xml", b"<!doctype", b"<html", b"<table", b"{\\rtf")
NAMED_SEPARATOR = re.compile(r"\ufeff?sep=(.)\r?\n")
"""A first line by which Excel is told the separator."""


# -- cells ------------------------------------------------------------------------------------------------------------
def neutral(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def restored(text: str) -> str:
    """The text as it was before `neutral`."""
    return text[1:] if NEUTRALISED.match(text) else text


def cell_text(value: Any) -> str:
    """A value as text; nothing where there is nothing."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


# -- writing ----------------------------------------------------------------------------------------------------------
def csv_of(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Comma-separated, every cell in quotes."""
    out = io.StringIO()
    write_csv(out, titles, rows)
    return out.getvalue()


def write_csv(out: TextIO, titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """The same into a file, a row at a time."""
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([neutral(title) for title in titles])
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])


def _csv_cell(value: Any) -> str:
    text = str(value) if isinstance(value, float) else cell_text(value)
    return neutral(text) if isinstance(value, str | bytes) else text


class Workbook:
    """One sheet, written from the top down: `add` rows, then `content`; or, into a file, `close`.

    With a file to go to, rows that are written are no longer in memory, and `span` has no place above them.
    """

    def __init__(self, sheet: str, file: IO[bytes] | None = None) -> None:
        self._out = file or io.BytesIO()
        room = {"in_memory": True} if file is None else {"constant_memory": True}
        self._book = xlsxwriter.Workbook(self._out, {**room, "remove_timezone": True})
        self._sheet = self._book.add_worksheet(sheet)
        self._formats = {
            "plain": self._book.add_format({"text_wrap": True}),
            "bold": self._book.add_format({"bold": True, "text_wrap": True}),
            "group": self._book.add_format({"bold": True, "bg_color": "#e9ecef"}),
            "date": self._book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        self._next = 0

    def __repr__(self) -> str:
        return f"<Workbook {self._sheet.name} rows={self._next}>"

    def add(self, row: Sequence[Any], style: str = "plain") -> None:
        """Write a row. `ValueError` when the format has no place for it."""
        if self._next >= MAX_ROWS:
            raise ValueError(f"A workbook has at most {MAX_ROWS} rows")
        for column, value in enumerate(row):
            self._write(self._next, column, value, style)
        self._next += 1

    def span(self, row: int, column: int, value: str, *, width: int = 1, height: int = 1) -> None:
        """Write a title over several cells; rows are added below it."""
        if width > 1 or height > 1:
            last = (row + height - 1, column + width - 1)
            self._sheet.merge_range(row, column, *last, value, self._formats["bold"])
        else:
            self._write(row, column, value, "bold")
        self._next = max(self._next, row + height)

    def content(self) -> bytes:
        """The file, of a workbook that was given none."""
        self.close()
        assert isinstance(self._out, io.BytesIO), "a workbook that was given a file is there"
        return self._out.getvalue()

    def close(self) -> None:
        """Write the end of the file."""
        self._sheet.set_column(0, max(0, self._sheet.dim_colmax or 0), WIDTH)
        self._book.close()

    def _write(self, row: int, column: int, value: Any, style: str) -> None:
        plain = self._formats[style]
        if isinstance(value, bool):
            self._sheet.write_boolean(row, column, value, plain)
        elif isinstance(value, int | float):
            self._sheet.write_number(row, column, value, plain)
        elif isinstance(value, datetime.datetime):
            self._sheet.write_datetime(row, column, value, self._formats["moment"])
        elif isinstance(value, datetime.date):
            self._sheet.write_datetime(row, column, value, self._formats["date"])
        elif text := cell_text(value):
            if len(text) > MAX_CELL:
                raise ValueError(f"Row {row + 1}: a cell of a workbook holds {MAX_CELL} characters, not {len(text)}")
            self._sheet.write_string(row, column, text, plain)
        elif style != "plain":
            self._sheet.write_blank(row, column, None, plain)


# -- reading ----------------------------------------------------------------------------------------------------------
class Row(list[str]):
    """The cells of a row, and in which line of the table it stands for whoever has the file open: empty ones count."""

    __slots__ = ("line",)

    def __init__(self, cells: Iterable[str], line: int) -> None:
        super().__init__(cells)
        self.line = line


def decoded(content: bytes, encoding: str = "") -> tuple[str, str]:
    """(text, encoding): the one given, else the first that fits. `UnicodeDecodeError` if the given one does not,
    `Unreadable` if it is no text."""
    if content.startswith(OLD_WORKBOOK):
        raise Unreadable("old")
    if encoding:
        return content.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding), encoding
    if name := _wide(content[:SAMPLE_BYTES]):
        return content.decode(name), name
    if b"\0" in content[:SAMPLE_BYTES] or content.lstrip()[:SAMPLE_BYTES].lower().startswith(NO_TABLE):
        raise Unreadable("no table")
    for name in ENCODINGS:
        try:
            return content.decode(name), name.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 decodes every byte")


def _wide(sample: bytes) -> str:
    """The encoding of a text in units of two bytes: it says so, or every other byte is nought."""
    for mark, name in UTF16:
        if sample.startswith(mark):
            return name
    half = len(sample) // 2
    if half > 1 and sample[1::2].count(0) > 0.7 * half and not sample[::2].count(0):
        return "utf-16-le"
    if half > 1 and sample[::2].count(0) > 0.7 * half and not sample[1::2].count(0):
        return "utf-16-be"
    return ""


def likely_separator(text: str, quote: str = '"') -> str:
    """The separator that the file names, or that cuts most of the first lines into the same number of columns, the more
    the better; a comma in doubt."""
    if named := NAMED_SEPARATOR.match(text):
        return named[1]
    best, found = ",", (0.0, 1)
    for separator in SEPARATORS:
        widths = Counter(
            len(row) for row, _lines in itertools.islice(_cut(text, separator, quote), SAMPLE_LINES) if row
        )
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        share = round(count / max(1, widths.total()), 1)
        if width > 1 and share >= ALIKE and (share, width) > found:
            best, found = separator, (share, width)
    return best


def csv_rows(text: str, separator: str, quote: str = '"') -> Iterator[Row]:
    """Rows of cells, empty lines left out, formulas restored. `Unreadable` where a quote takes in all lines to the
    end."""
    last: list[str] = []
    number = line = 0
    for place, (row, lines) in enumerate(_cut(text, separator, quote), 1):
        last, number, line = lines, line + 1, line + len(lines)
        if any(cell.strip() for cell in row):
            yield Row(map(restored, row), place)
    if len(last) > 1 and _is_open(last, separator, quote):
        raise Unreadable("open quote", line=f"{number:,}")


def _is_open(lines: list[str], separator: str, quote: str) -> bool:
    """Whether a quote of these lines has no end. What else is not as it should be is read all the same."""
    try:
        list(csv.reader(lines, delimiter=separator, quotechar=quote or '"', strict=True))
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _cut(text: str, separator: str, quote: str) -> Iterator[tuple[list[str], list[str]]]:
    """Each row, and the lines that it is made of."""
    # Pictures are long cells, and the whole file is in memory already; the library's limit is 131,072 characters.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    if named := NAMED_SEPARATOR.match(text):
        text = text[named.end() :]
    lines: list[str] = []

    def each() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            lines.append(line)
            yield line

    for row in csv.reader(each(), delimiter=separator, quotechar=quote or '"', strict=False):
        yield row, lines.copy()
        lines.clear()
