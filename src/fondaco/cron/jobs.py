"""Take a job that is due, run it, settle.

How it ended and when it runs next is written in the transaction of its last part: both are kept or neither is.

A job that tells that it is not through (`ir.cron._notify_progress`) is called again at once, ten times at most; then
others get their turn. A job that fails is tried again at its next moment; one that fails for a week is switched off. A
job that is ended because it is over its time, or whose process dies, is begun again at once, three times at most.
"""

from __future__ import annotations

import contextlib
import logging
import time
import zoneinfo
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

import psycopg

from fondaco import log, metrics, tracing
from fondaco.cron import due, lease, schedule
from fondaco.errors import LimitExceeded
from fondaco.modules.transaction import transact_on
from fondaco.server.deadlines import Deadlines
from fondaco.sql import presence
from fondaco.sql.announcing import WORK
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

RUNS = metrics.Counter("fondaco_cron_runs_total", "Runs of scheduled jobs", ("database", "job", "outcome"))
RUN_SECONDS = metrics.Histogram("fondaco_cron_run_seconds", "Time of a run of a scheduled job", ("database", "job"))


class LeaseLost(Exception):
    """Somebody else took the job over: this process was not heard of for too long."""


class Outcome(Enum):
    """How a part of a run ended."""

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
    wishes: list[int]  # the triggers for which it is taken: one that comes later asks for another run
    progress_id: int  # the row of history of its first part

    def __str__(self) -> str:
        return f"Job {self.name!r} ({self.id})"


@dataclass(frozen=True, slots=True)
class Part:
    """How a call of a job ended. is_settled: it is written down when the job runs next."""

    outcome: Outcome
    done: int = 0
    remaining: int = 0
    deactivate: bool = False
    is_settled: bool = False


