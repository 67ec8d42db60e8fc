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
    others = [name for name in columns if name not in keys]
    changes, differences = _changes(others, translated)
    parts = {
        "table": SQL.identifier(table),
        "columns": _joined(SQL.identifier(name) for name in columns),
        "values": _joined(SQL.identifier("v", name) for name in columns),
        "types": _joined(SQL("%s %s", SQL.identifier(name), SQL(kind)) for name, kind in columns.items()),
        "keys": _joined(SQL.identifier("t", key) for key in keys),
        "given": _joined(SQL.identifier("v", key) for key in keys),
        "same": _joined((SQL("%s = %s", SQL.identifier("t", key), SQL.identifier("v", key)) for key in keys), " AND "),
        "differs": _joined(differences, " OR ") if others else SQL("FALSE"),
    }
    parts["changed"] = SQL("")
    if others:
        parts["changed"] = SQL(
            ", changed AS (UPDATE %s AS t SET %s FROM given AS v WHERE t.id = v.id AND v.differs)",
            parts["table"],
            _joined(changes),
        )
    # The table is looked through once: it may be long, and no statistics tell PostgreSQL so while it is being filled.
    cr.execute(
        SQL(
            """
            WITH given AS MATERIALIZED (
                SELECT v.*, t.id, %(differs)s AS differs
                  FROM json_to_recordset(%(rows)s) AS v(ordinal int4, %(types)s)
                  LEFT JOIN %(table)s AS t ON %(same)s
            ) %(changed)s, added AS (
                INSERT INTO %(table)s AS t (%(columns)s)
                SELECT %(values)s FROM given AS v
                 WHERE v.id IS NULL
                 ORDER BY v.ordinal
             RETURNING t.id, %(keys)s
            )
            SELECT * FROM added
             UNION ALL
            SELECT v.id, %(given)s FROM given AS v WHERE v.id IS NOT NULL
            """,
            rows=orjson.dumps(rows).decode(),
            **parts,
        )
    )
    return {tuple(row[1:]): row[0] for row in cr.fetchall()}


def _joined(parts: Iterable[SQL], between: str = ", ") -> SQL:
    return SQL(between).join(parts)


def _changes(names: Sequence[str], translated: Sequence[str]) -> tuple[list[SQL], list[SQL]]:
    """How the columns of a row `t` become those of `v`, and when they differ."""
    changes, differences = [], []
    for name in names:
        column, found, wanted = SQL.identifier(name), SQL.identifier("t", name), SQL.identifier("v", name)
        if name in translated:
            changes.append(SQL("%s = COALESCE(%s, '{}'::jsonb) || %s", column, found, wanted))
            differences.append(SQL("(%s -> 'en_US') IS DISTINCT FROM (%s -> 'en_US')", found, wanted))
        else:
            changes.append(SQL("%s = %s", column, wanted))
            differences.append(SQL("%s IS DISTINCT FROM %s", found, wanted))
    return changes, differences
