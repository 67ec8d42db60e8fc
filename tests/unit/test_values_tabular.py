"""Tables as CSV and XLSX: what is written is safe to open and read again as it was."""

from __future__ import annotations

import datetime
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.values import tabular
from fondaco.values.tabular import Workbook, csv_of, csv_rows, decoded, likely_separator, neutral, restored, sheet_rows


def test_a_cell_that_looks_like_a_formula_is_text_in_a_csv_file_and_comes_back_as_it_was():
    text = csv_of(["Name"], [["=1+1"], ["@SUM(A1)"], ["-12 apples"]])

    assert text == '"Name"\r\n"\'=1+1"\r\n"\'@SUM(A1)"\r\n"\'-12 apples"\r\n'
    assert list(csv_rows(text, ",")) == [["Name"], ["=1+1"], ["@SUM(A1)"], ["-12 apples"]]


def test_a_negative_number_stays_a_number():
    assert csv_of(["x"], [[-3.25, -4, False, ""]]).splitlines()[1] == '"-3.25","-4","False",""'


@given(st.text())
def test_restoring_undoes_neutralising(text):
    for prefix in ("", "=", "'=", "''-", "@"):
        assert restored(neutral(prefix + text)) == prefix + text


def test_a_formula_in_a_workbook_is_a_text():
    book = Workbook("Sheet1")
    book.add(["=1+1", 2.5, True, None, datetime.date(2024, 2, 29)])

    sheet = openpyxl.load_workbook(io.BytesIO(book.content())).worksheets[0]

    assert [(cell.value, cell.data_type) for cell in sheet[1]][:3] == [("=1+1", "s"), (2.5, "n"), (True, "b")]


def test_a_workbook_is_read_as_rows_of_text():
    book = Workbook("Data")
    book.add(["name", "since", "count", "rate"])
    book.add(["A", datetime.datetime(2024, 2, 29), 3, 0.5])
    book.add([None, None, None, None])
    book.add(["B", datetime.datetime(2024, 2, 29, 12, 30), 4.0, 1.0])
    content = book.content()

    assert tabular.sheet_names(content) == ["Data"]
    assert list(sheet_rows(content)) == [
        ["name", "since", "count", "rate"],
        ["A", "2024-02-29", "3", "0.5"],
        ["B", "2024-02-29 12:30:00", "4", "1"],
    ]


def test_what_is_no_workbook_is_refused():
    with pytest.raises(ValueError, match="XLSX workbook"):
        list(sheet_rows(b"PK nothing"))


def archive_of(sheet: bytes) -> bytes:
    """A workbook whose sheet is replaced."""
    book, out = Workbook("Data"), io.BytesIO()
    book.add(["name"])
    with (
        zipfile.ZipFile(io.BytesIO(book.content())) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.namelist():
            target.writestr(member, sheet if member == "xl/worksheets/sheet1.xml" else source.read(member))
    return out.getvalue()


def test_an_archive_that_unpacks_to_too_much_is_refused_with_a_way_out():
    bomb = archive_of(b" " * (tabular.MIN_UNPACKED + 1))

    with pytest.raises(ValueError, match=r"unpacks to 16.8 MB, .* more than the 16.8 MB .* save it as CSV"):
        list(sheet_rows(bomb))

    assert len(bomb) < 100_000


def test_what_may_be_unpacked_grows_with_the_file_up_to_a_bound():
    million = 1_000_000

    assert [tabular._most_unpacked(size) for size in (1, million, 100 * million)] == [
        16 * 1024 * 1024,
        50 * million,
        256 * 1024 * 1024,
    ]


def test_a_sheet_that_says_it_is_as_large_as_can_be_is_refused():
    kind = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    row = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    huge = archive_of(
        b"<worksheet %b><dimension ref='A1:XFD1048576'/><sheetData>%b</sheetData></worksheet>" % (kind, row)
    )

    with pytest.raises(ValueError, match="more than 10,000,000 cells"):
        list(sheet_rows(huge))


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a;b;c\n1,5;2;3\n", ";"),
        ("a,b\n1,2\n", ","),
        ("a\tb\n1\t2\n", "\t"),
        ("only\nlines\n", ","),
        ('a,"b;c"\n', ","),
    ],
)
def test_the_separator_is_told_by_the_lines(text, separator):
    assert likely_separator(text) == separator


def test_the_encoding_is_told_by_the_bytes():
    assert decoded("é".encode()) == ("é", "utf-8")
    assert decoded("﻿é".encode()) == ("é", "utf-8")
    assert decoded("é".encode("cp1252")) == ("é", "cp1252")


def test_a_workbook_that_goes_to_a_file_is_the_same():
    out = io.BytesIO()
    book = Workbook("Data", out)
    book.add(["name", "count"], "bold")
    book.add(["=1+1", 3])
    book.close()

    assert list(sheet_rows(out.getvalue())) == [["name", "count"], ["=1+1", "3"]]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_may_be_as_long_as_a_picture(quote):
    picture = "iVBORw0KGgo" * 20_000

    assert list(csv_rows(f"name,image_1920\nAda,{quote}{picture}{quote}\n", ",")) == [
        ["name", "image_1920"],
        ["Ada", picture],
    ]
