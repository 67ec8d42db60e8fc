"""Models and fields made of records: by a data file, as the Hetzner tutorial has it, or by people in the client."""

from __future__ import annotations

import pytest

from fondaco.errors import UserError, ValidationError
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment

# The record as published, without x_ and without a module in its reference.
LOYALTY = """
<record id="field_res_partner_loyalty_points" model="ir.model.fields">
<field name="name">loyalty_points</field>
<field name="model_id" ref="model_res_partner"/>
<field name="field_description">Loyalty Points</field>
<field name="ttype">integer</field>
</record>
"""
DATA = f"""
<odoo>
{LOYALTY}
<record id="field_double" model="ir.model.fields">
    <field name="name">x_double</field>
    <field name="model_id" ref="base.model_res_partner"/>
    <field name="field_description">Double</field>
    <field name="ttype">integer</field>
    <field name="depends">loyalty_points</field>
    <field name="compute">for record in self: record['x_double'] = 2 * record.loyalty_points</field>
</record>
<record id="model_card" model="ir.model">
    <field name="name">Card</field>
    <field name="model">x_card</field>
</record>
<record id="field_card_name" model="ir.model.fields">
    <field name="name">x_name</field>
    <field name="model_id" ref="model_card"/>
    <field name="ttype">char</field>
</record>
<record id="field_card_partner" model="ir.model.fields">
    <field name="name">x_partner_id</field>
    <field name="model_id" ref="model_card"/>
    <field name="ttype">many2one</field>
    <field name="relation">res.partner</field>
</record>
<record id="field_card_points" model="ir.model.fields">
    <field name="name">x_points</field>
    <field name="model_id" ref="model_card"/>
    <field name="ttype">integer</field>
    <field name="related">x_partner_id.loyalty_points</field>
    <field name="readonly" eval="True"/>
</record>
<record id="access_card" model="ir.model.access">
    <field name="name">card</field>
    <field name="model_id" ref="model_card"/>
    <field name="perm_read" eval="1"/>
</record>
<record id="card" model="x_card">
    <field name="x_name">Gold</field>
    <field name="x_partner_id" ref="base.partner_admin"/>
</record>
<record id="view_partner" model="ir.ui.view">
    <field name="name">partner.loyalty</field>
    <field name="model">res.partner</field>
    <field name="inherit_id" ref="base.view_partner_form"/>
    <field name="arch" type="xml"><field name="email" position="after"><field name="loyalty_points"/></field></field>
</record>
</odoo>
"""


@pytest.fixture(scope="module", autouse=True)
def loyalty(folder):
    folder.write("loyalty", {"data": ["data.xml"]}, **{"data.xml": DATA})


def columns(registries, db, table):
    with registries.pools.cursor(db) as cr:
        cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
        return {name for (name,) in cr.fetchall()}


def commit(registries, db, work):
    with registries.get(db).cursor() as cr:
        return work(Environment(cr, 1, {}))


def test_m4_the_published_record_makes_a_column_that_views_can_show(registries, make, env_of, config):
    db = make("loyalty")

    assert {"loyalty_points", "x_double"} <= columns(registries, db, "res_partner")
    commit(registries, db, lambda env: env.ref("base.partner_admin").write({"loyalty_points": 21}))
    for again in (registries, Registries(registries.config, registries.pools)):  # here, and after a restart
        with again.get(db).cursor() as cr:
            env = Environment(cr, 2, {})
            assert env["res.partner"].search([("loyalty_points", ">", 20)]) == env.ref("base.partner_admin")
            assert env.ref("base.partner_admin").x_double == 42
            assert env.ref("loyalty.card").x_points == 21
            views = env["res.partner"].get_views([(False, "form")])
            assert 'name="loyalty_points"' in views["views"]["form"]["arch"]
            assert views["models"]["res.partner"]["fields"]["loyalty_points"]["string"] == "Loyalty Points"


def test_p21_they_survive_an_upgrade_as_an_index_made_by_hand_does_and_go_with_their_module(registries, make, env_of):
    db = make("loyalty")
    commit(registries, db, lambda env: env.ref("base.partner_admin").write({"loyalty_points": 7}))
    index = "CREATE INDEX res_partner_create_date_idx ON public.res_partner USING btree (create_date)"
    commit(registries, db, lambda env: env.cr.execute(index))

    registries.update(db, upgrade=["base"])
    with registries.pools.cursor(db) as cr:
        cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'res_partner_create_date_idx'")
        assert cr.fetchall() == [(index,)]
    env = env_of(db)
    assert env.ref("base.partner_admin").loyalty_points == 7
    assert env.ref("loyalty.card").x_points == 7
    env.cr.rollback()

    registries.update(db, uninstall=["loyalty"])
    assert {"loyalty_points", "x_double"}.isdisjoint(columns(registries, db, "res_partner"))
    assert columns(registries, db, "x_card") == set()
    env = env_of(db)
    assert "x_card" not in env
    assert env["ir.model.fields"].search([("state", "=", "manual")]).ids == []
    assert env["res.partner"].get_views([(False, "form")])["views"]["form"]


def test_what_is_made_in_the_client_begins_with_x_and_goes_with_its_row(registries, db, env_of):
    def make(env):
        model = env["ir.model"].create({"name": "Pew", "model": "x_pew"})
        env["ir.model.fields"].create(
            {"model_id": model.id, "name": "x_rows", "ttype": "integer", "field_description": "Rows"}
        )
        env["ir.model.access"].create({"name": "pew", "model_id": model.id, "perm_read": True, "perm_create": True})
        env["x_pew"].create({"x_name": "front", "x_rows": 3})

    commit(registries, db, make)
    env = env_of(db)
    pew = env["x_pew"].search([])
    assert (pew.x_name, pew.x_rows, pew.display_name) == ("front", 3, "front")
    with pytest.raises(ValidationError, match="x_"):
        env["ir.model.fields"].create(
            {"model_id": env["ir.model"]._get_id("res.partner"), "name": "rows", "ttype": "integer"}
        )
    env.cr.rollback()
    with pytest.raises(UserError, match="belongs to a module"):
        env["ir.model.fields"]._get("res.partner", "email").unlink()
    env.cr.rollback()

    commit(registries, db, lambda env: env["ir.model.fields"]._get("x_pew", "x_rows").unlink())
    assert "x_rows" not in columns(registries, db, "x_pew")

    commit(registries, db, lambda env: env["ir.model"]._get("x_pew").unlink())
    assert columns(registries, db, "x_pew") == set()
    assert "x_pew" not in env_of(db)
