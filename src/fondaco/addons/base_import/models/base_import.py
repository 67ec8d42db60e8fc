"""One import: its file, what the columns may be, a trial and the real thing."""

import itertools

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.values.archives import Unreadable
from fondaco.values.sheets import MAGIC as WORKBOOK
from fondaco.values.sheets import Number, sheet_names, sheet_rows
from fondaco.values.tabular import Row, csv_of, csv_rows, decoded, likely_separator

from .cells import COMMA, DECIMAL, POINT, Decimals, Moments, converted, likely_types
from .matching import lines_above, matches

MAGIC = frozenset(("id", "create_uid", "create_date", "write_uid", "write_date", "display_name"))
DEEPEST = 2
PREVIEW = 10  # rows
HEADINGS_IN = 10  # rows among which the headings are looked for
SAMPLE = 500  # rows that types are guessed from
CONTEXT_OPTIONS = (
    "import_set_empty_fields",
    "import_skip_records",
    "import_keeps_good_rows",
    "name_create_enabled_fields",
)


class BaseImport(models.TransientModel):
    _name = "base_import.import"
    _description = "Base Import"
    _transient_max_hours = 12.0

    res_model = fields.Char(string="Model")
    file = fields.Binary(string="File", attachment=False)
    file_name = fields.Char(string="File Name")
    file_type = fields.Char(string="File Type")
    # written together with the rows, so that an import that was interrupted goes on without a row lost or twice
    imported_to = fields.Integer(help="Rows before this one are in.")
    imported_count = fields.Integer(help="Records created or changed so far.")

    # -- what there is to fill
    @api.model
    def get_fields_tree(self, model, depth=DEEPEST):
        """What can be imported into a model: a list of {id, name, string, required, fields, type, model_name}, sorted
        by label after the external id."""
        found = [self._node("id", _("External ID"), "id", model)]
        described = self.env[model].fields_get(
            attributes=["string", "required", "type", "relation", "relation_field", "readonly"]
        )
        described = {name: field for name, field in described.items() if name not in MAGIC and not field["readonly"]}
        for name in [name for name, field in described.items() if field["type"] == "properties"]:
            del described[name]  # each of its properties is a column
            described.update(self.env[model]._property_columns(name))
        for name, field in sorted(described.items(), key=lambda item: item[1]["string"].lower()):
            node = self._node(name, field["string"], field["type"], model, required=bool(field["required"]))
            node["fields"] = self._below(field, depth)
            if field.get("relation"):
                node["comodel_name"] = field["relation"]
            found.append(node)
        return found

    def _node(self, name, label, kind, model, required=False):
        return {
            "id": name,
            "name": name,
            "string": label,
            "required": required,
            "fields": [],
            "type": kind,
            "model_name": model,
        }

    def _below(self, field, depth):
        """The ways to name a related record; the fields of lines."""
        if field["type"] in ("many2one", "many2many"):
            return [
                self._node("id", _("External ID"), "id", field["relation"]),
                self._node(".id", _("Database ID"), "id", field["relation"]),
            ]
        if field["type"] == "one2many" and depth and self.env[field["relation"]].has_access("read"):
            below = self.get_fields_tree(field["relation"], depth - 1)
            below.append(self._node(".id", _("Database ID"), "id", field["relation"]))
            return [node for node in below if node["name"] != field.get("relation_field")]
        return []

    # -- reading the file
    def _rows(self, options):
        """Rows of the file as texts, one at a time, without the `lines_above` the headings; the first of them fills
        `options` with what was found out about the file. `UserError` in a sentence."""
        return itertools.islice(self._all_rows(options), int(options.get("lines_above") or 0), None)

    def _all_rows(self, options):
        self.ensure_one()
        content = self.with_context(bin_size=False).file
        if not content:
            raise UserError(
                _("The file has no rows.") if self.file_name else _("There is no file to import: choose one.")
            )
        try:
            if content.startswith(WORKBOOK):
                options["sheets"] = options.get("sheets") or sheet_names(content)
                options["sheet"] = options.get("sheet") or options["sheets"][0]
                for row in sheet_rows(content, options["sheet"]):
                    yield _in_notation(row, options)
                return
            text, options["encoding"] = decoded(content, options.get("encoding") or "")
            quote = options.get("quoting") or '"'
            options["separator"] = options.get("separator") or likely_separator(text, quote)
            yield from csv_rows(text, options["separator"], quote)
        except (ValueError, LookupError) as error:
            raise UserError(
                _("%(file)s cannot be read: %(reason)s", file=self.file_name, reason=_reason(error))
            ) from error

    # -- looking
    def parse_preview(self, options, count=PREVIEW):
        """What the client shows before an import; `error` where the file cannot be read."""
        self.ensure_one()
        options = {name: value for name, value in options.items() if name != "column_formats"}
        tree = self.get_fields_tree(self.res_model)
        try:
            titles, seen = self._looked_at(options)
        except UserError as error:
            return {"error": str(error), "preview": ""}
        if not titles and not seen.count:
            return {"error": _("The file has no rows."), "preview": ""}
        columns = [_column(seen.sample, index) for index in range(max(len(titles), seen.width))]
        remembered = self.env["base_import.mapping"]._remembered(self.res_model)
        found = matches(titles, tree, remembered) if titles else {}
        above = lines_above(seen.sample[:HEADINGS_IN], tree, remembered, len(found)) if titles else 0
        limit = options.get("limit")
        return {
            "fields": tree,
            "matches": found,
            "headers": titles,
            "header_types": [likely_types(values, options) for values in columns],
            "column_formats": seen.formats(len(columns)),
            "preview": [[value for value in values if value][:count] for values in columns],
            "options": options,
            "advanced_mode": any("/" in title or len(found.get(index, ())) > 1 for index, title in enumerate(titles)),
            "debug": self.env.user.has_group("base.group_no_one"),
            "batch": bool(limit and seen.count > limit),
            "file_length": seen.count,
            "lines_above": above and above + int(options.get("lines_above") or 0),
            "likely_headings": seen.sample[above - 1] if above else [],
        }

    def _looked_at(self, options):
        """(titles, what was seen of the rows)."""
        lang = self.env["res.lang"]._get_data(code=self.env.lang or "en_US")
        rows, seen = self._rows(options), Seen(lang.date_format or "", lang.decimal_point or POINT)
        titles = next(rows, []) if options.get("has_headers") else []
        for row in rows:
            seen.add(row)
        return titles, seen

    # -- importing
    def execute_import(self, fields, columns, options, dryrun=False):
        """Import the rows; `dryrun` undoes everything in the end. {ids, messages, nextrow, name}.

        With the option `once` a call is answered without effect when rows of the file are in: whoever did not hear the
        first answer asks again, maybe while that call is still at work.
        """
        self.ensure_one()
        options = dict(options)
        if options.pop("once", False) and not dryrun and self.imported_to:
            return {"ids": [], "messages": [], "nextrow": 0, "name": []}
        used = [index for index, path in enumerate(fields) if path]
        if not used:
            return {"messages": [_told(_("Choose a field for one column at least."))]}
        paths = [fields[index] for index in used]
        try:
            rows = list(self._rows(options))[1 if options.get("has_headers") else 0 :]
        except UserError as error:
            return {"messages": [_told(str(error))]}
        part, tried_to = _part(rows, used, options, self._own_columns(paths))
        savepoint = self.env.cr.savepoint()
        result, data = self._load(part, used, paths, options)
        savepoint.close(rollback=dryrun)
        if result["ids"] and not dryrun:
            self._remember(fields, columns, options)
        result["nextrow"] = tried_to if tried_to < len(rows) and result["ids"] is not False else 0
        if result["ids"] is not False and not dryrun:
            self.write({"imported_to": tried_to, "imported_count": self.imported_count + len(result["ids"])})
        result["name"] = self._names(paths, data)
        return result

    def _load(self, part, used, paths, options):
        """(what `load` answers, the cells it was given) for the rows of `part`: [(number in the file, row, line), ...];
        one that earlier code cut has no lines."""
        cells = [[_cell(row, index) for index in used] for _number, row, *_line in part]
        data = self._converted(cells, used, paths, options)
        result = self._loading(options).load(paths, data)
        self._explain(result["messages"], paths, data, part, options)
        return result, data

    def _remember(self, fields, columns, options):
        """Keep for the next file to which fields the columns went."""
        if options.get("has_headers"):
            titles = {title: path for title, path in zip(columns, fields, strict=False) if title and path}
            self.env["base_import.mapping"]._remember(self.res_model, titles)

    def faulty_rows(self, options, problems):
        """A CSV file of the rows in `problems` ([[row, sentence], ...]) with a last column that says what is wrong."""
        self.ensure_one()
        options = dict(options)
        rows = list(self._rows(options))
        titles = rows.pop(0) if options.get("has_headers") else [""] * max(map(len, rows))
        told = {}
        for number, sentence in problems:
            told.setdefault(int(number), []).append(str(sentence))
        faulty = [
            [*(_cell(rows[number], index) for index in range(len(titles))), " ".join(told[number])]
            for number in sorted(told)
            if number < len(rows)
        ]
        return csv_of([*titles, _("Problem")], faulty)

    def _loading(self, options):
        """The model as `load` is to treat the rows."""
        context = {name: options[name] for name in CONTEXT_OPTIONS if options.get(name)}
        return self.env[self.res_model].with_context(import_file=True, tracking_disable=True, **context)

    def _converted(self, data, used, paths, options):
        """Cells as `load` reads them, by the type of the field each column goes to."""
        formats = options.get("column_formats") or []
        columns = [
            converted([row[place] for row in data], self._type_of(path), options, _cell(formats, used[place]))
            for place, path in enumerate(paths)
        ]
        return [list(row) for row in zip(*columns, strict=True)]

    def _own_columns(self, paths):
        """Places of the columns that belong to the record itself; empty where no column belongs to lines of it."""
        fields = self.env[self.res_model]._fields
        lines = ["/" in path and getattr(fields.get(path.split("/")[0]), "type", "") == "one2many" for path in paths]
        return [place for place, is_line in enumerate(lines) if not is_line] if any(lines) else []

    def _type_of(self, path):
        model, kind = self.env[self.res_model], "char"
        for name in path.split("/"):
            if "." in name[1:]:
                return model._property_columns(name.partition(".")[0]).get(name, {}).get("type", "char")
            field = model._fields.get(name)
            if field is None or name == "id":
                return "char"
            kind = field.type
            model = self.env[field.comodel_name] if field.comodel_name else model
        return kind

    def _explain(self, messages, paths, data, part, options):
        """Rows are counted from the first of the file, `line` is where one stands below empty lines; where a related
        record was not found, by what it was looked for."""
        before = int(options.get("lines_above") or 0) + bool(options.get("has_headers"))
        for message in messages:
            rows = message.get("rows")
            if rows and isinstance(message.get("moreinfo"), dict) and message.get("field"):
                place = next((i for i, path in enumerate(paths) if path.split("/")[0] == message["field"]), None)
                if place is not None:
                    steps = paths[place].split("/")
                    message["value"] = data[rows["from"]][place]
                    message["field_type"] = steps[-1] if steps[-1] in ("id", ".id") else "name"
                    message["field_path"] = steps
            if rows:
                number, _row, *line = part[rows["from"]]
                if line and line[0] != before + number + 1:
                    message["line"] = line[0]
                message["rows"] = {"from": number, "to": part[rows["to"]][0]}

    def _names(self, paths, data):
        """What the records of this part are called, to tell them apart in messages."""
        name = self.env[self.res_model]._rec_name
        return [row[paths.index(name)] for row in data] if name in paths else []


