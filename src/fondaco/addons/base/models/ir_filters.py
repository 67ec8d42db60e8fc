"""Which searches users saved, and which one a view starts with."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.security.safe_eval import safe_eval
from fondaco.security.sandbox import MODULES


class IrFilters(models.Model):
    _name = "ir.filters"
    _description = "Filters"
    _order = "model_id, name, id desc"
    _sql_constraints = [
        (
            "name_model_uid_unique",
            "unique (model_id, user_id, action_id, embedded_action_id, embedded_parent_res_id, name)",
            "There is a search of this name: choose another one.",
        ),
        (
            "check_res_id_only_when_embedded_action",
            "CHECK( NOT (embedded_parent_res_id IS NOT NULL AND embedded_action_id IS NULL) )",
            "A parent record only makes sense together with an embedded action.",
        ),
        (
            "check_sort_json",
            "CHECK(sort IS NULL OR jsonb_typeof(sort::jsonb) = 'array')",
            "The sort of a filter must be a JSON list.",
        ),
    ]

    name = fields.Char(string="Filter Name", required=True)
    user_id = fields.Many2one("res.users", string="User", ondelete="cascade")
    domain = fields.Text(string="Domain", required=True, default="[]")
    context = fields.Text(string="Context", required=True, default="{}")
    sort = fields.Char(string="Sort", required=True, default="[]")
    model_id = fields.Selection(selection="_list_all_models", string="Model", required=True)
    is_default = fields.Boolean(string="Default Filter")
    action_id = fields.Many2one("ir.actions.actions", string="Action", ondelete="cascade")
    embedded_action_id = fields.Many2one("ir.embedded.actions", string="Embedded Action", ondelete="cascade")
    embedded_parent_res_id = fields.Integer(string="Embedded Parent Res")
    active = fields.Boolean(string="Active", default=True)

    @api.model
    def _list_all_models(self):
        self.env.cr.execute(
            "SELECT model, COALESCE(name->>%s, name->>'en_US') FROM ir_model ORDER BY 2", (self.env.lang or "en_US",)
        )
        return self.env.cr.fetchall()

    def init(self):
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS ir_filters_name_model_uid_unique_action_index ON ir_filters"
            " (model_id, COALESCE(user_id, -1), COALESCE(action_id, -1), lower(name),"
            " COALESCE(embedded_parent_res_id, -1), COALESCE(embedded_action_id, -1))"
        )

    def copy_data(self, default=None):
        rows = super().copy_data(default=default)
        for row, vals in zip(self, rows):
            vals["name"] = _("%s (copy)", row.name)
            if not vals.get("embedded_action_id"):
                vals.pop("embedded_parent_res_id", None)
        return rows

    def _get_eval_domain(self):
        """The domain of the filter, as a list."""
        self.ensure_one()
        names = {
            "uid": self.env.uid,
            "time": MODULES["time"],
            "datetime": MODULES["datetime"],
            "relativedelta": MODULES["dateutil"].relativedelta.relativedelta,
            "context_today": lambda: fields.Date.context_today(self),
        }
        try:
            return safe_eval(self.domain, names)
        except ValueError as error:
            raise UserError(
                _("The domain of the filter %(name)s cannot be evaluated: %(error)s", name=self.name, error=error)
            ) from error

    @api.model
    def _get_action_domain(self, action_id=None, embedded_action_id=None, embedded_parent_res_id=None):
        """Which filters belong to an action: its own and those of none."""
        domain = [("action_id", "in", [action_id, False])] if action_id else [("action_id", "=", False)]
        domain += [("embedded_action_id", "=", embedded_action_id or False)]
        return [*domain, ("embedded_parent_res_id", "=", embedded_parent_res_id or False)]

    @api.model
    def get_filters(self, model, action_id=None, embedded_action_id=None, embedded_parent_res_id=None):
        """Filters of the user and those of everybody, on a model, for an action."""
        domain = self._get_action_domain(action_id, embedded_action_id, embedded_parent_res_id)
        found = self.with_context(self.env["res.users"].context_get()).search(
            [*domain, ("model_id", "=", model), ("user_id", "in", [self.env.uid, False])]
        )
        return found.read(
            [
                "name",
                "is_default",
                "domain",
                "context",
                "user_id",
                "sort",
                "embedded_action_id",
                "embedded_parent_res_id",
            ]
        )

    @api.model
    def create_or_replace(self, vals):
        """Save a filter; one of the same name, model, action and user is written over."""
        domain = self._get_action_domain(
            vals.get("action_id"), vals.get("embedded_action_id"), vals.get("embedded_parent_res_id")
        )
        user_id = vals.get("user_id") or False
        others = self.search([*domain, ("model_id", "=", vals["model_id"]), ("user_id", "=", user_id)])
        same = others.filtered(lambda row: row.name.lower() == vals["name"].lower())
        if vals.get("is_default"):
            if user_id:
                others.filtered("is_default").write({"is_default": False})
            else:
                self._check_global_default(vals, same)
        if same:
            same[0].write(vals)
            return same[0]
        return self.create(vals)

    def _check_global_default(self, vals, same):
        """There is one default for everybody at most."""
        domain = self._get_action_domain(vals.get("action_id"))
        others = self.search(
            [*domain, ("model_id", "=", vals["model_id"]), ("user_id", "=", False), ("is_default", "=", True)]
        )
        if others and others != same:
            raise UserError(
                _(
                    "%(model)s has a default filter for everybody: change that one first.",
                    model=vals["model_id"],
                )
            )
