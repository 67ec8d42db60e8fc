"""What is a transaction in Python's hands: statements, rows, savepoints, and what is to happen around the commit.

Two ways in. `execute` is for addons: psycopg2's meaning, parameters written into the text. `fetch` and `run` are the
ORM's: SQL values, parameters beside the statement, prepared when repeated. Both see one transaction, opened by the
first statement.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, ClassVar, Protocol

import psycopg

from fondaco.sql.execution import Execution, Row, log_failure
from fondaco.sql.fragment import SQL
from fondaco.sql.link import Link, faces
from fondaco.values.collections import Callbacks, split_every

_logger = logging.getLogger("odoo.sql_db")
_clock = time.perf_counter


class Transaction(Protocol):
    """What the ORM hangs on a cursor."""

    def flush(self) -> None: ...
    def clear(self) -> None: ...
    def reset(self) -> None: ...
    def before_commit(self, cr: Any) -> None: ...
    def after_commit(self, cr: Any) -> None: ...
    def after_rollback(self, cr: Any) -> None: ...


class Savepoint:
    """A point in the transaction to go back to. `close(rollback=False)` keeps what was done since."""

    def __init__(self, cr: BaseCursor) -> None:
        self.cr = cr
        cr.savepoint_number += 1
        self.name = f"fondaco_{cr.savepoint_number}"
        self.closed = False
        cr.control(f'SAVEPOINT "{self.name}"')

    def __repr__(self) -> str:
        return f"<Savepoint {self.name}{' closed' if self.closed else ''}>"

    def __enter__(self) -> Savepoint:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(rollback=kind is not None)

    def close(self, *, rollback: bool) -> None:
        """Release the savepoint, going back to it first if `rollback`."""
        if not self.closed:
            self._close(rollback)

    def rollback(self) -> None:
        """Undo everything since the savepoint; it can be used again."""
        self.cr.control(f'ROLLBACK TO SAVEPOINT "{self.name}"')

    def _close(self, rollback: bool) -> None:
        if rollback:
            self.rollback()
        self.cr.control(f'RELEASE SAVEPOINT "{self.name}"')
        self.closed = True


class FlushingSavepoint(Savepoint):
    """A savepoint that takes pending writes of the ORM with it: they are flushed before it and at its end."""

    def __init__(self, cr: BaseCursor) -> None:
        cr.flush()
        super().__init__(cr)

    def rollback(self) -> None:
        self.cr.clear()
        super().rollback()

    def _close(self, rollback: bool) -> None:
        try:
            if not rollback:
                self.cr.flush()
        except BaseException:
            rollback = True
            raise
        finally:
            super()._close(rollback)


class _Queue:
    """Callbacks of a cursor, made when somebody asks for them: few transactions have any."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, cr: Any, owner: type | None = None) -> Any:
        if cr is None:
            return self
        queue = vars(cr)[self._name] = Callbacks()  # found there from now on
        return queue


class BaseCursor:
    """What every cursor has: callbacks around commit and rollback, savepoints, the ORM's transaction."""

    IN_MAX: ClassVar[int] = 1000

    dbname: str
    readonly: bool = False
    transaction: Any
    cache: dict[Any, Any]

    @property
    def is_lost(self) -> bool:
        """Whether PostgreSQL has gone away under it."""
        return False

    position: str | None = None
    """How far the write-ahead log was when this cursor had committed what it wrote, where that is noted."""
    on_replica = False
    is_committing = False
    savepoint_number = 0
    _now: datetime | None = None

    precommit = _Queue()
    atcommit = _Queue()
    """Last statements of the transaction: they run once, directly before COMMIT, and leave nothing to flush."""
    postcommit = _Queue()
    prerollback = _Queue()
    postrollback = _Queue()

    def __init__(self) -> None:
        self.transaction = None
        self.cache = {}

    def control(self, code: str) -> None:
        """Carry out a SAVEPOINT statement."""
        raise NotImplementedError

    def flush(self) -> None:
        """Bring pending computations and writes to the tables, then run the precommit callbacks."""
        if self.transaction is not None:
            self.transaction.flush()
        if "precommit" in vars(self) and len(self.precommit):
            self.precommit.run()
            if self.transaction is not None:
                self.transaction.flush()

    def clear(self) -> None:
        """Forget pending writes, the ORM's cache and the precommit callbacks."""
        if self.transaction is not None:
            self.transaction.clear()
        self._drop("precommit")

    def _drop(self, *queues: str) -> None:
        """Forget what waits in these queues."""
        for name in queues:
            if name in vars(self):
                getattr(self, name).clear()

    def reset(self) -> None:
        """Start over with the registry as it is now."""
        if self.transaction is not None:
            self.transaction.reset()

    def savepoint(self, flush: bool = True) -> Savepoint:
        """A context manager: what is done inside is kept, or undone if an exception leaves it."""
        return FlushingSavepoint(self) if flush else Savepoint(self)

    def split_for_in_conditions(self, ids: Iterable[Any], size: int = 0) -> Iterator[tuple[Any, ...]]:
        """`ids` in tuples of at most `size` (IN_MAX)."""
        return iter(split_every(size or self.IN_MAX, ids))


