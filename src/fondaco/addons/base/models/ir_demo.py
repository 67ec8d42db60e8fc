"""How demo data is loaded later, and which module's failed."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.errors import AccessError
from fondaco.modules import demo
from fondaco.orm.environment import SUPERUSER_ID

from .addon_files import addons_path


class IrDemo(models.TransientModel):
    _name = "ir.demo"
    _description = "Demo"

    def install_demo(self):
        """Load the demo data of every installed module; answers what to show next, first of all what failed."""
        if not self.env.is_admin():
            raise AccessError(_("Only administrators load demo data."))
        demo.load_missing(self.env(user=SUPERUSER_ID), addons_path(self.env))
        return self.env["ir.module.module"].next()


class IrDemoFailure(models.TransientModel):
    _name = "ir.demo_failure"
    _description = "Demo failure"

    module_id = fields.Many2one("ir.module.module", string="Module", required=True, ondelete="cascade")
    error = fields.Char(string="Error")
    wizard_id = fields.Many2one("ir.demo_failure.wizard", string="Wizard")


class IrDemoFailureWizard(models.TransientModel):
    _name = "ir.demo_failure.wizard"
    _description = "Demo Failure wizard"

    failure_ids = fields.One2many("ir.demo_failure", "wizard_id", string="Demo Installation Failures", readonly=True)
    failures_count = fields.Integer(string="Failures Count", compute="_compute_failures_count")

    @api.depends("failure_ids")
    def _compute_failures_count(self):
        for wizard in self:
            wizard.failures_count = len(wizard.failure_ids)

    def done(self):
        return self.env["ir.module.module"].next()
