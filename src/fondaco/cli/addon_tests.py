"""How pytest runs the tests of addons: a database to stand on, and their modules under the names they have in it.

An addon's tests are imported as `odoo.addons.ADDON.tests.test_x`, whatever pytest's import mode; anything else would
define the addon's models twice.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

import pytest

from fondaco.alias import process
from fondaco.cli.command import EXPECTED_ERRORS, is_bug, outcome
from fondaco.config import Config
from fondaco.config.sources import resolve
from fondaco.engine import Engine, opened
from fondaco.modules import listing
from fondaco.modules.importing import NAMESPACE
from fondaco.testing.ground import Ground, stand_on
from fondaco.testing.tags import TagsSelector
from fondaco.wsgi import build

MANIFEST = "__manifest__.py"
_resources = pytest.StashKey[contextlib.ExitStack]()
_selector = pytest.StashKey[TagsSelector]()
_installed = pytest.StashKey[frozenset[str]]()


class AddonTests(pytest.Module):
    """A file of tests in an addon."""

    def _getobj(self) -> Any:
        addon = addon_of(self.path)
        assert addon is not None, self.path
        if addon.name not in self.config.stash[_installed]:
            name = self.config.getoption("--fondaco-db")
            raise self.CollectError(
                f"{addon.name} is not installed in {name}; install it: "
                f"fondaco module install {addon.name} -d {name} --addons-path={addon.parent}"
            )
        parts = self.path.relative_to(addon.parent).with_suffix("").parts
        return importlib.import_module(".".join((NAMESPACE, *parts)))


def addon_of(path: Path) -> Path | None:
    """The folder of the addon that a file or folder belongs to."""
    return next((folder for folder in (path, *path.parents) if (folder / MANIFEST).is_file()), None)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Open the database, and let tests stand on it until the session ends."""
    config = session.config
    with contextlib.ExitStack() as stack:
        try:
            settings = _settings(config)
            engine = stack.enter_context(opened(settings))
            config.stash[_selector] = TagsSelector(settings["test_tags"] or "")
            config.stash[_installed] = _stand(engine, settings["db_name"][0], stack)
        except EXPECTED_ERRORS as error:
            if is_bug(error):
                raise
            raise pytest.UsageError(f"fondaco: {outcome(error)[1]}") from error
        config.stash[_resources] = stack.pop_all()


def pytest_unconfigure(config: pytest.Config) -> None:
    stack = config.stash.get(_resources, None)
    if stack is not None:
        stack.close()


def _settings(config: pytest.Config) -> Config:
    """Those of configuration file and environment; addons that are named on pytest's command line are found."""
    options = {"db_name": [config.getoption("--fondaco-db")], "max_cron_threads": 0}
    settings = resolve(options, os.environ)
    folders = list(_folders(config))
    tags = config.getoption("--fondaco-test-tags")
    return settings.replace(
        addons_path=list(dict.fromkeys([*folders, *settings["addons_path"]])),
        test_tags=tags if tags is not None else settings["test_tags"],
    )


def _folders(config: pytest.Config) -> Iterator[str]:
    for folder in filter(None, (config.getoption("--fondaco-addons-path") or "").split(",")):
        yield str(Path(folder).resolve())
    for argument in config.args:
        addon = addon_of((config.invocation_params.dir / argument.partition("::")[0]).resolve())
        if addon is not None:
            yield str(addon.parent)


def _stand(engine: Engine, name: str, stack: contextlib.ExitStack) -> frozenset[str]:
    """Make the database what tests stand on; the modules that it has."""
    registry = engine.registries.get(name)
    with engine.pools.cursor(name) as cr:
        installed = frozenset(module for module, state in listing.states(cr).items() if state.is_installed)
    before = process.config.get("test_enable")
    stack.callback(process.config.__setitem__, "test_enable", before)
    process.config["test_enable"] = True
    stack.callback(stand_on, None)
    stand_on(Ground(registry, engine.config, build))
    return installed


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Folders of an addon are no packages to pytest: it would import them under other names."""
    return pytest.Dir.from_parent(parent, path=path) if addon_of(path) is not None else None


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    return AddonTests.from_parent(parent, path=module_path) if addon_of(module_path) is not None else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests of addons that the tags do not choose."""
    selector = config.stash[_selector]
    left_out = [item for item in items if _is_case(item) and not selector.check(item.cls(item.originalname))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _is_case(item: pytest.Item) -> TypeGuard[Any]:
    """Whether it is a method of a unittest case in an addon; only these have tags."""
    case = getattr(item, "cls", None)
    return item.getparent(AddonTests) is not None and case is not None and issubclass(case, unittest.TestCase)
