"""How records of any model come in from rows of text, and go out to them: doors to fondaco.data."""

from __future__ import annotations

from fondaco.addon import api, models
from fondaco.errors import UserError
from fondaco.values.deferred import Postponed

export, extraction, properties, records, rows = (
    Postponed("fondaco.data.export"),
    Postponed("fondaco.data.extraction"),
    Postponed("fondaco.data.properties"),
    Postponed("fondaco.data.records"),
    Postponed("fondaco.data.rows"),
)


class Base(models.AbstractModel):
    """What every model inherits; this is where addons extend all of them."""

    _name = "base"
    _description = "Base"

    @api.model
    def load(self, fields, data):
        """{'ids', 'messages', 'nextrow'}: create or update records from rows; nothing is kept when a row fails."""
        return rows.load(self, fields, data)

    @api.model
    def _extract_records(self, field_paths, data, log=lambda message: None, limit=float("inf")):
        """The rows of an import as nested records, with where each comes from: for addons that look at them first."""
        return extraction.extract_records(self, field_paths, data, limit)

    @api.model
    def _convert_records(self, records, log=lambda message: None):
        """(database id, external id, values, where) of what `_extract_records` answers; `log` is told what is wrong."""
        return extraction.convert_records(self, records, log)

    @api.model
    def _load_records_create(self, vals_list):
        """Create records of a data file or an import; addons change how theirs are."""
        return self.create(vals_list)

    def _load_records_write(self, values):
        """Write a record of a data file or an import; addons change how theirs are."""
        return self.write(values)

    @api.model
    def _load_records(self, data_list, update=False, ignore_duplicates=False):
        """Records of `data_list` ({'xml_id', 'values', 'noupdate'}): created, or with their external id written."""
        return records.load_records(self, data_list, update, ignore_duplicates)

    def export_data(self, fields_to_export):
        """{'datas': rows} of the records."""
        if not (self.env.is_admin() or self.env.user.has_group("base.group_allow_export")):
            raise UserError(self.env._("You may not export data: ask an administrator."))
        return export.export(self, fields_to_export)

    @api.model
    def _property_columns(self, field_name):
        """{'field.property': what `fields_get` tells of a field} of the properties that the user may see defined."""
        found = {}
        for column, container in properties.offered(self, self._fields[field_name]):
            # a label is a step between "/"; the path of a category has its own
            above = container.display_name.replace(" / ", " › ").replace("/", " › ")
            found[column.name] = {"type": column.type, "string": f"{column.string} ({above})", "required": False}
            if column.comodel_name:
                found[column.name]["relation"] = column.comodel_name
        return found

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        """Rows of the records, a field given as a list of names."""
        return export.rows(self, fields)
