"""Which databases does a command of several go through?"""

from __future__ import annotations

from fondaco.engine import Engine
from fondaco.errors import DatabaseNotFound
from fondaco.modules import databases


def chosen_databases(engine: Engine) -> list[str]:
    """Those of -d, or all. DatabaseNotFound names one that does not exist."""
    there = databases.names(engine.registries)
    wanted = engine.config["db_name"] or there
    unknown = [name for name in wanted if name not in there]
    if unknown:
        raise DatabaseNotFound(f"database {unknown[0]!r} does not exist; `fondaco db list` shows those that do")
    return list(wanted)
