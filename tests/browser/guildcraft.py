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
                        <field name="name" class="fw-bold"/>
                        <field name="legend_blocked" invisible="1"/>
                        <field name="state" widget="state_selection"/>
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
    <menuitem id="menu_pieces" name="Pieces" action="piece_action" sequence="91"/>
</odoo>
"""
ACCESS = """id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink
piece,piece,model_guildcraft_piece,base.group_user,1,1,1,1
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
}
