"""A database with the models of garden.py; each test starts from the same records and leaves them so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from fondaco.modules import databases
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from tests import fix_database
from tests.fix_database import SUPERUSER
from tests.fix_models import undone
from tests.properties import garden


@pytest.fixture(scope="session")
def garden_registry(registries: Registries) -> Iterator[Any]:
    """The registry; models, tables and rights are committed."""
    name = fix_database.create(registries, ())
    registry = registries.get(name)
    with closing(registry.cursor()) as cr:
        garden.set_up(registry, cr, lambda cr: Environment(cr, SUPERUSER, {}))
        cr.commit()
    registry.clear_all_caches()
    yield registry
    databases.drop(registries, name)


@pytest.fixture
def env(garden_registry: Any) -> Iterator[Environment]:
    """An environment of the superuser; rolled back after the test."""
    with undone(garden_registry) as env:
        yield env
