"""The loop of a worker that runs scheduled jobs: it sleeps until the next one is due or a database says that something
changed. There may be several, in several servers: a lease lets each job run once.
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
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import psycopg

from fondaco.cron import due, lease
from fondaco.cron.jobs import Runner
from fondaco.errors import FondacoError
from fondaco.server.deadlines import STUCK_S, Deadlines, Limits
from fondaco.server.supervisor import NOTHING, Child, Kind
from fondaco.sql.announcing import MAINTENANCE, Listener

if TYPE_CHECKING:
    from fondaco.modules.registries import Registries

_logger = logging.getLogger("odoo.service.server")

NAMES_S = 60.0  # between two looks at which databases there are
LOST_S = 600.0  # after which a database is looked at though it announced nothing
CLOCK_S = 60.0  # the same where nothing can be announced
AWAY_S = 10.0  # before a database that could not be looked at is tried again
REPLACE_S = STUCK_S + 3.0  # seconds over its time after which a worker that cannot be interrupted is replaced


def kind(config: Mapping[str, Any], registries: Registries) -> Kind:
    """The workers, for a supervisor: `max_cron_threads` of them."""
    limit = time_limit(config)
    return Kind(
        "WorkerCron",
        int(config.get("max_cron_threads") or 0),
        lambda child: Worker(child, config, registries).run(),
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

    def __init__(self, child: Child, config: Mapping[str, Any], registries: Registries) -> None:
        self.config = config
        self.registries = registries
        self.agenda = due.Agenda()
        deadlines = Deadlines(
            Limits(real_s=time_limit(config)),
            cancel=registries.pools.cancel,
            on_pause=child.end,
            on_resume=child.begin,
        )
        self.runner = Runner(registries, deadlines, f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}")
        self._child = child
        self._told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._wake, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._presence: psycopg.Connection[Any] | None = None
        self._names_at = 0.0

    def __repr__(self) -> str:
        return f"<Worker {self.runner.owner} {self.agenda!r}>"

    def run(self) -> None:
        """Until the channel closes."""
        self.listener = Listener(self.registries.pools, due.CHANNEL, self._tell, lambda: self._tell(""))
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
        """Run one job of the database, if one is due; seconds until it is to be looked at again."""
        longest = LOST_S if self.listener.is_listening else CLOCK_S
        try:
            wait = self._wait_of(db)
            if wait is not None and wait <= 0:
                if self._run_one(db):
                    wait = self._wait_of(db)
                else:
                    wait = longest  # somebody else is at it
        except (psycopg.Error, FondacoError) as error:
            _logger.warning("jobs of %s not looked at, tried again in %d s: %s", db, AWAY_S, error)
            return AWAY_S
        if (wait is None or wait > NAMES_S) and self._child.parent:
            self.registries.pools.close_database(db)
        return longest if wait is None else max(0.0, min(wait, longest))

    def _run_one(self, db: str) -> bool:
        self._child.begin()
        try:
            return self.runner.run_one(db, self._session())
        finally:
            self._child.end()

    def _wait_of(self, db: str) -> float | None:
        try:
            with self.registries.pools.autocommit(db) as cr:
                return due.wait_s(cr)
        except psycopg.errors.UndefinedTable:
            return None  # a database that is being made

    def _session(self) -> str | None:
        """The PostgreSQL session that stands for this worker: leases end with it."""
        if not self.registries.pools.can_listen:
            return None
        for attempt in (1, 2):
            try:
                if self._presence is None:
                    self._presence = self.registries.pools.direct(MAINTENANCE)
                row = self._presence.execute(lease.SESSION).fetchone()
                return str(row[0]) if row else None
            except psycopg.Error:
                if self._presence is not None:
                    self._presence.close()
                self._presence = None
                if attempt == 2:
                    raise
        return None
