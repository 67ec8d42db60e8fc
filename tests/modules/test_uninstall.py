"""A module taken back leaves nothing behind: installed, removed and installed again, the database is what it was."""

from __future__ import annotations

import base64
from contextlib import closing
from pathlib import Path

import pytest

from fondaco.modules import files
from fondaco.orm.environment import Environment
from fondaco.storage.filestore import Filestore
from fondaco.storage.stores import store_of
from tests.modules.inventory import differences, take

MODELS = """
    from odoo import api, fields, models

    class Crate(models.Model):
        _name = "cellar.crate"
        _description = "Crate"
        _inherit = ["image.mixin"]
        _sql_constraints = [("code_uniq", "UNIQUE (code)", "One code, one crate.")]

        name = fields.Char(required=True, translate=True, index="trigram")
        code = fields.Char(index=True)
        label = fields.Binary(attachment=True)
        kind = fields.Selection([("oak", "Oak"), ("pine", "Pine")])
        partner_id = fields.Many2one("res.partner", ondelete="restrict")
        tag_ids = fields.Many2many("res.partner.category", "cellar_crate_tag_rel", "crate_id", "tag_id")
        parent_id = fields.Many2one("cellar.crate")
        parent_path = fields.Char(index=True)
        bottle_ids = fields.One2many("cellar.bottle", "crate_id")
        _parent_store = True

    class Bottle(models.Model):
        _name = "cellar.bottle"
        _description = "Bottle"
        _order = "vintage"
        crate_id = fields.Many2one("cellar.crate", required=True, ondelete="cascade", index="btree_not_null")
        vintage = fields.Integer()

    class Opener(models.TransientModel):
        _name = "cellar.opener"
        _description = "Opener"
        crate_ids = fields.Many2many("cellar.crate")

    class Stock(models.Model):
        _name = "cellar.stock"
        _description = "Bottles by vintage"
        _auto = False
        vintage = fields.Integer()
        number = fields.Integer()

        def init(self):
            self.env.cr.execute(
                "CREATE OR REPLACE VIEW cellar_stock AS"
                " SELECT min(id) AS id, vintage, count(*) AS number FROM cellar_bottle GROUP BY vintage"
            )

    class Partner(models.Model):
        _inherit = "res.partner"
        _sql_constraints = [("thirst_positive", "CHECK (thirst >= 0)", "No negative thirst.")]
        crate_ids = fields.One2many("cellar.crate", "partner_id")
        thirst = fields.Integer(index=True)
        house_wine = fields.Char(company_dependent=True)
        type = fields.Selection(selection_add=[("cellar", "Cellar")], ondelete={"cellar": "set default"})

    class Merchant(models.Model):
        _name = "cellar.merchant"
        _description = "Merchant"
        _inherits = {"res.partner": "partner_id"}
        partner_id = fields.Many2one("res.partner", required=True, ondelete="restrict")
        crate_ids = fields.One2many("cellar.crate", "merchant_id")

    class Sold(models.Model):
        _inherit = "cellar.crate"
        merchant_id = fields.Many2one("cellar.merchant", ondelete="restrict")

    class User(models.Model):
        _inherit = "res.users"
        cellar_ids = fields.Many2many("cellar.crate", "cellar_keeper_rel", "user_id", "crate_id")
"""
DATA = """
    <odoo>
        <record id="category" model="ir.module.category"><field name="name">Cellar</field></record>
        <record id="group_keeper" model="res.groups">
            <field name="name">Keeper</field>
            <field name="category_id" ref="category"/>
            <field name="implied_ids" eval="[Command.link(ref('base.group_user'))]"/>
            <field name="users" eval="[Command.link(ref('base.user_admin'))]"/>
        </record>
        <record id="base.group_system" model="res.groups">
            <field name="implied_ids" eval="[Command.link(ref('group_keeper'))]"/>
        </record>
        <record id="access" model="ir.model.access">
            <field name="name">crate</field>
            <field name="model_id" ref="model_cellar_crate"/>
            <field name="group_id" ref="group_keeper"/>
            <field name="perm_read" eval="1"/>
        </record>
        <record id="rule" model="ir.rule">
            <field name="name">own crates</field>
            <field name="model_id" ref="model_cellar_crate"/>
            <field name="domain_force">[('create_uid', '=', user.id)]</field>
        </record>
        <record id="numbers" model="ir.sequence">
            <field name="name">Crates</field><field name="code">cellar.crate</field>
            <field name="implementation">standard</field>
        </record>
        <record id="job" model="ir.cron">
            <field name="name">Count bottles</field>
            <field name="model_id" ref="model_cellar_bottle"/>
            <field name="state">code</field>
            <field name="code">model.search_count([])</field>
        </record>
        <record id="depth" model="ir.config_parameter">
            <field name="key">cellar.depth</field><field name="value">4</field>
        </record>
        <record id="paper" model="report.paperformat"><field name="name">Label</field></record>
        <record id="form" model="ir.ui.view">
            <field name="name">cellar.crate.form</field>
            <field name="model">cellar.crate</field>
            <field name="arch" type="xml"><form><field name="name"/><field name="kind"/></form></field>
        </record>
        <record id="partner_form" model="ir.ui.view">
            <field name="name">cellar.partner.form</field>
            <field name="model">res.partner</field>
            <field name="inherit_id" ref="base.view_partner_form"/>
            <field name="arch" type="xml"><field name="email" position="after"><field name="thirst"/></field></field>
        </record>
        <template id="label"><p t-out="crate.name"/></template>
        <record id="print" model="ir.actions.report">
            <field name="name">Label</field><field name="model">cellar.crate</field>
            <field name="report_name">cellar.label</field>
            <field name="binding_model_id" ref="model_cellar_crate"/>
        </record>
        <record id="crates" model="ir.actions.act_window">
            <field name="name">Crates</field><field name="res_model">cellar.crate</field>
            <field name="path">crates</field>
        </record>
        <record id="thirsty" model="ir.actions.server">
            <field name="name">Thirsty</field><field name="model_id" ref="base.model_res_partner"/>
            <field name="binding_model_id" ref="base.model_res_partner"/>
            <field name="state">object_write</field>
            <field name="update_path">thirst</field><field name="value">1</field>
        </record>
        <menuitem id="root" name="Cellar"><menuitem id="menu" action="crates"/></menuitem>
        <record id="first" model="cellar.crate">
            <field name="name">First</field><field name="kind">oak</field><field name="label">aGVsbG8gY2VsbGFy</field>
            <field name="bottle_ids" eval="[Command.create({'vintage': 1990})]"/>
        </record>
        <record id="merchant" model="cellar.merchant">
            <field name="name">Merchant</field><field name="crate_ids" eval="[Command.link(ref('first'))]"/>
        </record>
        <record id="guest" model="res.partner">
            <field name="name">Guest</field><field name="thirst">3</field><field name="house_wine">Lambrusco</field>
        </record>
    </odoo>
"""
PO = """
    msgid ""
    msgstr "Content-Type: text/plain; charset=UTF-8\\n"

    #. module: cellar
    #: model:cellar.crate,name:cellar.first
    msgid "First"
    msgstr "Premier"
"""


