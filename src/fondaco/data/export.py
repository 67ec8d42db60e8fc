"""Records become rows of cells: what `export_data()` answers.

A path is a list of field names; `id` gives the xmlid (made up and remembered where there is none), `.id` the database
id, `details.floors` the property `floors` of the field `details`. Records below an x2many continue on lines of their
own, of which the first shares the line of the record above. Where the rows are to be imported again (`import_compat` in
the context, the default) those of a many2many share a cell.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from fondaco.data import properties
from fondaco.data import xmlid as xmlids
from fondaco.data.properties import PropertyColumn
from fondaco.data.xmlid import Naming

MODULE = "__export__"
Path = Sequence[str]


def export(records: Any, titles: Sequence[str]) -> dict[str, Any]:
    """The answer of `BaseModel.export_data`. `KeyError` for a title that names no field."""
    paths = [title.replace(":", "/").split("/") for title in titles]
    return {"datas": rows(records, paths)}


def rows(records: Any, paths: Sequence[Path]) -> list[list[Any]]:
    """One or more lines for each record. `AccessError` for records and fields that the user may not read.

    What a related field of an earlier column brought into the cache is no permission.
    """
    if not records.env.su:
        records.check_access("read")
        own = [path[0].partition(".")[0] for path in paths if path and path[0] not in ("id", ".id")]
        records.check_field_access_rights("read", own)
    names = xmlid_of(records) if any(path and path[0] == "id" for path in paths) else {}
    columns = {path[0]: _property(records, path[0]) for path in paths if path and "." in path[0][1:]}
    if columns:
        fields = {column.field for column in columns.values()}
        records.fetch([name for field in fields for name in (field.name, field.definition_record) if name])
    related = {name: column.related(records) for name, column in columns.items() if column.comodel_name}
    lines: list[list[Any]] = []
    for record in records:
        lines.extend(_lines(record, paths, names, columns, related))
    return lines


def _property(records: Any, name: str) -> PropertyColumn:
    found = properties.find(records, name)
    if found is None:
        raise KeyError(f"{records._name}: no record has the property {name!r}")
    return found


def xmlid_of(records: Any) -> dict[int, str]:
    """An xmlid for each record; records without one are given one in module `__export__`."""
    if not records:
        return {}
    found = {id_: names[0] for id_, names in xmlids.names_of(records.env.cr, records._name, records.ids).items()}
    new = {id_: f"{MODULE}.{records._table}_{id_}_{uuid.uuid4().hex[:8]}" for id_ in records.ids if id_ not in found}
    xmlids.remember(records.env.cr, [Naming(name, records._name, id_) for id_, name in new.items()], records.env.uid)
    return {**found, **new}


def _lines(
    record: Any,
    paths: Sequence[Path],
    names: dict[int, str],
    columns: Mapping[str, PropertyColumn],
    related: Mapping[str, Any],
) -> list[list[Any]]:
    """The lines of one record: its own cells on the first, further records of its x2many fields below."""
    first: list[Any] = [""] * len(paths)
    further: list[list[Any]] = []
    done: set[str] = set()
    for index, path in enumerate(paths):
        name = path[0] if path else ""
        if not name or name in done:
            continue
        if name == ".id":
            first[index] = str(record.id)
        elif name == "id":
            first[index] = names.get(record.id, "")
        elif name in columns and columns[name].comodel_name is None:
            first[index] = columns[name].cell(record)
        elif name in columns:
            done.add(name)
            value = columns[name].value(record, related[name])
            if value is not None:
                _relation(columns[name], value, paths, first, further)
        else:
            field = record._fields[name]
            if not field.relational:
                first[index] = field.convert_to_export(record[name], record)
                continue
            done.add(name)
            _relation(field, record[name], paths, first, further)
    return [first, *further]


def _relation(field: Any, value: Any, paths: Sequence[Path], first: list[Any], further: list[list[Any]]) -> None:
    """Fill the cells of every column that starts with `field`, which has `value`."""
    name = field.name
    columns = [index for index, path in enumerate(paths) if path and path[0] == name]
    deeper = [index for index in columns if len(paths[index]) > 1]
    for index in columns:
        if len(paths[index]) > 1 or (deeper and field.type != "many2one"):
            continue
        if field.type == "many2one":
            first[index] = value.display_name or "" if value else ""
        else:
            first[index] = ",".join(line.display_name or "" for line in value)
    if field.type == "many2many":
        is_compatible = value.env.context.get("import_compat", True)
        for index in list(deeper):
            if list(paths[index][1:]) == ["id"]:
                found = xmlid_of(value)
                first[index] = ",".join(found[id_] for id_ in value.ids)
            elif is_compatible:
                # An import finds the records by their names, all in one cell.
                first[index] = ",".join(line.display_name or "" for line in value)
            else:
                continue
            deeper.remove(index)
    if not deeper or not value:
        return
    inner: list[Path] = [path[1:] if index in deeper else [] for index, path in enumerate(paths)]
    for number, line in enumerate(rows(value, inner)):
        if number == 0:
            for index in deeper:
                first[index] = line[index]
        else:
            further.append(line)
