"""Functions of `odoo.tools.sql` over our statements: they take a cursor, carry out, and answer.

The core composes statements with `fondaco.sql.tables` and plans them; addons and their hooks call these one by one.
"""

from __future__ import annotations

import enum
import json
import logging
import re
from typing import Any

import psycopg

from fondaco.sql.fragment import SQL
from fondaco.sql.query import make_identifier
from fondaco.values.texts import escape_psql, reverse_order

__all__ = ["escape_psql", "make_identifier", "reverse_order"]

_schema = logging.getLogger("odoo.schema")

_CONFDELTYPES = {"RESTRICT": "r", "NO ACTION": "a", "CASCADE": "c", "SET NULL": "n", "SET DEFAULT": "d"}
_TYPE = re.compile(r"^[a-zA-Z][\w ,.:'()\[\]]*$")  # a type, and what an addon adds to it: NOT NULL DEFAULT now()
_SAFE_WORDS = {word: SQL(word) for word in (*_CONFDELTYPES, "btree", "gin", "gist", "hash", "brin", "spgist")}


class TableKind(enum.Enum):
    """What a relation is."""

    Regular = "r"
    Temporary = "t"
    View = "v"
    Materialized = "m"
    Foreign = "f"
    Other = None


def _rows(cr: Any, query: SQL) -> list[tuple[Any, ...]]:
    cr.execute(query)
    found: list[tuple[Any, ...]] = cr.fetchall()
    return found


def _type(columntype: str) -> SQL:
    if not _TYPE.match(columntype):
        raise ValueError(f"{columntype!r} is no column type")
    return SQL(columntype)


def _verbatim(text: str) -> SQL:
    """SQL text of an addon (a constraint, an index expression) as it is; its percent signs are literal."""
    return SQL(text.replace("%", "%%"))


def existing_tables(cr: Any, tablenames: Any) -> list[str]:
    """Those of the names that are tables, views or the like in the current schema."""
    query = SQL(
        """
        SELECT c.relname
          FROM pg_class c
         WHERE c.relname IN %s
           AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
           AND c.relnamespace = current_schema::regnamespace
        """,
        tuple(tablenames),
    )
    return [name for (name,) in _rows(cr, query)]


def table_exists(cr: Any, tablename: str) -> bool:
    return len(existing_tables(cr, (tablename,))) == 1


def table_kind(cr: Any, tablename: str) -> TableKind | None:
    """The kind of a relation, None if there is none of that name."""
    query = SQL(
        """
        SELECT c.relkind::text, c.relpersistence::text
          FROM pg_class c
         WHERE c.relname = %s
           AND (c.relnamespace = current_schema::regnamespace OR c.relpersistence = 't')
        """,
        tablename,
    )
    rows = _rows(cr, query)
    if not rows:
        return None
    kind, persistence = rows[0]
    if kind == "r" and persistence == "t":
        return TableKind.Temporary
    return TableKind(kind) if kind in "rvmf" else TableKind.Other


def create_model_table(cr: Any, tablename: str, comment: str | None = None, columns: Any = ()) -> None:
    """A table with `id` and the given (name, type, comment) columns."""
    parts = [SQL("id SERIAL NOT NULL"), *(SQL("%s %s", SQL.identifier(n), _type(t)) for n, t, _c in columns)]
    cr.execute(SQL("CREATE TABLE %s (%s, PRIMARY KEY(id))", SQL.identifier(tablename), SQL(", ").join(parts)))
    if comment:
        cr.execute(SQL("COMMENT ON TABLE %s IS %s", SQL.identifier(tablename), comment))
    for name, _columntype, column_comment in columns:
        cr.execute(SQL("COMMENT ON COLUMN %s IS %s", SQL.identifier(tablename, name), column_comment))
    _schema.debug("Table %r: created", tablename)


def table_columns(cr: Any, tablename: str) -> dict[str, dict[str, Any]]:
    """{name: {column_name, udt_name, character_maximum_length, is_nullable}}."""
    cr.execute(
        SQL(
            """
            SELECT column_name, udt_name, character_maximum_length, is_nullable
              FROM information_schema.columns
             WHERE table_name = %s
               AND table_schema = current_schema
            """,
            tablename,
        )
    )
    return {row["column_name"]: row for row in cr.dictfetchall()}


