"""Both lanes of a cursor: values there and back, savepoints, callbacks, errors."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from fondaco.sql import link
from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor
from fondaco.sql.driver import StalePlan
from fondaco.sql.fragment import SQL

TIMES = ("first: unnamed", "second: prepared", "third: by name")


@pytest.fixture
def table(cr: Cursor) -> str:
    cr.execute("CREATE TABLE t (id serial PRIMARY KEY, a int, n numeric, s varchar, d timestamp, j jsonb, b bytea)")
    return "t"


@pytest.mark.parametrize(
    ("value", "cast", "answer"),
    [
        (None, "int", None),
        (True, "bool", True),
        (2**40, "int8", 2**40),
        (2**70, "numeric", float(2**70)),
        (0.1, "numeric", 0.1),
        (Decimal("1.10"), "numeric", 1.1),
        ("it's \\ %", "text", "it's \\ %"),
        (date(2026, 2, 3), "date", date(2026, 2, 3)),
        (datetime(2026, 2, 3, 4, 5, 6, 7), "timestamp", datetime(2026, 2, 3, 4, 5, 6, 7)),
        ([1, 2, None], "int[]", [1, 2, None]),
        (["a,b", 'c"d\\', None, "NULL", ""], "text[]", ["a,b", 'c"d\\', None, "NULL", ""]),
        ([], "int[]", []),
        ([1.5, 2], "numeric[]", [1.5, 2.0]),
        ([date(2026, 2, 3)], "date[]", [date(2026, 2, 3)]),
        ({"a": [1, "é"]}, "jsonb", {"a": [1, "é"]}),
        ({1, 2}.__class__, "text", None),
    ],
    ids=repr,
)
def test_a_value_comes_back_the_same_from_both_lanes(cr: Cursor, value: Any, cast: str, answer: Any) -> None:
    if isinstance(value, type):
        with pytest.raises(psycopg.ProgrammingError, match="can't adapt"):
            cr.fetch(SQL("SELECT %s", value))
        return
    for time in TIMES:
        assert cr.fetch(SQL(f"SELECT %s::{cast}", value)) == [(answer,)], time
    cr.execute(f"SELECT %s::{cast}", [value])
    assert cr.fetchall() == [(answer,)]


def test_bytes_are_bytes_for_the_orm_and_a_memoryview_for_addons(cr: Cursor, table: str) -> None:
    cr.run(SQL("INSERT INTO t (b) VALUES (%s)", b"\x00\xff"))

    cr.execute("SELECT b FROM t")
    found = cr.fetchone()

    assert cr.fetch(SQL("SELECT b FROM t")) == [(b"\x00\xff",)]
    assert found is not None
    assert isinstance(found[0], memoryview)
    assert bytes(found[0]) == b"\x00\xff"


def test_a_tuple_is_for_in_and_a_list_for_any(cr: Cursor) -> None:
    for _time in TIMES:
        rows = cr.fetch(
            SQL("SELECT x FROM generate_series(1, 9) x WHERE x IN %s AND x = ANY(%s)", (2, 3, 4), [3, 4, 5])
        )
        assert rows == [(3,), (4,)]


@pytest.mark.direct("about prepared statements, of which there are none")
def test_lists_of_any_length_are_one_statement(cr: Cursor) -> None:
    for size in range(1, 30):
        cr.fetch(SQL("SELECT x AS one_statement FROM generate_series(1, 99) x WHERE x = ANY(%s)", list(range(size))))

    assert sum("one_statement" in key[0] for key in cr.link.statements) == 1


@pytest.mark.direct("about prepared statements, of which there are none")
def test_nulls_make_no_statements_of_their_own(cr: Cursor, table: str) -> None:
    wanted = [(1, 1.5, "a"), (None, 1.5, "a"), (1, None, None), (None, None, None), (2, 2.5, None)] * 3
    for values in wanted:
        cr.run(SQL("INSERT INTO t (a, n, s) VALUES (%s, %s, %s)", *values))

    assert cr.fetch(SQL("SELECT a, n, s FROM t ORDER BY id")) == wanted
    prepared = {statement.name for key, statement in cr.link.statements.items() if "INSERT INTO t (a, n, s)" in key[0]}
    assert len(prepared) == 1


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("SELECT %s IS NULL", True),
        ("SELECT jsonb_build_object('a', %s)", {"a": None}),
        ("SELECT coalesce(%s, 'x')", "x"),
        ("SELECT concat('a', %s)", "a"),
    ],
)
def test_a_parameter_whose_type_nobody_can_tell_is_written_into_the_text(cr: Cursor, code: str, answer: Any) -> None:
    for time in TIMES:
        assert cr.fetch(SQL(code, None)) == [(answer,)], time


def test_statements_survive_a_rollback(pools: Pools, dbname: str) -> None:
    sql = SQL("SELECT %s + 1", 1)
    with pools.cursor(dbname) as cr:
        for _time in TIMES:
            cr.fetch(sql)
        names = {statement.name for statement in cr.link.statements.values()}

        cr.rollback()

        assert cr.fetch(sql) == [(2,)]
        assert names == {statement.name for statement in cr.link.statements.values()}


@pytest.mark.direct("about prepared statements, of which there are none")
def test_a_table_changed_by_another_makes_the_transaction_repeatable(pools: Pools, dbname: str) -> None:
    with pools.cursor(dbname) as other:
        other.execute("CREATE TABLE changing (a int); INSERT INTO changing VALUES (1)")
    with pools.cursor(dbname) as cr:
        for _time in TIMES:
            cr.fetch(SQL("SELECT * FROM changing"))
        cr.commit()
        with pools.cursor(dbname) as other:
            other.execute("ALTER TABLE changing ADD COLUMN b int")

        with pytest.raises(StalePlan):
            cr.fetch(SQL("SELECT * FROM changing"))
        cr.rollback()

        assert cr.fetch(SQL("SELECT * FROM changing")) == [(1, None)]
        cr.execute("DROP TABLE changing")


@pytest.mark.direct("about prepared statements, of which there are none")
def test_what_is_asked_once_between_two_changes_of_tables_is_not_prepared(pools: Pools, dbname: str) -> None:
    once, often = SQL("SELECT %s + 10", 1), SQL("SELECT %s + 20", 1)
    with pools.cursor(dbname) as cr:
        for _time in TIMES:
            cr.fetch(once)
            cr.fetch(often)
        cr.execute("CREATE TABLE growing (a int); ALTER TABLE growing ADD COLUMN b int")
        cr.execute("ALTER TABLE growing ADD COLUMN c int")
        assert cr.fetch(once) == [(11,)]
        for _time in TIMES:
            assert cr.fetch(often) == [(21,)]

        kept = {key[0] for key in cr.link.statements}
        assert often.code in kept and once.code not in kept
        cr.rollback()


def test_a_connection_keeps_a_bounded_number_of_statements(cr: Cursor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "KEPT_STATEMENTS", 20)
    for number in range(60):
        for _time in TIMES:
            assert cr.fetch(SQL(f"SELECT {number}")) == [(number,)]

    assert len(cr.link.statements) <= 20
    # this one, and those that opened a transaction, of this kind and of others
    assert cr.fetch(SQL("SELECT count(*) FROM pg_prepared_statements"))[0][0] <= 21 + len(cr.link._openings)


def test_behind_a_pooler_nothing_is_prepared(pools: Pools, config: Any, dbname: str) -> None:
    pooled = Pools(config.replace(db_pgbouncer=True))
    with pooled.cursor(dbname) as cr:
        for _time in TIMES:
            assert cr.fetch(SQL("SELECT 6 * %s", 7)) == [(42,)]
        assert cr.fetch(SQL("SELECT count(*) FROM pg_prepared_statements")) == [(0,)]
    pooled.close()


def test_rows_of_execute_are_taken_one_by_one_by_name_or_all(cr: Cursor) -> None:
    cr.execute("SELECT x, x * 1.5 AS y FROM generate_series(1, 5) x")

    assert cr.rowcount == 5
    assert [column.name for column in cr.description or ()] == ["x", "y"]
    assert cr.fetchone() == (1, 1.5)
    assert cr.dictfetchmany(2) == [{"x": 2, "y": 3.0}, {"x": 3, "y": 4.5}]
    assert list(cr) == [(4, 6.0), (5, 7.5)]
    assert cr.fetchone() is None
    assert cr.dictfetchone() is None


def test_execute_takes_sql_and_several_statements(cr: Cursor) -> None:
    cr.execute("CREATE TEMP TABLE m (a int); INSERT INTO m VALUES (1), (2); SELECT count(*) FROM m")
    assert cr.fetchall() == [(2,)]

    cr.execute(SQL("SELECT a FROM m WHERE a IN %s AND 'x%%' LIKE '_%%'", (2, 3)))
    assert cr.fetchall() == [(2,)]


def test_a_statement_is_carried_out_for_many_parameters_and_counted(cr: Cursor, table: str) -> None:
    before = cr.sql_log_count

    cr.executemany(f"INSERT INTO {table} (s) VALUES (%s)", [("many",), ("more",)])

    assert cr.sql_log_count == before + 2
    with pytest.raises(psycopg.ProgrammingError):
        cr.fetchone()


def test_execute_values_pages_and_returns_all_rows(cr: Cursor, table: str) -> None:
    rows = cr.execute_values(
        "INSERT INTO t (a, s) VALUES %s RETURNING a", [(i, "100%") for i in range(250)], fetch=True
    )

    assert rows == [(i,) for i in range(250)]
    cr.execute("SELECT DISTINCT s FROM t")
    assert cr.fetchall() == [("100%",)]


def test_copy_reads_and_writes_files(cr: Cursor, table: str) -> None:
    cr.copy_from(io.StringIO("1\tx\n2\t\\N\n"), "t", columns=("a", "s"))
    out = io.StringIO()
    cr.copy_expert("COPY (SELECT a, s FROM t ORDER BY a) TO STDOUT", out)
    assert cr.copy_rows("t", ("a", "s"), [(3, "z")]) == 1

    assert out.getvalue() == "1\tx\n2\t\\N\n"
    assert cr.fetch(SQL("SELECT count(*) FROM t")) == [(3,)]


def test_copy_by_execute_is_refused_and_the_connection_lives(cr: Cursor, table: str) -> None:
    with pytest.raises(psycopg.ProgrammingError, match="copy_expert"):
        cr.execute("COPY t (a) FROM STDIN")
    cr.rollback()

    assert cr.fetch(SQL("SELECT 1")) == [(1,)]


class Memory:
    """Stands for the ORM's transaction: notes what the cursor asks of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def flush(self) -> None:
        self.asked.append("flush")

    def clear(self) -> None:
        self.asked.append("clear")

    def reset(self) -> None:
        self.asked.append("reset")


