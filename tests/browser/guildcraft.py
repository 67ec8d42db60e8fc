"""An addon as integrators write them: a piece of work with a field for each widget, and JavaScript for the client."""

from __future__ import annotations

MODEL = """
from odoo import fields, models


class Piece(models.Model):
    _name = "guildcraft.piece"
    _description = "Piece"

    name = fields.Char()
    state = fields.Selection([("normal", "In work"), ("done", "Ready"), ("blocked", "Held up")], default="normal")
    legend_blocked = fields.Char()
    sold = fields.Char(default='[{"values": [{"label": "May", "value": 3}, {"label": "June", "value": 7}]}]')
    kind = fields.Selection([("cloth", "Cloth"), ("yarn", "Yarn")], default="cloth")
    color = fields.Integer()
    share = fields.Float()
    days = fields.Float()
    place = fields.Many2one("ir.attachment")
    link = fields.Char()
    pattern = fields.Binary()
    mon = fields.Boolean()
    tue = fields.Boolean()
    wed = fields.Boolean()
    thu = fields.Boolean()
    fri = fields.Boolean()
    sat = fields.Boolean()
    sun = fields.Boolean()
    count = fields.Integer(default=12345)
    weight = fields.Float(default=1234.5)
    goal = fields.Integer(default=20000)
    unit = fields.Char(default="ells")
    hours = fields.Float(default=1.5042)
    due = fields.Date()
    when = fields.Datetime(default="2026-03-04 10:20:30")
    site = fields.Char(default="example.com")
    buyer = fields.Many2one("res.partner")
    tag_ids = fields.Many2many("res.partner.category")
    model_id = fields.Many2one("ir.model")
    about = fields.Char()
    stage = fields.Many2one("guildcraft.stage")
    thread_ids = fields.One2many("guildcraft.thread", "piece")
    picture = fields.Image()


class Stage(models.Model):
    _name = "guildcraft.stage"
    _description = "Stage"

    name = fields.Char()
    fold = fields.Boolean()


class Thread(models.Model):
    _name = "guildcraft.thread"
    _description = "Thread"

    name = fields.Char()
    piece = fields.Many2one("guildcraft.piece")
"""
VIEWS = """
<odoo>
    <record id="piece_form" model="ir.ui.view">
        <field name="name">guildcraft.piece.form</field>
        <field name="model">guildcraft.piece</field>
        <field name="arch" type="xml">
            <form>
                <sheet>
                    <group>
                        <group>
                            <field name="name"/>
                            <field name="legend_blocked" invisible="1"/>
                            <field name="state" widget="state_selection"/>
                            <field name="kind" widget="label_selection" options="{'classes': {'cloth': 'success'}}"/>
                            <field name="share" widget="float_factor" options="{'factor': 3}" digits="[6, 1]"/>
                            <field name="days" widget="float_toggle" options="{'factor': 2, 'range': [0, 4, 8]}"/>
                            <field name="place" widget="attachment_image"/>
                            <field name="link" widget="link_button"/>
                            <label for="mon" string="Woven on"/>
                            <widget name="week_days"/>
                        </group>
                        <field name="pattern" widget="pdf_viewer"/>
                    </group>
                </sheet>
            </form>
        </field>
    </record>
    <record id="piece_list" model="ir.ui.view">
        <field name="name">guildcraft.piece.list</field>
        <field name="model">guildcraft.piece</field>
        <field name="arch" type="xml">
            <list>
                <field name="name"/>
                <field name="state" widget="state_selection"/>
                <field name="kind" widget="label_selection"/>
                <field name="days" widget="float_toggle"/>
            </list>
        </field>
    </record>
    <record id="piece_kanban" model="ir.ui.view">
        <field name="name">guildcraft.piece.kanban</field>
        <field name="model">guildcraft.piece</field>
        <field name="arch" type="xml">
            <kanban>
                <field name="color"/>
                <templates>
                    <t t-name="menu"><field name="color" widget="kanban_color_picker"/></t>
                    <t t-name="card">
                        <field name="name" class="fw-bold" decoration-warning="share &gt; 0"/>
                        <field name="share" invisible="1"/>
                        <field name="legend_blocked" invisible="1"/>
                        <field name="state" widget="state_selection"/>
                        <field name="sold" widget="dashboard_graph" graph_type="bar"/>
                    </t>
                </templates>
            </kanban>
        </field>
    </record>
    <record id="piece_action" model="ir.actions.act_window">
        <field name="name">Pieces</field>
        <field name="res_model">guildcraft.piece</field>
        <field name="path">pieces</field>
        <field name="view_mode">kanban,list,form</field>
    </record>
    <record id="stage_warp" model="guildcraft.stage"><field name="name">Warp</field></record>
    <record id="stage_weft" model="guildcraft.stage"><field name="name">Weft</field></record>
    <record id="stage_burnt" model="guildcraft.stage">
        <field name="name">Burnt</field>
        <field name="fold" eval="True"/>
    </record>
    <record id="piece_options" model="ir.ui.view">
        <field name="name">guildcraft.piece.options</field>
        <field name="model">guildcraft.piece</field>
        <field name="priority">99</field>
        <field name="arch" type="xml">
            <form js_class="guildcraft_form">
                <header>
                    <field name="stage" widget="statusbar" options="{'clickable': '1', 'fold_field': 'fold'}"/>
                </header>
                <sheet>
                    <group>
                        <group>
                            <field name="name" decoration-danger="count &gt; 0"/>
                            <field name="count" options="{'type': 'number', 'step': 100}"/>
                            <field name="weight" options="{'enable_formatting': False}"/>
                            <field name="goal" readonly="1" options="{'human_readable': True, 'decimals': 1}"/>
                            <field name="hours" widget="float_time" options="{'displaySeconds': True}"/>
                            <field name="days" widget="progressbar"
                                options="{'editable': True, 'max_value': 'goal', 'title': 'Woven'}"/>
                            <field name="due"
                                options="{'min_date': '2026-02-01', 'max_date': '9000-01-01', 'warn_future': True}"/>
                            <field name="when" options="{'show_time': False}"/>
                        </group>
                        <group>
                            <field name="site" widget="url" readonly="1" text="Our page"/>
                            <field name="buyer" options="{'create_name_field': 'city', 'no_quick_create': True}"/>
                            <field name="tag_ids" widget="many2many_tags"
                                options="{'color_field': 'color', 'create': [['count', '&gt;', 99999]]}"/>
                            <field name="model_id"/>
                            <field name="about" widget="reference" options="{'model_field': 'model_id'}"/>
                            <field name="state" widget="selection_badge"/>
                            <field name="picture" widget="image" options="{'zoom': True, 'size': [64, 64]}"/>
                        </group>
                    </group>
                    <field name="thread_ids" options="{'create_text': 'Spin one', 'create': [['count', '&lt;', 500]]}">
                        <list editable="bottom"><field name="name"/></list>
                    </field>
                    <button name="%(piece_action)d" type="action" class="oe_stat_button">
                        <field name="count" widget="statinfo" options="{'label_field': 'unit'}"/>
                    </button>
                </sheet>
            </form>
        </field>
    </record>
    <record id="option_action" model="ir.actions.act_window">
        <field name="name">Piece by piece</field>
        <field name="res_model">guildcraft.piece</field>
        <field name="path">piece-options</field>
        <field name="view_mode">form</field>
        <field name="view_id" ref="piece_options"/>
    </record>
    <record id="loom_action" model="ir.actions.client">
        <field name="name">Loom</field>
        <field name="tag">guildcraft.loom</field>
        <field name="path">loom</field>
    </record>
    <menuitem id="menu_pieces" name="Pieces" action="piece_action" sequence="91"/>
</odoo>
"""
ACCESS = """id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink
piece,piece,model_guildcraft_piece,base.group_user,1,1,1,1
stage,stage,model_guildcraft_stage,base.group_user,1,1,1,1
thread,thread,model_guildcraft_thread,base.group_user,1,1,1,1
"""

