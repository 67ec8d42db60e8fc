"""How does work run on a database: in an environment, flushed, committed, announced, and again if the database asks for
it?

The one place where transactions of the server begin and end. A retry repeats the whole of `work` on a fresh cursor
state, so `work` must have no effect outside the transaction (post-commit hooks are for those).
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg.errors

from fondaco import metrics
from fondaco.errors import ClosedToChanges, LimitExceeded, OutcomeUnknown, WorkCancelled, WorkInterrupted
from fondaco.orm.environment import Environment
from fondaco.orm.integrity import explain_integrity_error
from fondaco.server import deadlines
from fondaco.sql import readable
from fondaco.sql.replica import ReplicaBehind

if TYPE_CHECKING:
    from fondaco.registry.registry import Registry
    from fondaco.sql.cursor import Cursor

_logger = logging.getLogger(__name__)

T = TypeVar("T")

TRIES = 5
LOST_TRIES = 3  # connections that may be lost in a row; each new one waits as long as the pool's patience goes
RETRIES = metrics.Counter(
    "fondaco_transaction_retries_total", "Transactions that were repeated", ("database", "reason")
)
FAILURES = metrics.Counter(
    "fondaco_transaction_failures_total", "Transactions that were given up after their tries", ("database", "reason")
)
REASONS = {"40001": "serialisation", "40P01": "deadlock", "55P03": "lock"}
RETRIED = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable)


def transact(
    registry: Registry,
    work: Callable[[Environment], T],
    *,
    uid: int | None,
    context: Mapping[str, Any] | None = None,
    su: bool = False,
    readonly: bool = False,
    after: str | None = None,
) -> T:
    """Return `work(env)`, its changes being committed; they are rolled back if it raises.

    A broken constraint leaves as `ValidationError`; a failure to serialise is retried `TRIES` times, then leaves as it
    is. Work that was ended because it is over a limit leaves as `LimitExceeded`, whatever it made of that. When
    PostgreSQL goes away the work is repeated on a new connection, unless its COMMIT was under way: that leaves as
    `OutcomeUnknown`. A database that can only be read for the moment answers `ClosedToChanges`. after: as for
    `Pools.cursor`.
    """
    again = partial(_over_losses, registry, work, uid=uid, context=context, su=su, readonly=readonly, after=after)
    try:
        return again()
    except WorkInterrupted as error:
        # Between two attempts, or while it waited for a connection.
        told = _explained(error)
        if told is error:
            raise
        raise told from error
    except psycopg.errors.ReadOnlySqlTransaction as error:
        if readonly:
            raise
        if not readable.takes_changes(registry.pools, registry.db_name):
            raise ClosedToChanges(registry.db_name) from error
    return again()


def _over_losses(
    registry: Registry,
    work: Callable[[Environment], T],
    *,
    uid: int | None,
    context: Mapping[str, Any] | None,
    su: bool,
    readonly: bool,
    after: str | None,
) -> T:
    """Repeat the work when the connection is lost under it."""
    for attempt in range(1, LOST_TRIES + 1):
        # Who lost the replica goes on with the primary.
        with closing(registry.cursor(readonly, limited=True, after=after if attempt == 1 else None)) as cr:
            try:
                return retrying(registry, cr, partial(Environment, cr, uid, context or {}, su), work)
            except psycopg.OperationalError as error:
                if attempt == LOST_TRIES or not cr.is_lost:
                    raise
                RETRIES.count(registry.db_name, "connection lost")
                _logger.warning("retrying after a lost connection try=%d: %s", attempt, str(error).strip())
    raise AssertionError("unreachable")


def transact_trusting(
    registry: Registry,
    work: Callable[[Environment], T],
    *,
    uid: int | None,
    context: Mapping[str, Any] | None = None,
    readonly: bool,
    after: str | None = None,
) -> T:
    """As `transact`; `readonly` is a promise that something the work calls did not know of: broken, the work is done
    once more, with the right to write. What a replica cannot do is done once more, by the primary."""
    try:
        return transact(registry, work, uid=uid, context=context, readonly=readonly, after=after)
    except psycopg.errors.ReadOnlySqlTransaction:
        if not readonly:
            raise
    except (ReplicaBehind, *RETRIED) as error:
        if not readonly or after is None:
            raise
        RETRIES.count(registry.db_name, "replica")
        _logger.info("the replica could not do it, the primary does error=%s", type(error).__name__)
        return transact_trusting(registry, work, uid=uid, context=context, readonly=True)
    return transact(registry, work, uid=uid, context=context, after=after)


def retrying(
    registry: Registry, cr: Cursor, make_env: Callable[[], Environment], work: Callable[[Environment], T]
) -> T:
    """As `transact`, on a cursor of the caller's."""
    outer = registry.begin_changes(cr)
    try:
        return _tried(registry, cr, make_env, work)
    finally:
        registry.end_changes(outer)


