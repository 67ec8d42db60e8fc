"""How is it carried out: so many people at once, each doing one thing after another, for so many seconds a step?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import requests

from fondaco.loadtest.scenarios import SCENARIOS, Ground
from fondaco.loadtest.visitor import Refused, Visitor

ERRORS_SHOWN = 5


@dataclass
class Figures:
    """What one scenario took at one step. Seconds."""

    scenario: str
    people: int
    number: int = 0
    errors: int = 0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    rate: float = 0.0  # a second


@dataclass
class Step:
    """So many people at once. server: what it said of itself meanwhile."""

    people: int
    seconds: float
    figures: list[Figures]
    received: int
    server: dict[str, float] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)  # some errors

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def carry_out(
    make: Callable[[], Visitor],
    ground: Ground,
    people: Sequence[int],
    seconds: float,
    scenarios: Sequence[str],
    observe: Callable[[], Callable[[], dict[str, float]]],
) -> Iterator[Step]:
    """The steps, as they are done. observe: called before a step; what it answers, after it."""
    for number in people:
        visitors = [make() for _ in range(number)]
        for visitor in visitors:
            visitor.enter()
        seen = observe()
        took: dict[str, list[float]] = {name: [] for name in scenarios}
        failed: dict[str, list[str]] = {name: [] for name in scenarios}
        before = sum(visitor.received for visitor in visitors)
        began = time.monotonic()
        threads = [
            threading.Thread(
                target=_work, args=(visitor, ground, place, scenarios, began + seconds, took, failed), daemon=True
            )
            for place, visitor in enumerate(visitors)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.monotonic() - began
        yield Step(
            number,
            elapsed,
            [_figures(name, number, took[name], len(failed[name]), elapsed) for name in scenarios],
            sum(visitor.received for visitor in visitors) - before,
            seen(),
            [text for name in scenarios for text in failed[name]][:ERRORS_SHOWN],
        )


def _work(
    visitor: Visitor,
    ground: Ground,
    place: int,
    scenarios: Sequence[str],
    until: float,
    took: dict[str, list[float]],
    failed: dict[str, list[str]],
) -> None:
    """One person: each scenario in turn, everybody beginning with another one; each at least once."""
    done = 0
    while done < len(scenarios) or time.monotonic() < until:
        name = scenarios[(place + done) % len(scenarios)]
        done += 1
        began = time.perf_counter()
        try:
            SCENARIOS[name](visitor, ground)
        except (Refused, requests.RequestException) as error:
            failed[name].append(str(error))
        else:
            took[name].append(time.perf_counter() - began)


def _figures(name: str, people: int, took: list[float], errors: int, elapsed: float) -> Figures:
    times = sorted(took)
    p50, p95, p99 = (percentile(times, share) for share in (0.5, 0.95, 0.99))
    return Figures(name, people, len(times), errors, p50, p95, p99, len(times) / elapsed)


def percentile(times: Sequence[float], share: float) -> float:
    """Of sorted times, the one that `share` of them do not exceed; 0 of none."""
    if not times:
        return 0.0
    return times[min(len(times) - 1, max(0, -(-int(share * 1000) * len(times) // 1000) - 1))]
