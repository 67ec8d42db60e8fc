"""An upgrade in place: what the new version says is there, what users entered stays."""

from __future__ import annotations

import json

import pytest

from tests.fix_server import Fondaco

BEFORE = """
    from odoo import fields, models

    class Ship(models.Model):
        _name = "fleet.ship"
        _description = "Ship"
        _sql_constraints = [("masts_few", "CHECK (masts < 5)", "Few masts.")]
        name = fields.Char(size=10, required=True, index=True)
        masts = fields.Integer()
        tonnage = fields.Integer(required=True, default=1)
        rig = fields.Selection([("cog", "Cog"), ("carrack", "Carrack")], default="cog")
        forgotten = fields.Char()
        mascot = fields.Char()
        fee = fields.Float()
        port_id = fields.Many2one("fleet.port")
        flag_ids = fields.Many2many("res.country", "fleet_flag_rel")

    class Port(models.Model):
        _name = "fleet.port"
        _description = "Port"
        name = fields.Char()

    class Rumour(models.Model):
        _name = "fleet.rumour"
        _description = "Rumour"
        text = fields.Char()
"""
AFTER = """
    from odoo import api, fields, models

    class Ship(models.Model):
        _name = "fleet.ship"
        _description = "Vessel"
        _sql_constraints = [("burden_positive", "CHECK (burden > 0)", "Some burden.")]
        name = fields.Char(size=40, required=True)
        masts = fields.Float()
        burden = fields.Integer(required=True, default=1)
        rig = fields.Selection([("cog", "Cog"), ("galleon", "Galleon")], default="galleon")
        crew = fields.Integer(default=20)
        fee = fields.Float(company_dependent=True)
        label = fields.Char(compute="_compute_label", store=True)

        @api.depends("name", "burden")
        def _compute_label(self):
            for ship in self:
                ship.label = f"{ship.name} ({ship.burden})"
"""
ACCESS = """
    <record id="access_ship" model="ir.model.access">
        <field name="name">ship</field><field name="model_id" ref="model_fleet_ship"/>
        <field name="perm_read" eval="1"/>
    </record>
"""
DATA_BEFORE = f"""
    <odoo>
        {ACCESS}
        <record id="santa" model="fleet.ship"><field name="name">Santa</field><field name="tonnage">90</field></record>
        <record id="sunk" model="fleet.ship"><field name="name">Sunk</field></record>
        <record id="watch" model="ir.cron">
            <field name="name">Watch</field><field name="model_id" ref="model_fleet_ship"/>
            <field name="state">code</field><field name="code">model.search_count([])</field>
        </record>
        <record id="kept" model="fleet.ship"><field name="name">Kept</field></record>
        <data noupdate="1"><record id="own" model="fleet.ship"><field name="name">Own</field></record></data>
        <record id="form" model="ir.ui.view">
            <field name="name">ship</field><field name="model">fleet.ship</field>
            <field name="arch" type="xml"><form><field name="tonnage"/></form></field>
        </record>
    </odoo>
"""
DATA_AFTER = f"""
    <odoo>
        {ACCESS}
        <record id="santa" model="fleet.ship"><field name="name">Santa Maria dei Miracoli</field></record>
        <record id="kept" model="fleet.ship"><field name="name">Kept</field></record>
        <data noupdate="1"><record id="own" model="fleet.ship"><field name="name">New own</field></record></data>
        <record id="form" model="ir.ui.view">
            <field name="name">ship</field><field name="model">fleet.ship</field>
            <field name="arch" type="xml"><form><field name="burden"/><field name="crew"/></form></field>
        </record>
    </odoo>
"""
RENAME = """
    from odoo import SUPERUSER_ID, api

    def migrate(cr, version):
        cr.execute("ALTER TABLE fleet_ship RENAME COLUMN tonnage TO burden")
        env = api.Environment(cr, SUPERUSER_ID, {})
        home = env.ref("base.main_company").partner_id
        assert "fleet.ship" not in env
        env["ir.config_parameter"].set_param("fleet.home", env["res.partner"].search([("id", "=", home.id)]).name)
"""
LOOK = """
import json
ships = env["fleet.ship"].search([], order="id")
cr = env.cr
def rows(query):
    cr.execute(query)
    return [row[0] for row in cr.fetchall()]
print(json.dumps({
    "jobs": rows("SELECT cron_name FROM ir_cron WHERE cron_name = 'Watch'"),
    "ships": [[s.name, s.masts, s.burden, s.rig, s.crew, s.label, str(s.write_date)] for s in ships],
    "columns": rows("SELECT attname::text FROM pg_attribute WHERE attrelid = 'fleet_ship'::regclass AND attnum > 0"
                    " AND NOT attisdropped"),
    "tables": rows("SELECT relname::text FROM pg_class WHERE relname LIKE 'fleet%' AND relkind = 'r'"),
    "fields": rows("SELECT name FROM ir_model_fields WHERE model LIKE 'fleet%'"),
    "models": rows("SELECT model FROM ir_model WHERE model LIKE 'fleet%'"),
    "constraints": rows("SELECT conname::text FROM pg_constraint WHERE conrelid = 'fleet_ship'::regclass"
                        " AND contype = 'c'"),
    "indexes": rows("SELECT indexname::text FROM pg_indexes WHERE tablename = 'fleet_ship'"),
    "values": rows("SELECT s.value FROM ir_model_fields_selection s JOIN ir_model_fields f ON f.id = s.field_id"
                   " WHERE f.model = 'fleet.ship' AND f.name = 'rig'"),
    "fees": {s.name: s.fee for s in ships},
    "form": env.ref("fleet.form").arch,
    "home": [env["ir.config_parameter"].get_param("fleet.home"), env.company.name],
    "sunk": bool(env.ref("fleet.sunk", raise_if_not_found=False)),
}))
"""


