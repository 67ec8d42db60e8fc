"""Workbooks of people, XLSX and ODS, as rows of text; those that would take the server's memory are refused."""

from __future__ import annotations

import datetime
import io
import zipfile

import openpyxl
import openpyxl.chart
import pytest
from openpyxl.reader.strings import read_string_table

from fondaco.values import archives, shared_texts, sheets
from fondaco.values.archives import Unreadable
from fondaco.values.sheets import Number, sheet_names, sheet_rows
from fondaco.values.tabular import Workbook
from tests.fix_workbooks import ods, row, table, text, typed, xlsx_rows, xlsx_with

MILLION = 1_000_000


def test_an_xlsx_workbook_is_read_as_rows_of_text():
    book = Workbook("Data")
    book.add(["name", "since", "count", "rate"])
    book.add(["A", datetime.datetime(2024, 2, 29), 3, 0.5])
    book.add([None, None, None, None])
    book.add(["B", datetime.datetime(2024, 2, 29, 12, 30), 4.0, 1.0])
    content = book.content()

    assert sheet_names(content) == ["Data"]
    assert list(sheet_rows(content)) == [
        ["name", "since", "count", "rate"],
        ["A", "2024-02-29", "3", "0.5"],
        ["B", "2024-02-29 12:30:00", "4", "1"],
    ]


def test_an_ods_workbook_is_read_by_its_values_not_by_what_one_sees():
    content = ods(
        table(
            "Data",
            f"<table:table-header-rows>{row(text('name'), text('count'), text('since'))}</table:table-header-rows>",
            row(text("A &amp; <text:span>B</text:span>"), typed("float", "3", "3,00"),
                typed("date", "2024-02-29", "x")),
            row(text(repeated=16_384), repeated=5),
            row(typed("boolean", "true", "WAHR"), typed("percentage", "0.15", "15%"),
                typed("date", "2024-02-29T12:30:00.000000000", "x")),
            row(typed("currency", "1234.5", "1.234,50 €"), typed("time", "PT08H05M00S", "8:05"), text(repeated=16_000)),
            row(text("one</text:p><text:p>two<text:s text:c='3'/>c<text:line-break/>d<text:tab/>e")),
            row(text(repeated=16_384), repeated=MILLION),
        )
    )  # fmt: skip

    rows = list(sheet_rows(content))

    assert rows == [
        ["name", "count", "since"],
        ["A & B", "3", "2024-02-29"],
        ["True", "0.15", "2024-02-29 12:30:00"],
        ["1234.5", "08:05:00"],
        ["one\ntwo   c\nd\te"],
    ]
    assert isinstance(rows[1][1], Number) and not isinstance(rows[1][2], Number)


def test_merged_and_repeated_cells_of_an_ods_workbook_stand_where_they_are_seen():
    merged = text("over two").replace("<table:table-cell", '<table:table-cell table:number-columns-spanned="2"', 1)
    note = "<office:annotation><text:p>a note</text:p></office:annotation>"
    content = ods(
        table(
            "Data",
            row(merged, "<table:covered-table-cell/>", text("third")),
            row(text(), repeated=4),
            row(text("x", repeated=2), text(), text("y"), repeated=2),
            row(text("noted").replace("<text:p>", f"{note}<text:p>")),
        )
    )

    rows = list(sheet_rows(content))

    assert rows == [["over two", "", "third"], *[["x", "x", "", "y"]] * 2, ["noted"]]
    assert [row.line for row in rows] == [1, 6, 7, 8]


