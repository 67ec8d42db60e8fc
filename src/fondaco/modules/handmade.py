"""What the SQL of modules made in a database beside the tables of their models: told at install, dropped at removal.

    before = read(cr)
    ...                                  # hooks, `init`, data
    remember(cr, "queue", undeclared(made(before, read(cr)), models))

Models, their fields and constraints are described by rows of their own, and leave with these. A table, view, function,
trigger, sequence, index, constraint, type or column that a hook made is described by nobody; so the catalogue is
compared before and after the module's code ran. Extensions stay, since others may use them by now, and so do foreign
keys on columns of others.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Set
from typing import Any, NamedTuple

from psycopg.errors import DependentObjectsStillExist

from fondaco.orm.schema import constraint_name, index_name
from fondaco.sql.fragment import SQL

log = logging.getLogger(__name__)


class Handmade(NamedTuple):
    """A thing in the schema; `table` is the one it belongs to, or empty. The name of a routine has its arguments."""

    kind: str
    table: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.table}.{self.name}" if self.table else f"{self.kind} {self.name}"


# What a column or a constraint brings along is left out: it goes with them. So are the sequences of records.
READ = SQL(
    """
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
           WHEN 'f' THEN 'foreign table' ELSE 'table' END, '', c.relname::text
      FROM pg_class c
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
       AND NOT (c.relkind = 'S' AND (
           c.relname ~ '^ir_sequence_[0-9]'
           OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                         AND d.deptype IN ('a', 'i'))
       ))
     UNION ALL
    SELECT 'column', c.relname::text, a.attname::text
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'f')
       AND a.attnum > 0 AND NOT a.attisdropped
     UNION ALL
    SELECT 'index', c.relname::text, i.relname::text
      FROM pg_index x
      JOIN pg_class c ON c.oid = x.indrelid
      JOIN pg_class i ON i.oid = x.indexrelid
     WHERE c.relnamespace = current_schema()::regnamespace
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid)
     UNION ALL
    SELECT 'constraint', c.relname::text, k.conname::text
      FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid
     WHERE c.relnamespace = current_schema()::regnamespace AND k.contype IN ('c', 'u', 'x')
     UNION ALL
    SELECT 'trigger', c.relname::text, t.tgname::text
      FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal
     UNION ALL
    SELECT 'routine', '', p.oid::regprocedure::text
      FROM pg_proc p
     WHERE p.pronamespace = current_schema()::regnamespace
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                          AND d.deptype = 'e')
     UNION ALL
    SELECT 'type', '', t.typname::text
      FROM pg_type t
 LEFT JOIN pg_class c ON c.oid = t.typrelid
     WHERE t.typnamespace = current_schema()::regnamespace
       AND (t.typtype IN ('d', 'e', 'r') OR c.relkind = 'c')
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid
                          AND d.deptype = 'e')
    """
)
TABLE = SQL(
    """
    CREATE TABLE IF NOT EXISTS fondaco_handmade (
        module text NOT NULL,
        kind text NOT NULL,
        "table" text NOT NULL,
        name text NOT NULL,
        PRIMARY KEY (module, kind, "table", name)
    )
    """
)
RELATIONS = ("table", "foreign table")


def read(cr: Any) -> set[tuple[str, str, str]]:
    """Everything that is in the schema now, as (kind, table, name)."""
    return set(cr.fetch(READ))


def made(before: Set[tuple[str, str, str]], after: Set[tuple[str, str, str]]) -> set[Handmade]:
    """What is new in `after`, without what goes with a new table."""
    new = {Handmade(*thing) for thing in after - before}
    tables = {thing.name for thing in new if thing.kind in RELATIONS}
    return {thing for thing in new if thing.table not in tables}


def undeclared(things: Set[Handmade], models: Iterable[Any], gone: Collection[tuple[str, str]] = ()) -> Set[Handmade]:
    """Those of the things that none of the `models` asks of the schema by its fields and constraints; the fields
    `gone` do not count."""
    tables = {thing.table or thing.name for thing in things}
    concerned = [model for model in models if not model._abstract and not tables.isdisjoint(_tables(model))]
    return things - _declared(concerned, gone)


def _tables(model: Any) -> Iterator[str]:
    yield model._table
    for field in model._fields.values():
        if field.type == "many2many" and field.store:
            yield field.relation


def _declared(models: Iterable[Any], gone: Collection[tuple[str, str]]) -> set[Handmade]:
    found = set()
    for model in models:
        table = model._table
        found |= {Handmade(kind, "", table) for kind in ("table", "foreign table", "view", "materialized view")}
        found |= {Handmade("constraint", table, constraint_name(table, key)) for key, *_ in model._sql_constraints}
        for name, field in model._fields.items():
            if (model._name, name) in gone or not field.store:
                continue
            if field.type == "many2many":
                found.add(Handmade("table", "", field.relation))
            found |= {Handmade("column", table, name), Handmade("index", table, index_name(table, name))}
    return found


# -- bookkeeping ----------------------------------------------------------------------------------------------------
def set_up(cr: Any) -> None:
    """Make the table that remembers."""
    cr.run(TABLE)


def remember(cr: Any, module: str, things: Iterable[Handmade]) -> None:
    """`module` made these."""
    rows = sorted(things)
    if not rows:
        return
    set_up(cr)  # a database from an earlier version
    kinds, tables, names = (list(column) for column in zip(*rows, strict=True))
    cr.run(
        SQL(
            """
            INSERT INTO fondaco_handmade (module, kind, "table", name)
            SELECT %s, made.* FROM unnest(%s::text[], %s::text[], %s::text[]) AS made
                ON CONFLICT DO NOTHING
            """,
            module, kinds, tables, names,
        )
    )  # fmt: skip
    log.info("module has things of its own in the schema module=%s: %s", module, ", ".join(map(str, rows)))


def forget(cr: Any, module: str) -> None:
    if _is_set_up(cr):
        cr.run(SQL("DELETE FROM fondaco_handmade WHERE module = %s", module))


def of_module(cr: Any, module: str) -> set[Handmade]:
    """What `module` made, no other module made too, and is still there."""
    if not _is_set_up(cr):
        return set()
    rows = cr.fetch(
        SQL(
            """
            SELECT kind, "table", name
              FROM fondaco_handmade mine
             WHERE module = %s
               AND NOT EXISTS (
                   SELECT FROM fondaco_handmade other
                    WHERE (other.kind, other."table", other.name) = (mine.kind, mine."table", mine.name)
                      AND other.module != mine.module
               )
            """,
            module,
        )
    )
    return {Handmade(*row) for row in read(cr).intersection(rows)} if rows else set()


def _is_set_up(cr: Any) -> bool:
    return bool(cr.fetch(SQL("SELECT to_regclass('fondaco_handmade') IS NOT NULL"))[0][0])


# -- removal --------------------------------------------------------------------------------------------------------
def drop(cr: Any, things: Iterable[Handmade]) -> list[Handmade]:
    """Drop them, each after what rests on it; the answer is what must stay, because something else rests on it."""
    waiting = list(things)
    while waiting:
        left = [thing for thing in waiting if not _is_dropped(cr, thing)]
        if len(left) == len(waiting):
            break
        waiting = left
    for thing in waiting:
        log.warning("%s stays: something that is not of its module rests on it", thing)
    return waiting


def _is_dropped(cr: Any, thing: Handmade) -> bool:
    try:
        with cr.savepoint(flush=False):
            cr.execute(drop_sql(thing), log_exceptions=False)
    except DependentObjectsStillExist:
        return False
    return True


DROP = {
    "trigger": SQL("DROP TRIGGER IF EXISTS"),
    "view": SQL("DROP VIEW IF EXISTS"),
    "materialized view": SQL("DROP MATERIALIZED VIEW IF EXISTS"),
    "index": SQL("DROP INDEX IF EXISTS"),
    "constraint": SQL("DROP CONSTRAINT IF EXISTS"),
    "column": SQL("DROP COLUMN IF EXISTS"),
    "table": SQL("DROP TABLE IF EXISTS"),
    "foreign table": SQL("DROP FOREIGN TABLE IF EXISTS"),
    "routine": SQL("DROP ROUTINE IF EXISTS"),
    "sequence": SQL("DROP SEQUENCE IF EXISTS"),
    "type": SQL("DROP TYPE IF EXISTS"),
}
"""By kind, those first that mostly rest on the others."""


def in_order(things: Iterable[Handmade]) -> tuple[Handmade, ...]:
    """By kind as in `DROP`, then by name."""
    kinds = list(DROP)
    return tuple(sorted(things, key=lambda thing: (kinds.index(thing.kind), thing)))


def drop_sql(thing: Handmade) -> SQL:
    """The statement; it fails when something rests on the thing."""
    if thing.kind == "routine":
        # PostgreSQL itself wrote, and quoted, the name with its types.
        name = SQL(thing.name.replace("%", "%%"))
    else:
        name = SQL.identifier(thing.name)
    statement = SQL("%s %s", DROP[thing.kind], name)
    if thing.kind == "trigger":
        return SQL("%s ON %s", statement, SQL.identifier(thing.table))
    if thing.kind in ("column", "constraint"):
        return SQL("ALTER TABLE IF EXISTS %s %s", SQL.identifier(thing.table), statement)
    return statement
