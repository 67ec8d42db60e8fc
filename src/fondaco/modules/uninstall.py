"""A module taken back: its records, its columns and tables, its xmlids, its files.

`plan_removal` reads what the module alone brought (a value, printable); `remove` carries it out. What another installed
module brought too stays: a record, field or model is the module's alone when all its xmlids are.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import psycopg

from fondaco.data import xmlid as xmlids
from fondaco.data.xmlid import Target
from fondaco.errors import UserError
from fondaco.modules import culprit, followers, handmade, listing
from fondaco.modules.handmade import Handmade
from fondaco.modules.importing import import_module, run_hook
from fondaco.modules.leftovers import DESCRIPTIONS, heirs_first
from fondaco.modules.manifest import Manifest
from fondaco.sql.fragment import SQL

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes with a module, in the order in which it goes."""

    module: str
    records: tuple[tuple[str, int], ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    relations: tuple[str, ...] = ()
    constraints: tuple[tuple[str, str], ...] = ()
    tables: tuple[str, ...] = ()
    handmade: tuple[Handmade, ...] = ()
    """What SQL of the module made beside its models."""
    selection_ids: tuple[int, ...] = ()
    field_ids: tuple[int, ...] = ()
    model_ids: tuple[int, ...] = ()
    models: tuple[str, ...] = ()
    xmlids: tuple[str, ...] = ()

    @property
    def lost_tables(self) -> tuple[str, ...]:
        """Tables whose rows are records, or that the module keeps for itself."""
        return (*self.tables, *(thing.name for thing in self.handmade if thing.kind == "table"))

    def __str__(self) -> str:
        lines = [f"{self.module}: {len(self.records)} records, {len(self.xmlids)} xmlids"]
        lines += [f"drop table {table}" for table in (*self.relations, *self.tables)]
        lines += [f"drop column {table}.{column}" for table, column in self.columns]
        lines += [f"drop constraint {table}.{name}" for table, name in self.constraints]
        lines += [f"drop {thing}" for thing in self.handmade]
        return "\n".join(lines)


def plan_removal(env: Any, module: str) -> Removal:
    """What only `module` brought to the database."""
    targets = xmlids.of_modules(env.cr, [module])
    own = _only_of(env.cr, module, targets)
    models = {target.id: target for target in own.values() if target.model == "ir.model"}
    fields = [target.id for target in own.values() if target.model == "ir.model.fields"]
    gone_models = _models(env.cr, models)
    tables = tuple(_table_of(env, name) for name in gone_models.values())
    records = tuple(
        (target.model, target.id)
        for target in own.values()
        if target.model not in DESCRIPTIONS and target.model in env and target.model not in gone_models.values()
    )
    names = env.cr.fetch(SQL("SELECT model, name FROM ir_model_fields WHERE id = ANY(%s)", fields))
    views = [id_ for model, id_ in records if model == "ir.ui.view"]
    following = followers.find(env, list(gone_models.values()), list(gone_models), names, views)
    module_id = env.cr.fetch(SQL("SELECT id FROM ir_module_module WHERE name = %s", module))[0][0]
    return Removal(
        module=module,
        records=(*(record for record in following if record not in set(records)), *records),
        columns=tuple(_columns(env, fields, gone_models.values())),
        relations=tuple({*_rows_of(env.cr, "ir_model_relation", module_id), *_relations(env, fields)}),
        constraints=tuple(_constraints(env, module_id)),
        tables=tuple(table for table in tables if table),
        handmade=_handmade(env, module, set(gone_models.values()), set(names)),
        selection_ids=tuple(_selections(env.cr, own, fields)),
        field_ids=tuple(fields),
        model_ids=tuple(gone_models),
        models=tuple(gone_models.values()),
        xmlids=tuple(targets),
    )


def call_hook(env: Any, manifest: Manifest) -> None:
    """The module's own `uninstall_hook(env)`, before anything is taken back."""
    if manifest["uninstall_hook"]:
        with culprit.of(manifest, "its uninstall_hook"):
            run_hook(import_module(manifest), manifest, "uninstall_hook", env)
            env.flush_all()


def remove(env: Any, removal: Removal) -> None:
    """Take back what the plan says. The registry must be loaded with the module still in it, and reloaded after."""
    cr = env.cr
    _release(cr, removal.tables)
    for model, ids in _runs(heirs_first(env, removal.records, itemgetter(0))):
        _delete_records(env, model, ids)
    # Records that hold an added value follow the `ondelete` of that value.
    _delete_records(env, "ir.model.fields.selection", removal.selection_ids)
    env.flush_all()
    env.invalidate_all()
    for table, name in removal.constraints:
        cr.run(
            SQL("ALTER TABLE IF EXISTS %s DROP CONSTRAINT IF EXISTS %s", SQL.identifier(table), SQL.identifier(name))
        )
        cr.run(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(name)))  # what keeps encrypted values unique
    for table in (*removal.relations, *removal.tables):
        cr.run(SQL("DROP TABLE IF EXISTS %s CASCADE", SQL.identifier(table)))
    for table, column in removal.columns:
        cr.run(
            SQL(
                "ALTER TABLE IF EXISTS %s DROP COLUMN IF EXISTS %s CASCADE",
                SQL.identifier(table),
                SQL.identifier(column),
            )
        )
    handmade.drop(cr, removal.handmade)
    handmade.forget(cr, removal.module)
    _delete_descriptions(cr, removal)
    xmlids.forget(cr, removal.xmlids)
    listing.set_state(cr, [removal.module], "uninstalled")
    env.registry.clear_cache()
    log.info(
        "module uninstalled module=%s records=%d tables=%d columns=%d",
        removal.module,
        len(removal.records),
        len(removal.tables) + len(removal.relations),
        len(removal.columns),
    )


