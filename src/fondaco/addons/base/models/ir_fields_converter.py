"""How text in an imported file becomes values, for addons that read files of their own; `load` asks fondaco.data."""

from __future__ import annotations

from fondaco.addon import Command, _, api, models
from fondaco.errors import UserError
from fondaco.values.deferred import Postponed

cells = Postponed("fondaco.data.cells")

IDENTITIES = {None: "name", "id": "xmlid", ".id": "database_id"}
"""How a related record is named: subfield -> kind of look-up."""


class ConversionWarning(UserWarning):  # noqa: N818 - a warning, not an error
    """How a text was read although it was not quite right."""


class ConversionError(ValueError):
    """Why a text is no value of its field; `more` helps the reader on."""

    def __init__(self, message, more=None):
        super().__init__(message, *([more] if more else []))


class IrFieldsConverter(models.AbstractModel):
    _name = "ir.fields.converter"
    _description = "Fields Converter"

    @api.model
    def for_model(self, model, fromtype=str):
        """A function (record, log) -> values: `log(field, problem)` hears what could not be read."""
        converters = {name: self.to_field(model, field, fromtype) for name, field in model._fields.items()}

        def convert(record, log):
            values = {}
            for name, value in record.items():
                if name in IDENTITIES:
                    continue
                if not value:
                    values[name] = False
                    continue
                converter = converters.get(name)
                if converter is None:
                    log(
                        name,
                        ConversionError(_("There is no field %(name)s in %(model)s.", name=name, model=model._name)),
                    )
                    continue
                try:
                    values[name], problems = converter(value)
                except (ValueError, UserError) as error:
                    log(name, error)
                    continue
                for problem in problems:
                    log(name, ConversionWarning(problem) if isinstance(problem, str) else problem)
            return values

        return convert

    @api.model
    def to_field(self, model, field, fromtype=str):
        """A function value -> (value for `write`, problems), or None if such a field cannot be read."""
        if fromtype is not str:
            return None
        if field.type in ("one2many", "many2many", "many2one"):
            return lambda value: self._related(model, field, value)
        return lambda value: self._scalar(field, value)

    def _scalar(self, field, value):
        problems = []
        converted = cells.Converter(self.env, "").scalar(field, value, problems)
        return converted, self._sorted_out(problems)

    def _sorted_out(self, problems):
        """The messages of those that are warnings; the first that is more is raised."""
        for problem in problems:
            if problem.type == "error":
                raise ConversionError(problem.message, problem.more and {"moreinfo": problem.more})
        return [ConversionWarning(problem.message) for problem in problems]

    def _related(self, model, field, value):
        """One or many related records: [{None: name}], [{'id': xmlid}], [{'.id': 3, 'name': ...}]."""
        rows = [{None: value}] if isinstance(value, str) else value
        warnings = []
        if field.type == "many2one":
            (row,) = rows
            id_, _kind, warnings = self.db_id_for(model, field, self._identity(field, row), next(iter(row.values())))
            return id_, warnings
        commands = []
        ids = []
        for row in rows:
            subfields = {name: cell for name, cell in row.items() if name not in IDENTITIES}
            values = self._values_of(field, subfields, warnings) if subfields else {}
            named = [name for name in IDENTITIES if row.get(name)]
            if not named:
                commands.append(Command.create(values))
                continue
            cells = row[named[0]].split(",") if field.type == "many2many" and not subfields else [row[named[0]]]
            for cell in cells:
                id_, _kind, more = self.db_id_for(model, field, named[0], cell.strip())
                warnings += more
                ids.append(id_)
                commands += [Command.link(id_), *([Command.update(id_, values)] if values else [])]
        if field.type == "many2many" and len(ids) == len(commands) and not self.env.context.get("update_many2many"):
            commands = [Command.set(ids)]
        return commands, warnings

    def _values_of(self, field, subfields, warnings):
        def log(name, problem):
            if isinstance(problem, Warning):
                warnings.append(problem)
            else:
                raise problem

        return self.for_model(self.env[field.comodel_name])(subfields, log)

    def _identity(self, field, row):
        named = [name for name in row if name in IDENTITIES]
        if len(named) != 1 or len(row) != 1:
            raise ConversionError(
                _("A record of %(field)s is named by its name, its external id or its database id, one of them.",
                  field=field.string)
            )  # fmt: skip
        return named[0]

    @api.model
    def db_id_for(self, model, field, subfield, value):
        """(id, kind of the name, warnings) of the related record that `value` names."""
        kind = IDENTITIES.get(subfield)
        if kind is None:
            raise ConversionError(_("A related record is named by name, id or .id, not by %s.", subfield))
        converter = cells.Converter(self.env, self.env.context.get("_import_current_module") or "")
        converter.expect(field, kind, [value])
        problems = []
        id_ = converter._one(field, kind, value, problems)
        return id_, {"xmlid": "external id", "database_id": "database id"}.get(kind, kind), self._sorted_out(problems)
