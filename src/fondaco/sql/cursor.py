"""What is a transaction in Python's hands: statements, rows, savepoints, and what is to happen around the commit.

Two ways in. `execute` is for addons: psycopg2's meaning, parameters written into the text. `fetch` and `run` are the ORM's:
SQL values, parameters beside the statement, prepared when repeated. Both see one transaction, opened by the first statement.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, ClassVar, Protocol

import psycopg

from fondaco.sql import driver
from fondaco.sql.fragment import SQL, quote_name
from fondaco.sql.link import Link
from fondaco.sql.literals import bind, quote
from fondaco.values.collections import Callbacks, split_every

_logger = logging.getLogger("odoo.sql_db")
_clock = time.perf_counter

Row = tuple[Any, ...]


class Transaction(Protocol):
    """What the ORM hangs on a cursor."""

    def flush(self) -> None: ...
    def clear(self) -> None: ...
    def reset(self) -> None: ...


class Column(tuple[Any, ...]):
    """A column of a result: (name, type oid, None, size, None, None, None), as the DB-API has it."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return str(self[0])

    @property
    def type_code(self) -> int:
        return int(self[1])


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


class BaseCursor:
    """What every cursor has: callbacks around commit and rollback, savepoints, the ORM's transaction."""

    IN_MAX: ClassVar[int] = 1000

    dbname: str
    transaction: Any
    cache: dict[Any, Any]

    def __init__(self) -> None:
        self.precommit = Callbacks()
        self.postcommit = Callbacks()
        self.prerollback = Callbacks()
        self.postrollback = Callbacks()
        self.transaction = None
        self.cache = {}
        self.savepoint_number = 0
        self._now: datetime | None = None

    def control(self, code: str) -> None:
        """Carry out a SAVEPOINT statement."""
        raise NotImplementedError

    def flush(self) -> None:
        """Bring pending computations and writes to the tables, then run the precommit callbacks."""
        if self.transaction is not None:
            self.transaction.flush()
        if len(self.precommit):
            self.precommit.run()
            if self.transaction is not None:
                self.transaction.flush()

    def clear(self) -> None:
        """Forget pending writes, the ORM's cache and the precommit callbacks."""
        if self.transaction is not None:
            self.transaction.clear()
        self.precommit.clear()

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