def test_a_savepoint_undoes_its_block_and_nests(cr: Cursor, table: str) -> None:
    cr.transaction = memory = Memory()
    with cr.savepoint():
        cr.run(SQL("INSERT INTO t (a) VALUES (1)"))
        with pytest.raises(ZeroDivisionError), cr.savepoint():
            cr.run(SQL("INSERT INTO t (a) VALUES (2)"))
            raise ZeroDivisionError
        with cr.savepoint() as point:
            cr.run(SQL("INSERT INTO t (a) VALUES (3)"))
            point.rollback()
            cr.run(SQL("INSERT INTO t (a) VALUES (4)"))

    assert cr.fetch(SQL("SELECT a FROM t ORDER BY a")) == [(1,), (4,)]
    assert memory.asked == ["flush", "flush", "clear", "flush", "clear", "flush", "flush"]
    cr.transaction = None


def test_a_failed_statement_in_a_savepoint_leaves_the_transaction_usable(cr: Cursor, table: str) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation) as caught, cr.savepoint(flush=False):
        cr.run(SQL("INSERT INTO t (id) VALUES (1), (1)"))

    assert caught.value.pgcode == "23505"  # type: ignore[attr-defined]
    assert caught.value.diag.constraint_name == "t_pkey"
    assert caught.value.pgerror.startswith("ERROR:  duplicate key")  # type: ignore[attr-defined]
    assert cr.fetch(SQL("SELECT 1")) == [(1,)]


