"""To which field did a column of this name go the last time?"""

from fondaco.addon import fields, models


class BaseImportMapping(models.Model):
    _name = "base_import.mapping"
    _description = "Base Import Mapping"

    res_model = fields.Char(string="Res Model", index=True)
    column_name = fields.Char(string="Column Name")
    field_name = fields.Char(string="Field Name")

    def _remembered(self, model):
        """{column: field} of a model."""
        return {row.column_name: row.field_name for row in self.search([("res_model", "=", model)], order="id")}

    def _remember(self, model, field_by_column):
        """Keep where the columns went; what is known already is brought up to date."""
        known = {row.column_name: row for row in self.search([("res_model", "=", model)], order="id")}
        for column, field in field_by_column.items():
            if column not in known:
                self.create({"res_model": model, "column_name": column, "field_name": field})
            elif known[column].field_name != field:
                known[column].field_name = field
