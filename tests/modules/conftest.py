"""Databases that go with the addons that a test of this folder writes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fondaco.config import Config
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.sql.connection import Pools
from tests.fix_addons import AddonsFolder, addon_module


def leave_categories(categories: Any) -> None:
    """Delete those that modules of other tests brought, and what lies above them for their sake."""
    data = Path(addon_module("base").__file__).parent / "data" / "ir_module_category.xml"
    own = {f"base.{name}" for name in re.findall('id="(module_category_[a-z_]+)"', data.read_text())}
    while categories := categories.filtered(lambda one: not (one.module_ids or one.child_ids or one.xml_id in own)):
        above = categories.parent_id
        categories.unlink()
        categories = above


@pytest.fixture(scope="module")
def registries(folder: AddonsFolder, config: Config, pools: Pools) -> Registries:
    """Registries whose addons path has `folder`."""
    return Registries(config.replace(addons_path=[str(folder.path)]), pools)


@pytest.fixture(scope="module")
def make(registries: Registries) -> Iterator[Callable[..., str]]:
    """make("product"): the name of a new database with base, web and these modules.

    It knows the modules of `folder` and no others, whatever was on the path when its template was made.
    """
    made = []

    def make(*modules: str, with_demo: bool = False, of: Registries = registries) -> str:
        name = f"modules_{uuid.uuid4().hex[:8]}"
        databases.create(of, NewDatabase(name, modules, with_demo=with_demo), more_follow=True)
        made.append(name)
        with of.get(name).cursor() as cr:
            known = Environment(cr, 1, {})["ir.module.module"]
            known.update_list()
            strange = known.search([("name", "not in", of.addons.names())])
            categories = strange.category_id
            strange.unlink()
            leave_categories(categories)
        return name

    yield make
    for name in made:
        databases.drop(registries, name)


@pytest.fixture(scope="module")
def db(make: Callable[..., str]) -> str:
    """A database with base and web for this test module."""
    return make()


@pytest.fixture
def env_of(registries: Registries) -> Iterator[Callable[[str], Environment]]:
    """env_of(name): an environment of the superuser on the database as it is now, rolled back after the test."""
    opened = []

    def env_of(name: str) -> Environment:
        opened.append(registries.get(name).cursor())
        return Environment(opened[-1], 1, {})

    yield env_of
    for cr in opened:
        with closing(cr):
            cr.rollback()