class Runner:
    """Runs jobs in the calling thread. owner: a name of this worker that no other has."""

    def __init__(self, registries: Registries, deadlines: Deadlines, owner: str) -> None:
        self.registries = registries
        self.deadlines = deadlines
        self.owner = owner
        self._complete: set[str] = set()  # databases whose table of leases was seen

    def __repr__(self) -> str:
        return f"<Runner {self.owner}>"

    def wait_s(self, cr: Cursor) -> float | None:
        """Seconds until the next job of the database is due (0 or less: now); None if there will be none."""
        return due.wait_s(cr)

    def run_one(self, db: str, session: str | None) -> bool:
        """Run the first job that is due in a database; whether there was one. session: see `sql.presence`."""
        job = self._take(db, session)
        if job is None:
            return False
        with log.about(db=db):
            try:
                with presence.renewed(lambda: self._renew(db, job), f"odoo.cron.lease.{job.id}"):
                    outcome = self._run(db, job)
            finally:
                self._give_back(db, job.id)
            if outcome is Outcome.MORE:
                self.registries.pools.announcer.tell(WORK, db)
        return True

    # -- taking ------------------------------------------------------------------------------------------------------
    def _take(self, db: str, session: str | None) -> Job | None:
        with self.registries.pools.autocommit(db) as cr:
            if db not in self._complete:
                if not cr.fetch(SQL("SELECT to_regclass('fondaco_cron_lease')"))[0][0]:
                    lease.set_up(cr)  # a database from an earlier version
                self._complete.add(db)
            while (job_id := lease.take(cr, self.owner, session)) is not None:
                # Looked at again: it may have run to its end between our look and our lease.
                job = begin(cr, job_id)
                if job is not None:
                    return job
                lease.give_back(cr, job_id, self.owner)
        return None

    def _renew(self, db: str, job: Job) -> bool:
        """Say that we are still at it; False: somebody else is by now."""
        with self.registries.pools.autocommit(db) as cr:
            return lease.renew(cr, job.id, self.owner)

    def _give_back(self, db: str, job_id: int) -> None:
        with contextlib.suppress(psycopg.Error), self.registries.pools.autocommit(db) as cr:
            lease.give_back(cr, job_id, self.owner)

    # -- running -----------------------------------------------------------------------------------------------------
    def _run(self, db: str, job: Job) -> Outcome:
        """Call the job until it is through, or others have waited long enough; how the last call ended."""
        if job.timeouts >= TIMEOUTS:
            _logger.error("%s timed out", job)
            self._settle(db, job, Part(Outcome.FAILED))
            return Outcome.FAILED
        for number in range(1, ROUNDS + 1):
            _logger.info("%s starting", job)
            progress_id = job.progress_id if number == 1 else self._note(db, job)
            part = self._call(db, job, progress_id, is_last=number == ROUNDS)
            if part.outcome is Outcome.OVER_TIME:
                return part.outcome  # it is due as before, and its row of history says that it did not end
            _logger.info("%s processed %s records, %s records remaining", job, part.done, part.remaining)
            if part.outcome is not Outcome.MORE or part.deactivate:
                break
        if not part.is_settled:
            self._settle(db, job, part)
        if part.outcome is not Outcome.MORE:
            _logger.info("%s completed", job)
        return part.outcome

    def _call(self, db: str, job: Job, progress_id: int, *, is_last: bool) -> Part:
        """Call the action of the job in the name of its user."""
        context = {"lastcall": job.lastcall, "cron_id": job.id, "ir_cron_progress_id": progress_id}

        def work(env: Environment) -> Part:
            env["ir.cron"].browse(job.id)._callback(job.name, job.action_id)
            env.flush_all()
            done, remaining, deactivate = close(env.cr, progress_id)
            outcome = Outcome.MORE if remaining else Outcome.DONE
            part = Part(outcome, done, remaining, deactivate, is_settled=is_last or deactivate or not remaining)
            if not (settle(env.cr, job, part) if part.is_settled else self._renew(db, job)):
                raise LeaseLost(f"{job} was taken over by another process; this run of it is undone")
            return part

        began = time.monotonic()
        outcome = "failed"
        try:
            with (
                self.deadlines.under({"job": job.name, "db": db, "user": job.user_id}),
                tracing.span(f"cron {job.name}", db_namespace=db) as span,
                log.about(**({"trace_id": span.trace_id} if span.trace_id else {})),
            ):
                part = transact_on(self.registries, db, work, uid=job.user_id, context=context)
            outcome = "done"
        except LimitExceeded as error:
            outcome = "over time"
            _logger.error("%s is over its time: %s", job, error)
            return Part(Outcome.OVER_TIME)
        except Exception:
            # Whatever a job does wrong must not end those that come after it.
            _logger.exception("%s server action #%s failed", job, job.action_id)
            return self._failed(db, progress_id)
        finally:
            RUNS.count(db, job.name, outcome)
            RUN_SECONDS.observe(time.monotonic() - began, db, job.name)
        _logger.info("%s done in %.3fs", job, time.monotonic() - began)
        return part

    def _failed(self, db: str, progress_id: int) -> Part:
        """A call that failed after it had committed a part gets on; one that did nothing failed."""
        with self.registries.pools.autocommit(db) as cr:
            done, remaining, deactivate = close(cr, progress_id)
        return Part(Outcome.MORE if done else Outcome.FAILED, done, remaining, deactivate)

    def _note(self, db: str, job: Job) -> int:
        """A new row of history; it tells that a call has begun that did not come to its end yet."""
        with self.registries.pools.autocommit(db) as cr:
            return int(cr.fetch(_noted(job.id, job.user_id, 1, SQL("")))[0][0])

    def _settle(self, db: str, job: Job, part: Part) -> None:
        """Outside of the job's own transaction, which failed."""
        with self.registries.pools.autocommit(db) as cr:
            settle(cr, job, part)


def _noted(job_id: object, user_id: object, timeouts: object, source: SQL) -> SQL:
    """The statement that adds a row of history and answers its id."""
    return SQL(
        """
        INSERT INTO ir_cron_progress (cron_id, remaining, done, deactivate, timed_out_counter,
                                      create_uid, create_date, write_uid, write_date)
        SELECT %(job)s, 0, 0, false, %(timeouts)s, %(user)s, %(now)s, %(user)s, %(now)s
         %(source)s
         WHERE %(unhurried)s
        RETURNING id
        """,
        job=job_id,
        timeouts=timeouts,
        user=user_id,
        now=due.NOW,
        source=source,
        unhurried=presence.UNHURRIED,
    )


