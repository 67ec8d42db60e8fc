"""How are readings written for Prometheus?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fondaco.metrics import Reading
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from prometheus_client import core, exposition
else:
    core = Deferred("prometheus_client.core")
    exposition = Deferred("prometheus_client.exposition")


@dataclass(frozen=True, slots=True)
class _Collector:
    """What the library asks for metrics."""

    readings: Sequence[Reading]

    def collect(self) -> Iterator[Any]:
        for reading in sorted(self.readings, key=lambda one: one.name):
            yield _FAMILIES[reading.kind](reading)


def rendered(readings: Iterable[Reading], accept: str = "") -> tuple[str, bytes]:
    """(content type, text) in the format that a client accepts: that of Prometheus, or OpenMetrics."""
    encode, content_type = exposition.choose_encoder(accept)
    return content_type, encode(_Collector(list(readings)))


def _counter(reading: Reading) -> Any:
    family = core.CounterMetricFamily(reading.name, reading.text, labels=reading.labels)
    for labels, numbers in sorted(reading.rows.items()):
        family.add_metric(labels, numbers[0])
    return family


def _gauge(reading: Reading) -> Any:
    family = core.GaugeMetricFamily(reading.name, reading.text, labels=reading.labels)
    for labels, numbers in sorted(reading.rows.items()):
        family.add_metric(labels, numbers[0])
    return family


def _histogram(reading: Reading) -> Any:
    family = core.HistogramMetricFamily(reading.name, reading.text, labels=reading.labels)
    for labels, numbers in sorted(reading.rows.items()):
        total, buckets = 0.0, []
        for bound, number in zip((*map(str, reading.buckets), "+Inf"), numbers, strict=False):
            total += number
            buckets.append((bound, total))
        family.add_metric(labels, buckets, sum_value=numbers[-1])
    return family


_FAMILIES = {"counter": _counter, "gauge": _gauge, "histogram": _histogram}
