"""Who waits for whom in PostgreSQL, since when, and how is a statement ended that keeps others waiting?

Statements are told without their values. Ended are only statements of our own role in a database of ours: with
pg_cancel_backend, which undoes the transaction and leaves the connection whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from fondaco.sql.fragment import SQL
from fondaco.sql.scrub import without_values

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

LONGEST_STATEMENT = 2000  # characters


@dataclass(frozen=True, slots=True)
class Session:
    """A connection that is at something. Seconds: of its transaction, of its statement or pause."""

    pid: int
    database: str
    role: str
    application: str
    state: str
    transaction_s: float
    statement_s: float
    waits_for: str  # the kind of lock; '' if it waits for none
    blocked_by: tuple[int, ...]
    statement: str


class Cancelled(Enum):
    """What came of the wish to end a statement."""

    DONE = "is being cancelled; its transaction will be undone"
    GONE = "is not there any more"
    FOREIGN = "belongs to another role or database, which is not ours to end"
    IDLE = (
        "runs no statement: its transaction is open and idle, and cannot be cancelled. It ends with its request, or by "
        "idle_in_transaction_session_timeout"
    )


def sessions(cr: Cursor, databases: Sequence[str]) -> list[Session]:
    """Those with a transaction or statement under way, the oldest first; not the one that asks."""
    query = SQL(
        """
        SELECT pid, datname, COALESCE(usename, ''), COALESCE(application_name, ''), COALESCE(state, ''),
               COALESCE(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8,
               COALESCE(extract(epoch FROM clock_timestamp() - CASE state WHEN 'active' THEN query_start
                                                                           ELSE state_change END), 0)::float8,
               CASE wait_event_type WHEN 'Lock' THEN wait_event ELSE '' END,
               -- looking for blockers takes locks of the lock table itself: only for those who wait
               CASE wait_event_type WHEN 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END,
               left(query, %(most)s)
          FROM pg_stat_activity
         WHERE datname = ANY(%(databases)s) AND backend_type = 'client backend' AND pid <> pg_backend_pid()
           AND (state <> 'idle' OR xact_start IS NOT NULL)
         ORDER BY xact_start NULLS LAST, pid
        """,
        most=LONGEST_STATEMENT,
        databases=list(databases),
    )
    found = []
    for pid, database, role, application, state, transaction_s, statement_s, waits_for, blockers, text in cr.fetch(
        query
    ):
        found.append(
            Session(
                pid, database, role, application, state, transaction_s, statement_s, waits_for, tuple(blockers),
                without_values(text or ""),
            )
        )  # fmt: skip
    return found


def forest(found: Sequence[Session]) -> Iterator[tuple[int, Session]]:
    """(depth, session) of those who wait and those they wait for: under each, who waits for it."""
    by_pid = {session.pid: session for session in found}
    waiting_for: dict[int, list[Session]] = {}
    for session in found:
        for pid in session.blocked_by:
            waiting_for.setdefault(pid, []).append(session)
    shown: set[int] = set()

    def below(session: Session, depth: int) -> Iterator[tuple[int, Session]]:
        if session.pid in shown:
            return  # it waits for several, and is shown under the first
        shown.add(session.pid)
        yield depth, session
        for other in waiting_for.get(session.pid, ()):
            yield from below(other, depth + 1)

    roots = [by_pid[pid] for pid in waiting_for if pid in by_pid and not by_pid[pid].blocked_by]
    # In a ring that PostgreSQL has not broken yet, or under somebody we cannot see, nobody is first.
    others = [session for session in found if session.blocked_by]
    for session in [*roots, *others]:
        yield from below(session, 0)


def cancel(cr: Cursor, databases: Sequence[str], pid: int) -> Cancelled:
    """End the statement of a session of our role in one of these databases, if it runs one."""
    query = SQL(
        """
        SELECT datname = ANY(%(databases)s) AND usename = current_user AND backend_type = 'client backend', state,
               CASE WHEN datname = ANY(%(databases)s) AND usename = current_user AND state = 'active'
                     AND backend_type = 'client backend' AND pid <> pg_backend_pid()
                    THEN pg_cancel_backend(pid) END
          FROM pg_stat_activity
         WHERE pid = %(pid)s
        """,
        databases=list(databases),
        pid=pid,
    )
    rows = cr.fetch(query)
    if not rows:
        return Cancelled.GONE
    is_ours, state, is_done = rows[0]
    if not is_ours:
        return Cancelled.FOREIGN
    if is_done:
        return Cancelled.DONE
    return Cancelled.GONE if state in (None, "active") else Cancelled.IDLE
