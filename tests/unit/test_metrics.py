"""What a process counts, how processes are added up, and how it is written."""

from __future__ import annotations

import threading

import pytest

from fondaco import metrics
from fondaco.config import Config
from fondaco.errors import ConfigError
from fondaco.metrics import MOST_SERIES, Counter, Gauge, Histogram, readings, snapshot
from fondaco.monitoring import backups, listener
from fondaco.monitoring.exposition import rendered
from fondaco.monitoring.table import Sheet
from tests.processes import is_so_in_child


@pytest.fixture(autouse=True)
def only_ours(monkeypatch):
    """Metrics made here are forgotten with the test."""
    monkeypatch.setattr(metrics, "_metrics", {})


def test_events_are_counted_by_label():
    counter = Counter("t_events_total", "Events", ("db",))

    counter.count('a"b\n')
    counter.count('a"b\n', by=2)

    assert 't_events_total{db="a\\"b\\n"} 3.0' in text()


def test_durations_fall_under_every_bound_above_them():
    histogram = Histogram("t_seconds", "Durations", ("db",), buckets=(0.1, 1.0))

    for seconds in (0.05, 0.5, 0.5, 7.0):
        histogram.observe(seconds, "shop")

    assert [line for line in text().splitlines() if not line.startswith("#")] == [
        't_seconds_bucket{db="shop",le="0.1"} 1.0',
        't_seconds_bucket{db="shop",le="1.0"} 3.0',
        't_seconds_bucket{db="shop",le="+Inf"} 4.0',
        't_seconds_count{db="shop"} 4.0',
        't_seconds_sum{db="shop"} 8.05',
    ]


def test_a_stranger_cannot_make_endless_series():
    counter = Counter("t_many_total", "Events", ("path",))

    for number in range(3 * MOST_SERIES):
        counter.count(str(number))

    assert len(counter.rows()) == MOST_SERIES + 1
    assert counter.value("other") == 2 * MOST_SERIES
    (added,) = readings([snapshot(), [{**snapshot()[0], "rows": [(("new",), [5])]}]])
    assert len(added.rows) == MOST_SERIES + 1
    assert added.rows["other",] == [2 * MOST_SERIES + 5]


def test_threads_count_apart_and_together():
    counter = Counter("t_events_total", "Events", ())

    def work():
        for _ in range(1000):
            counter.count()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    counter.count()

    assert counter.value() == 4001
    assert counter.value() == 4001, "threads that have ended are added once"


def test_a_child_begins_at_nothing():
    counter = Counter("t_events_total", "Events", ())
    counter.count()

    def begins() -> bool:
        counter.count()
        return counter.value() == 1

    assert is_so_in_child(begins)
    assert counter.value() == 1


def test_gauges_end_with_what_they_look_at():
    class Pool:
        def number(self):
            return {("used",): 3.0}

    gauge, one, two = Gauge("t_connections", "Connections", ("state",)), Pool(), Pool()
    gauge.watch(one.number)
    gauge.watch(two.number)
    assert gauge.rows() == {("used",): [6.0]}

    del two

    assert gauge.rows() == {("used",): [3.0]}


def test_a_sheet_takes_only_what_the_table_names():
    with pytest.raises(KeyError):
        Sheet().put("fondaco_anything", 1)
    with pytest.raises(ValueError, match="expected"):
        Sheet().put("fondaco_pg_up", 1, "label")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"metrics_port": 9469, "metrics_interface": "0.0.0.0"}, "metrics_token is not set"),
        ({"metrics_port": 9469, "metrics_interface": "erp.example"}, "metrics_token is not set"),
        ({"metrics_token": "secret"}, "6 characters"),
    ],
)
def test_the_numbers_are_never_open_to_strangers(settings, words):
    with pytest.raises(ConfigError, match=words):
        listener.check(Config.default().replace(**settings))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"metrics_port": 9469},
        {"metrics_port": 9469, "metrics_interface": "::1"},
        {"metrics_port": 9469, "metrics_interface": "0.0.0.0", "metrics_token": "a" * 16},
        {"metrics_token": "a" * 16},
    ],
)
def test_this_machine_and_who_knows_the_token_may_read_them(settings):
    listener.check(Config.default().replace(**settings))


def test_backups_are_read_from_what_the_last_ones_left(tmp_path):
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "state.json").write_text(
        '{"shop": {"run": {"at": "2026-03-01T12:00:00.000+00:00", "seconds": 3, "size": 7, "added": 1}}}'
    )
    sheet = Sheet()

    backups.state(sheet, {"data_dir": str(tmp_path)})

    assert sheet.value("fondaco_backup_last_success_timestamp_seconds", "shop") == 1772366400
    assert sheet.value("fondaco_backup_duration_seconds", "shop") == 3
    assert sheet.value("fondaco_backup_verified_timestamp_seconds", "shop") is None


def text() -> str:
    return rendered(readings([snapshot()]))[1].decode()
