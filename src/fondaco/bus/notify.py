"""How does a notification get from a model's method into the table, and the word of it to those who wait?

Collected per transaction; written directly before its commit, under a lock that writers share, so that a reader can
find out whether a missing number is still to come (bus/feed); announced after the commit. A savepoint must be able to
undo what was sent within it, so what is pending when one begins is written early; such rows take a new number at the
commit, or a long transaction would hold up everybody's news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

ANNOUNCED = "fondaco_bus"  # the channel of PostgreSQL on which databases with news are named
LOCK = 0x6275_7301  # held shared by transactions between drawing a number and their end
PENDING, EARLY = "bus.pending", "bus.early"  # keys of the callbacks' data

Notification = tuple[str, str]  # channel and message, both as JSON text


def queue(cr: Cursor, uid: int | None, channel: str, message: str) -> None:
    """Have the notification written when the transaction commits."""
    pending: list[Notification] | None = cr.precommit.data.get(PENDING)
    if pending is None:
        pending = cr.precommit.data[PENDING] = []
        cr.precommit.add(lambda: _write_early(cr, uid))
    pending.append((channel, message))


def _write_early(cr: Cursor, uid: int | None) -> None:
    """The transaction is flushed: at its commit leave the rest to the last step, else write what is pending."""
    pending: list[Notification] = cr.precommit.data.pop(PENDING)
    if not cr.atcommit.data:
        cr.atcommit.data.update({PENDING: [], EARLY: []})
        cr.atcommit.add(lambda: _publish(cr, uid))
    if cr.is_committing:
        cr.atcommit.data[PENDING] += pending
    else:
        cr.atcommit.data[EARLY] += [row[0] for row in cr.fetch(_inserted(uid, pending))]


def _publish(cr: Cursor, uid: int | None) -> None:
    """Give every notification of the transaction its final number."""
    cr.fetch(SQL("SELECT pg_advisory_xact_lock_shared(%s)", LOCK))
    if early := cr.atcommit.data[EARLY]:
        cr.run(
            SQL(
                """
                WITH early AS (DELETE FROM bus_bus WHERE id = ANY(%s) RETURNING *)
                INSERT INTO bus_bus (channel, message, create_uid, create_date, write_uid, write_date)
                SELECT channel, message, create_uid, create_date, write_uid, write_date FROM early ORDER BY id
                """,
                early,
            )
        )
    if pending := cr.atcommit.data[PENDING]:
        cr.fetch(_inserted(uid, pending))
    dbname, announcer = cr.dbname, cr.pools.announcer
    cr.postcommit.add(lambda: announcer.tell(ANNOUNCED, dbname))


def _inserted(uid: int | None, notifications: list[Notification]) -> SQL:
    """The statement that writes them, in order; it answers their ids."""
    channels, messages = map(list, zip(*notifications, strict=True))
    return SQL(
        """
        INSERT INTO bus_bus (channel, message, create_uid, create_date, write_uid, write_date)
        SELECT channel, message, %(uid)s, %(now)s, %(uid)s, %(now)s
          FROM unnest(%(channels)s::text[], %(messages)s::text[]) WITH ORDINALITY AS new (channel, message, position)
         ORDER BY position
        RETURNING id
        """,
        uid=uid,
        now=SQL("clock_timestamp() AT TIME ZONE 'UTC'"),
        channels=channels,
        messages=messages,
    )
