"""Which values a selection field offers: one row a value."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError, ValidationError
from fondaco.sql.fragment import SQL

from .ownership import field_modules, value_modules
from .reflection import upsert


def selection_xmlid(module: str, model_name: str, field_name: str, value: str) -> str:
    """External id of the row of a selection value."""
    cleaned = "".join(c if c.isalnum() or c == "_" else "_" for c in str(value)).lower()
    return f"{module}.selection__{model_name.replace('.', '_')}__{field_name}__{cleaned}"


class IrModelFieldsSelection(models.Model):
    _name = "ir.model.fields.selection"
    _description = "Fields Selection"
    _order = "sequence, id"
    _sql_constraints = [
        ("selection_field_uniq", "unique(field_id, value)", "The field has a choice with this value."),
    ]

    field_id = fields.Many2one(
        "ir.model.fields",
        string="Field",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("ttype", "in", ["selection", "reference"])],
    )
    value = fields.Char(string="Value", required=True)
    name = fields.Char(string="Name", required=True, translate=True)
    sequence = fields.Integer(string="Sequence", default=1000, aggregator=None)

    def _get_selection(self, field_id):
        """Pairs (value, label) of a field as its rows say."""
        self.flush_model(["value", "name", "field_id", "sequence"])
        return self._get_selection_data(field_id)

    def _get_selection_data(self, field_id):
        return self.env.execute_query(
            SQL(
                "SELECT value, name->>'en_US' FROM ir_model_fields_selection WHERE field_id = %s ORDER BY sequence, id",
                field_id,
            )
        )

    @api.model
    def _reflect_selections(self, model_names):
        """Write one row a value of the selection fields whose list is fixed, drop the rows of values that left."""
        fields_ = [
            field
            for name in model_names
            for field in self.env[name]._fields.values()
            if field.type in ("selection", "reference")
            and isinstance(field.selection, list)
            and not field.base_field.manual
        ]
        if not fields_:
            return
        self.env.cr.execute(SQL("SELECT model, name, id FROM ir_model_fields WHERE model IN %s", tuple(model_names)))
        field_ids = {(model, name): id_ for model, name, id_ in self.env.cr.fetchall()}
        rows, wanted = [], {}
        modules: dict[int, dict[str, list[str]]] = {}
        owners = {name: field_modules(self.env[name]) for name in {field.model_name for field in fields_}}
        for field in fields_:
            field_id = field_ids[field.model_name, field.name]
            wanted[field_id] = field
            known = value_modules(self.env[field.model_name], field.name)
            of_field = owners[field.model_name].get(field.name, [])
            modules[field_id] = {str(value): known.get(str(value), of_field) for value, _label in field.selection}
            for index, (value, label) in enumerate(field.selection):
                rows.append(
                    {"field_id": field_id, "value": str(value), "name": {"en_US": str(label)}, "sequence": index}
                )
        types = {"field_id": "int4", "value": "varchar", "name": "jsonb", "sequence": "int4"}
        ids = upsert(self.env.cr, self._table, ["field_id", "value"], types, rows, translated=["name"])
        self.invalidate_model(flush=False)
        self._drop_obsolete(wanted, ids)
        self.env["ir.model.data"]._reflect_xmlids(
            (module, selection_xmlid(module, field.model_name, field.name, value).partition(".")[2], self._name, id_)
            for (field_id, value), id_ in ids.items()
            for field in [wanted[field_id]]
            for module in modules[field_id].get(value, ())
        )

    def _drop_obsolete(self, fields_by_id, ids):
        """Delete the rows of values that their field does not offer any more; manual fields keep theirs."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM ir_model_data WHERE model = %s AND res_id IN"
                " (SELECT id FROM ir_model_fields_selection WHERE field_id = ANY(%s) AND id <> ALL(%s))",
                self._name,
                list(fields_by_id),
                list(ids.values()),
            )
        )
        self.env.cr.execute(
            SQL(
                "DELETE FROM ir_model_fields_selection WHERE field_id = ANY(%s) AND id <> ALL(%s)",
                list(fields_by_id),
                list(ids.values()),
            )
        )

    def _update_selection(self, model_name, field_name, selection):
        """Make the rows of a custom field be `selection`, in that order."""
        field = self.env["ir.model.fields"]._get(model_name, field_name)
        current = {row.value: row for row in field.selection_ids}
        for sequence, (value, label) in enumerate(selection):
            row = current.pop(value, None)
            if row is None:
                self.create({"field_id": field.id, "value": value, "name": label, "sequence": sequence})
            else:
                row.write({"name": label, "sequence": sequence})
        for row in current.values():
            row.unlink()

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        self._refuse_base_fields(rows)
        self._rebuild(rows.field_id)
        return rows

    def write(self, vals):
        if not self:
            return True
        if set(vals) - {"name", "sequence"}:
            self._refuse_base_fields(self)
        if "value" in vals:
            for row in self:
                if row.value != vals["value"]:
                    self._rename_value(row, vals["value"])
        done = super().write(vals)
        self._rebuild(self.field_id)
        return done

    def _refuse_base_fields(self, rows):
        if any(row.field_id.state != "manual" for row in rows) and not self.env["ir.model"]._is_installing():
            raise UserError(_("A field that a module defines is changed in the code of an addon, not here."))

    def _rename_value(self, row, value):
        model = self.env.get(row.field_id.model)
        if model is not None and row.field_id.store and not model._abstract:
            self.env.flush_all()
            name = SQL.identifier(row.field_id.name)
            self.env.cr.execute(
                SQL("UPDATE %s SET %s = %s WHERE %s = %s", SQL.identifier(model._table), name, value, name, row.value)
            )
            self.env.invalidate_all(flush=False)

    def _rebuild(self, field_rows):
        if any(field.state == "manual" for field in field_rows):
            self.env["ir.model"]._rebuild_registry()

    @api.ondelete(at_uninstall=False)
    def _refuse_deleting_of_module(self):
        if any(row.field_id.state != "manual" for row in self):
            raise UserError(_("A field that a module defines is changed in the code of an addon, not here."))

    def unlink(self):
        self._process_ondelete()
        fields_ = self.field_id
        done = super().unlink()
        if not self.env.context.get("_force_unlink"):
            self._rebuild(fields_)
        return done

    def _process_ondelete(self):
        """Give the records that hold a value about to disappear what the field's `ondelete` says."""
        for row in self:
            model = self.env.get(row.field_id.model)
            field = model is not None and model._fields.get(row.field_id.name)
            if not field or not field.store or model._abstract or field.type != "selection":
                continue
            action = (getattr(field, "ondelete", None) or {}).get(row.value)
            if field.company_dependent or (action is None and field.manual is False):
                continue
            records = model.sudo().with_context(active_test=False).search([(field.name, "=", row.value)])
            if not records:
                continue
            if callable(action):
                action(records)
            elif action == "cascade":
                records.unlink()
            elif action == "set default":
                records.write({field.name: model.default_get([field.name]).get(field.name, False)})
            elif action and action.startswith("set ") and action != "set null":
                records.write({field.name: action[4:]})
            elif field.required:
                raise ValidationError(_("The value “%s” is in use and its field is required.", row.name))
            else:
                records.write({field.name: False})
