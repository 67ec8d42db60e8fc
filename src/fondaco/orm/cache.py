"""What values of which fields are known in this transaction, and which of them must still reach the table?

Values lie by column: field -> id -> value, so that a fetch fills a field with one `dict.update(zip(ids, values))`. A
field whose value depends on the context (language, company, ...) has one such dict for each key. The format of a value
is the field's cache format (`Field.convert_to_cache`); None stands for an empty column.

Dirty: ids whose value in the cache is newer than the table's. Of fields stored as jsonb by language or company only the
keys written are pending, so those writes are also kept by key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from typing import TYPE_CHECKING, Any

from fondaco.values.collections import OrderedSet

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment
    from fondaco.orm.fields.base import Field
    from fondaco.orm.identity import Id
    from fondaco.orm.recordset import Recordset

Column = dict["Id", Any]
_MISSING = object()


class Cache:
    """Values and dirty marks of one transaction; shared by its environments."""

    __slots__ = ("by_context", "dirty", "keyed", "plain")

    def __init__(self) -> None:
        self.plain: dict[Field[Any], Column] = {}
        self.by_context: dict[Field[Any], dict[object, Column]] = {}
        self.dirty: dict[Field[Any], OrderedSet[Any]] = {}
        self.keyed: dict[Field[Any], dict[Any, dict[str, Any]]] = {}  # jsonb fields: field -> id -> key -> column value

    def __repr__(self) -> str:
        return f"<Cache fields={len(self.plain) + len(self.by_context)} dirty={len(self.dirty)}>"

    # -- columns -------------------------------------------------------------------------------------------------------
    def column(self, env: Environment, field: Field[Any]) -> Column:
        """The values of `field` by id, as `env` sees them; writable."""
        if not field.context_keys:
            column = self.plain.get(field)
            if column is None:
                column = self.plain[field] = {}
            return column
        columns = self.by_context.get(field)
        if columns is None:
            columns = self.by_context[field] = {}
        key = env.cache_key(field)
        column = columns.get(key)
        if column is None:
            column = columns[key] = {}
        return column

    def columns(self, field: Field[Any]) -> Iterable[Column]:
        """Every column of `field`: one, or one for each context key met."""
        if field.context_keys:
            return list(self.by_context.get(field, {}).values())
        column = self.plain.get(field)
        return () if column is None else (column,)

    # -- reading -------------------------------------------------------------------------------------------------------
    def contains(self, record: Recordset, field: Field[Any]) -> bool:
        return record._ids[0] in self.column(record.env, field)

    def contains_field(self, field: Field[Any]) -> bool:
        return any(self.columns(field))

    def contains_any(self, fields: Iterable[Field[Any]]) -> bool:
        """Whether a value of one of these fields is known."""
        plain, by_context = self.plain, self.by_context
        if not by_context:
            return any(map(plain.get, fields))
        return any(plain.get(field) or (field in by_context and any(by_context[field].values())) for field in fields)

    def holds_any(self, fields: Set[Field[Any]]) -> bool:
        """The same for many fields, of which few are known."""
        plain, by_context = self.plain, self.by_context
        return any(map(plain.get, plain.keys() & fields)) or any(
            any(by_context[field].values()) for field in by_context.keys() & fields
        )

    def get(self, record: Recordset, field: Field[Any], default: Any = _MISSING) -> Any:
        """The cached value of `field` on the one record; `KeyError` if there is none and no default."""
        try:
            return self.column(record.env, field)[record._ids[0]]
        except KeyError:
            if default is _MISSING:
                raise KeyError(f"{record!r}.{field.name}: not in cache") from None
            return default

    def get_values(self, records: Recordset, field: Field[Any]) -> Iterator[Any]:
        """The cached values on `records`; ids without one are passed over."""
        column = self.column(records.env, field)
        return (column[id_] for id_ in records._ids if id_ in column)

    def get_until_miss(self, records: Recordset, field: Field[Any]) -> list[Any]:
        """The cached values on `records` up to the first without."""
        column = self.column(records.env, field)
        values = []
        for id_ in records._ids:
            if id_ not in column:
                break
            values.append(column[id_])
        return values

    def get_missing_ids(self, records: Recordset, field: Field[Any]) -> Iterator[Id]:
        column = self.column(records.env, field)
        return (id_ for id_ in records._ids if id_ not in column)

    def get_records(self, model: Recordset, field: Field[Any], all_contexts: bool = False) -> Recordset:
        """The records of `model` that have a value of `field` in the cache."""
        if all_contexts:
            ids: Collection[Id] = OrderedSet(id_ for column in self.columns(field) for id_ in column)
        else:
            ids = self.column(model.env, field)
        return model.browse(ids)

    def get_fields(self, record: Recordset) -> Iterator[Field[Any]]:
        for name, field in record._fields.items():
            if name != "id" and record._ids[0] in self.column(record.env, field):
                yield field

    def get_records_different_from(self, records: Recordset, field: Field[Any], value: Any) -> Recordset:
        """Those of `records` whose cached value is another, or unknown."""
        column = self.column(records.env, field)
        ids = [id_ for id_ in records._ids if column.get(id_, _MISSING) != value]
        return records if len(ids) == len(records._ids) else records.browse(ids)

    # -- setting -------------------------------------------------------------------------------------------------------
    def set(
        self, record: Recordset, field: Field[Any], value: Any, dirty: bool = False, check_dirty: bool = True
    ) -> None:
        self.column(record.env, field)[record._ids[0]] = value
        if dirty:
            self.mark_dirty(record.env, field, record._ids)

    def update(
        self,
        records: Recordset,
        field: Field[Any],
        values: Iterable[Any],
        dirty: bool = False,
        check_dirty: bool = True,
    ) -> None:
        self.column(records.env, field).update(zip(records._ids, values, strict=False))
        if dirty:
            self.mark_dirty(records.env, field, records._ids)

    update_raw = update

    def fill(self, env: Environment, field: Field[Any], ids: Sequence[Id], values: Iterable[Any]) -> None:
        """Take values read from the table; values that are still to be written stay."""
        column = env.columns[field]
        if field in self.dirty:
            for id_, value in zip(ids, values, strict=True):
                column.setdefault(id_, value)
        else:
            column.update(zip(ids, values, strict=True))

    def insert_missing(self, records: Recordset, field: Field[Any], values: Iterable[Any]) -> None:
        column = records.env.columns[field]
        for id_, value in zip(records._ids, values, strict=False):
            column.setdefault(id_, value)

    def patch(self, records: Recordset, field: Field[Any], new_id: Id) -> None:
        """Add `new_id` to the x2many value of those `records` that have one in the cache."""
        column = self.column(records.env, field)
        for id_ in records._ids:
            value = column.get(id_)
            if value is not None and new_id not in value:
                column[id_] = (*value, new_id)

    def remove(self, record: Recordset, field: Field[Any]) -> None:
        self.column(record.env, field).pop(record._ids[0], None)

    # -- dirty ---------------------------------------------------------------------------------------------------------
    def mark_dirty(self, env: Environment, field: Field[Any], ids: Iterable[Id]) -> None:
        """The values of `field` on those `ids` that have a row must reach the table."""
        real = [id_ for id_ in ids if id_]
        if not real:
            return
        pending = self.dirty.get(field)
        if pending is None:
            pending = self.dirty[field] = OrderedSet()
        pending.update(real)
        if field.json_key is not None:
            column, key = self.column(env, field), field.json_key(env)
            keyed = self.keyed.setdefault(field, {})
            for id_ in real:
                keyed.setdefault(id_, {})[key] = column[id_]

    def has_dirty_fields(self, records: Recordset, fields: Iterable[Field[Any]] | None = None) -> bool:
        for field in records._fields.values() if fields is None else fields:
            pending = self.dirty.get(field)
            if pending and not pending.isdisjoint(records._ids):
                return True
        return False

    def get_dirty_fields(self) -> Collection[Field[Any]]:
        return self.dirty.keys()

    def get_dirty_records(self, model: Recordset, field: Field[Any]) -> Recordset:
        return model.browse(self.dirty.get(field, ()))

    def clear_dirty_field(self, field: Field[Any]) -> Collection[int]:
        """Take the dirty mark from `field`; answers the ids that had it."""
        self.keyed.pop(field, None)
        return self.dirty.pop(field, ())

    def undirty(self, field: Field[Any], ids: Iterable[Id]) -> None:
        """Take the dirty mark from `ids` (rows that were deleted, or inserted with their values)."""
        pending = self.dirty.get(field)
        if pending:
            keyed = self.keyed.get(field)
            for id_ in ids:
                pending.discard(id_)
                if keyed:
                    keyed.pop(id_, None)
            if not pending:
                self.clear_dirty_field(field)

    # -- forgetting ----------------------------------------------------------------------------------------------------
    def forget(self, field: Field[Any], ids: Iterable[Id] | None = None) -> None:
        """Drop the values of `field` on `ids` (None: all) in every context."""
        for column in self.columns(field):
            if ids is None:
                column.clear()
            else:
                for id_ in ids:
                    column.pop(id_, None)

    def invalidate(self, spec: Iterable[tuple[Field[Any], Collection[Id] | None]] | None = None) -> None:
        """Drop what `spec` lists, or everything. Values that are dirty go too: flush before."""
        if spec is None:
            for column in self.plain.values():
                column.clear()
            for columns in self.by_context.values():
                for column in columns.values():
                    column.clear()
            self.dirty.clear()
            self.keyed.clear()
            return
        for field, ids in spec:
            self.forget(field, ids)

    def clear(self) -> None:
        """Forget everything (a rollback, or another registry); columns that environments hold stay usable."""
        self.invalidate()
