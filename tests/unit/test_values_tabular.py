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
    with pytest.raises(ValueError, match="no XLSX workbook"):
        list(sheet_rows(b"PK nothing"))


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(tabular, "MAX_UNPACKED", 1000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 2000)

    with pytest.raises(ValueError, match="2000 bytes"):
        list(sheet_rows(out.getvalue()))


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
