"""Who may run a job: whoever holds its lease, for as long as he says that he is there.

A lease is a row, taken in a statement of its own and given back in another, so a job of an hour holds no lock for an
hour. When it becomes void is said in `sql.presence`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.cron.due import IS_DUE
from fondaco.sql.fragment import SQL
from fondaco.sql.presence import HELD, LEASE_S, UNHURRIED

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

TABLE = SQL(
    """
    CREATE TABLE IF NOT EXISTS fondaco_cron_lease (
        cron_id int PRIMARY KEY REFERENCES ir_cron ON DELETE CASCADE,
        owner text NOT NULL,
        session text,
        expires timestamptz NOT NULL
    )
    """
)


def set_up(cr: Cursor) -> None:
    """Make the table of leases, if it is not there."""
    cr.run(TABLE)


def held(cr: Cursor, job_ids: list[int]) -> list[int]:
    """Those of the jobs that somebody runs."""
    query = SQL(
        "SELECT cron_id FROM fondaco_cron_lease AS lease WHERE cron_id = ANY(%s) AND %s ORDER BY cron_id", job_ids, HELD
    )
    return [row[0] for row in cr.fetch(query)]


def take(cr: Cursor, owner: str, session: str | None) -> int | None:
    """Take the lease of the first due job that nobody runs or changes now: the one that failed least, then by
    priority."""
    query = SQL(
        """
        WITH free AS (
            SELECT job.id
              FROM ir_cron AS job
             WHERE %(is_due)s
               AND NOT EXISTS (SELECT FROM fondaco_cron_lease AS lease WHERE lease.cron_id = job.id AND %(held)s)
             ORDER BY job.failure_count, job.priority, job.id
             LIMIT 1
               FOR NO KEY UPDATE OF job SKIP LOCKED
        )
        INSERT INTO fondaco_cron_lease AS lease (cron_id, owner, session, expires)
        SELECT id, %(owner)s, %(session)s, clock_timestamp() + make_interval(secs => %(seconds)s)
          FROM free WHERE %(unhurried)s
            ON CONFLICT (cron_id) DO UPDATE
               SET owner = excluded.owner, session = excluded.session, expires = excluded.expires
             WHERE NOT (%(held)s)
        RETURNING cron_id
        """,
        is_due=IS_DUE,
        held=HELD,
        owner=owner,
        session=session,
        seconds=LEASE_S,
        unhurried=UNHURRIED,
    )
    rows = cr.fetch(query)
    return rows[0][0] if rows else None


def renew(cr: Cursor, job_id: int, owner: str) -> bool:
    """The holder is still there; False: the lease is somebody else's by now."""
    query = SQL(
        """
        UPDATE fondaco_cron_lease
           SET expires = clock_timestamp() + make_interval(secs => %s)
         WHERE cron_id = %s AND owner = %s
        """,
        LEASE_S,
        job_id,
        owner,
    )
    return bool(cr.run(query))


def give_back(cr: Cursor, job_id: int, owner: str) -> None:
    """The holder is done."""
    cr.run(SQL("DELETE FROM fondaco_cron_lease WHERE cron_id = %s AND owner = %s AND %s", job_id, owner, UNHURRIED))
