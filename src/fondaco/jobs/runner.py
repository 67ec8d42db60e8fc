"""One job from its taking to its end.

Work on the database is done in a transaction that ends with the job being done: both are kept or neither is, so its
effect is there once, however often processes die or transactions are repeated. An effect on the outside cannot be taken
back, so no transaction is open while it happens and none is repeated: the method prepares it, in a transaction that
writes nothing, and answers a function, which is called after that. Should the process die between the effect and the
note of it, the effect happens again, with the same key (`job_key` in the context) for the other side to know it by.
"""

from __future__ import annotations

import logging
import random
import re
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg

from fondaco import log, metrics, tracing
from fondaco.errors import FondacoError, RetryLater, WorkInterrupted
from fondaco.jobs import queue, wire
from fondaco.jobs.queue import Job
from fondaco.modules.transaction import transact_on
from fondaco.server import deadlines
from fondaco.sql import presence

if TYPE_CHECKING:
    from fondaco.modules.registries import Registries
    from fondaco.orm.environment import Environment
    from fondaco.server.deadlines import Deadlines
    from fondaco.sql.cursor import Cursor

_logger = logging.getLogger(__name__)

FIRST_S, MOST_S = 10.0, 3600.0  # before the second try; doubled before each further one, up to
MARKS = re.compile(r"^[ ^~]+\n", re.MULTILINE)  # lines of a traceback that underline a part of the one above
LONGEST_ERROR = 20_000  # characters of a traceback that are kept, its end

RUNS = metrics.Counter("fondaco_job_runs_total", "Tries of background jobs", ("database", "channel", "outcome"))
RUN_SECONDS = metrics.Histogram("fondaco_job_run_seconds", "Time of a try of a background job", ("database",))


class Overtaken(FondacoError):
    """The job is not this worker's any more: it was cancelled, or given to another one."""


