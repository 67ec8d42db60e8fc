"""What is the group of a date called, where does it begin and end, and which groups lie between two of them?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import babel
import pytz

from fondaco.values.dates import (
    GRANULARITIES,
    date_range,
    format_date,
    format_datetime,
    get_timedelta,
    localize,
    weeknumber,
)
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from babel import dates as babel_dates
else:
    babel_dates = Deferred("babel.dates")

LABELS = {"day": "dd MMM yyyy", "month": "MMMM yyyy", "quarter": "QQQ yyyy", "year": "yyyy"}
HALF_DAY = 12
SHORTEST = {
    "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=28),
    "quarter": timedelta(days=90), "year": timedelta(days=365),
}  # fmt: skip
MOST_PERIODS = 10_000
"""No view shows as many; one mistyped year, 202 for 2024, is 660,000 days."""


def locale_of(env: Any) -> babel.Locale:
    """The locale of the context's language, if it is installed; of the source language otherwise."""
    code = env.context.get("lang") or env.user.lang or "en_US"
    if not env["res.lang"]._get_data(code=code):
        code = "en_US"
    try:
        return babel.Locale.parse(code)
    except (babel.UnknownLocaleError, ValueError):
        return babel.Locale.parse("en_US")


def label(locale: babel.Locale, granularity: str, start: date) -> str:
    """The heading of the period that begins at `start`.

    >>> label(babel.Locale("en", "US"), "week", date(2023, 12, 31))
    'W1 2024'
    """
    if granularity == "hour":
        hour = start.hour % HALF_DAY or HALF_DAY  # type: ignore[attr-defined]  # a date has none: AttributeError is right
        return f"{hour:02}:00 {babel_dates.format_date(start, 'dd MMM', locale=locale)}"
    if granularity == "week":
        year, week = weeknumber(locale, start)
        return f"W{week} {year}"
    return str(babel_dates.format_date(start, LABELS[granularity], locale=locale))


def bounds(env: Any, granularity: str, start: date) -> tuple[str, str]:
    """First moment of the period, and of the next one, as domains compare them: datetimes in UTC."""
    end = start + get_timedelta(1, granularity)  # type: ignore[arg-type]
    if not isinstance(start, datetime):
        return format_date(start), format_date(end)
    zone = env.context.get("tz")
    if zone in pytz.all_timezones_set:
        timezone = pytz.timezone(zone)
        start = localize(start, timezone).astimezone(pytz.utc)
        end = localize(end, timezone).astimezone(pytz.utc)
    return format_datetime(start), format_datetime(end)


def periods_between(granularity: str, first: date, last: date) -> Iterator[date]:
    """The starts of all periods from `first` to `last`."""
    step = get_timedelta(1, granularity)  # type: ignore[arg-type]
    if isinstance(first, datetime):
        yield from date_range(first, last, step)
        return
    while first <= last:
        yield first
        first += step


def are_too_many(granularity: str, first: date, last: date) -> bool:
    """Whether more periods may lie between the two than anybody looks at; told without making them.

    >>> are_too_many("day", date(202, 1, 1), date(2024, 1, 1)), are_too_many("year", date(202, 1, 1), date(2024, 1, 1))
    (True, False)
    """
    return (last - first) / SHORTEST[granularity] > MOST_PERIODS


def is_period(granularity: str) -> bool:
    return granularity in GRANULARITIES
