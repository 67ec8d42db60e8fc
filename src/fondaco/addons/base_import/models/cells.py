"""What kind of values are in a column, and how do they become what `load` reads? Pure: texts in, texts out."""

import functools
import re
from datetime import datetime

DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d")
TIME_FORMATS = ("%H:%M:%S", "%H:%M")
DATETIME_FORMATS = tuple(f"{date} {time}" for time in TIME_FORMATS for date in DATE_FORMATS)
SERVER_DATE = "%Y-%m-%d"
SERVER_DATETIME = "%Y-%m-%d %H:%M:%S"
POINT, COMMA = ".", ","
SPACES = " '\u2019\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
"""What may stand between thousands beside a point or a comma."""
BOOLEANS = frozenset(("0", "1", "true", "false", "t", "f", "yes", "no", "y", "n"))
UNTOUCHED = ("char", "text", "html")
LONGEST_NUMBER = 40  # characters
TEXT_TYPES = ["char", "text", "html", "selection", "many2one", "many2many"]
CURRENCY = "(?:[$\u00a2-\u00a5\u0e3f\u20a0-\u20c0]|[A-Z]{3})"
"""The sign or the code of a currency."""
CURRENCY_BEFORE, CURRENCY_AFTER = re.compile(CURRENCY), re.compile(rf"{CURRENCY}$")
SIGN_BEFORE, SIGN_AFTER = re.compile("[+-]"), re.compile("-$")
MINUS = "\N{MINUS SIGN}"
DECIMAL, THOUSAND = "float_decimal_separator", "float_thousand_separator"


def likely_types(values, options):
    """The types of fields that these values may fill."""
    values = [value.strip() for value in values if value.strip()]
    if not values:
        return ["all"]
    if all(re.fullmatch(r"[+-]?\d+", value) for value in values):
        small = all(value.lower() in BOOLEANS for value in values)
        return ["integer", "float", "monetary", "id", *(["boolean"] if small else []), *TEXT_TYPES]
    if all(value.lower() in BOOLEANS for value in values):
        return ["boolean", *TEXT_TYPES]
    if all(is_number(value, options) if options.get(DECIMAL) else decimals_of(value) for value in values):
        return ["float", "monetary", *TEXT_TYPES]
    if likely_format(values, DATE_FORMATS):
        return ["date", "datetime", *TEXT_TYPES]
    if likely_format(values, DATETIME_FORMATS):
        return ["datetime", *TEXT_TYPES]
    return list(TEXT_TYPES)


class Moments:
    """The formats that all values of a column have, so that each part of it is read alike.

    preferred: the format of dates that is taken where 01/02/2026 could be either.
    """

    def __init__(self, preferred=""):
        self._dates = sorted(DATE_FORMATS, key=lambda pattern: pattern != preferred)
        self._moments = sorted(DATETIME_FORMATS, key=lambda pattern: not pattern.startswith(f"{preferred} "))
        self._is_filled = False

    def add(self, value):
        if value.strip():
            self._is_filled = True
            self._dates = [pattern for pattern in self._dates if is_moment(value, pattern)]
            self._moments = [pattern for pattern in self._moments if is_moment(value, pattern)]

    @property
    def options(self):
        """The options `date_format` and `datetime_format`, where there is one."""
        found = {"date_format": self._dates, "datetime_format": self._moments}
        return {option: patterns[0] for option, patterns in found.items() if patterns and self._is_filled}


class Decimals:
    """The sign before decimals that the numbers of a column have; what is no number says nothing."""

    def __init__(self):
        self.possible = {POINT, COMMA}

    def add(self, value):
        if len(value) <= LONGEST_NUMBER and (POINT in value or COMMA in value) and (found := decimals_of(value)):
            self.possible &= found

    @property
    def certain(self):
        """The sign, where the values leave no doubt."""
        return next(iter(self.possible)) if len(self.possible) == 1 else ""


def decimals_of(value):
    """The signs that may be the one before decimals: 1.234,5 says a comma, 1,234 may be either, 12 too."""
    return {sign for sign in (POINT, COMMA) if _digits(value, sign, (COMMA if sign == POINT else POINT) + SPACES)}


