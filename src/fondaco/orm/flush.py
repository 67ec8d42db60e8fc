"""What must reach the table, and in which statements? New rows first, then one UPDATE for each set of columns.

Nothing else in the house emits UPDATE on a model's table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import compress
from typing import Any

import orjson

from fondaco.orm.fields.base import Field
from fondaco.orm.recordset import Recordset, missing_error
from fondaco.sql.fragment import SQL


class Flushing(Recordset):
    """Facet: the dirty pile to the tables."""

    __slots__ = ()

    def flush_model(self, fnames: Iterable[str] | None = None) -> None:
        """Recompute and write the pending values of the model; `fnames`: only if one of these is pending."""
        self._recompute_model(fnames)
        self._flush(fnames)

    def flush_recordset(self, fnames: Iterable[str] | None = None) -> None:
        """As `flush_model`, if one of these records has pending values."""
        if not any(self._ids):
            return
        self._recompute_recordset(fnames)
        fields = self._fields.values() if fnames is None else [self._fields[name] for name in fnames]
        unborn = self.env.transaction.unborn.get(self._name)
        if self.env.cache.has_dirty_fields(self, fields) or (unborn and not unborn.keys().isdisjoint(self._ids)):
            self._flush(None)

    def _flush(self, fnames: Iterable[str] | None = None) -> None:
        transaction = self.env.transaction
        if self._name in transaction.unborn:
            self._insert_unborn()
        dirty = transaction.cache.dirty
        if not dirty:
            return
        if fnames is not None and not any(self._fields[name] in dirty for name in fnames):
            return
        fields = [field for field in dirty if field.model_name == self._name]
        if fields:
            self._update_rows(fields)

    def _update_rows(self, fields: Sequence[Field[Any]]) -> None:
        """Write the dirty values of `fields`, rows with the same dirty fields together."""
        env = self.env
        cache = env.cache
        groups: dict[tuple[Field[Any], ...], list[int]] = {}
        first = cache.dirty[fields[0]]
        if all(len(cache.dirty[f]) == len(first) and set(cache.dirty[f]) == set(first) for f in fields[1:]):
            groups[tuple(fields)] = list(first)
        else:
            by_id: dict[int, list[Field[Any]]] = {}
            for field in fields:
                for id_ in cache.dirty[field]:
                    by_id.setdefault(id_, []).append(field)
            for id_, its_fields in by_id.items():
                groups.setdefault(tuple(its_fields), []).append(id_)
        statements = []
        for group, ids in groups.items():
            # rows are updated in the order of their ids, so that two transactions take their locks in the same order
            statements.append((ids, update_statement(self, group, sorted(ids))))
        for field in fields:
            cache.clear_dirty_field(field)
        for ids, statement in statements:
            if env.cr.run(statement) < len(ids):
                records = self.browse(tuple(ids))
                raise missing_error(records - records.exists())

    def _write(self, vals: dict[str, Any]) -> None:
        """Write `vals` to the rows at once."""
        for name, value in vals.items():
            self._fields[name].write(self, value)
        self.flush_recordset(list(vals))

    def _write_multi(self, vals_list: Sequence[dict[str, Any]]) -> None:
        """Write a dict on each record, at once."""
        for record, vals in zip(self, vals_list, strict=True):
            for name, value in vals.items():
                self._fields[name].write(record, value)
        self.flush_recordset()

    # -- forgetting ----------------------------------------------------------------------------------------------------
    def invalidate_model(self, fnames: Iterable[str] | None = None, flush: bool = True) -> None:
        """Forget the cached values of the model's records, pending ones being flushed first."""
        if flush:
            self.flush_model(fnames)
        self._invalidate_cache(fnames)

    def invalidate_recordset(self, fnames: Iterable[str] | None = None, flush: bool = True) -> None:
        """Forget the cached values of these records, pending ones being flushed first."""
        if flush:
            self.flush_recordset(fnames)
        self._invalidate_cache(fnames, self._ids)

    def _invalidate_cache(self, fnames: Iterable[str] | None = None, ids: Sequence[Any] | None = None) -> None:
        fields = list(self._fields.values()) if fnames is None else [self._fields[name] for name in fnames]
        inverses = [inverse for field in fields for inverse in self.pool.field_inverses.get(field, ())]
        self.env.cache.invalidate([(field, ids) for field in fields] + [(field, None) for field in inverses])


