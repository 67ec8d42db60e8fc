"""How is a database closed to changes while it can still be read, and who opens it again if nobody does?

    with readable.closed(pools, "shop"):
        ...                     # sessions of "shop" only read; whoever writes is refused by PostgreSQL itself

PostgreSQL keeps the setting with the database, so every server of it, on whatever machine and behind whatever pooler,
is held to it. Who closed it holds an advisory lock: when that is free, the one who closed is dead, and
`reopen_abandoned` undoes what was left. A row in the database tells our closing from one that an operator ordered.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from fondaco.errors import DatabaseError
from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor
from fondaco.sql.databases import MAINTENANCE
from fondaco.sql.fragment import SQL

_logger = logging.getLogger(__name__)

MARK = "fondaco.closed_to_changes"
"""Since when (UTC)"""
LOCK_SPACE = 0x72656164  # "read": the first half of our advisory locks
PATIENCE_S = 20.0
"""For transactions under way; then they are ended, and their requests repeat them."""
PAUSE_S = 0.02


@contextmanager
def alone(pools: Pools, name: str) -> Iterator[Cursor]:
    """Hold what says that somebody is at work on this database; DatabaseError when somebody else is. The transaction
    that holds it: what has to be true until the end is done in it."""
    with pools.cursor(MAINTENANCE) as cr:
        cr.stay_open()
        if not _is_free(cr, name):
            raise DatabaseError(f"database {name!r} is being upgraded by another process; wait for it to end")
        yield cr
        cr.commit()


@contextmanager
def closed(pools: Pools, name: str) -> Iterator[None]:
    """Within it nobody changes the database; use it within `alone`. It is opened again, whatever happens."""
    _mark(pools, name)
    try:
        _close(pools, name)
        yield
    finally:
        if _is_closed(pools, name):  # another may have taken the name
            reopen(pools, name)


def require_closed(pools: Pools, name: str, holder: Cursor) -> None:
    """DatabaseError unless the database was closed to changes all the time since `alone` gave `holder`: when that
    session is lost, the next one whose change is refused opens the database."""
    try:
        holder.fetch(SQL("SELECT 1"))
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"the session that kept {name!r} closed to changes was lost, and people may have changed it since; it is "
            "as it was and as they left it: begin again"
        ) from error
    if not _is_closed(pools, name):
        raise DatabaseError(f"database {name!r} was opened to changes meanwhile; nothing is switched: begin again")


def reopen(pools: Pools, name: str) -> None:
    """Let the database take changes again."""
    with pools.autocommit(MAINTENANCE) as cr:
        cr.execute(SQL("ALTER DATABASE %s RESET default_transaction_read_only", SQL.identifier(name)))
    try:
        _part(pools, name)
    finally:
        forget_mark(pools, name)  # with it, a closing that an operator orders later would pass for ours


def takes_changes(pools: Pools, name: str) -> bool:
    """Whether a database that refused a change takes it now: because it is open again, or because who closed it has
    died since and it is opened here."""
    with pools.cursor(name, readonly=True) as cr:
        question = SQL(
            """
            SELECT setting = 'on', source = 'database', pg_is_in_recovery(),
                   EXISTS (SELECT FROM ir_config_parameter WHERE key = %s)
              FROM pg_settings
             WHERE name = 'default_transaction_read_only'
            """,
            MARK,
        )
        only_reads, is_by_database, is_replica, is_marked = cr.fetch(question)[0]
    if is_replica:
        return False
    if not only_reads:
        return True
    if is_by_database and not _is_closed(pools, name):
        # The database is open, this session is of before.
        _part(pools, name)
        return True
    return bool(is_marked) and reopen_abandoned(pools, name)


def reopen_abandoned(pools: Pools, name: str) -> bool:
    """Open a database if who closed it is gone; whether that was so."""
    with pools.cursor(MAINTENANCE) as cr:
        if not _is_free(cr, name) or not _is_closed(pools, name):
            return False
        _logger.warning("database opened again: who closed it for an upgrade is gone db=%s", name)
        reopen(pools, name)
    return True


def forget_mark(pools: Pools, name: str) -> None:
    """Make a copy of a closed database one that was never closed."""
    with pools.cursor(name) as cr:
        cr.run(SQL("DELETE FROM ir_config_parameter WHERE key = %s", MARK))
        cr.commit()


def _is_free(cr: Cursor, name: str) -> bool:
    """Whether nobody is at work on the database; then the transaction of the cursor is."""
    question = SQL("SELECT pg_try_advisory_xact_lock(%s::int4, %s::int4)", LOCK_SPACE, _number(name))
    return bool(cr.fetch(question)[0][0])


def _is_closed(pools: Pools, name: str) -> bool:
    with pools.autocommit(MAINTENANCE) as cr:
        question = SQL(
            """
            SELECT 1
              FROM pg_db_role_setting s
              JOIN pg_database d ON d.oid = s.setdatabase
             WHERE d.datname = %s AND s.setrole = 0 AND 'default_transaction_read_only=on' = ANY(s.setconfig)
            """,
            name,
        )
        return bool(cr.fetch(question))


def _mark(pools: Pools, name: str) -> None:
    # Before the setting: one without a mark would stay.
    with pools.cursor(name) as cr:
        cr.run(
            SQL(
                """
                INSERT INTO ir_config_parameter (key, value)
                VALUES (%s, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'))
                    ON CONFLICT (key) DO UPDATE SET value = excluded.value
                """,
                MARK,
            )
        )
        cr.commit()


def _close(pools: Pools, name: str) -> None:
    with pools.autocommit(MAINTENANCE) as cr:
        try:
            cr.execute(SQL("ALTER DATABASE %s SET default_transaction_read_only = on", SQL.identifier(name)))
        except psycopg.Error:
            forget_mark(pools, name)
            raise
    _part(pools, name)
    end = time.monotonic() + PATIENCE_S
    while roles := _strangers(pools, name):
        if time.monotonic() > end:
            raise DatabaseError(
                f"sessions of other roles ({', '.join(roles)}) are in database {name!r}, could change it and may not "
                "be ended by ours: end them (pg_terminate_backend), then begin again"
            )
        time.sleep(PAUSE_S)


def _part(pools: Pools, name: str) -> None:
    """End the sessions that began under the setting of before: the idle at once, others when their work is done. Those
    of roles whose sessions we may not end stay."""
    pools.close_database(name)
    end = time.monotonic() + PATIENCE_S
    with pools.autocommit(MAINTENANCE) as cr:
        began = cr.fetch(SQL("SELECT clock_timestamp()"))[0][0]
        while True:
            is_late = time.monotonic() > end
            rows = cr.fetch(
                SQL(
                    """
                    SELECT CASE WHEN state = 'idle' OR %s THEN pg_terminate_backend(pid) END
                      FROM pg_stat_activity
                     WHERE datname = %s AND backend_type = 'client backend' AND backend_start <= %s
                       AND pg_has_role(usesysid, 'USAGE')
                    """,
                    is_late, name, began,
                )
            )  # fmt: skip
            if not rows or (is_late and time.monotonic() > end + 2):
                return
            time.sleep(PAUSE_S)


def _strangers(pools: Pools, name: str) -> list[str]:
    """The roles with sessions in the database that we may not end. Of those PostgreSQL tells us little more; processes
    of its own have no role."""
    with pools.autocommit(MAINTENANCE) as cr:
        question = SQL(
            """
            SELECT DISTINCT usename::text
              FROM pg_stat_activity
             WHERE datname = %s AND usesysid IS NOT NULL AND NOT pg_has_role(usesysid, 'USAGE')
             ORDER BY 1
            """,
            name,
        )
        return [role for (role,) in cr.fetch(question)]


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big", signed=True)
