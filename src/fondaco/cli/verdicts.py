"""How what checks found is told: a line each, or JSON, and a code for the shell."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from fondaco import VERSION
from fondaco.checks import run
from fondaco.checks.finding import Verdict
from fondaco.checks.run import Result
from fondaco.cli.speech import answer
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from rich import console as rich_console
    from rich import text as rich_text
else:
    rich_console, rich_text = Deferred("rich.console"), Deferred("rich.text")

COLOURS = {Verdict.PASS: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red", Verdict.SKIP: "dim"}


class Grade(IntEnum):
    """What the shell is told, as monitoring tools like it."""

    GOOD = 0
    WARNINGS = 10
    FAILURES = 20


GRADES = {Verdict.PASS: Grade.GOOD, Verdict.WARN: Grade.WARNINGS, Verdict.FAIL: Grade.FAILURES}


def report(results: Sequence[Result], *, is_json: bool) -> Grade:
    """Tell the results; the worst of them decides the grade."""
    grade = GRADES[run.worst(results)]
    if is_json:
        answer({"version": VERSION, "exit": int(grade), "checks": [result.as_values() for result in results]})
    else:
        _show(results)
    return grade


def _show(results: Sequence[Result]) -> None:
    """A line for each check, and below it what to do; colours on a terminal only."""
    console = rich_console.Console(soft_wrap=True, highlight=False)
    for result in results:
        verdict = result.finding.verdict
        line = rich_text.Text.assemble(
            (f"{verdict.value:4}", COLOURS[verdict]), f"  {result.check.id:34}  {result.finding.evidence}"
        )
        console.print(line)
        if result.fixed:
            console.print(rich_text.Text(f"      fixed: {result.fixed}"))
        if result.finding.next_step and verdict is not Verdict.SKIP:
            console.print(rich_text.Text(f"      next: {result.finding.next_step}", style="italic"))
    counts = ", ".join(
        f"{sum(one.finding.verdict is verdict for one in results)} {verdict.value}" for verdict in Verdict
    )
    console.print(counts)
