"""Where do connections come from: a pool per database, within one limit per process.

A cursor borrows a connection and gives it back. When all are out it waits; a connection of another database that
nobody uses makes room. Connections that died are found on the way out and replaced, with patience while PostgreSQL
restarts.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from fondaco import metrics, tracing
from fondaco.sql.announcing import MAINTENANCE, Announcer
from fondaco.sql.connecting import Connector
from fondaco.sql.cursor import Cursor
from fondaco.sql.driver import PoolError
from fondaco.sql.link import Link
from fondaco.sql.replica import CONNECT_TIMEOUT_S as REPLICA_TIMEOUT_S
from fondaco.sql.replica import READS, Replica, has_reached

_logger = logging.getLogger("odoo.sql_db")

ANSWER_S = 1.0  # whether PostgreSQL answers is asked once in this time

WAIT_S = 30.0
"""How long work waits for a connection before it gives up."""
IDLE_S = 600.0
"""After so long without use a connection is closed."""
TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
"""Settings of PostgreSQL that hold for every transaction, where they are given."""
WAITS = metrics.Counter(
    "fondaco_database_pool_waits_total",
    "Work that found all connections of its process in use.",
    ("database", "outcome"),
)
CONNECTIONS = metrics.Gauge(
    "fondaco_database_connections",
    "Connections of the server to PostgreSQL; limit: what its processes may open",
    ("state",),
)
CANCEL_TIMEOUT_S = 5.0

_all_pools: weakref.WeakSet[Pools] = weakref.WeakSet()


class Pools:
    """The connections of this process, by database. After a fork the child starts with none of its parent's."""

    serves_test = False

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.limit = int(config.get("db_maxconn") or 64)
        self.timeouts = b"".join(
            b"; SET LOCAL %s = %d" % (name.encode(), float(config[name]) * 1000)
            for name in TIMEOUTS
            if config.get(name)
        )
        self.connector = Connector(config)
        self.passwords, self.settings = self.connector.passwords, self.connector.settings
        self.past_pooler = self.connector.past_pooler
        self._start_empty()
        _all_pools.add(self)
        CONNECTIONS.watch(self.numbers)

    def _start_empty(self) -> None:
        # psycopg does not hang up connections of another process, so forgetting them is safe.
        self.pid = os.getpid()
        self.idle: dict[tuple[str, bool], list[Link]] = {}
        self.count = 0
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.closing: set[str] = set()
        self.lent: set[Link] = set()
        self.announcer = Announcer(self)
        self.replica = Replica(bool(self.config.get("db_replica_host")))
        self._last_sweep = time.monotonic()
        self._asking, self._asked_at, self._was_answered = threading.Lock(), -ANSWER_S, False

    def __repr__(self) -> str:
        waiting = sum(map(len, self.idle.values()))
        return f"ConnectionPool(used={self.count - waiting}/count={self.count}/max={self.limit})"

    @property
    def revive(self) -> Callable[[], object] | None:
        """What starts the server again, where it is ours; called when nobody answers."""
        return self.connector.revive

    @revive.setter
    def revive(self, start: Callable[[], object] | None) -> None:
        self.connector.revive = start

    def cursor(self, dbname: str, readonly: bool = False, *, limited: bool = False, after: str | None = None) -> Cursor:
        """A transaction on `dbname`.

        limited: the timeouts of the configuration hold, as for the statements of requests. after: a position that a
        cursor told before; a read-only transaction may go to a replica that has come as far, and one that writes will
        tell a new position. None: to the primary, and nothing is told.
        """
        may_be_behind = readonly and after is not None and self.replica.is_there
        link = self._replica_link(dbname, str(after)) if may_be_behind else None
        if link is None:
            link = self._borrow((dbname, False))
        settings = self.timeouts if limited else b""
        if trace := tracing.trace_id():
            # Of this transaction alone, so that a pooler may give the connection to anybody afterwards.
            settings += b"; SET LOCAL application_name = '%s %s'" % (b"fondaco-%d" % os.getpid(), trace.encode())
        cr = Cursor(link, self._give_back, readonly=readonly, owner=self, settings=settings)
        cr.tells_position = after is not None and not readonly and self.replica.is_there
        return cr

    def _replica_link(self, dbname: str, after: str) -> Link | None:
        """A connection to the replica, unless it is away or behind."""
        if not self.replica.is_wanted:
            return None
        link, is_good = None, False
        try:
            link = self._borrow((dbname, True))
            is_good = has_reached(link, after)
            if is_good:
                READS.count(dbname, "replica")
                return link
        except PoolError:
            raise  # the replica has no part in that
        except psycopg.errors.QueryCanceled:
            raise  # whoever asked is over his time
        except psycopg.OperationalError as error:
            # A database that was just made may not be there yet; that says nothing about the others.
            if "does not exist" not in str(error):
                self.replica.note_away(error)
        finally:
            if link is not None and not is_good:
                self._give_back(link)
        READS.count(dbname, "primary")
        return None

    @contextmanager
    def autocommit(self, dbname: str) -> Iterator[Cursor]:
        """A cursor whose statements are durable one by one (CREATE DATABASE, VACUUM, LISTEN)."""
        link = self._borrow((dbname, False))
        link.autocommit = True
        cr = Cursor(link, self._give_back, owner=self)
        try:
            if link.when_kept is not None:
                link.begin_with(b"")
            yield cr
        finally:
            link.autocommit = False
            cr.close()

    def direct(self, dbname: str, **settings: Any) -> psycopg.Connection[Any]:
        """A connection outside the pool, in autocommit, for LISTEN and advisory locks; the caller closes it.

        It goes past a pooler where `db_direct_host` and `db_direct_port` say how.
        """
        return self.connector.link(dbname, is_replica=False, **{**self.past_pooler(), **settings}).connection

    def is_answered(self) -> bool:
        """Whether PostgreSQL takes a connection, on the way that work takes.

        Anybody may want to know, so one at a time asks, and the answer holds for `ANSWER_S`.
        """
        with self._asking:
            if time.monotonic() >= self._asked_at + ANSWER_S:
                self._was_answered = self._takes_a_connection()
                self._asked_at = time.monotonic()
            return self._was_answered

    def _takes_a_connection(self) -> bool:
        settings = {**self.settings(MAINTENANCE), "connect_timeout": REPLICA_TIMEOUT_S}
        try:
            with self.connector.opened(settings) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def cancel(self, thread: int) -> tuple[bool, str]:
        """End the statement that a thread waits for: (whether there is one, the thread's last one without values)."""
        with self.changed:
            held = [link for link in self.lent if link.thread == thread]
        waiting = [link for link in held if link.is_busy]
        statement = next((link.statement for link in [*waiting, *held] if link.statement), "")
        for link in waiting:
            try:
                link.connection.cancel_safe(timeout=CANCEL_TIMEOUT_S)
            except psycopg.Error as error:
                _logger.warning("a statement on %s could not be cancelled: %s", link.dbname, error)
        return bool(waiting), statement

    def busy(self) -> set[str]:
        """The databases with a transaction or statement under way in this process."""
        with self.changed:
            return {link.dbname for link in self.lent}

    def numbers(self) -> dict[tuple[str, ...], float]:
        """How many connections are in use and idle, and how many there may be."""
        with self.changed:
            idle = sum(map(len, self.idle.values()))
            return {("used",): self.count - idle, ("idle",): idle, ("limit",): self.limit}

    def lent_to(self) -> dict[int, Link]:
        """By thread, the connection on which its work is done."""
        with self.changed:
            return {link.thread: link for link in self.lent}

    @property
    def can_listen(self) -> bool:
        """Whether `direct` reaches PostgreSQL itself, so that LISTEN works."""
        return bool(not self.config.get("db_pgbouncer") or self.config.get("db_direct_host"))

    @contextmanager
    def ahead(self, *dbnames: str) -> Iterator[None]:
        """Have a connection to each opened while the block does something else; they are in the pool at its end.

        One that fails is left to whoever needs it, who has the patience and tells why.
        """
        threads = [threading.Thread(target=self._open_ahead, args=(name,), daemon=True) for name in dbnames]
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.join()

    def _open_ahead(self, dbname: str) -> None:
        with self.changed:
            if self.count >= self.limit:
                return
            self.count += 1
        try:
            link = self.connector.begun(self.connector.opened(self.settings(dbname)), dbname)
        except psycopg.Error:
            with self.changed:
                self.count -= 1
                self.changed.notify()
            return
        self._take_back(link, is_usable=True)

    # -- borrowing --------------------------------------------------------------------------------------------------
    def _borrow(self, key: tuple[str, bool]) -> Link:
        began, has_waited = time.monotonic(), False
        with self.lock:
            while True:
                if (link := self._alive(key)) is not None:
                    if has_waited:
                        WAITS.count(key[0], "served")
                    return self._lend(link)
                if self.count < self.limit or self._close_one_idle():
                    if has_waited:
                        WAITS.count(key[0], "served")
                    self.count += 1
                    break
                has_waited = True
                if not self.changed.wait(began + WAIT_S - time.monotonic()):
                    WAITS.count(key[0], "refused")
                    raise PoolError(
                        f"The Connection Pool Is Full: {self.limit} connections (db_maxconn) are in use and none "
                        f"became free within {WAIT_S:.0f} s"
                    )
        try:
            link = self.connector.link(key[0], is_replica=key[1])
        except BaseException:
            with self.changed:
                self.count -= 1
                self.changed.notify()
            raise
        link.is_replica = key[1]
        with self.changed:
            return self._lend(link)

    def _lend(self, link: Link) -> Link:
        link.thread = threading.get_ident()
        link.statement = ""
        self.lent.add(link)
        return link

    def _alive(self, key: tuple[str, bool]) -> Link | None:
        """The connection given back last that still stands."""
        waiting = self.idle.get(key)
        while waiting:
            link = waiting.pop()
            if link.is_alive:
                return link
            link.close()
            self.count -= 1
        return None

    def _close_one_idle(self) -> bool:
        """Make room: hang up the connection that has waited longest."""
        lists = [waiting for waiting in self.idle.values() if waiting]
        if not lists:
            return False
        oldest = min(lists, key=lambda waiting: waiting[0].idle_since)
        oldest.pop(0).close()
        self.count -= 1
        return True

    def _give_back(self, link: Link) -> None:
        if link.pid != os.getpid():
            return
        link.autocommit = False
        is_usable = not link.is_lost and link.is_idle
        try:
            if is_usable and link.has_traces:
                is_usable = False
                link.clean()
                is_usable = True
        except psycopg.Error:
            pass  # lost meanwhile; whoever had it is done with it
        finally:
            self._take_back(link, is_usable)

    def _take_back(self, link: Link, is_usable: bool) -> None:
        with self.lock:
            self.lent.discard(link)
            if is_usable and link.dbname not in self.closing:
                now = link.idle_since = time.monotonic()
                self.idle.setdefault((link.dbname, link.is_replica), []).append(link)
                if now - self._last_sweep > IDLE_S / 10:
                    self._hang_up(now)
            else:
                link.close()
                self.count -= 1
            self.changed.notify()

    def sweep(self) -> None:
        """Hang up the connections that nobody has used for a while."""
        with self.changed:
            self._hang_up(time.monotonic())
            self.changed.notify_all()

    def _hang_up(self, now: float) -> None:
        self._last_sweep = now
        for key, waiting in list(self.idle.items()):
            stale = [link for link in waiting if now - link.idle_since > IDLE_S]
            for link in stale:
                waiting.remove(link)
                link.close()
                self.count -= 1
            if not waiting:
                del self.idle[key]

    # -- closing ----------------------------------------------------------------------------------------------------
    def close_database(self, dbname: str) -> None:
        """Hang up the idle connections to `dbname`, before it is dropped or renamed."""
        with self.changed:
            for key in [key for key in self.idle if key[0] == dbname]:
                for link in self.idle.pop(key):
                    link.close()
                    self.count -= 1
            self.changed.notify_all()

    def close(self) -> None:
        """Hang up every idle connection; those in use follow when they are given back."""
        with self.changed:
            closed = 0
            for waiting in self.idle.values():
                for link in waiting:
                    link.close()
                    closed += 1
            self.idle.clear()
            self.count -= closed
            self.changed.notify_all()
        if closed:
            _logger.info("%r: Closed %s connections", self, closed)


def _after_fork() -> None:
    for pools in _all_pools:
        pools._start_empty()


os.register_at_fork(after_in_child=_after_fork)
