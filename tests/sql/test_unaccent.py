"""Searches without accents find their index, whoever owns the function `unaccent`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from fondaco.registry.registry import Registry
from fondaco.sql import databases
from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL

VOLATILITY = SQL(
    "SELECT proname::text, provolatile::text FROM pg_proc WHERE proname LIKE '%%unaccent' AND pronargs = 1"
)


@pytest.fixture
def cr(pools: Pools) -> Iterator[Cursor]:
    name = f"test_unaccent_{uuid.uuid4().hex[:8]}"
    databases.create(pools, name)
    with pools.cursor(name) as cr:
        yield cr
    databases.drop(pools, name)


def test_a_new_database_has_a_function_that_may_stand_in_an_index(cr: Cursor) -> None:
    volatility = dict(cr.fetch(VOLATILITY))

    name = databases.OWN_UNACCENT if databases.OWN_UNACCENT in volatility else "unaccent"
    registry = SimpleNamespace(has_unaccent=True, has_own_unaccent=name != "unaccent")
    assert volatility[name] == "i"
    cr.execute("CREATE TABLE town (name text)")
    cr.execute("INSERT INTO town SELECT 'Görz ' || n FROM generate_series(1, 2000) n")
    indexed = Registry.unaccent(registry, SQL.identifier("name"))  # type: ignore[arg-type]
    cr.execute(SQL("CREATE INDEX town_name ON town USING gin ((%s) gin_trgm_ops)", indexed))
    cr.execute("ANALYZE town")
    wanted = Registry.unaccent(registry, SQL("%s", "%gorz 1999%"))  # type: ignore[arg-type]
    search = SQL("SELECT name FROM town WHERE %s ILIKE %s", indexed, wanted)
    assert cr.fetch(search) == [("Görz 1999",)]
    assert "town_name" in str(cr.fetch(SQL("EXPLAIN %s", search)))
