"""An empty database for the tests of this folder, and cursors on it that are rolled back."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from fondaco.sql import databases
from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor


@pytest.fixture(scope="session")
def dbname(pools: Pools) -> Iterator[str]:
    name = f"test_sql_{os.getpid()}"
    databases.create(pools, name)
    yield name
    databases.drop(pools, name)


@pytest.fixture
def cr(pools: Pools, dbname: str) -> Iterator[Cursor]:
    cr = pools.cursor(dbname)
    yield cr
    cr.close()