@pytest.fixture(scope="module", autouse=True)
def addon(folder):
    folder.write("cellar", {"data": ["data.xml"]}, models=MODELS, **{"data.xml": DATA, "i18n/fr.po": PO})


@pytest.fixture
def state(registries, config):
    def state(db):
        with registries.pools.cursor(db) as cr:
            return take(cr, filestore=Path(Filestore.of_database(config["data_dir"], db).root))

    return state


def sweep(registries, db):
    """What the daily job does, without the time it gives to files that were written a moment ago."""
    files.sweep(registries.pools, db, store_of(registries.config, db), grace=0)


@pytest.mark.slow
@pytest.mark.parametrize("module", ["cellar", "uom", "product", "contacts"])
def test_installed_and_removed_the_database_is_what_it_was(registries, make, state, module, caplog):
    db = make()
    with closing(registries.get(db).cursor()) as cr:
        Environment(cr, 1, {})["ir.module.module"].update_list()
        cr.commit()
    before = state(db)

    names = registries.update(db, install=[module]).names("install")
    installed = state(db)
    registries.update(db, uninstall=names)
    sweep(registries, db)
    removed = state(db)
    with closing(registries.get(db).cursor()) as cr:
        partners = Environment(cr, 1, {})["res.partner"].with_context(active_test=False)
        left = partners.search([("name", "in", ["Merchant", "Guest"])]).mapped("name")
    registries.update(db, install=[module])
    again = state(db)

    assert left == []
    assert differences(before, removed) == []
    assert differences(installed, again) == []
    assert differences(before, installed) != []
    refused = [record.getMessage() for record in caplog.records if record.name == "odoo.sql_db"]
    assert [message for message in refused if "bad query" in message] == []


