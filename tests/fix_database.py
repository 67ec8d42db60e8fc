"""Databases for tests: each set of modules installed once per run, copied per test module, rolled back per test."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from unittest.mock import patch

import pytest

from fondaco.modules import databases, image
from fondaco.modules.databases import NewDatabase
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.sql.cursor import Cursor

SUPERUSER = 1
LOGIN = "admin"
PASSWORD = "admin-of-the-tests"


@pytest.fixture(scope="session", autouse=True)
def _without_image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Databases of tests are installed, so that they are of the code that is tested, step by step, wherever it runs."""
    with patch.object(image, "FILE", tmp_path_factory.mktemp("no_image") / image.FILE.name):
        yield


def create(registries: Registries, modules: tuple[str, ...]) -> str:
    """A new database; the second of the same modules is a copy of the run's template."""
    name = f"test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    databases.create(registries, NewDatabase(name, modules, LOGIN, PASSWORD), more_follow=True)
    return name


@pytest.fixture(scope="module")
def database_with(registries: Registries) -> Iterator[Callable[..., str]]:
    """database_with("product"): a fresh copy with these modules; the same one for the same modules in a test module."""
    made: dict[tuple[str, ...], str] = {}

    def database_with(*modules: str) -> str:
        key = tuple(sorted(modules))
        if key not in made:
            made[key] = create(registries, key)
        return made[key]

    yield database_with
    for name in made.values():
        databases.drop(registries, name)


@pytest.fixture(scope="module")
def database(database_with: Callable[..., str]) -> str:
    """The name of a fresh copy with base and web."""
    return database_with()


@pytest.fixture
def env_of(registries: Registries) -> Iterator[Callable[[str], Environment]]:
    """env_of(name): an environment of the superuser, rolled back after the test."""
    with contextlib.ExitStack() as stack:

        def env_of(name: str) -> Environment:
            cr = stack.enter_context(contextlib.closing(registries.get(name).cursor()))
            return Environment(cr, SUPERUSER, {})

        yield env_of


@pytest.fixture
def env(database: str, env_of: Callable[[str], Environment]) -> Environment:
    """An environment of the superuser on `database`, rolled back after the test."""
    return env_of(database)


class Queries(list[str]):
    """The statements seen; what a failed comparison with a number shows."""

    def __repr__(self) -> str:
        return f"{len(self)} statements:\n" + "\n".join(f"  {number}. {code}" for number, code in enumerate(self, 1))


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[Queries]]:
    """with queries() as seen: ... -> the text of every statement, in order; `len(seen)` counts them."""

    @contextlib.contextmanager
    def queries() -> Iterator[Queries]:
        seen = Queries()
        count = Cursor._count

        def record(self: Cursor, start: float, code: str, params: object) -> None:
            seen.append(" ".join(str(code).split()))
            count(self, start, code, params)

        with monkeypatch.context() as patch:
            patch.setattr(Cursor, "_count", record)
            yield seen

    return queries
