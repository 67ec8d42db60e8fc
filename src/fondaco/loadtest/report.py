"""What came of a load test, and how does it compare with an earlier one?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fondaco.values.deferred import Deferred

etree = Deferred("lxml.etree")

COLOURS = ("#1b6ca8", "#c0392b", "#218c53", "#8e44ad", "#b9770e")
WIDTH, HEIGHT, EDGE = 720, 420, 56
LEAST_S = 0.02  # a difference that is noise on any machine

Document = Mapping[str, Any]


def lines(document: Document) -> Iterator[str]:
    """The report as text."""
    titles = " ".join(f"{title:>8}" for title in ("p50 ms", "p95 ms", "p99 ms", "a second"))
    yield f"{'people':>6}  {'scenario':<18} {'number':>6} {'errors':>6} {titles}"
    for step in document["steps"]:
        for one in step["figures"]:
            times = " ".join(f"{one[key] * 1000:8.0f}" for key in ("p50", "p95", "p99"))
            yield (
                f"{one['people']:>6}  {one['scenario']:<18} {one['number']:>6} {one['errors']:>6} {times} "
                f"{one['rate']:8.1f}"
            )
        told = ", ".join(f"{key.replace('_', ' ')} {value:.2f}" for key, value in sorted(step["server"].items()))
        yield f"{'':>6}  received {step['received'] / step['seconds'] / 1024:.0f} KiB a second" + (
            f"; {told}" if told else ""
        )
        yield from (f"{'':>6}  error: {text}" for text in step["said"])


def worse(document: Document, baseline: Document, tolerance: float) -> list[str]:
    """Where this run is worse than the baseline by more than `tolerance` (0.25: a quarter): a sentence each."""
    before = {
        (one["people"], one["scenario"]): one for step in baseline["steps"] for one in step["figures"] if one["number"]
    }
    found = []
    for step in document["steps"]:
        for one in step["figures"]:
            old = before.get((one["people"], one["scenario"]))
            if old is None:
                continue
            where = f"{one['scenario']} with {one['people']} people"
            if one["errors"] > old["errors"]:
                found.append(f"{where}: {one['errors']} errors, {old['errors']} before")
            if one["p95"] > old["p95"] * (1 + tolerance) + LEAST_S:
                found.append(f"{where}: p95 {one['p95'] * 1000:.0f} ms, {old['p95'] * 1000:.0f} ms before")
    return found


def picture(document: Document) -> bytes:
    """Latency (p95) over load as SVG: a line for each scenario."""
    steps = document["steps"]
    people = [step["people"] for step in steps]
    highest = max((one["p95"] for step in steps for one in step["figures"]), default=0.0) or 1.0
    root = etree.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img")
    root.set("font-family", "sans-serif")
    root.set("font-size", "12")
    _add(root, "title", "p95 of each scenario over the number of people")
    _add(root, "rect", width=str(WIDTH), height=str(HEIGHT), fill="#ffffff")
    for place, share in enumerate((0.0, 0.25, 0.5, 0.75, 1.0)):
        y = _y(share * highest, highest)
        _add(root, "line", x1=str(EDGE), x2=str(WIDTH - EDGE), y1=y, y2=y, stroke="#dddddd" if place else "#333333")
        _add(
            root,
            "text",
            f"{share * highest * 1000:.0f} ms",
            x=str(EDGE - 6),
            y=y,
            fill="#333333",
            **{"text-anchor": "end"},
        )
    for place, number in enumerate(people):
        x = _x(place, len(people))
        _add(root, "text", str(number), x=x, y=str(HEIGHT - EDGE + 18), fill="#333333", **{"text-anchor": "middle"})
    _add(
        root,
        "text",
        "people at once",
        x=str(WIDTH // 2),
        y=str(HEIGHT - 12),
        fill="#333333",
        **{"text-anchor": "middle"},
    )
    for place, name in enumerate(document["scenarios"]):
        colour = COLOURS[place % len(COLOURS)]
        values = [next(one["p95"] for one in step["figures"] if one["scenario"] == name) for step in steps]
        points = [(_x(at, len(people)), _y(value, highest)) for at, value in enumerate(values)]
        _add(
            root,
            "polyline",
            points=" ".join(map(",".join, points)),
            fill="none",
            stroke=colour,
            **{"stroke-width": "2"},
        )
        for x, y in points:
            _add(root, "circle", cx=x, cy=y, r="3", fill=colour)
        _add(root, "text", name, x=str(EDGE + 8 + place * 128), y="24", fill=colour)
    written: bytes = etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="utf-8")
    return written


def _add(parent: Any, tag: str, text: str = "", **attributes: str) -> None:
    child = etree.SubElement(parent, tag, **attributes)
    child.text = text or None


def _x(place: int, number: int) -> str:
    return f"{EDGE + (WIDTH - 2 * EDGE) * (place / (number - 1) if number > 1 else 0.5):.1f}"


def _y(value: float, highest: float) -> str:
    return f"{HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * value / highest:.1f}"
