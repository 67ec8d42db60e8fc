"""Rows of text become records: what `load()` and CSV files do.

    load(env["res.partner"], ["id", "name", "country_id/id"], [["my.ada", "Ada", "base.gb"]])
    -> {"ids": [42], "messages": [], "nextrow": 0}

Steps: the column titles become a tree (`Shape`); rows become nested records (a row that fills only columns of a
one2many continues the record above); all names of related records are looked up together (`cells.py`); the records
are written in one batch, and one by one only where the batch fails, to say which row is wrong.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from fondaco.data import properties, records
from fondaco.data.cells import Converter, Problem
from fondaco.data.properties import PropertyColumn
from fondaco.data.records import Item
from fondaco.errors import UserError
from fondaco.orm.commands import Command
from fondaco.orm.integrity import explain_integrity_error
from fondaco.sql.fragment import SQL

TOO_MANY = 10
DEEPEST = 50
"""Steps in the title of a column; nobody means more."""
REFERENCES = ("id", ".id")
KEEPS_GOOD = "import_keeps_good_rows"
Row = Sequence[Any]


@dataclass(slots=True)
class Shape:
    """What the columns say about one model: position of each value, and the shapes below its one2many fields."""

    scalars: dict[str, int] = field(default_factory=dict)
    references: dict[str, tuple[str, int]] = field(default_factory=dict)
    properties: list[tuple[PropertyColumn, str, int]] = field(default_factory=list)
    below: dict[str, "Shape"] = field(default_factory=dict)
    xmlid: int | None = None
    database_id: int | None = None

    def columns(self) -> Iterator[int]:
        yield from self.scalars.values()
        yield from (column for _kind, column in self.references.values())
        yield from (column for _property, _kind, column in self.properties)
        yield from (column for column in (self.xmlid, self.database_id) if column is not None)

    def all_columns(self) -> Iterator[int]:
        yield from self.columns()
        for shape in self.below.values():
            yield from shape.all_columns()


@dataclass(slots=True)
class Extract:
    """One record as the rows tell it, from row `first` to row `last`."""

    first: int
    last: int
    row: Row
    below: dict[str, list["Extract"]] = field(default_factory=dict)
    created: dict[str, list[tuple[Item, "Extract"]]] = field(default_factory=dict)
    """Those of `below` that are new, in their order."""

    @property
    def names_created(self) -> bool:
        """Whether a new record below has an xmlid."""
        return any(item.xmlid or one.names_created for new in self.created.values() for item, one in new)


def load(model: Any, titles: Sequence[str], data: Sequence[Row], **options: Any) -> dict[str, Any]:
    """Create or update a record per row (or group of rows); all or none. The answer of `BaseModel.load`.

    Options, from the context where the caller gives none: `module` (of xmlids that name none), `noupdate`,
    `is_update` (leave noupdate records alone), `limit` (rows to take, `nextrow` says where to go on). With
    `import_keeps_good_rows` in the context rows with errors are left out, however many, and the others kept.
    """
    context = model.env.context
    module = options.get("module") or context.get("_import_current_module") or context.get("module") or "__import__"
    shape = shape_of(model, [title.replace(":", "/").split("/") for title in titles])
    extracts, next_row = extract(shape, data, options.get("limit") or context.get("_import_limit"))
    messages: list[dict[str, Any]] = []
    savepoint = model.env.cr.savepoint()
    ids = _load_extracts(model, shape, extracts, module, messages, options)
    if any(message["type"] == "error" for message in messages) and not context.get(KEEPS_GOOD):
        savepoint.close(rollback=True)
        return {"ids": False, "messages": messages, "nextrow": 0}
    savepoint.close(rollback=False)
    return {"ids": ids, "messages": messages, "nextrow": next_row}


def shape_of(model: Any, paths: Sequence[Sequence[str]]) -> Shape:
    """The tree of columns. `ValueError` for a title that names no field."""
    shape = Shape()
    for column, path in enumerate(paths):
        if len(path) > DEEPEST:
            raise ValueError(f"column {column + 1}: its title has {len(path)} steps; expected at most {DEEPEST}")
        _place_column(model, shape, list(path), column)
    return shape


def extract(shape: Shape, data: Sequence[Row], limit: int | None = None) -> tuple[list[Extract], int]:
    """The records that rows tell, and the row at which to go on (0: all were read)."""
    own = list(shape.columns())
    extracts: list[Extract] = []
    if not shape.below:
        stop = len(data) if limit is None else min(limit, len(data))
        kept = [Extract(index, index, data[index]) for index in range(stop) if any(data[index])]
        return kept, 0 if stop == len(data) else stop
    index = 0
    while index < len(data):
        if limit is not None and index >= limit:
            return extracts, index
        last = index
        while last + 1 < len(data) and not any(data[last + 1][column] for column in own):
            last += 1
        extracts.append(_extract_one(shape, data, index, last))
        index = last + 1
    return extracts, 0


def _extract_one(shape: Shape, data: Sequence[Row], first: int, last: int) -> Extract:
    found = Extract(first, last, data[first])
    for name, below in shape.below.items():
        columns = list(below.all_columns())
        own = list(below.columns())
        rows = [index for index in range(first, last + 1) if any(data[index][column] for column in columns)]
        groups: list[list[int]] = []
        for index in rows:
            if groups and not any(data[index][column] for column in own):
                groups[-1].append(index)
            else:
                groups.append([index])
        found.below[name] = [_extract_one(below, data, group[0], group[-1]) for group in groups]
    return found


def _place_column(model: Any, shape: Shape, path: list[str], column: int) -> None:
    name = path[0]
    if len(path) == 1 and name == "id":
        shape.xmlid = column
        return
    if len(path) == 1 and name == ".id":
        shape.database_id = column
        return
    found = model._fields.get(name) or properties.find(model, name)
    if found is None:
        raise ValueError(f"Invalid field name {name!r}")
    if isinstance(found, PropertyColumn):
        _place_property(shape, found, path, column)
        return
    if not found.comodel_name:
        if len(path) > 1:
            raise ValueError(f"Invalid field name {'/'.join(path)!r}")
        shape.scalars[name] = column
    elif len(path) == 1:
        shape.references[name] = ("name", column)
    elif path[1] in REFERENCES and len(path) == 2 and found.type != "one2many":
        shape.references[name] = ("xmlid" if path[1] == "id" else "database_id", column)
    else:
        below = shape.below.setdefault(name, Shape())
        _place_column(model.env[found.comodel_name], below, path[1:], column)


def _place_property(shape: Shape, found: PropertyColumn, path: list[str], column: int) -> None:
    kind = path[1] if len(path) > 1 else "name"
    if len(path) > 2 or (kind != "name" and not (found.comodel_name and kind in REFERENCES)):
        raise ValueError(f"Invalid field name {'/'.join(path)!r}")
    shape.properties.append((found, {"id": "xmlid", ".id": "database_id"}.get(kind, kind), column))


def _referring(model: Any, shape: Shape) -> Iterator[tuple[Any, str, int]]:
    """(field or property, how it names records, column) of the relations."""
    for name, (kind, column) in shape.references.items():
        yield model._fields[name], kind, column
    yield from (one for one in shape.properties if one[0].comodel_name)


def _load_extracts(
    model: Any,
    shape: Shape,
    extracts: Sequence[Extract],
    module: str,
    messages: list[dict[str, Any]],
    options: Mapping[str, Any],
) -> list[int]:
    converter = Converter(model.env, module)
    _prepare(converter, model, shape, extracts)
    ids: list[int | None] = [None] * len(extracts)
    writer = _Writer(model, shape, options, messages, ids)
    for position, found in enumerate(extracts):
        where = {"rows": {"from": found.first, "to": found.last}, "record": position}
        _await_earlier_rows(converter, model, shape, found, writer)
        database_id, xmlid = _identity(shape, found, module)
        if not converter.give(xmlid):
            writer.finish()  # a record of an earlier row, which has its name once that is written
        values, problems = _values(converter, model, shape, found)
        messages.extend({**where, **problem.as_message()} for problem in problems)
        if any(problem.type == "error" for problem in problems):
            continue
        if database_id:
            writer.update(position, found, database_id, xmlid, values)
        else:
            writer.add(position, found, Item(xmlid, values, bool(options.get("noupdate"))))
    writer.finish()
    return [id_ for id_ in ids if id_ is not None]


def _await_earlier_rows(converter: Converter, model: Any, shape: Shape, found: Extract, writer: "_Writer") -> None:
    """A record may name one of an earlier row (its parent, say): then that is written first."""
    for field_, kind, column in _referring(model, shape):
        if field_.comodel_name == model._name and converter.misses(field_, kind, found.row[column]):
            writer.finish()
            converter.expect(field_, kind, [found.row[column]], again=True)


def _identity(shape: Shape, found: Extract, module: str) -> tuple[str, str]:
    database_id = found.row[shape.database_id] if shape.database_id is not None else None
    xmlid = str(found.row[shape.xmlid] or "").strip() if shape.xmlid is not None else ""
    if xmlid and "." not in xmlid:
        xmlid = f"{module}.{xmlid}"
    return str(database_id or ""), xmlid


def _prepare(converter: Converter, model: Any, shape: Shape, extracts: Sequence[Extract]) -> None:
    """Let the converter look up all related records together, at each level."""
    for field_, kind, column in _referring(model, shape):
        converter.expect(field_, kind, {found.row[column] for found in extracts if found.row[column]})
    for name, below in shape.below.items():
        inner = [child for found in extracts for child in found.below[name]]
        identities = [_identity(below, child, converter.module) for child in inner]
        converter.expect(model._fields[name], "database_id", {database_id for database_id, _xmlid in identities})
        converter.expect(model._fields[name], "xmlid", {xmlid for _database_id, xmlid in identities})
        _prepare(converter, model.env[model._fields[name].comodel_name], below, inner)


def _values(converter: Converter, model: Any, shape: Shape, found: Extract) -> tuple[dict[str, Any], list[Problem]]:
    """The values of one record; scalars first, as the messages are listed in that order."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, column in shape.scalars.items():
        values[name] = converter.scalar(model._fields[name], found.row[column], problems)
    for name, (kind, column) in shape.references.items():
        values[name] = converter.reference(model._fields[name], kind, found.row[column], problems)
    for property_, kind, column in shape.properties:
        value = converter.property(property_, kind, found.row[column], problems)
        given = values.setdefault(property_.field.name, {})
        if not isinstance(given, dict):
            text = model.env._("Import either the properties one by one or all of them in one column")
            problems.append(Problem("error", property_.name, text, property_.string))
            continue
        given[property_.key] = value
    for name, below in shape.below.items():
        field_ = model._fields[name]
        if field_.type == "many2one":
            text = model.env._("Can not create Many-To-One records indirectly, import the field separately")
            problems.append(Problem("error", name, text, field_.string))
            continue
        comodel = model.env[field_.comodel_name]
        commands: list[Any] = []
        for child in found.below[name]:
            inner, inner_problems = _values(converter, comodel, below, child)
            problems.extend(inner_problems)
            identity = _identity(below, child, converter.module)
            wanted = converter.command(field_, identity, inner, problems)
            if wanted and wanted[0][0] == Command.CREATE:
                found.created.setdefault(name, []).append((Item(identity[1], inner), child))
            commands.extend(wanted)
        values[name] = commands
    return values, problems


