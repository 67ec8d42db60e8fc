"""Who may do what on a model as a whole: access rights by group."""

from __future__ import annotations

import logging

from fondaco.addon import _, api, fields, models
from fondaco.errors import AccessError
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL

_logger = logging.getLogger(__name__)
MODES = ("read", "write", "create", "unlink")
REFUSED = {
    "read": "You are not allowed to access '%(document_kind)s' (%(document_model)s) records.",
    "write": "You are not allowed to modify '%(document_kind)s' (%(document_model)s) records.",
    "create": "You are not allowed to create '%(document_kind)s' (%(document_model)s) records.",
    "unlink": "You are not allowed to delete '%(document_kind)s' (%(document_model)s) records.",
}


class IrModelAccess(models.Model):
    _name = "ir.model.access"
    _description = "Model Access"
    _order = "model_id,group_id,name,id"

    name = fields.Char(string="Name", required=True, index=True)
    active = fields.Boolean(string="Active", default=True)
    model_id = fields.Many2one("ir.model", string="Model", required=True, index=True, ondelete="cascade")
    group_id = fields.Many2one("res.groups", string="Group", index=True, ondelete="restrict")
    perm_read = fields.Boolean(string="Read Access")
    perm_write = fields.Boolean(string="Write Access")
    perm_create = fields.Boolean(string="Create Access")
    perm_unlink = fields.Boolean(string="Delete Access")

    @api.model
    def group_names_with_access(self, model_name, access_mode):
        """Full names of the groups that may do `access_mode` on a model."""
        if access_mode not in MODES:
            raise AssertionError("Invalid access mode")
        rows = self.sudo().search(
            [("model_id.model", "=", model_name), (f"perm_{access_mode}", "=", True), ("group_id", "!=", False)]
        )
        return sorted({row.group_id.full_name for row in rows})

    @api.model
    def _get_access_groups(self, model_name, access_mode="read"):
        """Groups that may do `access_mode` on a model; None when everybody may."""
        rows = self.sudo().search([("model_id.model", "=", model_name), (f"perm_{access_mode}", "=", True)])
        return None if any(not row.group_id for row in rows) else rows.group_id

    @ormcache("self.env.uid", "mode")
    def _get_allowed_models(self, mode="read"):
        """Names of the models on which the user may do `mode`."""
        if mode not in MODES:
            raise AssertionError("Invalid access mode")
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT m.model
                  FROM ir_model_access a
                  JOIN ir_model m ON m.id = a.model_id
                 WHERE a.active AND %s
                   AND (a.group_id IS NULL OR a.group_id = ANY(%s))
                """,
                SQL.identifier("a", f"perm_{mode}"),
                list(self.env.user._get_group_ids()),
            )
        )
        return frozenset(name for (name,) in rows)

    @api.model
    def check(self, model, mode="read", raise_exception=True):
        """Whether the user may do `mode` on the model; refuses with an AccessError unless told not to."""
        if self.env.su:
            return True
        if model not in self.env:
            _logger.error("access right of a missing model model=%s", model)
        allowed = model in self._get_allowed_models(mode)
        if not allowed and raise_exception:
            raise self._make_access_error(model, mode)
        return allowed

    def _make_access_error(self, model, mode):
        """The refusal, with the groups that would be allowed."""
        _logger.info("access denied uid=%s model=%s operation=%s", self.env.uid, model, mode)
        texts = {
            "document_kind": self.env["ir.model"]._get(model).sudo().name or model,
            "document_model": model,
        }
        groups = self.group_names_with_access(model, mode)
        way = _("Nobody may at present; an administrator can change that.")
        if groups:
            way = _("It takes one of these groups, which an administrator can give you: %s", ", ".join(groups))
        return AccessError(f"{_(REFUSED[mode]) % texts}\n\n{way}")

    @api.private
    @api.model
    def call_cache_clearing_methods(self):
        """Forget what was concluded from the access rights."""
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    @api.model_create_multi
    def create(self, vals_list):
        self.call_cache_clearing_methods()
        rows = super().create(vals_list)
        self.call_cache_clearing_methods()
        return rows

    def write(self, values):
        done = super().write(values)
        self.call_cache_clearing_methods()
        return done

    def unlink(self):
        done = super().unlink()
        self.call_cache_clearing_methods()
        return done