@pytest.fixture(scope="module")
def upgrade(config, make, folder, tmp_path_factory):
    """(what the upgraded database holds, what the upgrade said); each version runs in a process of its own."""
    fondaco = Fondaco(config, tmp_path_factory.mktemp("home"))
    path = ("--addons-path", str(folder.path))
    db = make()
    folder.write("fleet", {"version": "1.0", "data": ["data.xml"]}, models=BEFORE, **{"data.xml": DATA_BEFORE})
    fondaco.run("module", "install", "fleet", "-d", db, *path, check=True)
    entered = """
ship = env["fleet.ship"].create({"name": "Argo", "masts": 3, "tonnage": 70, "rig": "carrack", "mascot": "Owl"})
ship.fee = 2.5
env["fleet.rumour"].create({"text": "Here be dragons"})
env.ref("fleet.own").name = "Mine"
env.cr.commit()
"""
    fondaco.run("shell", "-d", db, *path, stdin=entered, check=True)
    folder.write(
        "fleet", {"version": "1.1", "data": ["data.xml"]}, models=AFTER,
        **{"data.xml": DATA_AFTER, "migrations/1.1/pre-burden.py": RENAME},
    )  # fmt: skip
    done = fondaco.run("module", "upgrade", "fleet", "-d", db, *path, check=True)
    seen = fondaco.run("shell", "-d", db, *path, stdin=LOOK, check=True)
    return json.loads(seen.stdout), done.stderr


def test_what_users_entered_stays(upgrade):
    held, _said = upgrade

    ships = {name: rest for name, *rest in held["ships"]}
    assert ships["Argo"][:5] == [3.0, 70, "carrack", 20, "Argo (70)"]
    assert ships["Mine"][:4] == [0.0, 1, "cog", 20]
    assert held["fees"]["Argo"] == 2.5, "kept by company from now on, with the value that all had"


def test_a_script_that_runs_before_has_the_models_of_the_modules_before(upgrade):
    held, _said = upgrade

    assert held["home"][0] == held["home"][1]


def test_m2_what_the_new_version_says_is_there(upgrade):
    held, _said = upgrade

    ships = {name: rest for name, *rest in held["ships"]}
    assert ships["Santa Maria dei Miracoli"][:2] == [0.0, 90]
    assert not held["sunk"]
    assert "burden" in held["form"]
    assert sorted(held["values"]) == ["cog", "galleon"]
    assert held["constraints"] == ["fleet_ship_burden_positive"]
    assert "fleet_ship__name_index" not in held["indexes"]


def test_what_is_gone_and_empty_is_dropped_what_holds_values_is_kept_and_told(upgrade):
    held, said = upgrade

    assert {"forgotten", "tonnage", "port_id"}.isdisjoint(held["columns"])
    assert {"mascot", "burden", "crew"} <= set(held["columns"])
    assert {"forgotten", "mascot", "tonnage", "text"}.isdisjoint(held["fields"])
    assert held["models"] == ["fleet.ship"]
    assert sorted(held["tables"]) == ["fleet_rumour", "fleet_ship"]
    assert "column fleet_ship.mascot: its field is gone, its values are kept" in said
    assert "table fleet_rumour: fleet.rumour is gone, its rows are kept" in said


def test_a_job_that_is_gone_goes_with_its_action_without_a_complaint(upgrade):
    held, said = upgrade

    assert held["jobs"] == []
    assert "cannot be deleted" not in said
    assert "bad query" not in said


def test_a_record_that_says_what_it_said_is_not_written(upgrade, registries, make, folder, env_of):
    db = make("fleet")
    env = env_of(db)
    moments = {name: str(env.ref(f"fleet.{name}").write_date) for name in ("santa", "kept", "form")}
    env.cr.rollback()
    folder.write("fleet", **{"data.xml": DATA_AFTER.replace("dei Miracoli", "della Salute")})

    registries.update(db, upgrade=["fleet"])

    env = env_of(db)
    changed = [name for name, moment in moments.items() if str(env.ref(f"fleet.{name}").write_date) != moment]
    assert changed == ["santa"]
    assert env.ref("fleet.santa").name == "Santa Maria della Salute"
