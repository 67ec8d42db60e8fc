"""What is left to configure: actions to launch one by one after an installation."""

from __future__ import annotations

from fondaco.addon import api, fields, models
from fondaco.security.safe_eval import safe_eval


class IrActionsTodo(models.Model):
    _name = "ir.actions.todo"
    _description = "Configuration Wizards"
    _order = "sequence, id"
    _rec_name = "action_id"

    action_id = fields.Many2one("ir.actions.actions", string="Action", required=True, index=True)
    sequence = fields.Integer(string="Sequence", default=10, aggregator=None)
    state = fields.Selection(
        selection=[
            ("open", "To Do"),
            ("done", "Done"),
        ],
        string="Status",
        required=True,
        copy=False,
        default="open",
    )
    name = fields.Char(string="Name")

    @api.model_create_multi
    def create(self, vals_list):
        todos = super().create(vals_list)
        if any(todo.state == "open" for todo in todos):
            self.ensure_one_open_todo()
        return todos

    def write(self, vals):
        done = super().write(vals)
        if vals.get("state") == "open":
            self.ensure_one_open_todo()
        return done

    @api.model
    def ensure_one_open_todo(self):
        """Of the open to-dos only the first stays open."""
        opened = self.search([("state", "=", "open")], order="sequence asc, id desc", offset=1)
        if opened:
            opened.write({"state": "done"})

    def unlink(self):
        """Delete; the to-do of the starting menu is only marked as done."""
        menu = self.env.ref("base.open_menu", raise_if_not_found=False)
        if menu and menu in self and not self.env.context.get("module_uninstall"):
            menu.write({"state": "done"})
            self = self - menu
        return super().unlink()

    def action_launch(self):
        """Mark as done and answer the action."""
        self.ensure_one()
        self.write({"state": "done"})
        values = self.env[self.action_id.type].browse(self.action_id.id).read()[0]
        if values.get("type") != "ir.actions.act_window":
            return values
        values.setdefault("context", "{}")
        context = safe_eval(values["context"], {"user": self.env.user})
        if context.get("res_id"):
            values["res_id"] = context.pop("res_id")
        values["context"] = context
        return values

    def action_open(self):
        return self.write({"state": "open"})
