"""What the code of upgraded modules defined once and defines no more: models, fields, constraints.

What describes them goes. Their columns and tables go when nothing is in them; what users entered stays, and a warning
says where it is. A migration script that moves the values, or renames the column, comes before this and leaves nothing.
"""

import logging
from collections.abc import Collection, Mapping
from typing import Any

from fondaco.data import xmlid as xmlids
from fondaco.sql.fragment import SQL

log = logging.getLogger(__name__)

TABLES = {
    "ir.model.constraint": "ir_model_constraint",
    "ir.model.fields.selection": "ir_model_fields_selection",
    "ir.model.inherit": "ir_model_inherit",
    "ir.model.fields": "ir_model_fields",
    "ir.model": "ir_model",
}
"""Model of a description -> its table, in the order in which their rows go."""
MADE_BY_HAND = frozenset({"ir.model", "ir.model.fields"})


def delete(env: Any, modules: Collection[str], loaded: Collection[str]) -> list[str]:
    """Delete the descriptions whose names `modules` had before their upgrade and not after; these names."""
    targets = xmlids.of_modules(env.cr, modules)
    gone = {name: target for name, target in targets.items() if target.model in TABLES and name not in loaded}
    manual = {model: _manual(env.cr, table) for model, table in TABLES.items() if model in MADE_BY_HAND}
    gone = {name: target for name, target in gone.items() if target.id not in manual.get(target.model, ())}
    xmlids.forget(env.cr, gone)
    for model, table in TABLES.items():
        ids = {target.id for target in gone.values() if target.model == model}
        ids -= xmlids.names_of(env.cr, model, ids).keys()  # another module defines it still
        if ids:
            DROPPERS.get(model, _nothing)(env, ids)
            env.cr.run(SQL("DELETE FROM %s WHERE id = ANY(%s)", SQL.identifier(table), sorted(ids)))
    env.invalidate_all()
    return list(gone)


def _manual(cr: Any, table: str) -> set[int]:
    """Models and fields made by hand, or by data files: those are records, with a life of their own."""
    return {id_ for (id_,) in cr.fetch(SQL("SELECT id FROM %s WHERE state = 'manual'", SQL.identifier(table)))}


def _nothing(env: Any, ids: Collection[int]) -> None:
    """Nothing in the database rests on these rows."""


def _drop_constraints(env: Any, ids: Collection[int]) -> None:
    rows = env.cr.fetch(
        SQL(
            "SELECT m.model, c.name FROM ir_model_constraint c JOIN ir_model m ON m.id = c.model WHERE c.id = ANY(%s)",
            sorted(ids),
        )
    )
    for model, name in rows:
        table = SQL.identifier(_table_of(env, model))
        env.cr.run(SQL("ALTER TABLE IF EXISTS %s DROP CONSTRAINT IF EXISTS %s", table, SQL.identifier(name)))
        log.info("constraint dropped model=%s name=%s", model, name)


def _drop_columns(env: Any, ids: Collection[int]) -> None:
    rows = env.cr.fetch(
        SQL("SELECT model, name, ttype, relation_table FROM ir_model_fields WHERE id = ANY(%s)", sorted(ids))
    )
    used = {
        field.relation for model in env.registry.models.values() for field in model._fields.values()
        if field.type == "many2many" and field.store
    }  # fmt: skip
    for model, name, kind, relation in rows:
        if kind == "many2many":
            if relation and relation not in used:
                _drop_table(env.cr, relation, f"{model}.{name}")
        elif model in env and name not in env[model]._fields and not env[model]._abstract:
            _drop_column(env.cr, env[model]._table, name, kind)


def _drop_column(cr: Any, table: str, column: str, kind: str) -> None:
    if not _has_column(cr, table, column):
        return
    names = SQL.identifier(table), SQL.identifier(column)
    has_value = SQL("IS TRUE") if kind == "boolean" else SQL("IS NOT NULL")
    if cr.fetch(SQL("SELECT 1 FROM %s WHERE %s %s LIMIT 1", *names, has_value)):
        log.warning(
            "column %s.%s: its field is gone, its values are kept; drop it when nobody needs them", table, column
        )
    else:
        cr.run(SQL("ALTER TABLE %s DROP COLUMN %s CASCADE", *names))
        log.info("column dropped table=%s column=%s", table, column)


def _has_column(cr: Any, table: str, column: str) -> bool:
    rows = cr.fetch(
        SQL(
            "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(quote_ident(%s)) AND attname = %s",
            table,
            column,
        )
    )
    return bool(rows)


def _drop_tables(env: Any, ids: Collection[int]) -> None:
    for (model,) in env.cr.fetch(SQL("SELECT model FROM ir_model WHERE id = ANY(%s)", sorted(ids))):
        if model not in env:
            _drop_table(env.cr, _table_of(env, model), model)


def _drop_table(cr: Any, table: str, what: str) -> None:
    rows = cr.fetch(SQL("SELECT relkind::text FROM pg_class WHERE oid = to_regclass(quote_ident(%s))", table))
    if not rows:
        return
    name = SQL.identifier(table)
    if rows[0][0] in ("v", "m"):
        kind = SQL("VIEW" if rows[0][0] == "v" else "MATERIALIZED VIEW")
        cr.run(SQL("DROP %s %s CASCADE", kind, name))
    elif cr.fetch(SQL("SELECT 1 FROM %s LIMIT 1", name)):
        log.warning("table %s: %s is gone, its rows are kept; drop the table when nobody needs them", table, what)
        return
    else:
        cr.run(SQL("DROP TABLE %s CASCADE", name))
    log.info("table dropped name=%s", table)


def _table_of(env: Any, model: str) -> str:
    return str(env[model]._table) if model in env else model.replace(".", "_")


DROPPERS: Mapping[str, Any] = {
    "ir.model.constraint": _drop_constraints,
    "ir.model.fields": _drop_columns,
    "ir.model": _drop_tables,
}
