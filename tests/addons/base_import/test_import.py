"""Files of people become records: what a preview tells, what a trial leaves behind, which row is at fault."""

from __future__ import annotations

import pytest

from fondaco.errors import UserError
from fondaco.values.tabular import Workbook
from tests.fix_workbooks import ods, row, table, text, typed

OPTIONS = {"has_headers": True, "separator": "", "quoting": '"', "encoding": "", "limit": 2000, "skip": 0}


FILE_ROWS, PART_ROWS = 50_000, 10_000


@pytest.fixture
def env(database_with, env_of):
    return env_of(database_with("base_import"))


@pytest.fixture
def importing(env):
    def importing(content, name="tags.csv", model="res.partner.category"):
        return env["base_import.import"].create({"res_model": model, "file": content, "file_name": name})

    return importing


def names(env):
    return env["res.partner.category"].search([("name", "like", "Imported")], order="name").mapped("name")


def test_a_preview_tells_columns_types_and_what_the_file_is_like(importing):
    content = "Tag;colour;Parent\nImported é;3;\n".encode("cp1252")

    preview = importing(content).parse_preview(OPTIONS)

    assert preview["headers"] == ["Tag", "colour", "Parent"]
    assert preview["options"]["separator"] == ";"
    assert preview["options"]["encoding"] == "cp1252"
    assert preview["matches"] == {1: ["color"]}
    assert preview["header_types"][1][0] == "integer"
    assert preview["preview"] == [["Imported é"], ["3"], []]
    assert preview["file_length"] == 1
    assert not preview["batch"]


def test_headings_below_a_title_are_found_and_the_title_is_no_row(env, importing):
    """No column was found, and nothing said why."""
    record = importing(b"Tags of March,\n\nname,color\nImported A,3\nImported B,red\n")

    titled = record.parse_preview(OPTIONS)
    preview = record.parse_preview({**OPTIONS, "lines_above": titled["lines_above"]})
    asked = (["name", "color"], preview["headers"], preview["options"])
    done = record.execute_import(*asked[:2], {**asked[2], "import_keeps_good_rows": True})

    assert (titled["matches"], titled["lines_above"], titled["likely_headings"]) == ({}, 1, ["name", "color"])
    assert (preview["matches"], preview["lines_above"], preview["file_length"]) == ({0: ["name"], 1: ["color"]}, 0, 2)
    assert names(env) == ["Imported A"]
    assert done["messages"][0]["rows"] == {"from": 1, "to": 1}
    assert done["messages"][0]["line"] == 5  # one of them is empty
    assert record.faulty_rows(asked[2], [[1, "wrong"]]).splitlines()[0] == '"name","color","Problem"'


def test_rows_that_name_no_more_than_the_first_line_are_not_taken_for_headings(importing):
    above = [importing(content).parse_preview(OPTIONS)["lines_above"] for content in (
        b"name,x,y\ncolor,name,1\n", b"Tags,\nof March,\n", b"name\nname\nname\n")]  # fmt: skip

    assert above == [0, 0, 0]


def test_a_workbook_is_previewed_by_its_sheets(importing):
    book = Workbook("Tags")
    book.add(["name", "color"])
    book.add(["Imported A", 3])

    preview = importing(book.content(), "tags.xlsx").parse_preview(OPTIONS)

    assert preview["options"]["sheets"] == ["Tags"]
    assert preview["matches"] == {0: ["name"], 1: ["color"]}
    assert preview["preview"] == [["Imported A"], ["3"]]


def test_a_file_that_cannot_be_read_is_told(importing):
    assert "Save it as XLSX" in importing(b"\xd0\xcf\x11\xe0", "old.xls").parse_preview(OPTIONS)["error"]
    assert (
        "t.xlsx cannot be read: it is damaged"
        in importing(b"PK\x03\x04 broken", "t.xlsx").parse_preview(OPTIONS)["error"]
    )
    assert "password" in importing(ods(manifest="encryption-data"), "t.ods").parse_preview(OPTIONS)["error"]
    assert "it is no table" in importing(b"%PDF-1.7", "t.pdf").parse_preview(OPTIONS)["error"]
    assert "no rows" in importing(b" \n", "empty.csv").parse_preview(OPTIONS)["error"]


