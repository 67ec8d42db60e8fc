"""How often and how long: counters and histograms of one process, written as Prometheus reads them.

    REQUESTS.count(db, "200")
    SECONDS.observe(0.012, db)
    text = render()

A name and its label names are fixed where the metric is made; values of labels come with each event. The number of
label values per metric is bounded: what comes after goes under "other".
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Sequence

MAX_SERIES = 2048
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds

_metrics: list[Counter | Histogram] = []
_lock = threading.Lock()


class Counter:
    """Events, by labels."""

    kind = "counter"

    def __init__(self, name: str, text: str, labels: Sequence[str] = ()) -> None:
        self.name, self.text, self.labels = name, text, tuple(labels)
        self._values: dict[tuple[str, ...], float] = {}
        _metrics.append(self)

    def __repr__(self) -> str:
        return f"<Counter {self.name} series={len(self._values)}>"

    def count(self, *labels: str, by: float = 1) -> None:
        """One more event (or `by` more)."""
        with _lock:
            values = self._values
            if labels not in values and len(values) >= MAX_SERIES:
                labels = ("other",) * len(self.labels)
            values[labels] = values.get(labels, 0) + by

    def value(self, *labels: str) -> float:
        return self._values.get(labels, 0)

    def lines(self) -> list[str]:
        with _lock:
            values = sorted(self._values.items())
        return [f"{self.name}{_written(self.labels, labels)} {value:g}" for labels, value in values]


class Histogram:
    """Durations, by labels: how many fell under each bound, their number and sum."""

    kind = "histogram"

    def __init__(self, name: str, text: str, labels: Sequence[str] = (), buckets: Sequence[float] = BUCKETS) -> None:
        self.name, self.text, self.labels, self.buckets = name, text, tuple(labels), tuple(buckets)
        # counts per bucket (the last: beyond every bound), then the sum
        self._values: dict[tuple[str, ...], list[float]] = {}
        _metrics.append(self)

    def __repr__(self) -> str:
        return f"<Histogram {self.name} series={len(self._values)}>"

    def observe(self, seconds: float, *labels: str) -> None:
        """One event that took `seconds`."""
        with _lock:
            row = self._values.get(labels)
            if row is None:
                if len(self._values) >= MAX_SERIES:
                    labels = ("other",) * len(self.labels)
                row = self._values.setdefault(labels, [0.0] * (len(self.buckets) + 2))
            row[bisect.bisect_left(self.buckets, seconds)] += 1
            row[-1] += seconds

    def lines(self) -> list[str]:
        with _lock:
            rows = sorted((labels, list(row)) for labels, row in self._values.items())
        lines = []
        for labels, row in rows:
            total = 0.0
            for bound, number in zip((*self.buckets, "+Inf"), row[:-1], strict=True):
                total += number
                shown = bound if isinstance(bound, str) else f"{bound:g}"
                lines.append(f"{self.name}_bucket{_written((*self.labels, 'le'), (*labels, shown))} {total:g}")
            lines.append(f"{self.name}_sum{_written(self.labels, labels)} {row[-1]:g}")
            lines.append(f"{self.name}_count{_written(self.labels, labels)} {total:g}")
        return lines


def render() -> str:
    """Every metric of this process, in the text format of Prometheus."""
    lines: list[str] = []
    for metric in _metrics:
        lines += (f"# HELP {metric.name} {metric.text}", f"# TYPE {metric.name} {metric.kind}", *metric.lines())
    return "\n".join(lines) + "\n"


def _written(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


REQUESTS = Counter("fondaco_http_requests_total", "HTTP requests answered", ("database", "status"))
REQUEST_SECONDS = Histogram("fondaco_http_request_seconds", "Time to answer an HTTP request", ("database",))
