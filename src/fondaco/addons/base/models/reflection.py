"""How rows that describe the registry reach their tables: one statement, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from fondaco.registry.described import Described
from fondaco.sql.fragment import SQL

Row = Mapping[str, Any]


def upsert(
    cr: Any,
    table: str,
    keys: Sequence[str],
    columns: Mapping[str, str],
    rows: Iterable[Row],
    *,
    translated: Sequence[str] = (),
    known: Described | None = None,
) -> dict[tuple[Any, ...], int]:
    """Make `table` hold `rows` and return the id of each by its key columns.

    columns: name -> SQL type, keys included. `translated` columns are jsonb by language: their English is replaced,
    other languages stay. Rows that are equal already are not touched, nor looked at if `known` has them.
    """
    if known is None:
        return _written(cr, table, keys, columns, [*rows], translated)
    there = known.rows.setdefault(table, {})
    ids, new = {}, {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        found = there.get(key)
        if found is not None and found[0] == row:
            ids[key] = found[1]
        else:
            new[key] = row
    written = _written(cr, table, keys, columns, [*new.values()], translated)
    there.update((key, (new[key], id_)) for key, id_ in written.items())
    return ids | written


def _written(
    cr: Any, table: str, keys: Sequence[str], columns: Mapping[str, str], rows: list[Row], translated: Sequence[str]
) -> dict[tuple[Any, ...], int]:
    if not rows:
        return {}
    rows = [{**row, "ordinal": number} for number, row in enumerate(rows)]
    same = SQL(" AND ").join(SQL("%s = %s", SQL.identifier("t", key), SQL.identifier("v", key)) for key in keys)
    others = [name for name in columns if name not in keys]
    parts = {
        "table": SQL.identifier(table),
        "columns": SQL(", ").join(SQL.identifier(name) for name in columns),
        "values": SQL(", ").join(SQL.identifier("v", name) for name in columns),
        "types": SQL(", ").join(SQL("%s %s", SQL.identifier(name), SQL(kind)) for name, kind in columns.items()),
        "keys": SQL(", ").join(SQL.identifier("t", key) for key in keys),
        "same": same,
        "changed": SQL(", changed AS (%s)", _update(table, others, same, translated)) if others else SQL(""),
    }
    cr.execute(
        SQL(
            """
            WITH given AS MATERIALIZED (
                SELECT * FROM json_to_recordset(%(rows)s) AS r(ordinal int4, %(types)s)
            ) %(changed)s, added AS (
                INSERT INTO %(table)s AS t (%(columns)s)
                SELECT %(values)s FROM given AS v
                 WHERE NOT EXISTS (SELECT 1 FROM %(table)s AS t WHERE %(same)s)
                 ORDER BY v.ordinal
             RETURNING t.id, %(keys)s
            )
            SELECT * FROM added
             UNION ALL
            SELECT t.id, %(keys)s FROM %(table)s AS t JOIN given AS v ON %(same)s
            """,
            rows=orjson.dumps(rows).decode(),
            **parts,
        )
    )
    return {tuple(row[1:]): row[0] for row in cr.fetchall()}


def _update(table: str, others: Sequence[str], same: SQL, translated: Sequence[str]) -> SQL:
    """UPDATE of the rows of `table` whose `others` columns differ from what is given."""
    changes, differences = [], []
    for name in others:
        column, found, wanted = SQL.identifier(name), SQL.identifier("t", name), SQL.identifier("v", name)
        if name in translated:
            changes.append(SQL("%s = COALESCE(%s, '{}'::jsonb) || %s", column, found, wanted))
            differences.append(SQL("(%s -> 'en_US') IS DISTINCT FROM (%s -> 'en_US')", found, wanted))
        else:
            changes.append(SQL("%s = %s", column, wanted))
            differences.append(SQL("%s IS DISTINCT FROM %s", found, wanted))
    return SQL(
        "UPDATE %s AS t SET %s FROM given AS v WHERE %s AND (%s)",
        SQL.identifier(table),
        SQL(", ").join(changes),
        same,
        SQL(" OR ").join(differences),
    )