def column_exists(cr: Any, tablename: str, columnname: str) -> bool:
    return columnname in table_columns(cr, tablename)


def create_column(cr: Any, tablename: str, columnname: str, columntype: str, comment: str | None = None) -> None:
    """Add a column; a boolean one starts as false, which is cheaper now than an update later."""
    default = SQL(" DEFAULT false") if columntype.upper() == "BOOLEAN" else SQL()
    column = SQL.identifier(columnname)
    cr.execute(SQL("ALTER TABLE %s ADD COLUMN %s %s%s", SQL.identifier(tablename), column, _type(columntype), default))
    if default.code:
        cr.execute(SQL("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", SQL.identifier(tablename), column))
    if comment:
        cr.execute(SQL("COMMENT ON COLUMN %s IS %s", SQL.identifier(tablename, columnname), comment))
    _schema.debug("Table %r: added column %r of type %s", tablename, columnname, columntype)


def rename_column(cr: Any, tablename: str, columnname1: str, columnname2: str) -> None:
    cr.execute(
        SQL(
            "ALTER TABLE %s RENAME COLUMN %s TO %s",
            SQL.identifier(tablename), SQL.identifier(columnname1), SQL.identifier(columnname2),
        )
    )  # fmt: skip


def convert_column(cr: Any, tablename: str, columnname: str, columntype: str) -> None:
    """Change the type of a column, its values cast."""
    _convert(cr, tablename, columnname, columntype, SQL("%s::%s", SQL.identifier(columnname), _type(columntype)))


def convert_column_translatable(cr: Any, tablename: str, columnname: str, columntype: str) -> None:
    """Change a column between text and translations; the text is that of the source language."""
    column = SQL.identifier(columnname)
    drop_index(cr, make_index_name(tablename, columnname), tablename)
    if columntype == "jsonb":
        using = SQL("CASE WHEN %s IS NOT NULL THEN jsonb_build_object('en_US', %s::varchar) END", column, column)
    else:
        using = SQL("%s->>'en_US'", column)
    _convert(cr, tablename, columnname, columntype, using)


def _convert(cr: Any, tablename: str, columnname: str, columntype: str, using: SQL) -> None:
    query = SQL(
        "ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT, ALTER COLUMN %s TYPE %s USING %s",
        SQL.identifier(tablename), SQL.identifier(columnname), SQL.identifier(columnname), _type(columntype), using,
    )  # fmt: skip
    try:
        with cr.savepoint(flush=False):
            cr.execute(query, log_exceptions=False)
    except psycopg.NotSupportedError:
        drop_depending_views(cr, tablename, columnname)
        cr.execute(query)


def drop_depending_views(cr: Any, table: str, column: str) -> None:
    """Drop the views that use a column; models with `_auto = False` make theirs again."""
    for view, kind in get_depending_views(cr, table, column):
        materialized = SQL("MATERIALIZED ") if kind == "m" else SQL()
        cr.execute(SQL("DROP %sVIEW IF EXISTS %s CASCADE", materialized, SQL.identifier(view)))


def get_depending_views(cr: Any, table: str, column: str) -> list[tuple[str, str]]:
    """(name, kind) of the views that use a column."""
    return _rows(  # type: ignore[return-value]
        cr,
        SQL(
            """
            SELECT DISTINCT quote_ident(dependee.relname), dependee.relkind::text
              FROM pg_depend
              JOIN pg_rewrite ON pg_depend.objid = pg_rewrite.oid
              JOIN pg_class AS dependee ON pg_rewrite.ev_class = dependee.oid
              JOIN pg_class AS dependent ON pg_depend.refobjid = dependent.oid
              JOIN pg_attribute
                ON pg_depend.refobjid = pg_attribute.attrelid
               AND pg_depend.refobjsubid = pg_attribute.attnum
             WHERE dependent.relname = %s
               AND pg_attribute.attname = %s
               AND dependee.relkind IN ('v', 'm')
            """,
            table, column,
        ),
    )  # fmt: skip


def set_not_null(cr: Any, tablename: str, columnname: str) -> None:
    """Add NOT NULL; the error of PostgreSQL where rows have none."""
    table, column = SQL.identifier(tablename), SQL.identifier(columnname)
    cr.execute(SQL("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL", table, column))