def test_a_commit_of_a_failed_transaction_is_an_error(cr: Cursor) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        cr.execute("SELECT * FROM nowhere", log_exceptions=False)

    with pytest.raises(psycopg.errors.InFailedSqlTransaction, match="nothing was kept"):
        cr.commit()


def test_callbacks_run_around_commit_and_rollback(cr: Cursor) -> None:
    ran: list[str] = []
    for name in ("precommit", "postcommit", "prerollback", "postrollback"):
        getattr(cr, name).add(lambda name=name: ran.append(name))
    cr.commit()
    assert ran == ["precommit", "postcommit"]

    ran.clear()
    for name in ("precommit", "postcommit", "prerollback", "postrollback"):
        getattr(cr, name).add(lambda name=name: ran.append(name))
    cr.rollback()
    assert ran == ["prerollback", "postrollback"]
    cr.commit()
    assert ran == ["prerollback", "postrollback"]


def test_a_readonly_cursor_cannot_write(pools: Pools, dbname: str) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), pools.cursor(dbname, readonly=True) as cr:
        cr.execute("CREATE TABLE never (a int)", log_exceptions=False)


def test_a_transaction_sees_one_state_of_the_database(pools: Pools, dbname: str) -> None:
    with pools.cursor(dbname) as one:
        one.execute("CREATE TABLE seen (a int)")
    with pools.cursor(dbname) as one, pools.cursor(dbname) as other:
        assert one.fetch(SQL("SELECT * FROM seen")) == []
        other.execute("INSERT INTO seen VALUES (1)")
        other.commit()

        assert one.fetch(SQL("SELECT * FROM seen")) == []
        one.commit()
        assert one.fetch(SQL("SELECT * FROM seen")) == [(1,)]
        one.execute("DROP TABLE seen")


