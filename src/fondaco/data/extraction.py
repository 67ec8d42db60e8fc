"""Rows of an import as nested records, and these as values: what addons ask that look at an import before it is loaded.

    extract_records(env["res.partner"], [["name"], ["country_id", "id"]], [["Ada", "base.gb"]])
    -> ({"name": "Ada", "country_id": [{"id": "base.gb"}]}, {"rows": {"from": 0, "to": 0}})

In a record a scalar is its text, a relation a list of records; `None` is the key of a record's name, "id" that of its
external id, ".id" that of its number. `load` itself plans all rows together (`rows.py`) and does not come by here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fondaco.data import rows
from fondaco.data.cells import Converter

Record = dict[Any, Any]
Log = Callable[[Mapping[str, Any]], object]
KEYS = {"name": None, "xmlid": "id", "database_id": ".id"}


def extract_records(
    model: Any, paths: Sequence[Sequence[str]], data: Sequence[rows.Row], limit: float
) -> Iterator[tuple[Record, dict[str, Any]]]:
    """(record, {"rows": {"from", "to"}}) of each record that rows tell; a row may be shorter than `paths`.

    `ValueError` for a title that names no field.
    """
    shape = rows.shape_of(model, paths)
    data = [[*row, *[""] * (len(paths) - len(row))] for row in data]
    for found in rows.extract(shape, data, None if limit == float("inf") else int(limit))[0]:
        yield _record(shape, found), {"rows": {"from": found.first, "to": found.last}}


def convert_records(
    model: Any, records: Iterable[tuple[Record, Mapping[str, Any]]], log: Log
) -> Iterator[tuple[int | bool, str | bool, dict[str, Any], dict[str, Any]]]:
    """(number or False, external id or False, values as `write` takes them, where) of each.

    log: is told what is wrong with a value, as the messages of `load` say it.
    """
    context = model.env.context
    module = context.get("_import_current_module") or context.get("module") or "__import__"
    for position, (record, about) in enumerate(records):
        where = {**about, "record": position}
        told = _rows(record)
        titles = list(dict.fromkeys(title for row in told for title in row))
        shape = rows.shape_of(model, titles)
        (found, *_), _next = rows.extract(shape, [[row.get(title, "") for title in titles] for row in told])
        converter = Converter(model.env, module)
        rows._prepare(converter, model, shape, [found])
        values, problems = rows._values(converter, model, shape, found)
        for problem in problems:
            log({**where, **problem.as_message()})
        yield _number(model, record.get(".id"), where, log), record.get("id") or False, values, where


def _record(shape: rows.Shape, found: rows.Extract) -> Record:
    record: Record = {name: found.row[column] for name, column in shape.scalars.items()}
    for key, place in (("id", shape.xmlid), (".id", shape.database_id)):
        if place is not None:
            record[key] = found.row[place]
    for name, (kind, column) in shape.references.items():
        record[name] = [{KEYS[kind]: found.row[column]}] if found.row[column] else []
    for property_, kind, column in shape.properties:
        record[property_.name if kind == "name" else f"{property_.name}/{KEYS[kind]}"] = found.row[column]
    for name, below in shape.below.items():
        record[name] = [_record(below, child) for child in found.below[name]]
    return record


def _rows(record: Record) -> list[dict[tuple[str, ...], Any]]:
    """A record as rows of {path of the column: text}; lines begin on the row of the record."""
    told: list[dict[tuple[str, ...], Any]] = [{}]
    for key, value in record.items():
        if not isinstance(value, list):
            told[0][tuple(str(key).split("/"))] = value
            continue
        place = 0
        for line in value:
            for row in (
                _rows({name: text for name, text in line.items() if name is not None}) if None not in line else []
            ):
                if place == len(told):
                    told.append({})
                told[place].update({(str(key), *path): text for path, text in row.items()})
                place += 1
            if None in line:
                told[0][str(key),] = line[None]
    return told


def _number(model: Any, told: Any, where: Mapping[str, Any], log: Log) -> int | bool:
    """The number of a record that is there, or False."""
    if not told:
        return False
    number = int(told) if str(told).isdigit() else 0
    if number and model.browse(number).exists():
        return number
    log({**where, "type": "error", "field": ".id", "message": model.env._("Unknown database identifier '%s'", told)})
    return False
