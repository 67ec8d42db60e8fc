"""How records of any model come in from rows of text, and go out to them: doors to fondaco.data."""
from __future__ import annotations

from fondaco.addon import api, models
from fondaco.data import export, rows
from fondaco.errors import UserError


class Base(models.AbstractModel):
    """What every model inherits; this is where addons extend all of them."""

    _name = "base"
    _description = "Base"

    @api.model
    def load(self, fields, data):
        """{'ids', 'messages', 'nextrow'}: create or update records from rows; nothing is kept when a row fails."""
        return rows.load(self, fields, data)

    def export_data(self, fields_to_export):
        """{'datas': rows} of the records."""
        if not (self.env.is_admin() or self.env.user.has_group("base.group_allow_export")):
            raise UserError(self.env._("You don't have the rights to export data. Please contact an Administrator."))
        return export.export(self, fields_to_export)

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        """Rows of the records, a field given as a list of names."""
        return export.rows(self, fields)
