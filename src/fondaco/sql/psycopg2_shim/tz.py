"""psycopg2.tz: time zones of old."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone, tzinfo


class FixedOffsetTimezone(tzinfo):
    """A zone at a fixed distance from UTC (minutes, or a timedelta)."""

    def __init__(self, offset: int | timedelta | None = None, name: str | None = None) -> None:
        self._offset = offset if isinstance(offset, timedelta) else timedelta(minutes=offset or 0)
        self._name = name

    def utcoffset(self, dt: datetime | None) -> timedelta:
        return self._offset

    def tzname(self, dt: datetime | None) -> str:
        return self._name or timezone(self._offset).tzname(dt)

    def dst(self, dt: datetime | None) -> timedelta:
        return timedelta(0)


LOCAL = FixedOffsetTimezone(timedelta(seconds=-time.timezone), time.tzname[0])