class Cursor(BaseCursor, Execution):
    """A transaction on a connection of the pool. Closing gives the connection back; what was not committed is
    undone."""

    readonly: bool

    # Code in the sandbox may have a cursor, but not what reaches other databases from it.
    closed_to_code: ClassVar[frozenset[str]] = frozenset({"pools", "link", "_link", "_cnx", "_converter"})

    def __init__(
        self,
        link: Link,
        give_back: Callable[[Link], None],
        *,
        readonly: bool = False,
        owner: Any = None,
        settings: bytes = b"",
    ) -> None:
        BaseCursor.__init__(self)
        self.dbname = link.dbname
        self.readonly = readonly
        self.pools = owner
        self.on_replica = link.is_replica
        self.tells_position = False
        self._link: Link | None = link
        self._give_back = give_back
        link.begin = b"BEGIN ISOLATION LEVEL REPEATABLE READ" + (b" READ ONLY" if readonly else b"") + settings

    def __repr__(self) -> str:
        return f"<Cursor {self.dbname}{' readonly' if self.readonly else ''}{' closed' if self.closed else ''}>"

    @property
    def closed(self) -> bool:
        return self._link is None

    @property
    def is_lost(self) -> bool:
        return self._link is not None and self._link.is_lost

    @property
    def link(self) -> Link:
        """The connection; raises when the cursor is closed."""
        if self._link is None:
            raise psycopg.InterfaceError("cursor already closed")
        return self._link

    @property
    def _cnx(self) -> Any:
        """The connection as addons know it from psycopg2."""
        link = self.link
        link.has_acted = True  # nobody sees what is done with it
        if link.face is None:
            link.face = faces["connection"](link)
        return link.face

    connection = _cnx

    @property
    def _obj(self) -> Cursor:
        return self

    # -- the ORM's way ----------------------------------------------------------------------------------------------
    def read(self, sql: SQL) -> list[Row]:
        """As `fetch`, for what changes and locks nothing: where a transaction asked for no more, nobody waits for its
        end."""
        return self.fetch(sql, only_reads=True)

    def fetch(self, sql: SQL, *, only_reads: bool = False) -> list[Row]:
        """Carry out a statement that answers rows; all of them."""
        start = _clock()
        try:
            result, converter = self.link.run_bound(sql, only_reads=only_reads)
            rows: list[Row] = converter.load_rows(0, result.ntuples, tuple)
            converter.set_pgresult(None, set_loaders=False)
            return rows
        except psycopg.Error as error:
            log_failure(sql._code, error)
            raise
        finally:
            self._count(start, sql._code, sql._params)

    def run(self, sql: SQL) -> int:
        """Carry out a statement for its effect; the number of rows it touched."""
        start = _clock()
        try:
            result, _converter = self.link.run_bound(sql)
            return int(result.command_tuples or 0)
        except psycopg.Error as error:
            log_failure(sql._code, error)
            raise
        finally:
            self._count(start, sql._code, sql._params)

    def ask_first(self, columns: SQL) -> list[str | None]:
        """What expressions without parameters answer, as texts; they ride on the BEGIN of a transaction that is still
        to be opened, which saves a way to PostgreSQL and back."""
        start = _clock()
        link = self.link
        try:
            if link.is_idle and not link.autocommit:
                answer = link.open(b", " + columns._code.encode())
            else:
                result = link.command(b"SELECT " + columns._code.encode())
                answer = [result.get_value(0, column) for column in range(result.nfields)]
        finally:
            self._count(start, columns._code, None)
        return [None if value is None else value.decode() for value in answer]

    # -- the transaction --------------------------------------------------------------------------------------------
    def control(self, code: str) -> None:
        """Carry out a SAVEPOINT statement."""
        self._open()
        self.link.has_acted = True
        self.link.command(code.encode())
        self.sql_count += 1

    def stay_open(self) -> None:
        """Let this transaction wait for something else, however long: the server does not end it for being idle."""
        self.fetch(SQL("SELECT set_config('idle_in_transaction_session_timeout', '0', true)"))

    def now(self) -> datetime:
        """The moment the transaction began, naive UTC."""
        if self._now is None:
            self._open()
            moment = self.link.moment
            if moment is None:
                self._now = self.fetch(SQL("SELECT now() AT TIME ZONE 'UTC'"))[0][0]
            else:
                self._now = datetime.fromisoformat(moment.decode())
        assert self._now is not None
        return self._now

    def commit(self) -> None:
        """Flush, make everything durable, run the postcommit callbacks. The ORM forgets: others may have written."""
        self.is_committing = True
        try:
            self.flush()
            if "atcommit" in vars(self):
                self.atcommit.run()
            if self.transaction is not None:
                self.transaction.before_commit(self)
            has_written = self.tells_position and self.link.has_acted and self._has_written()
            self._end(b"COMMIT")
            if has_written:
                result = self.link.command(b"SELECT pg_current_wal_insert_lsn()")
                self.position = result.get_value(0, 0).decode()
        finally:
            self.is_committing = False
        if self.transaction is not None:
            self.transaction.after_commit(self)
        self.clear()
        self._drop("prerollback", "postrollback")
        if "postcommit" in vars(self):
            self.postcommit.run()

    def _has_written(self) -> bool:
        if self.link.is_idle or self.link.is_failed:
            return False
        result = self.link.command(b"SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
        return bool(result.get_value(0, 0) == b"t")

    def rollback(self) -> None:
        """Undo everything since the last commit; run the callbacks that wait for it."""
        self.clear()
        self._drop("atcommit", "postcommit")
        if "prerollback" in vars(self):
            self.prerollback.run()
        self._end(b"ROLLBACK")
        if self.transaction is not None:
            self.transaction.after_rollback(self)
        if "postrollback" in vars(self):
            self.postrollback.run()

    def _end(self, code: bytes) -> None:
        link = self.link
        self._now = None
        self._result = self._converter = None
        if link.is_idle:
            return
        start = _clock()
        try:
            if code == b"COMMIT" and (self.readonly or not link.has_acted) and not link.is_failed:
                return link.end_unheard()
            result = link.command(code)
        finally:
            self._count(start, code.decode(), None)
        if code == b"COMMIT" and result.command_status == b"ROLLBACK":
            # A caught error left the transaction aborted: PostgreSQL answers COMMIT with ROLLBACK and says nothing.
            raise psycopg.errors.InFailedSqlTransaction(
                "COMMIT was answered with ROLLBACK: an earlier statement had failed, nothing was kept"
            )

    def close(self) -> None:
        """Undo what was not committed and give the connection back."""
        if self._link is None:
            return
        link = self._link
        try:
            if not link.is_lost:
                # A transaction that could only read ends well: pg_stat_database counts rollbacks as failures.
                if self.readonly and not link.is_idle and not link.is_failed:
                    self._end(b"COMMIT")
                elif link.is_idle and vars(self).keys().isdisjoint(("prerollback", "postrollback")):
                    # As after a commit: nothing to undo, and nobody who waits for that.
                    if self.transaction is not None:
                        self.transaction.after_rollback(self)
                else:
                    self.rollback()
        finally:
            self.clear()
            self._link = self._result = self._converter = None
            self._give_back(link)

    def __enter__(self) -> Cursor:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if exc_type is None and not self.closed:
                self.commit()
        finally:
            self.close()

    def __del__(self) -> None:
        link = getattr(self, "_link", None)
        if link is not None:
            _logger.warning("cursor on %s was never closed; its connection is dropped", self.dbname)
            self._link = None
            link.close()
            self._give_back(link)

    # -- accounting --------------------------------------------------------------------------------------------------
    def print_log(self) -> None:
        """Log how much time the statements of this cursor took."""
        _logger.debug("%s statements in %.3f s on %s", self.sql_count, self.sql_seconds, self.dbname)
