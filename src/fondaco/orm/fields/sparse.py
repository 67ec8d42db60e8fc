"""Which fields share one column: a Serialized field keeps the values of those that name it with `sparse`.

    data = Serialized()
    colour = fields.Char(sparse="data")

Only values that are not empty are kept. The module `base_sparse_field` offers the type to addons.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fondaco.errors import FieldError
from fondaco.orm.fields.base import Field

if TYPE_CHECKING:
    from fondaco.orm.recordset import Recordset


class Serialized(Field[Any]):
    """A dict, kept as JSON text; a record without value answers an empty one."""

    type = "serialized"
    column_type = ("text", "text")
    prefetch = False

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        if isinstance(value, str) and value:
            value = json.loads(value)
        if value and not isinstance(value, dict):
            raise ValueError(f"{self}: {value!r} is no dict; expected {{name: value}} or its JSON text")
        return json.dumps(value, sort_keys=True) if value else None

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        return json.loads(value or "{}")

    def convert_to_column(self, value: Any, record: Recordset, values: Any = None, validate: bool = True) -> Any:
        return self.convert_to_cache(value, record, validate)


def sparse_attributes(field: Field[Any], attrs: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a field with `sparse`: it is computed from its Serialized field and written into it."""
    given = {key: value for key, value in attrs.items() if key not in ("store", "compute", "inverse")}
    own = {"store": False, "copy": False, "depends": (attrs["sparse"],), "compute": _compute_sparse(field)}
    if not attrs.get("readonly"):
        own["inverse"] = _inverse_sparse(field)
    return {"readonly": False, **given, **own}


def require_serialized(field: Field[Any], model: Any) -> None:
    """Say so when what `sparse` names keeps no values."""
    holder = model._fields.get(field.sparse)
    if holder is None or holder.type != "serialized":
        found = "no such field" if holder is None else f"a field of type {holder.type!r}"
        raise FieldError(f"{field}: sparse={field.sparse!r} is {found} of {model._name}; expected a Serialized field")


def _compute_sparse(field: Field[Any]) -> Any:
    def compute_sparse(records: Recordset) -> None:
        for record in records:
            value = record[field.sparse].get(field.name)
            record[field.name] = value
            if field.relational and value:
                # what was deleted meanwhile is still named in the text
                record[field.name] = record[field.name].exists()

    compute_sparse.__name__ = f"_compute_sparse_{field.name}"
    return compute_sparse


def _inverse_sparse(field: Field[Any]) -> Any:
    def inverse_sparse(records: Recordset) -> None:
        for record in records:
            kept = record[field.sparse]
            value = field.convert_to_read(record[field.name], record, use_display_name=False)
            changed = {name: other for name, other in kept.items() if name != field.name}
            if value:
                changed[field.name] = _plain(field, value)
            if changed != kept:
                record[field.sparse] = changed

    inverse_sparse.__name__ = f"_inverse_sparse_{field.name}"
    return inverse_sparse


def _plain(field: Field[Any], value: Any) -> Any:
    """A value as JSON can keep it."""
    if field.type in ("date", "datetime"):
        return field.to_string(value)  # type: ignore[attr-defined]
    if field.type == "binary":
        return value.decode() if isinstance(value, bytes) else value
    return value
