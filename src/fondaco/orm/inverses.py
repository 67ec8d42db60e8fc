"""What do inverse methods make of the values that new records were given?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fondaco.values.collections import OrderedSet

if TYPE_CHECKING:
    from fondaco.orm.create import CreateValues
    from fondaco.orm.fields.base import Field
    from fondaco.orm.recordset import Recordset


def run_inverses(records: Recordset, batch: Sequence[CreateValues]) -> None:
    """Call the inverse methods of the fields that were given; what depends on a value that they change is stale."""
    fields = OrderedSet(field for parts in batch for field in parts.inverses)
    if not fields:
        return
    ids, columns = records._ids, records.env.columns
    # fields to which an inverse assigns a value while they are protected, so that nothing follows from it
    held = OrderedSet(f for parts in batch for f in parts.given if f.has_column and (f.inverse or f.compute))
    before = {field: [columns[field].get(id_) for id_ in ids] for field in held}
    _call(fields, records, batch)
    for field, values in before.items():
        column = columns[field]
        changed = tuple(id_ for id_, value in zip(ids, values, strict=True) if column.get(id_, value) != value)
        if changed:
            records.browse(changed).modified([field.name])


def _call(fields: Iterable[Field[Any]], records: Recordset, batch: Sequence[CreateValues]) -> None:
    """Those that share a method are given to it together, with the values of those that are not stored."""
    env = records.env
    groups = records.pool.field_inverse_groups
    done: set[Any] = set()
    for field in sorted(fields, key=lambda f: f.write_sequence):
        together = [f for f in groups.get(field, (field,)) if f in fields]
        if field.inverse in done:
            continue
        if isinstance(field.inverse, str):
            done.add(field.inverse)
        todo = []
        for record, parts in zip(records, batch, strict=True):
            if any(f in parts.inverses for f in together):
                todo.append(record._ids[0])
                for f in together:
                    if f in parts.given and not f.store:
                        env.columns[f][record._ids[0]] = f.convert_to_cache(parts.given[f], record)
        recs = records.browse(tuple(todo))
        with env.protecting(together, recs):
            field.determine_inverse(recs)
        for f in together:
            if not f.store:
                env.cache.forget(f, todo)
