"""How values read in a page: one converter a kind of value."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from fondaco.addon import _, api, fields, models
from fondaco.values.deferred import Deferred
from fondaco.values.html import nl2br
from fondaco.values.texts import format_decimalized_number

from .res_lang import babel_locale

if TYPE_CHECKING:
    from babel import dates as babel_dates
else:
    babel_dates = Deferred("babel.dates")

UNITS = (
    ("year", 3600 * 24 * 365),
    ("month", 3600 * 24 * 30),
    ("week", 3600 * 24 * 7),
    ("day", 3600 * 24),
    ("hour", 3600),
    ("minute", 60),
    ("second", 1),
)


class IrQwebField(models.AbstractModel):
    _name = "ir.qweb.field"
    _description = "Qweb Field"

    @api.model
    def get_available_options(self):
        """Option -> what it means, for editors of templates."""
        return {}

    @api.model
    def attributes(self, record, field_name, options, values=None):
        """Attributes of the element that shows the field."""
        data = {}
        if options.get("inherit_branding"):
            field = record._fields[field_name]
            data = {
                "data-oe-model": record._name,
                "data-oe-id": record.id,
                "data-oe-field": field.name,
                "data-oe-type": options["type"],
                "data-oe-expression": options["expression"],
            }
            if field.readonly:
                data["data-oe-readonly"] = 1
        return data

    @api.model
    def value_to_html(self, value, options):
        return escape(str(value))

    @api.model
    def record_to_html(self, record, field_name, options):
        """Markup of a field of a record; False when it is empty."""
        if not record:
            return False
        value = record.with_context(**self.env.context)[field_name]
        return False if value is False else self.value_to_html(value, options=options)

    @api.model
    def user_lang(self):
        """The language of the reader."""
        code = self.env.lang or "en_US"
        return self.env["res.lang"].browse(self.env["res.lang"]._get_data(code=code).id) or self.env["res.lang"].search(
            [], limit=1
        )

    def _locale(self):
        return babel_locale(self.user_lang().code)


class IntegerConverter(models.AbstractModel):
    _name = "ir.qweb.field.integer"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Integer"

    @api.model
    def get_available_options(self):
        return {
            "format_decimalized_number": {"type": "boolean", "string": _("Shorten large numbers (5k)")},
            "precision_digits": {"type": "integer", "string": _("Digits of a shortened number"), "default_value": 1},
        }

    @api.model
    def value_to_html(self, value, options):
        if options.get("format_decimalized_number"):
            return format_decimalized_number(value, options.get("precision_digits", 1))
        return self.user_lang().format("%d", value, grouping=True).replace("-", "-\N{ZERO WIDTH NO-BREAK SPACE}")


class FloatConverter(models.AbstractModel):
    _name = "ir.qweb.field.float"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Float"

    @api.model
    def get_available_options(self):
        return {
            "precision": {"type": "integer", "string": _("Digits after the point")},
            "decimal_precision": {"type": "string", "string": _("Digits as set up under this name")},
        }

    @api.model
    def value_to_html(self, value, options):
        precision = options.get("precision")
        if precision is None and options.get("decimal_precision"):
            precision = self.env["decimal.precision"].precision_get(options["decimal_precision"])
        if precision is None:
            text = self.user_lang().format("%f", value, grouping=True)
            point = self.user_lang().decimal_point
            head, dot, tail = text.partition(point)
            return f"{head}{dot}{tail.rstrip('0') or '0'}" if dot else text
        text = self.user_lang().format(f"%.{precision}f", round(value, precision) + 0.0, grouping=True)
        return text.replace("-", "-\N{ZERO WIDTH NO-BREAK SPACE}")

    @api.model
    def record_to_html(self, record, field_name, options):
        if "precision" not in options and "decimal_precision" not in options:
            digits = record._fields[field_name].get_digits(record.env) or (None, None)
            options = {**options, "precision": digits[1]}
        return super().record_to_html(record, field_name, options)


class DateConverter(models.AbstractModel):
    _name = "ir.qweb.field.date"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Date"

    @api.model
    def get_available_options(self):
        return {"format": {"type": "string", "string": _("Pattern of the date")}}

    @api.model
    def value_to_html(self, value, options):
        return _format_date(self, fields.Date.to_date(value), options.get("format")) if value else ""


def _format_date(converter, value, pattern):
    lang = converter.user_lang()
    if pattern:
        return babel_dates.format_date(value, format=pattern, locale=converter._locale())
    return value.strftime(lang.date_format)


class DateTimeConverter(models.AbstractModel):
    _name = "ir.qweb.field.datetime"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Datetime"

    @api.model
    def get_available_options(self):
        return {
            "format": {"type": "string", "string": _("Pattern")},
            "tz_name": {"type": "char", "string": _("Time zone, if not the reader's")},
            "time_only": {"type": "boolean", "string": _("Leave out the date")},
            "date_only": {"type": "boolean", "string": _("Leave out the time")},
            "hide_seconds": {"type": "boolean", "string": _("Leave out seconds")},
        }

    @api.model
    def value_to_html(self, value, options):
        if not value:
            return ""
        record = self.with_context(tz=options["tz_name"]) if options.get("tz_name") else self
        moment = fields.Datetime.context_timestamp(record, fields.Datetime.to_datetime(value))
        lang = self.user_lang()
        if options.get("format"):
            return babel_dates.format_datetime(moment, options["format"], locale=self._locale())
        time_format = lang.time_format.replace(":%S", "") if options.get("hide_seconds") else lang.time_format
        if options.get("time_only"):
            return moment.strftime(time_format)
        if options.get("date_only"):
            return moment.strftime(lang.date_format)
        return moment.strftime(f"{lang.date_format} {time_format}")


class TextConverter(models.AbstractModel):
    _name = "ir.qweb.field.text"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Text"

    @api.model
    def value_to_html(self, value, options):
        return nl2br(value) if value else ""


class SelectionConverter(models.AbstractModel):
    _name = "ir.qweb.field.selection"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Selection"

    @api.model
    def get_available_options(self):
        return {"selection": {"type": "selection", "string": _("Selection"), "required": True}}

    @api.model
    def value_to_html(self, value, options):
        return escape(dict(options["selection"]).get(value) or "") if value else ""

    @api.model
    def record_to_html(self, record, field_name, options):
        if "selection" not in options:
            description = record.fields_get([field_name], ["selection"])[field_name]
            options = {**options, "selection": dict(description["selection"])}
        return super().record_to_html(record, field_name, options)


class ManyToOneConverter(models.AbstractModel):
    _name = "ir.qweb.field.many2one"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Many to One"

    @api.model
    def value_to_html(self, value, options):
        name = value.sudo().display_name if value else False
        return nl2br(name) if name else ""


class ManyToManyConverter(models.AbstractModel):
    _name = "ir.qweb.field.many2many"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb field many2many"

    @api.model
    def value_to_html(self, value, options):
        return escape(", ".join(value.sudo().mapped("display_name"))) if value else ""


class HTMLConverter(models.AbstractModel):
    _name = "ir.qweb.field.html"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field HTML"

    @api.model
    def value_to_html(self, value, options):
        return Markup(value or "")  # noqa: S704 - html fields are sanitised when written


class MonetaryConverter(models.AbstractModel):
    _name = "ir.qweb.field.monetary"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Monetary"

    @api.model
    def get_available_options(self):
        return {
            "from_currency": {"type": "model", "params": "res.currency", "string": _("Currency of the amount")},
            "display_currency": {
                "type": "model",
                "params": "res.currency",
                "string": _("Currency to show"),
                "required": True,
            },
            "date": {"type": "date", "string": _("Day of the rate")},
            "company_id": {"type": "model", "params": "res.company", "string": _("Rates of the company")},
        }

    @api.model
    def value_to_html(self, value, options):
        currency = options["display_currency"]
        if not isinstance(value, (int, float)):
            raise ValueError(_("An amount must be a number."))
        if options.get("from_currency"):
            company = options.get("company_id") or self.env.company
            value = options["from_currency"]._convert(
                value, currency, company, options.get("date") or fields.Date.today()
            )
        lang = self.user_lang()
        number = lang.format(f"%.{currency.decimal_places}f", currency.round(value), grouping=True)
        number = number.replace(" ", "\N{NO-BREAK SPACE}").replace("-", "-\N{ZERO WIDTH NO-BREAK SPACE}")
        before = currency.position == "before"
        symbol = currency.symbol or ""
        shown = Markup('<span class="oe_currency_value">%s</span>') % number
        return Markup("%s\N{NO-BREAK SPACE}%s") % ((symbol, shown) if before else (shown, symbol))

    @api.model
    def record_to_html(self, record, field_name, options):
        options = dict(options)
        field = record._fields[field_name]
        if not options.get("display_currency") and field.type == "monetary":
            options["display_currency"] = record[field.get_currency_field(record)]
        if not options.get("display_currency"):
            found = next(
                (f for f in record._fields.values() if f.type == "many2one" and f.comodel_name == "res.currency"), None
            )
            options["display_currency"] = (found and record[found.name]) or self.env.company.currency_id
        return super().record_to_html(record, field_name, options)


class TimeConverter(models.AbstractModel):
    _name = "ir.qweb.field.time"
    _inherit = ["ir.qweb.field"]
    _description = "QWeb Field Time"

    @api.model
    def value_to_html(self, value, options):
        if value < 0:
            raise ValueError(_("A time of day cannot be negative: %s", value))
        moment = datetime(1970, 1, 1) + timedelta(hours=value)
        if options.get("format"):
            return babel_dates.format_time(moment.time(), options["format"], locale=self._locale())
        hours, minutes = divmod(round(value * 60), 60)
        return f"{hours % 24:02d}:{minutes:02d}"


class FloatTimeConverter(models.AbstractModel):
    _name = "ir.qweb.field.float_time"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Float Time"

    @api.model
    def value_to_html(self, value, options):
        sign = math.copysign(1.0, value)
        hours, minutes = divmod(round(abs(value) * 60), 60)
        return f"{'-' if sign < 0 and (hours or minutes) else ''}{hours:02d}:{minutes:02d}"


class DurationConverter(models.AbstractModel):
    _name = "ir.qweb.field.duration"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Duration"

    @api.model
    def get_available_options(self):
        units = [[name, name] for name, _seconds in UNITS]
        return {
            "digital": {"type": "boolean", "string": _("As a clock shows it (1:30)")},
            "unit": {"type": "selection", "params": units, "string": _("Unit given"), "default_value": "second"},
            "round": {"type": "selection", "params": units, "string": _("Smallest unit"), "default_value": "second"},
            "format": {
                "type": "selection",
                "params": [["long", "long"], ["short", "short"], ["narrow", "narrow"]],
                "string": _("How units are written"),
                "default_value": "long",
            },
            "add_direction": {"type": "boolean", "string": _("Say whether it is to come or past")},
        }

    @api.model
    def value_to_html(self, value, options):
        factor = dict(UNITS)
        rest = round(value * factor[options.get("unit", "second")])
        smallest = factor[options.get("round", "second")]
        sign = "-" if rest < 0 else ""
        rest = abs(round(rest / smallest) * smallest)
        if options.get("digital"):
            hours, seconds = divmod(rest, 3600)
            minutes, seconds = divmod(seconds, 60)
            tail = f":{seconds:02d}" if smallest < 60 else ""
            return f"{sign}{hours:02d}:{minutes:02d}{tail}"
        style = {"format": options.get("format", "long"), "locale": self._locale()}
        parts = []
        for name, seconds in UNITS:
            count, rest = divmod(rest, seconds)
            if count:
                # the direction belongs to the whole: it is written with its first part
                toward = {"add_direction": True} if options.get("add_direction") and not parts else {}
                length = timedelta(seconds=(-count if sign and toward else count) * seconds)
                parts.append(babel_dates.format_timedelta(length, granularity=name, threshold=1, **style, **toward))
        return ("" if options.get("add_direction") else sign) + (" ".join(parts) or "0")


class RelativeDatetimeConverter(models.AbstractModel):
    _name = "ir.qweb.field.relative"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Relative"

    @api.model
    def get_available_options(self):
        return {"now": {"type": "datetime", "string": _("Seen from")}}

    @api.model
    def value_to_html(self, value, options):
        reference = fields.Datetime.to_datetime(options["now"])
        delta = fields.Datetime.to_datetime(value) - reference
        return babel_dates.format_timedelta(delta, add_direction=True, locale=self._locale())

    @api.model
    def record_to_html(self, record, field_name, options):
        return super().record_to_html(record, field_name, {"now": fields.Datetime.now(), **options})


class Contact(models.AbstractModel):
    _name = "ir.qweb.field.contact"
    _inherit = ["ir.qweb.field.many2one"]
    _description = "Qweb Field Contact"

    @api.model
    def get_available_options(self):
        return {
            "fields": {
                "type": "array",
                "params": {"type": "selection"},
                "string": _("What to show"),
                "default_value": ["name", "address", "phone", "mobile", "email"],
            },
            "separator": {"type": "string", "string": _("Between the lines of the address"), "default_value": "\n"},
            "no_marker": {"type": "boolean", "string": _("Without a symbol for the place")},
        }

    @api.model
    def value_to_html(self, value, options):
        if not value:
            return ""
        wanted = options.get("fields") or ["name", "address", "phone", "mobile", "email"]
        partner = value.sudo().with_context(show_address=True)
        lines = []
        if "name" in wanted:
            lines.append(Markup("<b>%s</b>") % (partner.with_context(show_address=False).display_name or ""))
        if "address" in wanted:
            written = partner._display_address(without_company=True).splitlines()
            address = "\n".join(line.strip() for line in written if line.strip())
            if address:
                lines.append(
                    nl2br(address)
                    if options.get("separator", "\n") == "\n"
                    else escape(options["separator"].join(address.splitlines()))
                )
        for name in ("city", "country_id", "phone", "mobile", "email", "website", "vat"):
            text = name in wanted and partner[name]
            if text:
                lines.append(escape(text.display_name if hasattr(text, "_ids") else text))
        return Markup("<address class='o_contact'>%s</address>") % Markup("<br>").join(lines)


class QwebView(models.AbstractModel):
    _name = "ir.qweb.field.qweb"
    _inherit = ["ir.qweb.field.many2one"]
    _description = "Qweb Field qweb"

    @api.model
    def record_to_html(self, record, field_name, options):
        view = record[field_name]
        if not view:
            return ""
        return self.env["ir.qweb"]._render(view.id, options.get("values", {}), minimal_qcontext=True)
