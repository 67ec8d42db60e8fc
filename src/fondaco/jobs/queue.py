"""What waits in a database, whose turn is it, and how did it end? The statements; nothing here decides or calls.

A row of `ir_job` is one call. It is put in the transaction of whoever asks for it, so it is there if that is committed
and only then. A worker takes it in one statement of its own: state and number of tries in the row, and a lease beside
it, in a table that the work itself never touches. The number of tries is what makes the end safe: it is written down
under the condition that the number is still the same, in the transaction of the work. Who was taken for dead and comes
back finds another number, and all that he did is undone.

A channel with a capacity has as many slots; a lease takes one of them, and the table lets no two leases have the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from fondaco.sql import presence
from fondaco.sql.fragment import SQL
from fondaco.sql.literals import dump_json

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

DEFAULT_CHANNEL = "default"
PRIORITY = 10  # lower comes first
WORK_TRIES, EFFECT_TRIES = 5, 10
LOOK_AGAIN_S = 20.0
"""After so long one looks whether those who hold leases are still there."""

NOW = SQL("(clock_timestamp() AT TIME ZONE 'UTC')")

TABLE = SQL(
    """
    CREATE TABLE IF NOT EXISTS _fondaco.job_lease (
        job_id int PRIMARY KEY REFERENCES ir_job ON DELETE CASCADE,
        channel text NOT NULL,
        slot int,
        owner text NOT NULL,
        session text,
        expires timestamptz NOT NULL,
        UNIQUE (channel, slot)
    )
    """
)
INDEXES = (
    # What a worker looks for: the order of the turns, and the moment of the next one.
    "CREATE INDEX IF NOT EXISTS ir_job_turn ON ir_job (priority, eta, id) WHERE state = 'waiting'",
    "CREATE INDEX IF NOT EXISTS ir_job_eta ON ir_job (eta) WHERE state = 'waiting'",
    # Of one identity one job waits; of one effect there is one, whether it waits or is done.
    "CREATE UNIQUE INDEX IF NOT EXISTS ir_job_identity ON ir_job (identity_key)"
    " WHERE state = 'waiting' AND NOT is_effect",
    "CREATE UNIQUE INDEX IF NOT EXISTS ir_job_effect ON ir_job (identity_key) WHERE is_effect",
)

SHUT = SQL(
    """
    SELECT channel.name
      FROM ir_job_channel AS channel
     WHERE channel.is_paused
        OR channel.capacity > 0 AND channel.capacity <= (
               SELECT count(*) FROM _fondaco.job_lease AS lease WHERE lease.channel = channel.name
           )
    """
)
"""The names of the channels that let nobody in now."""


class Call(NamedTuple):
    """A method to be called later. record_ids, arguments and context are in the terms of `wire`.

    eta: not before then (naive UTC); None: at once. identity: see `put`. is_effect: it acts on the outside.
    """

    name: str
    model: str
    method: str
    record_ids: list[int]
    arguments: Mapping[str, Any]
    context: Mapping[str, Any]
    user_id: int
    is_superuser: bool
    is_effect: bool
    channel: str
    priority: int
    tries: int
    eta: datetime | None
    identity: str | None


class Job(NamedTuple):
    """A call whose turn it is. `tries` counts this one; `key` is the same at every try."""

    id: int
    key: str
    name: str
    model: str
    method: str
    record_ids: list[int]
    arguments: dict[str, Any]
    context: dict[str, Any]
    user_id: int
    is_superuser: bool
    is_effect: bool
    channel: str
    tries: int
    most_tries: int

    def __str__(self) -> str:
        return f"job {self.name!r} ({self.id})"


def set_up(cr: Cursor) -> None:
    """Make the table of leases and the indexes, if they are not there."""
    cr.run(TABLE)
    for statement in INDEXES:
        cr.run(SQL(statement))


def is_there(cr: Cursor) -> bool:
    """Whether the database has a queue."""
    return bool(cr.fetch(SQL("SELECT to_regclass('_fondaco.job_lease') IS NOT NULL"))[0][0])


# -- putting ---------------------------------------------------------------------------------------------------------
def put(cr: Cursor, call: Call) -> int:
    """Add a call in this transaction; the id of its job.

    With an identity: that of the job which waits with it already, if there is one. With that of an effect: the one job
    there ever was, as long as its row is kept.
    """
    query = SQL(
        """
        INSERT INTO ir_job (name, key, model, method, record_ids, arguments, context, user_id, is_superuser, is_effect,
                            channel, priority, state, eta, tries, most_tries, identity_key,
                            create_uid, create_date, write_uid, write_date)
        VALUES (%(name)s, %(key)s, %(model)s, %(method)s, %(record_ids)s::jsonb, %(arguments)s::jsonb,
                %(context)s::jsonb, %(user)s, %(su)s, %(is_effect)s, %(channel)s, %(priority)s, 'waiting',
                COALESCE(%(eta)s::timestamp, %(now)s), 0, %(tries)s, %(identity)s, %(user)s, %(now)s, %(user)s, %(now)s)
            ON CONFLICT DO NOTHING
        RETURNING id
        """,
        name=call.name,
        key=str(uuid.uuid4()),
        model=call.model,
        method=call.method,
        record_ids=dump_json(call.record_ids),
        arguments=dump_json(call.arguments),
        context=dump_json(call.context),
        user=call.user_id,
        su=call.is_superuser,
        is_effect=call.is_effect,
        channel=call.channel,
        priority=call.priority,
        eta=call.eta,
        tries=call.tries,
        identity=call.identity,
        now=NOW,
    )
    rows = cr.fetch(query) or cr.fetch(
        SQL(
            """
            SELECT id FROM ir_job
             WHERE identity_key = %(identity)s AND is_effect = %(is_effect)s AND (is_effect OR state = 'waiting')
               -- nobody takes it before what this transaction wrote is there to be seen
               FOR SHARE
            """,
            identity=call.identity,
            is_effect=call.is_effect,
        )
    )
    return int(rows[0][0])


# -- taking ----------------------------------------------------------------------------------------------------------
def wait_s(cr: Cursor) -> float | None:
    """Seconds until there may be something to do (0 or less: now); None if there will be nothing."""
    query = SQL(
        """
        SELECT (
                   SELECT extract(epoch FROM min(job.eta) - %(now)s)::float8 FROM ir_job AS job
                    WHERE job.state = 'waiting' AND NOT EXISTS (SELECT FROM (%(shut)s) AS shut
                                                                 WHERE shut.name = job.channel)
               ),
               (SELECT bool_and(%(held)s) FROM _fondaco.job_lease AS lease)
        """,
        now=NOW,
        shut=SHUT,
        held=presence.HELD,
    )
    wait, all_held = cr.fetch(query)[0]
    if all_held is None:
        return None if wait is None else float(wait)
    return min(LOOK_AGAIN_S if wait is None else float(wait), LOOK_AGAIN_S) if all_held else 0.0


def take(cr: Cursor, owner: str, session: str | None) -> Job | None:
    """Begin the job whose turn it is: it is running, one try more, and leased to `owner`."""
    query = SQL(
        """
        WITH first AS (
            SELECT job.id, job.channel
              FROM ir_job AS job
             WHERE job.state = 'waiting' AND job.eta <= %(now)s
               AND NOT EXISTS (SELECT FROM (%(shut)s) AS shut WHERE shut.name = job.channel)
               -- of an earlier try that has not come to its end
               AND NOT EXISTS (SELECT FROM _fondaco.job_lease AS held WHERE held.job_id = job.id)
             ORDER BY job.priority, job.eta, job.id
             LIMIT 1
               FOR NO KEY UPDATE OF job SKIP LOCKED
        ), leased AS (
            INSERT INTO _fondaco.job_lease (job_id, channel, slot, owner, session, expires)
            SELECT first.id, first.channel,
                   (
                       SELECT min(slot.number)
                         FROM generate_series(1, channel.capacity) AS slot (number)
                        WHERE NOT EXISTS (SELECT FROM _fondaco.job_lease AS other
                                           WHERE other.channel = first.channel AND other.slot = slot.number)
                   ),
                   %(owner)s, %(session)s, clock_timestamp() + make_interval(secs => %(seconds)s)
              FROM first LEFT JOIN ir_job_channel AS channel ON channel.name = first.channel
             WHERE %(unhurried)s
                -- somebody was faster with the last slot
                ON CONFLICT DO NOTHING
            RETURNING job_id
        )
        UPDATE ir_job AS job
           SET state = 'running', tries = job.tries + 1, started = %(now)s, ended = NULL
          FROM leased
         WHERE job.id = leased.job_id
        RETURNING job.id, job.key, job.name, job.model, job.method, job.record_ids, job.arguments, job.context,
                  job.user_id, job.is_superuser, job.is_effect, job.channel, job.tries, job.most_tries
        """,
        now=NOW,
        shut=SHUT,
        owner=owner,
        session=session,
        seconds=presence.LEASE_S,
        unhurried=presence.UNHURRIED,
    )
    rows = cr.fetch(query)
    return Job(*rows[0]) if rows else None


def recover(cr: Cursor) -> list[tuple[int, str, str]]:
    """Let those wait again whose worker is gone: (id, name, state they have now). What has no try left has failed; of
    one identity the newest waits."""
    cr.run(SQL("DELETE FROM _fondaco.job_lease AS lease WHERE NOT (%s)", presence.HELD))
    query = SQL(
        """
        UPDATE ir_job AS job
           SET state = CASE
                   WHEN job.tries >= job.most_tries THEN 'failed'
                   WHEN NOT job.is_effect AND EXISTS (
                       SELECT FROM ir_job AS other
                        WHERE other.identity_key = job.identity_key AND NOT other.is_effect
                          AND (other.state = 'waiting' OR other.state = 'running' AND other.id > job.id)
                   ) THEN 'cancelled'
                   ELSE 'waiting'
               END,
               error = 'The process that ran it ended before the job did.', ended = %s
         WHERE job.state = 'running'
           AND NOT EXISTS (SELECT FROM _fondaco.job_lease AS lease WHERE lease.job_id = job.id)
        RETURNING job.id, job.name, job.state
        """,
        NOW,
    )
    return cr.fetch(query)


def renew(cr: Cursor, job: Job, owner: str) -> None:
    """The holder is still there."""
    cr.run(
        SQL(
            """
            UPDATE _fondaco.job_lease
               SET expires = clock_timestamp() + make_interval(secs => %s)
             WHERE job_id = %s AND owner = %s
            """,
            presence.LEASE_S,
            job.id,
            owner,
        )
    )


def give_back(cr: Cursor, job: Job, owner: str) -> None:
    """The holder is done."""
    query = SQL(
        "DELETE FROM _fondaco.job_lease WHERE job_id = %s AND owner = %s AND %s", job.id, owner, presence.UNHURRIED
    )
    cr.run(query)


# -- settling --------------------------------------------------------------------------------------------------------
def finish(cr: Cursor, job: Job, result: str | None) -> bool:
    """The job is done, if it is still ours: False tells to undo what was done."""
    query = SQL(
        """
        UPDATE ir_job SET state = 'done', result = %s, error = NULL, ended = %s
         WHERE id = %s AND state = 'running' AND tries = %s
        """,
        result,
        NOW,
        job.id,
        job.tries,
    )
    return bool(cr.run(query))


def fail(cr: Cursor, job: Job, error: str, again_s: float | None) -> None:
    """The try failed; again in so many seconds, or never (None). It gives way to a job of the same identity that was
    put meanwhile."""
    query = SQL(
        """
        UPDATE ir_job AS job
           SET state = CASE
                   WHEN %(again)s::float8 IS NULL THEN 'failed'
                   WHEN NOT job.is_effect AND EXISTS (SELECT FROM ir_job AS other
                                                       WHERE other.identity_key = job.identity_key
                                                         AND other.state = 'waiting' AND NOT other.is_effect)
                   THEN 'cancelled'
                   ELSE 'waiting'
               END,
               eta = %(now)s + make_interval(secs => COALESCE(%(again)s::float8, 0)), error = %(error)s, ended = %(now)s
         WHERE id = %(id)s AND state = 'running' AND tries = %(tries)s
        """,
        again=again_s,
        now=NOW,
        error=error,
        id=job.id,
        tries=job.tries,
    )
    cr.run(query)


def waiting(cr: Cursor) -> dict[tuple[str, str], int]:
    """{(channel, state): number} of what is not done: waiting, running and failed."""
    query = SQL(
        "SELECT channel, state, count(*) FROM ir_job WHERE state IN ('waiting', 'running', 'failed') GROUP BY 1, 2"
    )
    return {(channel, state): count for channel, state, count in cr.fetch(query)}
