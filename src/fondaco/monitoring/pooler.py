"""How is PgBouncer: SHOW POOLS and SHOW STATS of its console, where our role may ask (`stats_users`)?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from fondaco.monitoring.table import Sheet
from fondaco.sql import console

MICROSECONDS = 1e-6

Settings = Callable[[str], Mapping[str, Any]]


def pools(sheet: Sheet, settings: Settings, databases: Collection[str]) -> None:
    """Pools and statistics of these databases. settings: how to connect to a database, in libpq's names."""
    shown_pools, statistics = console.shown(settings(console.NAME), "SHOW POOLS", "SHOW STATS")
    sheet.put("fondaco_pgbouncer_up", 1)
    _put_pools(sheet, [row for row in shown_pools if row["database"] in databases])
    for row in statistics:
        if (database := row["database"]) in databases:
            sheet.put("fondaco_pgbouncer_transactions_total", row["total_xact_count"], database)
            sheet.put("fondaco_pgbouncer_queries_total", row["total_query_count"], database)
            sheet.put("fondaco_pgbouncer_query_seconds_total", int(row["total_query_time"]) * MICROSECONDS, database)
            sheet.put("fondaco_pgbouncer_wait_seconds_total", int(row["total_wait_time"]) * MICROSECONDS, database)


def _put_pools(sheet: Sheet, rows: list[dict[str, Any]]) -> None:
    """A database has a pool for each role that uses it."""
    sums: dict[tuple[str, str, str], float] = defaultdict(float)
    waits: dict[str, float] = defaultdict(float)
    for row in rows:
        database = row["database"]
        for state in ("active", "waiting"):
            sums["fondaco_pgbouncer_clients", database, state] += int(row[f"cl_{state}"])
        for state in ("active", "idle", "used", "login"):
            sums["fondaco_pgbouncer_servers", database, state] += int(row[f"sv_{state}"])
        waits[database] = max(waits[database], int(row["maxwait"]) + int(row.get("maxwait_us", 0)) * MICROSECONDS)
    for (name, database, state), number in sums.items():
        sheet.put(name, number, database, state)
    for database, seconds in waits.items():
        sheet.put("fondaco_pgbouncer_longest_wait_seconds", seconds, database)
