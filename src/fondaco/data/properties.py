"""A property as a column of a table: `details.floors`, of a field of properties and the name of one of them.

Who has it, and what it is, the containers of the records define; a record whose container does not has an empty cell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fondaco.orm.fields.properties import ids_in
from fondaco.values.dates import parse_date, parse_datetime

MANY = ("many2one", "many2many")


@dataclass(frozen=True, eq=False)
class PropertyColumn:
    """A property, with what readers of cells ask of a field."""

    name: str
    """Of field and property: `details.floors`."""
    field: Any
    definition: dict[str, Any]

    @property
    def key(self) -> str:
        return str(self.definition["name"])

    @property
    def type(self) -> str:
        return str(self.definition["type"])

    @property
    def string(self) -> str:
        return str(self.definition.get("string") or self.key)

    @property
    def comodel_name(self) -> str | None:
        return self.definition.get("comodel") if self.type in MANY else None

    def get_values_pairs(self, _env: Any) -> list[tuple[str, str]]:
        """(value, label) of what there is to choose from."""
        options = self.definition.get("tags" if self.type == "tags" else "selection") or ()
        return [(option[0], option[1]) for option in options]

    def related(self, records: Any) -> Any:
        """Those that the property of any of the records names, that are there and may be read; asked for at once."""
        found = [id_ for record in records for id_ in ids_in(record[self.field.name].get(self.key))]
        return records.env[self.comodel_name].browse(dict.fromkeys(found)).exists()._filtered_access("read")

    def value(self, record: Any, related: Any = None) -> Any:
        """What the record has, records instead of ids; None where its container does not define the property.

        `related` is what `related` gave for this record and others.
        """
        if all(item["name"] != self.key for item in self.field.definitions(record)):
            return None
        value = record[self.field.name].get(self.key)
        if self.type in MANY:
            if related is None:
                related = self.related(record)
            ids = [id_ for id_ in ids_in(value) if id_ in related._ids]
            return related.browse(ids).with_prefetch(related._ids)
        return value

    def cell(self, record: Any) -> Any:
        """What an export says of a property that is no relation; what another type left says nothing, or itself."""
        value = self.value(record)
        labels = dict(self.get_values_pairs(record.env))
        match self.type:
            case _ if value is None:
                return ""
            case "boolean":
                return bool(value)
            case "selection":
                return labels.get(value, "")
            case "tags":
                return ",".join(labels[tag] for tag in value if tag in labels) if isinstance(value, list) else ""
            case "date" | "datetime" if value:
                return _moment(self.type, value)
            case "integer" | "float":
                return "" if value is False else value
        return value or ""


def _moment(kind: str, value: Any) -> Any:
    try:
        return (parse_date if kind == "date" else parse_datetime)(str(value))
    except ValueError:
        return str(value)


def find(model: Any, name: str) -> PropertyColumn | None:
    """The column `field.property`; None where no container defines it. `AccessError` as for a field."""
    field = model._fields.get(name.partition(".")[0])
    if "." not in name or field is None or field.type != "properties":
        return None
    definition = model.get_property_definition(name)
    return PropertyColumn(name, field, definition) if definition and is_column(model, definition) else None


def is_column(model: Any, definition: dict[str, Any]) -> bool:
    """Whether a property has values, and of a model that is there."""
    return definition["type"] != "separator" and definition.get("comodel", model._name) in model.env


def offered(model: Any, field: Any) -> Iterator[tuple[PropertyColumn, Any]]:
    """The properties that the user may see defined, each with the container that defines it."""
    if not field.definition_record:
        return
    container = model.env[model._fields[field.definition_record].comodel_name]
    definitions = container._fields[field.definition_record_field]
    if not (container.has_access("read") and definitions.is_accessible(model.env)):
        return
    seen = set()
    for record in container.search([(definitions.name, "!=", False)]):
        for definition in record[definitions.name]:
            name = f"{field.name}.{definition['name']}"
            if name not in seen and is_column(model, definition):
                seen.add(name)
                yield PropertyColumn(name, field, definition), record