def likely_format(values, formats):
    """The first format that every value has; None if there is none."""
    return next((pattern for pattern in formats if all(is_moment(value, pattern) for value in values if value)), None)


def is_moment(value, pattern):
    try:
        datetime.strptime(value.strip(), pattern)
    except ValueError:
        return False
    return True


def is_number(value, options):
    return bool(number(value, options))


def number(value, options):
    """A number as Python writes it, without signs of currencies; (1) is -1. Empty where it is none: in 1,50 a comma
    cannot stand between thousands."""
    decimal = options.get(DECIMAL) or POINT
    return _digits(value, decimal, (options.get(THOUSAND) or (COMMA if decimal == POINT else POINT)) + SPACES)


def _digits(value, decimal, thousands):
    """One currency at either end, one sign before or after, or parentheses; two of a kind make it no number."""
    text = value.strip().replace(MINUS, "-")
    if len(text) > LONGEST_NUMBER:
        return ""
    text, currency = _without(text, CURRENCY_BEFORE, CURRENCY_AFTER)
    if text[:1] == "(" and text[-1:] == ")":
        text, sign = text[1:-1].strip(), "-"
    else:
        text, sign = _without(text, SIGN_BEFORE, SIGN_AFTER)
    if not currency:
        text, currency = _without(text, CURRENCY_BEFORE, CURRENCY_AFTER)
    found = _pattern(decimal, thousands).fullmatch(text)
    if not found:
        return ""
    whole = re.sub(r"\D", "", found["whole"]) or "0"
    part = f".{found['part']}" if found["part"] else ""
    return f"{'-' if sign == '-' else ''}{whole}{part}{found['power'] or ''}"


def _without(text, before, after):
    """A text without what stands before it or else after it, and that."""
    found = before.match(text)
    if found:
        return text[found.end() :].strip(), found[0]
    found = after.search(text)
    return (text[: found.start()].strip(), found[0]) if found else (text, "")


@functools.lru_cache(64)  # a client chooses them
def _pattern(decimal, thousands):
    between, sign = f"[{re.escape(thousands)}]", re.escape(decimal)
    grouped = rf"[1-9]\d{{0,2}}(?:{between}\d{{2,3}})*{between}\d{{3}}"
    whole = rf"{grouped}|\d+(?={sign}|[eE]|$)|(?={sign}\d)"
    return re.compile(rf"(?P<whole>{whole})(?:{sign}(?P<part>\d*))?(?P<power>[eE][+-]?\d{{1,3}})?", re.ASCII)


def converted(values, kind, options, formats=None):
    """The values of a column for a field of this type; what cannot be read stays, and `load` says so by row.

    formats: what `Moments` and `Decimals` found for the whole column.
    """
    if kind not in UNTOUCHED:
        values = [value.strip() for value in values]
    if kind in ("float", "monetary", "integer"):
        decimal = options.get(DECIMAL) or (formats or {}).get(DECIMAL) or _likely_decimal(values)
        read = {DECIMAL: decimal, THOUSAND: options.get(THOUSAND) if options.get(DECIMAL) else ""}
        return [_as_number(value, kind, read) for value in values]
    if kind in ("date", "datetime"):
        given = {option: value for option, value in options.items() if value}
        return _moments(values, kind, {**(formats or {}), **given})
    return values


def _as_number(value, kind, options):
    found = number(value, options)
    if kind == "integer" and found:
        whole, _point, part = found.partition(".")
        # Nobody writes three noughts after a whole number: in 1.000 the point may as well stand between thousands.
        return value if part.strip("0") or part == "000" or "e" in found.lower() else whole
    return found or value


def _likely_decimal(values):
    found = Decimals()
    for value in values:
        found.add(value)
    return found.certain or POINT


def _moments(values, kind, options):
    formats, target = (DATE_FORMATS, SERVER_DATE) if kind == "date" else (DATETIME_FORMATS, SERVER_DATETIME)
    chosen = options.get(f"{kind}_format") or likely_format(values, formats)
    if chosen is None and kind == "datetime":
        chosen = options.get("date_format") or likely_format(values, DATE_FORMATS)
    if not chosen:
        return values
    return [
        datetime.strptime(value.strip(), chosen).strftime(target) if value and is_moment(value, chosen) else value
        for value in values
    ]
