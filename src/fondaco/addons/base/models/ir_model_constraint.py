"""Which SQL constraints and relation tables exist, and which module brought them."""

from __future__ import annotations

from fondaco.addon import api, fields, models
from fondaco.sql.fragment import SQL

from .reflection import upsert


class IrModelConstraint(models.Model):
    _name = "ir.model.constraint"
    _description = "Model Constraint"
    _sql_constraints = [
        ("module_name_uniq", "unique(name, module)", "The module has a constraint of this name."),
    ]

    name = fields.Char(string="Constraint", required=True, index=True)
    definition = fields.Char(string="Definition")
    message = fields.Char(string="Message", translate=True)
    model = fields.Many2one("ir.model", string="Model", required=True, index=True, ondelete="cascade")
    module = fields.Many2one("ir.module.module", string="Module", required=True, index=True, ondelete="cascade")
    type = fields.Char(string="Constraint Type", required=True, index=True, size=1)
    write_date = fields.Datetime(string="Write Date")
    create_date = fields.Datetime(string="Create Date")

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def copy_data(self, default=None):
        return [
            {**vals, "name": f"{constraint.name}_copy"}
            for constraint, vals in zip(self, super().copy_data(default=default))
        ]

    def _reflect_constraint(self, model, conname, type, definition, module, message=None):
        """Write the row of one constraint."""
        ids = self._upsert([self._constraint_row(model, conname, type, definition, module, message)])
        return next(iter(ids.values()), None)

    def _constraint_row(self, model, conname, type_, definition, module, message):
        return {
            "name": conname,
            "module": self._module_ids().get(module),
            "model": self.env["ir.model"]._get_id(model._name),
            "type": type_,
            "definition": definition,
            "message": {"en_US": message} if message else None,
        }

    def _module_ids(self):
        return dict(self.env.execute_query(SQL("SELECT name, id FROM ir_module_module")))

    def _upsert(self, rows):
        types = {
            "name": "varchar",
            "module": "int4",
            "model": "int4",
            "type": "varchar",
            "definition": "varchar",
            "message": "jsonb",
        }
        known = self.pool.described
        return upsert(self.env.cr, self._table, ["name", "module"], types, rows, translated=["message"], known=known)

    def _make_module_rows(self, names):
        """Rows of modules that are being installed before the list of modules is made: base, the first time."""
        missing = names - self._module_ids().keys()
        for name in sorted(missing):
            self.env.cr.execute(
                "INSERT INTO ir_module_module (name, state, create_uid, write_uid, create_date, write_date)"
                " VALUES (%s, 'to install', 1, 1, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') RETURNING id",
                (name,),
            )
            (id_,) = self.env.cr.fetchone()
            self.env.cr.execute(
                "INSERT INTO ir_model_data (module, name, model, res_id, noupdate)"
                " VALUES ('base', %s, 'ir.module.module', %s, true)",
                (f"module_{name}", id_),
            )

    @api.model
    def _reflect_constraints(self, model_names):
        """Write one row an SQL constraint of the models, under the module whose class names it."""
        self._make_module_rows({self.env[name]._original_module for name in model_names} - {None, False})
        module_ids = self._module_ids()
        model_ids = self.env["ir.model"]._read_ids()
        rows: dict[tuple, dict] = {}  # two models may share a table, and its constraints
        for name in model_names:
            model = self.env[name]
            if model._abstract or not model._auto:
                continue
            owner = _constraint_owners(type(model))
            for key, definition, message in model._sql_constraints:
                conname, module = f"{model._table}_{key}", owner.get(key, model._original_module)
                if module not in module_ids:
                    continue
                row = {
                    "name": conname,
                    "module": module_ids[module],
                    "model": model_ids[name],
                    "type": "u",
                    "definition": definition,
                    "message": {"en_US": message} if isinstance(message, str) else None,
                }
                rows.setdefault((module, conname), row)
        ids = self._upsert(rows.values())
        self.env["ir.model.data"]._reflect_xmlids(
            (module, f"constraint_{conname}", self._name, ids[conname, module_ids[module]]) for module, conname in rows
        )


def _constraint_owners(cls):
    """Constraint -> module whose definition names it first."""
    owners = {}
    for definition in reversed(cls.mro()):
        for key, *_rest in vars(definition).get("_sql_constraints", ()):
            if getattr(definition, "_module", None) and getattr(definition, "pool", None) is None:
                owners.setdefault(key, definition._module)
    return owners


class IrModelRelation(models.Model):
    _name = "ir.model.relation"
    _description = "Relation Model"

    name = fields.Char(string="Relation Name", required=True, index=True)
    model = fields.Many2one("ir.model", string="Model", required=True, index=True, ondelete="cascade")
    module = fields.Many2one("ir.module.module", string="Module", required=True, index=True, ondelete="cascade")
    write_date = fields.Datetime(string="Write Date")
    create_date = fields.Datetime(string="Create Date")

    def _reflect_relation(self, model, table, module):
        """Note that `module` owns the relation table of a many2many of `model`."""
        self._reflect_relations([(model._name, table, module)])

    @api.model
    def _reflect_relations(self, triples):
        """Note the owners of relation tables: (model, table, module)."""
        module_ids = self.env["ir.model.constraint"]._module_ids()
        model_ids = self.env["ir.model"]._read_ids()
        rows = [
            {"name": table, "module": module_ids[module], "model": model_ids[model]}
            for model, table, module in {
                (table, module): (model, table, module) for model, table, module in triples
            }.values()
            if module in module_ids and model in model_ids
        ]
        upsert(
            self.env.cr, self._table, ["name", "module"], {"name": "varchar", "module": "int4", "model": "int4"}, rows
        )
