"""Which languages there are, and how each writes dates and numbers."""

from __future__ import annotations

import json
import re
from datetime import datetime

import babel

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError, ValidationError
from fondaco.i18n.formats import split_groups
from fondaco.registry.ormcache import ormcache
from fondaco.values.collections import frozendict
from fondaco.values.syntax import literal as literal_eval

DEFAULT_DATE_FORMAT = "%m/%d/%Y"
DEFAULT_TIME_FORMAT = "%H:%M:%S"
DEFAULT_SHORT_TIME_FORMAT = "%H:%M"
CACHED_FIELDS = (
    "id",
    "name",
    "code",
    "iso_code",
    "url_code",
    "active",
    "direction",
    "date_format",
    "time_format",
    "short_time_format",
    "week_start",
    "grouping",
    "decimal_point",
    "thousands_sep",
    "flag_image_url",
)


def babel_locale(code):
    """What babel knows of a language code; US English for what it does not know."""
    try:
        return babel.Locale.parse((code or "en_US").partition("@")[0])
    except (babel.UnknownLocaleError, ValueError):
        return babel.Locale.parse("en_US")


class LangData(frozendict):
    """Values of a language, read as items or attributes; falsy when there is no such language."""

    __slots__ = ()

    def __bool__(self):
        return bool(self["id"])

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class LangDataDict(frozendict):
    """Key -> LangData; a missing key gives the falsy one."""

    __slots__ = ()

    def __getitem__(self, key):
        return self.get(key, NO_LANG)


NO_LANG = LangData(dict.fromkeys(CACHED_FIELDS, False))


