"""Values written into a statement as psycopg2 writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import psycopg
import pytest
from markupsafe import Markup

from fondaco.sql.literals import bind, quote
from fondaco.sql.psycopg2_shim import extensions, extras, sql


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "NULL"),
        (True, "true"),
        (-3, " -3"),
        (1.5, "1.5"),
        (float("nan"), "'NaN'::float"),
        (Decimal("1.10"), "1.10"),
        ("it's", "'it''s'"),
        ("a\\b", " E'a\\\\b'"),
        (Markup("<b>'</b>"), "'<b>''</b>'"),
        (Colour.RED, "'red'"),
        (b"\x01'", "'\\x0127'::bytea"),
        (date(2026, 2, 3), "'2026-02-03'::date"),
        (datetime(2026, 2, 3, 4, 5), "'2026-02-03T04:05:00'::timestamp"),
        (datetime(2026, 2, 3, tzinfo=UTC), "'2026-02-03T00:00:00+00:00'::timestamptz"),
        (time(4, 5), "'04:05:00'::time"),
        (timedelta(days=1, seconds=2), "'1 days 2.000000 seconds'::interval"),
        ([1, 2], "ARRAY[1, 2]"),
        ([[1, 2], [3, 4]], "ARRAY[[1, 2], [3, 4]]"),
        ([], "'{}'"),
        ((1, "a"), "(1, 'a')"),
        (((1, 2), (3, 4)), "((1, 2), (3, 4))"),
        (extensions.AsIs("now()"), "now()"),
        (extras.Json({"a": "it's"}), "'{\"a\": \"it''s\"}'"),
        (sql.Identifier("a", 'b"c'), '"a"."b""c"'),
        (extras.DateRange(date(2026, 1, 1), None), "daterange('2026-01-01'::date, NULL, '[)')"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_has_the_form_that_psycopg2_gives_it(value: Any, literal: str) -> None:
    assert quote(value) == literal


def test_what_has_no_form_is_named_in_the_error() -> None:
    with pytest.raises(psycopg.ProgrammingError, match="can't adapt type 'object'"):
        quote(object())


def test_a_zero_byte_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        quote("a\0b")


def test_percent_signs_mean_something_only_when_there_are_parameters() -> None:
    assert bind("SELECT 'a%' || '%%'", None) == "SELECT 'a%' || '%%'"
    assert bind("SELECT 'a%%', %s", ["%s"]) == "SELECT 'a%', '%s'"
    assert bind("SELECT %(a)s, %(a)s, '%%'", {"a": 1, "unused": object()}) == "SELECT 1, 1, '%'"


def test_composed_statements_format_names_and_values() -> None:
    composed = sql.SQL("SELECT {f} FROM {} WHERE x = %s AND y IN {v}").format(
        sql.Identifier("t"), f=sql.SQL(", ").join(map(sql.Identifier, "ab")), v=sql.Literal((1, 2))
    )

    assert composed.as_string(None) == 'SELECT "a", "b" FROM "t" WHERE x = %s AND y IN (1, 2)'
