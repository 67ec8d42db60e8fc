"""Cursors inside the transaction of another one: what they commit stays in it, and goes with it. For tests.

pools = NestedPools(pools, cr)
with pools.cursor(cr.dbname) as other: ...      # sees what `cr` wrote; its commit keeps that inside `cr` only
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import psycopg

from fondaco.sql.cursor import Cursor

SAVEPOINT = "nested"
LOCK_SECONDS = 20.0
"""How long one waits for the other: a test that holds a cursor while it makes a request would wait for ever."""


class NestedCursor(Cursor):
    """A cursor on the connection of another one: its transaction is a savepoint.

    One at a time: whoever opens one holds `lock` until it is closed. The moment of its transaction is its own.
    """

    def __init__(self, cursor: Cursor, lock: Any, readonly: bool = False) -> None:
        if not lock.acquire(timeout=LOCK_SECONDS):
            raise RuntimeError(
                f"the transaction of the test has been in use for {LOCK_SECONDS:.0f} seconds; close the cursors that "
                "the test opened before it makes a request"
            )
        self._lock = lock
        link, begin = cursor.link, cursor.link.begin
        super().__init__(link, lambda link: None, readonly=readonly, owner=cursor.pools)
        link.begin = begin  # should this cursor's first statement be the first of the test
        self._name = f'"{SAVEPOINT}_{id(self):x}"'
        self._begin()

    def _begin(self) -> None:
        self.control(f"SAVEPOINT {self._name}")
        if self.readonly:
            # Within a savepoint PostgreSQL lets this be taken back.
            self.control("SET LOCAL transaction_read_only = on")

    def now(self) -> datetime:
        """The moment this was first asked since the last commit, naive UTC."""
        if self._now is None:
            self._now = datetime.now(UTC).replace(tzinfo=None)
        return self._now

    def _end(self, code: bytes) -> None:
        self._now = None
        self._result = self._converter = None
        has_failed = self.link.is_failed
        if code == b"COMMIT" and not has_failed and not self.readonly:
            self.control(f"RELEASE SAVEPOINT {self._name}")
        else:
            self.control(f"ROLLBACK TO SAVEPOINT {self._name}")
            self.control(f"RELEASE SAVEPOINT {self._name}")
        self._begin()
        if code == b"COMMIT" and has_failed:
            raise psycopg.errors.InFailedSqlTransaction(
                "COMMIT was answered with ROLLBACK: an earlier statement had failed, nothing was kept"
            )

    def close(self) -> None:
        """Undo what was not committed; let the next one have the connection."""
        if self._link is None:
            return
        try:
            self.rollback()
            # Going back before the release takes back the setting of a read-only one.
            self.control(f"ROLLBACK TO SAVEPOINT {self._name}")
            self.control(f"RELEASE SAVEPOINT {self._name}")
        finally:
            self.clear()
            self._link = self._result = self._converter = None
            self._lock.release()

    def __del__(self) -> None:
        """The connection belongs to the test: one that was forgotten leaves it alone."""


class NestedPools:
    """The pools of a process, but for one database: whoever asks for that gets a cursor inside `cursor`."""

    serves_test = True

    def __init__(self, pools: Any, cursor: Cursor, *, allow_readonly: bool = True) -> None:
        self.outer = pools
        self._cursor = cursor
        self._allow_readonly = allow_readonly
        self.lock = threading.RLock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outer, name)

    def cursor(self, dbname: str, readonly: bool = False, *, limited: bool = False, after: str | None = None) -> Cursor:
        if dbname == self._cursor.dbname:
            return NestedCursor(self._cursor, self.lock, readonly and self._allow_readonly)
        found: Cursor = self.outer.cursor(dbname, readonly, limited=limited, after=after)
        return found
