"""What the outcomes come to: for people, for machines, and as the table of docs/compatibility.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.compat.measure import Outcome

BEGIN, END = "<!-- compat: begin -->", "<!-- compat: end -->"


def summary(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Clean addons first, then the share of tests; those that wait are counted apart."""
    ready = [outcome for outcome in outcomes if not outcome.waits_for]
    return {
        "clean": sum(outcome.is_clean for outcome in ready),
        "ready": len(ready),
        "waiting": len(outcomes) - len(ready),
        "tests_passed": sum(min(outcome.passed, outcome.expected) for outcome in ready),
        "tests_expected": sum(outcome.expected for outcome in ready),
    }


def sentence(outcomes: Sequence[Outcome]) -> str:
    found = summary(outcomes)
    return (
        f"{found['clean']} of {found['ready']} addons clean; {found['tests_passed']} of {found['tests_expected']} "
        f"tests pass; {found['waiting']} addons wait for modules"
    )


def lines(outcome: Outcome) -> list[str]:
    """An addon for people."""
    if outcome.waits_for:
        return [f"waiting  {outcome.addon}: for {', '.join(outcome.waits_for)}"]
    word = "clean   " if outcome.is_clean else "NOT CLEAN"
    counts = f"{outcome.passed} of {outcome.expected} tests"
    return [
        f"{word} {outcome.addon}: {counts} ({outcome.seconds:.1f} s)",
        *(f"           {problem}" for problem in outcome.problems),
    ]


def table(outcomes: Sequence[Outcome]) -> str:
    """The section of the page: a row for each addon."""
    rows = ["| tier | addon | tests here | on Odoo 18.0 | |", "|---|---|---|---|---|"]
    for outcome in sorted(outcomes, key=lambda outcome: (outcome.tier, outcome.addon)):
        here = "" if outcome.waits_for else str(outcome.passed)
        if outcome.waits_for:
            remark = f"waiting for {', '.join(outcome.waits_for)}"
        else:
            remark = "clean" if outcome.is_clean else f"{len(outcome.problems)} fail"
        rows.append(f"| {outcome.tier} | `{outcome.addon}` | {here} | {outcome.expected} | {remark} |")
    return "\n".join([f"{sentence(outcomes)}.", "", *rows])


def write(page: Path, outcomes: Sequence[Outcome]) -> None:
    """Put the table between its marks."""
    text = page.read_text(encoding="utf-8")
    before, _mark, rest = text.partition(BEGIN)
    _old, _mark, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{table(outcomes)}\n{END}{after}", encoding="utf-8")
