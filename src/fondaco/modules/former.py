"""What is kept of a database from before its upgrade: under which name, how much of it there is, and how it goes.

It is a database of its own with files of its own, hidden from people; it goes where its database goes.
"""

from __future__ import annotations

import hashlib
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


@dataclass(frozen=True, slots=True)
class Kept:
    """of: the database, or as much of its name as is known; size: bytes of its rows; since: when it was upgraded, empty
    where what is kept is the upgraded one, whose upgrade was undone."""

    of: str
    is_there: bool
    size: int
    since: str


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
            found.append(Kept(of.get(kept, shown), kept in of, databases.size(pools, hidden), _since(pools, hidden)))
    return sorted(found, key=lambda one: -one.size)


def drop(registries: Registries, name: str) -> bool:
    """Drop what is kept of a database; whether there was something."""
    kept, pools = kept_name(name), registries.pools
    pools.close_database(kept)
    was_kept = databases.drop(pools, kept)
    databases.drop(pools, aside(kept))
    # Last: as long as there are rows, their files are there.
    store_of(registries.config, kept).drop()
    return was_kept


def follow(registries: Registries, name: str, new: str) -> None:
    """Let what is kept of a database that was given another name be kept of that."""
    kept, pools = kept_name(name), registries.pools
    if not databases.exists(pools, kept):
        return
    drop(registries, new)  # of one that had this name before
    files = store_of(registries.config, kept)
    files.copy_to(store_of(registries.config, kept_name(new)))
    databases.rename(pools, kept, kept_name(new))
    files.drop()


def _since(pools: Pools, kept: str) -> str:
    try:
        with pools.cursor(kept, readonly=True) as cr:
            rows = cr.fetch(SQL("SELECT value FROM ir_config_parameter WHERE key = %s", readable.MARK))
    except psycopg.Error:
        return ""
    finally:
        pools.close_database(kept)
    return str(rows[0][0]) if rows else ""
