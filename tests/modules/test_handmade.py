"""What the SQL of a module makes leaves with the module; what others made, or need, stays."""

from __future__ import annotations

from contextlib import closing

import pytest

from fondaco.modules import upgrade
from fondaco.modules.passing import passing_name
from fondaco.modules.rehearsal import rehearse
from fondaco.sql.fragment import SQL
from tests.modules.inventory import differences, take

HOOKS = """
    from . import models


    def pre_init_hook(env):
        env.cr.execute("CREATE TABLE well_log (id serial PRIMARY KEY, word varchar UNIQUE)")
        env.cr.execute("ALTER TABLE res_partner ADD COLUMN depth int4 CHECK (depth > 0), ADD COLUMN bucket varchar")


    def post_init_hook(env):
        env.cr.execute(\"\"\"
            CREATE TYPE well_state AS ENUM ('dry', '100%% full');
            CREATE SEQUENCE "Well version";
            CREATE FUNCTION well_next(state well_state, "odd name" int DEFAULT 1) RETURNS bigint LANGUAGE sql
                AS $$ SELECT nextval('"Well version"') $$;
            CREATE FUNCTION well_note() RETURNS trigger LANGUAGE plpgsql
                AS $$ BEGIN INSERT INTO well_log (word) VALUES (NEW.name); RETURN NEW; END $$;
            CREATE TRIGGER well_note AFTER UPDATE ON res_country FOR EACH ROW EXECUTE FUNCTION well_note();
            CREATE VIEW well_words AS SELECT word, well_next('dry') AS number FROM well_log;
            CREATE VIEW "a view on a view" AS SELECT word FROM well_words;
            CREATE MATERIALIZED VIEW well_deep AS SELECT id FROM res_partner WHERE depth > 3;
            CREATE INDEX well_partner_ref ON res_partner (lower(ref)) WHERE ref IS NOT NULL;
            ALTER TABLE res_country ADD CONSTRAINT well_code CHECK (code <> 'WW');
        \"\"\")
"""
MODELS = """
    from odoo import fields, models

    class Partner(models.Model):
        _inherit = "res.partner"
        bucket = fields.Char(index=True)

    class Depth(models.Model):
        _name = "well.depth"
        _description = "Depths"
        _auto = False
        name = fields.Char()

        def init(self):
            self.env.cr.execute("CREATE OR REPLACE VIEW well_depth AS SELECT id, name FROM res_country")
"""
PULLEY = """
    from odoo import fields, models

    class Log(models.Model):
        _name = "pulley.log"
        _description = "Log"
        _table = "well_log"
        word = fields.Char()

    class Partner(models.Model):
        _inherit = "res.partner"
        depth = fields.Integer()
        bucket = fields.Char()
"""
DROPPED = [
    "drop trigger res_country.well_note",
    "drop view a view on a view",
    "drop view well_depth",
    "drop view well_words",
    "drop materialized view well_deep",
    "drop index res_partner.well_partner_ref",
    "drop constraint res_country.well_code",
    "drop constraint res_partner.res_partner_depth_check",
    "drop column res_partner.depth",
    "drop table well_log",
    "drop routine well_next(well_state,integer)",
    "drop routine well_note()",
    "drop sequence Well version",
    "drop type well_state",
]


@pytest.fixture(scope="module", autouse=True)
def addons(folder):
    hooks = {"pre_init_hook": "pre_init_hook", "post_init_hook": "post_init_hook"}
    folder.write("well", hooks, models=MODELS, **{"__init__.py": HOOKS})
    folder.write("pulley", {"depends": ["base"]}, models=PULLEY)


@pytest.fixture
def state(registries):
    def state(db):
        with registries.pools.cursor(db) as cr:
            return take(cr)

    return state


@pytest.mark.slow
def test_what_a_modules_sql_made_goes_with_it_and_the_plan_says_so(registries, make, state):
    db = make("well")
    installed = state(db)
    plan = rehearse(registries, db, uninstall=["well"])

    registries.update(db, uninstall=["well"])
    removed = state(db)
    registries.update(db, install=["well"])

    assert [line for line in str(plan).splitlines() if line.startswith("drop")] == [
        "drop column res_partner.bucket",
        *DROPPED,
    ]
    assert plan.lost_rows == {"well_log": 0}
    assert differences(removed, state(make())) == []
    assert differences(installed, state(db)) == []


@pytest.mark.slow
def test_what_another_module_took_for_its_own_stays(registries, make, state):
    db = make("well")
    registries.update(db, install=["pulley"])

    registries.update(db, uninstall=["well"])

    left = state(db)
    assert ("well_log", "r") in {row[:2] for row in left["relation"]}
    assert {"depth", "bucket"} <= {row[1] for row in left["column"] if row[0] == "res_partner"}
    registries.update(db, uninstall=["pulley"])
    assert differences(state(make()), state(db)) == []


@pytest.mark.slow
def test_what_somebody_built_on_it_keeps_it_and_the_log_says_so(registries, make, state, caplog):
    db = make("well")
    with closing(registries.get(db).cursor()) as cr:
        cr.execute("CREATE VIEW mine AS SELECT word FROM well_log")
        cr.commit()

    registries.update(db, uninstall=["well"])

    left = differences(state(make()), state(db), leave_out=["column", "index", "constraint"])
    assert {line.split(" | ")[0] for line in left} == {
        "new: relation mine",
        "new: relation well_log",
        "new: relation well_log_id_seq",
    }
    warnings = [r for r in caplog.records if r.name == "fondaco.modules.handmade" and r.levelname == "WARNING"]
    assert [warning.getMessage() for warning in warnings] == [
        "table well_log stays: something that is not of its module rests on it"
    ]


def test_p21_an_index_made_by_hand_survives_an_upgrade_of_its_module_and_of_the_database(registries, make, folder):
    models = """
        from odoo import fields, models

        class Barge(models.Model):
            _name = "towpath.barge"
            _description = "Barge"
            name = fields.Char(required=True)
    """
    folder.write("towpath", {"version": "1.0"}, models=models)
    towpath = make("towpath")
    made = SQL("SELECT indexdef FROM pg_indexes WHERE indexname = 'towpath_barge_create_date_idx'")
    with registries.pools.cursor(towpath) as cr:
        cr.execute("CREATE INDEX towpath_barge_create_date_idx ON towpath_barge (create_date)")
        cr.commit()
        before = cr.fetch(made)
    folder.write("towpath", {"version": "1.1"}, models=models)

    registries.update(towpath, upgrade=["towpath"])
    with passing_name(registries) as draft:
        upgrade._copied(registries, towpath, draft, upgrade.BY_ROWS)
        found = []
        for name in (towpath, draft):
            with registries.pools.cursor(name) as cr:
                found.append(cr.fetch(made))

    assert found == [before, before] and len(before) == 1
