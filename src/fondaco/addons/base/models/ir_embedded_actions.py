"""Which actions lie beside another one, as tabs on its page."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.security.safe_eval import safe_eval


class IrEmbeddedActions(models.Model):
    _name = "ir.embedded.actions"
    _description = "Embedded Actions"
    _order = "sequence, id"
    _sql_constraints = [
        (
            "check_only_one_action_defined",
            "CHECK( (action_id IS NOT NULL AND python_method IS NULL)"
            " OR (action_id IS NULL AND python_method IS NOT NULL) )",
            "Give either an action or a Python method, not both.",
        ),
        (
            "check_python_method_requires_name",
            "CHECK( NOT (python_method IS NOT NULL AND name IS NULL) )",
            "An embedded action that calls a method needs a name.",
        ),
    ]

    name = fields.Char(string="Name", translate=True)
    sequence = fields.Integer(string="Sequence", aggregator=None)
    parent_action_id = fields.Many2one(
        "ir.actions.act_window",
        string="Parent Action",
        required=True,
        ondelete="cascade",
    )
    parent_res_id = fields.Integer(string="Active Parent Id")
    parent_res_model = fields.Char(string="Active Parent Model", required=True)
    action_id = fields.Many2one("ir.actions.actions", string="Action", ondelete="cascade")
    python_method = fields.Char(string="Python Method")
    user_id = fields.Many2one("res.users", string="User", ondelete="cascade")
    is_deletable = fields.Boolean(string="Is Deletable", compute="_compute_is_deletable")
    default_view_mode = fields.Char(string="Default View")
    filter_ids = fields.One2many("ir.filters", "embedded_action_id", string="Filter")
    is_visible = fields.Boolean(string="Embedded visibility", compute="_compute_is_visible")
    domain = fields.Char(string="Domain", default="[]")
    context = fields.Char(string="Context", default="{}")
    groups_ids = fields.Many2many(
        "res.groups",
        "ir_embedded_actions_res_groups_rel",
        "ir_embedded_actions_id",
        "res_groups_id",
        string="Groups",
    )

    @api.depends()
    def _compute_is_deletable(self):
        xmlids = self._get_external_ids()
        for row in self:
            ids = xmlids.get(row.id, [])
            row.is_deletable = not any(not xmlid.startswith(("__export__", "__custom__")) for xmlid in ids)

    @api.depends_context("active_id", "active_model")
    def _compute_is_visible(self):
        active_id = self.env.context.get("active_id", False)
        model = self.env.context.get("active_model")
        for row in self:
            if row.parent_res_id and active_id and row.parent_res_id != active_id:
                row.is_visible = False
                continue
            groups_ok = not row.groups_ids or bool(row.groups_ids & self.env.user.groups_id)
            domain = safe_eval(row.domain or "[]", {"uid": self.env.uid, "active_id": active_id})
            record = self.env[model].browse(active_id) if model in self.env and active_id else None
            matches = record is None or not domain or bool(record.filtered_domain(domain))
            row.is_visible = groups_ok and matches and row.user_id.id in (False, self.env.uid)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("action_id") and vals.get("python_method"):
                vals.pop("python_method")  # the action wins
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _refuse_deleting_of_module(self):
        if any(not row.is_deletable for row in self):
            raise UserError(_("An embedded action of a module cannot be deleted."))

    def _get_readable_fields(self):
        return {
            "name",
            "parent_action_id",
            "parent_res_id",
            "parent_res_model",
            "action_id",
            "python_method",
            "user_id",
            "is_deletable",
            "default_view_mode",
            "filter_ids",
            "domain",
            "context",
            "groups_ids",
        }
