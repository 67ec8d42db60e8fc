"""A database of the previous release, brought up to this one, is what a fresh installation is, and keeps its data.

`tests/fixtures/release-0.1.0.zip` was made by release 0.1.0:

    fondaco db create old -i uom,product,contacts --fresh && fondaco db dump old release-0.1.0.zip
"""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from fondaco.modules import databases, restore
from tests.modules.inventory import differences, take

DUMP = Path(__file__).parents[1] / "fixtures" / "release-0.1.0.zip"
MODULES = ("uom", "product", "contacts")


@pytest.fixture(scope="module")
def upgraded(registries):
    name = f"release_{uuid.uuid4().hex[:8]}"
    with DUMP.open("rb") as source:
        restore.restore(registries, name, source)
    registries.update(name, upgrade=["all"])
    yield name
    databases.drop(registries, name)


def inventory(registries, db):
    with registries.pools.cursor(db) as cr:
        return take(cr)


@pytest.mark.slow
def test_an_upgraded_database_equals_a_fresh_one(registries, make, upgraded):
    assert differences(inventory(registries, make(*MODULES)), inventory(registries, upgraded)) == []


@pytest.mark.slow
def test_a_second_upgrade_changes_nothing(registries, upgraded):
    before = inventory(registries, upgraded)
    with registries.pools.cursor(upgraded) as cr:
        cr.execute("SELECT max(write_date) FROM ir_model_data")
        moment = cr.fetchone()

    registries.update(upgraded, upgrade=["all"])

    assert differences(before, inventory(registries, upgraded)) == []
    with registries.pools.cursor(upgraded) as cr:
        cr.execute("SELECT max(write_date) FROM ir_model_data")
        assert cr.fetchone() == moment
