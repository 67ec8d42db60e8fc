"""How often and how long: what one process counts, and how the counts of several are put together.

    REQUESTS.count(db, "/web/login", "200")
    SECONDS.observe(0.012, db, "/web/login")
    snapshot()          # everything counted so far, as plain values that travel between processes

A name and its label names are fixed where the metric is made; values of labels come with each event. The number of
label values per metric is bounded: what comes after goes under "other".

Each thread counts in cells of its own, so that no event waits for another thread; whoever asks adds them up. A child
begins at nothing after a fork: what its parent had counted is told by the parent.
"""

from __future__ import annotations

import bisect
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

MOST_SERIES = 1024
OTHER = "other"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds

Labels = tuple[str, ...]
Rows = dict[Labels, list[float]]
"""By values of labels: one number; of a histogram, a number for each bound and for what is beyond, then the sum."""

_metrics: dict[str, Metric] = {}
_lock = threading.Lock()


class _Cells(threading.local):
    """The cells of one metric in this thread."""

    def __init__(self, metric: Metric) -> None:
        self.rows: Rows = {}
        metric.enter(self.rows)


class Metric:
    """What is counted under one name. kind, labels, buckets: as Prometheus means them."""

    kind = ""

    def __init__(self, name: str, text: str, labels: Sequence[str] = (), buckets: Sequence[float] = ()) -> None:
        self.name, self.text, self.labels, self.buckets = name, text, tuple(labels), tuple(buckets)
        self._known: set[Labels] = set()
        self._ended: Rows = {}  # of threads that are no more
        self._threads: list[tuple[threading.Thread, Rows]] = []
        self._mine = _Cells(self)
        _metrics[name] = self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} series={len(self._known)}>"

    def enter(self, rows: Rows) -> None:
        """This thread counts in `rows` from now on."""
        with _lock:
            self._threads.append((threading.current_thread(), rows))

    def rows(self) -> Rows:
        """The sums over all threads."""
        with _lock:
            self._bury()
            parts = [self._ended, *(rows for _thread, rows in self._threads)]
            # list(): one step that no other thread can come between.
            return added(row for part in parts for row in list(part.items()))

    def forget(self) -> None:
        """Begin at nothing."""
        self._known.clear()
        self._ended.clear()
        for _thread, rows in self._threads:
            rows.clear()

    def _bury(self) -> None:
        living = []
        for thread, rows in self._threads:
            if thread.is_alive():
                living.append((thread, rows))
            else:
                self._ended = added([*self._ended.items(), *rows.items()])
        self._threads = living

    def _cell(self, labels: Labels, size: int) -> list[float]:
        """A cell for labels that this thread has not met yet."""
        with _lock:
            if labels not in self._known:
                if len(self._known) >= MOST_SERIES:
                    labels = (OTHER,) * len(self.labels)
                self._known.add(labels)
        return self._mine.rows.setdefault(labels, [0.0] * size)


class Counter(Metric):
    """Events, by labels."""

    kind = "counter"

    def count(self, *labels: str, by: float = 1) -> None:
        """One more event (or `by` more)."""
        cell = self._mine.rows.get(labels) or self._cell(labels, 1)
        cell[0] += by

    def value(self, *labels: str) -> float:
        return self.rows().get(labels, [0.0])[0]


class Histogram(Metric):
    """Durations, by labels: how many fell under each bound, their number and sum."""

    kind = "histogram"

    def __init__(self, name: str, text: str, labels: Sequence[str] = (), buckets: Sequence[float] = BUCKETS) -> None:
        super().__init__(name, text, labels, buckets)

    def observe(self, seconds: float, *labels: str) -> None:
        """One event that took `seconds`."""
        cell = self._mine.rows.get(labels) or self._cell(labels, len(self.buckets) + 2)
        cell[bisect.bisect_left(self.buckets, seconds)] += 1
        cell[-1] += seconds


