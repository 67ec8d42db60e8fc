"""How the registry describes its fields in rows, and builds custom fields from rows."""

from __future__ import annotations

from fondaco.addon import api, fields, models
from fondaco.orm.fields.setup import bind
from fondaco.sql.query import make_identifier
from fondaco.values.syntax import literal

from .ir_model_fields import REFLECTED, SANITIZE, field_xmlid
from .ownership import field_modules
from .reflection import upsert

FIELD_OF_TYPE = {
    "binary": fields.Binary,
    "boolean": fields.Boolean,
    "char": fields.Char,
    "date": fields.Date,
    "datetime": fields.Datetime,
    "float": fields.Float,
    "html": fields.Html,
    "integer": fields.Integer,
    "json": fields.Json,
    "many2many": fields.Many2many,
    "many2one": fields.Many2one,
    "many2one_reference": fields.Many2oneReference,
    "monetary": fields.Monetary,
    "one2many": fields.One2many,
    "properties": fields.Properties,
    "properties_definition": fields.PropertiesDefinition,
    "reference": fields.Reference,
    "selection": fields.Selection,
    "serialized": fields.Serialized,
    "text": fields.Text,
}


class IrModelFieldsRegistry(models.Model):
    _inherit = "ir.model.fields"

    def _reflect_field_params(self, field, model_id):
        """Column values of the row that describes `field`."""
        translated = {"en_US": field.string or field.name}
        row = {
            "model": field.model_name,
            "name": field.name,
            "model_id": model_id,
            "field_description": translated,
            "help": {"en_US": field.help} if field.help else None,
            "ttype": field.type,
            "relation": getattr(field, "comodel_name", None) or None,
            "relation_field": getattr(field, "inverse_name", None) if field.type == "one2many" else None,
            "related": field.related if isinstance(field.related, str) else ".".join(field.related or ()) or None,
            "required": bool(field.required),
            "readonly": bool(field.readonly),
            "index": bool(field.index),
            "store": bool(field.store),
            "copied": bool(field.copy),
            "translate": bool(getattr(field, "translate", False)),
            "size": getattr(field, "size", None) or None,
            "company_dependent": bool(field.company_dependent),
            "on_delete": getattr(field, "ondelete", None) if field.type == "many2one" else None,
            "state": "manual" if field.manual else "base",
            "selectable": bool(field.search or field.store),
            "relation_table": None,
            "column1": None,
            "column2": None,
            "group_expand": bool(getattr(field, "group_expand", None)),
            "currency_field": getattr(field, "currency_field", None) if field.type == "monetary" else None,
            **dict.fromkeys(SANITIZE),
        }
        if field.type == "many2many" and field.store:
            row.update(relation_table=field.relation, column1=field.column1, column2=field.column2)
        if field.type == "html":
            row.update({name: bool(getattr(field, name, False)) for name in SANITIZE})
        return row

    @api.model
    def _reflect_fields(self, model_names):
        """Write one row a field of the models, and an external id for each module that declares it."""
        columns = {name: kind for name, kind in REFLECTED.items() if name not in ("domain", "depends", "compute")}
        model_ids = self.env["ir.model"]._read_ids()
        rows, origin = [], []
        for model_name in sorted(model_names, key=model_ids.__getitem__):
            model = self.env[model_name]
            modules = field_modules(model)
            for field in model._fields.values():
                if field.manual or (field.automatic and model._abstract) or field.base_field.manual:
                    continue
                rows.append(self._reflect_field_params(field, model_ids[model_name]))
                origin.extend((module, model_name, field.name) for module in modules.get(field.name, ()))
        id_by_field = upsert(
            self.env.cr,
            self._table,
            ["model", "name"],
            columns,
            rows,
            translated=["field_description", "help"],
            known=self.pool.described,
        )
        self.invalidate_model(flush=False)
        self.env.registry.clear_cache()
        self.env["ir.model.data"]._reflect_xmlids(
            (module, field_xmlid(module, model, name).partition(".")[2], self._name, id_by_field[model, name])
            for module, model, name in origin
        )

    # -- custom fields from rows ----------------------------------------------------------------------------------

    @api.model
    def _all_manual_field_data(self):
        """Rows of the custom fields: model -> name -> values."""
        self.env.cr.execute(
            """
            SELECT f.*, f.field_description->>'en_US' AS field_description, f.help->>'en_US' AS help,
                   (SELECT string_agg(d.module || '.' || d.name, ',' ORDER BY d.id)
                      FROM ir_model_fields_group_rel r
                      JOIN ir_model_data d ON d.model = 'res.groups' AND d.res_id = r.group_id
                     WHERE r.field_id = f.id) AS groups
              FROM ir_model_fields f
             WHERE f.state = 'manual'
             ORDER BY f.id
            """
        )
        result: dict[str, dict[str, dict]] = {}
        for row in self.env.cr.dictfetchall():
            result.setdefault(row["model"], {})[row["name"]] = row
        return result

    def _get_manual_field_data(self, model_name):
        """Rows of the custom fields of one model, by name."""
        return self._all_manual_field_data().get(model_name, {})

    def _instanciate_attrs(self, field_data):
        """Attributes of the field that a row describes; None while what it relates to is missing."""
        attrs = {
            "manual": True,
            "string": field_data["field_description"],
            "help": field_data["help"],
            "index": bool(field_data["index"]),
            "copy": bool(field_data["copied"]),
            "related": field_data["related"],
            "required": bool(field_data["required"]),
            "readonly": bool(field_data["readonly"]),
            "store": bool(field_data["store"]),
            "company_dependent": bool(field_data["company_dependent"]),
            "groups": field_data["groups"],
        }
        fill = getattr(self, f"_attrs_{field_data['ttype']}", None)
        if fill is not None and fill(field_data, attrs) is False:
            return None
        if field_data["compute"]:
            attrs["compute"] = self._compute_from_code(field_data["compute"], field_data["depends"])
        return attrs

    def _attrs_char(self, data, attrs):
        attrs.update(translate=bool(data["translate"]), size=data["size"] or None)

    def _attrs_text(self, data, attrs):
        attrs["translate"] = bool(data["translate"])

    def _attrs_html(self, data, attrs):
        attrs["translate"] = bool(data["translate"])
        attrs.update({name: bool(data[name]) for name in SANITIZE})

    def _attrs_selection(self, data, attrs):
        attrs["selection"] = self.env["ir.model.fields.selection"]._get_selection_data(data["id"])
        attrs["group_expand"] = True if data["group_expand"] and data["ttype"] == "selection" else None

    def _attrs_reference(self, data, attrs):
        self._attrs_selection(data, attrs)

    def _attrs_many2one(self, data, attrs):
        if data["relation"] not in self.env:
            return False
        attrs.update(
            comodel_name=data["relation"],
            ondelete=data["on_delete"],
            domain=literal(data["domain"] or "[]"),
            group_expand="_read_group_expand_full" if data["group_expand"] else None,
        )
        return True

    def _attrs_one2many(self, data, attrs):
        if data["relation"] not in self.env or not data["relation_field"]:
            return False
        attrs.update(
            comodel_name=data["relation"],
            inverse_name=data["relation_field"],
            domain=literal(data["domain"] or "[]"),
        )
        return True

    def _attrs_many2many(self, data, attrs):
        if data["relation"] not in self.env:
            return False
        table, column1, column2 = self._custom_many2many_names(data["model"], data["relation"])
        attrs.update(
            comodel_name=data["relation"],
            relation=data["relation_table"] or table,
            column1=data["column1"] or column1,
            column2=data["column2"] or column2,
            domain=literal(data["domain"] or "[]"),
        )
        return True

    def _attrs_monetary(self, data, attrs):
        if data["currency_field"]:
            attrs["currency_field"] = data["currency_field"]

    @api.model
    def _custom_many2many_names(self, model_name, comodel_name):
        """Table and columns of a custom many2many between two models."""
        first, second = sorted((self.env[model_name]._table, self.env[comodel_name]._table))
        if model_name == comodel_name:
            return f"x_{first}_{second}_rel", "id1", "id2"
        return f"x_{first}_{second}_rel", f"{self.env[model_name]._table}_id", f"{self.env[comodel_name]._table}_id"

    def _own_relation_table(self, vals):
        """The table of a new many2many where a custom field of its model has taken the usual one; None elsewhere."""
        twins = [("model", "=", vals["model"]), ("relation", "=", vals["relation"]), ("ttype", "=", "many2many")]
        table = self._custom_many2many_names(vals["model"], vals["relation"])[0]
        if self.search_count([*twins, ("state", "=", "manual"), ("relation_table", "in", (False, table))]):
            return make_identifier(f"{table.removesuffix('_rel')}_{vals['name']}_rel")
        return None

    @staticmethod
    def _compute_from_code(code, depends):
        """A compute method that runs the code of a custom field on the records, as `self`."""

        def compute(self):
            self.env["ir.actions.server"]._run_field_code(code, self)

        names = [name.strip() for name in (depends or "").split(",") if name.strip()]
        return api.depends(*names)(compute)

    def _instanciate(self, field_data):
        """The field that a row describes; None while what it relates to is missing."""
        attrs = self._instanciate_attrs(field_data)
        if attrs is None:
            return None
        return FIELD_OF_TYPE[field_data["ttype"]](**{key: value for key, value in attrs.items() if value is not None})

    def _add_manual_fields(self, model):
        """Give a model the fields that users made for it."""
        for name, data in self._manual_data_of_setup().get(model._name, {}).items():
            if name in model._fields and not model._fields[name].manual:
                continue  # a module has come to define it
            field = self._instanciate(data)
            if field is not None:
                field.name = name
                model._add_field(name, bind(type(model), name, [field]))

    def _manual_data_of_setup(self):
        """Rows of custom fields, read once for a set-up of the registry."""
        answers = self.pool.answers("default")
        cached = answers.get("manual fields")
        if cached is None:
            cached = answers["manual fields"] = self._all_manual_field_data()
        return cached
