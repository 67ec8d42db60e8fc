"""psycopg2's names, as addons use them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor
from fondaco.sql.psycopg2_shim import install

install()
psycopg2: Any = importlib.import_module("psycopg2")
extensions: Any = importlib.import_module("psycopg2.extensions")
extras: Any = importlib.import_module("psycopg2.extras")
errorcodes: Any = importlib.import_module("psycopg2.errorcodes")


@pytest.fixture
def connection(pools: Pools, dbname: str) -> Iterator[Any]:
    made = psycopg2.connect(make_conninfo(**pools.settings(dbname)))
    yield made
    made.close()


def test_our_cursors_raise_what_addons_catch(cr: Cursor) -> None:
    with pytest.raises(psycopg2.IntegrityError) as caught, cr.savepoint():
        cr.execute("CREATE TABLE u (a int UNIQUE); INSERT INTO u VALUES (1), (1)", log_exceptions=False)

    assert caught.value.pgcode == errorcodes.UNIQUE_VIOLATION == "23505"
    assert isinstance(caught.value, psycopg2.errors.UniqueViolation)
    assert errorcodes.lookup("40001") == "SERIALIZATION_FAILURE"
    assert issubclass(psycopg2.errors.lookup("40P01"), extensions.TransactionRollbackError)
    assert issubclass(psycopg2.errors.QueryCanceled, extensions.QueryCanceledError)


def test_the_connection_of_our_cursor_makes_cursors_by_name_in_the_same_transaction(cr: Cursor) -> None:
    cr.execute("CREATE TABLE same (a int); INSERT INTO same VALUES (5)")

    with cr._cnx.cursor(cursor_factory=extras.RealDictCursor) as named:
        named.execute("SELECT a FROM same")
        assert named.fetchall() == [{"a": 5}]
    assert cr._cnx is cr._cnx
    with pytest.raises(psycopg2.InterfaceError):
        cr._cnx.close()


def test_a_block_is_a_transaction(connection: Any) -> None:
    with connection, connection.cursor() as one:
        one.execute("CREATE TABLE block (a int)")
    with pytest.raises(ZeroDivisionError), connection, connection.cursor() as one:
        one.execute("INSERT INTO block VALUES (1)")
        raise ZeroDivisionError

    with connection.cursor() as one:
        one.execute("SELECT count(*) FROM block")
        assert one.fetchone() == (0,)
        one.execute("DROP TABLE block")
    connection.commit()


def test_rows_by_name(connection: Any) -> None:
    one = connection.cursor(cursor_factory=extras.DictCursor)
    one.execute("SELECT 1 AS a, 2 AS b")
    row = one.fetchone()

    assert (row["a"], row[1], dict(row), len(row)) == (1, 2, {"a": 1, "b": 2}, 2)

    one = connection.cursor(cursor_factory=extras.NamedTupleCursor)
    one.execute("SELECT 1 AS a, 2 AS b")
    assert one.fetchall()[0].b == 2


def test_execute_values_and_batch(connection: Any) -> None:
    with connection.cursor() as one:
        one.execute("CREATE TEMP TABLE v (a int, b text)")
        rows = extras.execute_values(
            one, "INSERT INTO v VALUES %s RETURNING a", [(1, "x%"), (2, "y")], template="(%s + 1, %s)", fetch=True
        )
        extras.execute_batch(one, "UPDATE v SET b = %s WHERE a = %s", [("p", 2), ("q", 3)])
        one.execute("SELECT a, b FROM v ORDER BY a")

        assert rows == [(2,), (3,)]
        assert one.fetchall() == [(2, "p"), (3, "q")]


def test_isolation_and_autocommit(connection: Any) -> None:
    connection.set_session(isolation_level="SERIALIZABLE", readonly=True)
    with connection.cursor() as one:
        one.execute("SHOW transaction_isolation")
        assert one.fetchone() == ("serializable",)
        with pytest.raises(psycopg2.ProgrammingError):
            connection.autocommit = True
    connection.rollback()
    connection.set_isolation_level(extensions.ISOLATION_LEVEL_AUTOCOMMIT)
    with connection.cursor() as one:
        one.execute("SELECT 1")
    assert connection.get_transaction_status() == extensions.TRANSACTION_STATUS_IDLE


def test_notifications_are_collected(connection: Any) -> None:
    connection.autocommit = True
    with connection.cursor() as one:
        one.execute("LISTEN here; NOTIFY here, 'hello'")
    connection.poll()

    assert [(note.channel, note.payload) for note in connection.notifies] == [("here", "hello")]


def test_a_registered_adapter_is_used_by_our_cursors(cr: Cursor) -> None:
    class Money:
        amount = 12

    extensions.register_adapter(Money, lambda money: extensions.AsIs(f"{money.amount} * 2"))

    cr.execute("SELECT %s", [Money()])
    assert cr.fetchone() == (24,)
    assert extensions.adapt("it's").getquoted() == b"'it''s'"
    assert extensions.quote_ident('a"b', cr) == '"a""b"'
