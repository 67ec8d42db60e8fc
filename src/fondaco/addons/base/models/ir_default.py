"""Which value a field starts with, as users and administrators decided."""

from __future__ import annotations

import json
from datetime import date

from fondaco.addon import _, api, fields, models
from fondaco.errors import ValidationError
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL


class IrDefault(models.Model):
    _name = "ir.default"
    _description = "Default Values"
    _rec_name = "field_id"

    field_id = fields.Many2one("ir.model.fields", string="Field", required=True, index=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", string="User", index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", string="Company", index=True, ondelete="cascade")
    condition = fields.Char(string="Condition")
    json_value = fields.Char(string="Default Value (JSON format)", required=True)

    @api.constrains("json_value")
    def _check_json_format(self):
        for row in self:
            described = row.field_id.sudo()  # whoever sets a default need not be let in where fields are described
            try:
                field = self.env[described.model]._fields[described.name]
                field.convert_to_cache(json.loads(row.json_value), self.env[described.model])
            except json.JSONDecodeError as error:
                raise ValidationError(_("The default value is not written in JSON.")) from error
            except (KeyError, TypeError, ValueError) as error:
                raise ValidationError(_("The field cannot have this default value: %s", error)) from error

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache("default", "stable")
        rows = super().create(vals_list)
        rows._forget_fallbacks()
        return rows

    def write(self, vals):
        if self:
            self.env.registry.clear_cache("default", "stable")
            self._forget_fallbacks()
        done = super().write(vals)
        self._forget_fallbacks()
        return done

    def unlink(self):
        if self:
            self.env.registry.clear_cache("default", "stable")
            self._forget_fallbacks()
        return super().unlink()

    def _forget_fallbacks(self):
        """Records without a value of their own in a company-dependent field show another one from now on."""
        for described in self.field_id.sudo():
            model = self.env.get(described.model)
            field = None if model is None else model._fields.get(described.name)
            if field is not None and field.company_dependent:
                model.invalidate_model([field.name])

    @api.model
    def set(self, model_name, field_name, value, user_id=False, company_id=False, condition=False):
        """Make `value` the default of a field: for a user (True: this one), a company (True: this one), a condition."""
        user_id = self.env.uid if user_id is True else user_id
        company_id = self.env.company.id if company_id is True else company_id
        try:
            model = self.env[model_name]
            field = model._fields[field_name]
            parsed = field.convert_to_cache(value, model)
        except KeyError as error:
            raise ValidationError(
                _("There is no field %(model)s.%(field)s.", model=model_name, field=field_name)
            ) from error
        except (TypeError, ValueError) as error:
            raise ValidationError(
                _("%(model)s.%(field)s cannot be %(value)s.", model=model_name, field=field_name, value=value)
            ) from error
        if field.type == "integer" and not -(2**31) <= (parsed or 0) < 2**31:
            raise ValidationError(
                _(
                    "%(model)s.%(field)s: %(value)s is too large for a whole number.",
                    model=model_name,
                    field=field_name,
                    value=value,
                )
            )
        if hasattr(value, "_ids"):
            value = value.id if field.type == "many2one" else value.ids
        elif isinstance(value, date):
            value = field.to_string(value)
        json_value = json.dumps(value, ensure_ascii=False)
        field_id = self.env["ir.model.fields"]._get(model_name, field_name).id
        row = self.search(
            [
                ("field_id", "=", field_id),
                ("user_id", "=", user_id),
                ("company_id", "=", company_id),
                ("condition", "=", condition),
            ]
        )
        if row:
            if row.json_value != json_value:
                row.write({"json_value": json_value})
            return True
        self.create(
            {
                "field_id": field_id,
                "user_id": user_id,
                "company_id": company_id,
                "condition": condition,
                "json_value": json_value,
            }
        )
        return True

    @api.model
    def _get(self, model_name, field_name, user_id=False, company_id=False, condition=False):
        """The default of a field for exactly this user, company and condition; None when there is none."""
        user_id = self.env.uid if user_id is True else user_id
        company_id = self.env.company.id if company_id is True else company_id
        field = self.env["ir.model.fields"]._get(model_name, field_name)
        row = self.search(
            [
                ("field_id", "=", field.id),
                ("user_id", "=", user_id),
                ("company_id", "=", company_id),
                ("condition", "=", condition),
            ],
            limit=1,
        )
        return json.loads(row.json_value) if row else None

    @api.model
    @ormcache("self.env.uid", "self.env.company.id", "model_name", "condition", cache="stable")
    def _get_model_defaults(self, model_name, condition=False):
        """Field -> default on a model, for the user: his own before those of his company before those of all."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT f.name, d.json_value
                  FROM ir_default d
                  JOIN ir_model_fields f ON d.field_id = f.id
                 WHERE f.model = %s
                   AND (d.user_id IS NULL OR d.user_id = %s)
                   AND (d.company_id IS NULL OR d.company_id = %s)
                   AND %s
                 ORDER BY d.user_id, d.company_id, d.id
                """,
                model_name,
                self.env.uid,
                self.env.company.id or None,
                SQL("d.condition = %s", condition) if condition else SQL("d.condition IS NULL"),
            )
        )
        result = {}
        for name, json_value in rows:
            result.setdefault(name, json.loads(json_value))
        return result

    @api.model
    def _get_field_column_fallbacks(self, model_name, field_name):
        """JSON text {company: value} of the defaults of a company-dependent field."""
        companies = self.env["res.company"].sudo().with_context(active_test=False).search([]).ids
        field = self.env[model_name]._fields[field_name]
        model = self.env[model_name]
        values = {
            company: field.convert_to_column(
                self.with_company(company)._get_model_defaults(model_name).get(field_name), model.with_company(company)
            )
            for company in companies
        }
        return json.dumps(values, default=str)

    @api.model
    def discard_records(self, records):
        """Delete the defaults that point at records about to disappear."""
        wanted = {json.dumps(id_) for id_ in records.ids}
        rows = self.search([("field_id.ttype", "=", "many2one"), ("field_id.relation", "=", records._name)])
        found = rows.filtered(lambda row: row.json_value in wanted)
        # nothing to forget is the rule: leave what is remembered alone then
        return found.unlink() if found else True

    @api.model
    def discard_values(self, model_name, field_name, values):
        """Delete the defaults of a field that have one of the values."""
        field = self.env["ir.model.fields"]._get(model_name, field_name)
        texts = [json.dumps(value, ensure_ascii=False) for value in values]
        return self.search([("field_id", "=", field.id), ("json_value", "in", texts)]).unlink()

    def _evaluate_condition_with_fallback(self, model_name, condition):
        """Whether records without a value of their own satisfy a condition on a company-dependent field."""
        name, operator, value = condition
        fallback = self._get_model_defaults(model_name).get(name, False)
        record = self.env[model_name].new({name: fallback})
        return bool(record.filtered_domain([(name, operator, value)]))
