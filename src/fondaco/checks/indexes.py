"""Indexes that are missing: those that a module declares, and those that what is searched in a large table would use.

PostgreSQL counts how often a table was read from end to end, and pg_stat_statements keeps the conditions of statements.
Without the latter, columns that refer to other records and declared ones are what can be named. An index is suggested
under a name that no field gives its own: `fondaco module upgrade` drops those alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, passed, skipped, warned
from fondaco.checks.site import Site
from fondaco.sql.fragment import SQL

LEAST_ROWS = 10_000
"""Below that, a sequential scan is what PostgreSQL would choose anyway"""
LEAST_READINGS = 1_000
"""So often a table was read whole since its counters began: more than backups do in two years"""
LOGGED = ("create_uid", "write_uid")
"""They refer to users in every table; hardly anything is searched by them"""
SHOWN = 5
UNINDEXED = SQL(
    """
    SELECT t.relname::text, a.attname::text, greatest(t.n_live_tup, c.reltuples)::bigint,
           COALESCE(t.seq_scan, 0), COALESCE(t.seq_tup_read, 0),
           COALESCE(f.index, FALSE) AND f.ttype NOT IN ('char', 'text', 'html', 'selection') AND y.typname <> 'jsonb',
           EXISTS (SELECT FROM pg_constraint k
                    WHERE k.conrelid = t.relid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum])
      FROM pg_stat_user_tables t
      JOIN pg_class c ON c.oid = t.relid
      JOIN pg_attribute a ON a.attrelid = t.relid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type y ON y.oid = a.atttypid
      LEFT JOIN ir_model_fields f ON replace(f.model, '.', '_') = t.relname AND f.name = a.attname AND f.store
     WHERE t.schemaname = current_schema()
       AND NOT EXISTS (
           SELECT FROM pg_index x
            WHERE x.indrelid = t.relid AND x.indisvalid AND (x.indkey[0] = a.attnum OR x.indkey[0] = 0 AND EXISTS (
                SELECT FROM pg_depend d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = x.indexrelid
                   AND d.refobjid = t.relid AND d.refobjsubid = a.attnum)))
     ORDER BY 5 DESC, 1, a.attnum
    """
)
"""Columns that no index begins with. Texts may be declared with an index for parts of words, which not every PostgreSQL
can have, and translated ones have none: they do not count as declared."""
UNFINISHED = SQL(
    """
    SELECT i.relname::text
      FROM pg_index x
      JOIN pg_class i ON i.oid = x.indexrelid
     WHERE NOT x.indisvalid AND i.relnamespace = current_schema()::regnamespace
       AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = x.indexrelid)
     ORDER BY 1
    """
)
HAS_STATEMENTS = SQL("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements')")
CONDITION = re.compile(r'"(?P<table>\w+)"\."(?P<column>\w+)"\s*(?:=|<=?|>=?|IN\b)\s*(?:ANY\s*)?[($]', re.IGNORECASE)
"""A column that is compared with a value, and not with the column of another table."""


@dataclass(frozen=True, slots=True)
class Unindexed:
    """A column that no index begins with, of a table that was read whole `scans` times, `read` rows altogether."""

    table: str
    column: str
    rows: int
    scans: int
    read: int
    is_declared: bool
    refers: bool

    @property
    def is_in_the_way(self) -> bool:
        return self.rows >= LEAST_ROWS and self.read >= LEAST_READINGS * self.rows

    @property
    def statement(self) -> str:
        """What makes the index while people work."""
        return f"CREATE INDEX CONCURRENTLY {self.table}_{self.column}_idx ON {self.table} ({self.column})"


def conditions(statement: str) -> set[tuple[str, str]]:
    """(table, column) of what a statement of the server compares with values."""
    _before, where, after = statement.partition(" WHERE ")
    return {(found["table"], found["column"]) for found in CONDITION.finditer(after)} if where else set()


def suggested(columns: Iterable[Unindexed], compared: set[tuple[str, str]] | None) -> list[Unindexed]:
    """Those whose index would have spared readings of whole tables.

    compared: what statements have compared with values; None where nobody kept them.
    """
    busy = [column for column in columns if column.is_in_the_way]
    if compared is not None:
        return [column for column in busy if (column.table, column.column) in compared]
    return [column for column in busy if column.is_declared or (column.refers and column.column not in LOGGED)]


def _compared(site: Site, database: str) -> set[tuple[str, str]] | None:
    ((is_kept,),) = site.rows(HAS_STATEMENTS)
    if not is_kept:
        return None
    kept = SQL(
        "SELECT query FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = %s", database
    )
    return {pair for (statement,) in site.rows(kept) for pair in conditions(" ".join(statement.split()))}


def missing_indexes(site: Site) -> Finding:
    """What is declared and not there, what did not come to its end, and what the load of large tables asks for."""
    if site.pools is None or not site.databases:
        return skipped("there is no database, or PostgreSQL was not asked")
    said: list[str] = []
    steps: list[str] = []
    for name in site.databases:
        found = [Unindexed(*row) for row in site.rows(UNINDEXED, name)]
        for (index,) in site.rows(UNFINISHED, name):
            said.append(f"{name}: {index} did not come to its end, and serves nobody")
            steps.append(f"REINDEX INDEX CONCURRENTLY {index}")
        wanted = suggested(found, _compared(site, name))
        for column in wanted:
            said.append(
                f"{name}: {column.table} was read whole {column.scans} times, {column.read} rows of "
                f"{column.rows} altogether, without an index on {column.column}"
            )
            steps.append(column.statement)
        declared = [column for column in found if column.is_declared and column not in wanted]
        for column in declared:
            said.append(f"{name}: the index that is declared on {column.table}.{column.column} is not there")
            steps.append(f"fondaco module upgrade of the module that has {column.table}, -d {name}")
    if not said:
        return passed(f"no index is missing in {len(site.databases)} databases, by what was read so far")
    more = f"; and {len(said) - SHOWN} more" if len(said) > SHOWN else ""
    return warned("; ".join(said[:SHOWN]) + more, "; ".join(dict.fromkeys(steps[:SHOWN])))


CHECKS = (
    Check(
        "postgresql.indexes",
        "4:272, 4:273",
        "What is searched in large tables has an index",
        "A table that is read whole for each search is slower each month.",
        missing_indexes,
    ),
)
