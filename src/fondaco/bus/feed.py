"""Which rows of a database's bus are new, and final: no row with a lower number can still appear?

Numbers are drawn before the commit, so row 11 may be seen while 10 is on its way. Whoever draws one holds a shared
lock until his transaction ends. A gap in the numbers is therefore closed as soon as everybody who held the lock when
it was seen has gone: then the row is there, or was rolled back. Nothing after a gap is handed out before; so a client
that remembers the last number it got has everything before it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from fondaco.bus.notify import LOCK
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

_logger = logging.getLogger(__name__)

PATIENCE_S = 10.0
"""How long a gap holds up what follows: a commit takes milliseconds, unless PostgreSQL itself waits for something."""
MOST_ROWS = 10_000
RECENT_S = 50
"""How old a message may be for a client that does not say what it got last."""

Owner = tuple[int, str]  # process of PostgreSQL and its transaction


class Row(NamedTuple):
    """One notification as it lies in the table; channel and message are JSON text."""

    id: int
    channel: str
    message: str


class Feed:
    """Hands out the rows of one database, each once, in order; `last` is None until the beginning is settled.

    The cursor must be in autocommit: each statement has to see the present.
    """

    def __init__(self, db: str) -> None:
        self.db = db
        self.last: int | None = None
        self._owners: set[Owner] | None = None  # who may still bring a row numbered up to `_upto`
        self._upto = 0
        self._deadline = 0.0

    def __repr__(self) -> str:
        return f"<Feed {self.db} last={self.last}{' gap' if self._owners else ''}>"

    def read(self, cr: Cursor, now: float) -> tuple[list[Row], bool]:
        """(new rows, whether to read again in a few milliseconds)."""
        if self.last is None:
            if self._is_open(cr, newest(cr), now):
                return [], True
            self.last = self._settled()
            return [], True
        rows = rows_after(cr, self.last)
        if self._owners is None and (not rows or rows[-1].id - self.last == len(rows)):
            self.last = rows[-1].id if rows else self.last
            return rows, len(rows) == MOST_ROWS
        if self._is_open(cr, rows[-1].id if rows else self.last, now):
            rows = _without_gap(rows, self.last)
            self.last += len(rows)
            return rows, True
        # Read once more: those who have gone since the first look may have left rows.
        upto = self._settled()
        rows = [row for row in rows_after(cr, self.last) if row.id <= upto]
        self.last = max(self.last, upto)
        return rows, True

    def _is_open(self, cr: Cursor, upto: int, now: float) -> bool:
        """Whether a row numbered up to the first such `upto` may still appear."""
        present = owners(cr)
        if self._owners is None:
            self._owners, self._upto, self._deadline = present, upto, now + PATIENCE_S
        else:
            self._owners &= present
        if self._owners and now > self._deadline:
            _logger.warning(
                "bus of %s: a commit takes over %d s; later news no longer wait for it", self.db, PATIENCE_S
            )
            return False
        return bool(self._owners)

    def _settled(self) -> int:
        self._owners = None
        return self._upto


def _without_gap(rows: Sequence[Row], last: int) -> list[Row]:
    """The rows that follow `last` without one missing."""
    whole: list[Row] = []
    for row in rows:
        if row.id != last + len(whole) + 1:
            break
        whole.append(row)
    return whole


def rows_after(cr: Cursor, last: int) -> list[Row]:
    query = SQL("SELECT id, channel, message FROM bus_bus WHERE id > %s ORDER BY id LIMIT %s", last, MOST_ROWS)
    return [Row(*row) for row in cr.fetch(query)]


def missed(cr: Cursor, channels: Sequence[str], last: int, upto: int | None = None) -> list[Row]:
    """What came on these channels after `last`, in order, no row later than `upto`. Who has got nothing yet (0), or
    remembers a number that was never given, gets what is recent."""
    if last > newest(cr):
        last = 0
    # Numbers grow with time: the newest row that is too old is found from the end of the index.
    recent = SQL(
        """
        SELECT COALESCE(max(id), 0)
          FROM bus_bus
         WHERE create_date <= now() AT TIME ZONE 'UTC' - make_interval(secs => %s)
        """,
        RECENT_S,
    )
    query = SQL(
        """
        SELECT id, channel, message
          FROM bus_bus
         WHERE channel = ANY(%s)
           AND id > (%s)
           AND id <= COALESCE(%s::int, 2147483647)
         ORDER BY id
         LIMIT %s
        """,
        list(channels),
        SQL("%s", last) if last else recent,
        upto,
        MOST_ROWS,
    )
    return [Row(*row) for row in cr.fetch(query)]


def newest(cr: Cursor) -> int:
    """The highest number in the table."""
    return int(cr.fetch(SQL("SELECT COALESCE(max(id), 0) FROM bus_bus"))[0][0])


def owners(cr: Cursor) -> set[Owner]:
    """The transactions of this database that hold the writers' lock."""
    query = SQL(
        """
        SELECT pid, virtualtransaction
          FROM pg_locks
         WHERE locktype = 'advisory' AND classid = 0 AND objid = %s AND objsubid = 1
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """,
        LOCK,
    )
    return {(int(pid), str(transaction)) for pid, transaction in cr.fetch(query)}
