"""Cursors inside the transaction of another one: what do they see, keep and undo?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor
from fondaco.sql.nested import NestedPools


@pytest.fixture
def nested(pools: Pools, cr: Cursor) -> Iterator[NestedPools]:
    cr.execute("CREATE TABLE word (w varchar)")
    cr.execute("INSERT INTO word VALUES ('outer')")
    yield NestedPools(pools, cr)


def words(cr: Cursor) -> list[str]:
    cr.execute("SELECT w FROM word ORDER BY w")
    return [word for (word,) in cr.fetchall()]


def test_what_one_commits_the_outer_one_sees_and_nobody_else(
    nested: NestedPools, pools: Pools, cr: Cursor, dbname: str
) -> None:
    with nested.cursor(dbname) as inner:
        assert words(inner) == ["outer"]
        inner.execute("INSERT INTO word VALUES ('inner')")

    assert words(cr) == ["inner", "outer"]
    with closing(pools.cursor(dbname)) as other:
        other.execute("SELECT to_regclass('word')")
        assert other.fetchone() == (None,)


def test_what_one_does_not_commit_is_undone(nested: NestedPools, cr: Cursor, dbname: str) -> None:
    with closing(nested.cursor(dbname)) as inner:
        inner.execute("INSERT INTO word VALUES ('kept')")
        inner.commit()
        inner.execute("INSERT INTO word VALUES ('dropped')")

    assert words(cr) == ["kept", "outer"]


def test_a_failure_inside_leaves_the_outer_one_alone(nested: NestedPools, cr: Cursor, dbname: str) -> None:
    with closing(nested.cursor(dbname)) as inner, pytest.raises(psycopg.errors.UndefinedTable):
        inner.execute("SELECT * FROM nothing_of_the_kind")

    assert words(cr) == ["outer"]


def test_a_read_only_one_refuses_to_write_and_the_outer_one_does_not(
    nested: NestedPools, cr: Cursor, dbname: str
) -> None:
    with closing(nested.cursor(dbname, readonly=True)) as inner:
        assert words(inner) == ["outer"]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            inner.execute("INSERT INTO word VALUES ('inner')")
    cr.execute("INSERT INTO word VALUES ('after')")

    assert words(cr) == ["after", "outer"]


def test_other_databases_are_reached_as_before(nested: NestedPools) -> None:
    with closing(nested.cursor("postgres")) as other:
        other.execute("SELECT current_database()")
        assert other.fetchone() == ("postgres",)
