"""The loop of a worker that runs jobs: it sleeps until the next one is due or a database says that something changed.
There may be several, in several servers: a lease lets each job run once.

What there is to do is told by sources: scheduled jobs are one, the caller gives others.
"""

from __future__ import annotations

import logging
import os
import queue
import re
import select
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import psycopg

from fondaco.cron import due
from fondaco.errors import FondacoError
from fondaco.server.deadlines import STUCK_S, Deadlines, Limits
from fondaco.server.supervisor import NOTHING, Child, Kind
from fondaco.sql import presence
from fondaco.sql.announcing import MAINTENANCE, WORK, Listener

if TYPE_CHECKING:
    from fondaco.modules.registries import Registries
    from fondaco.sql.cursor import Cursor

_logger = logging.getLogger("odoo.service.server")

NAMES_S = 60.0  # between two looks at which databases there are
LOST_S = 600.0  # after which a database is looked at though it announced nothing
CLOCK_S = 60.0  # the same where nothing can be announced
BUSY_S = 20.0  # before one looks again whether somebody who has a job in hand still lives
TURN_S = 0.5  # work for one database before the others are looked at
AWAY_S = 10.0  # before a database that could not be looked at is tried again
REPLACE_S = STUCK_S + 3.0  # seconds over its time after which a worker that cannot be interrupted is replaced


class Source(Protocol):
    """Something that has work for a worker now and then."""

    def wait_s(self, cr: Cursor) -> float | None:
        """Seconds until there may be some in the cursor's database (0 or less: now); None if there will be none."""

    def run_one(self, db: str, session: str | None) -> bool:
        """Do what comes first; whether there was something. session: see `sql.presence`."""


MakeSource = Callable[["Registries", Deadlines, str], Source]


def kind(config: Mapping[str, Any], registries: Registries, sources: Callable[[], Sequence[MakeSource]]) -> Kind:
    """The workers, for a supervisor: `max_cron_threads` of them. Each asks for its sources once it runs."""
    limit = time_limit(config)
    return Kind(
        "WorkerCron",
        int(config.get("max_cron_threads") or 0),
        lambda child: Worker(child, config, registries, sources()).run(),
        NOTHING,
        limit + REPLACE_S if limit else 0.0,
    )


def time_limit(config: Mapping[str, Any]) -> float:
    """Seconds a job may take; 0: as long as it likes."""
    own = float(config.get("limit_time_real_cron") or 0)
    return float(config.get("limit_time_real") or 0) if own < 0 else own


def served(names: Iterable[str], dbfilter: str) -> list[str]:
    """Those of the databases that the filter lets through, where it depends on no host."""
    return [name for name in names if not dbfilter or "%" in dbfilter or re.match(dbfilter, name)]