def drop_not_null(cr: Any, tablename: str, columnname: str) -> None:
    table, column = SQL.identifier(tablename), SQL.identifier(columnname)
    cr.execute(SQL("ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL", table, column))


def constraint_definition(cr: Any, tablename: str, constraintname: str) -> str | None:
    """The definition a constraint was made with (its comment), else PostgreSQL's own wording."""
    rows = _rows(
        cr,
        SQL(
            """
            SELECT COALESCE(d.description, pg_get_constraintdef(c.oid))
              FROM pg_constraint c
              JOIN pg_class t ON t.oid = c.conrelid
         LEFT JOIN pg_description d ON c.oid = d.objoid
             WHERE t.relname = %s
               AND conname = %s
               AND t.relnamespace = current_schema::regnamespace
            """,
            tablename, constraintname,
        ),
    )  # fmt: skip
    return rows[0][0] if rows else None


def add_constraint(cr: Any, tablename: str, constraintname: str, definition: str) -> None:
    """Add a constraint and note its definition in its comment; a failure is logged with what to do, and raised."""
    table, name = SQL.identifier(tablename), SQL.identifier(constraintname)
    try:
        with cr.savepoint(flush=False):
            added = SQL("ALTER TABLE %s ADD CONSTRAINT %s %s", table, name, _verbatim(definition))
            cr.execute(added, log_exceptions=False)
            cr.execute(SQL("COMMENT ON CONSTRAINT %s ON %s IS %s", name, table, definition), log_exceptions=False)
    except psycopg.Error as error:
        raise type(error)(
            f"Table {tablename!r}: unable to add constraint {constraintname!r} as {definition}: {error}"
        ) from error
    _schema.debug("Table %r: added constraint %r as %s", tablename, constraintname, definition)


def drop_constraint(cr: Any, tablename: str, constraintname: str) -> None:
    cr.execute(
        SQL("ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", SQL.identifier(tablename), SQL.identifier(constraintname))
    )


def add_foreign_key(
    cr: Any, tablename1: str, columnname1: str, tablename2: str, columnname2: str, ondelete: str
) -> bool:
    cr.execute(
        SQL(
            "ALTER TABLE %s ADD FOREIGN KEY (%s) REFERENCES %s(%s) ON DELETE %s",
            SQL.identifier(tablename1), SQL.identifier(columnname1), SQL.identifier(tablename2),
            SQL.identifier(columnname2), _SAFE_WORDS[ondelete.upper()],
        )
    )  # fmt: skip
    return True


def get_foreign_keys(
    cr: Any, tablename1: str, columnname1: str, tablename2: str, columnname2: str, ondelete: str
) -> list[str]:
    """Names of the foreign keys that say exactly this."""
    found = _foreign_keys(cr, tablename1, columnname1)
    wanted = (tablename2, columnname2, _CONFDELTYPES[ondelete.upper()])
    return [name for name, *target in found if tuple(target) == wanted]


def fix_foreign_key(
    cr: Any, tablename1: str, columnname1: str, tablename2: str, columnname2: str, ondelete: str
) -> bool | None:
    """Make the column refer as said: foreign keys that say otherwise go. True if one was added."""
    wanted = (tablename2, columnname2, _CONFDELTYPES[ondelete.upper()])
    found = False
    for name, *target in _foreign_keys(cr, tablename1, columnname1):
        if tuple(target) == wanted and not found:
            found = True
        else:
            drop_constraint(cr, tablename1, name)
    if not found:
        return add_foreign_key(cr, tablename1, columnname1, tablename2, columnname2, ondelete)
    return None


def _foreign_keys(cr: Any, tablename: str, columnname: str) -> list[tuple[Any, ...]]:
    return _rows(
        cr,
        SQL(
            """
            SELECT fk.conname, c2.relname, a2.attname, fk.confdeltype::text
              FROM pg_constraint AS fk
              JOIN pg_class AS c1 ON fk.conrelid = c1.oid
              JOIN pg_class AS c2 ON fk.confrelid = c2.oid
              JOIN pg_attribute AS a1 ON a1.attrelid = c1.oid AND fk.conkey[1] = a1.attnum
              JOIN pg_attribute AS a2 ON a2.attrelid = c2.oid AND fk.confkey[1] = a2.attnum
             WHERE fk.contype = 'f'
               AND c1.relname = %s
               AND a1.attname = %s
               AND c1.relnamespace = current_schema::regnamespace
            """,
            tablename, columnname,
        ),
    )  # fmt: skip


