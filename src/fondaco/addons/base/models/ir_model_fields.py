"""Which fields exist: one row a field, and the custom fields made at run time."""

from __future__ import annotations

import ast
from collections import defaultdict

from fondaco.addon import _, api, fields, models
from fondaco.data.export import xmlid_of
from fondaco.errors import UserError, ValidationError
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL
from fondaco.sql.query import MAX_IDENTIFIER

from .ir_model import _compute_modules
from .reflection import upsert

AUTOMATIC = frozenset({"id", "display_name", "create_uid", "create_date", "write_uid", "write_date"})
FROZEN = ("name", "model", "model_id", "ttype", "store", "state")
REFLECTED = {
    "model": "varchar",
    "name": "varchar",
    "model_id": "int4",
    "field_description": "jsonb",
    "help": "jsonb",
    "ttype": "varchar",
    "relation": "varchar",
    "relation_field": "varchar",
    "related": "varchar",
    "required": "bool",
    "readonly": "bool",
    "index": "bool",
    "store": "bool",
    "copied": "bool",
    "translate": "bool",
    "size": "int4",
    "company_dependent": "bool",
    "on_delete": "varchar",
    "state": "varchar",
    "selectable": "bool",
    "domain": "varchar",
    "relation_table": "varchar",
    "column1": "varchar",
    "column2": "varchar",
    "group_expand": "bool",
    "currency_field": "varchar",
    "sanitize": "bool",
    "sanitize_overridable": "bool",
    "sanitize_tags": "bool",
    "sanitize_attributes": "bool",
    "sanitize_style": "bool",
    "sanitize_form": "bool",
    "strip_style": "bool",
    "strip_classes": "bool",
    "depends": "varchar",
    "compute": "text",
}
SANITIZE = (
    "sanitize",
    "sanitize_overridable",
    "sanitize_tags",
    "sanitize_attributes",
    "sanitize_style",
    "sanitize_form",
    "strip_style",
    "strip_classes",
)


def field_xmlid(module: str, model_name: str, field_name: str) -> str:
    """External id of the row that describes a field."""
    return f"{module}.field_{model_name.replace('.', '_')}__{field_name}"


