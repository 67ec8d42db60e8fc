"""A database that has the models of ledger.py; what a test does in it is undone after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from fondaco.modules import databases
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from tests import fix_database
from tests.orm.ledger import models as ledger

SUPERUSER = 1


@pytest.fixture(scope="session")
def ledger_registry(registries: Registries) -> Iterator[Any]:
    """The registry; models and tables are committed, and every user may do everything with them."""
    name = fix_database.create(registries, ())
    registry = registries.get(name)
    with closing(registry.cursor()) as cr:
        names = registry.add_definitions(cr, ledger.MODULE)
        registry.setup_models(cr)
        registry.init_models(cr, names)
        env = Environment(cr, SUPERUSER, {})
        env["ir.model.access"].create(
            [
                {
                    "name": name,
                    "model_id": env["ir.model"]._get(name).id,
                    "group_id": env.ref("base.group_user").id,
                    **dict.fromkeys(("perm_read", "perm_write", "perm_create", "perm_unlink"), True),
                }
                for name in names
            ]
        )
        env["res.lang"]._activate_lang("fr_FR")
        env.flush_all()
        cr.commit()
    registry.clear_all_caches()
    yield registry
    databases.drop(registries, name)


@pytest.fixture
def env(ledger_registry: Any) -> Iterator[Environment]:
    """An environment of the superuser; rolled back after the test."""
    with closing(ledger_registry.cursor()) as cr:
        yield Environment(cr, SUPERUSER, {})
    ledger_registry.clear_all_caches()


@pytest.fixture
def clerk(env: Environment) -> Any:
    """A user with the rights of every employee and no others."""
    return env["res.users"].create(
        {"name": "Clerk", "login": "clerk", "groups_id": [(6, 0, [env.ref("base.group_user").id])]}
    )


@pytest.fixture
def stored(env: Environment) -> Callable[..., list[tuple[Any, ...]]]:
    """stored(table, *columns): what the table holds, by id, once pending values are written."""

    def stored(table: str, *columns: str) -> list[tuple[Any, ...]]:
        env.flush_all()
        env.cr.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY id")
        return env.cr.fetchall()

    return stored
