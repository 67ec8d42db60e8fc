"""Which files do the rows of a database name, and which may go?

A file is written before its row, in a transaction that holds `ir_attachment` in ROW EXCLUSIVE mode from before the file
on (`hold`). The sweep asks rows in SHARE mode, which waits for those transactions and keeps new ones waiting: so a file
that no row names then is one that no transaction in progress is about to name.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Collection, Iterable, Iterator

import psycopg

from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL
from fondaco.storage.filestore import Filestore

_logger = logging.getLogger(__name__)

BATCH = 500


def hold(cr: Cursor) -> None:
    """Keep the sweep away until the end of this transaction, which writes files."""
    cr.execute("LOCK TABLE ir_attachment IN ROW EXCLUSIVE MODE")


def sweep(pools: Pools, database: str, store: Filestore) -> int:
    """Remove the files that were listed a while ago and that no row names; how many."""
    removed = 0
    ripe = store.ripe()
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
    listed = 0
    for keys in _batches(store.keys()):
        with pools.autocommit(database) as cr:
            unnamed = set(keys) - named(cr, keys)
        for key in unnamed:
            store.mark(key)
        listed += len(unnamed)
    return listed


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(keys)
    while batch := list(itertools.islice(iterator, BATCH)):
        yield batch
