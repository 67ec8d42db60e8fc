"""Public addons installed, taken back and installed again: the database is what it was, and then what it was again.

The few differences that are wanted are told, with their kind, in the chapter "Taken back" of docs/compatibility.md;
nothing else may differ, and a row that is not true any more fails as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from fondaco.config import Config
from fondaco.modules import databases
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.sql.connection import Pools
from tests.compat.development_set import ROOT, Addon, addons, fetch
from tests.fix_database import create
from tests.modules.inventory import Inventory, differences, take

PAGE = ROOT / "docs" / "compatibility.md"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|", re.MULTILINE)
READY = [addon for addon in addons([1]) if not addon.waits_for]


def told() -> set[tuple[str, str]]:
    """(addon, kind of what differs), as the page says."""
    chapter = PAGE.read_text(encoding="utf-8").partition("\n## Taken back\n")[2].partition("\n## ")[0]
    return set(ROW.findall(chapter))


def kinds(lines: list[str]) -> set[str]:
    return {line.split(" ")[1] for line in lines}


@pytest.fixture
def with_addon(addon: Addon, config: Config, pools: Pools) -> Iterator[tuple[Registries, str]]:
    """Registries that know the addon, and a database of its own."""
    try:
        path = fetch(addon)
    except RuntimeError as error:
        pytest.skip(str(error).partition("\n")[0])
    registries = Registries(config.replace(addons_path=[str(path)]), pools)
    # A copy: every addon begins with the same database, which is made once.
    database = create(Registries(config, pools), ())
    yield registries, database
    databases.drop(registries, database)


@pytest.fixture
def state(with_addon: tuple[Registries, str], pools: Pools) -> Callable[[], Inventory]:
    def state() -> Inventory:
        with pools.cursor(with_addon[1]) as cr:
            return take(cr)

    return state


@pytest.mark.slow
@pytest.mark.parametrize("addon", [pytest.param(addon, id=addon.name) for addon in READY])
def test_an_addon_taken_back_leaves_the_database_as_it_was(
    addon: Addon, with_addon: tuple[Registries, str], state: Callable[[], Inventory]
) -> None:
    registries, database = with_addon
    with closing(registries.get(database).cursor()) as cr:
        Environment(cr, 1, {})["ir.module.module"].update_list()
        cr.commit()
    before = state()
    names = registries.update(database, install=[addon.name]).names("install")
    installed = state()
    registries.update(database, uninstall=names)
    removed = state()
    registries.update(database, install=[addon.name])
    again = state()

    wanted = {kind for name, kind in told() if name == addon.name}
    left = differences(before, removed)
    assert [line for line in left if kinds([line]).isdisjoint(wanted)] == []
    assert kinds(left) == wanted
    assert differences(installed, again) == []
    assert differences(before, installed) != []


def test_the_page_tells_of_addons_of_the_set() -> None:
    assert {name for name, _kind in told()} <= {addon.name for addon in READY}
