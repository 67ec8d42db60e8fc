"""What one table says of another: the tables of pairs behind many2many fields, and the foreign keys of all tables.

Part of `schema`'s plan: `relations_of` and `create_relation` come with the tables, `plan` when all are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fondaco.errors import FieldError
from fondaco.orm.steps import CREATE, Step
from fondaco.sql.fragment import SQL
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.orm.schema import WantedTable
    from fondaco.sql import tables
    from fondaco.sql.tables import Catalog
else:
    tables = Postponed("fondaco.sql.tables")

REFER = "refer"
"""The action of a step that makes foreign keys."""
Relations = dict[str, list[tuple[Any, Any]]]
"""Table of pairs -> (model, many2many) of its users"""


def relations_of(wanted: Sequence[WantedTable]) -> Relations:
    """The tables of pairs that these models need, with all that use them (both ends may have a field)."""
    if not wanted:
        return {}
    needed: Relations = {}
    for table in wanted:
        for model in table.models:
            for field in model._fields.values():
                if field.type == "many2many" and field.store and getattr(field, "relation", None):
                    needed.setdefault(field.relation, []).append((model, field))
    own = {model._name for table in wanted for model in table.models}
    for name, model in wanted[0].models[0].pool.models.items():
        if name in own or model._abstract:
            continue
        for field in model._fields.values():
            if field.type == "many2many" and field.store and getattr(field, "relation", None) in needed:
                needed[field.relation].append((model, field))
    return needed


def create_relation(relation: str, users: Sequence[tuple[Any, Any]]) -> Step:
    """The table of pairs; `FieldError` where its users do not mean the same columns."""
    (_model, field), *others = users
    for _model, other in others:
        if {other.column1, other.column2} != {field.column1, field.column2}:
            raise FieldError(
                f"{field} and {other} use the same table {relation!r} with different columns: {field.column1}, "
                f"{field.column2} and {other.column1}, {other.column2}; give one of them another relation"
            )
    first, second = SQL.identifier(field.column1), SQL.identifier(field.column2)
    columns = [
        tables.column_sql(field.column1, "int4", SQL("NOT NULL")),
        tables.column_sql(field.column2, "int4", SQL("NOT NULL")),
        SQL("PRIMARY KEY (%s, %s)", first, second),
    ]
    # Without a name: PostgreSQL makes <table>_<column2>_<column1>_idx.
    back = SQL("CREATE INDEX ON %s (%s, %s)", SQL.identifier(relation), second, first)
    details = (f"column {field.column1} int4", f"column {field.column2} int4")
    return Step(relation, CREATE, (tables.create_table(relation, columns), back), details=details)


def plan(wanted: Sequence[WantedTable], relations: Relations, catalog: Catalog, *, avoid: set[str]) -> Iterator[Step]:
    """Foreign keys, last: by now every table is there. Two ALTER TABLE a table at most.

    When a row goes, PostgreSQL follows the keys that point to it in the order in which they were made. Rows that go
    along come first: were a link of theirs emptied before, their other keys would be looked at, of targets long gone.
    """
    keys: dict[str, list[tuple[str, str, str]]] = {}  # table -> (column, target, ondelete)
    for table in wanted:
        for field in table.fields.values():
            if field.type == "many2one" and not field.company_dependent:
                target = _target(table.models[0], field)
                if target and target not in avoid:
                    keys.setdefault(table.name, []).append((field.name, target, field.ondelete or "set null"))  # type: ignore[attr-defined]
    for relation, users in relations.items():
        existing = catalog.tables.get(relation)
        if existing is None or existing.kind == "table":
            keys[relation] = [(*key, ondelete) for key, ondelete in _pair(users).items() if key[1] not in avoid]
    for is_cascade in (True, False):
        for name, references in keys.items():
            yield from _refer(name, [key for key in references if (key[2] == "cascade") is is_cascade], catalog)


def _refer(name: str, references: Iterable[tuple[str, str, str]], catalog: Catalog) -> Iterator[Step]:
    """The keys of a table that are missing or have changed: (column, target, what happens when the target goes)."""
    actions: list[SQL] = []
    for column, target, ondelete in references:
        found = catalog.foreign_keys.get((name, column), [])
        if len(found) == 1 and (found[0].target, found[0].ondelete) == (target, ondelete):
            continue
        actions += [tables.drop_constraint(key.name) for key in found]
        actions.append(tables.add_foreign_key(name, column, target, ondelete))
    if actions:
        yield Step(name, REFER, (tables.alter_table(name, actions),), is_optional=name in catalog.tables)


def _pair(users: Sequence[tuple[Any, Any]]) -> dict[tuple[str, str], str]:
    """(column, table it points into) -> what happens when that row goes: a field says so for its far end."""
    found: dict[tuple[str, str], str] = {}
    for model, field in users:
        if target := _target(model, field):
            found[field.column2, target] = field.ondelete or "cascade"
    for model, field in users:
        if all(column != field.column1 for column, _target in found):
            found[field.column1, model._table] = "cascade"
    return found


def _target(model: Any, field: Any) -> str | None:
    """The table a relation points into; None if there is none (a view, a query, a model not loaded yet)."""
    comodel = model.pool.models.get(field.comodel_name)
    if comodel is None or comodel._abstract or not comodel._auto or comodel._table_query is not None:
        return None
    return str(comodel._table)
