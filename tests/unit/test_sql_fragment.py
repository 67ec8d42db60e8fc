"""SQL values: how they are composed, named and compared."""

from __future__ import annotations

import pytest

from fondaco.sql.fragment import SQL
from fondaco.sql.query import MAX_IDENTIFIER, Query, make_identifier


def test_an_argument_that_is_sql_is_spliced_in_and_others_become_parameters() -> None:
    inner = SQL("%s = ANY(%s)", SQL.identifier("p", "id"), [1, 2])

    sql = SQL("SELECT %s WHERE %s AND name = %s", SQL("1"), inner, "Ann")

    assert sql.code == 'SELECT 1 WHERE "p"."id" = ANY(%s) AND name = %s'
    assert sql.params == [[1, 2], "Ann"]


def test_named_arguments_take_the_order_of_the_text() -> None:
    sql = SQL("%(b)s, %(a)s, %(b)s, 5 %% 2", a=1, b=SQL("x = %s", 2))

    assert (sql.code, sql.params) == ("x = %s, %s, x = %s, 5 %% 2", [2, 1, 2])


def test_a_doubled_percent_sign_survives_every_composition() -> None:
    sql = SQL("%s AND %s", SQL("a LIKE 'x%%'"), SQL("b = %s AND c LIKE '%%y'", 1))

    assert sql.code == "a LIKE 'x%%' AND b = %s AND c LIKE '%%y'"


@pytest.mark.parametrize(
    ("code", "args"),
    [("a LIKE 'x%'", ()), ("%s", ()), ("%s %s", (1,)), ("%s", (1, 2)), ("%d", (1,))],
    ids=["stray", "no argument", "too few", "too many", "other mark"],
)
def test_marks_and_arguments_must_agree(code: str, args: tuple[object, ...]) -> None:
    with pytest.raises((TypeError, ValueError)):
        SQL(code, *args)


def test_join_puts_the_fragment_between_pieces_and_keeps_their_parameters() -> None:
    assert SQL(", ").join([1, SQL("now()"), "x"]) == SQL("%s, now(), %s", 1, "x")
    assert SQL(" AND ").join([]) == SQL()
    assert not SQL(" AND ").join([])


def test_a_name_is_quoted_so_that_it_cannot_leave_its_quotes() -> None:
    assert SQL.identifier('a"b%', "c").code == '"a""b%%"."c"'
    with pytest.raises(ValueError, match="cannot be the name"):
        SQL.identifier("a\0b")


def test_fields_to_flush_are_collected_from_all_pieces() -> None:
    sql = SQL("%s = %s", SQL.identifier("a", "x", to_flush="field x"), SQL.identifier("b", "y", to_flush="field y"))

    assert list(sql.to_flush) == ["field x", "field y"]


def test_a_long_alias_is_cut_to_what_postgresql_keeps_and_stays_unique() -> None:
    first, second = make_identifier("é" * 60 + "1"), make_identifier("é" * 60 + "2")

    assert len(first.encode()) <= MAX_IDENTIFIER
    assert first != second
    assert make_identifier("res_partner__country_id") == "res_partner__country_id"


class _Env:
    """An environment that answers three rows and counts how often it is asked."""

    asked = 0

    def read_query(self, sql: SQL) -> list[tuple[int]]:
        self.asked += 1
        return [(3,), (1,), (2,)]


def test_a_join_made_twice_is_one_join() -> None:
    query = Query(_Env(), "res_partner")  # type: ignore[arg-type]

    first = query.left_join("res_partner", "country_id", "res_country", "id", "country_id")
    second = query.left_join("res_partner", "country_id", "res_country", "id", "country_id")
    query.add_where(SQL("%s = %s", SQL.identifier(first, "code"), "IT"))
    query.limit = 5

    assert first == second == "res_partner__country_id"
    assert query.select("id").code == (
        'SELECT id FROM "res_partner" LEFT JOIN "res_country" AS "res_partner__country_id" ON '
        '("res_partner"."country_id" = "res_partner__country_id"."id") '
        'WHERE "res_partner__country_id"."code" = %s LIMIT 5'
    )


def test_another_join_under_a_taken_alias_is_refused() -> None:
    query = Query(_Env(), "a")  # type: ignore[arg-type]
    query.join("a", "x", "b", "id", "x")

    with pytest.raises(ValueError, match="taken"):
        query.join("a", "y", "c", "id", "x")


def test_the_answer_is_asked_once_and_again_after_a_condition() -> None:
    env = _Env()
    query = Query(env, "a")  # type: ignore[arg-type]

    assert list(query) == [3, 1, 2] == list(query.get_result_ids())
    assert env.asked == 1
    query.add_where("a.x")
    assert len(query.get_result_ids()) == 3
    assert env.asked == 2


def test_a_query_that_knows_to_be_empty_is_never_asked() -> None:
    env = _Env()
    query = Query(env, "a")  # type: ignore[arg-type]
    query.set_result_ids([])
    query.add_where("a.x")

    assert query.is_empty()
    assert not query
    assert query.subselect().code == "(SELECT 1 WHERE FALSE)"
    assert env.asked == 0
