"""What a view would become if it were taken back to an earlier arch."""

from __future__ import annotations

from difflib import HtmlDiff

from fondaco.addon import _, api, fields, models


class ResetViewArchWizard(models.TransientModel):
    _name = "reset.view.arch.wizard"
    _description = "Reset View Architecture Wizard"

    view_id = fields.Many2one("ir.ui.view", string="View")
    view_name = fields.Char(string="View Name", related="view_id.name")
    has_diff = fields.Boolean(string="Has Diff", compute="_compute_arch_diff")
    arch_diff = fields.Html(string="Architecture Diff", compute="_compute_arch_diff", sanitize_tags=False)
    reset_mode = fields.Selection(
        selection=[
            ("soft", "Restore previous version (soft reset)."),
            ("hard", "Reset to file version (hard reset)."),
            ("other_view", "Reset to another view."),
        ],
        string="Reset Mode",
        required=True,
        default="soft",
    )
    compare_view_id = fields.Many2one("ir.ui.view", string="Compare To View")
    arch_to_compare = fields.Text(string="Arch To Compare To", compute="_compute_arch_diff")

    @api.model
    def default_get(self, fields):
        """The view of the context; of two views, the second to compare with."""
        values = super().default_get(fields)
        ids = self.env.context.get("active_model") == "ir.ui.view" and self.env.context.get("active_ids") or []
        if len(ids) > 2:
            ids = ids[:2]
        if ids:
            values["view_id"] = ids[0]
        if len(ids) == 2:
            values.update(reset_mode="other_view", compare_view_id=ids[1])
        return values

    @api.depends("reset_mode", "view_id", "compare_view_id")
    def _compute_arch_diff(self):
        for wizard in self:
            view = wizard.view_id.with_context(lang=None)
            other = {
                "soft": view.arch_prev,
                "hard": view._arch_of_file() if view else False,
                "other_view": wizard.compare_view_id.with_context(lang=None).arch,
            }[wizard.reset_mode or "soft"]
            wizard.arch_to_compare = other or False
            wizard.arch_diff = _difference(view.arch, other) if other else False
            wizard.has_diff = bool(other) and view.arch != other

    def reset_view_button(self):
        """Take the view back."""
        self.ensure_one()
        if self.reset_mode == "other_view":
            self.view_id.write({"arch_db": self.arch_to_compare})
        else:
            self.view_id.reset_arch(self.reset_mode)
        return {"type": "ir.actions.act_window_close"}


def _difference(now, then):
    """A table that shows two texts side by side."""
    return HtmlDiff(tabsize=2).make_table(
        (now or "").splitlines(), (then or "").splitlines(), _("Current"), _("Other"), context=True, numlines=3
    )