def test_an_ods_workbook_is_imported_with_its_types_from_the_sheet_that_is_wanted(env, importing):
    """The numbers of the workbook and those that somebody typed as texts, in one column."""
    lines = [row(text(f"Imported {name}"), cell, typed("boolean", "false", "nein")) for name, cell in (
        ("A", typed("float", "3", "3")), ("B", text("1.004,0")), ("C", typed("float", "5", "5")))]  # fmt: skip
    content = ods(
        table("Notes", row(text("read me"))), table("Tags", row(*map(text, ("name", "color", "active"))), *lines)
    )
    record = importing(content, "tags.ods")

    first = record.parse_preview(OPTIONS)
    preview = record.parse_preview({**OPTIONS, **first["options"], "sheet": "Tags"})
    told = {**preview["options"], "column_formats": preview["column_formats"]}
    done = record.execute_import(["name", "color", "active"], preview["headers"], told)

    assert first["options"]["sheets"] == ["Notes", "Tags"]
    assert preview["matches"] == {0: ["name"], 1: ["color"], 2: ["active"]}
    assert done["messages"] == []
    tags = env["res.partner.category"].browse(done["ids"])
    assert [(tag.color, tag.active) for tag in tags] == [(3, False), (1004, False), (5, False)]


def test_numbers_of_a_workbook_are_not_read_by_the_signs_of_its_texts(env, importing):
    """1234.5 became 12345 where a comma was told to stand before decimals."""
    book = Workbook("Currencies")
    for line in (["name", "symbol", "rounding"], ["XXA", "a", 1.234], ["XXB", "b", "1.234,5"], ["XXC", "c", 1234.5]):
        book.add(line)
    record = importing(book.content(), "currencies.xlsx", "res.currency")
    found = record.parse_preview(OPTIONS)
    found = {**found["options"], "column_formats": found["column_formats"]}
    comma = {"float_decimal_separator": ",", "float_thousand_separator": "."}

    for options in (found, {**OPTIONS, **comma}):
        done = record.execute_import(["name", "symbol", "rounding"], ["name", "symbol", "rounding"], options)
        currencies = env["res.currency"].browse(done["ids"] or [])

        assert done["messages"] == []
        assert currencies.mapped("rounding") == pytest.approx([1.234, 1234.5, 1234.5])
        currencies.unlink()


def test_the_language_says_what_a_date_is_that_may_be_two(env, importing):
    content = b"name,date\nImported A,01/02/2026\n"
    env["res.lang"]._activate_lang("fr_FR")

    formats = [
        importing(content).with_context(lang=lang).parse_preview(OPTIONS)["column_formats"][1]["date_format"]
        for lang in ("en_US", "fr_FR")
    ]

    assert formats == ["%m/%d/%Y", "%d/%m/%Y"]


def test_a_trial_leaves_nothing_and_the_real_thing_remembers_the_columns(env, importing):
    record = importing(b"Etichetta,x\nImported A,1\nImported B,2\n")

    trial = record.execute_import(["name", False], ["Etichetta", "x"], OPTIONS, dryrun=True)
    after_trial = names(env)
    done = record.execute_import(["name", False], ["Etichetta", "x"], OPTIONS)

    assert trial["messages"] == done["messages"] == []
    assert after_trial == []
    assert names(env) == ["Imported A", "Imported B"]
    assert env["res.partner.category"].browse(done["ids"]).mapped("name") == ["Imported A", "Imported B"]
    assert done["name"] == ["Imported A", "Imported B"]
    assert importing(b"Etichetta\nC\n").parse_preview(OPTIONS)["matches"] == {0: ["name"]}


def test_one_bad_row_keeps_all_out_and_is_named(env, importing):
    record = importing(b"name,parent\nImported A,\nImported B,Nobody\n")

    result = record.execute_import(["name", "parent_id"], ["name", "parent"], OPTIONS)

    (message,) = result["messages"]
    assert result["ids"] is False
    assert message["rows"] == {"from": 1, "to": 1}
    assert (message["value"], message["field_type"], message["field_path"]) == ("Nobody", "name", ["parent_id"])
    assert names(env) == []


def test_a_long_file_is_imported_in_parts(env, importing):
    record = importing(b"name\nImported A\nImported B\nImported C\n")

    first = record.execute_import(["name"], ["name"], {**OPTIONS, "limit": 2})
    second = record.execute_import(["name"], ["name"], {**OPTIONS, "limit": 2, "skip": first["nextrow"]})

    assert (first["nextrow"], first["name"]) == (2, ["Imported A", "Imported B"])
    assert (second["nextrow"], second["name"]) == (0, ["Imported C"])
    assert names(env) == ["Imported A", "Imported B", "Imported C"]


