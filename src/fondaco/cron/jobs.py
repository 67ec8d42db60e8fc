"""Take a job that is due, run it, settle: three steps, each in transactions of its own.

A job that tells that it is not through (`ir.cron._notify_progress`) is called again at once, ten times at most; then
others get their turn. A job that fails is tried again at its next moment; one that fails for a week is switched off. A
job that is ended because it is over its time, or whose process dies, is begun again at once, three times at most.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

import psycopg

from fondaco import log, metrics
from fondaco.cron import due, lease, schedule
from fondaco.errors import LimitExceeded
from fondaco.modules.transaction import transact_on
from fondaco.server.deadlines import Deadlines
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.modules.registries import Registries
    from fondaco.orm.environment import Environment
    from fondaco.sql.cursor import Cursor

_logger = logging.getLogger("odoo.addons.base.models.ir_cron")  # the name under which operators look for jobs

ROUNDS = 10  # calls of a job that has more to do, before others get their turn
FAILURES = 5  # in a row, after which a job is switched off if
FAILING_FOR = timedelta(days=7)  # the first of them is so long ago
TIMEOUTS = 3  # in a row, which count as one failure

RUNS = metrics.Counter("fondaco_cron_runs_total", "Runs of scheduled jobs", ("database", "outcome"))
RUN_SECONDS = metrics.Histogram("fondaco_cron_run_seconds", "Time of a run of a scheduled job", ("database",))


class LeaseLost(Exception):
    """Somebody else took the job over: this process was not heard of for too long."""


class Outcome(Enum):
    """How a run ended."""

    DONE = "done"
    MORE = "more"  # there is more to do
    FAILED = "failed"
    OVER_TIME = "over time"


@dataclass(frozen=True, slots=True)
class Job:
    """One row of ir.cron as it is when the job is taken. Moments are naive UTC."""

    id: int
    name: str
    user_id: int
    action_id: int
    number: int
    unit: str
    nextcall: datetime
    lastcall: datetime | None
    failure_count: int
    first_failure: datetime | None
    zone: str | None
    timeouts: int  # runs in a row that did not come to an end
    taken: datetime

    def __str__(self) -> str:
        return f"Job {self.name!r} ({self.id})"


class Runner:
    """Runs jobs in the calling thread. owner: a name of this worker that no other has."""

    def __init__(self, registries: Registries, deadlines: Deadlines, owner: str) -> None:
        self.registries = registries
        self.deadlines = deadlines
        self.owner = owner

    def __repr__(self) -> str:
        return f"<Runner {self.owner}>"

    def run_one(self, db: str, session: str | None) -> bool:
        """Run the first job that is due in a database; whether there was one. session: see `lease`."""
        job = self._take(db, session)
        if job is None:
            return False
        with log.about(db=db):
            try:
                with self._renewed(db, job):
                    outcome, deactivate = self._run(db, job)
                with self.registries.pools.cursor(db) as cr:
                    settle(cr, job, outcome, deactivate=deactivate)
                    cr.commit()
            finally:
                self._give_back(db, job)
            if outcome is Outcome.MORE:
                self.registries.pools.announcer.tell(due.CHANNEL, db)
        return True

    # -- taking ------------------------------------------------------------------------------------------------------
    def _take(self, db: str, session: str | None) -> Job | None:
        with self.registries.pools.autocommit(db) as cr:
            if not cr.fetch(SQL("SELECT to_regclass('fondaco_cron_lease')"))[0][0]:
                lease.set_up(cr)  # a database from an earlier version
            while (job_id := lease.take(cr, due.DUE, self.owner, session)) is not None:
                # Looked at again: it may have run to its end between our look and our lease.
                job = read(cr, job_id)
                if job is not None:
                    return job
                lease.give_back(cr, job_id, self.owner)
        return None

    def _give_back(self, db: str, job: Job) -> None:
        with contextlib.suppress(psycopg.Error), self.registries.pools.autocommit(db) as cr:
            lease.give_back(cr, job.id, self.owner)

    @contextlib.contextmanager
    def _renewed(self, db: str, job: Job) -> Iterator[None]:
        """Say now and then that we are still at it."""
        is_done = threading.Event()

        def renew() -> None:
            while not is_done.wait(lease.RENEW_S):
                with contextlib.suppress(psycopg.Error), self.registries.pools.autocommit(db) as cr:
                    lease.renew(cr, job.id, self.owner)

        thread = threading.Thread(target=renew, name=f"odoo.cron.lease.{job.id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_done.set()

    # -- running -----------------------------------------------------------------------------------------------------
    def _run(self, db: str, job: Job) -> tuple[Outcome, bool]:
        """(outcome of the last round, whether the job wants to be switched off)"""
        timeouts, outcome, deactivate = job.timeouts, Outcome.DONE, False
        if timeouts >= TIMEOUTS:
            _logger.error("%s timed out", job)
            self._note(db, job, 0)
            return Outcome.FAILED, False
        for _ in range(ROUNDS):
            _logger.info("%s starting", job)
            progress_id = self._note(db, job, timeouts + 1)
            error = self._call(db, job, progress_id)
            if isinstance(error, LimitExceeded):
                _logger.error("%s is over its time: %s", job, error)
                return Outcome.OVER_TIME, False
            done, remaining, deactivate = self._progress(db, progress_id)
            _logger.info("%s processed %s records, %s records remaining", job, done, remaining)
            outcome = _outcome(error, done, remaining)
            if outcome is not Outcome.MORE or deactivate:
                break
            timeouts = 0
        if outcome is not Outcome.MORE:
            _logger.info("%s completed", job)
        return outcome, deactivate

    def _call(self, db: str, job: Job, progress_id: int) -> BaseException | None:
        """Call the action of the job in the name of its user; the error, if it failed."""
        context = {"lastcall": job.lastcall, "cron_id": job.id, "ir_cron_progress_id": progress_id}

        def work(env: Environment) -> None:
            env["ir.cron"].browse(job.id)._callback(job.name, job.action_id)
            with self.registries.pools.autocommit(db) as cr:
                if not lease.renew(cr, job.id, self.owner):
                    raise LeaseLost(f"{job} was taken over by another process; this run of it is undone")

        began = time.monotonic()
        outcome = "failed"
        try:
            with self.deadlines.under({"job": job.name, "db": db, "user": job.user_id}):
                transact_on(self.registries, db, work, uid=job.user_id, context=context)
            outcome = "done"
        except LimitExceeded as error:
            outcome = "over time"
            return error
        except Exception as error:
            # Whatever a job does wrong must not end those that come after it.
            _logger.exception("%s server action #%s failed", job, job.action_id)
            return error
        finally:
            RUNS.count(db, outcome)
            RUN_SECONDS.observe(time.monotonic() - began, db)
        _logger.info("%s done in %.3fs", job, time.monotonic() - began)
        return None

    def _note(self, db: str, job: Job, timeouts: int) -> int:
        """A new row of history; it tells that a run has begun that did not come to its end yet."""
        query = SQL(
            """
            INSERT INTO ir_cron_progress (cron_id, remaining, done, deactivate, timed_out_counter,
                                          create_uid, create_date, write_uid, write_date)
            VALUES (%(job)s, 0, 0, false, %(timeouts)s, %(user)s, %(now)s, %(user)s, %(now)s)
            RETURNING id
            """,
            job=job.id,
            timeouts=timeouts,
            user=job.user_id,
            now=due.NOW,
        )
        with self.registries.pools.autocommit(db) as cr:
            return int(cr.fetch(query)[0][0])

    def _progress(self, db: str, progress_id: int) -> tuple[int, int, bool]:
        """(done, remaining, deactivate) of a run that came to its end."""
        query = SQL(
            """
            UPDATE ir_cron_progress
               SET timed_out_counter = 0
             WHERE id = %s
            RETURNING COALESCE(done, 0), COALESCE(remaining, 0), COALESCE(deactivate, false)
            """,
            progress_id,
        )
        with self.registries.pools.autocommit(db) as cr:
            rows = cr.fetch(query)
        return rows[0] if rows else (0, 0, False)


def _outcome(error: BaseException | None, done: int, remaining: int) -> Outcome:
    """A job that failed after it had committed a part gets on; one that did nothing failed."""
    if error is not None and not done:
        return Outcome.FAILED
    return Outcome.MORE if remaining or error is not None else Outcome.DONE


def read(cr: Cursor, job_id: int) -> Job | None:
    """The job, if it is due."""
    query = SQL(
        """
        SELECT job.id, job.cron_name, job.user_id, job.ir_actions_server_id, job.interval_number, job.interval_type,
               job.nextcall, job.lastcall, job.failure_count, job.first_failure_date, person.tz,
               COALESCE((SELECT timed_out_counter FROM ir_cron_progress WHERE cron_id = job.id
                          ORDER BY id DESC LIMIT 1), 0),
               %s
          FROM ir_cron AS job
          JOIN res_users AS account ON account.id = job.user_id
          JOIN res_partner AS person ON person.id = account.partner_id
         WHERE job.id = %s AND job.id IN (SELECT id FROM (%s) AS due)
        """,
        due.NOW,
        job_id,
        due.DUE,
    )
    rows: list[tuple[Any, ...]] = cr.fetch(query)
    return Job(*rows[0]) if rows else None


def settle(cr: Cursor, job: Job, outcome: Outcome, *, deactivate: bool) -> None:
    """Write down how the job ended and when it runs next."""
    if outcome is Outcome.OVER_TIME:
        return  # it is due as before, and its row of history says that it did not come to its end
    cr.run(SQL("DELETE FROM ir_cron_trigger WHERE cron_id = %s AND call_at <= %s", job.id, job.taken))
    if outcome is Outcome.MORE:
        cr.run(SQL("INSERT INTO ir_cron_trigger (cron_id, call_at) VALUES (%s, %s)", job.id, due.NOW))
    failures, first = 0, None
    if outcome is Outcome.FAILED:
        failures, first = (job.failure_count or 0) + 1, job.first_failure or job.taken
        if failures >= FAILURES and job.taken - first >= FAILING_FOR:
            _logger.warning(
                "Cron job %r (%s) has been deactivated after failing %s times. More information can be found in the "
                "server logs around %s.", job.name, job.id, failures, job.taken,
            )  # fmt: skip
            failures, first, deactivate = 0, None, True
    nextcall = schedule.next_run(job.nextcall, job.number, job.unit, job.taken, _zone(job))
    cr.run(
        SQL(
            """
            UPDATE ir_cron
               SET lastcall = %s, nextcall = %s, failure_count = %s, first_failure_date = %s, active = active AND %s
             WHERE id = %s
            """,
            job.taken,
            nextcall,
            failures,
            first,
            not deactivate,
            job.id,
        )
    )


def _zone(job: Job) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(job.zone or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