def test_the_sheets_that_are_hidden_come_last():
    style = '<style:style style:name="out"><style:table-properties table:display="false"/></style:style>'
    hidden = table("Lists", row(text("x")), attributes='table:style-name="out"')
    opened = ods(
        hidden, table("Data", row(text("y"))), styles=f"<office:automatic-styles>{style}</office:automatic-styles>"
    )
    book = openpyxl.Workbook()
    book.active.title, book.active.sheet_state = "Lists", "hidden"
    book.create_sheet("Data").append(["y"])
    book.create_chartsheet("Chart").add_chart(openpyxl.chart.BarChart())
    out = io.BytesIO()
    book.save(out)

    for content in (opened, out.getvalue()):
        assert sheet_names(content) == ["Data", "Lists"]
        assert list(sheet_rows(content)) == [["y"]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 nothing", "damaged"),
        (ods()[:-40], "damaged"),
        (ods("<table:table>", "<table:table-row>"), "damaged"),
        (ods(manifest="<manifest><encryption-data/></manifest>"), "protected"),
        (xlsx_with(b"<worksheet"), "damaged"),
        (xlsx_with(b" " * (archives.MIN_UNPACKED + 1)), "too large"),
        (ods(kind="application/vnd.oasis.opendocument.text"), "foreign"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(content, reason):
    with pytest.raises(Unreadable) as refused:
        list(sheet_rows(content, "A"))

    assert refused.value.reason == reason


def test_a_sheet_that_is_not_there_is_refused():
    for content in (ods(table("A", row(text("x")))), xlsx_rows("")):
        with pytest.raises(Unreadable, match="no sheet B"):
            list(sheet_rows(content, "B"))


@pytest.mark.parametrize(
    "rows",
    [
        row(text("x", repeated=16_384), repeated=MILLION),
        row(text("x" * 1000), repeated=MILLION),
        row(text(repeated=9_999_999_999), text("x")),
        row(text("x"), repeated=9_999_999_999),
    ],
)
def test_a_small_ods_file_that_says_it_is_a_huge_table_is_refused_before_it_is_one(rows):
    content = ods(table("A", rows))

    with pytest.raises(Unreadable, match="more than 10,000,000 cells"):
        next(sheet_rows(content, "A"))

    assert len(content) < 2000


def test_an_ods_row_without_end_is_refused_before_it_is_in_memory():
    with pytest.raises(Unreadable, match="more than 200,000 cells"):
        next(
            sheet_rows(
                ods(table("A", "<table:table-row>" + "<table:table-cell/>" * 250_000 + "</table:table-row>")), "A"
            )
        )


def test_entities_of_an_ods_file_stay_closed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    head = f'<!DOCTYPE x [<!ENTITY of SYSTEM "file://{tmp_path}/secret"><!ENTITY in "inner">]>'

    assert list(sheet_rows(ods(table("A", row(text("a&of;&in;b"))), head=head))) == [["ab"]]


def test_an_xlsx_sheet_of_too_many_cells_is_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MAX_CELLS", 3)

    with pytest.raises(Unreadable, match="more than 3 cells"):
        list(sheet_rows(xlsx_rows('<row r="2"><c r="C2"><v>1</v></c></row>')))


SHARED = """<?xml version="1.0"?>
<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="9">
<si><t>plain &amp; short</t></si><si><t xml:space="preserve"> kept </t></si><si><t/></si><si/>
<si><r><rPr><b/></rPr><t>in </t></r><r><t>runs</t></r></si>
<si><t>東京</t><rPh sb="0" eb="2"><t>トウ</t></rPh><phoneticPr fontId="1"/></si>
<si><t>_x005F_x000D_</t></si></sst>""".encode()


def test_the_texts_that_cells_share_are_those_of_openpyxl_and_not_without_end(monkeypatch):
    """A file of three megabytes had millions of them, and openpyxl was at it for minutes."""
    texts = shared_texts.read(io.BytesIO(SHARED))

    assert texts == read_string_table(io.BytesIO(SHARED))
    assert texts[:5] == ["plain & short", " kept ", "", "", "in runs"]
    monkeypatch.setattr(shared_texts, "MAX_TEXTS", 3)
    book = Workbook("Tags")
    for name in "abcd":
        book.add([name])
    content = book.content()
    assert sheet_names(content) == ["Tags"]
    with pytest.raises(Unreadable, match="more than 3 different texts; divide it"):
        list(sheet_rows(content))


def test_a_formula_is_read_by_its_result_and_refused_without_one():
    cell = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"{}><f>A1+1</f>{}</c></row>'
    formula = '<table:table-cell table:formula="of:=[.A1]+1" {}/>'
    empty_text = 'office:value-type="string"'

    assert list(sheet_rows(xlsx_rows(cell.format("", "<v>2</v>")))) == [["1", "2"]]
    assert list(sheet_rows(xlsx_rows(cell.format(' t="str"', "<v></v>")))) == [["1", ""]]
    assert list(sheet_rows(ods(table("A", row(text("x"), formula.format(empty_text)))))) == [["x"]]
    for content in (
        xlsx_rows(cell.format("", "")),
        xlsx_rows(cell.format("", "<v/>")),
        xlsx_rows(
            cell.format("", "").replace("<", "<x:").replace("<x:/", "</x:").replace("<x:row", '<x:row xmlns:x="urn:x"')
        ),
        ods(table("A", row(text("x"), formula.format("")))),
    ):
        with pytest.raises(Unreadable, match="has a formula whose result was not saved"):
            list(sheet_rows(content))


def test_cells_that_never_end_are_refused_in_one_go():
    """It took hours where each of them was looked at anew."""
    with pytest.raises(Unreadable, match="damaged"):
        list(sheet_rows(xlsx_rows("<f" + "<c " * 300_000)))


def test_what_may_be_unpacked_grows_with_the_file_up_to_a_bound():
    assert [archives.most_unpacked(size) for size in (1, MILLION, 100 * MILLION)] == [
        16 * 1024 * 1024,
        50 * MILLION,
        256 * 1024 * 1024,
    ]


def test_rows_of_an_ods_file_that_are_much_alike_pack_better_than_others_may():
    content = ods(table("A", *[row(text(f"{number}"), text("much alike " * 50)) for number in range(27_000)]))
    unpacked = sum(member.file_size for member in zipfile.ZipFile(io.BytesIO(content)).infolist())

    assert archives.most_unpacked(len(content)) < unpacked < archives.most_unpacked(len(content), 250)
    assert sum(1 for _ in sheet_rows(content)) == 27_000


def test_texts_within_the_sheet_and_a_wrong_size_are_read_as_other_programs_write_them():
    inline = '<c r="{}1" t="inlineStr"><is><r><t>{}</t></r><r><t>{}</t></r></is></c>'
    cells = inline.format("A", "na", "me") + inline.format("C", "col", "our")
    content = xlsx_rows(
        f'<row r="1">{cells}</row><row r="2"><c r="A2" t="str"><f>"A"&amp;"B"</f><v>AB</v></c></row>',
        dimension='<dimension ref="A1"/>',
    )

    assert list(sheet_rows(content)) == [["name", "", "colour"], ["AB"]]
