"""When a job runs next."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.cron.schedule import UNITS, ScheduleError, next_run, rest

UTC, BRUSSELS = ZoneInfo("UTC"), ZoneInfo("Europe/Brussels")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("planned", "number", "unit", "now", "zone", "expected"),
    [
        pytest.param("2026-03-01 10:00", 1, "days", "2026-03-01 10:00:05", UTC, "2026-03-02 10:00", id="tomorrow"),
        pytest.param("2026-03-01 10:00", 15, "minutes", "2026-03-01 10:46", UTC, "2026-03-01 11:00", id="missed once"),
        pytest.param("2020-01-31 10:00", 1, "months", "2026-11-28 09:00", UTC, "2026-11-28 10:00", id="month end"),
        pytest.param("2020-01-31 10:00", 1, "months", "2026-11-28 11:00", UTC, "2026-12-28 10:00", id="goes on"),
        pytest.param("2026-03-28 05:00", 1, "days", "2026-03-28 06:00", BRUSSELS, "2026-03-29 04:00", id="summer"),
        pytest.param("2026-10-24 22:30", 1, "days", "2026-10-24 23:00", BRUSSELS, "2026-10-25 23:30", id="winter time"),
        pytest.param("2026-03-28 05:00", 24, "hours", "2026-03-28 06:00", BRUSSELS, "2026-03-29 05:00", id="hours"),
        pytest.param("2026-03-05 10:00", 2, "weeks", "2026-03-01 10:00", UTC, "2026-03-05 10:00", id="not due yet"),
    ],
)  # fmt: skip
def test_the_next_run_is_the_first_that_is_still_to_come(planned, number, unit, now, zone, expected):
    assert next_run(at(planned), number, unit, at(now), zone) == at(expected)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),
    st.integers(1, 50),
    st.sampled_from(UNITS),
    st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from([UTC, BRUSSELS, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Kolkata")]),
)
def test_it_is_always_later_than_now_and_never_moved_when_it_was(planned, number, unit, now, zone):
    found = next_run(planned.replace(microsecond=0), number, unit, now.replace(microsecond=0), zone)

    assert found > now.replace(microsecond=0)
    assert found >= planned.replace(microsecond=0) or planned > now


@pytest.mark.parametrize(("number", "unit"), [(0, "days"), (-1, "days"), (1, "years")])
def test_an_interval_that_says_nothing_is_refused(number, unit):
    with pytest.raises(ScheduleError):
        next_run(at("2026-01-01"), number, unit, at("2026-01-01"), UTC)


def test_a_job_that_fails_again_rests_longer_and_never_more_than_an_hour():
    assert [rest(failures) // timedelta(minutes=1) for failures in range(9)] == [0, 0, 2, 4, 8, 16, 32, 60, 60]
    assert rest(10**9) == timedelta(hours=1)
