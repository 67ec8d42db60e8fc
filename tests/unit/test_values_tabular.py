"""Tables as CSV and XLSX: what is written is safe to open and read again as it was."""

from __future__ import annotations

import datetime
import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.values.archives import Unreadable
from fondaco.values.sheets import sheet_rows
from fondaco.values.tabular import Workbook, csv_of, csv_rows, decoded, likely_separator, neutral, restored


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


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a;b;c\n1,5;2;3\n", ";"),
        ("a,b\n1,2\n", ","),
        ("a\tb\n1\t2\n", "\t"),
        ("only\nlines\n", ","),
        ("sep=;\na;b\n", ";"),
        ("Prices of 2026\n\nName;Price\nA;1,5\nB;2,5\nC;3,5\nTotal\n", ";"),
        ('a,"b;c"\n', ","),
    ],
)
def test_the_separator_is_told_by_the_lines(text, separator):
    assert likely_separator(text) == separator


def test_the_encoding_is_told_by_the_bytes():
    assert decoded("é".encode()) == ("é", "utf-8")
    assert decoded("﻿é".encode()) == ("é", "utf-8")
    assert decoded("é".encode("cp1252")) == ("é", "cp1252")
    assert decoded("a\té\n".encode("utf-16")) == ("a\té\n", "utf-16")
    assert decoded("a\té\n".encode("utf-16-le")) == ("a\té\n", "utf-16-le")
    assert decoded("a\té\n".encode("utf-16-be")) == ("a\té\n", "utf-16-be")


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"<html><table>", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_what_is_no_text_is_refused(content):
    with pytest.raises(Unreadable, match="save it as"):
        decoded(content)


def test_a_quote_without_an_end_is_refused_where_it_takes_in_other_lines():
    rows = csv_rows('name,city\nA,"x\ny"\n"B,z\nC,w\n', ",")

    assert [next(rows), next(rows)] == [["name", "city"], ["A", "x\ny"]]
    with pytest.raises(Unreadable, match="begins in line 4"):
        list(rows)
    assert list(csv_rows('A,5" pipe\nB,"x" y\n"C', ",")) == [["A", '5" pipe'], ["B", "x y"], ["C"]]


def test_rows_know_their_lines_in_the_file():
    """Who looks for line 5 in a spreadsheet program finds it: empty lines count, those within a cell do not."""
    rows = list(csv_rows('\na,b\n\n,\n"x\ny",z\nc,d\n', ","))

    assert [(row[0], row.line) for row in rows] == [("a", 2), ("x\ny", 5), ("c", 6)]


def test_a_line_that_names_the_separator_is_no_row():
    assert list(csv_rows("sep=;\r\na;b\r\n", ";")) == [["a", "b"]]


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