@pytest.mark.slow
def test_what_users_made_with_a_module_goes_with_it(registries, make, state):
    db = make()
    registries.get(db)
    before = state(db)
    registries.update(db, install=["cellar"])
    with closing(registries.get(db).cursor()) as cr:
        env = Environment(cr, 2, {}, True)
        crate = env["cellar.crate"].create({"name": "Mine", "label": base64.b64encode(b"a label of mine")})
        env["ir.attachment"].create({"name": "note", "res_model": "cellar.crate", "res_id": crate.id, "raw": b"dusty"})
        env["ir.ui.view"].create(
            {
                "name": "mine", "model": "cellar.crate", "inherit_id": env.ref("cellar.form").id,
                "arch": '<field name="kind" position="after"><field name="code"/></field>',
            }
        )  # fmt: skip
        env["ir.ui.view"].create({"name": "list", "model": "cellar.crate", "arch": '<list><field name="name"/></list>'})
        env["ir.actions.act_window"].create({"name": "All crates", "res_model": "cellar.crate"})
        env["ir.filters"].create({"name": "oak", "model_id": "cellar.crate", "domain": "[('kind', '=', 'oak')]"})
        env["ir.default"].set("cellar.crate", "kind", "pine")
        env["ir.default"].set("res.partner", "thirst", 5)
        model_id = env["ir.model"]._get_id("cellar.crate")
        env["ir.rule"].create({"name": "mine", "model_id": model_id, "domain_force": "[(1, '=', 1)]"})
        env["ir.model.access"].create({"name": "mine", "model_id": model_id, "perm_read": True})
        env["ir.model.fields"].create(
            {"model_id": model_id, "name": "x_room", "ttype": "char", "field_description": "Room"}
        )
        action = {"name": "Dust", "model_id": model_id, "state": "code", "code": "pass"}
        env["ir.actions.server"].create(action)
        env["ir.cron"].create(action)
        window = env["ir.actions.act_window"].create({"name": "Old crates", "res_model": "cellar.crate"})
        env["ir.ui.menu"].create({"name": "Old", "action": f"ir.actions.act_window,{window.id}"})
        env["ir.ui.view"].create(
            {
                "name": "partner", "model": "res.partner", "inherit_id": env.ref("cellar.partner_form").id,
                "arch": '<field name="thirst" position="after"><field name="house_wine"/></field>',
            }
        )  # fmt: skip
        env["ir.exports"].create({"name": "crates", "resource": "cellar.crate"})
        env["ir.model.data"].create({"module": "__export__", "name": "c", "model": "cellar.crate", "res_id": crate.id})
        partner = env["res.partner"].create({"name": "Ada", "thirst": 2, "type": "cellar"})
        cr.commit()

    registries.update(db, uninstall=["cellar"])

    sweep(registries, db)
    assert differences(before, state(db)) == []
    with closing(registries.get(db).cursor()) as cr:
        env = Environment(cr, 1, {})
        assert env["res.partner"].browse(partner.id).type == "contact"
        left = ("ir.filters", "ir.exports")
        assert [model for model in left if env[model].search_count([])] == []
        assert env["res.partner"].get_views([(False, "form")])["views"]["form"]
