"""Which files do the rows of a database name, are they there, and which may go?

A file is written before its row, in a transaction that holds `ir_attachment` in ROW EXCLUSIVE mode from before the file
on (`hold`). The sweep asks rows in SHARE mode, which waits for those transactions and keeps new ones waiting: so a file
that no row names then is one that no transaction in progress is about to name.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import psycopg

from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL
from fondaco.storage.filestore import GRACE_SECONDS, Filestore

_logger = logging.getLogger(__name__)

BATCH = 500


def hold(cr: Cursor) -> None:
    """Keep the sweep away until the end of this transaction, which writes files."""
    cr.execute("LOCK TABLE ir_attachment IN ROW EXCLUSIVE MODE")


def sweep(pools: Pools, database: str, store: Filestore, grace: float = GRACE_SECONDS) -> int:
    """Remove the files that were listed `grace` seconds ago or earlier and that no row names; how many."""
    removed = 0
    ripe = store.ripe(grace=grace)
    with pools.autocommit(database) as cr:
        for start in range(0, len(ripe), BATCH):
            keys = ripe[start : start + BATCH]
            # A transaction of its own in READ COMMITTED: it sees what those it waited for have committed.
            cr.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
            try:
                # Who waits for a long transaction makes the next writers wait behind it.
                cr.execute("SET LOCAL lock_timeout = '3s'")
                cr.execute("LOCK TABLE ir_attachment IN SHARE MODE")
                removed += store.clear(keys, named(cr, keys), time.time())
            except psycopg.errors.LockNotAvailable:
                _logger.info("files not swept, a transaction is at work db=%s", database)
                break
            finally:
                cr.execute("ROLLBACK")
    return removed


def named(cr: Cursor, keys: Collection[str]) -> set[str]:
    """Those of the keys that rows name."""
    rows = cr.fetch(SQL("SELECT DISTINCT store_fname FROM ir_attachment WHERE store_fname = ANY(%s)", list(keys)))
    return {str(key) for (key,) in rows}


def list_unnamed(pools: Pools, database: str, store: Filestore) -> int:
    """Put every stored file that no row names on the list of the sweep: marks are lost with a machine. How many."""
    listed, known = 0, set(store.marked())
    for keys in _batches(store.keys()):
        with pools.autocommit(database) as cr:
            unnamed = set(keys) - known - named(cr, keys)
        for key in unnamed:
            store.mark(key)
        listed += len(unnamed)
    return listed


@dataclass(slots=True)
class Survey:
    """What was found when the files of a database were held against its rows."""

    named: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    unnamed: int = 0
    waiting: int = 0

    @property
    def is_good(self) -> bool:
        return not self.missing and not self.damaged


def survey(pools: Pools, database: str, store: Filestore, *, content: bool = False) -> Survey:
    """Hold every row against its file: whether it is there with its size, and with `content`, whether it has its
    hash."""
    stored = dict(store.sizes())
    with pools.autocommit(database) as cr:
        rows = cr.fetch(
            SQL(
                """
                SELECT store_fname, max(file_size)
                  FROM ir_attachment
                 WHERE store_fname IS NOT NULL
                 GROUP BY store_fname
                 ORDER BY store_fname
                """
            )
        )
    found = Survey(named=len(rows), waiting=len(store.waiting()))
    for key, size in rows:
        kept = stored.pop(key, None)
        if kept is None and not (store.is_key(key) and store.exists(key)):  # written since they were listed
            found.missing.append(key)
        elif (kept is not None and size and kept != size) or (content and not store.verify(key)):
            found.damaged.append(key)
    found.unnamed = len(stored)
    return found


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(keys)
    while batch := list(itertools.islice(iterator, BATCH)):
        yield batch