class _Writer:
    """Collects what may go into one batch, writes it, and finds the faulty row when the batch fails."""

    def __init__(
        self,
        model: Any,
        shape: Shape,
        options: Mapping[str, Any],
        messages: list[dict[str, Any]],
        ids: list[int | None],
    ) -> None:
        self.model = model
        self.shape = shape
        self.is_update = bool(options.get("is_update"))
        self.messages = messages
        self.ids = ids
        self._batch: list[tuple[int, Extract, Item]] = []
        self._updated: dict[int, tuple[int, Extract, str, str, dict[str, Any]]] = {}
        self._xmlids: set[str] = set()
        self._errors = 0
        self._is_stopped = False
        self._takes_all = bool(model.env.context.get(KEEPS_GOOD))

    def add(self, position: int, found: Extract, item: Item) -> None:
        self._finish_updates()
        if item.xmlid in self._xmlids:
            self.finish()
        if item.xmlid:
            self._xmlids.add(item.xmlid)
        self._batch.append((position, found, item))

    def update(self, position: int, found: Extract, database_id: str, xmlid: str, values: dict[str, Any]) -> None:
        self._finish_additions()
        id_ = int(database_id) if database_id.isdigit() else 0
        if id_ in self._updated:
            self._finish_updates()  # the second time it is written on what the first time left
        self._updated[id_] = (position, found, database_id, xmlid, values)

    def finish(self) -> None:
        """Write what was collected."""
        self._finish_additions()
        self._finish_updates()

    def _finish_updates(self) -> None:
        """All updates as one transaction within the transaction; one by one if that fails, so that each says why."""
        updates, self._updated = self._updated, {}
        if not updates or self._is_stopped:
            return
        marks = _marks(self.model, (found for _position, found, *_more in updates.values()))
        known = self.model.browse(list(updates)).exists()
        there = set(known._ids)
        for id_, (position, found, database_id, _xmlid, _values) in updates.items():
            if id_ not in there:
                text = self.model.env._("Unknown database identifier '%s'", database_id)
                self._fail(position, found, text, ".id")
        if len(known) > 1:
            try:
                with self.model.env.cr.savepoint():
                    # what each row needs, of all of them in one statement
                    known.fetch([*filter(None, [self.model._rec_name]), *known._names_in_rules("write")])
                    for record in known:
                        self._write(record, *updates[record.id][3:])
                    self.model.env.flush_all()
            except (UserError, ValueError, psycopg.Error):
                pass
            else:
                self._keep([updates[id_][:2] for id_ in known._ids], known._ids, marks)
                return
        for record in known:
            if self._is_stopped:
                return
            position, found, _database_id, xmlid, values = updates[record.id]
            self._try(lambda r=record, x=xmlid, v=values: self._write(r, x, v), [(position, found)])

    def _write(self, record: Any, xmlid: str, values: dict[str, Any]) -> list[int | None]:
        record._load_records_write(dict(values))
        if xmlid:
            records.remember_created(self.model, [(Item(xmlid, values), record.id)])
        return [record.id]

    def _finish_additions(self) -> None:
        batch, self._batch, self._xmlids = self._batch, [], set()
        if not batch or self._is_stopped:
            return
        items = [item for _position, _found, item in batch]
        places = [(position, found) for position, found, _item in batch]
        marks = _marks(self.model, (found for _position, found in places))
        if len(batch) > 1:
            try:
                with self.model.env.cr.savepoint():
                    ids = records.load_items(self.model, items, is_update=self.is_update)
                    self.model.env.flush_all()
            except (UserError, ValueError, psycopg.Error):
                pass  # one by one, below, each says what is wrong with it
            else:
                self._keep(places, ids, marks)
                return
        for place, item in zip(places, items, strict=True):
            if self._is_stopped:
                return
            self._try(lambda item=item: records.load_items(self.model, [item], is_update=self.is_update), [place])

    def _try(self, work: Any, places: list[tuple[int, Extract]]) -> None:
        marks = _marks(self.model, (found for _position, found in places))
        try:
            with self.model.env.cr.savepoint():
                ids = work()
                self.model.env.flush_all()
        except (UserError, ValueError, psycopg.Error) as error:
            self._explain(error, *places[0])
        else:
            self._keep(places, ids, marks)

    def _keep(self, places: list[tuple[int, Extract]], ids: Sequence[int | None], marks: Mapping[str, int]) -> None:
        made = iter(self.model.browse([id_ for id_ in ids if id_ is not None]))
        for (position, found), id_ in zip(places, ids, strict=True):
            self.ids[position] = id_
            if id_ is None:
                continue
            record = next(made)
            for label in _name_created(record, found, marks) if found.names_created else ():
                text = record.env._(
                    "'%s' has other new records than these rows say, so whose External IDs theirs are is not "
                    "known: they were not given", label,
                )  # fmt: skip
                self._warn(position, found, text)
            for property_, _kind, column in self.shape.properties:
                if found.row[column] and property_.value(record) is None:
                    text = record.env._(
                        "no property '%(property)s' for '%(record)s': left out",
                        property=property_.string, record=record.display_name,
                    )  # fmt: skip
                    self._warn(position, found, text)

    def _warn(self, position: int, found: Extract, text: str) -> None:
        rows = {"from": found.first, "to": found.last}
        self.messages.append({"rows": rows, "record": position, "type": "warning", "message": text})

    def _explain(self, error: BaseException, position: int, found: Extract) -> None:
        _ = self.model.env._
        missing = _missing_column(error)
        field_ = self.model._fields.get(missing) if missing else None
        if field_ is not None:
            text = _(
                "Missing required value for the field '%(field)s' (%(name)s)",
                field=field_.get_description(self.model.env, ["string"])["string"], name=field_.name,
            )  # fmt: skip
            self._fail(position, found, text, field_.name)
        elif isinstance(error, psycopg.errors.IntegrityError):
            self._fail(position, found, str(explain_integrity_error(self.model.env, error)))
        elif isinstance(error, UserError | psycopg.Error):
            self._fail(position, found, str(error))
        else:
            detail = f"{type(error)}: {error}"
            self._fail(position, found, _("Unknown error during import: %s", detail))

    def _fail(self, position: int, found: Extract, message: str, field_name: str | None = None) -> None:
        entry: dict[str, Any] = {
            "rows": {"from": found.first, "to": found.last},
            "record": position,
            "type": "error",
            "message": message,
        }
        if field_name:
            entry["field"] = field_name
        self.messages.append(entry)
        self._errors += 1
        if not self._takes_all and self._errors >= TOO_MANY and self._errors >= position / 10:
            text = self.model.env._(
                "Found more than %s errors and more than one error per 10 records, interrupted to avoid showing too "
                "many errors.", TOO_MANY,
            )  # fmt: skip
            self.messages.append({"type": "warning", "message": text})
            self._is_stopped = True


