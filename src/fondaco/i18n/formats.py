"""How dates, times, numbers, amounts and lists are written in the language of an environment.

`env` is any environment; its languages are rows of `res.lang` (date_format, time_format, grouping, decimal_point,
thousands_sep), its time zone is `tz` in the context or of the user. Interface of `odoo.tools.misc`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import babel
import pytz
from dateutil.relativedelta import relativedelta

from fondaco.i18n import catalog
from fondaco.values.dates import DATETIME_LENGTH, parse_datetime
from fondaco.values.dates import parse_date as parse_server_date
from fondaco.values.deferred import Deferred
from fondaco.values.floats import RoundingMethod, float_repr, float_round
from fondaco.values.functions import SENTINEL, Sentinel

if TYPE_CHECKING:
    from babel import dates as babel_dates
else:
    babel_dates = Deferred("babel.dates")

NON_BREAKING_SPACE = "\N{NO-BREAK SPACE}"
DEFAULT_LANG = "en_US"


def get_lang(env: Any, lang_code: str | None = None) -> Any:
    """The language record to write in: `lang_code`, else the context's, the company's, English, the first installed."""
    installed = [code for code, _name in env["res.lang"].get_installed()]
    wanted = (lang_code, env.context.get("lang"), env.user.company_id.partner_id.lang, DEFAULT_LANG)
    code = next((candidate for candidate in wanted if candidate in installed), installed[0])
    return env["res.lang"]._get_data(code=code)


@lru_cache(maxsize=256)
def babel_locale_parse(lang_code: str | None) -> babel.Locale:
    """The locale of a language code, with fallbacks: the bare language, then en_US."""
    for candidate in (lang_code, (lang_code or "").partition("_")[0].partition("@")[0]):
        if candidate:
            try:
                return babel.Locale.parse(candidate.replace("@latin", "_Latn").replace("@Cyrl", "_Cyrl"))
            except (ValueError, babel.UnknownLocaleError):
                continue
    return babel.Locale.parse(DEFAULT_LANG)


# strftime directive -> LDML pattern
_LDML = {
    "a": "E", "A": "EEEE", "b": "MMM", "B": "MMMM", "d": "dd", "-d": "d", "H": "HH", "I": "hh", "j": "DDD", "m": "MM",
    "-m": "M", "M": "mm", "p": "a", "S": "ss", "U": "w", "w": "e", "W": "w", "y": "yy", "Y": "yyyy", "e": "d",
    "-I": "h", "-H": "H", "Z": "z", "z": "Z",
}  # fmt: skip
_DIRECTIVE = re.compile(r"%(-?[a-zA-Z%])")


def posix_to_ldml(fmt: str, locale: babel.Locale) -> str:
    """A strftime pattern as an LDML pattern: '%d/%m/%Y' -> 'dd/MM/yyyy'."""
    result: list[str] = []
    end = 0

    def literal(text: str) -> None:
        if not text:
            return
        # letters mean something in LDML, so they are quoted
        result.append("'" + text.replace("'", "''") + "'" if re.search(r"[a-zA-Z]", text) else text.replace("'", "''"))

    for match in _DIRECTIVE.finditer(fmt):
        literal(fmt[end : match.start()])
        end = match.end()
        name = match[1]
        if name == "%":
            literal("%")
        elif name == "x":
            result.append(locale.date_formats["short"].pattern)
        elif name == "X":
            result.append(locale.time_formats["medium"].pattern)
        elif name in {"D", "F", "T", "R"}:
            expanded = {"D": "%m/%d/%y", "F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M"}[name]
            result.append(posix_to_ldml(expanded, locale))
        else:
            result.append(_LDML.get(name, ""))
    literal(fmt[end:])
    return "".join(result)


def get_timezone(env: Any, tz: str | Literal[False] | None = False) -> Any:
    """The time zone to write in: `tz`, the context's, the user's, UTC."""
    name = tz or env.context.get("tz") or env.user.tz
    try:
        return pytz.timezone(name) if name else pytz.utc
    except pytz.UnknownTimeZoneError:
        return pytz.utc


def format_date(
    env: Any, value: Any, lang_code: str | None = None, date_format: str | Literal[False] | None = False
) -> str:
    """A date (date, datetime or server text) as the language writes it, or by an LDML `date_format`.

    A datetime, also as text, is one in UTC and is first moved to the time zone of `env`.
    """
    if not value:
        return ""
    if isinstance(value, str):
        if len(value) < 10:
            return ""
        value = parse_datetime(value) if len(value) >= DATETIME_LENGTH else parse_server_date(value)
    if isinstance(value, dt.datetime):
        value = _in_zone(env, value)
    lang = get_lang(env, lang_code)
    locale = babel_locale_parse(lang.code)
    pattern = date_format or posix_to_ldml(lang.date_format, locale)
    return str(babel_dates.format_date(value, format=pattern, locale=locale))


def _in_zone(env: Any, value: dt.datetime, tz: str | Literal[False] | None = False) -> dt.datetime:
    aware = value if value.tzinfo else pytz.utc.localize(value)
    return aware.astimezone(get_timezone(env, tz))


def parse_date(env: Any, value: str, lang_code: str | None = None) -> dt.date | str:
    """The date that `value` is in the language of `env`; the text itself if it is none."""
    lang = get_lang(env, lang_code)
    try:
        return babel_dates.parse_date(value, locale=babel_locale_parse(lang.code))
    except (ValueError, IndexError, AttributeError):
        return value


def format_datetime(
    env: Any,
    value: Any,
    tz: str | Literal[False] = False,
    dt_format: str | Literal[False] = "medium",
    lang_code: str | None = None,
) -> str:
    """A UTC datetime (or server text) in the time zone `tz` as the language writes it.

    `dt_format` is short, medium, long, full, an LDML pattern, or False for the formats of the language.
    """
    if not value:
        return ""
    timestamp = parse_datetime(value) if isinstance(value, str) else value
    local = _in_zone(env, timestamp, tz)
    lang = get_lang(env, lang_code)
    locale = babel_locale_parse(lang.code)
    pattern = dt_format
    if not pattern or pattern == "medium":
        date_pattern = posix_to_ldml(lang.date_format, locale)
        time_pattern = posix_to_ldml(lang.time_format, locale)
        pattern = f"{date_pattern} {time_pattern}"
    return str(babel_dates.format_datetime(local, pattern, locale=locale))


def format_time(
    env: Any,
    value: Any,
    tz: str | Literal[False] = False,
    time_format: str = "medium",
    lang_code: str | None = None,
) -> str:
    """A time of day (time as it is; a datetime or server text from UTC) as the language writes it."""
    if not value:
        return ""
    lang = get_lang(env, lang_code)
    locale = babel_locale_parse(lang.code)
    if isinstance(value, dt.time):
        local: Any = value
    else:
        local = _in_zone(env, parse_datetime(value) if isinstance(value, str) else value, tz).timetz()
    pattern = posix_to_ldml(lang.time_format, locale) if not time_format or time_format == "medium" else time_format
    return str(babel_dates.format_time(local, format=pattern, locale=locale))


def format_list(env: Any, lst: Iterable[Any], style: Any = "standard", lang_code: str | None = None) -> str:
    """'a, b, and c' in the language of `env`; style as babel names them: or, unit, standard-short, ..."""
    code = lang_code or env.context.get("lang") or DEFAULT_LANG
    return catalog.format_list([str(item) for item in lst], code, style)


_ROUNDING_UNITS = {"decimals": 1.0, "units": 1.0, "thousands": 1e3, "lakhs": 1e5, "millions": 1e6}


def formatLang(
    env: Any,
    value: float | str,
    digits: int = 2,
    grouping: bool = True,
    monetary: bool | Sentinel = SENTINEL,
    dp: str | None = None,
    currency_obj: Any = None,
    rounding_method: RoundingMethod = "HALF-EVEN",
    rounding_unit: str = "decimals",
) -> str:
    """A number as the language writes it; precision from `dp` (a decimal.precision), the currency, or `digits`."""
    if isinstance(value, str) and not value:
        return ""
    if dp is not None:
        digits = env["decimal.precision"].precision_get(dp)
    elif currency_obj:
        digits = currency_obj.decimal_places
    number = float(value) / _ROUNDING_UNITS[rounding_unit]
    if rounding_unit != "decimals":
        digits = 0
    rounded = float_round(number, precision_digits=digits, rounding_method=rounding_method)
    text = group_digits(float_repr(rounded, digits), get_lang(env), grouping)
    return _with_currency(text, currency_obj) if currency_obj else text


def group_digits(number: str, lang: Any, grouping: bool = True) -> str:
    """A plain decimal text with the separators of a language: '1234567.50' -> '1,234,567.50'."""
    whole, dot, decimals = number.partition(".")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    if grouping:
        whole = (lang.thousands_sep or "").join(split_groups(whole, group_sizes(lang.grouping)))
    return sign + whole + (lang.decimal_point + decimals if dot else "")


@lru_cache(maxsize=64)
def group_sizes(grouping: str) -> tuple[int, ...]:
    """'[3,2,-1]' -> (3, 2, -1): sizes of groups from the right."""
    return tuple(int(size) for size in re.findall(r"-?\d+", grouping or ""))


def split_groups(digits: str, sizes: Sequence[int]) -> list[str]:
    """Digits cut from the right into groups; the last size repeats if 0 follows, -1 or the end of the sizes stops.

    >>> split_groups("1234567", (3, 0)), split_groups("1234567", (3, 2, 0)), split_groups("1234567", (3, -1))
    (['1', '234', '567'], ['12', '34', '567'], ['1234', '567'])
    """
    groups: list[str] = []
    rest, last = digits, 0
    for size in sizes:
        while size == 0 and last and len(rest) > last:
            groups.insert(0, rest[-last:])
            rest = rest[:-last]
        if size <= 0 or len(rest) <= size:
            break
        groups.insert(0, rest[-size:])
        rest, last = rest[:-size], size
    return [rest, *groups]


def _with_currency(text: str, currency: Any) -> str:
    if currency.position == "before":
        return f"{currency.symbol}{NON_BREAKING_SPACE}{text}"
    return f"{text}{NON_BREAKING_SPACE}{currency.symbol}"


def format_amount(env: Any, amount: float, currency: Any, lang_code: str | None = None) -> str:
    """An amount rounded to its currency, with the symbol where it belongs and no break inside."""
    lang = get_lang(env, lang_code)
    digits = currency.decimal_places
    rounded = currency.round(amount) if hasattr(currency, "round") else amount
    text = group_digits(float_repr(rounded, digits), lang).replace(" ", NON_BREAKING_SPACE)
    # a minus sign must not be parted from its number
    return _with_currency(text.replace("-", "-\N{ZERO WIDTH NO-BREAK SPACE}"), currency)


def get_iso_codes(lang: str) -> str:
    """'fr_FR' -> 'fr', 'fr_BE' -> 'fr_BE': the short code where country and language are the same word."""
    language, _underscore, country = lang.partition("_")
    return language if language == country.lower() else lang


def py_to_js_locale(locale: str) -> str:
    """'sr@latin' -> 'sr-Latn', 'fr_BE' -> 'fr-BE': as browsers name locales."""
    language, _at, script = locale.partition("@")
    base, _underscore, country = language.partition("_")
    parts = [base, {"latin": "Latn", "Cyrl": "Cyrl"}.get(script, script), country]
    return "-".join(part for part in parts if part)


def week_start(env: Any, lang_code: str | None = None) -> relativedelta:
    """The weekday on which weeks begin in the language, as a relativedelta to the last such day."""
    return relativedelta(weekday=(int(get_lang(env, lang_code).week_start) - 1) % 7)
