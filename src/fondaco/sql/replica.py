"""May this transaction read from the replica?

Only work that promised to write nothing, and only if the replica has come as far as whoever asks has seen: each cursor
of such a caller notes how far the write-ahead log was when it had written (`Cursor.position`), the caller keeps that
and says it the next time. A replica that is away or behind is no reason to wait: the primary has everything.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import psycopg

from fondaco import metrics

if TYPE_CHECKING:
    from fondaco.sql.link import Link

_logger = logging.getLogger("odoo.sql_db")

ANYWHERE = "0/0"
"""The position of who has written nothing yet."""
AWAY_S = 15.0
"""After so long a replica that did not answer is tried again."""
CONNECT_TIMEOUT_S = 3

READS = metrics.Counter(
    "fondaco_replica_reads_total", "Transactions that the replica could have served, and which did", ("database", "by")
)


class ReplicaBehind(Exception):
    """The replica has not yet what this process knows of already."""


class Replica:
    """What a process knows about the replica of its PostgreSQL."""

    def __init__(self, is_there: bool) -> None:
        self.is_there = is_there
        self._away_until = 0.0

    def __repr__(self) -> str:
        return f"<Replica there={self.is_there} away={not self.is_wanted}>"

    @property
    def is_wanted(self) -> bool:
        """Whether there is one and it answered the last time, or long ago."""
        return self.is_there and time.monotonic() >= self._away_until

    def note_away(self, error: psycopg.Error) -> None:
        """It did not answer: for a while nobody asks it."""
        _logger.warning("replica does not answer, the primary reads for %d s: %s", AWAY_S, str(error).strip())
        self._away_until = time.monotonic() + AWAY_S


def has_reached(link: Link, position: str) -> bool:
    """Whether what `link` leads to has replayed the log up to there; a primary has, of course.

    Asked before the transaction begins: its snapshot may hold more than that, not less.
    """
    if position == ANYWHERE:
        return True
    result = link.command(b"SELECT pg_last_wal_replay_lsn()")
    replayed = result.get_value(0, 0)
    return replayed is None or number(replayed.decode()) >= number(position)


def number(position: str) -> int:
    """A position in the log as a number that grows."""
    high, _, low = position.partition("/")
    return (int(high, 16) << 32) + int(low, 16)
