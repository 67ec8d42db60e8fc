"""A database that has the models of ledger.py; what a test does in it is undone after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from tests.fix_models import employee, registry_with, undone
from tests.orm.ledger import models as ledger


@pytest.fixture(scope="session")
def ledger_registry(registries: Registries) -> Iterator[Any]:
    with registry_with(registries, ledger.MODULE) as registry:
        yield registry


@pytest.fixture
def env(ledger_registry: Any) -> Iterator[Environment]:
    """An environment of the superuser; rolled back after the test."""
    with undone(ledger_registry) as env:
        yield env


@pytest.fixture
def clerk(env: Environment) -> Any:
    return employee(env, "clerk")


@pytest.fixture
def stored(env: Environment) -> Callable[..., list[tuple[Any, ...]]]:
    """stored(table, *columns): what the table holds, by id, once pending values are written."""

    def stored(table: str, *columns: str) -> list[tuple[Any, ...]]:
        env.flush_all()
        env.cr.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY id")
        return env.cr.fetchall()

    return stored