def _marks(model: Any, extracts: Iterable[Extract]) -> dict[str, int]:
    """The newest record of each model below of which the rows name new ones: what is newer was made by them."""
    marks: dict[str, int] = {}
    todo = [(model, found) for found in extracts if found.names_created]
    while todo:
        above, found = todo.pop()
        for name, created in found.created.items():
            comodel = model.env[above._fields[name].comodel_name]
            if comodel._name not in marks:
                newest = SQL("SELECT coalesce(max(id), 0) FROM %s", SQL.identifier(comodel._table))
                marks[comodel._name] = model.env.cr.fetch(newest)[0][0]
            todo += [(comodel, below) for _item, below in created if below.names_created]
    return marks


def _name_created(record: Any, found: Extract, marks: Mapping[str, int]) -> list[str]:
    """Let the new records below have their xmlids, in the order of the rows. Where the model made more or fewer of them
    than the rows say, none has: the labels of those fields."""
    unknown: list[str] = []
    for name, created in found.created.items():
        field_ = record._fields[name]
        comodel = record.env[field_.comodel_name]
        lines = record.with_context(active_test=False)[name].ids
        made = sorted(id_ for id_ in lines if id_ > marks.get(comodel._name, 0))
        if len(made) != len(created):
            if any(item.xmlid or below.names_created for item, below in created):
                unknown.append(field_.string)
            continue
        pairs = [(item, id_) for (item, _below), id_ in zip(created, made, strict=True) if item.xmlid]
        records.remember_created(comodel, pairs)
        for (_item, below), id_ in zip(created, made, strict=True):
            unknown += _name_created(comodel.browse(id_), below, marks)
    return unknown


def _missing_column(error: BaseException | None) -> str | None:
    """The column that PostgreSQL found empty, anywhere in the chain of causes."""
    while error is not None:
        if isinstance(error, psycopg.errors.NotNullViolation):
            return error.diag.column_name
        error = error.__cause__
    return None