def begin(cr: Cursor, job_id: int) -> Job | None:
    """The job, if it is due; a row of history says that it was begun."""
    query = SQL(
        """
        WITH job AS (
            SELECT job.id, job.cron_name, job.user_id, job.ir_actions_server_id, job.interval_number,
                   job.interval_type, job.nextcall, job.lastcall, job.failure_count, job.first_failure_date, person.tz,
                   COALESCE((SELECT timed_out_counter FROM ir_cron_progress WHERE cron_id = job.id
                              ORDER BY id DESC LIMIT 1), 0) AS timeouts
              FROM ir_cron AS job
              JOIN res_users AS account ON account.id = job.user_id
              JOIN res_partner AS person ON person.id = account.partner_id
             WHERE job.id = %(id)s AND %(is_due)s
        ), noted AS (%(noted)s)
        SELECT job.*, %(now)s,
               ARRAY(SELECT id FROM ir_cron_trigger WHERE cron_id = job.id AND call_at <= %(now)s),
               noted.id
          FROM job, noted
        """,
        id=job_id,
        is_due=due.IS_DUE,
        noted=_noted(
            SQL("job.id"),
            SQL("job.user_id"),
            SQL("CASE WHEN job.timeouts < %s THEN job.timeouts + 1 ELSE 0 END", TIMEOUTS),
            SQL("FROM job"),
        ),
        now=due.NOW,
    )
    rows: list[tuple[Any, ...]] = cr.fetch(query)
    return Job(*rows[0]) if rows else None


def close(cr: Cursor, progress_id: int) -> tuple[int, int, bool]:
    """A call came to its end: (done, remaining, whether the job wants to be switched off) by its row of history."""
    query = SQL(
        """
        UPDATE ir_cron_progress
           SET timed_out_counter = 0
         WHERE id = %s
        RETURNING COALESCE(done, 0), COALESCE(remaining, 0), COALESCE(deactivate, false)
        """,
        progress_id,
    )
    rows = cr.fetch(query)
    return rows[0] if rows else (0, 0, False)


def settle(cr: Cursor, job: Job, part: Part) -> bool:
    """Write down how the job ended and when it runs next; False: somebody else has done so meanwhile."""
    failures, first, is_active = 0, None, not part.deactivate
    rested = job.taken
    if part.outcome is Outcome.FAILED:
        failures, first = (job.failure_count or 0) + 1, job.first_failure or job.taken
        rested += schedule.rest(failures)
        if failures >= FAILURES and job.taken - first >= FAILING_FOR:
            _logger.warning(
                "Cron job %r (%s) has been deactivated after failing %s times. More information can be found in the "
                "server logs around %s.", job.name, job.id, failures, job.taken,
            )  # fmt: skip
            failures, first, is_active = 0, None, False
    query = SQL(
        """
        WITH used AS (DELETE FROM ir_cron_trigger WHERE id = ANY(%(wishes)s::int4[])),
             again AS (INSERT INTO ir_cron_trigger (cron_id, call_at) SELECT %(id)s, %(now)s WHERE %(more)s)
        UPDATE ir_cron
           SET lastcall = %(taken)s, nextcall = %(next)s, failure_count = %(failures)s,
               first_failure_date = %(first)s, active = active AND %(is_active)s
         -- lastcall: who was taken for dead and comes back finds another one
         WHERE id = %(id)s AND lastcall IS NOT DISTINCT FROM %(last)s
        """,
        id=job.id,
        taken=job.taken,
        wishes=job.wishes,
        now=due.NOW,
        more=part.outcome is Outcome.MORE,
        next=schedule.next_run(job.nextcall, job.number, job.unit, rested, _zone(job)),
        failures=failures,
        first=first,
        is_active=is_active,
        last=job.lastcall,
    )
    return bool(cr.run(query))


def _zone(job: Job) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(job.zone or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
