"""What --dry-run says, before anything is done: modules, tables, columns, files, hooks, and what would be lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fondaco.errors import ModuleError
from fondaco.modules.rehearsal import rehearse
from fondaco.sql.fragment import SQL
from tests.modules.inventory import differences, take

MODELS = """
    from odoo import fields, models

    class Boat(models.Model):
        _name = "quay.boat"
        _description = "Boat"
        name = fields.Char(size=20)
        length = fields.Integer()

    class Partner(models.Model):
        _inherit = "res.partner"
        boat_ids = fields.Many2many("quay.boat")
"""
RISE = """
    def rise(env):
        env["res.partner"].create({"name": "Water"})
        raise ValueError("too high")
"""
BOAT = '<odoo><record id="boat" model="quay.boat"><field name="name">Argo</field></record></odoo>'


@pytest.fixture(autouse=True)
def addon(folder):
    folder.write(
        "quay",
        {"version": "1.0", "data": ["boats.xml"], "post_init_hook": "moor", "uninstall_hook": "cast_off"},
        models=MODELS,
        **{
            "__init__.py": "from . import models\n\ndef moor(env): pass\n\ndef cast_off(env): pass",
            "boats.xml": BOAT,
            "migrations/1.1/pre-rope.py": "def migrate(cr, version): pass",
        },
    )


def inventory(registries, db):
    with registries.pools.cursor(db) as cr:
        return take(cr)


def test_an_installation_is_told_and_not_done(registries, db):
    before = inventory(registries, db)

    told = rehearse(registries, db, install=["quay"])

    (change,) = told.changes
    assert (change.step.module, change.data, change.hooks) == ("quay", ("boats.xml",), ("moor",))
    text = str(told)
    assert "create table quay_boat (" in text
    assert "create table quay_boat_res_partner_rel (2 columns)" in text
    assert differences(before, inventory(registries, db)) == []


def test_an_upgrade_tells_columns_and_scripts_and_a_removal_what_is_lost(registries, db, folder):
    registries.update(db, install=["quay"])
    before = inventory(registries, db)
    # a process of its own would import these classes; here the old ones are loaded, so the tables are made to differ
    with registries.pools.cursor(db) as cr:
        cr.execute("ALTER TABLE quay_boat ALTER name TYPE varchar(10), ALTER length TYPE int2, DROP write_uid")
        cr.commit()
    folder.write("quay", {"version": "1.1", "data": ["boats.xml"], "uninstall_hook": "cast_off"})

    told = rehearse(registries, db, upgrade=["quay"])
    removal = rehearse(registries, db, uninstall=["quay"])

    assert told.changes[0].scripts == ("migrations/1.1/pre-rope.py",)
    details = [detail for step in told.tables for detail in step.details]
    assert "widen column name to VARCHAR(20)" in details
    assert "convert column length from int2 to int4" in details
    assert "add column write_uid int4" in details
    assert removal.changes[0].hooks == ("cast_off",)
    assert dict(removal.lost_rows) == {"quay_boat": 1}
    assert "drop table quay_boat" in str(removal)
    assert differences(before, inventory(registries, db), leave_out=["column", "constraint"]) == []
    registries.update(db, uninstall=["quay"])


def test_a_module_that_is_not_there_is_refused_as_in_earnest(registries, db):
    with pytest.raises(ModuleError, match="did you mean 'quay'"):
        rehearse(registries, db, install=["quayy"])


def test_the_command_line_prints_plans_and_carries_them_out(fondaco, db, folder):
    path = ("--addons-path", str(folder.path))

    told = fondaco.run("-d", db, "-i", "quay", "--dry-run", "--json", *path, check=True)
    nothing = fondaco.run("module", "list", "-d", db, "--installed", *path, check=True)
    done = fondaco.run("module", "install", "quay", "-d", db, *path, check=True)
    listed = fondaco.run("module", "list", "-d", db, "--installed", "--json", *path, check=True)
    removed = fondaco.run("module", "uninstall", "quay", "-d", db, "--json", *path, check=True)
    again = fondaco.run("module", "uninstall", "quay", "-d", db, *path)

    plan = json.loads(told.stdout)
    assert [(step["module"], step["action"]) for step in plan["steps"]] == [("quay", "install")]
    table = next(step for step in plan["tables"] if step["table"] == "quay_boat" and step["action"] == "create table")
    assert "column length int4" in table["details"]
    assert table["sql"][0].startswith('CREATE TABLE "quay_boat"')
    assert "quay" not in nothing.stdout
    assert done.stdout.startswith("install  quay")
    assert {"base", "web", "quay"} <= {row["module"] for row in json.loads(listed.stdout)}
    assert json.loads(removed.stdout)["steps"] == [{"module": "quay", "action": "remove"}]
    assert (again.returncode, again.stderr) == (3, f"fondaco: not installed in {db}: quay\n")


def test_m5_an_installation_is_rehearsed_on_a_copy_that_is_thrown_away(fondaco, registries, make, folder):
    db = make()
    folder.write(
        "flood", {"post_init_hook": "rise"},
        **{"__init__.py": RISE},
    )  # fmt: skip
    before = inventory(registries, db)
    path = ("--addons-path", str(folder.path))

    went = fondaco.run("module", "install", "quay", "-d", db, "--rehearse", *path, check=True)
    failed = fondaco.run("module", "install", "flood", "-d", db, "--rehearse", *path)

    assert went.stdout.startswith("install  quay") and f"rehearsed on a copy of {db} in" in went.stdout
    assert failed.returncode != 0 and "too high" in failed.stderr and "rehearsed" not in failed.stdout
    assert differences(before, inventory(registries, db)) == []
    with registries.pools.cursor("postgres") as cr:
        assert cr.fetch(SQL("SELECT datname FROM pg_database WHERE datname LIKE %s", "%rehearsal%")) == []
    assert list(Path(registries.config["data_dir"], "filestore").glob("*rehearsal*")) == []


def test_a_database_to_come_is_rehearsed_without_being_made(fondaco, folder):
    told = fondaco.run("-d", "never_made", "-i", "quay", "--dry-run", "--addons-path", str(folder.path), check=True)
    listed = fondaco.run("db", "list", check=True)

    assert told.stdout.startswith("database never_made (to be created)\ninstall  base")
    assert "create table quay_boat" in told.stdout
    assert "never_made" not in listed.stdout
