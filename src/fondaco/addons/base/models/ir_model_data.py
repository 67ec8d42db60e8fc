"""Which record an external id names: module.name -> (model, id)."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.errors import AccessError
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL

from .reflection import upsert


class IrModelData(models.Model):
    _name = "ir.model.data"
    _description = "Model Data"
    _order = "module, model, name"
    _sql_constraints = [
        ("name_nospaces", "CHECK(name NOT LIKE '% %')", "Write the external id without spaces."),
    ]

    name = fields.Char(string="External Identifier", required=True)
    complete_name = fields.Char(string="Complete ID", compute="_compute_complete_name")
    model = fields.Char(string="Model Name", required=True)
    module = fields.Char(string="Module", required=True, default="")
    res_id = fields.Many2oneReference(string="Record ID", model_field="model")
    noupdate = fields.Boolean(string="Non Updatable", default=False)
    reference = fields.Char(string="Reference", compute="_compute_reference")

    @api.depends("module", "name")
    def _compute_complete_name(self):
        for row in self:
            row.complete_name = ".".join(part for part in (row.module, row.name) if part)

    @api.depends("model", "res_id")
    def _compute_reference(self):
        for row in self:
            row.reference = f"{row.model},{row.res_id}"

    @api.depends("res_id", "model", "complete_name")
    def _compute_display_name(self):
        for row in self:
            target = row.model in self.env and self.env[row.model].browse(row.res_id).exists()
            row.display_name = (target and target.display_name) or row.complete_name

    def _make_indexes(self):
        """One row a name; called before the first row is written."""
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS ir_model_data_module_name_uniq_index ON ir_model_data (module, name)"
        )
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS ir_model_data_model_res_id_index ON ir_model_data (model, res_id)"
        )

    # -- lookups --------------------------------------------------------------------------------------------------

    @api.model
    @ormcache("xmlid")
    def _xmlid_lookup(self, xmlid: str) -> tuple:
        """(model, id) of an external id; ValueError when there is none."""
        module, _dot, name = xmlid.partition(".")
        rows = self.env.execute_query(
            SQL("SELECT model, res_id FROM ir_model_data WHERE module = %s AND name = %s", module, name)
        )
        if not (rows and rows[0][1]):
            raise ValueError(f"External ID not found in the system: {xmlid}")
        return rows[0]

    @api.model
    def _xmlid_to_res_model_res_id(self, xmlid, raise_if_not_found=False):
        """(model, id) of an external id, or (False, False)."""
        try:
            return self._xmlid_lookup(xmlid)
        except ValueError:
            if raise_if_not_found:
                raise
            return (False, False)

    @api.model
    def _xmlid_to_res_id(self, xmlid, raise_if_not_found=False):
        """Id of an external id, or False."""
        return self._xmlid_to_res_model_res_id(xmlid, raise_if_not_found)[1]

    @api.model
    def check_object_reference(self, module, xml_id, raise_on_access_error=False):
        """(model, id) of an external id whose record the user may read; (model, False) or AccessError if he may not."""
        model, res_id = self._xmlid_lookup(f"{module}.{xml_id}")
        if self.env[model].search([("id", "=", res_id)]):
            return model, res_id
        if raise_on_access_error:
            raise AccessError(_("You may not see the record %s.%s.", module, xml_id))
        return model, False

    @api.model
    def toggle_noupdate(self, model, res_id):
        """Let updates of its module change the record again, or no longer."""
        self.env[model].browse(res_id).check_access("write")
        for row in self.search([("model", "=", model), ("res_id", "=", res_id)]):
            row.noupdate = not row.noupdate

    # -- writing --------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        if any(vals.get("model") == "res.groups" for vals in vals_list):
            self.env.registry.clear_cache("groups")
        return rows

    def write(self, values):
        self.env.registry.clear_cache()
        done = super().write(values)
        if values.get("model") == "res.groups" or "res.groups" in self.mapped("model"):
            self.env.registry.clear_cache("groups")
        return done

    def unlink(self):
        self.env.registry.clear_cache()
        if self and any(row.model == "res.groups" for row in self.exists()):
            self.env.registry.clear_cache("groups")
        return super().unlink()

    def copy_data(self, default=None):
        return [{**vals, "name": f"{row.name}_copy"} for row, vals in zip(self, super().copy_data(default=default))]

    def _lookup_xmlids(self, xml_ids, model):
        """Rows (row id, module, name, model, res_id, noupdate, id of the record or None) of the external ids."""
        if not xml_ids:
            return []
        pairs = tuple(tuple(xml_id.split(".", 1)) for xml_id in xml_ids)
        return self.env.execute_query(
            SQL(
                """
                SELECT d.id, d.module, d.name, d.model, d.res_id, d.noupdate, r.id
                  FROM ir_model_data d
             LEFT JOIN %s r ON d.res_id = r.id
                 WHERE (d.module, d.name) IN %s
                """,
                SQL.identifier(model._table),
                pairs,
            )
        )

    @api.model
    def _update_xmlids(self, data_list, update=False):
        """Make external ids name records.

        data_list: dicts `xml_id`, `record`, and optionally `noupdate`; with `update`, rows marked noupdate stay.
        """
        rows = {}
        for data in data_list:
            module, _dot, name = data["xml_id"].partition(".")
            record = data["record"]
            rows[module, name] = (module, name, record._name, record.id, bool(data.get("noupdate")))
        self._write_xmlids(rows.values(), keep_noupdate=update)
        self.pool.loaded_xmlids.update(data["xml_id"] for data in data_list)
        if any(data["record"]._name == "res.groups" for data in data_list):
            self.env.registry.clear_cache("groups")

    def _write_xmlids(self, rows, keep_noupdate):
        """Insert or redirect (module, name, model, res_id, noupdate) rows: one statement a thousand."""
        rows = list(rows)
        for start in range(0, len(rows), 1000):
            values = SQL(", ").join(SQL("%s", row) for row in rows[start : start + 1000])
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO ir_model_data (module, name, model, res_id, noupdate, create_date, write_date)
                    SELECT v.*, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
                      FROM (VALUES %s) AS v(module, name, model, res_id, noupdate)
                        ON CONFLICT (module, name) DO UPDATE
                       SET (model, res_id, write_date) = (EXCLUDED.model, EXCLUDED.res_id, EXCLUDED.write_date)
                     WHERE (ir_model_data.res_id <> EXCLUDED.res_id OR ir_model_data.model <> EXCLUDED.model) %s
                    """,
                    values,
                    SQL("AND NOT ir_model_data.noupdate") if keep_noupdate else SQL(""),
                )
            )
        if rows:
            self.env.registry.clear_cache()
            self.invalidate_model(flush=False)

    @api.model
    def _reflect_xmlids(self, rows):
        """External ids (module, name, model, res_id) of rows that describe the registry."""
        known = self.pool.described
        if known is not None and known.xmlids is not None:
            known.xmlids.extend(rows)
        else:
            self._write_reflected(rows)

    @api.model
    def _write_reflected(self, rows):
        # two values may make one name (Etc/GMT+1 and Etc/GMT-1): the last has it
        rows = list(
            {
                (module, name): {"module": module, "name": name, "model": model, "res_id": res_id, "noupdate": False}
                for module, name, model, res_id in rows
            }.values()
        )
        types = {"module": "varchar", "name": "varchar", "model": "varchar", "res_id": "int4", "noupdate": "bool"}
        upsert(self.env.cr, self._table, ["module", "name"], types, rows, known=self.pool.described)
        self.invalidate_model(flush=False)
        self.pool.loaded_xmlids.update(f"{row['module']}.{row['name']}" for row in rows)

    @api.model
    def _load_xmlid(self, xml_id):
        """Mark an external id as still in use by its module; its record, or None."""
        record = self.env.ref(xml_id, raise_if_not_found=False)
        if record:
            self.pool.loaded_xmlids.add(xml_id)
        return record
