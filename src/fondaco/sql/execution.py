"""How is a statement carried out the way psycopg2 does it: parameters written into the text, rows taken afterwards?"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg

from fondaco.sql import driver
from fondaco.sql.fragment import SQL, quote_name
from fondaco.sql.link import Link
from fondaco.sql.literals import bind, quote
from fondaco.sql.watching import watches
from fondaco.values.collections import split_every

_logger = logging.getLogger("odoo.sql_db")
_clock = time.perf_counter
LOGGED_CHARACTERS = 10000

Row = tuple[Any, ...]


class Column(tuple[Any, ...]):
    """A column of a result: (name, type oid, None, size, None, None, None), as the DB-API has it."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return str(self[0])

    @property
    def type_code(self) -> int:
        return int(self[1])


class Execution:
    """One statement after another on a connection, and the rows of the last one."""

    query: bytes | None = None
    sql_count = 0
    sql_seconds = 0.0
    _result: Any = None
    _converter: Any = None
    _position = 0
    _affected = -1

    @property
    def link(self) -> Link:
        """The connection; raises when this is closed."""
        raise NotImplementedError

    def execute(self, query: Any, params: Any = None, log_exceptions: bool = True) -> None:
        """Carry out text or SQL with psycopg2's meaning of parameters. Rows are then taken with fetchone() and the
        like."""
        code = self._written(query, params)
        start = _clock()
        self._result = None
        self.query = code.encode()
        link = self.link
        link.statement = str(query._code if isinstance(query, SQL) else query)
        try:
            result = link.run(code)
        except psycopg.Error as error:
            if log_exceptions:
                log_failure(str(query._code if isinstance(query, SQL) else query), error)
            raise
        finally:
            self._count(start, code, None)
        self._result = result
        self._converter = None
        self._position = 0
        touched = result.command_tuples
        self._affected = int(result.ntuples if touched is None else touched)

    def executemany(self, query: Any, vars_list: Iterable[Any]) -> None:
        """The same once for each of the parameters, as psycopg2's cursors do; rows are not kept."""
        for params in vars_list:
            self.execute(query, params)
        self._result = None

    @property
    def sql_log_count(self) -> int:
        """How many statements were carried out, by the name that tests of addons count them by."""
        return self.sql_count

    def _written(self, query: Any, params: Any) -> str:
        if isinstance(query, SQL):
            if params is not None:
                raise TypeError("cr.execute(SQL, params): the parameters belong inside the SQL")
            return bind(query._code, query._params) if query._params else query._code.replace("%%", "%")
        if isinstance(query, bytes):
            query = query.decode()
        elif not isinstance(query, str):
            query = query.as_string(self.link.connection)  # psycopg2.sql, psycopg.sql
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
            self._converter = driver.transformer(driver.ADDON_ADAPTERS, self.link.connection)
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
        self.link.has_acted = True
        # psycopg's own cursor knows the protocol; it opens no transaction because the connection is in autocommit.
        with self.link.connection.cursor() as cursor:
            with cursor.copy(code) as copy:
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
        """Append rows to a table with one COPY; the number of rows. No ids come back, so they must be among the
        values."""
        start = _clock()
        self._open()
        self.link.has_acted = True
        code = f"COPY {quote_name(table)} ({', '.join(map(quote_name, columns))}) FROM STDIN"
        with self.link.connection.cursor() as cursor:
            with cursor.copy(code) as copy:
                for row in rows:
                    copy.write_row(row)
            touched = cursor.rowcount
        self._count(start, code, None)
        return touched

    # -- accounting
    def _open(self) -> None:
        link = self.link
        if link.is_idle and not link.autocommit:
            link.open()

    def _count(self, start: float, code: str, params: Any) -> None:
        self.sql_count += 1
        seconds = _clock() - start
        self.sql_seconds += seconds
        for watch in watches:
            watch(self.link.dbname, code, seconds)
        if _logger.isEnabledFor(logging.DEBUG):
            _logger.debug("[%.3f ms] query: %s", 1000 * seconds, bind(code, params) if params else code)


def log_failure(code: str, error: psycopg.Error) -> None:
    """Log a statement that failed, with placeholders: its values, and the row that PostgreSQL quotes, may be secret."""
    if len(code) > LOGGED_CHARACTERS:
        code = f"{code[:LOGGED_CHARACTERS]} ... ({len(code)} characters)"
    # A request that wants to write after all is carried out again with the right to: nothing is wrong with it.
    level = logging.DEBUG if isinstance(error, psycopg.errors.ReadOnlySqlTransaction) else logging.ERROR
    _logger.log(level, "bad query: %s\nERROR: %s", code.encode(), error.diag.message_primary or type(error).__name__)


def _check_params(params: Any) -> None:
    if not isinstance(params, Sequence) and not hasattr(params, "keys"):
        raise ValueError(f"SQL query parameters should be a tuple, list or dict; got {params!r}")


def _write(file: Any, data: bytes) -> None:
    try:
        file.write(data)
    except TypeError:  # opened as text
        file.write(data.decode())