def _release(cr: Any, tables: Sequence[str]) -> None:
    """Rows of tables that go hold nothing back: a contact that the module brought for one of them goes too."""
    query = SQL(
        """
        SELECT class.relname, con.conname
          FROM pg_constraint con
          JOIN pg_class class ON class.oid = con.conrelid
         WHERE con.contype = 'f' AND class.relname = ANY(%s)
           AND class.relnamespace = current_schema()::regnamespace
        """,
        list(tables),
    )
    for table, name in cr.fetch(query):
        cr.run(SQL("ALTER TABLE %s DROP CONSTRAINT %s", SQL.identifier(table), SQL.identifier(name)))


def _delete_records(env: Any, model: str, ids: Sequence[int]) -> None:
    """Delete together; one by one where that fails, and leave with a word what cannot go."""
    records = env[model].with_context(_force_unlink=True, active_test=False).browse(ids).exists()
    if not records:
        return
    try:
        with env.cr.savepoint():
            records.unlink()
            env.flush_all()
    except (UserError, psycopg.Error) as error:
        if len(records) == 1:
            log.info("record kept model=%s id=%s: %s", model, records.id, error)
            return
        for id_ in records.ids:
            _delete_records(env, model, [id_])


def _runs(records: Iterable[tuple[str, int]]) -> list[tuple[str, list[int]]]:
    """Consecutive records of one model together."""
    runs: list[tuple[str, list[int]]] = []
    for model, id_ in records:
        if runs and runs[-1][0] == model:
            runs[-1][1].append(id_)
        else:
            runs.append((model, [id_]))
    return runs


def _only_of(cr: Any, module: str, targets: Mapping[str, Target]) -> dict[str, Target]:
    """Those of `targets` that no other module names."""
    shared = {
        (model, id_)
        for model, id_ in cr.fetch(
            SQL(
                """
                SELECT DISTINCT mine.model, mine.res_id
                  FROM ir_model_data mine
                  JOIN ir_model_data other
                    ON other.model = mine.model AND other.res_id = mine.res_id AND other.module != mine.module
                 WHERE mine.module = %s AND other.module != '__export__'
                """,
                module,
            )
        )
    }
    return {xmlid: target for xmlid, target in targets.items() if (target.model, target.id) not in shared}


def _handmade(env: Any, module: str, gone_models: Set[str], gone_fields: Set[tuple[str, str]]) -> tuple[Handmade, ...]:
    """What the SQL of this module alone made, but for what models that stay have taken for theirs since."""
    things = handmade.of_module(env.cr, module)
    if not things:
        return ()
    staying = [env[name] for name in env.registry.models if name not in gone_models]
    return handmade.in_order(handmade.undeclared(things, staying, gone_fields))


