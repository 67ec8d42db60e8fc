"""What a database holds at a moment, in numbers that can be compared: rows of each table, and the files they name.

The mark of a table is the sum of a hash of each row's text, so it does not depend on the order in which they lie.
"""

from __future__ import annotations

from dataclasses import dataclass

from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL

TEXT_FORMS = (
    ("timezone", "UTC"), ("datestyle", "ISO"), ("intervalstyle", "postgres"), ("extra_float_digits", "1"),
    ("bytea_output", "hex"), ("xmloption", "content"),
)  # fmt: skip
"""Settings that decide how a row is written as text."""

TABLES = SQL(
    """
    SELECT n.nspname, c.relname
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r'
       AND n.nspname <> 'information_schema'
       AND n.nspname !~ '^pg_'
       -- Rows of an extension's tables come with the extension.
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     ORDER BY n.nspname, c.relname
    """
)


@dataclass(frozen=True, slots=True)
class Mark:
    """The rows of a table: how many, and the sum of their hashes."""

    rows: int
    hash: str


def marks(cr: Cursor) -> dict[str, Mark]:
    """{"schema.table": mark} of every table, as this transaction sees them."""
    for name, value in TEXT_FORMS:
        cr.fetch(SQL("SELECT set_config(%s, %s, true)", name, value))
    return {f"{schema}.{table}": _mark(cr, schema, table) for schema, table in cr.fetch(TABLES)}


def _mark(cr: Cursor, schema: str, table: str) -> Mark:
    ((rows, total),) = cr.fetch(
        SQL(
            """
            SELECT count(*), COALESCE(sum(hashtextextended((fondaco_row.*)::text COLLATE "C", 0)::numeric), 0)::text
              FROM %s.%s AS fondaco_row
            """,
            SQL.identifier(schema),
            SQL.identifier(table),
        )
    )
    return Mark(rows, total)


def file_keys(cr: Cursor) -> list[str]:
    """The keys of the files that rows name, sorted."""
    rows = cr.fetch(
        SQL("SELECT DISTINCT store_fname FROM public.ir_attachment WHERE store_fname IS NOT NULL ORDER BY store_fname")
    )
    return [str(key) for (key,) in rows]


def differences(wanted: dict[str, Mark], found: dict[str, Mark]) -> list[str]:
    """A sentence for each table that is not what it was."""
    said = [f"table {name}: missing" for name in wanted if name not in found]
    said += [f"table {name}: was not there when it was backed up" for name in found if name not in wanted]
    for name, mark in wanted.items():
        there = found.get(name, mark)
        if there.rows != mark.rows:
            said.append(f"table {name}: {there.rows} rows, expected {mark.rows}")
        elif there.hash != mark.hash:
            said.append(f"table {name}: {there.rows} rows as expected, but not the same ones")
    return said
