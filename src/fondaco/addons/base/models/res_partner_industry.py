"""In which industry a contact works."""

from __future__ import annotations

from fondaco.addon import fields, models


class ResPartnerIndustry(models.Model):
    _name = "res.partner.industry"
    _description = "Industry"
    _order = "name"

    name = fields.Char(string="Name", translate=True)
    full_name = fields.Char(string="Full Name", translate=True)
    active = fields.Boolean(string="Active", default=True)
