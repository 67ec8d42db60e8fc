"""Boats."""

from fondaco.addon import fields, models


class Boat(models.Model):
    _name = "harbour.boat"
    _description = "Boat"
    _order = "name"

    name = fields.Char(required=True)
    length = fields.Integer(string="Length (m)", default=8)
    is_in = fields.Boolean(string="In the Harbour", default=True)
