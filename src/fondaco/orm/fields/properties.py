"""Fields whose sub-fields a record of another model defines: Properties, PropertiesDefinition."""

from __future__ import annotations

import copy
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.errors import FieldError
from fondaco.orm.fields.base import Field
from fondaco.orm.recordset import Recordset

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment

TYPES = (
    "boolean",
    "integer",
    "float",
    "char",
    "date",
    "datetime",
    "many2one",
    "many2many",
    "selection",
    "tags",
    "separator",
)
KEYS = (
    "name", "string", "type", "comodel", "default", "domain", "selection", "tags", "view_in_cards", "fold_by_default",
    "value", "definition_changed", "definition_deleted",
)  # fmt: skip


class Properties(Field[Any]):
    """Values {name: value} (jsonb) of properties that the record's container defines.

    definition: 'container_many2one.definition_field'. Remote callers read and write a list of dicts, each a definition
      with its `value`.
    """

    type = "properties"
    column_type = ("jsonb", "jsonb")
    write_sequence = 10  # after the container
    copy = False
    prefetch = False
    precompute = True
    definition: str | None = None
    definition_record: str | None = None
    definition_record_field: str | None = None
    ALLOWED_TYPES: ClassVar[tuple[str, ...]] = TYPES
    description_attrs = (*Field.description_attrs, "definition_record", "definition_record_field")

    def bound(self, model: Any) -> None:
        if self.definition:
            if self.definition.count(".") != 1:
                raise FieldError(
                    f"{self}: definition {self.definition!r}: expected 'container_many2one.definition_field'"
                )
            self.definition_record, self.definition_record_field = self.definition.split(".")

    def definitions(self, record: Recordset) -> list[dict[str, Any]]:
        """The definitions that hold for the one record."""
        if not self.definition_record or not record:
            return []
        container = record.sudo()[self.definition_record]
        return container[self.definition_record_field] or [] if container else []

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        if not value:
            return None
        if isinstance(value, dict):
            return copy.deepcopy(value)
        if isinstance(value, list):
            return {
                item["name"]: self._plain(item.get("value"))
                for item in value
                if item.get("name") and not item.get("definition_deleted")
            }
        raise ValueError(f"{self}: found {value!r}, expected a dict or a list of properties")

    @staticmethod
    def _plain(value: Any) -> Any:
        """Ids instead of [id, name] pairs."""
        if (
            isinstance(value, list | tuple)
            and len(value) == 2
            and isinstance(value[0], int)
            and isinstance(value[1], str)
        ):
            return value[0]
        if isinstance(value, list | tuple):
            return [Properties._plain(item) for item in value]
        return value

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        values = value or {}
        return (
            {item["name"]: values.get(item["name"], False) for item in self.definitions(record[:1])} if record else {}
        )

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        result = []
        for definition in self.definitions(record[:1]):
            item = {key: content for key, content in definition.items() if key != "default"}
            item["value"] = self._shown(record.env, definition, (value or {}).get(definition["name"]))
            result.append(item)
        return result

    def _shown(self, env: Environment, definition: dict[str, Any], value: Any) -> Any:
        kind, comodel = definition.get("type"), definition.get("comodel") or ""
        if kind == "many2one" and comodel in env and value:
            found = env[comodel].browse(value).exists()
            return [found.id, found.sudo().display_name] if found else False
        if kind == "many2many" and comodel in env and value:
            return [[other.id, other.sudo().display_name] for other in env[comodel].browse(value).exists()]
        if kind == "boolean":
            return bool(value)
        return False if value is None else value

    def convert_to_write(self, value: Any, record: Recordset) -> Any:
        return value

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        return value or ""

    def write(self, records: Recordset, value: Any) -> None:
        if (
            isinstance(value, list)
            and self.definition_record
            and any(item.get("definition_changed") for item in value if isinstance(item, dict))
        ):
            self._write_definitions(records, value)
        if isinstance(value, dict) and records:
            for record in records:
                column = record.env.columns[self]
                known = column.get(record._ids[0]) if record._ids[0] in column else self.load(record, record._ids[0])
                super().write(record, {**(known or {}), **value})
            return
        super().write(records, value)

    def _write_definitions(self, records: Recordset, value: list[dict[str, Any]]) -> None:
        """A client changed what properties there are, by way of one record."""
        assert self.definition_record and self.definition_record_field
        container = records[:1][self.definition_record]
        definitions = []
        for item in value:
            if item.get("definition_deleted"):
                continue
            item["name"] = item.get("name") or uuid.uuid4().hex[:16]
            definitions.append(
                {key: content for key, content in item.items() if key not in ("value", "definition_changed")}
            )
        container[self.definition_record_field] = definitions


class PropertiesDefinition(Field[Any]):
    """What properties the records of a container have: a list of dicts (jsonb)."""

    type = "properties_definition"
    column_type = ("jsonb", "jsonb")
    REQUIRED_KEYS: ClassVar[tuple[str, ...]] = ("name", "type")
    ALLOWED_KEYS: ClassVar[tuple[str, ...]] = KEYS

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        if not value:
            return None
        if not isinstance(value, list):
            raise ValueError(f"{self}: found {type(value)!r}, expected a list of properties")
        value = copy.deepcopy(value)
        if validate:
            self._check(value)
        return value

    def _check(self, value: list[dict[str, Any]]) -> None:
        names = set()
        for item in value:
            unknown = set(item) - set(self.ALLOWED_KEYS)
            if unknown:
                raise ValueError(f"{self}: property {item!r} has unknown keys {sorted(unknown)}")
            for key in self.REQUIRED_KEYS:
                if not item.get(key):
                    raise ValueError(f"{self}: property {item!r} has no {key!r}")
            if item["name"] in names:
                raise ValueError(f"{self}: two properties are named {item['name']!r}")
            names.add(item["name"])
            if item["type"] not in TYPES:
                raise ValueError(f"{self}: property type {item['type']!r}; expected one of {TYPES}")

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        return copy.deepcopy(value) if value else []

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        return value or []