def _tried(registry: Registry, cr: Cursor, make_env: Callable[[], Environment], work: Callable[[Environment], T]) -> T:
    # What a replica gives up in favour of replaying the log, the primary can do at once.
    tries = 1 if cr.on_replica else TRIES
    for attempt in range(1, tries + 1):
        env = make_env()
        deadlines.opening(db=registry.db_name, uid=env.uid)
        is_committing = False
        try:
            result = work(env)
            env.flush_all()
            deadlines.closing()
            is_committing = not cr.readonly
            cr.commit()
        except (psycopg.errors.IntegrityError, *RETRIED) as error:
            _give_up(registry, cr)
            if isinstance(error, psycopg.errors.IntegrityError):
                raise explain_integrity_error(make_env(), error) from error
            reason = REASONS[str(error.sqlstate)]
            if attempt == tries:
                FAILURES.count(registry.db_name, reason)
                _logger.info("gave up after a serialisation failure tries=%d sqlstate=%s", attempt, error.sqlstate)
                raise
            RETRIES.count(registry.db_name, reason)
            wait_s = _wait_s(reason, attempt)
            _logger.info(
                "retrying after a serialisation failure try=%d wait_s=%.3f sqlstate=%s", attempt, wait_s, error.sqlstate
            )
            time.sleep(wait_s)
            continue
        except BaseException as error:
            told = _explained(error)  # first: from here on work that is over its time is let undo itself in peace
            _give_up(registry, cr)
            if is_committing and isinstance(error, psycopg.OperationalError) and cr.is_lost:
                raise OutcomeUnknown from error
            if told is error:
                raise
            raise told from error
        registry.signal_changes()  # what work that only reads forgot; other work has told it with its commit
        return result
    raise AssertionError("unreachable")


def _wait_s(reason: str, attempt: int) -> float:
    """How long to wait before the next try. What was not to be waited for (NOWAIT) is held by other work, for
    milliseconds or for seconds: the tries together take as long as those of Odoo 18, the first comes sooner."""
    if reason == "lock":
        return random.uniform(0.5, 1.0) * 0.05 * 5.0 ** min(attempt - 1, 3)
    return random.uniform(0.0, 0.01 * 2**attempt)


def _explained(error: BaseException) -> BaseException:
    """What to raise in place of an error: who was stopped is told by what."""
    if isinstance(error, psycopg.errors.QueryCanceled) and "statement timeout" in str(error):
        return LimitExceeded("statement_timeout", "the time that one statement may take", deadlines.request_id())
    told = deadlines.explained(error)
    if told is error and isinstance(error, psycopg.errors.QueryCanceled) and "user request" in str(error):
        return WorkCancelled(deadlines.request_id())
    return told


def _give_up(registry: Registry, cr: Cursor) -> None:
    if not cr.closed:
        cr.clear() if cr.is_lost else cr.rollback()
        if cr.transaction is not None:
            cr.transaction.clear()
    registry.forget_changes()
