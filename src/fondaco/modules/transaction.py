"""How does work run on a database given by name: in its fresh registry, with one connection and one transaction?

The question whether the registry is fresh is asked by the first statement of the transaction itself, not by another
one before it. A registry that turns out old is loaded anew, and the work begins again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from fondaco.registry.transact import transact_trusting

if TYPE_CHECKING:
    from fondaco.modules.registries import Registries
    from fondaco.orm.environment import Environment
    from fondaco.registry.registry import Registry

T = TypeVar("T")


class OldRegistry(Exception):
    """Other processes changed the models since this registry was loaded."""


def registry_of(registries: Registries, db: str) -> Registry:
    """The registry to work with: perhaps old, which `checked` finds out. `DatabaseNotFound` if there is no database."""
    return registries.at_hand(db) or registries.get(db)


def checked(registry: Registry, work: Callable[[Environment], T]) -> Callable[[Environment], T]:
    """`work`, begun by asking on its own cursor whether the registry is fresh. `OldRegistry` if it is not."""

    def begin(env: Environment) -> T:
        if not registry.check_signaling(env.cr):
            raise OldRegistry
        return work(env)

    return begin


def transact_on(
    registries: Registries,
    db: str,
    work: Callable[[Environment], T],
    *,
    uid: int | None,
    context: Mapping[str, Any] | None = None,
    readonly: bool = False,
) -> T:
    """As `transact_trusting`, on the database of this name. `DatabaseNotFound` if there is none."""
    registry = registry_of(registries, db)
    try:
        return transact_trusting(registry, checked(registry, work), uid=uid, context=context, readonly=readonly)
    except OldRegistry:
        return transact_trusting(registries.get(db), work, uid=uid, context=context, readonly=readonly)
    except psycopg.OperationalError as error:
        if error.sqlstate is not None and error.sqlstate != "3D000":
            raise
        # It may have been dropped or renamed by another process: then this says so in its own words.
        registries.forget(db)
        registries.get(db)
        raise