def test_who_did_not_hear_the_answer_asks_again_and_nothing_is_done_twice(env, importing):
    record = importing(b"name\nImported A\nImported B\n")
    first = record.execute_import(["name"], ["name"], {**OPTIONS, "once": True})

    again = record.execute_import(["name"], ["name"], {**OPTIONS, "once": True})

    assert (len(first["ids"]), again["ids"], again["messages"]) == (2, [], [])
    assert names(env) == ["Imported A", "Imported B"]
    assert record.imported_count == 2


def test_m6_fifty_thousand_rows_are_tried_mended_and_imported(env, importing):
    """Columns are matched by their titles; a trial of all, the row that is put right, the import in parts."""
    titles, lines = ["Tag", "Colour"], [f"Imported {number:05},{number % 12}" for number in range(FILE_ROWS)]
    lines[FILE_ROWS - 7] = "Imported wrong,red"
    fields = ["name", "color"]

    def file():
        return importing("\n".join([",".join(titles), *lines]).encode())

    trial = file().execute_import(fields, titles, {**OPTIONS, "limit": FILE_ROWS}, dryrun=True)
    lines[FILE_ROWS - 7] = "Imported right,1"
    record, row = file(), 0
    while True:
        part = record.execute_import(fields, titles, {**OPTIONS, "limit": PART_ROWS, "skip": row})
        assert part["messages"] == [] and len(part["ids"]) == PART_ROWS
        row = part["nextrow"]
        if not row:
            break

    (message,) = trial["messages"]
    assert (message["rows"], message["field"]) == ({"from": FILE_ROWS - 7, "to": FILE_ROWS - 7}, "color")
    assert env["res.partner.category"].search_count([("name", "like", "Imported")]) == FILE_ROWS
    assert env["res.partner.category"].search([("name", "=", "Imported right")]).color == 1


def test_a_row_at_fault_in_a_later_part_has_its_number_in_the_file(importing):
    record = importing(b"name,color\nImported A,1\nImported B,1\nImported C,x\n")

    result = record.execute_import(["name", "color"], ["name", "color"], {**OPTIONS, "skip": 1})

    assert result["messages"][0]["rows"] == {"from": 2, "to": 2}


def test_without_a_field_nothing_is_imported(importing):
    (message,) = importing(b"name\nA\n").execute_import([False], [], OPTIONS)["messages"]

    assert message["type"] == "error"
    assert message["not_matching_error"]


def test_an_exported_formula_comes_back_as_it_was(env, importing):
    importing(b'name\n"\'=Imported"\n').execute_import(["name"], ["name"], OPTIONS)

    assert env["res.partner.category"].search([("name", "=", "=Imported")])


def test_rights_are_those_of_the_user(env, importing):
    groups = [(6, 0, [env.ref("base.group_user").id])]
    user = env["res.users"].create({"name": "Reader", "login": "reader", "groups_id": groups})
    record = (
        env["base_import.import"]
        .with_user(user)
        .create({"res_model": "res.currency", "file": b"name,symbol\nXXA,x\n", "file_name": "c.csv"})
    )

    result = record.execute_import(["name", "symbol"], ["name", "symbol"], OPTIONS)

    assert result["ids"] is False
    assert not env["res.currency"].with_context(active_test=False).search([("name", "=", "XXA")])


@pytest.mark.parametrize(
    "header",
    ["'", '"', '""', "%s", "%(name)s", "\x00", "\ud800", "name; DROP TABLE res_partner_category", "name/id", "id/id",
     "parent_id/id/id", ".id/name", "/", "//", "name/", "/name", ":", "__class__", "_fields", "parent_id/__class__",
     "child_ids/parent_id/name", "a" * 5000, "parent_id/" * 500 + "name", "=1+1", "<script>alert(1)</script>", "\u202e",
     "create_uid/password", "\r\n", "\\"],
)  # fmt: skip
def test_a_header_is_a_name_of_a_column_and_nothing_else(env, importing, header):
    quoted = header.replace('"', '""')
    content = f'"name","{quoted}"\n"Imported A","x"\n'.encode("utf-8", "surrogatepass")
    record = importing(content)

    preview = record.parse_preview(OPTIONS)
    assert 1 not in preview.get("matches", {}) or preview["matches"][1][0] in env["res.partner.category"]._fields
    for column in (header, header.lower()):
        try:
            with env.cr.savepoint():
                done = record.execute_import(["name", column], ["name", header], OPTIONS)
        except (UserError, ValueError, KeyError) as error:
            assert "syntax" not in str(error)
            continue
        assert done["messages"]

    assert names(env) == []
