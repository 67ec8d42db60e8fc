"""A database that has the models of shelf.py; what a test does in it is undone after the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from tests.fix_models import employee, registry_with, undone
from tests.orm.shelf import models as shelf


def weigh_books(env: Environment) -> None:
    env["decimal.precision"].create({"name": "Book Weight", "digits": 3})


@pytest.fixture(scope="session")
def shelf_registry(registries: Registries) -> Iterator[Any]:
    with registry_with(registries, shelf.MODULE, weigh_books) as registry:
        yield registry


@pytest.fixture
def shelf_env(shelf_registry: Any) -> Iterator[Environment]:
    """An environment of the superuser; rolled back after the test."""
    with undone(shelf_registry) as env:
        yield env


@pytest.fixture
def reader(shelf_env: Environment) -> Any:
    return employee(shelf_env, "reader")
