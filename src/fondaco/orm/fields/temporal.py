"""Fields whose value is a day or a moment: Date, Datetime (naive, UTC)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pytz

from fondaco.orm.fields.base import Field
from fondaco.values.dates import add, end_of, start_of, subtract

if TYPE_CHECKING:
    from fondaco.orm.recordset import Recordset

DATE_FORMAT = "%Y-%m-%d"
DATETIME_FORMAT = "%Y-%m-%d %H:%M:%S"
MIDNIGHT = " 00:00:00"
DATE_LENGTH = len("2026-01-31")
DATETIME_LENGTH = len("2026-01-31 23:59:59")


class Date(Field[date]):
    """A calendar day."""

    type = "date"
    column_type = ("date", "date")

    start_of = staticmethod(start_of)
    end_of = staticmethod(end_of)
    add = staticmethod(add)
    subtract = staticmethod(subtract)

    @staticmethod
    def today(*args: Any) -> date:
        """The current day, in UTC."""
        return date.today()

    @staticmethod
    def context_today(record: Recordset, timestamp: datetime | None = None) -> date:
        """The day in the user's time zone at `timestamp` (naive UTC; default: now)."""
        return Datetime.context_timestamp(record, timestamp or datetime.now()).date()

    @staticmethod
    def to_date(value: Any) -> date | None:
        """A date from a date, a datetime or the server's text format; None if empty."""
        if not value:
            return None
        if isinstance(value, date):
            return value.date() if isinstance(value, datetime) else value
        return datetime.strptime(value[:DATE_LENGTH], DATE_FORMAT).date()

    from_string = to_date

    @staticmethod
    def to_string(value: Any) -> Any:
        return value.strftime(DATE_FORMAT) if value else False

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> date | None:
        if not value:
            return None
        if isinstance(value, datetime):
            raise TypeError(f"{self} (field) must be string or date, not datetime.")
        return self.to_date(value)

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        return self.to_date(value) or ""

    def convert_to_display_name(self, value: Any, record: Recordset) -> Any:
        return Date.to_string(value)

    def read_column(self, records: Recordset) -> list[Any]:
        column = records.env.columns[self]
        return [column[id_] or False for id_ in records._ids]


class Datetime(Field[datetime]):
    """A moment, kept and answered in UTC without time zone, to the second."""

    type = "datetime"
    column_type = ("timestamp", "timestamp")

    start_of = staticmethod(start_of)
    end_of = staticmethod(end_of)
    add = staticmethod(add)
    subtract = staticmethod(subtract)

    @staticmethod
    def now(*args: Any) -> datetime:
        """The current moment, in UTC, without microseconds."""
        return datetime.utcnow().replace(microsecond=0)

    @staticmethod
    def today(*args: Any) -> datetime:
        """Today at midnight."""
        return Datetime.now().replace(hour=0, minute=0, second=0)

    @staticmethod
    def context_timestamp(record: Recordset, timestamp: datetime) -> datetime:
        """`timestamp` (naive UTC) in the time zone of the context or the user; aware."""
        assert isinstance(timestamp, datetime), "Datetime instance expected"
        name = record.env.context.get("tz") or record.env.user.tz
        moment = pytz.utc.localize(timestamp, is_dst=False)
        if name:
            try:
                return moment.astimezone(pytz.timezone(name))
            except pytz.UnknownTimeZoneError:
                return moment
        return moment

    @staticmethod
    def to_datetime(value: Any) -> datetime | None:
        """A naive datetime from a datetime, a date or the server's text format; None if empty."""
        if not value:
            return None
        if isinstance(value, date):
            if not isinstance(value, datetime):
                return datetime.combine(value, time.min)
            if value.tzinfo:
                raise ValueError(f"Datetime field expects a naive datetime: {value}")
            return value
        # hours, minutes and seconds may be left out
        if len(value) < DATETIME_LENGTH:
            value = value + MIDNIGHT[len(value) - DATETIME_LENGTH :]  # not +=, which would change a caller's list
        return datetime.strptime(value, DATETIME_FORMAT)

    @staticmethod
    def from_string(value: Any) -> datetime | None:
        return Datetime.to_datetime(value)

    @staticmethod
    def to_string(value: Any) -> Any:
        return value.strftime(DATETIME_FORMAT) if value else False

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> datetime | None:
        return self.to_datetime(value)

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        value = self.convert_to_display_name(value, record)
        return self.to_datetime(value) or ""

    def convert_to_display_name(self, value: Any, record: Recordset) -> Any:
        if not value:
            return False
        return Datetime.to_string(Datetime.context_timestamp(record, Datetime.to_datetime(value)))  # type: ignore[arg-type]

    read_column = Date.read_column