class Cursor(BaseCursor):
    """A transaction on a connection of the pool. Closing gives the connection back; what was not committed is undone."""

    def __init__(
        self, link: Link, give_back: Callable[[Link], None], *, readonly: bool = False, owner: Any = None
    ) -> None:
        super().__init__()
        self.dbname = link.dbname
        self.readonly = readonly
        self.pools = owner
        self.sql_count = 0
        self.sql_seconds = 0.0
        self.query: bytes | None = None
        self._link: Link | None = link
        self._give_back = give_back
        self._result: Any = None
        self._converter: Any = None
        self._position = 0
        self._affected = -1
        link.begin = b"BEGIN ISOLATION LEVEL REPEATABLE READ" + (b" READ ONLY" if readonly else b"")

    def __repr__(self) -> str:
        return f"<Cursor {self.dbname}{' readonly' if self.readonly else ''}{' closed' if self.closed else ''}>"

    @property
    def closed(self) -> bool:
        return self._link is None

    @property
    def link(self) -> Link:
        """The connection; raises when the cursor is closed."""
        if self._link is None:
            raise psycopg.InterfaceError("cursor already closed")
        return self._link

    @property
    def _cnx(self) -> psycopg.Connection[Any]:
        return self.link.connection

    connection = _cnx

    # -- the ORM's way ----------------------------------------------------------------------------------------------
    def fetch(self, sql: SQL) -> list[Row]:
        """Carry out a statement that answers rows; all of them."""
        start = _clock()
        try:
            result, converter = self.link.run_bound(sql)
            rows: list[Row] = converter.load_rows(0, result.ntuples, tuple)
            converter.set_pgresult(None, set_loaders=False)
            return rows
        except psycopg.Error:
            self._log_failure(sql._code, sql._params)
            raise
        finally:
            self._count(start, sql._code, sql._params)

    def run(self, sql: SQL) -> int:
        """Carry out a statement for its effect; the number of rows it touched."""
        start = _clock()
        try:
            result, _converter = self.link.run_bound(sql)
            return int(result.command_tuples or 0)
        except psycopg.Error:
            self._log_failure(sql._code, sql._params)
            raise
        finally:
            self._count(start, sql._code, sql._params)

    # -- psycopg2's way ---------------------------------------------------------------------------------------------
    def execute(self, query: Any, params: Any = None, log_exceptions: bool = True) -> None:
        """Carry out text or SQL with psycopg2's meaning of parameters. Rows are then taken with fetchone() and the like."""
        code = self._written(query, params)
        start = _clock()
        self._result = None
        self.query = code.encode()
        try:
            result = self.link.run(code)
        except psycopg.Error as error:
            if log_exceptions:
                _logger.error("bad query: %s\nERROR: %s", self.query, error)
            raise
        finally:
            self._count(start, code, None)
        self._result = result
        self._converter = None
        self._position = 0
        touched = result.command_tuples
        self._affected = int(result.ntuples if touched is None else touched)

    def _written(self, query: Any, params: Any) -> str:
        if isinstance(query, SQL):
            if params is not None:
                raise TypeError("cr.execute(SQL, params): the parameters belong inside the SQL")
            return bind(query._code, query._params) if query._params else query._code.replace("%%", "%")
        if isinstance(query, bytes):
            query = query.decode()
        elif not isinstance(query, str):
            query = query.as_string(self._cnx)  # psycopg2.sql, psycopg.sql
        if params is not None and not isinstance(params, tuple | list | dict):
            _check_params(params)
        return bind(query, params)

    def mogrify(self, query: Any, params: Any = None) -> bytes:
        """The text that `execute` would send."""
        return self._written(query, params).encode()

    def execute_values(
        self,
        query: Any,
        argslist: Iterable[Any],
        template: str | None = None,
        page_size: int = 100,
        fetch: bool = False,
    ) -> list[Row] | None:
        """Carry out `query`, whose one `%s` stands for the list after VALUES, on pages of `argslist`."""
        if isinstance(query, SQL):
            query = query._code
        before, mark, after = query.partition("%s")
        if not mark or "%s" in after:
            raise ValueError(f"cr.execute_values({query!r}): expected one %s, for the list of values")
        before, after = before.replace("%%", "%"), after.replace("%%", "%")
        rows: list[Row] = []
        for page in split_every(page_size, argslist):
            values = ",".join(quote(tuple(args)) if template is None else bind(template, args) for args in page)
            self.execute(before + values + after)
            if fetch:
                rows += self.fetchall()
        return rows if fetch else None

    @property
    def rowcount(self) -> int:
        """Rows that the last `execute` answered or touched; -1 before the first."""
        return self._affected

    @property
    def statusmessage(self) -> str | None:
        return None if self._result is None else (self._result.command_status or b"").decode()

    @property
    def description(self) -> list[Column] | None:
        """The columns of the last result, None if it has none."""
        result = self._result
        if result is None or not result.nfields:
            return None
        return [
            Column((result.fname(index).decode(), result.ftype(index), None, result.fsize(index), None, None, None))
            for index in range(result.nfields)
        ]

    def fetchone(self) -> Row | None:
        rows = self._take(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int = 1) -> list[Row]:
        return self._take(size)

    def fetchall(self) -> list[Row]:
        return self._take(None)

    def __iter__(self) -> Iterator[Row]:
        while (row := self.fetchone()) is not None:
            yield row

    def dictfetchone(self) -> dict[str, Any] | None:
        row = self.fetchone()
        return None if row is None else dict(zip(self._names(), row, strict=True))

    def dictfetchmany(self, size: int) -> list[dict[str, Any]]:
        names = self._names()
        return [dict(zip(names, row, strict=True)) for row in self.fetchmany(size)]

    def dictfetchall(self) -> list[dict[str, Any]]:
        names = self._names()
        return [dict(zip(names, row, strict=True)) for row in self.fetchall()]

    def _names(self) -> list[str]:
        result = self._result
        return [] if result is None else [result.fname(index).decode() for index in range(result.nfields)]

    def _take(self, size: int | None) -> list[Row]:
        result = self._result
        if result is None or not result.nfields:
            raise psycopg.ProgrammingError("no results to fetch")
        if self._converter is None:
            self._converter = driver.transformer(driver.ADDON_ADAPTERS, self._cnx)
            self._converter.set_pgresult(result)
        start, end = self._position, result.ntuples
        if size is not None:
            end = min(start + size, end)
        self._position = end
        rows: list[Row] = self._converter.load_rows(start, end, tuple)
        return rows

    # -- COPY -------------------------------------------------------------------------------------------------------
    def copy_expert(self, sql: Any, file: Any, size: int = 65536) -> None:
        """Carry out COPY ... FROM STDIN or TO STDOUT with a file object of bytes or text."""
        code = self._written(sql, None)
        start = _clock()
        self._open()
        # psycopg's own cursor knows the protocol; it opens no transaction because the connection is in autocommit.
        with self._cnx.cursor() as cursor, cursor.copy(code) as copy:
            if "stdin" in code.lower():
                while data := file.read(size):
                    copy.write(data)
            else:
                for block in copy:
                    _write(file, bytes(block))
        self._affected = cursor.rowcount
        self._count(start, code, None)

    def copy_from(
        self,
        file: Any,
        table: str,
        sep: str = "\t",
        null: str = "\\N",
        size: int = 8192,
        columns: Sequence[str] | None = None,
    ) -> None:
        """Fill `table` from a file of COPY's text format."""
        names = f" ({', '.join(map(quote_name, columns))})" if columns else ""
        self.copy_expert(
            f"COPY {quote_name(table)}{names} FROM STDIN WITH (DELIMITER {quote(sep)}, NULL {quote(null)})", file, size
        )

    def copy_to(
        self, file: Any, table: str, sep: str = "\t", null: str = "\\N", columns: Sequence[str] | None = None
    ) -> None:
        """Write the rows of `table` to a file in COPY's text format."""
        names = f" ({', '.join(map(quote_name, columns))})" if columns else ""
        self.copy_expert(
            f"COPY {quote_name(table)}{names} TO STDOUT WITH (DELIMITER {quote(sep)}, NULL {quote(null)})", file
        )

    def copy_rows(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Append rows to a table with one COPY; the number of rows. No ids come back, so they must be among the values."""
        start = _clock()
        self._open()
        code = f"COPY {quote_name(table)} ({', '.join(map(quote_name, columns))}) FROM STDIN"
        with self._cnx.cursor() as cursor, cursor.copy(code) as copy:
            for row in rows:
                copy.write_row(row)
        self._count(start, code, None)
        return cursor.rowcount

    # -- the transaction --------------------------------------------------------------------------------------------
    def _open(self) -> None:
        link = self.link
        if link.is_idle and not link.autocommit:
            link.command(link.begin)

    def control(self, code: str) -> None:
        """Carry out a SAVEPOINT statement."""
        self._open()
        self.link.command(code.encode())
        self.sql_count += 1

    def now(self) -> datetime:
        """The moment the transaction began, naive UTC."""
        if self._now is None:
            self._now = self.fetch(SQL("SELECT now() AT TIME ZONE 'UTC'"))[0][0]
        assert self._now is not None
        return self._now

    def commit(self) -> None:
        """Flush, make everything durable, run the postcommit callbacks. The ORM forgets: others may have written."""
        self.flush()
        self._end(b"COMMIT")
        self.clear()
        self.prerollback.clear()
        self.postrollback.clear()
        self.postcommit.run()

    def rollback(self) -> None:
        """Undo everything since the last commit; run the callbacks that wait for it."""
        self.clear()
        self.postcommit.clear()
        self.prerollback.run()
        self._end(b"ROLLBACK")
        self.postrollback.run()

    def _end(self, code: bytes) -> None:
        link = self.link
        self._now = None
        self._result = self._converter = None
        if link.is_idle:
            return
        start = _clock()
        try:
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
                if self.readonly and not link.is_idle:
                    self._end(b"COMMIT")
                else:
                    self.rollback()
        finally:
            self.clear()
            self._link = self._result = self._converter = None
            self._give_back(link)

    def __enter__(self) -> Cursor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and not self.closed:
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

    # -- accounting -------------------------------------------------------------------------------------------------
    def _count(self, start: float, code: str, params: Any) -> None:
        self.sql_count += 1
        seconds = _clock() - start
        self.sql_seconds += seconds
        if _logger.isEnabledFor(logging.DEBUG):
            _logger.debug("[%.3f ms] query: %s", 1000 * seconds, bind(code, params) if params else code)

    def _log_failure(self, code: str, params: Any) -> None:
        _logger.error("bad query: %s", bind(code, params).encode() if params else code)

    def print_log(self) -> None:
        """Log how much time the statements of this cursor took."""
        _logger.debug("%s statements in %.3f s on %s", self.sql_count, self.sql_seconds, self.dbname)


def _check_params(params: Any) -> None:
    if not isinstance(params, Sequence) and not hasattr(params, "keys"):
        raise ValueError(f"SQL query parameters should be a tuple, list or dict; got {params!r}")


def _write(file: Any, data: bytes) -> None:
    try:
        file.write(data)
    except TypeError:  # opened as text
        file.write(data.decode())
