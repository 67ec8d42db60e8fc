"""Which databases have something to do, and when is the next one due - without asking them all again and again.

Each database is asked once, and again when it announces that a job or a trigger was changed, when a job of it has run,
and, in case an announcement was lost, after a while.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import TYPE_CHECKING

from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

NOW = SQL("(clock_timestamp() AT TIME ZONE 'UTC')")

IS_DUE = SQL(
    """
    job.active
    AND (
        job.nextcall <= %(now)s
        OR EXISTS (SELECT FROM ir_cron_trigger AS wish WHERE wish.cron_id = job.id AND wish.call_at <= %(now)s)
    )
    """,
    now=NOW,
)
"""Whether the row `job` is due now."""


def wait_s(cr: Cursor) -> float | None:
    """Seconds until the next job of the database is due (0 or less: now); None if there will be none."""
    query = SQL(
        """
        SELECT extract(epoch FROM min(at) - %s)::float8
          FROM (
              SELECT nextcall AS at FROM ir_cron WHERE active
               UNION ALL
              SELECT wish.call_at FROM ir_cron_trigger AS wish JOIN ir_cron AS job ON job.id = wish.cron_id
               WHERE job.active
          ) AS moments
        """,
        NOW,
    )
    seconds = cr.fetch(query)[0][0]
    return None if seconds is None else float(seconds)


class Agenda:
    """When each database is to be looked at next, on a clock of the caller's."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def __repr__(self) -> str:
        return f"<Agenda databases={len(self._at)} next={self._heap[:1]}>"

    def keep(self, names: Iterable[str], now: float) -> None:
        """These are the databases: new ones are looked at now, others are forgotten."""
        wanted = set(names)
        for name in self._at.keys() - wanted:
            del self._at[name]
        for name in wanted - self._at.keys():
            self.put(name, now)

    def put(self, name: str, at: float) -> None:
        """Look at the database then, instead of when it was said before."""
        self._at[name] = at
        heapq.heappush(self._heap, (at, name))

    def hurry(self, name: str, now: float) -> None:
        """The database says that something changed."""
        if name in self._at:
            self.put(name, now)

    def next_at(self) -> float | None:
        """When the first one is due."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self, now: float) -> str | None:
        """The database that has waited longest, if it is due. It comes again when it is put again, or kept anew."""
        at = self.next_at()
        if at is None or at > now:
            return None
        _at, name = heapq.heappop(self._heap)
        del self._at[name]
        return name
