"""Who hears what: the subscriptions of one database, and how new rows are dealt to them.

A listener that has just subscribed may have missed rows; while those are fetched, new ones are kept for it, so that it
gets all in order and none twice. Knows neither sockets nor SQL.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence, Set
from typing import Protocol

from fondaco.bus.feed import Feed, Row


class Listener(Protocol):
    """Somebody who hears."""

    def hear(self, rows: Sequence[Row]) -> None: ...


Audience = dict[Listener, list[Row]]


class _Ear:
    """What is known of one listener."""

    __slots__ = ("channels", "fresh", "kept", "since")

    def __init__(self, since: int) -> None:
        self.since = since  # of the channels it had before, it has heard everything after this number
        self.channels: tuple[str, ...] = ()
        self.fresh: Set[str] = frozenset()  # channels it did not have before, while what was missed is fetched
        self.kept: list[Row] | None = None  # rows that wait until what was missed is there


class Hub:
    """The subscriptions of one database. `feed` says which rows are new."""

    def __init__(self, db: str) -> None:
        self.feed = Feed(db)
        self.is_wanted = False  # somebody says that there is news
        self.is_reading = False
        self.coming = 0  # listeners that are about to subscribe
        # Of the last row whose audience is known. The feed is ahead of it while rows are on their way from there: who
        # subscribes then hears them, and does not miss them.
        self._dealt: int | None = None
        self._ears: dict[Listener, _Ear] = {}
        self._by_channel: defaultdict[str, set[Listener]] = defaultdict(set)

    def __repr__(self) -> str:
        return f"<Hub {self.feed.db} listeners={len(self._ears)} channels={len(self._by_channel)}>"

    @property
    def is_idle(self) -> bool:
        """Whether nobody would miss it."""
        return not (self._ears or self.coming or self.is_reading)

    def subscribe(self, listener: Listener, channels: Iterable[str], last: int) -> int | None:
        """Hear these channels from now on, instead of others; rows are kept until `catch_up`.

        last: what the listener says it got last. Answers the last number dealt: what came up to it must be fetched.
        None: nothing was dealt yet, subscribe again when the feed has begun.
        """
        if self._dealt is None:
            return None
        ear = self._ears.setdefault(listener, _Ear(last))
        before, wanted = set(ear.channels), set(map(sys.intern, channels))
        for channel in before - wanted:
            self._leave(listener, channel)
        for channel in wanted - before:
            self._by_channel[channel].add(listener)
        ear.fresh = wanted - before
        ear.channels = tuple(wanted)
        ear.kept = ear.kept or []
        return self._dealt

    def catch_up(self, listener: Listener, missed: Sequence[Row]) -> None:
        """What the listener missed is there: it hears that, then what was kept, then everything as it comes."""
        ear = self._ears.get(listener)
        if ear is None:
            return
        missed = [row for row in missed if row.id <= ear.since or row.channel in ear.fresh]
        last = missed[-1].id if missed else 0
        rows = [*missed, *(row for row in ear.kept or () if row.id > last)]
        ear.kept, ear.fresh = None, frozenset()
        if rows:
            listener.hear(rows)

    def unsubscribe(self, listener: Listener) -> None:
        """Hear nothing any more."""
        ear = self._ears.pop(listener, None)
        if ear is not None:
            for channel in ear.channels:
                self._leave(listener, channel)

    def _leave(self, listener: Listener, channel: str) -> None:
        listeners = self._by_channel[channel]
        listeners.discard(listener)
        if not listeners:
            del self._by_channel[channel]

    def audience(self, rows: Iterable[Row]) -> Audience:
        """{listener: those of the rows that are for it, in order}; for what each look at the feed gives, nothing
        included."""
        self._dealt = self.feed.last
        heard: defaultdict[Listener, list[Row]] = defaultdict(list)
        for row in rows:
            for listener in self._by_channel.get(row.channel, ()):
                heard[listener].append(row)
        return dict(heard)

    def deal(self, audience: Audience, without: Collection[Listener] = ()) -> None:
        """Let everybody of the audience hear, but those who left meanwhile or are named."""
        for listener, rows in audience.items():
            ear = self._ears.get(listener)
            if ear is None or listener in without:
                continue
            if ear.kept is not None:
                ear.kept += rows
            else:
                listener.hear(rows)
