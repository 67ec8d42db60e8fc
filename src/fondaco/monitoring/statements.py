"""Which statements take most of PostgreSQL's time, where it keeps count (the extension pg_stat_statements)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg.errors

from fondaco.sql.fragment import SQL
from fondaco.sql.scrub import without_values

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

WHERE = SQL(
    """
    SELECT namespace.nspname
      FROM pg_extension AS extension
      JOIN pg_namespace AS namespace ON namespace.oid = extension.extnamespace
     WHERE extension.extname = 'pg_stat_statements'
    """
)
MISSING = (
    "PostgreSQL does not keep count of statements: shared_preload_libraries = 'pg_stat_statements', restart it, and "
    "CREATE EXTENSION pg_stat_statements in the database, or in postgres for all of them"
)


def slowest(cr: Cursor, database: str, most: int) -> list[dict[str, Any]] | None:
    """The statements of a database that took most time together; None where the cursor's has not the extension."""
    found = cr.fetch(WHERE)
    if not found:
        return None
    query = SQL(
        """
        SELECT calls, total_exec_time / 1000, mean_exec_time, rows, left(query, 2000)
          FROM %s.pg_stat_statements
         WHERE dbid = (SELECT oid FROM pg_database WHERE datname = %s)
         ORDER BY total_exec_time DESC
         LIMIT %s
        """,
        SQL.identifier(found[0][0]),
        database,
        most,
    )
    try:
        counted = cr.fetch(query)
    except psycopg.errors.ObjectNotInPrerequisiteState:
        return None  # the extension is there and the library is not loaded
    return [
        {"calls": calls, "seconds": seconds, "mean_ms": mean_ms, "rows": rows, "statement": without_values(text)}
        for calls, seconds, mean_ms, rows, text in counted
    ]
