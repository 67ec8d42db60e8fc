"""What is kept of a database from before its upgrade: under which name, how much of it there is, and how it goes.

It is a database of its own with files of its own, hidden from people; it goes where its database goes.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import dataclass

import psycopg

from fondaco.modules.registries import Registries
from fondaco.sql import databases, readable
from fondaco.sql.connection import Pools
from fondaco.sql.fragment import SQL
from fondaco.storage.stores import store_of

PREFIX = f"{databases.HIDDEN_PREFIX}before_"
SHOWN_NAME = 30
"""Letters of a name that the name of what is kept of it has: PostgreSQL takes 63 in all."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Kept:
    """of: the database, or as much of its name as is known; hidden: the name of what is kept; size: bytes of
    its rows; since: when the database was upgraded, None where that is not known, and empty where what is kept is the
    upgraded one, whose upgrade was undone."""

    of: str
    hidden: str
    is_there: bool
    size: int
    since: str | None


def kept_name(name: str) -> str:
    """The hidden name of the database as it was before its upgrade."""
    return f"{PREFIX}{name[:SHOWN_NAME]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def aside(kept: str) -> str:
    """What bears the name while two databases change theirs, or while an earlier one is still to be dropped."""
    return f"{kept}_"


def listed(registries: Registries) -> list[Kept]:
    """All that is kept, the largest first."""
    pools = registries.pools
    everything = databases.list_databases(pools, hidden=True)
    of = {kept_name(name): name for name in everything if not name.startswith(databases.HIDDEN_PREFIX)}
    found = []
    for hidden in everything:
        if hidden.startswith(PREFIX):
            kept = hidden.removesuffix("_")  # one that a killed process put aside is of the same
            shown = kept.removeprefix(PREFIX).rpartition("_")[0]
            # One that was dropped since it was listed is not kept.
            with contextlib.suppress(psycopg.errors.InvalidCatalogName):
                size = databases.size(pools, hidden)
                found.append(Kept(of.get(kept, shown), hidden, kept in of, size, _since(pools, hidden)))
    return sorted(found, key=lambda one: -one.size)


def drop(registries: Registries, name: str) -> bool:
    """Drop what is kept of a database; whether there was something. name: the database, or, where that is gone and its
    name is not known whole, what is kept of it."""
    kept, pools = name.removesuffix("_") if name.startswith(PREFIX) else kept_name(name), registries.pools
    pools.close_database(kept)
    were_kept = [databases.drop(pools, each) for each in (kept, aside(kept))]
    # Last: as long as there are rows, their files are there.
    store_of(registries.config, kept).drop()
    return any(were_kept)


def changes(registries: Registries, name: str, new: str) -> list[tuple[str, str]]:
    """The further names that change with that of a database, (name, new name): what is kept of it is kept of that."""
    kept = kept_name(name)
    return [(kept, kept_name(new))] if databases.exists(registries.pools, kept) else []


def _since(pools: Pools, kept: str) -> str | None:
    try:
        with pools.cursor(kept, readonly=True) as cr:
            rows = cr.fetch(SQL("SELECT value FROM ir_config_parameter WHERE key = %s", readable.MARK))
    except psycopg.Error:
        return None
    finally:
        pools.close_database(kept)
    if not rows:
        return ""
    return rows[0][0] if _DATE.fullmatch(rows[0][0] or "") else None
