"""How is PostgreSQL: sessions, long transactions, waits for locks, deadlocks, what autovacuum leaves undone?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fondaco.monitoring.table import Sheet
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

TABLES = 10  # of a database, those with most dead rows


def cluster(sheet: Sheet, cr: Cursor, databases: Sequence[str]) -> None:
    """The whole server, and these databases of it, as far as our role may know."""
    sheet.put("fondaco_pg_up", 1)
    connections, limit, workers = cr.fetch(
        SQL(
            """
            SELECT count(*) FILTER (WHERE backend_type = 'client backend'), current_setting('max_connections')::int,
                   count(*) FILTER (WHERE backend_type = 'autovacuum worker')
              FROM pg_stat_activity
            """
        )
    )[0]
    sheet.put("fondaco_pg_connections", connections)
    sheet.put("fondaco_pg_connections_limit", limit)
    sheet.put("fondaco_pg_autovacuum_workers", workers)
    _sessions(sheet, cr, databases)
    rows = cr.fetch(
        SQL(
            """
            SELECT datname, deadlocks, xact_commit, xact_rollback, blks_hit, blks_read, temp_bytes
              FROM pg_stat_database
             WHERE datname = ANY(%s)
            """,
            list(databases),
        )
    )
    for database, deadlocks, commits, rollbacks, hit, read, temporary in rows:
        sheet.put("fondaco_pg_deadlocks_total", deadlocks, database)
        sheet.put("fondaco_pg_transactions_total", commits, database, "commit")
        sheet.put("fondaco_pg_transactions_total", rollbacks, database, "rollback")
        sheet.put("fondaco_pg_blocks_total", hit, database, "hit")
        sheet.put("fondaco_pg_blocks_total", read, database, "read")
        sheet.put("fondaco_pg_temporary_bytes_total", temporary, database)


def _sessions(sheet: Sheet, cr: Cursor, databases: Sequence[str]) -> None:
    query = SQL(
        """
        SELECT datname, COALESCE(state, 'unknown'), count(*),
               COALESCE(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8,
               COALESCE(max(extract(epoch FROM clock_timestamp() - query_start))
                            FILTER (WHERE state = 'active'), 0)::float8,
               count(*) FILTER (WHERE wait_event_type = 'Lock')
          FROM pg_stat_activity
         WHERE datname = ANY(%s) AND backend_type = 'client backend' AND pid <> pg_backend_pid()
         GROUP BY 1, 2
        """,
        list(databases),
    )
    longest = {name: [0.0, 0.0, 0.0] for name in databases}
    for database, state, number, transaction_s, statement_s, waiting in cr.fetch(query):
        sheet.put("fondaco_pg_sessions", number, database, state)
        one = longest[database]
        one[:] = max(one[0], transaction_s), max(one[1], statement_s), one[2] + waiting
    for database, (transaction_s, statement_s, waiting) in longest.items():
        sheet.put("fondaco_pg_longest_transaction_seconds", transaction_s, database)
        sheet.put("fondaco_pg_longest_statement_seconds", statement_s, database)
        sheet.put("fondaco_pg_lock_waiters", waiting, database)


def database(sheet: Sheet, cr: Cursor) -> None:
    """The cursor's database: its size, and what autovacuum has still to do."""
    sheet.put(
        "fondaco_pg_database_bytes", cr.fetch(SQL("SELECT pg_database_size(current_database())"))[0][0], cr.dbname
    )
    query = SQL(
        """
        SELECT relname, n_dead_tup,
               extract(epoch FROM clock_timestamp() - GREATEST(last_vacuum, last_autovacuum))::float8,
               extract(epoch FROM clock_timestamp() - GREATEST(last_analyze, last_autoanalyze))::float8
          FROM pg_stat_user_tables
         WHERE n_dead_tup > 0
         ORDER BY n_dead_tup DESC, relname
         LIMIT %s
        """,
        TABLES,
    )
    for table, dead, vacuumed_s, analyzed_s in cr.fetch(query):
        sheet.put("fondaco_pg_table_dead_rows", dead, cr.dbname, table)
        if vacuumed_s is not None:
            sheet.put("fondaco_pg_table_vacuum_age_seconds", vacuumed_s, cr.dbname, table)
        if analyzed_s is not None:
            sheet.put("fondaco_pg_table_analyze_age_seconds", analyzed_s, cr.dbname, table)
