"""The server knows the kind of view `quay`."""

from fondaco.addon import fields, models

KIND = [("quay", "Quay")]


class View(models.Model):
    _inherit = "ir.ui.view"

    type = fields.Selection(selection_add=KIND)

    def _get_view_info(self):
        """The client offers it in the switch between views, for many records."""
        return {**super()._get_view_info(), "quay": {"icon": "fa fa-anchor"}}


class ActionView(models.Model):
    _inherit = "ir.actions.act_window.view"

    view_mode = fields.Selection(selection_add=KIND, ondelete={"quay": "cascade"})
