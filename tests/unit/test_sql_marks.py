"""Marks in a statement: which of them say their type, and which number each has."""

from __future__ import annotations

import pytest

from fondaco.sql.marks import leaves_open, numbered
from fondaco.sql.parameters import INT4, UNKNOWN


@pytest.mark.parametrize(
    ("code", "types", "is_open"),
    [
        ("SELECT %s", [UNKNOWN], True),
        ("SELECT %s", [INT4], False),
        ("SELECT %s::varchar", [UNKNOWN], False),
        ("SELECT %s ::varchar", [UNKNOWN], True),
        ("SELECT '%%s', %s::text, %s IS NULL", [UNKNOWN, UNKNOWN], True),
        ("SELECT '%%s', %s::text, %s IS NULL", [UNKNOWN, INT4], False),
        ("SELECT %s::text || %s::text", [UNKNOWN, UNKNOWN], False),
        ("SELECT 1 WHERE 'a' IN %s", [(UNKNOWN, UNKNOWN)], True),
        ("SELECT 1 WHERE 1 IN %s AND 'a' = %s::text", [(INT4, INT4), UNKNOWN], False),
    ],
)
def test_a_mark_is_open_where_neither_the_value_nor_a_cast_says_the_type(
    code: str, types: list[object], is_open: bool
) -> None:
    assert leaves_open(code, (code, *types)) is is_open


def test_each_mark_has_a_number_and_each_value_of_a_tuple_too() -> None:
    code = "SELECT %s LIKE '%%' AND %s IN %s AND %s"

    assert numbered(code, (code, INT4, INT4, (INT4, INT4), INT4)) == b"SELECT $1 LIKE '%' AND $2 IN ($3, $4) AND $5"
