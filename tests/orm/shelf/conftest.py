"""A database that has the models of shelf.py; what a test does in it is undone after the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from fondaco.modules import databases
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from tests import fix_database
from tests.orm.shelf import models as shelf

SUPERUSER = 1


@pytest.fixture(scope="session")
def shelf_registry(registries: Registries) -> Iterator[Any]:
    """The registry; models and tables are committed, and every user may do everything with them."""
    name = fix_database.create(registries, ())
    registry = registries.get(name)
    with closing(registry.cursor()) as cr:
        env = Environment(cr, SUPERUSER, {})
        env["decimal.precision"].create({"name": "Book Weight", "digits": 3})
        names = registry.add_definitions(cr, shelf.MODULE)
        registry.setup_models(cr)
        registry.init_models(cr, names)
        env["ir.model.access"].create(
            [
                {
                    "name": name,
                    "model_id": env["ir.model"]._get(name).id,
                    "group_id": env.ref("base.group_user").id,
                    **dict.fromkeys(("perm_read", "perm_write", "perm_create", "perm_unlink"), True),
                }
                for name in names
                if not registry[name]._abstract
            ]
        )
        env["res.lang"]._activate_lang("fr_FR")
        env.flush_all()
        cr.commit()
    registry.clear_all_caches()
    yield registry
    databases.drop(registries, name)


@pytest.fixture
def shelf_env(shelf_registry: Any) -> Iterator[Environment]:
    """An environment of the superuser; rolled back after the test."""
    with closing(shelf_registry.cursor()) as cr:
        yield Environment(cr, SUPERUSER, {})
    shelf_registry.clear_all_caches()


@pytest.fixture
def reader(shelf_env: Environment) -> Any:
    """A user with the rights of every employee and no others."""
    return shelf_env["res.users"].create(
        {"name": "Reader", "login": "reader", "groups_id": [(6, 0, [shelf_env.ref("base.group_user").id])]}
    )