def update_statement(model: Recordset, fields: Sequence[Field[Any]], ids: Sequence[int]) -> SQL:
    """UPDATE of `fields` on the rows `ids` with their values in the cache."""
    env = model.env
    columns = [column_values(env, field, ids) for field in fields]
    table = SQL.identifier(model._table)
    if len(ids) == 1 or all(is_same(column) for column in columns):
        assignments = SQL(", ").join(
            SQL("%s = %s", SQL.identifier(field.name), merged(env, field, column, parameter(field, column[0])))
            for field, column in zip(fields, columns, strict=True)
        )
        if len(ids) == 1:
            return SQL("UPDATE %s SET %s WHERE id = %s", table, assignments, ids[0])
        return SQL("UPDATE %s SET %s WHERE id = ANY(%s)", table, assignments, list(ids))
    # what is the same in all rows is said once
    differing = [not is_same(column) for column in columns]
    assignments = SQL(", ").join(
        SQL(
            "%s = %s",
            SQL.identifier(field.name),
            merged(
                env,
                field,
                column,
                SQL.identifier("_new", field.name) if differs else parameter(field, column[0]),
                model._table,
            ),
        )
        for field, column, differs in zip(fields, columns, differing, strict=True)
    )
    fields, columns = list(compress(fields, differing)), list(compress(columns, differing))
    return SQL(
        'UPDATE %s SET %s FROM %s WHERE %s."id" = "_new"."id"',
        table,
        assignments,
        rows_from_json(fields, ids, columns, "_new"),
        table,
    )


def rows_from_json(
    fields: Sequence[Field[Any]], ids: Sequence[int], columns: Sequence[Sequence[Any]], alias: str
) -> SQL:
    """A row source of id and `fields`, carried by one JSON parameter."""
    names = ["id", *(field.name for field in fields)]
    rows = [dict(zip(names, row, strict=True)) for row in zip(ids, *columns, strict=True)]
    types = SQL(", ").join(
        [SQL('"id" int4'), *(SQL("%s %s", SQL.identifier(field.name), SQL(field.column_cast)) for field in fields)]
    )
    return SQL("json_to_recordset(%s::json) AS %s(%s)", to_json(rows), SQL.identifier(alias), types)


def column_values(env: Any, field: Field[Any], ids: Sequence[int]) -> list[Any]:
    """The cached values of `field` on `ids`, as the driver takes them (jsonb: dict of the keys to merge, or None)."""
    if field.json_key is not None:
        keyed = env.cache.keyed.get(field, {})
        return [keyed.get(id_) for id_ in ids]
    column = env.columns[field]
    if field.context_keys:
        # written in an environment of another context: a write keeps one column and drops the value from the others
        column = {id_: known[id_] for known in env.cache.columns(field) for id_ in ids if id_ in known}
    return field.to_columns(column, ids, env)


def merged(env: Any, field: Field[Any], column: Sequence[Any], value: SQL, table: str | None = None) -> SQL:
    """What a column becomes: the value, or, of jsonb by language or company, the stored object with the new keys.

    `value` stands for one of the values in `column`.
    """
    if field.json_key is None:
        return value
    stored = SQL.identifier(table, field.name) if table else SQL.identifier(field.name)
    if field.translate:
        # a language without text shows the source's: the first text written is the source's too
        return SQL(
            "CASE WHEN %(new)s IS NULL THEN NULL"
            " ELSE jsonb_build_object('en_US', (SELECT v FROM jsonb_each(%(new)s) AS e(k, v) LIMIT 1))"
            " || COALESCE(%(old)s, '{}'::jsonb) || %(new)s END",
            new=value,
            old=stored,
        )
    kept = SQL("COALESCE(%s, '{}'::jsonb) || %s", stored, value)
    idle = idle_companies(env, field, column)
    if not idle:
        return kept
    emptied = SQL("ARRAY(SELECT k FROM jsonb_each(%s) AS e(k, v) WHERE v = 'null' AND k = ANY(%s))", value, idle)
    return SQL("NULLIF((%s) - %s, '{}'::jsonb)", kept, emptied)


def idle_companies(env: Any, field: Field[Any], column: Iterable[Any]) -> list[str]:
    """The companies for which a field that is emptied need not keep that it is: no default would show in its place."""
    emptied = {key for value in column for key, item in (value or {}).items() if item is None}
    model = env[field.model_name]
    return [
        key
        for key in sorted(emptied)
        if not (model.pool.ready and field.get_company_dependent_fallback(model.with_company(int(key))))
    ]


def without_idle(env: Any, field: Field[Any], column: Sequence[Any]) -> list[Any]:
    """The values of new rows, by company, without what need not be kept."""
    idle = idle_companies(env, field, column)
    if not idle:
        return [*column]
    left = [{k: v for k, v in value.items() if v is not None or k not in idle} if value else None for value in column]
    return [value or None for value in left]


def parameter(field: Field[Any], value: Any) -> SQL:
    """`value` as one parameter with the column's type."""
    return SQL("%s::%s", plain_parameter(field, value), SQL(field.column_cast))


def plain_parameter(field: Field[Any], value: Any) -> Any:
    """`value` as the driver takes it."""
    return to_json(value) if value is not None and field.column_cast == "jsonb" else value


def is_same(column: Sequence[Any]) -> bool:
    """Whether all values of a column are written alike: to Python True is 1, to JSON it is not."""
    first = column[0]
    if column.count(first) < len(column) or len(set(map(type, column))) > 1:
        return False
    return not isinstance(first, dict | list) or len(set(map(to_json, column))) == 1


def to_json(value: Any) -> str:
    """JSON text; bytes in PostgreSQL's hex form."""
    return orjson.dumps(value, default=_json_default, option=orjson.OPT_NON_STR_KEYS).decode()


def _json_default(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