def test_a_closed_cursor_says_so(pools: Pools, dbname: str) -> None:
    cr = pools.cursor(dbname)
    cr.close()

    with pytest.raises(psycopg.InterfaceError, match="cursor already closed"):
        cr.execute("SELECT 1")


def test_a_failed_statement_is_logged_without_its_values(cr, caplog):
    cr.execute("CREATE TEMP TABLE kept_apart (name text NOT NULL, secret text)")

    for run in (
        lambda: cr.run(SQL("INSERT INTO kept_apart VALUES (%s, %s)", None, "s3cr3t-word")),
        lambda: cr.execute("INSERT INTO kept_apart VALUES (%s, %s)", (None, "s3cr3t-word")),
    ):
        with pytest.raises(psycopg.errors.NotNullViolation), cr.savepoint(flush=False):
            run()

    assert caplog.text.count("bad query: b'INSERT INTO kept_apart VALUES (%s, %s)'") == 2
    assert "s3cr3t-word" not in caplog.text


def test_a_statement_that_fails_when_it_is_prepared_answers_afterwards(cr: Cursor) -> None:
    statement = "SELECT 6 / %s::int"
    assert cr.fetch(SQL(statement, 2)) == [(3,)]  # seen
    with pytest.raises(psycopg.errors.DivisionByZero), cr.savepoint():
        cr.fetch(SQL(statement, 0))  # prepared

    assert cr.fetch(SQL(statement, 3)) == [(2,)]
