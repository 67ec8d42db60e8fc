"""Who may run a job: whoever holds its lease, for as long as he says that he is there.

A lease is a row, taken in a statement of its own and given back in another, so a job of an hour holds no lock for an
hour. It names the PostgreSQL session of the holder: when his process dies, PostgreSQL notices, and the lease is void at
once; where there is no such session (poolers), it is void when it was not renewed for a while.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

LEASE_S = 60
"""How long a lease is good without being renewed."""
RENEW_S = 15

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

HELD = SQL(
    """
    lease.expires > clock_timestamp()
    AND (
        lease.session IS NULL
        OR EXISTS (
            SELECT FROM pg_stat_activity AS holder
             WHERE holder.pid = split_part(lease.session, '@', 1)::int
               -- NULL: the session of another role, of which we may know no more than that it is there
               AND COALESCE(extract(epoch FROM holder.backend_start)::text, split_part(lease.session, '@', 2))
                   = split_part(lease.session, '@', 2)
        )
    )
    """
)
"""Whether the row `lease` is good."""

SESSION = "SELECT pid || '@' || extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid()"
"""What names a session of PostgreSQL for as long as there is one."""


def set_up(cr: Cursor) -> None:
    """Make the table of leases, if it is not there."""
    cr.run(TABLE)


def held(cr: Cursor, job_ids: list[int]) -> list[int]:
    """Those of the jobs that somebody runs."""
    query = SQL(
        "SELECT cron_id FROM fondaco_cron_lease AS lease WHERE cron_id = ANY(%s) AND %s ORDER BY cron_id", job_ids, HELD
    )
    return [row[0] for row in cr.fetch(query)]


def take(cr: Cursor, due: SQL, owner: str, session: str | None) -> int | None:
    """Take the lease of the first job of the statement `due` (id, place) that nobody runs or changes now."""
    query = SQL(
        """
        WITH free AS (
            SELECT job.id
              FROM (%(due)s) AS due
              JOIN ir_cron AS job ON job.id = due.id
             WHERE NOT EXISTS (SELECT FROM fondaco_cron_lease AS lease WHERE lease.cron_id = job.id AND %(held)s)
             ORDER BY due.place
             LIMIT 1
               FOR NO KEY UPDATE OF job SKIP LOCKED
        )
        INSERT INTO fondaco_cron_lease AS lease (cron_id, owner, session, expires)
        SELECT id, %(owner)s, %(session)s, clock_timestamp() + make_interval(secs => %(seconds)s) FROM free
            ON CONFLICT (cron_id) DO UPDATE
               SET owner = excluded.owner, session = excluded.session, expires = excluded.expires
             WHERE NOT (%(held)s)
        RETURNING cron_id
        """,
        due=due,
        held=HELD,
        owner=owner,
        session=session,
        seconds=LEASE_S,
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
    cr.run(SQL("DELETE FROM fondaco_cron_lease WHERE cron_id = %s AND owner = %s", job_id, owner))