def _selections(cr: Any, own: Mapping[str, Target], field_ids: Sequence[int]) -> list[int]:
    """Values added to selection fields that stay."""
    ids = [target.id for target in own.values() if target.model == "ir.model.fields.selection"]
    rows = cr.fetch(
        SQL(
            "SELECT id FROM ir_model_fields_selection WHERE id = ANY(%s) AND NOT field_id = ANY(%s)",
            ids,
            list(field_ids),
        )
    )
    return [id_ for (id_,) in rows]


def _models(cr: Any, targets: Mapping[int, Target]) -> dict[int, str]:
    """The names of models by the id of their row."""
    rows = cr.fetch(SQL("SELECT id, model FROM ir_model WHERE id = ANY(%s)", list(targets)))
    return dict(rows)


def _table_of(env: Any, model: str) -> str:
    if model not in env:
        return model.replace(".", "_")
    found = env[model]
    return found._table if found._auto and not found._abstract else ""


def _columns(env: Any, field_ids: Sequence[int], gone: Iterable[str]) -> list[tuple[str, str]]:
    """The columns of fields, leaving out those whose table goes anyway."""
    names = set(gone)
    rows = env.cr.fetch(SQL("SELECT model, name FROM ir_model_fields WHERE id = ANY(%s)", list(field_ids)))
    columns = []
    for model, name in rows:
        if model in names or model not in env or env[model]._abstract:
            continue
        field = env[model]._fields.get(name)
        if field is not None and field.store and field.column_type:
            columns.append((env[model]._table, name))
    return columns


def _relations(env: Any, field_ids: Sequence[int]) -> set[str]:
    """The tables of many2many fields that go, where no field that stays uses them."""
    gone = set(env.cr.fetch(SQL("SELECT model, name FROM ir_model_fields WHERE id = ANY(%s)", list(field_ids))))
    tables: dict[bool, set[str]] = {True: set(), False: set()}
    for model_name, model in env.registry.models.items():
        if not model._abstract:
            for name, field in model._fields.items():
                if field.type == "many2many" and field.store and field.relation:
                    tables[(model_name, name) in gone].add(field.relation)
    return tables[True] - tables[False]


def _rows_of(cr: Any, table: str, module_id: int) -> list[str]:
    """Names that only this module has in a table of names."""
    rows = cr.fetch(
        SQL(
            """
            SELECT name
              FROM %(table)s mine
             WHERE module = %(module)s
               AND NOT EXISTS (
                   SELECT 1 FROM %(table)s other WHERE other.name = mine.name AND other.module != mine.module
               )
            """,
            table=SQL.identifier(table),
            module=module_id,
        )
    )
    return [name for (name,) in rows]


def _constraints(env: Any, module_id: int) -> list[tuple[str, str]]:
    rows = env.cr.fetch(
        SQL(
            """
            SELECT m.model, c.name
              FROM ir_model_constraint c
              JOIN ir_model m ON m.id = c.model
             WHERE c.module = %s
               AND NOT EXISTS (
                   SELECT 1
                     FROM ir_model_constraint o
                    WHERE o.name = c.name AND o.model = c.model AND o.module != c.module
               )
            """,
            module_id,
        )
    )
    return [(env[model]._table, name) for model, name in rows if model in env and not env[model]._abstract]


def _delete_descriptions(cr: Any, removal: Removal) -> None:
    """The rows that describe what is gone."""
    for table in ("ir_model_constraint", "ir_model_relation"):
        cr.run(
            SQL(
                "DELETE FROM %s USING ir_module_module m WHERE module = m.id AND m.name = %s",
                SQL.identifier(table),
                removal.module,
            )
        )
    fields, models = list(removal.field_ids), list(removal.model_ids)
    cr.run(
        SQL(
            """
            DELETE FROM ir_model_data
             WHERE (model = 'ir.model.fields.selection'
                    AND res_id IN (SELECT id FROM ir_model_fields_selection WHERE field_id = ANY(%s)))
                OR (model = 'ir.model.fields' AND res_id = ANY(%s))
                OR (model = 'ir.model' AND res_id = ANY(%s))
                OR model = ANY(%s)
            """,
            fields,
            fields,
            models,
            list(removal.models),
        )
    )
    cr.run(SQL("DELETE FROM ir_model_fields WHERE id = ANY(%s)", fields))
    cr.run(SQL("DELETE FROM ir_model WHERE id = ANY(%s)", models))
