"""Which records are computed in one go, and what if one of them is gone or out of the user's reach?"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from fondaco.errors import AccessError, MissingError

if TYPE_CHECKING:
    from fondaco.orm.fields.base import Field
    from fondaco.orm.recordset import Recordset

PREFETCH_MAX = 1000


def with_companions(record: Recordset, column: Collection[Any]) -> Recordset:
    """`record` and those it was read with that have no value in `column` either."""
    wanted_kind = bool(record._ids[0])
    ids = [record._ids[0]]
    seen = set(ids)
    for id_ in record._prefetch_ids:
        if bool(id_) is wanted_kind and id_ not in column and id_ not in seen:
            seen.add(id_)
            ids.append(id_)
            if len(ids) >= PREFETCH_MAX:
                break
    return record.browse(ids) if len(ids) > 1 else record


def compute_for(field: Field[Any], record: Any, records: Any) -> None:
    """Compute `records`, for the sake of `record`: what is the matter with others of them is none of its business."""
    try:
        field.compute_value(records)
    except (MissingError, AccessError) as error:
        if len(records) == 1:
            raise
        kept = records.exists() if isinstance(error, MissingError) else records._filtered_access("read")
        if not record <= kept or len(kept) == len(records):
            kept = record
        try:
            field.compute_value(kept)
        except (MissingError, AccessError):
            if len(kept) == 1:
                raise
            field.compute_value(record)


def compute_existing(field: Field[Any], records: Recordset) -> None:
    """Compute stale `records`; those that are gone meanwhile (the database cascades) have nothing to compute."""
    try:
        field.compute_value(records)
    except MissingError:
        existing = records.exists()
        if len(existing) == len(records):
            raise
        for computed in records.pool.field_computed[field]:
            records.env.remove_to_compute(computed, records - existing)
        if existing:
            field.compute_value(existing)