class Lang(models.Model):
    _name = "res.lang"
    _description = "Languages"
    _order = "active desc,name"
    _sql_constraints = [
        ("name_uniq", "unique(name)", "Another language has this name."),
        ("code_uniq", "unique(code)", "Another language has this code."),
        ("url_code_uniq", "unique(url_code)", "Another language has this code in addresses."),
    ]

    name = fields.Char(string="Name", required=True)
    code = fields.Char(string="Locale Code", required=True)
    iso_code = fields.Char(string="ISO code")
    url_code = fields.Char(string="URL Code", required=True)
    active = fields.Boolean(string="Active")
    direction = fields.Selection(
        selection=[
            ("ltr", "Left-to-Right"),
            ("rtl", "Right-to-Left"),
        ],
        string="Direction",
        required=True,
        default="ltr",
    )
    date_format = fields.Char(string="Date Format", required=True, default="%m/%d/%Y")
    time_format = fields.Char(string="Time Format", required=True, default="%H:%M:%S")
    short_time_format = fields.Char(string="Short Time Format", required=True, default="%H:%M")
    week_start = fields.Selection(
        selection=[
            ("1", "Monday"),
            ("2", "Tuesday"),
            ("3", "Wednesday"),
            ("4", "Thursday"),
            ("5", "Friday"),
            ("6", "Saturday"),
            ("7", "Sunday"),
        ],
        string="First Day of Week",
        required=True,
        default="7",
    )
    grouping = fields.Char(string="Separator Format", required=True, default="[]")
    decimal_point = fields.Char(string="Decimal Separator", required=True, default=".")
    thousands_sep = fields.Char(string="Thousands Separator", default=",")
    flag_image = fields.Binary(string="Image")
    flag_image_url = fields.Char(string="Flag Image Url", compute="_compute_flag_image_url")

    _allow_sudo_commands = False

    @api.constrains("active")
    def _check_active(self):
        # while the registry is not complete, there may be no language yet
        if self.env.registry.ready and not self.search_count([]):
            raise ValidationError(_("One language stays in use: activate another one first."))

    @api.constrains("time_format", "date_format")
    def _check_format(self):
        for lang in self:
            for pattern in (lang.time_format, lang.date_format):
                if any(unsupported in pattern for unsupported in ("%U", "%W", "%Z")) or not _is_pattern(pattern):
                    raise ValidationError(_("“%s” is no date or time format.", pattern))

    @api.constrains("time_format")
    def _check_time_format(self):
        for lang in self:
            if "%H" in lang.time_format and "%p" in lang.time_format:
                raise ValidationError(_("A time format with hours up to 24 needs no AM/PM."))

    @api.constrains("grouping")
    def _check_grouping(self):
        for lang in self:
            try:
                if any(not isinstance(size, int) for size in json.loads(lang.grouping)):
                    raise ValueError(lang.grouping)
            except (ValueError, TypeError) as error:
                raise ValidationError(
                    _("Write the group sizes as a list of whole numbers, from the right, as in [3,0].")
                ) from error

    @api.depends("code", "flag_image")
    def _compute_flag_image_url(self):
        for lang in self:
            if lang.flag_image:
                lang.flag_image_url = f"/web/image/res.lang/{lang.id}/flag_image"
            else:
                country = (lang.code or "").partition("@")[0].rpartition("_")[2].lower()
                lang.flag_image_url = f"/base/static/img/country_flags/{country}.png"

    @api.onchange("time_format", "date_format")
    def _onchange_format(self):
        for pattern in (self.time_format, self.date_format):
            if pattern and "%-" in pattern:
                return {"warning": {"title": _("Portability"), "message": _("“%-” is not understood everywhere.")}}
        return None

    # -- lookups --------------------------------------------------------------------------------------------------

    def _register_hook(self):
        """A database without any language gets US English."""
        if not self.search_count([]):
            self._create_lang("en_US")

    @ormcache("field")
    def _get_active_by(self, field):
        """Active languages by the value of a field, in the order of the list."""
        rows = self.sudo().with_context(active_test=True).search_fetch([], CACHED_FIELDS, order="name")
        return LangDataDict({row[field]: LangData({name: row[name] for name in CACHED_FIELDS}) for row in rows})

    def _get_data(self, **kwargs):
        """Values of the active language whose field has a value: `_get_data(code='fr_FR')`; falsy without one."""
        ((name, value),) = kwargs.items()
        return self._get_active_by(name)[value]

    def _lang_get(self, code):
        return self.browse(self._get_data(code=code).id)

    def _get_code(self, code):
        """`code` if it is active, else the first active code of the same language, else US English."""
        active = self._get_active_by("code")
        if code in active:
            return code
        language = (code or "").partition("_")[0]
        return next((other for other in active if other.partition("_")[0] == language), next(iter(active), "en_US"))

    @api.model
    @api.readonly
    def get_installed(self):
        """(code, name) of the active languages, by name."""
        return [(code, data.name) for code, data in self._get_active_by("code").items()]

    @api.model
    def install_lang(self):
        """Activate the language the server was given, and make it that of new contacts: called by data of base."""
        code = (self.env.registry.config.get("load_language") or "en_US").split(",")[0]
        lang = self._activate_lang(code) or self._create_lang(code)
        self.env["ir.default"].set("res.partner", "lang", lang.code)
        partner = self.env.company.partner_id
        if not partner.lang:
            partner.write({"lang": lang.code})
        return True

    def _activate_lang(self, code):
        lang = self.with_context(active_test=False).search([("code", "=", code)])
        if lang and not lang.active:
            lang.active = True
        return lang

    def _create_lang(self, lang, lang_name=None):
        """A row for a language code, with the formats that babel gives it."""
        known = babel_locale(lang)
        numbers = known.number_symbols.get("latn", known.number_symbols)
        return self.create(
            {
                "code": lang,
                "iso_code": lang if lang != "en_US" else "en",
                "url_code": lang,
                "name": lang_name or known.get_display_name("en") or lang,
                "active": True,
                "direction": "rtl" if known.text_direction == "rtl" else "ltr",
                "date_format": DEFAULT_DATE_FORMAT if lang == "en_US" else "%d/%m/%Y",
                "time_format": DEFAULT_TIME_FORMAT,
                "decimal_point": numbers.get("decimal", "."),
                "thousands_sep": numbers.get("group", ","),
                "grouping": "[3,0]",
                "week_start": str(known.first_week_day + 1),
            }
        )

    # -- keeping --------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        for vals in vals_list:
            if not vals.get("url_code"):
                vals["url_code"] = vals.get("iso_code") or vals["code"]
        return super().create(vals_list)

    def write(self, vals):
        codes = self.mapped("code")
        if "code" in vals and any(code != vals["code"] for code in codes):
            raise UserError(_("The code of a language cannot be changed."))
        if vals.get("active") is False:
            self._refuse_if_used(codes)
        done = super().write(vals)
        if vals.get("active"):
            self.env["ir.module.module"]._update_translations(codes)
        self.env.flush_all()
        self.env.registry.clear_cache()
        return done

    def _load_records_write(self, values):
        """The files of base describe a language once; in use or not, and how it writes, is then for people to say."""
        return None if self.env.context.get("install_module") == "base" else super()._load_records_write(values)

    def _refuse_if_used(self, codes):
        if self.env["res.users"].with_context(active_test=True).search_count([("lang", "in", codes)], limit=1):
            raise UserError(_("Users have chosen this language: it stays active."))
        if self.env["res.partner"].with_context(active_test=True).search_count([("lang", "in", codes)], limit=1):
            raise UserError(_("Contacts have this language: it stays active."))
        self.env["ir.default"].discard_values("res.partner", "lang", codes)

    @api.ondelete(at_uninstall=True)
    def _refuse_deleting_needed(self):
        for lang in self:
            if lang.code == "en_US":
                raise UserError(_("US English, in which everything is written, cannot be deleted."))
            if self.env.context.get("lang") == lang.code:
                raise UserError(_("This is your own language: choose another one first."))
            if lang.active:
                raise UserError(_("Deactivate the language before you delete it."))

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def copy_data(self, default=None):
        default = dict(default or {})
        rows = super().copy_data(default=default)
        for lang, vals in zip(self, rows):
            for name in ("name", "code", "url_code"):
                if name not in default:
                    vals[name] = _("%s (copy)", lang[name])
        return rows

    def toggle_active(self):
        """Activate or deactivate; what was activated brings its translations."""
        return super().toggle_active()

    def action_activate_langs(self):
        """Activate the languages, then say so."""
        for lang in self:
            lang.active = True
        message = _(
            "%s: ready for users to choose in their preferences.",
            ", ".join(self.mapped("name")),
        )
        return {
            "type": "ir.actions.client",
            "target": "new",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "success",
                "sticky": False,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # -- numbers --------------------------------------------------------------------------------------------------

    def format(self, percent, value, grouping=False):
        """A number as the language writes it; `percent` is one format such as '%.2f'."""
        self.ensure_one()
        if percent[0] != "%":
            raise ValueError("res.lang.format: expected a single format such as '%.2f', got " + repr(percent))
        text = percent % value
        data = self._get_data(id=self.id) or self
        if percent[-1] in "eEfFgG":
            head, dot, tail = text.partition(".")
            if grouping:
                head = intersperse(head, literal_eval(data.grouping), data.thousands_sep or "")[0]
            return f"{head}{data.decimal_point}{tail}" if dot else head
        if percent[-1] in "diu" and grouping:
            return intersperse(text, literal_eval(data.grouping), data.thousands_sep or "")[0]
        return text


def _is_pattern(pattern):
    try:
        datetime(2020, 1, 2, 3, 4, 5).strftime(pattern)
    except ValueError:
        return False
    return True


_NUMBER = re.compile(r"^([^\d]*)(\d+)(.*)$", re.DOTALL)


def intersperse(text, counts, separator=""):
    """(text with its digits grouped, how many separators were put in)."""
    match = _NUMBER.match(text)
    if not match:
        return text, 0
    groups = split_groups(match[2], counts)
    return f"{match[1]}{separator.join(groups)}{match[3]}", max(len(groups) - 1, 0)