class Worker:
    """One worker: a thread or a process."""

    def __init__(
        self, child: Child, config: Mapping[str, Any], registries: Registries, sources: Sequence[MakeSource]
    ) -> None:
        self.config = config
        self.registries = registries
        self.agenda = due.Agenda()
        deadlines = Deadlines(
            Limits(real_s=time_limit(config)),
            cancel=registries.pools.cancel,
            on_pause=child.end,
            on_resume=child.begin,
        )
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
        self.sources = [make(registries, deadlines, self.owner) for make in sources]
        self._child = child
        self._told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._wake, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._presence: psycopg.Connection[Any] | None = None
        self._presence_name: str | None = None
        self._names_at = 0.0

    def __repr__(self) -> str:
        return f"<Worker {self.owner} {self.agenda!r}>"

    def run(self) -> None:
        """Until the channel closes."""
        self.listener = Listener(self.registries.pools, WORK, self._tell, lambda: self._tell(""))
        self.listener.start()
        _logger.info("cron worker (%d) waits for jobs %s", os.getpid(), threading.current_thread().name)
        try:
            while self._wait():
                self._hear()
                self._keep_names()
                db = self.agenda.pop(time.monotonic())
                if db is not None:
                    self.agenda.put(db, time.monotonic() + self._look_after(db))
        finally:
            self.listener.stop()
            self.listener.join()
            if self._presence is not None:
                self._presence.close()

    # -- waiting -----------------------------------------------------------------------------------------------------
    def _tell(self, db: str) -> None:
        """From the thread that listens: a database changed; '': any may have."""
        self._told.put(db)
        try:
            self._waker.send(b"x")
        except BlockingIOError:
            pass  # it is awake already

    def _wait(self) -> bool:
        """Sleep until there may be something to do; False when it is time to end."""
        now = time.monotonic()
        until = min(self._names_at, self.agenda.next_at() or self._names_at)
        poll = select.poll()
        poll.register(self._child.channel.fileno(), select.POLLIN)
        poll.register(self._wake.fileno(), select.POLLIN)
        for fd, _event in poll.poll(max(0.0, until - now) * 1000):
            if fd == self._wake.fileno():
                self._wake.recv(4096)
            elif not self._child.channel.recv(64):
                return False
        return True

    def _hear(self) -> None:
        while not self._told.empty():
            db = self._told.get()
            if db:
                self.agenda.hurry(db, time.monotonic())
            else:
                # Something may have been announced while nobody listened.
                self.agenda = due.Agenda()
                self._names_at = 0.0

    def _keep_names(self) -> None:
        """Learn now and then which databases there are."""
        now = time.monotonic()
        if now < self._names_at:
            return
        self._names_at = now + NAMES_S
        try:
            self.agenda.keep(served(self.registries.names(), str(self.config.get("dbfilter") or "")), now)
        except psycopg.Error as error:
            _logger.warning("databases not listed, jobs wait: %s", error)
            self._names_at = now + AWAY_S

    # -- working -----------------------------------------------------------------------------------------------------
    def _look_after(self, db: str) -> float:
        """Do what is due in the database, for a while; seconds until it is to be looked at again."""
        longest = LOST_S if self.listener.is_listening else CLOCK_S
        try:
            waits = self._waits(db)
            sources = [
                source for source, wait in zip(self.sources, waits, strict=True) if wait is not None and wait <= 0
            ]
            if sources and self._run(db, sources):
                return 0.0
        except (psycopg.Error, FondacoError) as error:
            _logger.warning("jobs of %s not looked at, tried again in %d s: %s", db, AWAY_S, error)
            return AWAY_S
        # What is due and could not be had: somebody else is at it.
        wait = min((BUSY_S if wait <= 0 else wait for wait in waits if wait is not None), default=longest)
        if wait > NAMES_S and self._child.parent:
            self.registries.pools.close_database(db)
        return min(wait, longest)

    def _run(self, db: str, sources: list[Source]) -> bool:
        """Work for `TURN_S`, from the sources by turns; whether there was something to do."""
        end, has_run, sources = time.monotonic() + TURN_S, False, list(sources)
        while sources and (not has_run or time.monotonic() < end):
            source = sources.pop(0)
            self._child.begin()
            try:
                if source.run_one(db, self._session()):
                    has_run = True
                    sources.append(source)
            finally:
                self._child.end()
        return has_run

    def _waits(self, db: str) -> list[float | None]:
        """For each source: seconds until it may have something to do."""
        with self.registries.pools.autocommit(db) as cr:
            return [_wait(source, cr) for source in self.sources]

    def _session(self) -> str | None:
        """The PostgreSQL session that stands for this worker: leases end with it."""
        if not self.registries.pools.can_listen:
            return None
        # PostgreSQL says nothing on it unasked, but for good-bye.
        if self._presence is None or select.select([self._presence.fileno()], [], [], 0)[0]:
            if self._presence is not None:
                self._presence.close()
            self._presence = self.registries.pools.direct(MAINTENANCE)
            row = self._presence.execute(presence.SESSION).fetchone()
            self._presence_name = str(row[0]) if row else None
        return self._presence_name


def _wait(source: Source, cr: Cursor) -> float | None:
    try:
        return source.wait_s(cr)
    except psycopg.errors.UndefinedTable:
        return None  # a database that is being made, or from an earlier version
