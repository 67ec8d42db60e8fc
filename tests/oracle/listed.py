"""Which recorded exchanges differ here, and why: the table of docs/compatibility.md, which is the only list of them."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.oracle.replay import TRANSCRIPTS, Outcome, transcript

LIST = Path(__file__).resolve().parents[2] / "docs" / "compatibility.md"
ROW = re.compile(r"^\| `(?P<id>\d\d_\w+/[^`]+)` \|", re.MULTILINE)
Played = Callable[[str], dict[str, Outcome]]
"""played("04"): the outcomes of a transcript, by id."""


@functools.cache
def listed_ids() -> frozenset[str]:
    """The exchanges that docs/compatibility.md says differ."""
    return frozenset(match["id"] for match in ROW.finditer(LIST.read_text(encoding="utf-8")))


def ids_of(groups: Iterable[str]) -> list[str]:
    """The ids of the exchanges of these transcripts; none where there are no recordings."""
    if not TRANSCRIPTS.is_dir():
        return []
    return [exchange["id"] for group in groups for exchange in transcript(group)]


def check(exchange_id: str, played: Played) -> None:
    """AssertionError unless the exchange is equal, or listed; one that is listed for nothing is a warning."""
    outcome = played(exchange_id[:2])[exchange_id]

    if exchange_id not in listed_ids():
        assert outcome.is_equal, "\n".join(outcome.differences)
    elif outcome.is_equal:
        warnings.warn(f"{exchange_id} is equal by now: take it from {LIST.name}", stacklevel=2)
