"""Periods, ranges and the server's text forms."""

from datetime import date, datetime

import babel
import pytest
import pytz
from dateutil.relativedelta import relativedelta

from fondaco.values.dates import (
    date_range,
    end_of,
    format_datetime,
    get_fiscal_year,
    get_month,
    get_quarter,
    parse_date,
    parse_datetime,
    start_of,
    weeknumber,
)


@pytest.mark.parametrize(
    "granularity, start, end",
    [
        ("day", date(2024, 2, 15), date(2024, 2, 15)),
        ("week", date(2024, 2, 12), date(2024, 2, 18)),
        ("month", date(2024, 2, 1), date(2024, 2, 29)),
        ("quarter", date(2024, 1, 1), date(2024, 3, 31)),
        ("year", date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_periods(granularity, start, end):
    day = date(2024, 2, 15)

    assert (start_of(day, granularity), end_of(day, granularity)) == (start, end)


def test_a_datetime_period_ends_at_its_last_moment():
    moment = datetime(2024, 2, 15, 13, 14)

    assert start_of(moment, "hour") == datetime(2024, 2, 15, 13)
    assert end_of(moment, "month") == datetime(2024, 2, 29, 23, 59, 59, 999999)
    with pytest.raises(ValueError, match="needs a datetime"):
        start_of(moment.date(), "hour")


def test_months_quarters_and_fiscal_years():
    assert get_month(date(2023, 2, 7)) == (date(2023, 2, 1), date(2023, 2, 28))
    assert get_quarter(date(2023, 5, 7)) == (date(2023, 4, 1), date(2023, 6, 30))
    assert get_fiscal_year(date(2024, 5, 5)) == (date(2024, 1, 1), date(2024, 12, 31))
    assert get_fiscal_year(date(2024, 5, 5), 31, 3) == (date(2024, 4, 1), date(2025, 3, 31))
    assert get_fiscal_year(date(2024, 2, 29), 28, 2) == (date(2023, 3, 1), date(2024, 2, 29))


def test_a_range_keeps_midnight_over_summer_time():
    brussels = pytz.timezone("Europe/Brussels")
    start, end = brussels.localize(datetime(2024, 3, 30)), brussels.localize(datetime(2024, 4, 1))

    days = list(date_range(start, end, relativedelta(days=1)))

    assert [day.strftime("%d %H %z") for day in days] == ["30 00 +0100", "31 00 +0100", "01 00 +0200"]


def test_ranges_that_make_no_sense_are_refused():
    for start, end, step in (
        (date(2024, 1, 2), date(2024, 1, 1), relativedelta(days=1)),
        (date(2024, 1, 1), datetime(2024, 1, 1), relativedelta(days=1)),
        (date(2024, 1, 1), date(2024, 1, 2), relativedelta()),
    ):
        with pytest.raises(ValueError):
            list(date_range(start, end, step))


def test_weeks_are_counted_as_the_locale_does():
    day = date(2027, 1, 1)  # a Friday

    assert weeknumber(babel.Locale.parse("en_US"), day) == (2027, 1)
    assert weeknumber(babel.Locale.parse("fr_FR"), day) == (2026, 53)


@pytest.mark.parametrize(
    "text, outcome",
    [
        ("2033-02-28 13:14:15", datetime(2033, 2, 28, 13, 14, 15)),
        ("2033-02-28 13:14", datetime(2033, 2, 28, 13, 14)),
        ("2033-02-28", datetime(2033, 2, 28)),
        ("2033-02-28T13:14:15", "time data '2033-02-28T13:14:15' does not match format '%Y-%m-%d %H:%M:%S'"),
        ("2033-02-28 13:14:15+02:00", "unconverted data remains: +02:00"),
        ("now", "stray % in format '%'"),
        ("2033-02-28 25:00:00", "time data '2033-02-28 25:00:00' does not match format '%Y-%m-%d %H:%M:%S'"),
    ],
)
def test_datetimes_are_read_as_recorded(text, outcome):
    if isinstance(outcome, datetime):
        assert parse_datetime(text) == outcome
    else:
        with pytest.raises(ValueError) as raised:
            parse_datetime(text)
        assert str(raised.value) == outcome


def test_dates_are_read_as_recorded():
    assert parse_date("2026-2-8") == date(2026, 2, 8)
    assert parse_date("2026-03-01T10:00:00") == date(2026, 3, 1)
    assert parse_date(False) is None
    with pytest.raises(ValueError, match="day is out of range for month"):
        parse_date("2026-02-30")


def test_early_years_have_four_digits():
    assert format_datetime(datetime(33, 2, 1, 4, 5, 6, 7)) == "0033-02-01 04:05:06"
