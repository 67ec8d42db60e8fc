"""Which keys encrypt the columns of a database, and how do all values come to be encrypted by one key?

The fields themselves are sealed by orm/vault; here is what an operator asks and does, without a registry.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from fondaco.orm import sealed_columns
from fondaco.orm.vault import Vault
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.sql.connection import Pools

Tell = Callable[[str], None]
PASSES = 5
"""So often the table is gone through for rows that others held, or wrote meanwhile by a former key."""
TRIES = 10
PATIENCE_S, PAUSE_S = 60.0, 0.2


@dataclass(frozen=True, slots=True)
class Survey:
    """What encrypts a database. Keys are named by their ids; columns are (table, column)."""

    database: str
    rows: Mapping[tuple[str, str], Mapping[str, int]]
    """column -> {key: rows}"""
    index_key: str
    """The key that encrypts that of the blind indexes; '' where nothing was ever encrypted."""

    @property
    def keys(self) -> set[str]:
        """All keys without which something does not open."""
        found = {key for counts in self.rows.values() for key in counts}
        return found | ({self.index_key} if self.rows else set())

    def missing(self, known: set[str]) -> dict[str, int]:
        """{key that is not known: rows that do not open without it}"""
        lost = dict.fromkeys(self.keys - known, 0)
        for counts in self.rows.values():
            for key in lost:
                lost[key] += counts.get(key, 0)
        return lost

    def former(self, current: str) -> int:
        """How many rows another key than `current` encrypts."""
        return sum(count for counts in self.rows.values() for key, count in counts.items() if key != current)


@dataclass(slots=True)
class Rotation:
    """What came of a rotation: rows by column, and what could not be done."""

    database: str
    rows: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """'table.column id' -> why it does not open"""
    left: int = 0
    """Rows that a former key encrypts still."""


def survey(pools: Pools, database: str, config: Mapping[str, Any]) -> Survey:
    """Count, by reading each encrypted column once."""
    with pools.cursor(database, readonly=True) as cr:
        vault = Vault.read(cr, config)
        rows = {
            (table, column): {key.hex(): count for key, count in sealed_columns.by_key(cr, table, column).items()}
            for table, column in vault.names
        }
        return Survey(database, rows, vault.index_key_id.hex())


def rotate(pools: Pools, database: str, config: Mapping[str, Any], tell: Tell) -> Rotation:
    """Encrypt all by the current key, batch by batch, while people work; running it again goes on where it ended."""
    done = Rotation(database)
    with pools.cursor(database, readonly=True) as cr:
        vault = Vault.read(cr, config)
    if not vault.names:
        return done
    current = vault.ring.current()
    _await_older(pools, database, tell)
    vault.index_secret()  # ConfigError now where its key is missing
    for table, column in vault.names:
        name = f"{table}.{column}"
        for _number in range(PASSES):
            failed: dict[int, str] = {}
            count = _go_through(pools, database, vault, table, column, failed)
            done.rows[name] = done.rows.get(name, 0) + count
            left = _left(pools, database, table, column, current.id)
            if left <= len(failed):
                break
        done.failed.update({f"{name} {id_}": reason for id_, reason in failed.items()})
        done.left += left
        tell(f"{database}: {name}: {done.rows[name]} rows are encrypted by {current.name} now, {left} are not")
    if not done.left:
        with pools.cursor(database) as cr:
            vault.renew(cr)
    return done


def _await_older(pools: Pools, database: str, tell: Tell) -> None:
    """Wait for transactions that began before: one may have sealed by the former key what nobody else sees yet."""
    older = SQL(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
        " AND xact_start < to_timestamp(%s)",
        time.time(),
    )
    end = time.monotonic() + PATIENCE_S
    while True:
        with pools.cursor(database, readonly=True) as cr:
            ((count,),) = cr.fetch(older)
        if not count:
            return
        if time.monotonic() > end:
            tell(f"{database}: {count} transactions are older than this rotation; run it again when they have ended")
            return
        time.sleep(PAUSE_S)


def _go_through(
    pools: Pools, database: str, vault: Vault, table: str, column: str, failed: dict[int, str]
) -> int:  # fmt: skip
    """One pass; how many rows were encrypted anew."""
    box = vault.box(table, column)
    assert box is not None
    after, total = sealed_columns.BEFORE_ALL, 0
    while True:
        for attempt in range(TRIES):
            try:
                with pools.cursor(database) as cr:
                    last, count = sealed_columns.rotate(cr, box, table, column, after, failed)
                break
            except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                if attempt == TRIES - 1:
                    raise
        total += count
        if last is None:
            return total
        after = last


def _left(pools: Pools, database: str, table: str, column: str, current: bytes) -> int:
    with pools.cursor(database, readonly=True) as cr:
        counts = sealed_columns.by_key(cr, table, column)
    return sum(count for key, count in counts.items() if key != current)