class Runner:
    """Runs jobs in the calling thread. owner: a name of this worker that no other has."""

    def __init__(self, registries: Registries, limits: Deadlines, owner: str) -> None:
        self.registries = registries
        self.limits = limits
        self.owner = owner
        self._with_queue: set[str] = set()  # databases that have one

    def __repr__(self) -> str:
        return f"<Runner {self.owner}>"

    def wait_s(self, cr: Cursor) -> float | None:
        """Seconds until there may be a job to run (0 or less: now); None if there will be none."""
        if cr.dbname not in self._with_queue:
            if not queue.is_there(cr):
                return None  # a database that is being made, or from an earlier version
            self._with_queue.add(cr.dbname)
        return queue.wait_s(cr)

    def run_one(self, db: str, session: str | None) -> bool:
        """Run the job whose turn it is; whether there was one. session: see `sql.presence`."""
        with log.about(db=db):
            with self.registries.pools.autocommit(db) as cr:
                job = queue.take(cr, self.owner, session)
                if job is None:
                    for job_id, name, state in queue.recover(cr):
                        _logger.warning("its worker is gone job=%d name=%r now=%s", job_id, name, state)
                    job = queue.take(cr, self.owner, session)
            if job is None:
                return False
            try:
                self._run(db, job)
            finally:
                with self.registries.pools.autocommit(db) as cr:
                    queue.give_back(cr, job, self.owner)
        return True

    def _run(self, db: str, job: Job) -> None:
        began, outcome = time.monotonic(), "failed"
        renewal = presence.renewed(lambda: self._renew(db, job), f"fondaco.jobs.lease.{job.id}")
        try:
            with (
                renewal,
                self.limits.under({"job": job.name, "db": db, "user": job.user_id}),
                tracing.span(f"job {job.model}.{job.method}", db_namespace=db) as span,
                log.about(**({"trace_id": span.trace_id} if span.trace_id else {})),
            ):
                (self._act if job.is_effect else self._work)(db, job)
            outcome = "done"
        except Overtaken:
            outcome = "overtaken"
            _logger.warning("%s was cancelled or given to another worker meanwhile try=%d", job, job.tries)
        except RetryLater as error:
            outcome = self._note_failure(db, job, error)
        except Exception as error:
            # Whatever a job does wrong must not end those that come after it.
            _logger.exception("%s failed try=%d", job, job.tries)
            outcome = self._note_failure(db, job, error)
        finally:
            seconds = time.monotonic() - began
            RUNS.count(db, job.channel, outcome)
            RUN_SECONDS.observe(seconds, db)
        _logger.info("%s %s try=%d seconds=%.3f", job, outcome, job.tries, seconds)

    def _renew(self, db: str, job: Job) -> None:
        with self.registries.pools.autocommit(db) as cr:
            queue.renew(cr, job, self.owner)

    # -- the two kinds -----------------------------------------------------------------------------------------------
    def _work(self, db: str, job: Job) -> None:
        def work(env: Environment) -> None:
            result = _called(env, job)
            env.flush_all()
            if not queue.finish(env.cr, job, _told(result)):
                raise Overtaken

        self._transact(db, job, work)

    def _act(self, db: str, job: Job) -> None:
        effect = self._transact(db, job, lambda env: _called(env, job))
        if not callable(effect):
            raise TypeError(
                f"{job.model}.{job.method}: answered {type(effect).__name__}; what is called with outside() answers a "
                "function without parameters, which does what cannot be taken back"
            )
        # The preparation was committed, after which work is left alone; what comes now has its time limit.
        deadlines.opening()
        try:
            result = effect()
        except WorkInterrupted as error:
            raise deadlines.explained(error) from error
        with self.registries.pools.autocommit(db) as cr:
            queue.finish(cr, job, _told(result))

    def _transact(self, db: str, job: Job, work: Callable[[Environment], Any]) -> Any:
        context = {**job.context, "job_id": job.id, "job_key": job.key}
        return transact_on(self.registries, db, work, uid=job.user_id, context=context)

    # -- failures ----------------------------------------------------------------------------------------------------
    def _note_failure(self, db: str, job: Job, error: Exception) -> str:
        """Write down that the try failed; what to call its outcome."""
        again = again_s(job, error)
        if again is None:
            _logger.error("%s is given up tries=%d: %s", job, job.tries, error)
        else:
            _logger.info("%s is tried again in %.0f s try=%d: %s", job, again, job.tries, error)
        text = MARKS.sub("", "".join(traceback.format_exception(error)))[-LONGEST_ERROR:]
        text = _storable(text)
        for last in (False, True):
            try:
                with self.registries.pools.autocommit(db) as cr:
                    queue.fail(cr, job, text, again)
                break
            except psycopg.errors.UniqueViolation:
                # One of the same identity was put at this very moment; the second look sees it.
                if last:
                    raise
        return "failed" if again is None else "retried"


def again_s(job: Job, error: BaseException) -> float | None:
    """Seconds until the next try; None: there is none left."""
    if job.tries >= job.most_tries:
        return None
    if isinstance(error, RetryLater) and error.seconds is not None:
        return max(0.0, error.seconds)
    # Jobs that failed together do not come back together.
    return float(min(FIRST_S * 2 ** (job.tries - 1), MOST_S) * random.uniform(0.9, 1.1))


def _called(env: Environment, job: Job) -> Any:
    """What the method answers."""
    if job.model not in env.registry:
        raise FondacoError(f"{job}: there is no model {job.model!r} any more; its module was uninstalled")
    env = env(su=job.is_superuser, context=wire.decoded(env.context, env))
    records = env[job.model].browse(job.record_ids)
    arguments = wire.decoded(job.arguments, env)
    return getattr(records, job.method)(*arguments["args"], **arguments["kwargs"])


def _told(result: Any) -> str | None:
    """What is kept of a result, for people to read."""
    return None if result is None else _storable(str(result)[:LONGEST_ERROR])


def _storable(text: str) -> str:
    """Without what PostgreSQL has no place for: NUL, and halves of pairs of surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
