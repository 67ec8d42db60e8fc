"""The next number of a series: from a PostgreSQL sequence (fast, may leave gaps) or from a locked row (no gaps)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.sql.fragment import SQL

PLACES = {
    "year": "%Y",
    "month": "%m",
    "day": "%d",
    "y": "%y",
    "doy": "%j",
    "woy": "%W",
    "weekday": "%w",
    "h24": "%H",
    "h12": "%I",
    "min": "%M",
    "sec": "%S",
    "isoyear": "%G",
    "isoy": "%g",
    "isoweek": "%V",
}
NUMBERS = {"implementation", "number_increment", "number_next", "padding"}
PLACE = re.compile(r"%\((?:(range|current)_)?(\w+)\)s")


def _check_numbers(implementation, step, first, padding):
    """UserError where no number, or no other one, could be taken."""
    if step == 0:
        raise UserError(_("The step of a sequence cannot be zero."))
    if padding < 0:
        raise UserError(_("The size of a sequence cannot be below zero."))
    if implementation == "standard" and (step < 0 or first < 1):
        raise UserError(_("A standard sequence counts upwards, from 1 or more. Choose “No gap” for another one."))


def _create_sequence(cr, name, increment, start):
    cr.execute(
        SQL("CREATE SEQUENCE %s INCREMENT BY %s START WITH %s", SQL.identifier(name), int(increment), int(start))
    )


def _drop_sequences(cr, names):
    if names:
        cr.execute(SQL("DROP SEQUENCE IF EXISTS %s RESTRICT", SQL(", ").join(map(SQL.identifier, names))))


def _alter_sequence(cr, name, increment=None, restart=None):
    cr.execute(SQL("SELECT 1 FROM pg_class WHERE relkind = 'S' AND relname = %s", name))
    if not cr.fetchone():
        return
    changes = []
    if increment is not None:
        changes.append(SQL("INCREMENT BY %s", int(increment)))
    if restart is not None:
        changes.append(SQL("RESTART WITH %s", int(restart)))
    if changes:
        cr.execute(SQL("ALTER SEQUENCE %s %s", SQL.identifier(name), SQL(" ").join(changes)))


def _predict(cr, name):
    """The number that nextval would give, without taking it."""
    cr.execute(
        SQL(
            "SELECT CASE WHEN s.is_called THEN s.last_value + q.increment_by ELSE s.last_value END"
            " FROM %s s, pg_sequences q WHERE q.schemaname = current_schema AND q.sequencename = %s",
            SQL.identifier(name),
            name,
        )
    )
    return cr.fetchone()[0]


def _take_locked(record, increment):
    """The next number of a row that is locked until the transaction ends."""
    record.flush_recordset(["number_next"])
    table = SQL.identifier(record._table)
    record.env.cr.execute(SQL("SELECT number_next FROM %s WHERE id = %s FOR UPDATE NOWAIT", table, record.id))
    (number,) = record.env.cr.fetchone()
    record.env.cr.execute(
        SQL("UPDATE %s SET number_next = number_next + %s WHERE id = %s", table, increment, record.id)
    )
    record.invalidate_recordset(["number_next"], flush=False)
    return number


class IrSequence(models.Model):
    _name = "ir.sequence"
    _description = "Sequence"
    _order = "name"

    name = fields.Char(string="Name", required=True)
    code = fields.Char(string="Sequence Code")
    implementation = fields.Selection(
        selection=[
            ("standard", "Standard"),
            ("no_gap", "No gap"),
        ],
        string="Implementation",
        required=True,
        default="standard",
    )
    active = fields.Boolean(string="Active", default=True)
    prefix = fields.Char(string="Prefix")
    suffix = fields.Char(string="Suffix")
    number_next = fields.Integer(string="Next Number", required=True, default=1)
    number_next_actual = fields.Integer(
        string="Actual Next Number",
        compute="_get_number_next_actual",
        inverse="_set_number_next_actual",
    )
    number_increment = fields.Integer(string="Step", required=True, default=1)
    padding = fields.Integer(string="Sequence Size", required=True, default=0)
    company_id = fields.Many2one("res.company", string="Company", default=lambda self: self.env.company)
    use_date_range = fields.Boolean(string="Use subsequences per date_range")
    date_range_ids = fields.One2many("ir.sequence.date_range", "sequence_id", string="Subsequences")

    def _sequence_name(self):
        return f"ir_sequence_{self.id:03d}"

    @api.depends()
    def _get_number_next_actual(self):
        for sequence in self:
            if not sequence.id:
                sequence.number_next_actual = 0
            elif sequence.implementation != "standard":
                sequence.number_next_actual = sequence.number_next
            else:
                sequence.number_next_actual = _predict(self.env.cr, sequence._sequence_name())

    def _set_number_next_actual(self):
        for sequence in self:
            sequence.write({"number_next": sequence.number_next_actual or 1})

    @api.model
    def _get_current_sequence(self, sequence_date=None):
        """The sub-sequence in force on a day, or the sequence itself."""
        if not self.use_date_range:
            return self
        day = sequence_date or fields.Date.context_today(self)
        return self._range_on(day) or self._create_date_range_seq(day)

    def _range_on(self, day):
        return self.env["ir.sequence.date_range"].search(
            [("sequence_id", "=", self.id), ("date_from", "<=", day), ("date_to", ">=", day)], limit=1
        )

    @api.model_create_multi
    def create(self, vals_list):
        sequences = super().create(vals_list)
        for sequence in sequences:
            step, first = sequence.number_increment, sequence.number_next or 1
            _check_numbers(sequence.implementation, step, first, sequence.padding)
            if sequence.implementation == "standard":
                _create_sequence(self.env.cr, sequence._sequence_name(), step, first)
        return sequences

    def unlink(self):
        _drop_sequences(self.env.cr, [sequence._sequence_name() for sequence in self])
        return super().unlink()

    def write(self, values):
        wanted = values.get("implementation")
        for sequence in self:
            increment = values.get("number_increment", sequence.number_increment) or 0
            start = values.get("number_next", sequence.number_next) or 1
            if not NUMBERS.isdisjoint(values):  # one that was stored before they were checked may still be renamed
                padding = values.get("padding", sequence.padding) or 0
                _check_numbers(wanted or sequence.implementation, increment, start, padding)
            name, ranges = sequence._sequence_name(), sequence.date_range_ids
            if sequence.implementation == "standard" and wanted in (None, "standard"):
                if "number_next" in values:
                    _alter_sequence(self.env.cr, name, restart=start)
                if increment != sequence.number_increment:
                    _alter_sequence(self.env.cr, name, increment=increment)
                    for part in ranges:
                        _alter_sequence(self.env.cr, part._sequence_name(), increment=increment)
            elif sequence.implementation == "standard":
                _drop_sequences(self.env.cr, [name, *(part._sequence_name() for part in ranges)])
            elif wanted == "standard":
                _create_sequence(self.env.cr, name, increment, start)
                for part in ranges:
                    _create_sequence(self.env.cr, part._sequence_name(), increment, part.number_next)
        done = super().write(values)
        self.flush_recordset(values.keys())
        return done

    # -- numbers --------------------------------------------------------------------------------------------------

    def _next_do(self):
        if self.implementation == "standard":
            self.env.cr.execute("SELECT nextval(%s)", (self._sequence_name(),))
            number = self.env.cr.fetchone()[0]
        else:
            number = _take_locked(self, self.number_increment)
        return self.get_next_char(number)

    def _get_prefix_suffix(self, date=None, date_range=None):
        """Prefix and suffix with their places filled in for a day and the range it falls in."""
        zone = ZoneInfo(self.env.context.get("tz") or "UTC")
        now = datetime.now(zone)
        effective = self._moment(date or self.env.context.get("ir_sequence_date")) or now
        within = self._moment(date_range or self.env.context.get("ir_sequence_date_range")) or now
        moments = {None: effective, "range": within, "current": now}

        def fill(text):
            def place(match):
                if match[2] not in PLACES:
                    raise KeyError(match[2])
                return moments[match[1]].strftime(PLACES[match[2]])

            return PLACE.sub(place, text or "")

        self.ensure_one()
        try:
            return fill(self.prefix), fill(self.suffix)
        except KeyError as error:
            raise UserError(_("The prefix or suffix of “%s” has an unknown place.", self.name)) from error

    @staticmethod
    def _moment(value):
        if isinstance(value, str):
            return fields.Datetime.from_string(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime.combine(value, datetime.min.time())
        return value

    def get_next_char(self, number_next):
        """A number as the sequence writes it: prefix, zeros, suffix."""
        prefix, suffix = self._get_prefix_suffix()
        return f"{prefix}{number_next:0{self.padding or 0}d}{suffix}"

    def _create_date_range_seq(self, date):
        """The sub-sequence of the year around a day, cut where a neighbour begins."""
        day = fields.Date.to_date(date)
        first, last = day.replace(month=1, day=1), day.replace(month=12, day=31)
        ranges = self.env["ir.sequence.date_range"]
        for other in ranges.search(
            [("sequence_id", "=", self.id), ("date_to", ">=", first), ("date_from", "<=", last)]
        ):
            if other.date_from >= day:
                last = min(last, other.date_from - timedelta(days=1))
            if other.date_to <= day:
                first = max(first, other.date_to + timedelta(days=1))
        return ranges.sudo().create({"sequence_id": self.id, "date_from": first, "date_to": last})

    def _next(self, sequence_date=None):
        if not self.use_date_range:
            return self._next_do()
        day = sequence_date or self.env.context.get("ir_sequence_date", fields.Date.context_today(self))
        part = self._range_on(day) or self._create_date_range_seq(day)
        return part.with_context(ir_sequence_date_range=part.date_from)._next()

    def next_by_id(self, sequence_date=None):
        """The next number of this sequence, as text."""
        self.browse().check_access("read")
        return self._next(sequence_date=sequence_date)

    @api.model
    def next_by_code(self, sequence_code, sequence_date=None):
        """The next number of the sequence of a code, of the company rather than shared; False when there is none."""
        self.browse().check_access("read")
        found = self.search(
            [("code", "=", sequence_code), ("company_id", "in", [self.env.company.id, False])],
            order="company_id",
            limit=1,
        )
        return found._next(sequence_date=sequence_date) if found else False

    @api.model
    def get_id(self, sequence_code_or_id, code_or_id="id"):
        """Older name of next_by_id and next_by_code."""
        if code_or_id == "id":
            return self.browse(sequence_code_or_id).next_by_id()
        return self.next_by_code(sequence_code_or_id)

    @api.model
    def get(self, code):
        """Older name of next_by_code."""
        return self.get_id(code, "code")


class IrSequenceDateRange(models.Model):
    _name = "ir.sequence.date_range"
    _description = "Sequence Date Range"
    _rec_name = "sequence_id"

    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="To", required=True)
    sequence_id = fields.Many2one("ir.sequence", string="Main Sequence", required=True, ondelete="cascade")
    number_next = fields.Integer(string="Next Number", required=True, default=1)
    number_next_actual = fields.Integer(
        string="Actual Next Number",
        compute="_get_number_next_actual",
        inverse="_set_number_next_actual",
    )

    def _sequence_name(self):
        return f"ir_sequence_{self.sequence_id.id:03d}_{self.id:03d}"

    @api.depends()
    def _get_number_next_actual(self):
        for part in self:
            if part.id and part.sequence_id.implementation == "standard":
                part.number_next_actual = _predict(self.env.cr, part._sequence_name())
            else:
                part.number_next_actual = part.number_next

    def _set_number_next_actual(self):
        for part in self:
            part.write({"number_next": part.number_next_actual or 1})

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if "number_next_actual" in fields:
            values["number_next_actual"] = 1
        return values

    def _next(self):
        if self.sequence_id.implementation == "standard":
            self.env.cr.execute("SELECT nextval(%s)", (self._sequence_name(),))
            number = self.env.cr.fetchone()[0]
        else:
            number = _take_locked(self, self.sequence_id.number_increment)
        return self.sequence_id.get_next_char(number)

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        for part in parts:
            sequence, first = part.sequence_id, part.number_next or 1
            _check_numbers(sequence.implementation, sequence.number_increment, first, sequence.padding)
            if sequence.implementation == "standard":
                _create_sequence(self.env.cr, part._sequence_name(), sequence.number_increment, first)
        return parts

    def unlink(self):
        _drop_sequences(self.env.cr, [part._sequence_name() for part in self])
        return super().unlink()

    def write(self, values):
        if values.get("number_next"):
            for part in self.filtered(lambda part: part.sequence_id.implementation == "standard"):
                _check_numbers("standard", part.sequence_id.number_increment, values["number_next"], 0)
                _alter_sequence(self.env.cr, part._sequence_name(), restart=values["number_next"])
        return super().write(values)