LOOM = """
    import { Component, xml } from "@odoo/owl";
    import { registry } from "@web/core/registry";
    import { Layout } from "@web/search/layout";
    import { FormController } from "@web/views/form/form_controller";
    import { formView } from "@web/views/form/form_view";

    class Loom extends Component {
        static components = { Layout };
        static props = ["*"];
        static template = xml`
            <Layout display="{controlPanel: {}}" className="'guildcraft-loom h-100'">
                <t t-set-slot="layout-buttons"><button type="button" class="btn btn-primary">Customers</button></t>
                <t t-set-slot="layout-actions"><span class="guildcraft-actions">Actions</span></t>
                <t t-set-slot="control-panel-navigation-additional"><span class="guildcraft-more">More</span></t>
                <p>Warp and weft</p>
            </Layout>`;
    }
    registry.category("actions").add("guildcraft.loom", Loom);

    class Shuttle extends Component {
        static props = ["*"];
        static template = xml`<p class="guildcraft-shuttle" t-esc="props.text"/>`;
    }
    const shuttle = { Component: Shuttle, props: { text: "To and fro" } };
    registry.category("main_components").add("guildcraft.shuttle", shuttle);

    class GuildForm extends FormController {
        async onWillSaveRecord(record, changes) {
            (window.guildcraft ||= []).push(["will", Object.keys(changes)]);
            return record.data.name !== "Never";
        }
        async onRecordSaved(record, changes) {
            window.guildcraft.push(["saved", record.dirty]);
        }
    }
    registry.category("views").add("guildcraft_form", { ...formView, Controller: GuildForm });
"""
MANIFEST = {
    "depends": ["web"],
    "data": ["ir.model.access.csv", "views.xml"],
    "assets": {"web.assets_backend": ["guildcraft/static/src/**/*"]},
}
FILES = {
    "__init__.py": "from . import models\n",
    "models.py": MODEL,
    "ir.model.access.csv": ACCESS,
    "views.xml": VIEWS,
    "static/src/loom.js": LOOM,
}
