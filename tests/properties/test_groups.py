"""Groups and aggregates of random records are those that Python finds."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytz
from hypothesis import given
from hypothesis import strategies as st

ZONES = ["UTC", "Europe/Brussels", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", False]
PERIODS = ["hour", "day", "week", "month", "quarter", "year"]
moments = st.one_of(
    st.none(),
    st.datetimes(datetime(2023, 1, 1), datetime(2024, 12, 31)).map(lambda moment: moment.replace(microsecond=0)),
    st.sampled_from([datetime(2024, 3, 31, 0, 59), datetime(2024, 10, 27, 1, 30), datetime(2023, 12, 31, 23, 30)]),
)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["a", "b", False]),
            "height": st.integers(0, 9),
            "is_wild": st.booleans(),
            "seen": moments,
            "plots": st.sets(st.integers(0, 2)),
        }
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture
def plots(env: Any) -> Any:
    return env["garden.plot"].create([{"name": f"p{place}"} for place in range(3)])


def planted(plots: Any, found: list[dict[str, Any]]) -> Any:
    """A plant for each row."""
    return plots.env["garden.plant"].create(
        [
            {**{name: value for name, value in row.items() if name != "plots"},
             "visit_ids": [(6, 0, [plots[place].id for place in sorted(row["plots"])])]}
            for row in found
        ]
    )  # fmt: skip


def period(moment: datetime | None, granularity: str, zone: str | bool) -> Any:
    """The first moment, in the zone, of the period in which `moment` lies; weeks begin on Sunday in en_US."""
    if moment is None:
        return False
    local = pytz.utc.localize(moment).astimezone(pytz.timezone(str(zone or "UTC"))).replace(tzinfo=None)
    if granularity == "hour":
        return local.replace(minute=0, second=0)
    day = local.replace(hour=0, minute=0, second=0)
    if granularity == "week":
        return day - timedelta(days=(day.weekday() + 1) % 7)
    if granularity == "day":
        return day
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[granularity]
    return day.replace(month=month, day=1)


def test_groups_and_sums_are_those_of_python(plots: Any) -> None:
    @given(rows, st.sampled_from(["name", "is_wild"]), st.integers(0, 20))
    def equal(found: list[dict[str, Any]], group: str, least: int) -> None:
        with plots.env.cr.savepoint() as savepoint:
            plants = planted(plots, found)
            expected: dict[Any, list[int]] = defaultdict(list)
            for row in found:
                expected[row[group]].append(row["height"])

            answer = plants._read_group(
                [("id", "in", plants.ids)], [group], ["__count", "height:sum", "height:max", "height:array_agg"],
                having=[("height:sum", ">=", least)],
            )  # fmt: skip

            assert {row[0]: (row[1], row[2], row[3], sorted(row[4])) for row in answer} == {
                key: (len(heights), sum(heights), max(heights), sorted(heights))
                for key, heights in expected.items()
                if sum(heights) >= least
            }
            savepoint.rollback()
        plots.env.invalidate_all()

    equal()


def test_periods_are_those_of_the_time_zone(plots: Any) -> None:
    @given(rows, st.sampled_from(PERIODS), st.sampled_from(ZONES))
    def equal(found: list[dict[str, Any]], granularity: str, zone: str | bool) -> None:
        with plots.env.cr.savepoint() as savepoint:
            plants = planted(plots, found).with_context(tz=zone, lang="en_US")
            expected: dict[Any, int] = defaultdict(int)
            for row in found:
                expected[period(row["seen"], granularity, zone)] += 1

            domain = [("id", "in", plants.ids)]
            answer = plants._read_group(domain, [f"seen:{granularity}"], ["__count"])
            legacy = plants.read_group(domain, [], [f"seen:{granularity}"])

            assert dict(answer) == dict(expected)
            assert sorted(group["seen_count"] for group in legacy) == sorted(expected.values())
            for group in legacy:
                assert plants.search_count(group["__domain"]) == group["seen_count"]
            savepoint.rollback()
        plots.env.invalidate_all()

    equal()


def test_a_record_counts_in_each_group_that_it_is_linked_to(plots: Any) -> None:
    @given(rows)
    def equal(found: list[dict[str, Any]]) -> None:
        with plots.env.cr.savepoint() as savepoint:
            plants = planted(plots, found)
            expected: dict[Any, int] = defaultdict(int)
            for row in found:
                for place in row["plots"]:
                    expected[plots[place].id] += row["height"]
                if not row["plots"]:
                    expected[False] += row["height"]

            answer = plants._read_group([("id", "in", plants.ids)], ["visit_ids"], ["height:sum"])

            assert {plot.id: total for plot, total in answer} == dict(expected)
            savepoint.rollback()
        plots.env.invalidate_all()

    equal()
