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
    "CREATE EXTENSION pg_stat_statements in the database"
)


def slowest(cr: Cursor, most: int) -> list[dict[str, Any]] | None:
    """The statements of the cursor's database that took most time together; None where nobody counts."""
    found = cr.fetch(WHERE)
    if not found:
        return None
    query = SQL(
        """
        SELECT calls, total_exec_time / 1000, mean_exec_time, rows, left(query, 2000)
          FROM %s.pg_stat_statements
         WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         ORDER BY total_exec_time DESC
         LIMIT %s
        """,
        SQL.identifier(found[0][0]),
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
