"""Which Serialized field keeps the values of a field, in the row that describes it."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError, ValidationError


class IrModelFields(models.Model):
    _inherit = "ir.model.fields"

    ttype = fields.Selection(selection_add=[("serialized", "serialized")], ondelete={"serialized": "cascade"})
    serialization_field_id = fields.Many2one(
        "ir.model.fields",
        string="Serialization Field",
        domain="[('ttype', '=', 'serialized'), ('model_id', '=', model_id)]",
        ondelete="cascade",
        help="The field whose column keeps the value. Nothing: the field has a column of its own.",
    )

    @api.constrains("serialization_field_id", "model_id")
    def _check_serialization_field(self):
        for field in self:
            holder = field.serialization_field_id
            if holder and (holder.ttype != "serialized" or holder.model_id != field.model_id):
                raise ValidationError(
                    _(
                        "“%(holder)s” keeps no values of “%(field)s”: choose a serialized field of the same model.",
                        holder=holder.name,
                        field=field.name,
                    )
                )

    def write(self, vals):
        """Values stay where they are: a sparse field keeps its name and its place."""
        if "serialization_field_id" in vals or "name" in vals:
            for field in self:
                holder = field.serialization_field_id
                if "serialization_field_id" in vals and holder.id != (vals["serialization_field_id"] or False):
                    raise UserError(
                        _("Where “%s” is kept cannot be changed: remove it and create it anew.", field.name)
                    )
                if holder and vals.get("name", field.name) != field.name:
                    raise UserError(_("“%s” is kept under its name and cannot be renamed.", field.name))
        return super().write(vals)

    @api.model
    def _reflect_fields(self, model_names):
        super()._reflect_fields(model_names)
        wanted = []
        for model_name in model_names:
            ids = self._get_ids(model_name)
            wanted += [
                (ids[name], ids.get(field.sparse))
                for name, field in self.env[model_name]._fields.items()
                if not field.manual and name in ids
            ]
        self.env.cr.execute(
            """
            UPDATE ir_model_fields AS f
               SET serialization_field_id = v.holder
              FROM unnest(%s::int4[], %s::int4[]) AS v(id, holder)
             WHERE f.id = v.id AND f.serialization_field_id IS DISTINCT FROM v.holder
            """,
            [[id_ for id_, _holder in wanted], [holder for _id, holder in wanted]],
        )
        self.invalidate_model(["serialization_field_id"], flush=False)

    def _instanciate_attrs(self, field_data):
        attrs = super()._instanciate_attrs(field_data)
        holder = field_data.get("serialization_field_id")
        if attrs is not None and holder:
            # not through the ORM: the registry is being set up
            self.env.cr.execute("SELECT name FROM ir_model_fields WHERE id = %s", [holder])
            attrs["sparse"] = self.env.cr.fetchone()[0]
        return attrs
