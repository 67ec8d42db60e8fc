"""What must change in the tables for them to fit the models - a plan that can be read - and how it is carried out.

    steps = plan(models, Catalog.read(cr))      # a value; nothing is touched
    new_columns = apply(cr, steps, fill)        # `fill` gives new columns of old rows their values

No step loses data: a column whose type cannot be converted is renamed and stays; columns that no field asks for stay.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any

from fondaco.errors import FieldError
from fondaco.orm import references, sealed_plan
from fondaco.orm.fields.encrypted import index_expression
from fondaco.orm.steps import CREATE, Step, apply
from fondaco.sql.fragment import SQL
from fondaco.sql.literals import quote_text
from fondaco.sql.query import make_identifier
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.orm import sealed_columns
    from fondaco.orm.fields.base import Field
    from fondaco.sql import tables
    from fondaco.sql.tables import Catalog, Column, Index
else:
    sealed_columns = Postponed("fondaco.orm.sealed_columns")
    tables = Postponed("fondaco.sql.tables")

_logger = logging.getLogger(__name__)

SOURCE_LANGUAGE = "en_US"
ID_COLUMN = SQL("%s SERIAL PRIMARY KEY", SQL.identifier("id"))
_SIZE = re.compile(r"\((\d+)\)")


@dataclass
class WantedTable:
    """A table and what the models on it want of it."""

    name: str
    models: list[Any]
    catalog: Catalog
    is_new: bool
    fields: dict[str, Field[Any]] = dataclass_field(default_factory=dict)
    without_index: set[str] = dataclass_field(default_factory=set)
    """Names of indexes that the plan takes away before the type of their column changes."""


# -- planning -------------------------------------------------------------------------------------------------------
def plan(models: Iterable[Any], catalog: Catalog) -> list[Step]:
    """The steps from what is (`catalog`) to what the models want: tables and columns first, then what rests on them."""
    wanted = _tables_of(models, catalog)
    names = {table.name for table in wanted} | set(catalog.tables)
    parents = {**catalog.parents, **{t.name: p for t in wanted if (p := _parent_of(t))}}
    steps: list[Step] = []
    for table in sorted(wanted, key=lambda table: table.name in parents):
        steps += _create(table) if table.is_new else _fit_columns(table)
    relations = references.relations_of(wanted)
    # The first model that has the relation decides which column comes first.
    steps += [references.create_relation(name, users) for name, users in relations.items() if name not in names]
    for table in wanted:
        if not table.is_new:
            steps += _require(table)
        steps += _indexes(table)
        steps += _constraints(table)
    # A reference to a table that others inherit from would miss the rows of the others.
    steps += references.plan(wanted, relations, catalog, avoid=set(parents.values()))
    return steps


def plan_leftovers(models: Iterable[Any], catalog: Catalog) -> list[Step]:
    """Columns that no field of a complete registry fills any more: they stay, but may be empty."""
    steps = []
    for table in _tables_of(models, catalog):
        found = catalog.tables.get(table.name)
        left = [
            column.name
            for column in (found.columns.values() if found else ())
            if column.is_required and column.default is None and column.name not in table.fields and column.name != "id"
        ]
        if left:
            actions = [tables.drop_not_null(name) for name in left]
            steps.append(Step(table.name, "allow empty", (tables.alter_table(table.name, actions),)))
    return steps


def plan_required(models: Iterable[Any], catalog: Catalog) -> list[Step]:
    """NOT NULL for required fields whose column has become full since the tables were made."""
    return [step for table in _tables_of(models, catalog) if not table.is_new for step in _require(table)]


def _tables_of(models: Iterable[Any], catalog: Catalog) -> list[WantedTable]:
    """The tables behind the models; those of abstract models, views and queries are not ours to make."""
    found: dict[str, WantedTable] = {}
    for model in models:
        if model._abstract or not model._auto or model._table_query is not None:
            continue
        name = model._table
        existing = catalog.tables.get(name)
        if existing is not None and existing.kind not in ("table", "partitioned table"):
            _logger.warning(
                "%s: found a %s %s where a table was expected; left alone", model._name, existing.kind, name
            )
            continue
        table = found.setdefault(name, WantedTable(name, [], catalog, is_new=existing is None))
        table.models.append(model)
        for field in model._fields.values():
            if field.name != "id" and field.store and field.column_type:
                table.fields.setdefault(field.name, field)
    return list(found.values())


def _parent_of(table: WantedTable) -> str | None:
    """The table this one inherits its columns and ids from in PostgreSQL, for models that share one series of ids."""
    return next((parent for model in table.models if (parent := getattr(model, "_table_parent", None))), None)


def _create(table: WantedTable) -> Iterator[Step]:
    parent = _parent_of(table)
    columns = [ID_COLUMN]
    if parent is not None:
        series = SQL("DEFAULT nextval(%s::regclass) PRIMARY KEY", SQL(quote_text(f"{parent}_id_seq")))
        columns = [tables.column_sql("id", "int4", SQL("NOT NULL"), series)]
    for field in table.fields.values():
        columns.append(tables.column_sql(field.name, _type_of(field), *([SQL("NOT NULL")] if field.required else ())))
    details = ("column id int4", *(f"column {field.name} {_type_of(field)}" for field in table.fields.values()))
    yield Step(table.name, CREATE, (tables.create_table(table.name, columns, parent),), details=details)
    for field in table.fields.values():
        if field.encrypted:
            yield sealed_plan.begin(table, field)


def _type_of(field: Field[Any]) -> str:
    assert field.column_type, field
    return field.column_type[1]


# -- columns --------------------------------------------------------------------------------------------------------
def _fit_columns(table: WantedTable) -> Iterator[Step]:
    """Add what is missing, widen and convert what is there; new columns may be empty at first."""
    found = table.catalog.tables[table.name].columns
    is_child = _parent_of(table) is not None
    added: list[Field[Any]] = []
    actions: list[SQL] = []
    details: list[str] = []
    sealed: list[Step] = []
    for field in table.fields.values():
        column = found.get(field.name)
        if column is None:
            added.append(field)
            if field.encrypted:
                sealed.append(sealed_plan.begin(table, field))
            actions.append(tables.add_column(field.name, _type_of(field), is_given=is_child))
            details.append(f"add column {field.name} {_type_of(field)}")
            continue
        if (step := sealed_plan.change(table, column, field)) is not None:
            yield step
            continue
        wanted = field.column_type[0] if field.column_type else ""
        if column.type == wanted:
            if (change := _widening(column, field)) is not None:
                actions.append(change)
                details.append(f"widen column {field.name} to {_type_of(field)}")
        elif (using := _conversion(column, field)) is not None:
            # A default of the old type would stand in the way, and so would an index on parts of a text.
            if column.default is not None:
                actions.append(tables.drop_default(field.name))
            index = index_name(table.name, field.name)
            if index in table.catalog.indexes and wanted == "jsonb":
                table.without_index.add(index)
                yield Step(table.name, "drop index", (tables.drop_index(index),))
            actions.append(tables.change_type(field.name, _unsized(_type_of(field)), using))
            details.append(f"convert column {field.name} from {column.type} to {_unsized(_type_of(field))}")
        else:
            yield _move(table, column, field, found)
        if column.is_required and not field.required:
            actions.append(tables.drop_not_null(field.name))
            details.append(f"allow column {field.name} to be empty")
    if actions:
        columns = tuple((field.model_name, field.name) for field in added)
        statement = tables.alter_table(table.name, actions)
        yield Step(table.name, "alter table", (statement,), columns, is_change=True, details=tuple(details))
    yield from sealed


def _widening(column: Column, field: Field[Any]) -> SQL | None:
    """A longer varchar; a shorter one would cut values, so the column keeps its length."""
    if column.type != "varchar" or column.size is None:
        return None
    match = _SIZE.search(_type_of(field))
    if match is None or int(match[1]) > column.size:
        return tables.change_type(column.name, _type_of(field))
    return None


def _unsized(type_: str) -> str:
    return _SIZE.sub("", type_)


_CASTS = {
    ("int2", "int4"), ("int2", "int8"), ("int4", "int8"), ("int4", "float8"), ("int4", "numeric"), ("int8", "numeric"),
    ("float8", "numeric"), ("numeric", "float8"), ("float4", "float8"), ("int4", "varchar"), ("int8", "varchar"),
    ("int4", "text"), ("varchar", "text"), ("text", "varchar"), ("bpchar", "varchar"), ("bpchar", "text"), ("date",
    "timestamp"), ("json", "jsonb"),
}  # fmt: skip
"""(found, wanted) types whose cast keeps every value."""


def _conversion(column: Column, field: Field[Any]) -> SQL | None:
    """How to convert the column in place, or None where that would lose something."""
    name = SQL.identifier(column.name)
    wanted = field.column_type[0] if field.column_type else ""
    if (column.type, wanted) in _CASTS:
        return SQL("%s::%s", name, SQL(wanted))
    if wanted == "jsonb" and field.translate and column.type in ("varchar", "text", "bpchar"):
        return SQL("CASE WHEN %s IS NOT NULL THEN jsonb_build_object('en_US', %s::text) END", name, name)
    return None


def _move(table: WantedTable, column: Column, field: Field[Any], found: Collection[str]) -> Step:
    """Keep the old column under another name beside the new one, and copy what the new type can hold."""
    number = next(n for n in range(1, 1000) if f"{column.name}_moved{n}" not in found)
    moved = make_identifier(f"{column.name}_moved{number}")
    statements = [
        tables.rename_column(table.name, column.name, moved),
        tables.alter_table(table.name, [tables.drop_not_null(moved), tables.add_column(field.name, _type_of(field))]),
    ]
    old, new, target = SQL.identifier(moved), SQL.identifier(field.name), SQL.identifier(table.name)
    if column.type == "jsonb" and not field.company_dependent and field.type in ("char", "text", "html", "selection"):
        source = SQL("%s->>'%s'", old, SQL(SOURCE_LANGUAGE))
        statements.append(SQL("UPDATE %s SET %s = %s WHERE %s IS NOT NULL", target, new, source, old))
    elif field.company_dependent and "res_company" in table.catalog.tables:
        source = SQL("(SELECT jsonb_object_agg(c.id::text, %s.%s) FROM res_company c)", target, old)
        statements.append(SQL("UPDATE %s SET %s = %s WHERE %s IS NOT NULL", target, new, source, old))
    return Step(
        table.name,
        f"keep {column.name} as {moved}, renew",
        tuple(statements),
        ((field.model_name, field.name),),
        is_change=True,
        details=(f"keep column {column.name} {column.type} as {moved}, add it anew as {_type_of(field)}",),
    )


def _require(table: WantedTable) -> Iterator[Step]:
    """NOT NULL where a field is required and every row has a value."""
    found = table.catalog.tables[table.name].columns
    for field in table.fields.values():
        column = found.get(field.name)
        if not field.required or (column is not None and column.is_required and column.type == field.column_type[0]):  # type: ignore[index]
            continue
        yield Step(
            table.name,
            "require",
            (tables.alter_table(table.name, [tables.set_not_null(field.name)]),),
            is_optional=True,
            details=(f"require column {field.name}",),
            unless=SQL(
                "SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1", SQL.identifier(table.name), SQL.identifier(field.name)
            ),
        )


# -- indexes --------------------------------------------------------------------------------------------------------
def index_name(table: str, column: str) -> str:
    """The name of the index on one column."""
    return make_identifier(f"{table}__{column}_index")


def _indexes(table: WantedTable) -> Iterator[Step]:
    statements = []
    for field in table.fields.values():
        kind = (
            field.index
            or field.encrypted
            or (field.name == "parent_path" and any(model._parent_store for model in table.models))
        )
        name = index_name(table.name, field.name)
        found = table.catalog.indexes.get(name) if name not in table.without_index else None
        if not kind:
            if found is not None and "UNIQUE" not in found.definition:
                statements.append(tables.drop_index(name))  # ours, by its name, from when the field had one
            continue
        wanted = _index(table, field, name, "btree" if kind is True else str(kind))
        if wanted is None or (found is not None and _is_like(found, wanted)):
            continue
        if found is not None:
            statements.append(tables.drop_index(name))
        statements.append(wanted)
    if statements and table.is_new:
        yield Step(table.name, "index", tuple(statements))
    else:
        yield from (Step(table.name, "index", (statement,), is_optional=True) for statement in statements)


def _index(table: WantedTable, field: Field[Any], name: str, kind: str) -> SQL | None:
    column = SQL.identifier(field.name)
    has_value = SQL("%s IS NOT NULL", column)
    if field.encrypted:
        return tables.create_index(name, table.name, [index_expression(column)])
    if field.company_dependent:
        return tables.create_index(name, table.name, [SQL("(%s)", has_value)], where=has_value)
    if kind == "trigram":
        if "pg_trgm" not in table.catalog.extensions or field.type not in ("char", "text", "html", "selection"):
            return None
        text = SQL("jsonb_path_query_array(%s, '$.*')::text", column) if field.translate else column
        pool = table.models[0].pool
        if field.unaccent and pool.has_unaccent:
            if not pool.may_index_unaccent:
                return None  # searches read the rows one by one, and find the same
            text = pool.unaccent(text)
        return tables.create_index(name, table.name, [SQL("(%s) gin_trgm_ops", text)], method="gin")
    if field.translate:
        return None  # nobody asks for the languages of a value in their order
    if kind == "btree_not_null":
        return tables.create_index(name, table.name, [column], where=has_value)
    return tables.create_index(name, table.name, [column])


def _is_like(found: Index, wanted: SQL) -> bool:
    """Whether an index has the method and the extent that are wanted; PostgreSQL rewrites the expressions."""
    parts = ("USING gin", " WHERE ", "fondaco_unaccent(", "substr(")
    return found.is_valid and all((part in found.definition) == (part in wanted.code) for part in parts)


# -- constraints ----------------------------------------------------------------------------------------------------
def constraint_name(table: str, name: str) -> str:
    """The name in PostgreSQL of an entry of `_sql_constraints`."""
    return make_identifier(f"{table}_{name}")


def _constraints(table: WantedTable) -> Iterator[Step]:
    """Those of `_sql_constraints`; the comment keeps the definition as written, to be compared next time."""
    done = set()
    for model in table.models:
        for entry in model._sql_constraints:
            if not isinstance(entry, list | tuple) or len(entry) != 3:
                raise FieldError(
                    f"{model._name}: _sql_constraints has {entry!r}; expected (name, definition, message), as in "
                    "('name_uniq', 'UNIQUE (name)', 'There is one of this name already')"
                )
            key, definition, _message = entry
            name = constraint_name(table.name, key)
            if name in done:
                continue
            done.add(name)
            if definition and (columns := sealed_plan.read_by(table, definition)):
                yield from sealed_plan.constraint(table, name, definition, columns)
                continue
            found = table.catalog.constraints.get((table.name, name))
            if not definition or (found is not None and found.comment == definition):
                continue
            actions = [tables.drop_constraint(name)] if found is not None else []
            yield Step(
                table.name,
                "constrain",
                (
                    tables.alter_table(table.name, [*actions, tables.add_constraint(name, definition)]),
                    tables.comment_on_constraint(table.name, name, definition),
                ),
                is_optional=True,
                of=f"model {model._name}: entry {key!r} of _sql_constraints",
            )


# -- wanted and done ------------------------------------------------------------------------------------------------
def synchronise(models: Sequence[Any], later: list[Step] | None = None) -> list[tuple[str, str]]:
    """Make the tables fit these models (empty recordsets of one environment); (model, field) of columns new on old
    tables. `later` takes the steps that make foreign keys, for the caller to carry out when there are rows: to look at
    all of them once costs PostgreSQL less than at each as it comes."""
    if not models:
        return []
    env = models[0].env
    env.flush_all()

    def fill(model_name: str, field_name: str) -> None:
        env[model_name]._init_column(field_name)

    steps = plan(models, _catalog_of(models))
    if later is not None:
        later += [step for step in steps if step.action == references.REFER]
        steps = [step for step in steps if step.action != references.REFER]
    return apply(env.cr, steps, fill)


def _catalog_of(models: Sequence[Any]) -> Catalog:
    """What a plan for these models looks at."""
    names = {"res_company", *(model._table for model in models)}  # values may come to be kept by company
    names |= {
        field.relation for model in models for field in model._fields.values() if getattr(field, "relation", None)
    }
    return tables.Catalog.read(models[0].env.cr, names)


def fill_column(model: Any, field_name: str) -> None:
    """Give the rows without a value in a new column the field's default."""
    field = model._fields[field_name]
    if field.default is None or field.is_recomputed:
        return
    table, column = SQL.identifier(model._table), SQL.identifier(field_name)
    if not model.env.cr.fetch(SQL("SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1", table, column)):
        return
    value = field.default(model)
    value = field.convert_to_write(field.convert_to_cache(value, model, validate=False), model)
    if field.encrypted:
        if value is not False:
            sealed_columns.fill(model.env.cr, field.box(), model._table, field_name, value)
        return
    value = field.convert_to_column(value, model)
    if value is not None:
        model.env.cr.execute(SQL("UPDATE %s SET %s = %s WHERE %s IS NULL", table, column, value, column))


def tighten(models: Sequence[Any]) -> None:
    """Require the columns that were filled after `synchronise`."""
    if models:
        models[0].env.flush_all()
        apply(models[0].env.cr, plan_required(models, _catalog_of(models)))


def allow_empty_leftovers(models: Sequence[Any]) -> None:
    """Let columns that no field of a complete registry fills be empty, so that rows can be made without them."""
    cr = models[0].env.cr
    apply(cr, plan_leftovers(models, tables.Catalog.read(cr)))
