"""Would writing these values change a record? An upgrade leaves alone what its files say as before.

Only what can be told by looking is told: a field of another kind (files, commands that create, fields that are inverted
by a method) counts as changed, and is written.
"""

from collections.abc import Collection, Mapping
from typing import Any

from fondaco.orm.commands import Command

# fmt: off
COMPARABLE = frozenset({
    "boolean", "char", "date", "datetime", "float", "html", "integer", "many2one", "monetary", "reference", "selection",
    "text",
})
# fmt: on


def is_unchanged(record: Any, values: Mapping[str, Any]) -> bool:
    """Whether the record holds `values` already."""
    record = record.with_context(lang=None) if record.env.lang in (None, "en_US") else record
    return all(_holds(record, record._fields[name], value) for name, value in values.items())


def _holds(record: Any, field: Any, value: Any) -> bool:
    if field.type == "many2many":
        return _links(record[field.name]._ids, value)
    if field.type not in COMPARABLE or not (field.store or field.inherited):
        return False
    wanted = field.convert_to_record(field.convert_to_cache(value, record), record)
    return bool(wanted == record[field.name])


def _links(ids: Collection[int], commands: Any) -> bool:
    """Whether commands that link and unlink leave these ids as they are."""
    if not isinstance(commands, list | tuple):
        return False
    linked = set(ids)
    for command in commands:
        match command:
            case [Command.LINK, int(id_), *_]:
                linked.add(id_)
            case [Command.UNLINK, int(id_), *_]:
                linked.discard(id_)
            case [Command.CLEAR, *_]:
                linked.clear()
            case [Command.SET, _, new]:
                linked = set(new)
            case _:
                return False
    return linked == set(ids)
