"""A field whose value is any JSON: Json."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from fondaco.orm.fields.base import Field

if TYPE_CHECKING:
    from fondaco.orm.recordset import Recordset


class Json(Field[Any]):
    """Dicts, lists, texts, numbers; what a record answers is a copy, so that changing it changes nothing."""

    type = "json"
    column_type = ("jsonb", "jsonb")

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        return False if value is None else copy.deepcopy(value)

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        return copy.deepcopy(value) if value else None

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        return value if value else ""
