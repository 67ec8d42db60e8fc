"""How does one process wake others that wait for something in a database, without slowing transactions down?

`pg_notify` inside a transaction makes commits queue up behind one lock; so it is called after the commit, by a thread
with a connection of its own, once for all that was told within a few milliseconds. What is announced is only "look
again": a lost announcement delays, it loses nothing. All databases use one channel of the maintenance database, the
payload is the database's name.

Poolers in transaction mode know no LISTEN. Where PostgreSQL can only be reached through one (`db_pgbouncer` without
`db_direct_host`), nothing is announced and whoever waits looks again by the clock.
"""

from __future__ import annotations

import logging
import select
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from fondaco.sql.connection import Pools

_logger = logging.getLogger("odoo.sql_db")

MAINTENANCE = "postgres"
WORK = "cron_trigger"
"""Where databases with work for the workers of scheduled jobs are announced; the name is Odoo's, programs beside us use
it."""
GATHER_S = 0.005
"""How long announcements are gathered before they go out together."""
RETRY_S = 5.0
LISTEN_TURN_S = 0.5
"""How often a listener looks whether it should end."""

Announcement = tuple[str, str]  # channel, database


class Announcer:
    """Announces for one process; its thread begins with the first announcement."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        self._waiting: set[Announcement] = set()
        self._changed = threading.Condition()
        self._is_sending = False
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"<Announcer waiting={len(self._waiting)}>"

    def tell(self, channel: str, dbname: str) -> None:
        """Wake whoever listens on `channel` for this database, soon. Never waits, never fails."""
        if not self._pools.can_listen:
            return
        with self._changed:
            self._waiting.add((channel, dbname))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="odoo.sql.announcer", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, patience: float = 5.0) -> bool:
        """Wait until all has been announced; a process that ends calls it. Whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._is_sending, patience)

    def _run(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                self._is_sending = True
            time.sleep(GATHER_S)
            with self._changed:
                gathered, self._waiting = self._waiting, set()
            try:
                connection = connection or self._connect()
                connection.execute(
                    "SELECT pg_notify(channel, dbname) FROM unnest(%s::text[], %s::text[]) AS t (channel, dbname)",
                    ([channel for channel, _ in gathered], [dbname for _, dbname in gathered]),
                )
            except psycopg.Error as error:
                _logger.warning("announcement not made, listeners look by the clock: %s", error)
                _close(connection)
                connection = None
            with self._changed:
                self._is_sending = False
                self._changed.notify_all()

    def _connect(self) -> psycopg.Connection[Any]:
        connection = self._pools.direct(MAINTENANCE)
        # Losing an announcement in a crash is harmless; waiting for the disk at each is not.
        connection.execute("SET synchronous_commit = off")
        return connection


class Listener:
    """Hears announcements in a thread of its own until `stop`.

    on_database is called there with the name of a database; on_reconnect whenever something may have been missed.
    """

    def __init__(
        self, pools: Pools, channel: str, on_database: Callable[[str], None], on_reconnect: Callable[[], None]
    ) -> None:
        self._pools = pools
        self._channel = channel
        self._on_database = on_database
        self._on_reconnect = on_reconnect
        self._is_stopping = threading.Event()
        self.is_listening = False
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"<Listener {self._channel} listening={self.is_listening}>"

    def start(self) -> None:
        """Begin to listen, if PostgreSQL can be reached for that; returns at once."""
        if self._pools.can_listen:
            name = f"odoo.sql.listener.{self._channel}"
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Hear nothing any more, soon."""
        self._is_stopping.set()

    def join(self) -> None:
        """Wait until the thread has ended after `stop`."""
        if self._thread is not None:
            self._thread.join(2 * LISTEN_TURN_S)

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            connection = None
            try:
                connection = self._pools.direct(MAINTENANCE)
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
                self.is_listening = True
                # Waiting in psycopg would be ten looks a second, in each process that listens.
                news = select.poll()
                news.register(connection.fileno(), select.POLLIN)
                self._on_reconnect()
                while not self._is_stopping.is_set():
                    if news.poll(LISTEN_TURN_S * 1000):
                        for notification in connection.notifies(timeout=0):
                            self._on_database(notification.payload)
            except psycopg.Error as error:
                _logger.warning("not listening for %s, looking by the clock meanwhile: %s", self._channel, error)
                self._is_stopping.wait(RETRY_S)
            finally:
                self.is_listening = False
                _close(connection)


def _close(connection: psycopg.Connection[Any] | None) -> None:
    if connection is not None:
        connection.close()
