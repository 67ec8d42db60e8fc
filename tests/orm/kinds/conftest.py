"""Records of the search tests, in a database that has their models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from tests.orm.kinds import models as kinds

SUPERUSER = 1


@pytest.fixture(scope="module")
def kinds_env(registries: Registries, database_with: Callable[..., str]) -> Iterator[Environment]:
    """An environment of the superuser in a database that has the models of kinds.py; rolled back at the end."""
    registry = registries.get(database_with())
    with closing(registry.cursor()) as cr:
        names = registry.add_definitions(cr, kinds.MODULE)
        registry.setup_models(cr)
        registry.init_models(cr, names)
        yield Environment(cr, SUPERUSER, {})


@pytest.fixture(scope="module")
def forest(kinds_env: Environment) -> Any:
    """Tags A > B > C (archived); nodes alpha > (gamma, delta (archived)), beta, empty."""
    tag, node = kinds_env["kinds.tag"], kinds_env["kinds.node"]
    a = tag.create({"name": "A"})
    b = tag.create({"name": "B", "parent_id": a.id})
    c = tag.create({"name": "C", "parent_id": b.id, "active": False})
    alpha = node.create(
        {
            "name": "Alpha", "title": "First", "note": "n", "color": 1, "size": 12.5, "weight": 1.25,
            "is_flagged": True,
            "kind": "a", "day": "2024-01-15", "moment": "2031-01-01 00:30:00",
            "tag_id": a.id, "tag_ids": [(6, 0, [a.id])],
        }
    )  # fmt: skip
    beta, gamma, delta, empty = node.create(
        [
            {
                "name": "Beta 100%", "color": 2, "size": -3.25, "kind": "b", "day": "2023-12-31",
                "moment": "2031-01-01 23:30:00", "tag_ids": [(4, b.id)],
            },
            {"name": "Gamma", "parent_id": alpha.id, "color": 0, "tag_ids": [(4, c.id)], "tag_id": c.id},
            {"name": "Delta", "parent_id": alpha.id, "active": False},
            {},
        ]
    )  # fmt: skip
    kinds_env.flush_all()
    return SimpleNamespace(
        env=kinds_env, a=a, b=b, c=c, alpha=alpha, beta=beta, gamma=gamma, delta=delta, empty=empty,
        nodes=alpha + beta + gamma + delta + empty, tags=a + b + c,
    )  # fmt: skip
