"""Hooks, migrations, translations, demo data and added selection values, as addons rely on them."""

import uuid

import pytest

from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.sql import databases
from fondaco.sql.connection import Pools

INIT = """
from . import models
LOADED = []

def loaded():
    LOADED.append("loaded")

def before(env):
    env.cr.execute("CREATE TABLE stage_log (word varchar)")
    env.cr.execute("INSERT INTO stage_log VALUES ('before ' || %s)", [str("stage.thing" in env)])

def after(env):
    env.cr.execute("INSERT INTO stage_log VALUES ('after ' || %s)", [env["stage.thing"].search_count([])])

def gone(env):
    env.cr.execute("DROP TABLE stage_log")
"""
MODELS = """
from odoo import fields, models

class Thing(models.Model):
    _name = "stage.thing"
    _description = "Thing"
    name = fields.Char(translate=True)
    kind = fields.Selection([("a", "A")], default="a")
"""
EXTRA = """
from odoo import fields, models

class Thing(models.Model):
    _inherit = "stage.thing"
    kind = fields.Selection(selection_add=[("b", "B")], ondelete={"b": "set default"})
"""
DATA = '<odoo><record id="one" model="stage.thing"><field name="name">One</field></record></odoo>'
DEMO = '<odoo><record id="two" model="stage.thing"><field name="nmae">Two</field></record></odoo>'
PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

#. module: stage
#: model:stage.thing,name:stage.one
msgid "One"
msgstr "Un"
"""
MIGRATION = """
def migrate(cr, version):
    cr.execute("INSERT INTO stage_log VALUES ('{stage} ' || %s)", [version])
"""


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip())


def manifest(version):
    return f"""{{"name": "Stage", "version": {version!r}, "depends": ["base"], "data": ["data.xml"],
        "demo": ["demo.xml"],
        "pre_init_hook": "before", "post_init_hook": "after", "uninstall_hook": "gone", "post_load": "loaded"}}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stages")
    write(
        folder,
        {
            "stage/__manifest__.py": manifest("1.0"),
            "stage/__init__.py": INIT,
            "stage/models.py": MODELS,
            "stage/data.xml": DATA,
            "stage/demo.xml": DEMO,
            "stage/i18n/fr.po": PO,
            "stage_extra/__manifest__.py": "{'depends': ['stage'], 'auto_install': True}",
            "stage_extra/__init__.py": "from . import models",
            "stage_extra/models.py": EXTRA,
            **{f"stage/migrations/1.1/{stage}-x.py": MIGRATION.format(stage=stage) for stage in ("pre", "post", "end")},
        },
    )
    return folder


@pytest.fixture(scope="module")
def registries(folder, config):
    pools = Pools(config)
    yield Registries(config.replace(addons_path=[str(folder)]), pools)
    pools.close()


@pytest.fixture(scope="module")
def db(registries):
    name = f"modtest_{uuid.uuid4().hex[:8]}"
    registries.create(name, modules=("base",), lang="fr_FR", password="x")
    yield name
    registries.pools.close_database(name)
    databases.drop(registries.pools, name)


def words(cr):
    cr.execute("SELECT word FROM stage_log")
    return [word for (word,) in cr.fetchall()]


def test_a_module_goes_through_its_stages(registries, db, folder):
    registries.update(db, install=["stage"], with_demo=True)
    with registries.get(db).cursor() as cr:
        env = Environment(cr, 1, {})
        one = env.ref("stage.one")
        assert words(cr) == ["before False", "after 1"]
        assert (one.name, one.with_context(lang="fr_FR").name) == ("One", "Un")
        assert env["ir.module.module"].search([("name", "=", "stage_extra")]).state == "installed"
        assert env["ir.module.module"].search([("name", "=", "stage")]).demo is False
        one.kind = "b"
        env.flush_all()
        cr.commit()

    write(folder, {"stage/__manifest__.py": manifest("1.1")})
    registries.update(db, upgrade=["stage"])
    with registries.get(db).cursor() as cr:
        assert words(cr)[2:] == ["pre 18.0.1.0", "post 18.0.1.0", "end 18.0.1.0"]

    registries.update(db, uninstall=["stage_extra"])
    with registries.get(db).cursor() as cr:
        env = Environment(cr, 1, {})
        assert env.ref("stage.one").kind == "a"
        assert env["stage.thing"]._fields["kind"].get_values(env) == ["a"]

    registries.update(db, uninstall=["stage"])
    with registries.get(db).cursor() as cr:
        cr.execute("SELECT to_regclass('stage_log'), to_regclass('stage_thing')")
        assert cr.fetchone() == (None, None)
