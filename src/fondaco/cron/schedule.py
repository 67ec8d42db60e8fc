"""When does a job run next? Values in, values out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from dateutil.relativedelta import relativedelta

FIXED = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1)}
WALL = {"days": timedelta(days=1), "weeks": timedelta(weeks=1)}
UNITS = (*FIXED, *WALL, "months")
LONGEST_REST = timedelta(hours=1)


class ScheduleError(ValueError):
    """The interval of a job says nothing."""


def next_run(planned: datetime, number: int, unit: str, now: datetime, zone: tzinfo) -> datetime:
    """The first of planned, planned + interval, ... that is later than `now`. What was missed is not made up for.

    planned, now, result: naive, UTC, as they lie in the table. Days, weeks and months are counted on the clock of
    `zone`, so that midnight stays midnight when summer time begins. A month later is the same day, or the last of a
    shorter month, from where it goes on: 31 January, 28 February, 28 March.
    """
    if number <= 0 or unit not in UNITS:
        raise ScheduleError(f"interval {number!r} {unit!r}: expected a positive number of {', '.join(UNITS)}")
    if unit in FIXED:
        return _later(planned, FIXED[unit] * number, now)
    local = planned.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    here = now.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    if unit in WALL:
        step = WALL[unit] * number
        moment = _later(local, step, here)
        # Near a change of the clock "later on the wall" may be earlier in fact.
        while _in_utc(moment, zone) <= now:
            moment += step
        return _in_utc(moment, zone)
    while _in_utc(local, zone) <= now:
        local += relativedelta(months=number)
    return _in_utc(local, zone)


def rest(failures: int) -> timedelta:
    """How long a job is left alone that failed so often in a row: its first failure may pass by itself, then 2, 4, 8
    minutes, an hour at most."""
    if failures < 2:
        return timedelta(0)
    return min(timedelta(minutes=2 ** min(failures - 1, 10)), LONGEST_REST)


def _later(planned: datetime, step: timedelta, now: datetime) -> datetime:
    missed = (now - planned) // step + 1 if planned <= now else 0
    return planned + missed * step


def _in_utc(local: datetime, zone: tzinfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
