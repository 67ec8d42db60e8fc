"""A broken constraint of a table in the words of people: which field, which records, what to do.

PostgreSQL names table, constraint and columns, and the values in a sentence of its own language; what people read is
made of the labels of fields, and of the names of records that they may see.
"""

import re

import psycopg.errors

from fondaco.addon import _, api, models
from fondaco.errors import AccessError, MissingError

KEY = re.compile(r"\((?P<columns>[^=]*)\)=\((?P<values>.*)\)", re.DOTALL)
"""Of the detail, in whatever language: Key (a, b)=(1, x) ..."""
NAMED = 3  # records
LONGEST = 200  # characters of values
FOREIGN = (psycopg.errors.ForeignKeyViolation, psycopg.errors.RestrictViolation)


class IrModelConstraint(models.Model):
    _inherit = "ir.model.constraint"

    @api.private
    @api.model
    def _told(self, model, error, message=""):
        """The sentence for an IntegrityError on the table of `model` (None: of none); `message` is that of the
        constraint, where the model names it."""
        diag = error.diag
        if message:
            known = self.sudo().search([("name", "=", diag.constraint_name), ("message", "!=", False)], limit=1)
            return _("This cannot be done: %s", known.message or message)
        explain = BY_CLASS.get(type(error))
        if model is not None and explain is not None:
            return explain(self.env, model, diag)
        if isinstance(error, FOREIGN):
            return _("Other records are still linked to this one: take them off it first, or archive it.")
        return _("This cannot be done: %s", diag.message_primary or str(error))


# -- a sentence a class -----------------------------------------------------------------------------------------------
def _not_null(env, model, diag):
    return _(
        "“%(field)s” of %(model)s is required and would be empty: fill it in. If you were deleting something, this is "
        "where it is still needed: archive it instead.",
        field=_label(env, model, diag.column_name), model=_title(env, model),
    )  # fmt: skip


def _foreign_key(env, model, diag):
    key = KEY.search(diag.message_detail or "")
    column, value = (key["columns"], key["values"]) if key else ("", "")
    field = model._fields.get(column)
    if field is not None and field.type == "many2one":
        return _(
            "“%(field)s” of %(model)s names a record that is not there any more (number %(id)s): choose another one.",
            field=_label(env, model, column), model=_title(env, model), id=value,
        )  # fmt: skip
    field = next(
        (f for f in model._fields.values() if diag.constraint_name == f"{model._table}_{f.name}_fkey"),
        None,
    )
    if field is None or field.type != "many2one" or not value.isdecimal():
        return _("Records of %(model)s still need this one: archive it instead.", model=_title(env, model))
    found = model.with_context(active_test=False)
    names = _names(lambda: found.search([(field.name, "=", int(value))], limit=NAMED + 1))
    return _(
        "“%(record)s” is still needed by %(model)s, as “%(field)s”: %(users)s. Change or delete those first, or "
        "archive it instead.",
        record=(_names(lambda: env[field.comodel_name].browse(int(value))) or [value])[0],
        model=_title(env, model), field=_label(env, model, field.name),
        users=_listed(names) or _("records that you may not see"),
    )  # fmt: skip


def _unique(env, model, diag):
    key = KEY.search(diag.message_detail or "")
    columns = [column.strip() for column in key["columns"].split(",")] if key else []
    if not key or not all(column in model._fields for column in columns):
        return _(
            "%(model)s has a record with these values already, and may have only one: choose others. (%(constraint)s)",
            model=_title(env, model), constraint=diag.constraint_name or "",
        )  # fmt: skip
    return _(
        "%(model)s has a record with this %(fields)s already, and may have only one: %(values)s. Choose another value.",
        model=_title(env, model), values=key["values"][:LONGEST],
        fields=", ".join(f"“{_label(env, model, column)}”" for column in columns),
    )  # fmt: skip


def _check(env, model, diag):
    return _(
        "The values of %(model)s do not satisfy its rule %(constraint)s.",
        model=_title(env, model), constraint=diag.constraint_name or "",
    )  # fmt: skip


BY_CLASS = {
    psycopg.errors.NotNullViolation: _not_null,
    psycopg.errors.ForeignKeyViolation: _foreign_key,
    psycopg.errors.RestrictViolation: _foreign_key,
    psycopg.errors.UniqueViolation: _unique,
    psycopg.errors.CheckViolation: _check,
}


# -- what people call it ----------------------------------------------------------------------------------------------
def _title(env, model):
    return env["ir.model"].sudo()._get(model._name).name or model._description


def _label(env, model, column):
    field = model._fields.get(column)
    return str(field.get_description(env, ["string"])["string"] if field else column)


def _names(find):
    """The names of records; none where the user may not see one of them."""
    try:
        return [str(record.display_name) for record in find()]
    except (AccessError, MissingError):
        return []


def _listed(names):
    return ", ".join(f"“{name}”" for name in names[:NAMED]) + (" …" if len(names) > NAMED else "")
