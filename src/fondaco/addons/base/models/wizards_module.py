"""The dialogs around modules: update the list, apply what is marked, see what removing takes along."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError


class BaseModuleUpdate(models.TransientModel):
    _name = "base.module.update"
    _description = "Update Module"

    updated = fields.Integer(string="Number of modules updated", readonly=True)
    added = fields.Integer(string="Number of modules added", readonly=True)
    state = fields.Selection(
        selection=[
            ("init", "init"),
            ("done", "done"),
        ],
        string="Status",
        readonly=True,
        copy=False,
        default="init",
    )

    def update_module(self):
        """Look for modules on the addons path."""
        for wizard in self:
            wizard.updated, wizard.added = self.env["ir.module.module"].update_list()
        self.write({"state": "done"})
        return False

    def action_module_open(self):
        """Show the modules."""
        return {
            "domain": str([]),
            "name": _("Modules"),
            "view_mode": "list,form",
            "res_model": "ir.module.module",
            "view_id": False,
            "type": "ir.actions.act_window",
        }


class BaseModuleUpgrade(models.TransientModel):
    _name = "base.module.upgrade"
    _description = "Upgrade Module"

    module_info = fields.Text(string="Apps to Update", readonly=True, default=lambda self: self._default_module_info())

    @api.model
    def get_module_list(self):
        """Modules that are marked."""
        return self.env["ir.module.module"].search([("state", "in", ["to upgrade", "to remove", "to install"])])

    def _default_module_info(self):
        return "\n".join(f"{module.name}: {module.state}" for module in self.get_module_list())

    def upgrade_module_cancel(self):
        modules = self.env["ir.module.module"]
        modules.search([("state", "in", ["to upgrade", "to remove"])]).write({"state": "installed"})
        modules.search([("state", "=", "to install")]).write({"state": "uninstalled"})
        return {"type": "ir.actions.act_window_close"}

    def upgrade_module(self):
        """Carry out what is marked, if everything that is needed is there."""
        modules = self.env["ir.module.module"]
        marked = modules.search([("state", "in", ["to upgrade", "to install"])])
        missing = {line.name for line in marked.dependencies_id if line.state in ("unknown", "uninstalled")}
        if missing:
            raise UserError(_("These modules are needed and not there: %s", ", ".join(sorted(missing))))
        modules._apply_marks()
        return {"type": "ir.actions.client", "tag": "reload"}

    def config(self):
        return self.env["res.config"].next()


class BaseModuleUninstall(models.TransientModel):
    _name = "base.module.uninstall"
    _description = "Module Uninstall"

    show_all = fields.Boolean(string="Show All")
    module_id = fields.Many2one(
        "ir.module.module",
        string="Module",
        readonly=True,
        required=True,
        ondelete="cascade",
        domain=[("state", "in", ["installed", "to upgrade", "to install"])],
    )
    module_ids = fields.Many2many("ir.module.module", string="Impacted modules", compute="_compute_module_ids")
    model_ids = fields.Many2many("ir.model", string="Impacted data models", compute="_compute_model_ids")

    def _get_modules(self):
        return self.module_id.downstream_dependencies(self.module_id)

    @api.depends("module_id", "show_all")
    def _compute_module_ids(self):
        for wizard in self:
            modules = wizard._get_modules().sorted(lambda module: (not module.application, module.sequence))
            wizard.module_ids = modules if wizard.show_all else modules.filtered("application") or modules

    @api.depends("module_ids")
    def _compute_model_ids(self):
        """Models that no module would define any more."""
        models_ = self.env["ir.model"]
        xmlids = models_.search([("transient", "=", False)])._get_external_ids()
        for wizard in self:
            going = set(wizard._get_modules().mapped("name"))
            wizard.model_ids = models_.browse(
                id_ for id_, names in xmlids.items() if names and {name.partition(".")[0] for name in names} <= going
            )

    @api.onchange("module_id")
    def _onchange_module_id(self):
        if not self.module_id.application:
            self.show_all = True

    def action_uninstall(self):
        return self.module_id.button_immediate_uninstall()
