"""A user's own copy of a view, which he is shown in place of it."""

from __future__ import annotations

from fondaco.addon import api, fields, models
from fondaco.errors import ValidationError
from fondaco.registry.ormcache import ormcache
from fondaco.values.deferred import Postponed
from fondaco.views.arch import ArchError, Where, parse

validation = Postponed("fondaco.views.validate")


class ViewCustom(models.Model):
    _name = "ir.ui.view.custom"
    _description = "Custom View"
    _order = "create_date desc"
    _rec_name = "user_id"

    ref_id = fields.Many2one("ir.ui.view", string="Original View", required=True, index=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", string="User", required=True, index=True, ondelete="cascade")
    arch = fields.Text(string="View Architecture", required=True)

    def init(self):
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS ir_ui_view_custom_user_id_ref_id ON ir_ui_view_custom (user_id, ref_id)"
        )

    @api.constrains("arch", "ref_id")
    def _check_arch(self):
        """A copy that cannot be shown would lock its user out of the view."""
        for custom in self:
            view = custom.ref_id.sudo()
            where = Where(view=f"{view.name}, copy of {custom.user_id.sudo().login}", model=view.model or "")
            try:
                tree = parse(custom.arch, where)
                if view.model in self.env:
                    known = validation.Known(self.env, view._knows_xmlid)
                    validation.validate(tree, view.model, known, where, kind=view.type)
            except ArchError as error:
                raise ValidationError(str(error)) from error

    @api.model
    @ormcache("user_id", "view_id", cache="templates")
    def _copy_of(self, user_id, view_id):
        """(id, arch) of the latest copy that a user has of a view; None where he has none."""
        custom = self.sudo().search([("user_id", "=", user_id), ("ref_id", "=", view_id)], limit=1)
        return (custom.id, custom.arch) if custom else None

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache("templates")
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache("templates")
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache("templates")
        return super().unlink()
