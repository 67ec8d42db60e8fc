"""Fields whose sub-fields a record of another model defines: Properties, PropertiesDefinition.

The container (a team, say) holds the definitions, each record of it the values: `{"a1b2": 5}` beside
`[{"name": "a1b2", "type": "integer", "string": "Floors"}]`. A definition that goes leaves its values behind, unseen; so
does one whose type is changed, where the new type is one of options or records and they are neither.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.errors import FieldError
from fondaco.orm.fields.base import Field
from fondaco.orm.fields.relational import names_by_id
from fondaco.orm.recordset import Recordset
from fondaco.values.dates import format_date, format_datetime

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment
    from fondaco.orm.identity import Id

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
PLAIN_TYPES = ("integer", "float", "char", "separator")
"""Types whose missing value is told as none, not as False."""
MAX_ID = 2**31
# What a definition of each type may say beside its name, its label and so on.
PARAMETERS = {
    "many2one": ("comodel", "domain"),
    "many2many": ("comodel", "domain"),
    "selection": ("selection",),
    "tags": ("tags",),
}
KEYS = (
    "name", "string", "type", "comodel", "default", "domain", "selection", "tags", "view_in_cards", "fold_by_default",
    "value", "definition_changed", "definition_deleted",
)  # fmt: skip
# What a client sends along with a definition and is no part of it.
TRANSIENT_KEYS = ("value", "definition_changed", "definition_deleted")

Definition = dict[str, Any]


class Properties(Field[Any]):
    """Values {name: value} (jsonb) of properties that the record's container defines.

    definition: 'container_many2one.definition_field'. A record answers a dict; remote callers read and write a list of
      dicts, each a definition with its `value`. A new record, and one that comes to another container, has the defaults
      that the definitions there say.
    """

    type = "properties"
    column_type = ("jsonb", "jsonb")
    write_sequence = 10  # after the container
    needs_row = True
    copy = False
    prefetch = False
    precompute = True
    definition: str | None = None
    definition_record: str | None = None
    definition_record_field: str | None = None
    ALLOWED_TYPES: ClassVar[tuple[str, ...]] = TYPES
    description_attrs = (*Field.description_attrs, "definition_record", "definition_record_field")

    def bound(self, model: Any) -> None:
        if not self.definition:
            return
        if self.definition.count(".") != 1:
            raise FieldError(f"{self}: definition {self.definition!r}: expected 'container_many2one.definition_field'")
        self.definition_record, self.definition_record_field = self.definition.split(".")
        if not self.related and not self.compute:
            self.compute = self._fit_to_container
            self._depends = (self.definition_record,)

    # -- definitions ---------------------------------------------------------------------------------------------------
    def definitions(self, record: Recordset) -> list[Definition]:
        """The definitions that hold for the one record, as the cache has them: not to be changed."""
        if not self.definition_record or not record:
            return []
        container = record.sudo()[self.definition_record]
        if not container:
            return []
        field: Field[Any] = container._fields[self.definition_record_field]
        column, id_ = container.env.columns[field], container._ids[0]
        return (column[id_] if id_ in column else field.load(container, id_)) or []

    def _fit_to_container(self, records: Recordset) -> None:
        """Keep of the values those that the container defines, and add the defaults of the others."""
        for record in records:
            definitions = self.definitions(record)
            column, id_ = record.env.columns[self], record._ids[0]
            known = column[id_] if id_ in column else self.load(record, id_)
            values = self._with_defaults(known or {}, definitions)
            names = {definition["name"] for definition in definitions}
            super().write(record, {name: value for name, value in values.items() if name in names})

    @staticmethod
    def _with_defaults(values: Mapping[str, Any], definitions: Iterable[Definition]) -> dict[str, Any]:
        defaults = {item["name"]: stored_value(item["default"]) for item in definitions if item.get("default")}
        return {**defaults, **values}

    def mapped(self, records: Recordset) -> Any:
        """Each by the definitions of its own container."""
        values: list[Any] = []
        for record in records:
            values += super().mapped(record)
        return values

    # -- formats -------------------------------------------------------------------------------------------------------
    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        if not value:
            return None
        if isinstance(value, dict):
            return {name: stored_value(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return {
                item["name"]: stored_value(item.get("value"))
                for item in value
                if item.get("name") and not item.get("definition_deleted")
            }
        raise ValueError(f"{self}: found {value!r}, expected a dict or a list of properties")

    def convert_at_creation(self, value: Any, record: Recordset) -> Any:
        self._take_definitions(record, value)
        given = self.convert_to_cache(value, record) or {}
        return self._with_defaults(given, self.definitions(record)) or None

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        values = value or {}
        return {
            item["name"]: copy.copy(values.get(item["name"], None if item["type"] in PLAIN_TYPES else False))
            for item in self.definitions(record[:1])
        }

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        return self.convert_to_read_multi([value], record[:1])[0] if record else []

    def convert_to_read_multi(self, values: Sequence[Any], records: Recordset) -> list[Any]:
        """`convert_to_read` of many records; the names of the records in their values are read together."""
        rows = [(self.definitions(record), value or {}) for record, value in zip(records, values, strict=True)]
        names = _names(records.env, ((item, value.get(item["name"])) for items, value in rows for item in items))
        return [
            [
                {**_shown_definition(item, names), "value": _shown_value(item, value.get(item["name"]), names)}
                for item in items
            ]
            for items, value in rows
        ]

    def read_column(self, records: Recordset) -> list[Any]:
        column = records.env.columns[self]
        return self.convert_to_read_multi([column[id_] for id_ in records._ids], records)

    def convert_to_write(self, value: Any, record: Recordset) -> Any:
        return value

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        return value or ""

    def write(self, records: Recordset, value: Any) -> None:
        self._take_definitions(records, value)
        if isinstance(value, dict):
            for record in records:
                column = record.env.columns[self]
                known = column.get(record._ids[0]) if record._ids[0] in column else self.load(record, record._ids[0])
                super().write(record, {**(known or {}), **value})
            return
        super().write(records, value)

    def _take_definitions(self, records: Recordset, value: Any) -> None:
        """Write what properties there are where a client changed it, by way of one record."""
        if not isinstance(value, list | tuple) or not self.definition_record:
            return
        if not any(item.get("definition_changed") or item.get("definition_deleted") for item in value):
            return
        assert self.definition_record_field
        container = records[:1][self.definition_record]
        definitions = []
        for item in value:
            if item.get("definition_deleted"):
                continue
            item["name"] = item.get("name") or uuid.uuid4().hex[:16]
            definitions.append({key: content for key, content in item.items() if key not in TRANSIENT_KEYS})
        if definitions != container[self.definition_record_field]:
            container[self.definition_record_field] = definitions


class PropertiesDefinition(Field[Any]):
    """What properties the records of a container have: a list of dicts (jsonb)."""

    type = "properties_definition"
    column_type = ("jsonb", "jsonb")
    REQUIRED_KEYS: ClassVar[tuple[str, ...]] = ("name", "type")
    ALLOWED_KEYS: ClassVar[tuple[str, ...]] = KEYS
    PROPERTY_PARAMETERS_MAP: ClassVar[Mapping[str, tuple[str, ...]]] = PARAMETERS

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        if not value:
            return None
        if not isinstance(value, list | tuple):
            raise ValueError(f"{self}: found {type(value)!r}, expected a list of properties")
        value = [copy.deepcopy(dict(item)) for item in value]
        if validate:
            value = [item for item in value if not item.get("definition_deleted")]
            self._check(value)
            for item in value:
                _clean(item)
        return value

    def _check(self, value: list[Definition]) -> None:
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
            for key in ("selection", "tags"):
                options = [option[0] for option in item.get(key) or ()]
                if len(set(options)) < len(options):
                    raise ValueError(f"{self}: property {item['name']!r} offers a value twice: {options}")

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        return copy.deepcopy(value) if value else []

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        names = _names(record.env, ((item, None) for item in value or ()))
        return [_shown_definition(item, names) for item in value or ()]

    def convert_to_write(self, value: Any, record: Recordset) -> Any:
        return value


def stored_value(value: Any) -> Any:
    """A value as JSON keeps it: ids instead of records and of [id, name] pairs, dates as text."""
    if isinstance(value, Recordset):
        return list(value.ids) if len(value) != 1 else value.id
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, list | tuple):
        if len(value) == 2 and isinstance(value[0], int) and (isinstance(value[1], str) or value[1] is None):
            return value[0]
        return [stored_value(item) for item in value]
    return value


def _clean(definition: Definition) -> None:
    """Take from a definition what is not kept: what only clients need, and pairs of id and name."""
    for key in TRANSIENT_KEYS:
        definition.pop(key, None)
    if "default" in definition:
        definition["default"] = stored_value(definition["default"])


Names = Mapping[str, Mapping[Any, "str | None"]]
"""{model: {id: display name, None where the user may not read the record}} of records that exist."""


def _names(env: Environment, values: Iterable[tuple[Definition, Any]]) -> Names:
    """The names of the records in `values` and in the defaults of their definitions.

    A relation's field chooses one model, and who may write the field may name its records. A property names any record
    of any model, so that its name is for those who may read the record.
    """
    wanted: dict[str, dict[int, None]] = {}
    for definition, value in values:
        if definition["type"] in ("many2one", "many2many") and definition.get("comodel") in env:
            ids = (*ids_in(value), *ids_in(definition.get("default")))
            wanted.setdefault(definition["comodel"], {}).update(dict.fromkeys(ids))
    return {model: readable_names(env[model].browse(tuple(ids))) for model, ids in wanted.items() if ids}


def readable_names(records: Recordset) -> dict[Id, str | None]:
    """{id: display name, None where the user may not read the record} of those that exist."""
    names = names_by_id(records)
    readable = set(records.browse(tuple(names))._filtered_access("read")._ids)
    return {id_: name if id_ in readable else None for id_, name in names.items()}


def ids_in(value: Any) -> list[int]:
    """What may be ids: what another type left is none."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if type(item) is int and 0 < item < MAX_ID]


def _shown_definition(definition: Definition, names: Names) -> Definition:
    """A definition as clients read it: the default of a relation with its name."""
    shown = copy.deepcopy(definition)
    if shown["type"] in ("many2one", "many2many") and shown.get("default"):
        shown["default"] = _shown_value(definition, shown["default"], names)
    return shown


def _shown_value(definition: Definition, value: Any, names: Names) -> Any:
    """A value as clients read it; options and records that are gone are not shown, nor is what another type left."""
    kind = definition["type"]
    match kind:
        case "many2one" | "many2many":
            known = names.get(definition.get("comodel") or "", {})
            pairs = [[id_, known[id_]] for id_ in ids_in(value) if id_ in known]
            return (pairs if kind == "many2many" else pairs[0]) if pairs else False
        case "selection":
            return value if value in [option[0] for option in definition.get("selection") or ()] else False
        case "tags":
            known_tags = [tag[0] for tag in definition.get("tags") or ()]
            return [tag for tag in value if tag in known_tags] or False if isinstance(value, list) else False
        case "boolean":
            return bool(value)
        case "date" | "datetime":
            return value or False
        case _:
            return value
