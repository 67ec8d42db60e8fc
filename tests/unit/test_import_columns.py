"""Which field a column means, and how its values are read."""

from __future__ import annotations

import pytest

from tests.fix_addons import addon_module

COMMA = {"float_thousand_separator": ".", "float_decimal_separator": ","}


@pytest.fixture(scope="module")
def matches():
    return addon_module("base_import.models.matching").matches


@pytest.fixture(scope="module")
def cells():
    return addon_module("base_import.models.cells")


def node(name, label, *fields):
    return {"name": name, "string": label, "fields": list(fields)}


TREE = [
    node("id", "External ID"),
    node("city", "City"),
    node("parent_id", "Related Company", node("id", "External ID"), node(".id", "Database ID")),
    node("company_name", "Company Name"),
    node("child_ids", "Contacts", node("name", "Name"), node("phone", "Phone")),
]


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("city", ["city"]),
        ("CITY", ["city"]),
        ("External ID", ["id"]),
        ("parent_id/id", ["parent_id", "id"]),
        ("Related Company/Database ID", ["parent_id", ".id"]),
        ("Contacts/Phone", ["child_ids", "phone"]),
        ("Compny Name", ["company_name"]),
    ],
)
def test_a_title_names_a_field_by_name_label_or_nearly_so(matches, title, path):
    assert matches([title], TREE, {}) == {0: path}


def test_a_title_that_means_nothing_is_left_alone(matches):
    assert matches(["Shoe size", "", "city/size"], TREE, {}) == {}


def test_what_was_chosen_before_wins_and_no_field_is_taken_twice(matches):
    assert matches(["City", "Place", "city"], TREE, {"Place": "city"}) == {1: ["city"]}


def test_a_choice_whose_field_is_gone_is_forgotten(matches):
    assert matches(["Town"], TREE, {"Town": "no_such_field"}) == {}


@pytest.mark.parametrize(
    ("values", "first"),
    [
        (["1", "20"], "integer"),
        (["1", "x"], "char"),
        (["Part 1", "Part 2"], "char"),
        (["1.5", "2"], "float"),
        (["yes", "no"], "boolean"),
        (["2024-02-29", "2024-03-01"], "date"),
        (["31/12/2024", "01/01/2025"], "date"),
        (["2024-02-29 12:00:00"], "datetime"),
        (["", ""], "all"),
    ],
)
def test_the_type_is_told_by_all_values(cells, values, first):
    assert cells.likely_types(values, {})[0] == first


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1.234,5", "1234.5"),
        ("€ 1.234,50", "1234.50"),
        ("12,5 CHF", "12.5"),
        ("A1", "A1"),
        ("(12,0)", "-12.0"),
        ("-3", "-3"),
        ("many", "many"),
        ("1 234 567,5", "1234567.5"),
        ("1\u202f234,50 €", "1234.50"),
        ("1'234,5", "1234.5"),
        ("1.5", "1.5"),
        ("1,5E+3", "1.5E+3"),
        (",5", "0.5"),
    ],
)
def test_numbers_are_read_with_their_separators_and_what_is_none_stays(cells, value, number):
    assert cells.converted([value], "float", COMMA) == [number]


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["1234,50", "2"], ["1234.50", "2"]),
        (["1,234.50", "1,234"], ["1234.50", "1234"]),
        (["1.234,5", "1.234"], ["1234.5", "1234"]),
        (["0,125", "7,125"], ["0.125", "7.125"]),
        (["1 234", "1,5 "], ["1234", "1.5"]),
        (["1,234", "5"], ["1234", "5"]),
        (["1,5", "1.5"], ["1,5", "1.5"]),  # one or the other: the row is told, and none is read as fifteen
    ],
)
def test_the_sign_before_decimals_is_told_by_all_values(cells, values, numbers):
    assert cells.converted(values, "float", {}) == numbers


def test_whole_numbers_lose_their_thousands_and_keep_their_parts(cells):
    found = {"float_decimal_separator": ","}

    assert cells.converted(["1.000", "2,0", "2,5", " 7", "x"], "integer", {}, found) == ["1000", "2", "2,5", "7", "x"]


def test_where_a_date_could_be_either_the_language_decides(cells):
    months_first, days_first = cells.Moments("%m/%d/%Y"), cells.Moments("%d/%m/%Y")
    for moments in (months_first, days_first):
        moments.add("01/02/2026")

    assert [moments.options["date_format"] for moments in (months_first, days_first)] == ["%m/%d/%Y", "%d/%m/%Y"]


def test_dates_are_read_in_the_format_that_all_of_them_have(cells):
    assert cells.converted(["13/01/2024", "", "02/03/2024"], "date", {}) == ["2024-01-13", "", "2024-03-02"]
    assert cells.converted(["01/02/2024"], "date", {"date_format": "%m/%d/%Y"}) == ["2024-01-02"]
    assert cells.converted(["sometime"], "date", {}) == ["sometime"]
    assert cells.converted(["2024-02-29"], "datetime", {}) == ["2024-02-29 00:00:00"]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("$-5", "-5"), ("-$5", "-5"), ("EUR -5", "-5"), ("-5 \u20ac", "-5"), ("5-", "-5"), ("5- EUR", "-5"),
        ("\u22125", "-5"), ("($5)", "-5"), ("$(5)", "-5"), ("(5", ""), ("5)", ""), ("--5", ""),
        ("+-5", ""), ("-5-", ""), ("(-5)", ""),
        ("$5 EUR", ""), ("1" + " " * 50_000 + "1", ""),
    ],
)  # fmt: skip
def test_a_sign_is_never_lost(cells, value, number):
    assert cells.number(value, {}) == number


@pytest.mark.parametrize(
    ("value", "whole"), [("1.000", "1.000"), ("1.00", "1"), ("1,000", "1000"), ("1,000.000", "1,000.000")]
)
def test_a_thousand_is_never_one(cells, value, whole):
    """What is no whole number for sure stays as it is, and `load` refuses its row."""
    assert cells.converted([value], "integer", {"float_decimal_separator": "."}) == [whole]
