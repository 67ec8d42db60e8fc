"""What kind of values are in a column, and how do they become what `load` reads? Pure: texts in, texts out."""

import re
from datetime import datetime

DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d")
TIME_FORMATS = ("%H:%M:%S", "%H:%M")
DATETIME_FORMATS = tuple(f"{date} {time}" for time in TIME_FORMATS for date in DATE_FORMATS)
SERVER_DATE = "%Y-%m-%d"
SERVER_DATETIME = "%Y-%m-%d %H:%M:%S"
BOOLEANS = frozenset(("0", "1", "true", "false", "t", "f", "yes", "no", "y", "n"))
TEXT_TYPES = ["char", "text", "html", "selection", "many2one", "many2many"]
SIGN = "[$\u00a2-\u00a5\u0e3f\u20a0-\u20c0]|[A-Z]{3}"
CURRENCY = re.compile(rf"^(?:{SIGN})\s*|\s*(?:{SIGN})$")
"""The sign or the code of a currency at either end."""


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
    if all(is_number(value, options) for value in values):
        return ["float", "monetary", *TEXT_TYPES]
    if likely_format(values, DATE_FORMATS):
        return ["date", "datetime", *TEXT_TYPES]
    if likely_format(values, DATETIME_FORMATS):
        return ["datetime", *TEXT_TYPES]
    return list(TEXT_TYPES)


class Moments:
    """The formats that all values of a column have, so that each part of it is read alike."""

    def __init__(self):
        self._dates, self._moments, self._is_filled = DATE_FORMATS, DATETIME_FORMATS, False

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
    try:
        float(number(value, options))
    except ValueError:
        return False
    return True


def number(value, options):
    """A number as Python writes it: without signs of currencies, (1) is -1."""
    text = CURRENCY.sub("", value.strip())
    negative = text.startswith("(") and text.endswith(")") or value.strip().startswith("-")
    text = text.strip("()+-").replace(options.get("float_thousand_separator") or ",", "")
    text = text.replace("\N{NO-BREAK SPACE}", "").replace("\N{NARROW NO-BREAK SPACE}", "").replace(" ", "")
    text = text.replace(options.get("float_decimal_separator") or ".", ".")
    return f"-{text}" if negative else text


def converted(values, kind, options, formats=None):
    """The values of a column for a field of this type; what cannot be read stays, and `load` says so by row.

    formats: what `Moments` found for the whole column.
    """
    if kind in ("float", "monetary"):
        return [number(value, options) if value and is_number(value, options) else value for value in values]
    if kind in ("date", "datetime"):
        given = {option: value for option, value in options.items() if value}
        return _moments(values, kind, {**(formats or {}), **given})
    return values


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
