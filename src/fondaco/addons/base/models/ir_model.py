"""Which models exist: one row a model, and the custom models made at run time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError, ValidationError
from fondaco.orm.inheritance import build_model
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL
from fondaco.sql.query import MAX_IDENTIFIER

from .ownership import defining_modules
from .reflection import upsert

# Context key of what removes a module: rows of modules may be deleted then.
MODULE_UNINSTALL_FLAG = "_force_unlink"
MODEL_NAME = re.compile(r"[a-z_][a-z0-9_.]*")
LONGEST_NAME = MAX_IDENTIFIER - len("_id_seq")
"""PostgreSQL cuts longer names of tables, and of what it makes with them."""


def model_xmlid(module: str, model_name: str) -> str:
    """External id of the row that describes a model."""
    return f"{module}.model_{model_name.replace('.', '_')}"


def _inherited_names(cls):
    """Names of the models that a model takes its fields and methods from."""
    found = {}
    for definition in cls.mro():
        if getattr(definition, "pool", None) is None and getattr(definition, "_name", None) == cls._name:
            found.update(dict.fromkeys(definition._inherit or ()))
    return [name for name in found if name != cls._name]


class Unknown(models.AbstractModel):
    """Stands in for the target of a relation whose module is not installed."""

    _name = "_unknown"
    _description = "Unknown"


def query_insert(cr, table, rows):
    """INSERT rows (dicts with the same keys, or one) into a table; their ids. For addons that write beside the ORM."""
    rows = [rows] if isinstance(rows, Mapping) else list(rows)
    if not rows:
        return []
    names = list(rows[0])
    cr.execute(
        SQL(
            "INSERT INTO %s (%s) VALUES %s RETURNING id",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, names)),
            SQL(", ").join(SQL("%s", tuple(row[name] for name in names)) for row in rows),
        )
    )
    return [id_ for (id_,) in cr.fetchall()]


def query_update(cr, table, values, selectors):
    """UPDATE the rows of a table that agree with `values` on `selectors`; their ids."""
    others = [name for name in values if name not in selectors]
    cr.execute(
        SQL(
            "UPDATE %s SET %s WHERE %s RETURNING id",
            SQL.identifier(table),
            SQL(", ").join(SQL("%s = %s", SQL.identifier(name), values[name]) for name in others),
            SQL(" AND ").join(SQL("%s = %s", SQL.identifier(name), values[name]) for name in selectors),
        )
    )
    return [id_ for (id_,) in cr.fetchall()]


def _set_up_anew(registry):
    """After a rollback, models are what the tables say again."""
    with registry.cursor() as cr:
        registry.clear_all_caches()
        registry.setup_models(cr)


class IrModel(models.Model):
    _name = "ir.model"
    _description = "Models"
    _order = "model"
    _rec_names_search = ["name", "model"]
    _sql_constraints = [
        ("obj_name_uniq", "unique (model)", "Another model has this name."),
    ]

    name = fields.Char(string="Model Description", required=True, translate=True)
    model = fields.Char(string="Model", required=True, default="x_")
    order = fields.Char(string="Order", required=True, default="id")
    info = fields.Text(string="Information")
    field_id = fields.One2many(
        "ir.model.fields",
        "model_id",
        string="Fields",
        required=True,
        copy=True,
        default=lambda self: self._default_field_id(),
    )
    inherited_model_ids = fields.Many2many("ir.model", string="Inherited models", compute="_inherited_models")
    state = fields.Selection(
        selection=[
            ("manual", "Custom Object"),
            ("base", "Base Object"),
        ],
        string="Type",
        readonly=True,
        copy=False,
        default="manual",
    )
    access_ids = fields.One2many("ir.model.access", "model_id", string="Access")
    rule_ids = fields.One2many("ir.rule", "model_id", string="Record Rules")
    transient = fields.Boolean(string="Transient Model")
    modules = fields.Char(string="In Apps", compute="_in_modules")
    view_ids = fields.One2many("ir.ui.view", string="Views", compute="_view_ids")
    count = fields.Integer(string="Count (Incl. Archived)", compute="_compute_count")

    def _default_field_id(self):
        if self.env.context.get("install_mode"):
            return []  # data files give their fields one by one
        return [(0, 0, {"name": "x_name", "field_description": "Name", "ttype": "char", "copied": True})]

    @api.depends()
    def _inherited_models(self):
        for model in self:
            parents = list(self.env[model.model]._inherits) if model.model in self.env else []
            model.inherited_model_ids = self.search([("model", "in", parents)]) if parents else False

    @api.depends()
    def _in_modules(self):
        _compute_modules(self)

    @api.depends()
    def _view_ids(self):
        for model in self:
            model.view_ids = self.env["ir.ui.view"].search([("model", "=", model.model)])

    @api.depends()
    def _compute_count(self):
        for model in self:
            records = self.env.get(model.model)
            counted = records is not None and not records._abstract and records._auto
            model.count = records.sudo().with_context(active_test=False).search_count([]) if counted else 0

    @api.constrains("model")
    def _check_model_name(self):
        for model in self:
            if model.state == "manual" and not model.model.startswith("x_") and not self._is_installing():
                raise ValidationError(_("The name of a model that is made here begins with “x_”."))
            if not MODEL_NAME.fullmatch(model.model):
                raise ValidationError(_("A model name consists of lowercase letters, digits, underscores and dots."))
            if model.state == "manual" and len(model.model) > LONGEST_NAME:
                raise ValidationError(_("A model name has at most %s letters: its table has the same.", LONGEST_NAME))

    @api.constrains("order", "field_id")
    def _check_order(self):
        for model in self:
            if model.model in self.env:
                try:
                    self.env[model.model]._check_qorder(model.order)
                except (UserError, ValueError) as error:
                    raise ValidationError(str(error)) from error

    def _is_installing(self) -> bool:
        """Whether the records come from a module's data file: those may name their models and fields freely."""
        context = self.env.context
        return bool(context.get("install_mode") or context.get("install_module"))

    # -- lookups --------------------------------------------------------------------------------------------------

    def _get(self, name: str):
        """The row of a model, by its name."""
        return self.browse(self._get_id(name) if name else None)

    @ormcache("name")
    def _get_id(self, name: str):
        rows = self.env.execute_query(SQL("SELECT id FROM ir_model WHERE model = %s", name))
        return rows[0][0] if rows else None

    @api.model
    def _read_ids(self) -> dict[str, int]:
        """Every model's row id, by the model's name."""
        self.flush_model(["model"])
        return dict(self.env.execute_query(SQL("SELECT model, id FROM ir_model")))

    # -- custom models --------------------------------------------------------------------------------------------

    @api.model
    def name_create(self, name):
        record = self.create({"name": name, "model": "x_" + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")})
        return record.id, record.display_name

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        manual = [record.model for record in records if record.state == "manual"]
        if manual:
            self._rebuild_registry(manual)
        return records

    @api.model
    def _rebuild_registry(self, model_names=()):
        """Set the models up again after a change of custom ones, and bring the tables of some in line with them."""
        self.env.flush_all()
        cr, registry = self.env.cr, self.pool
        cr.postrollback.add(partial(_set_up_anew, registry))
        registry.clear_cache()
        registry.registry_invalidated = True  # the other processes build theirs anew after the commit
        registry.setup_models(cr)
        if model_names:
            registry.init_models(cr, list(registry.descendants(model_names, "_inherits")))

    def write(self, vals):
        if "model" in vals and any(record.model != vals["model"] for record in self):
            raise UserError(_("The technical name of a model cannot be changed."))
        if "state" in vals and any(record.state != vals["state"] for record in self):
            raise UserError(_("The type of a model cannot be changed."))
        if "transient" in vals and any(record.transient != vals["transient"] for record in self):
            raise UserError(_("A model cannot become transient, or stop being so."))
        vals = {name: value for name, value in vals.items() if name not in ("model", "state", "transient")}
        done = super().write(vals) if vals else True
        if "order" in vals or "name" in vals:
            self._rebuild_registry()
        return done

    @api.ondelete(at_uninstall=False)
    def _refuse_deleting_of_module(self):
        for model in self:
            if model.state != "manual":
                raise UserError(_("The model “%s” belongs to a module and cannot be removed.", model.name))

    def unlink(self):
        manual = self.filtered(lambda model: model.state == "manual")
        self.env["ir.model.access"].sudo().search([("model_id", "in", self.ids)]).unlink()
        self.env["ir.rule"].sudo().search([("model_id", "in", self.ids)]).unlink()
        for model in manual:
            model.field_id.with_context(_force_unlink=True, drop_with_model=True)._prepare_update()
        self._drop_table()
        done = super().unlink()
        if not self.env.context.get("_force_unlink"):
            self._rebuild_registry()
        return done

    def _drop_table(self):
        for model in self:
            current = self.env.get(model.model)
            table = current._table if current is not None else model.model.replace(".", "_")
            if current is not None and current._abstract:
                continue
            kind = self.env.execute_query(SQL("SELECT relkind FROM pg_class WHERE relname = %s", table))
            if kind and kind[0][0] in ("v", "m"):
                self.env.cr.execute(SQL("DROP VIEW IF EXISTS %s", SQL.identifier(table)))
            elif kind and kind[0][0] in ("r", "p"):
                self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s CASCADE", SQL.identifier(table)))

    # -- description of the registry ------------------------------------------------------------------------------

    def _reflect_model_params(self, model) -> dict:
        """Column values of the row that describes `model`."""
        return {
            "model": model._name,
            "name": {"en_US": model._description or model._name},
            "order": model._order,
            "info": next((c.__doc__ for c in type(model).mro() if c.__doc__ and "_name" in vars(c)), None),
            "state": "manual" if model._custom else "base",
            "transient": model._transient,
        }

    @api.model
    def _reflect_models(self, model_names):
        """Write one row a model, and an external id for each module that defines or extends it."""
        self.env["ir.model.data"]._make_indexes()
        wanted = set(model_names)
        model_names = [name for name in self.env.registry.models if name in wanted]  # in order of definition
        rows = [self._reflect_model_params(self.env[name]) for name in model_names]
        types = {
            "model": "varchar",
            "name": "jsonb",
            "order": "varchar",
            "info": "text",
            "state": "varchar",
            "transient": "bool",
        }
        known = self.pool.described
        id_by_name = upsert(self.env.cr, self._table, ["model"], types, rows, translated=["name"], known=known)
        self.invalidate_model(flush=False)
        self.env.registry.clear_cache()
        self.env["ir.model.data"]._reflect_xmlids(
            (module, model_xmlid(module, name).partition(".")[2], "ir.model", id_by_name[(name,)])
            for name in model_names
            for module in defining_modules(type(self.env[name]))
        )

    @api.model
    def _add_manual_models(self):
        """Give the registry the models that users made, in place of those it has."""
        for name, model in list(self.env.registry.models.items()):
            if model._custom:
                del self.env.registry.models[name]
        for data in self._manual_model_rows():
            definition = type(models.TransientModel if data["transient"] else models.Model)(
                data["model"].title().replace(".", "").replace("_", ""),
                (models.TransientModel if data["transient"] else models.Model,),
                self._instantiate_attrs(data),
            )
            build_model(definition, self.env.registry)
            self.env[data["model"]]._prepare_setup()

    @api.model
    def _instantiate_attrs(self, model_data: dict) -> dict:
        """Class attributes of a custom model."""
        return {
            "_name": model_data["model"],
            "_description": model_data["name"],
            "_module": False,
            "_custom": True,
            "_abstract": False,
            "_transient": bool(model_data["transient"]),
            "_order": model_data["order"],
            "__doc__": model_data["info"],
        }

    @api.model
    def _manual_model_rows(self) -> list[dict]:
        """What the registry needs to build the custom models."""
        self.env.cr.execute(
            "SELECT model, name->>'en_US' AS name, info, transient, \"order\" FROM ir_model"
            " WHERE state = 'manual' ORDER BY id"
        )
        return self.env.cr.dictfetchall()


def _compute_modules(records):
    """Modules that define the records, from their external ids, sorted and joined: as both models show them."""
    records.env.cr.execute(
        SQL(
            "SELECT res_id, array_agg(DISTINCT module ORDER BY module) FROM ir_model_data"
            " WHERE model = %s AND res_id = ANY(%s) GROUP BY res_id",
            records._name,
            list(records.ids),
        )
    )
    modules = dict(records.env.cr.fetchall())
    for record in records:
        record.modules = ", ".join(modules.get(record.id, ()))


class IrModelInherit(models.Model):
    _name = "ir.model.inherit"
    _description = "Model Inheritance Tree"
    _log_access = False
    _sql_constraints = [
        ("uniq", "UNIQUE(model_id, parent_id)", "The model takes after that one already."),
    ]

    model_id = fields.Many2one("ir.model", string="Model", required=True, ondelete="cascade")
    parent_id = fields.Many2one("ir.model", string="Parent", required=True, ondelete="cascade")
    parent_field_id = fields.Many2one("ir.model.fields", string="Parent Field", ondelete="cascade")

    @api.model
    def _reflect_inherits(self, model_names):
        """Write which model inherits which, and through which field when it delegates."""
        ids = self.env["ir.model"]._read_ids()
        pairs = {}
        for name in model_names:
            model = self.env[name]
            for parent in _inherited_names(type(model)):
                if parent in ids and parent not in (name, "base"):
                    pairs[ids[name], ids[parent]] = None
            for parent, field_name in model._inherits.items():
                pairs[ids[name], ids[parent]] = (name, field_name)
        named = [pair for pair in pairs.values() if pair]
        self.env.cr.execute(
            SQL("SELECT model, name, id FROM ir_model_fields WHERE (model, name) IN %s", tuple(named or [("", "")]))
        )
        field_id = {(model, field): id_ for model, field, id_ in self.env.cr.fetchall()}
        rows = [
            {"model_id": model_id, "parent_id": parent_id, "parent_field_id": field_id.get(pair)}
            for (model_id, parent_id), pair in pairs.items()
        ]
        types = {"model_id": "int4", "parent_id": "int4", "parent_field_id": "int4"}
        id_by_pair = upsert(self.env.cr, self._table, ["model_id", "parent_id"], types, rows, known=self.pool.described)
        name_by_id = {id_: name for name, id_ in ids.items()}
        self.env["ir.model.data"]._reflect_xmlids(
            (
                self.env[name_by_id[model]]._original_module,
                _inherit_name(name_by_id[model], name_by_id[parent]),
                self._name,
                id_,
            )
            for (model, parent), id_ in id_by_pair.items()
            if self.env[name_by_id[model]]._original_module
        )


def _inherit_name(name, parent):
    return f"model_inherit__{name.replace('.', '_')}__{parent.replace('.', '_')}"


class WizardModelMenu(models.TransientModel):
    _name = "wizard.ir.model.menu.create"
    _description = "Create Menu Wizard"

    menu_id = fields.Many2one("ir.ui.menu", string="Parent Menu", required=True, ondelete="cascade")
    name = fields.Char(string="Menu Name", required=True)

    def menu_create(self):
        """Make a window action on the model in the context, and a menu that opens it."""
        for wizard in self:
            model = self.env["ir.model"].browse(self.env.context.get("model_id"))
            action = self.env["ir.actions.act_window"].create(
                {"name": wizard.name, "res_model": model.model, "view_mode": "list,form"}
            )
            self.env["ir.ui.menu"].create(
                {
                    "name": wizard.name,
                    "parent_id": wizard.menu_id.id,
                    "action": f"ir.actions.act_window,{action.id}",
                }
            )
        return {"type": "ir.actions.act_window_close"}
