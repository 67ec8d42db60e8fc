"""Whether a user is shown tours."""

from __future__ import annotations

from fondaco.addon import api, fields, models


class Users(models.Model):
    _inherit = "res.users"

    tour_enabled = fields.Boolean(string="Onboarding", compute="_compute_tour_enabled", store=True, readonly=False)

    @api.depends("create_date")
    def _compute_tour_enabled(self):
        """Administrators of databases that are no demonstration are shown around."""
        has_demo = bool(self.env["ir.module.module"].sudo().search_count([("demo", "=", True)], limit=1))
        for user in self:
            user.tour_enabled = user._is_admin() and not has_demo

    @api.model
    def switch_tour_enabled(self, val):
        """Show the user tours, or show none any more."""
        self.env.user.sudo().tour_enabled = val
        return self.env.user.tour_enabled
