"""What tests stand on: the registry they use, put there by whoever runs them.

Classes of tests are found and made by unittest, which gives them no arguments; so the one thing that all tests of a
run share is kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fondaco.errors import FondacoError
from fondaco.registry.registry import Registry


@dataclass(frozen=True, slots=True)
class Ground:
    """registry: the models of the database; serve: starts the server of HTTP tests, answers its address."""

    registry: Registry
    config: Mapping[str, Any]
    build: Callable[[Any, Any], Any]
    """(config, registries) -> the WSGI application."""


class _Holder:
    ground: Ground | None = None


_holder = _Holder()


def stand_on(ground: Ground | None) -> None:
    """From here on tests use this; None: there is nothing to run them on."""
    _holder.ground = ground


def ground() -> Ground:
    """What the tests of this run use."""
    if _holder.ground is None:
        raise FondacoError(
            "no database to test on: run addons' tests with `fondaco test`, `fondaco -d NAME -i MODULE --test-enable` "
            "or `pytest --fondaco-db NAME`"
        )
    return _holder.ground


def get_db_name() -> str:
    """The name of the database that is tested."""
    return ground().registry.db_name