class Seen:
    """What a preview keeps of the rows that it goes through: the first of them, and what holds for all."""

    def __init__(self, date_format="", decimal=POINT):
        self.sample, self.count, self._moments, self._decimals = [], 0, [], []
        self._date_format, self._decimal = date_format, decimal

    @property
    def width(self):
        return len(self._moments)

    def add(self, row):
        if self.count < SAMPLE:
            self.sample.append(row)
        self.count += 1
        for _index in range(len(row) - self.width):
            self._moments.append(Moments(self._date_format))
            self._decimals.append(Decimals())
        for moments, decimals, value in zip(self._moments, self._decimals, row, strict=False):
            moments.add(value)
            if not isinstance(value, Number):
                decimals.add(value)

    def formats(self, width):
        """The options that tell how dates and numbers are written, for each of so many columns. Where 1,234 may be
        either, other columns decide, or the language."""
        others = {decimals.certain for decimals in self._decimals} - {""}
        usual = others.pop() if len(others) == 1 else self._decimal
        return [
            {**self._moments[index].options, DECIMAL: self._decimals[index].certain or usual}
            if index < self.width
            else {}
            for index in range(width)
        ]


def _in_notation(row, options):
    """Numbers of a workbook as the texts of their column are written, so that both are read alike."""
    given, formats = options.get(DECIMAL), options.get("column_formats") or []
    signs = (given or (_cell(formats, index) or {}).get(DECIMAL) for index in range(len(row)))
    cells = (
        cell.replace(POINT, COMMA) if sign == COMMA and isinstance(cell, Number) else cell
        for cell, sign in zip(row, signs, strict=True)
    )
    return Row(cells, row.line)


