"""What does this process say of itself: which work it is at, in whose name, with which statement?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fondaco.server import deadlines
from fondaco.sql.scrub import without_values

if TYPE_CHECKING:
    from fondaco.modules.registries import Registries

LONGEST_STATEMENT = 500  # characters


def state(registries: Registries) -> dict[str, Any]:
    """The databases that are loaded, and the work under way; no value of a statement is among it."""
    lent = registries.pools.lent_to()
    now = time.monotonic()
    works = []
    for work in deadlines.under_way():
        link = lent.get(work.thread)
        works.append(
            {
                **work.facts,
                "seconds": round(now - work.began, 3),
                "backend": link.backend if link is not None else None,
                "statement": without_values(link.statement)[:LONGEST_STATEMENT]
                if link is not None and link.is_busy
                else None,
            }
        )
    return {"databases": sorted(registry.db_name for registry in registries.loaded()), "works": works}