def index_exists(cr: Any, indexname: str) -> bool:
    query = SQL("SELECT 1 FROM pg_indexes WHERE indexname = %s AND schemaname = current_schema", indexname)
    return bool(_rows(cr, query))


check_index_exist = index_exists


def make_index_name(table_name: str, column_name: str) -> str:
    """The name of the index on a column, within PostgreSQL's length."""
    return make_identifier(f"{table_name}__{column_name}_index")


def create_index(
    cr: Any, indexname: str, tablename: str, expressions: Any, method: str = "btree", where: str = ""
) -> None:
    """Create an index unless one of that name is there; expressions are SQL text."""
    _create_index(cr, indexname, tablename, expressions, method, where, unique=False)


def create_unique_index(cr: Any, indexname: str, tablename: str, expressions: Any) -> None:
    _create_index(cr, indexname, tablename, expressions, "btree", "", unique=True)


def _create_index(cr: Any, name: str, table: str, expressions: Any, method: str, where: str, *, unique: bool) -> None:
    if index_exists(cr, name):
        return
    cr.execute(
        SQL(
            "CREATE %sINDEX %s ON %s USING %s (%s)%s",
            SQL("UNIQUE ") if unique else SQL(),
            SQL.identifier(name),
            SQL.identifier(table),
            _SAFE_WORDS[method],
            SQL(", ").join(_verbatim(expression) for expression in expressions),
            SQL(" WHERE %s", _verbatim(where)) if where else SQL(),
        )
    )
    _schema.debug("Table %r: created index %r (%s)", table, name, ", ".join(expressions))


def drop_index(cr: Any, indexname: str, tablename: str) -> None:
    cr.execute(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(indexname)))


def drop_view_if_exists(cr: Any, viewname: str) -> None:
    """Drop a view, materialized or not; nothing if there is none."""
    kind = table_kind(cr, viewname)
    if kind == TableKind.View:
        cr.execute(SQL("DROP VIEW %s CASCADE", SQL.identifier(viewname)))
    elif kind == TableKind.Materialized:
        cr.execute(SQL("DROP MATERIALIZED VIEW %s CASCADE", SQL.identifier(viewname)))


def increment_fields_skiplock(records: Any, *fields: str) -> bool:
    """Add one to integer fields of `records` if nobody holds a row; False if somebody does."""
    if not records:
        return False
    for name in fields:
        if records._fields[name].type != "integer":
            raise ValueError(f"{records._name}.{name}: only integer fields can be incremented")
    cr = records._cr
    table = SQL.identifier(records._table)
    cr.execute(
        SQL(
            """
            UPDATE %s
               SET %s
             WHERE id IN (SELECT id FROM %s WHERE id = ANY(%s) FOR UPDATE SKIP LOCKED)
            """,
            table,
            SQL(", ").join(
                SQL("%s = COALESCE(%s, 0) + 1", SQL.identifier(name), SQL.identifier(name)) for name in fields
            ),
            table,
            list(records.ids),
        )
    )
    return bool(cr.rowcount)


def pg_varchar(size: int = 0) -> str:
    """'VARCHAR' or 'VARCHAR(size)'."""
    if not isinstance(size, int):
        raise ValueError(f"VARCHAR parameter should be an int, got {type(size)}")
    return f"VARCHAR({size})" if size > 0 else "VARCHAR"


def value_to_translated_trigram_pattern(value: str) -> str:
    """A LIKE pattern for the JSON text of translations that hold `value`; '%' for too few letters to help an index."""
    if len(value) < 3:
        return "%"
    escaped = escape_psql(json.dumps(value)[1:-1])
    return f"%{escaped}%"


def pattern_to_translated_trigram_pattern(pattern: str) -> str:
    """A LIKE pattern for the JSON text of translations that match the LIKE `pattern`."""
    pieces = [piece for piece in re.split(r"(?<!\\)[%_]", pattern) if len(piece) >= 3]
    inner = "%".join(json.dumps(re.sub(r"\\(.)", r"\1", piece))[1:-1].replace("\\", "\\\\") for piece in pieces)
    return f"%{inner}%" if inner else "%"