class Gauge(Metric):
    """How much there is now, by labels: asked for when somebody wants to know."""

    kind = "gauge"

    def __init__(self, name: str, text: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, text, labels)
        self._readers: list[weakref.WeakMethod[Callable[[], Mapping[Labels, float]]]] = []

    def watch(self, read: Callable[[], Mapping[Labels, float]]) -> None:
        """Ask this method, for as long as its object lives; the answers of several are added up."""
        with _lock:
            self._readers.append(weakref.WeakMethod(read))

    def rows(self) -> Rows:
        with _lock:
            readers = [(reader, reader()) for reader in self._readers]
            self._readers = [reader for reader, read in readers if read is not None]
        return added((labels, [value]) for _reader, read in readers if read for labels, value in read().items())


class Reading(NamedTuple):
    """What a metric says, wherever it was counted."""

    name: str
    kind: str
    text: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...]
    rows: Rows


def snapshot() -> list[dict[str, Any]]:
    """Everything counted in this process, as values that JSON can carry; see `readings`."""
    return [
        {
            "name": metric.name,
            "kind": metric.kind,
            "text": metric.text,
            "labels": metric.labels,
            "buckets": metric.buckets,
            "rows": list(metric.rows().items()),
        }
        for metric in list(_metrics.values())
    ]


def readings(snapshots: Iterable[Iterable[Mapping[str, Any]]]) -> list[Reading]:
    """The sums over the snapshots of several processes. Where two disagree on what a name means, the first is right."""
    found: dict[str, Reading] = {}
    for one in snapshots:
        for told in one:
            labels, buckets = tuple(told["labels"]), tuple(told["buckets"])
            reading = found.setdefault(
                told["name"], Reading(told["name"], told["kind"], told["text"], labels, buckets, {})
            )
            if (reading.labels, reading.buckets) == (labels, buckets):
                rows = [(tuple(values), numbers) for values, numbers in told["rows"]]
                bounded = [(values if _has_room(reading.rows, values) else (OTHER,) * len(labels), numbers)
                           for values, numbers in rows]  # fmt: skip
                _add(reading.rows, bounded)
    return list(found.values())


def as_snapshot(reading: Reading) -> dict[str, Any]:
    """A reading as `snapshot` has it."""
    return {
        "name": reading.name,
        "kind": reading.kind,
        "text": reading.text,
        "labels": reading.labels,
        "buckets": reading.buckets,
        "rows": list(reading.rows.items()),
    }


def added(rows: Iterable[tuple[Labels, list[float]]]) -> Rows:
    """The sums by labels."""
    sums: Rows = {}
    _add(sums, rows)
    return sums


def _add(sums: Rows, rows: Iterable[tuple[Labels, list[float]]]) -> None:
    for labels, numbers in rows:
        found = sums.get(labels)
        if found is None:
            sums[labels] = list(numbers)
        else:
            for place, number in enumerate(numbers):
                found[place] += number


def _has_room(rows: Rows, labels: Labels) -> bool:
    return labels in rows or len(rows) < MOST_SERIES


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    for metric in _metrics.values():
        metric.forget()


os.register_at_fork(after_in_child=_after_fork)

REQUESTS = Counter("fondaco_http_requests_total", "HTTP requests answered", ("database", "status"))
REQUEST_SECONDS = Histogram("fondaco_http_request_seconds", "Time to answer an HTTP request", ("database", "route"))
SQL_STATEMENTS = Counter("fondaco_http_sql_statements_total", "SQL statements of HTTP requests", ("database",))
SQL_SECONDS = Counter("fondaco_http_sql_seconds_total", "Time HTTP requests waited for PostgreSQL", ("database",))
ERRORS = Counter(
    "fondaco_request_errors_total", "Requests that ended with an error, by its class", ("database", "error")
)
CALL_SECONDS = Histogram("fondaco_call_seconds", "Time of a method called by RPC", ("database", "call"))
CONNECTIONS = Gauge("fondaco_http_connections", "Connections of clients, idle ones too; no websockets")
WAITING = Gauge("fondaco_http_requests_waiting", "Requests that wait for a worker (queue depth)")
WORKERS = Gauge("fondaco_http_workers", "Workers that answer requests", ("state",))