def _reason(error):
    """Why a file cannot be read, in the language of who chose it."""
    if not isinstance(error, Unreadable):
        return str(error)
    sentences = {
        "damaged": _("it is damaged, or was not sent whole. Save it anew. (%(detail)s)"),
        "protected": _("it is protected by a password. Save it without one."),
        "foreign": _("it is neither an XLSX nor an ODS workbook."),
        "too large": _(
            "it has %(size)s and unpacks to %(unpacked)s, which is more than the %(most)s that are read of such a "
            "file. Divide it, or save it as CSV."
        ),
        "too many cells": _(
            "the sheet has more than %(most)s cells, empty ones included. Delete the empty rows and columns below and "
            "beside the data, or save it as CSV."
        ),
        "too many texts": _("its cells have more than %(most)s different texts. Divide it, or save it as CSV."),
        "no sheet": _("it has no sheet %(sheet)s."),
        "old": _("it is a workbook of 2003, or protected by a password. Save it as XLSX, without a password."),
        "no table": _("it is no table. Save it as CSV, XLSX or ODS."),
        "no result": _(
            "its cell %(cell)s has a formula whose result was not saved with it. Open it in a spreadsheet program and "
            "save it there."
        ),
        "open quote": _(
            "a quote that begins in line %(line)s is never closed, so that all lines below it are one cell. Close it, "
            "or take it away."
        ),
    }
    return sentences[error.reason] % error.figures


def _part(rows, used, options, own):
    """([(number, row, line), ...], the number of the row after them): what one call imports.

    A part ends where a record ends: rows that fill none of the `own` columns are lines of the record above. Rows named
    by `leave_out` are left out.
    """
    start = int(options.get("skip") or 0)
    stop = min(start + int(options.get("limit") or len(rows)), len(rows))
    while own and stop < len(rows) and not any(_cell(rows[stop], used[place]) for place in own):
        stop += 1
    left_out = frozenset(options.get("leave_out") or ())
    return [(number, rows[number], rows[number].line) for number in range(start, stop) if number not in left_out], stop


def _cell(row, index):
    return row[index] if index < len(row) else ""


def _column(rows, index):
    return [_cell(row, index) for row in rows]


def _told(text):
    """An error that is about no row."""
    return {
        "type": "error",
        "message": text,
        "record": False,
        "not_matching_error": True,
        "field_path": False,
        "field_type": None,
    }
