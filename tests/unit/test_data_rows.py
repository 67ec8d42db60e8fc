"""Columns, rows and cells before any record is touched."""

import datetime
from types import SimpleNamespace

import pytest

from fondaco.data.cells import Converter
from fondaco.data.rows import extract, shape_of


class Field(SimpleNamespace):
    __hash__ = object.__hash__


def field(name, kind="char", comodel=None, options=()):
    return Field(
        name=name,
        type=kind,
        comodel_name=comodel,
        string=name.title(),
        get_values_pairs=lambda env: list(options),
        get_description=lambda env, attributes: {"string": name.title()},
    )


def environment(zone):
    """One whose language is the source."""
    return SimpleNamespace(context={"tz": zone}, uid=1, _=lambda source, *args, **names: source % (args or names))


class Partner:
    _fields = {
        "name": field("name"),
        "country_id": field("country_id", "many2one", "country"),
        "child_ids": field("child_ids", "one2many", "partner"),
        "category_id": field("category_id", "many2many", "category"),
    }


PARTNER = Partner()
PARTNER.env = {"partner": PARTNER, "country": SimpleNamespace(_fields={"code": field("code")})}


def shape(*titles):
    return shape_of(PARTNER, [title.split("/") for title in titles])


def test_columns_become_a_tree():
    found = shape("id", "name", "country_id/id", "category_id", "child_ids/name", "child_ids/.id")

    assert (found.xmlid, found.scalars) == (0, {"name": 1})
    assert found.references == {"country_id": ("xmlid", 2), "category_id": ("name", 3)}
    assert (found.below["child_ids"].scalars, found.below["child_ids"].database_id) == ({"name": 4}, 5)


@pytest.mark.parametrize("title", ["nosuch", "child_ids/nosuch", "name/id"])
def test_a_title_that_names_no_field_is_refused(title):
    with pytest.raises(ValueError, match="Invalid field name"):
        shape(title)


def test_rows_that_fill_only_nested_columns_belong_to_the_record_above():
    rows = [["A", "a1"], ["", "a2"], ["B", ""], ["C", "c1"]]

    found, next_row = extract(shape("name", "child_ids/name"), rows)

    assert [(record.first, record.last) for record in found] == [(0, 1), (2, 2), (3, 3)]
    assert [[child.row[1] for child in record.below["child_ids"]] for record in found] == [["a1", "a2"], [], ["c1"]]
    assert next_row == 0


def test_a_limit_says_where_to_go_on():
    assert extract(shape("name"), [["a"], ["b"], ["c"]], 2)[1] == 2
    assert extract(shape("name"), [["a"], ["b"]], 2)[1] == 0


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        ("char", "x", "x"),
        ("char", "", False),
        ("integer", "3", 3),
        ("float", "1.5", 1.5),
        ("boolean", "yes", True),
        ("boolean", "0", False),
        ("date", "2024-02-29", datetime.date(2024, 2, 29)),
        ("datetime", "2024-07-01 12:00:00", datetime.datetime(2024, 7, 1, 10, 0)),
        ("selection", "Invoice Address", "invoice"),
        ("selection", "INVOICE", "invoice"),
    ],
)
def test_cells_are_read_by_the_type_of_their_field(kind, cell, expected):
    problems = []
    value = Converter(environment("Europe/Paris"), "x").scalar(
        field("f", kind, options=[("invoice", "Invoice Address")]), cell, problems
    )

    assert (value, problems) == (expected, [])


@pytest.mark.parametrize(
    ("kind", "cell", "message"),
    [
        ("integer", "abc", "'abc' does not seem to be an integer for field 'F'"),
        ("float", "x.y", "'x.y' does not seem to be a number for field 'F'"),
        ("boolean", "perhaps", "Unknown value 'perhaps' for boolean field 'F'"),
        ("date", "2024-99-99", "'2024-99-99' does not seem to be a valid date for field 'F'"),
        ("selection", "z", "Value 'z' not found in selection field 'F'"),
    ],
)
def test_cells_that_cannot_be_read_give_the_recorded_messages(kind, cell, message):
    problems = []

    Converter(environment("UTC"), "x").scalar(field("f", kind), cell, problems)

    assert [problem.message for problem in problems] == [message]
