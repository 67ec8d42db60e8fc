"""Databases with models that a folder of tests defines itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from fondaco.modules import databases
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from tests import fix_database
from tests.fix_database import SUPERUSER

RIGHTS = dict.fromkeys(("perm_read", "perm_write", "perm_create", "perm_unlink"), True)


@contextlib.contextmanager
def registry_with(
    registries: Registries, module: str, prepare: Callable[[Environment], object] | None = None
) -> Iterator[Any]:
    """The registry of a new database with the definitions filed under `module`; dropped at the end.

    Models and tables are committed, every employee may do everything with the new ones, French is in use. `prepare`
    gets the environment before the models are there.
    """
    name = fix_database.create(registries, ())
    registry = registries.get(name)
    with closing(registry.cursor()) as cr:
        env = Environment(cr, SUPERUSER, {})
        if prepare is not None:
            prepare(env)
        known = set(registry.models)
        names = registry.add_definitions(cr, module)
        registry.setup_models(cr)
        registry.init_models(cr, names)
        give_rights(env, [name for name in names if name not in known and not registry[name]._abstract])
        env["res.lang"]._activate_lang("fr_FR")
        env.flush_all()
        cr.commit()
    registry.clear_all_caches()
    yield registry
    databases.drop(registries, name)


def give_rights(env: Environment, models: list[str], group: str = "base.group_user") -> None:
    """Let the members of a group do everything with these models."""
    env["ir.model.access"].create(
        [
            {"name": model, "model_id": env["ir.model"]._get(model).id, "group_id": env.ref(group).id, **RIGHTS}
            for model in models
        ]
    )


@contextlib.contextmanager
def undone(registry: Any) -> Iterator[Environment]:
    """An environment of the superuser; what is done in it, and what was remembered of it, goes with the block."""
    with closing(registry.cursor()) as cr:
        yield Environment(cr, SUPERUSER, {})
    registry.clear_all_caches()


def employee(env: Environment, name: str) -> Any:
    """A user with the rights of every employee and no others."""
    return env["res.users"].create(
        {"name": name.capitalize(), "login": name, "groups_id": [(6, 0, [env.ref("base.group_user").id])]}
    )