class IrModelFields(models.Model):
    _name = "ir.model.fields"
    _description = "Fields"
    _order = "name"
    _rec_name = "field_description"
    _sql_constraints = [
        ("name_unique", "UNIQUE(model, name)", "The model has a field of this name."),
        ("size_gt_zero", "CHECK (size>=0)", "The size of a field is zero or more."),
        # that custom names start with x_ is checked in Python: data files of modules may name fields freely
    ]

    name = fields.Char(string="Field Name", required=True, index=True, default="x_")
    complete_name = fields.Char(string="Complete Name", index=True)
    model = fields.Char(string="Model Name", required=True, index=True)
    relation = fields.Char(string="Related Model")
    relation_field = fields.Char(string="Relation Field")
    relation_field_id = fields.Many2one(
        "ir.model.fields",
        string="Relation field",
        compute="_compute_relation_field_id",
        store=True,
        ondelete="cascade",
    )
    model_id = fields.Many2one("ir.model", string="Model", required=True, index=True, ondelete="cascade")
    field_description = fields.Char(string="Field Label", required=True, default="", translate=True)
    help = fields.Text(string="Field Help", translate=True)
    ttype = fields.Selection(
        selection=[
            ("binary", "binary"),
            ("boolean", "boolean"),
            ("char", "char"),
            ("date", "date"),
            ("datetime", "datetime"),
            ("float", "float"),
            ("html", "html"),
            ("integer", "integer"),
            ("json", "json"),
            ("many2many", "many2many"),
            ("many2one", "many2one"),
            ("many2one_reference", "many2one_reference"),
            ("monetary", "monetary"),
            ("one2many", "one2many"),
            ("properties", "properties"),
            ("properties_definition", "properties_definition"),
            ("reference", "reference"),
            ("selection", "selection"),
            ("text", "text"),
        ],
        string="Field Type",
        required=True,
    )
    selection = fields.Char(
        string="Selection Options (Deprecated)",
        compute="_compute_selection",
        inverse="_inverse_selection",
    )
    selection_ids = fields.One2many("ir.model.fields.selection", "field_id", string="Selection Options", copy=True)
    copied = fields.Boolean(string="Copied", compute="_compute_copied", store=True, readonly=False)
    related = fields.Char(string="Related Field Definition")
    related_field_id = fields.Many2one(
        "ir.model.fields",
        string="Related Field",
        compute="_compute_related_field_id",
        store=True,
        ondelete="cascade",
    )
    required = fields.Boolean(string="Required")
    readonly = fields.Boolean(string="Readonly")
    index = fields.Boolean(string="Indexed")
    translate = fields.Boolean(string="Translatable")
    company_dependent = fields.Boolean(string="Company Dependent", readonly=True)
    size = fields.Integer(string="Size")
    state = fields.Selection(
        selection=[
            ("manual", "Custom Field"),
            ("base", "Base Field"),
        ],
        string="Type",
        readonly=True,
        required=True,
        copy=False,
        index=True,
        default="manual",
    )
    on_delete = fields.Selection(
        selection=[
            ("cascade", "Cascade"),
            ("set null", "Set NULL"),
            ("restrict", "Restrict"),
        ],
        string="On Delete",
        default="set null",
    )
    domain = fields.Char(string="Domain", default="[]")
    groups = fields.Many2many("res.groups", "ir_model_fields_group_rel", "field_id", "group_id", string="Groups")
    group_expand = fields.Boolean(string="Expand Groups")
    selectable = fields.Boolean(string="Selectable", default=True)
    modules = fields.Char(string="In Apps", compute="_in_modules")
    relation_table = fields.Char(string="Relation Table")
    column1 = fields.Char(string="Column 1")
    column2 = fields.Char(string="Column 2")
    compute = fields.Text(string="Compute")
    depends = fields.Char(string="Dependencies")
    store = fields.Boolean(string="Stored", default=True)
    currency_field = fields.Char(string="Currency field")
    sanitize = fields.Boolean(string="Sanitize HTML", default=True)
    sanitize_overridable = fields.Boolean(string="Sanitize HTML overridable", default=False)
    sanitize_tags = fields.Boolean(string="Sanitize HTML Tags", default=True)
    sanitize_attributes = fields.Boolean(string="Sanitize HTML Attributes", default=True)
    sanitize_style = fields.Boolean(string="Sanitize HTML Style", default=False)
    sanitize_form = fields.Boolean(string="Sanitize HTML Form", default=True)
    strip_style = fields.Boolean(string="Strip Style Attribute", default=False)
    strip_classes = fields.Boolean(string="Strip Class Attribute", default=False)

    @api.depends("relation", "relation_field")
    def _compute_relation_field_id(self):
        for field in self:
            field.relation_field_id = bool(field.relation_field) and self._get(field.relation, field.relation_field)

    @api.depends("related")
    def _compute_related_field_id(self):
        for field in self:
            if field.state == "manual" and field.related:
                target = field._related_field()
                field.related_field_id = target and self._get(target.model_name, target.name)
            else:
                field.related_field_id = False

    @api.depends("selection_ids")
    def _compute_selection(self):
        for field in self:
            pairs = [(option.value, option.name) for option in field.selection_ids]
            field.selection = repr(pairs) if field.ttype in ("selection", "reference") else False

    def _inverse_selection(self):
        for field in self:
            pairs = ast.literal_eval(field.selection or "[]")
            self.env["ir.model.fields.selection"]._update_selection(field.model, field.name, pairs)

    @api.depends("ttype", "related", "compute")
    def _compute_copied(self):
        for field in self:
            field.copied = field.ttype != "one2many" and not (field.related or field.compute)

    @api.depends()
    def _in_modules(self):
        _compute_modules(self)

    @api.depends("field_description", "model")
    def _compute_display_name(self):
        if self.env.context.get("hide_model"):
            return super()._compute_display_name()
        label = {}
        for field in self:
            if field.model not in label:
                label[field.model] = self.env["ir.model"]._get(field.model).name
            field.display_name = f"{field.field_description} ({label[field.model]})"

    # -- checks ---------------------------------------------------------------------------------------------------

    @api.constrains("name", "state")
    def _check_name(self):
        for field in self:
            if (
                field.state == "manual"
                and not field.name.startswith("x_")
                and not self.env["ir.model"]._is_installing()
            ):
                raise ValidationError(_("The name of a field that is made here begins with “x_”."))
            if not field.name.isidentifier() or not field.name.isascii():
                raise ValidationError(_("A field name consists of letters, digits and underscores."))
            if len(field.name) > MAX_IDENTIFIER:
                raise ValidationError(_("A field name has at most %s letters, as a column's.", MAX_IDENTIFIER))

    @api.constrains("relation_table", "column1", "column2")
    def _check_relation_table(self):
        for field in self:
            for name in (field.relation_table, field.column1, field.column2):
                if name and not (name.isidentifier() and name.islower() and len(name.encode()) <= MAX_IDENTIFIER):
                    raise ValidationError(_("“%s” cannot name a table or a column.", name))

    @api.constrains("domain")
    def _check_domain(self):
        for field in self:
            try:
                ast.literal_eval(field.domain or "[]")
            except (ValueError, SyntaxError) as error:
                raise ValidationError(_("The domain of the field “%s” is not a list.", field.name)) from error

    @api.constrains("related")
    def _check_related(self):
        for field in self:
            if field.state == "manual" and field.related:
                target = field._related_field()
                if target.type != field.ttype:
                    raise ValidationError(_("The related field “%s” is not of type “%s”.", field.related, field.ttype))

    def _related_field(self):
        """The field at the end of the path of a custom related field."""
        self.ensure_one()
        model = self.env[self.model]
        target = None
        for name in self.related.split("."):
            target = model._fields.get(name)
            if target is None:
                raise UserError(_("Unknown field “%(name)s” in the path “%(path)s”.", name=name, path=self.related))
            model = self.env[target.comodel_name] if target.relational else None
        return target

    # -- lookups --------------------------------------------------------------------------------------------------

    def _get(self, model_name, name):
        """The row of a field, by model and name."""
        return self.browse(self._get_ids(model_name).get(name) if model_name and name else None)

    @ormcache("model_name")
    def _get_ids(self, model_name):
        return dict(self.env.execute_query(SQL("SELECT name, id FROM ir_model_fields WHERE model = %s", model_name)))

    # -- custom fields --------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        model_of = self.env["ir.model"]
        for vals in vals_list:
            if vals.get("model_id"):
                vals["model"] = model_of.browse(vals["model_id"]).exists().model
            if vals.get("relation_field_id") and not vals.get("relation_field"):
                vals["relation_field"] = self.browse(vals["relation_field_id"]).name
            if vals.get("ttype") == "selection" and not vals.get("selection_ids") and not vals.get("selection"):
                vals["selection"] = "[]"
        for vals in vals_list:
            relation = vals.get("relation")
            if vals.get("state", "manual") == "manual" and relation and not model_of._get_id(relation):
                raise UserError(_("There is no model “%s”.", relation))
            if vals.get("ttype") == "one2many" and not self._is_inverse(vals):
                raise UserError(
                    _(
                        "There is no many2one “%(field)s” on the model “%(model)s”.",
                        field=vals.get("relation_field"),
                        model=relation,
                    )
                )
            if vals.get("ttype") == "many2many" and not vals.get("relation_table") and vals.get("model") in self.env:
                vals["relation_table"] = self._own_relation_table(vals)
        self.env.registry.clear_cache()
        records = super().create(vals_list)
        xmlid_of(records.groups)  # a field names its groups by their external ids
        touched = {field.model for field in records if field.state == "manual"}
        self._check_name_of(records)
        if touched and not all(model in self.env for model in touched):
            return records  # fields of a model that is being created: the model sets itself up
        if touched:
            self._rebuild(touched)
        return records

    def _check_name_of(self, records):
        for record in records:
            if record.state == "manual" and record.model in self.env and record.name in self.env[record.model]._fields:
                field = self.env[record.model]._fields[record.name]
                if not field.manual:
                    raise ValidationError(_("The field “%s” exists already on this model.", record.name))

    def _is_inverse(self, vals):
        """Whether the many2one that a new one2many relies on is there, or in the making."""
        relation, name = vals.get("relation"), vals.get("relation_field")
        return bool(self.search_count([("model", "=", relation), ("name", "=", name), ("ttype", "=", "many2one")]))

    def _rebuild(self, model_names):
        """Set the registry up again, and bring the tables of `model_names` (and their heirs) in line."""
        self.env["ir.model"]._rebuild_registry(model_names)

    def write(self, vals):
        if not self or not vals:
            return True
        for field in self:
            if field.state == "base" and set(vals) - {"field_description", "help", "groups", "selection_ids"}:
                installing = self.env["ir.model"]._is_installing()
                if not installing:
                    raise UserError(_("A field that a module defines is changed in the code of an addon, not here."))
            for name in FROZEN:
                if name in vals and self._differs(field, name, vals[name]):
                    if name == "ttype":
                        raise UserError(
                            _("The type of a field cannot be changed: remove the field and create it anew.")
                        )
                    if name in ("model", "model_id"):
                        raise UserError(_("A field cannot move to another model."))
        renamed = self._rename_columns(vals["name"]) if "name" in vals else False
        if vals.get("model_id"):
            vals = {**vals, "model": self.env["ir.model"].browse(vals["model_id"]).model}
        done = super().write(vals)
        if "groups" in vals:
            xmlid_of(self.groups)
        self.env.registry.clear_cache()
        structural = set(vals) - {"field_description", "help"}
        if renamed or structural:
            self._rebuild({field.model for field in self})
        return done

    @staticmethod
    def _differs(field, name, value):
        current = field[name]
        return (current.id if name == "model_id" else current) != value

    def _rename_columns(self, new_name):
        """Rename the column of a custom field before its row says so; whether anything changed."""
        changed = [field for field in self if field.name != new_name]
        if len(changed) > 1:
            raise UserError(_("Rename one field at a time."))
        for field in changed:
            model = self.env[field.model]
            if field.store and model._fields[field.name].column_type:
                self.env.flush_all()
                self.env.cr.execute(
                    SQL(
                        "ALTER TABLE %s RENAME COLUMN %s TO %s",
                        SQL.identifier(model._table),
                        SQL.identifier(field.name),
                        SQL.identifier(new_name),
                    )
                )
        return bool(changed)

    def _prepare_update(self):
        """Refuse to touch fields that views or other fields need, and forget what is cached about the rest."""
        if self.env.context.get("_force_unlink") or self.env.context.get("module_uninstall"):
            return self
        for field in self.filtered(lambda field: field.state == "manual"):
            needed = [
                f"{name}.{other.name}"
                for name, model in self.env.registry.items()
                for other in model._fields.values()
                if other.manual
                and other.name != field.name
                and other.related
                and field.name in other.related.split(".")
                and name == field.model
            ]
            if needed:
                raise UserError(
                    _("The field “%(field)s” is needed by %(others)s.", field=field.name, others=", ".join(needed))
                )
            views = (
                self.env["ir.ui.view"]
                .sudo()
                .search([("model", "=", field.model), ("arch_db", "like", f'name="{field.name}"')])
            )
            if views:
                raise UserError(
                    _(
                        "The field “%(fields)s” is still shown in the view “%(view)s”.",
                        fields=field.name,
                        view=views[0].name,
                    )
                )
        return self

    @api.ondelete(at_uninstall=False)
    def _refuse_deleting_of_module(self):
        if any(field.state != "manual" for field in self):
            raise UserError(_("This field belongs to a module and cannot be removed."))

    def unlink(self):
        if not self:
            return True
        self._prepare_update()
        if not self.env.context.get("_force_unlink"):
            self.env.flush_all()  # values that wait for a column would come when it is gone
        self._drop_column()
        names = {field.model for field in self}
        done = super().unlink()
        self.env.registry.clear_cache()
        if not self.env.context.get("_force_unlink"):
            self._rebuild([name for name in names if name in self.env])
        return done

    def _drop_column(self):
        for field in self:
            if field.name in AUTOMATIC:
                continue
            model = self.env.get(field.model)
            if model is None or model._abstract or not field.store:
                continue
            found = self.env.execute_query(
                SQL(
                    "SELECT 1 FROM information_schema.columns"
                    " WHERE table_schema = current_schema AND table_name = %s AND column_name = %s",
                    model._table,
                    field.name,
                )
            )
            if found:
                self.env.cr.execute(
                    SQL(
                        "ALTER TABLE %s DROP COLUMN %s CASCADE",
                        SQL.identifier(model._table),
                        SQL.identifier(field.name),
                    )
                )
            if field.state == "manual" and field.ttype == "many2many":
                current = model._fields.get(field.name)
                table = field.relation_table or (current and current.relation)
                if table:
                    self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(table)))
