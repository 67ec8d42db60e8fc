"""Periods, ranges, and the text forms of dates on the wire.

Dates and datetimes on the wire and in the database are naive and UTC, written `2026-02-28` and `2026-02-28 13:14:15`.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Literal, TypeVar, overload

import babel
import pytz
from dateutil.relativedelta import relativedelta

DEFAULT_SERVER_DATE_FORMAT = "%Y-%m-%d"
DEFAULT_SERVER_TIME_FORMAT = "%H:%M:%S"
DEFAULT_SERVER_DATETIME_FORMAT = "%Y-%m-%d %H:%M:%S"
DATE_LENGTH = len("2026-02-28")
DATETIME_LENGTH = len("2026-02-28 13:14:15")

Granularity = Literal["hour", "day", "week", "month", "quarter", "year"]
D = TypeVar("D", date, datetime)

GRANULARITIES: tuple[Granularity, ...] = ("hour", "day", "week", "month", "quarter", "year")

_STEPS: dict[str, relativedelta] = {
    "hour": relativedelta(hours=1),
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "year": relativedelta(years=1),
}


def date_type(value: D) -> type[date] | type[datetime]:
    """`datetime` for a datetime, `date` for a date: which of the two classes `value` belongs to."""
    return datetime if isinstance(value, datetime) else date


def get_timedelta(qty: int, granularity: Granularity) -> relativedelta:
    """`qty` times the period, as something that can be added to a date."""
    return _STEPS[granularity] * qty


def start_of(value: D, granularity: Granularity) -> D:
    """The first moment of the period around `value`; weeks start on Monday."""
    if granularity == "hour":
        if isinstance(value, datetime):
            return value.replace(minute=0, second=0, microsecond=0)
        raise ValueError(f"start_of: granularity 'hour' needs a datetime, got the date {value!r}")
    if granularity == "year":
        result = value.replace(month=1, day=1)
    elif granularity == "quarter":
        result = value.replace(month=(value.month - 1) // 3 * 3 + 1, day=1)
    elif granularity == "month":
        result = value.replace(day=1)
    elif granularity == "week":
        result = value - timedelta(days=value.weekday())
    elif granularity == "day":
        result = value
    else:
        raise ValueError(f"start_of: unknown granularity {granularity!r}; expected one of {', '.join(GRANULARITIES)}")
    return datetime.combine(result, time.min, result.tzinfo) if isinstance(result, datetime) else result


def end_of(value: D, granularity: Granularity) -> D:
    """The last moment (the last day, for a date) of the period around `value`."""
    start = start_of(value, granularity)
    if isinstance(start, datetime):
        return start + _STEPS[granularity] - timedelta(microseconds=1)
    return start + _STEPS[granularity] - timedelta(days=1)


def add(value: D, *args: Any, **kwargs: Any) -> D:
    """`value` plus the relativedelta of the remaining arguments: add(day, months=1)."""
    return value + relativedelta(*args, **kwargs)


def subtract(value: D, *args: Any, **kwargs: Any) -> D:
    """`value` minus the relativedelta of the remaining arguments."""
    return value - relativedelta(*args, **kwargs)


def get_month(date: D) -> tuple[D, D]:
    """First and last day of the month; a datetime keeps its time."""
    last = calendar.monthrange(date.year, date.month)[1]
    return date.replace(day=1), date.replace(day=last)


def get_quarter_number(date: date) -> int:
    """1 to 4."""
    return (date.month - 1) // 3 + 1


def get_quarter(date: D) -> tuple[D, D]:
    """First and last day of the quarter; a datetime keeps its time."""
    first = date.replace(month=(get_quarter_number(date) - 1) * 3 + 1, day=1)
    return first, get_month(first + relativedelta(months=2))[1]


def get_fiscal_year(date: D, day: int = 31, month: int = 12) -> tuple[D, D]:
    """First and last day of the fiscal year around `date` that ends on `day`/`month` each year.

    A day past the month's end means the month's end, so 29, 30 or 31 February end February in every year.
    """
    end = _closing(date, day, month)
    if date > end:
        return end + timedelta(days=1), _closing(date + relativedelta(years=1, day=1), day, month)
    return _closing(date - relativedelta(years=1, day=1), day, month) + timedelta(days=1), end


def _closing(value: D, day: int, month: int) -> D:
    last = calendar.monthrange(value.year, month)[1]
    # 28 February closes leap years on the 29th: it was meant as the end of the month.
    if month == 2 and day >= 28:
        day = last
    return value.replace(month=month, day=min(day, last))


def date_range(start: D, end: D, step: relativedelta | timedelta = relativedelta(months=1)) -> Iterator[D]:  # noqa: B008
    """`start`, `start + step`, ... up to and including `end`, which may be dates or datetimes of one time zone.

    With a time zone the wall clock advances, so midnight stays midnight over a change of summer time.
    """
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise ValueError(f"date_range: start {start!r} and end {end!r} must both be dates or both be datetimes")
    if isinstance(start, datetime) and isinstance(end, datetime):
        zone = start.tzinfo
        if (zone is None) != (end.tzinfo is None) or _zone_name(zone) != _zone_name(end.tzinfo):
            raise ValueError(f"date_range: start {start!r} and end {end!r} must have the same time zone")
    else:
        zone = None
    if start > end:
        raise ValueError(f"date_range: start {start!r} must not be after end {end!r}")
    return _walk(start, end, step, zone)


def _zone_name(zone: tzinfo | None) -> str | None:
    return None if zone is None else str(getattr(zone, "zone", zone))


def _walk(start: Any, end: Any, step: relativedelta | timedelta, zone: tzinfo | None) -> Iterator[Any]:
    if start + step == start:
        raise ValueError("date_range: step must move forward, got an empty step")
    if zone is None:
        current = start
        while current <= end:
            yield current
            current = current + step
        return
    current, last = start.replace(tzinfo=None), end.replace(tzinfo=None)
    while current <= last:
        yield localize(current, zone)
        current = current + step


def localize(value: datetime, zone: tzinfo) -> datetime:
    """The naive wall-clock `value` as an aware datetime of `zone` (a pytz or a standard zone)."""
    if isinstance(zone, pytz.tzinfo.BaseTzInfo):
        return zone.localize(value)
    return value.replace(tzinfo=zone)


def weeknumber(locale: babel.Locale, date: date) -> tuple[int, int]:
    """(year, week) of `date` as the locale counts: its first weekday, and its least number of days in week one."""
    first_day: int = locale.first_week_day
    minimum: int = locale.min_week_days

    def start_of_week_one(year: int) -> int:
        new_year = type(date)(year, 1, 1)
        offset = (new_year.weekday() - first_day) % 7
        ordinal = new_year.toordinal() - offset
        return ordinal if 7 - offset >= minimum else ordinal + 7

    ordinal = date.toordinal()
    for year in (date.year + 1, date.year, date.year - 1):
        start = start_of_week_one(year)
        if ordinal >= start:
            return year, (ordinal - start) // 7 + 1
    raise AssertionError(f"no year contains {date!r}")


@overload
def parse_date(value: str) -> date: ...
@overload
def parse_date(value: Literal[False] | None) -> None: ...
def parse_date(value: str | Literal[False] | None) -> date | None:
    """The date that starts a server-format string; falsy gives None. ValueError if it is none."""
    if not value:
        return None
    text = value[:DATE_LENGTH]
    if len(text) == DATE_LENGTH and text[4] == "-" and text[7] == "-" and text[:4].isdigit():
        try:
            return date(int(text[:4]), int(text[5:7]), int(text[8:]))
        except ValueError:
            pass  # strptime words the error that clients know
    return datetime.strptime(text, DEFAULT_SERVER_DATE_FORMAT).date()


@overload
def parse_datetime(value: str) -> datetime: ...
@overload
def parse_datetime(value: Literal[False] | None) -> None: ...
def parse_datetime(value: str | Literal[False] | None) -> datetime | None:
    """The naive datetime of a server-format string, whose time may be shortened; falsy gives None."""
    if not value:
        return None
    if len(value) == DATETIME_LENGTH and value[10] == " " and value[4] == "-" and value[13] == ":":
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    # "2026-02-28" and "2026-02-28 13:14" are served with the part of the format that they fill (Odoo 18 transcripts).
    return datetime.strptime(value, DEFAULT_SERVER_DATETIME_FORMAT[: max(len(value) - 2, 0)])


def format_date(value: date) -> str:
    """`2026-02-28`; the year always has four digits, which strftime does not promise."""
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


def format_datetime(value: datetime) -> str:
    """`2026-02-28 13:14:15`, microseconds dropped."""
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d} {value.hour:02d}:{value.minute:02d}:{value.second:02d}"
