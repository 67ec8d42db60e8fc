"""A line of the checklist: its id, where the documents ask for it, why it matters, how it is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fondaco.checks.finding import Finding

if TYPE_CHECKING:
    from fondaco.checks.site import Site


@dataclass(frozen=True, slots=True)
class Check:
    """`id` is `area.subject`; `seed` names lines of the seed documents, as in 2:4.

    probe: looks and never changes anything.  fix: mends what was found, safely, and says what it did.
    """

    id: str
    seed: str
    title: str
    why: str
    probe: Callable[[Site], Finding]
    fix: Callable[[Site], str] | None = None

    @property
    def area(self) -> str:
        return self.id.partition(".")[0]
