"""How contacts are sorted and addressed: tags and titles."""

from __future__ import annotations

import random

from fondaco.addon import _, api, fields, models
from fondaco.errors import ValidationError


class PartnerCategory(models.Model):
    _name = "res.partner.category"
    _description = "Partner Tags"
    _order = "name"
    _parent_store = True

    name = fields.Char(string="Name", required=True, translate=True)
    color = fields.Integer(string="Color", aggregator=False, default=lambda self: random.randint(1, 11))
    parent_id = fields.Many2one("res.partner.category", string="Category", index=True, ondelete="cascade")
    child_ids = fields.One2many("res.partner.category", "parent_id", string="Child Tags")
    active = fields.Boolean(
        string="Active",
        default=True,
        help="Switched off, the tag is hidden without being removed.",
    )
    parent_path = fields.Char(string="Parent Path", index=True)
    partner_ids = fields.Many2many(
        "res.partner",
        "res_partner_res_partner_category_rel",
        "category_id",
        "partner_id",
        string="Partners",
        copy=False,
    )

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(_("A tag cannot lie below itself."))

    @api.depends("parent_id")
    def _compute_display_name(self):
        """The names from the root down, joined by a slash."""
        for tag in self:
            names, current = [], tag
            while current:
                names.append(current.name or "")
                current = current.parent_id
            tag.display_name = " / ".join(reversed(names))

    @api.model
    def _search_display_name(self, operator, value):
        if isinstance(value, str) and operator not in ("not ilike", "!=", "not in"):
            value = value.rpartition(" / ")[2]  # the last name of a path
        return super()._search_display_name(operator, value)


class PartnerTitle(models.Model):
    _name = "res.partner.title"
    _description = "Partner Title"
    _order = "name"

    name = fields.Char(string="Title", required=True, translate=True)
    shortcut = fields.Char(string="Abbreviation", translate=True)
