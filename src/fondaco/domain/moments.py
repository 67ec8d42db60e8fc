"""What moment does a date in a domain mean, and which number has a part of it?

A day compared with datetimes is its first second, or its last one where the question is "up to" or "later than".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from fondaco.values.dates import DATE_LENGTH

LAST_MOMENT = "23:59:59.999999"

NUMBER_GRANULARITIES = {
    "year_number": "year",
    "quarter_number": "quarter",
    "month_number": "month",
    "iso_week_number": "week",
    "day_of_year": "doy",
    "day_of_month": "day",
    "day_of_week": "dow",
    "hour_number": "hour",
    "minute_number": "minute",
    "second_number": "second",
}
"""Part of a date as domains and groups name it -> as PostgreSQL's `date_part` does."""

_PART_OF: dict[str, Callable[[Any], int]] = {
    "year": lambda day: day.year,
    "quarter": lambda day: (day.month + 2) // 3,
    "month": lambda day: day.month,
    "week": lambda day: day.isocalendar()[1],
    "doy": lambda day: day.timetuple().tm_yday,
    "day": lambda day: day.day,
    "dow": lambda day: day.isoweekday() % 7,
    "hour": lambda day: getattr(day, "hour", 0),
    "minute": lambda day: getattr(day, "minute", 0),
    "second": lambda day: getattr(day, "second", 0),
}


def part_of(day: date, granularity: str) -> int:
    """The number that `granularity` (a key of NUMBER_GRANULARITIES) gives; Sunday is day 0 of the week."""
    return _PART_OF[NUMBER_GRANULARITIES[granularity]](day)


def datetime_text(operator: str, value: Any) -> Any:
    """The value to compare a datetime field with, as text; what is no date passes as its text."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    if isinstance(value, date):
        value = value.isoformat()
    if isinstance(value, str) and len(value) == DATE_LENGTH and operator in ("<=", ">"):
        return f"{value} {LAST_MOMENT}"
    return str(value)


def date_text(value: Any) -> str:
    """The value to compare a date field with, as text."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def as_datetime(operator: str, value: Any) -> datetime:
    """What `datetime_text` means, for comparisons in memory."""
    return datetime.fromisoformat(datetime_text(operator, value)).replace(tzinfo=None)


def as_date(value: Any) -> date:
    """What `date_text` means, for comparisons in memory."""
    return date.fromisoformat(date_text(value)[:DATE_LENGTH])
