"""What is one connection to PostgreSQL: statements sent two ways, its transaction, its prepared statements.

`run` sends a text as it is (simple protocol, several statements allowed). `run_bound` sends an ORM statement beside its
parameters: unnamed the first time the process meets it, prepared and kept by name from the second time on.
psycopg's own cursor is bypassed: it costs more than the statement, and drops its prepared statements at each ROLLBACK.
"""

from __future__ import annotations

import os
import re
import select
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg
from psycopg import pq

from fondaco.sql import driver
from fondaco.sql.fragment import SQL
from fondaco.sql.literals import bind
from fondaco.sql.marks import Key, flat, leaves_open, numbered
from fondaco.sql.parameters import DUMPERS, IN_BINARY, NotBindable, dump

MOMENT = b"SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
"""Rides on BEGIN: whoever writes asks for the moment, and a statement of its own costs more."""
KEPT_S = 3.0
"""How long a pooler may keep the beginning of a transaction waiting before somebody asks why."""
KEPT_STATEMENTS = 1000
"""Prepared statements a connection keeps; some 10 KB each in the backend."""
REMEMBERED_STATEMENTS = 5000

_OK = (int(pq.ExecStatus.TUPLES_OK), int(pq.ExecStatus.COMMAND_OK), int(pq.ExecStatus.EMPTY_QUERY))
_COPYING = (int(pq.ExecStatus.COPY_IN), int(pq.ExecStatus.COPY_OUT), int(pq.ExecStatus.COPY_BOTH))
_IDLE = int(pq.TransactionStatus.IDLE)
_ACTIVE = int(pq.TransactionStatus.ACTIVE)
_IN_ERROR = int(pq.TransactionStatus.INERROR)
_UNKNOWN_STATUS = int(pq.TransactionStatus.UNKNOWN)
_BAD = int(pq.ConnStatus.BAD)
_UNTYPED = ("42P18", "42P08", "42883", "42725", "42804")
"""indeterminate datatype, ambiguous parameter, undefined or ambiguous function, datatype mismatch"""
_RESULT_CHANGED = "0A000"
_DDL = (b"ALTER", b"DROP")
_LEAVES_TRACES = re.compile(
    r"(?:^|;)\s*(?:SET|LISTEN|PREPARE|DECLARE|LOAD)\b|\bTEMP(?:ORARY)?\b|\bpg_(?:try_)?advisory_lock", re.IGNORECASE
)
SEARCHED = 500
"""So many characters of a statement of an addon are searched for what outlives a transaction."""
SET_UP = b"SET TIME ZONE 'UTC'"


class _Seen(NamedTuple):
    """What the process knows about a statement."""

    code: bytes
    formats: list[int] | None
    result_format: int


class _Statement:
    """A prepared statement: its name, the formats of its parameters, and the converter of its rows."""

    __slots__ = ("formats", "has_loaders", "name", "result_format", "transformer", "used")

    def __init__(self, name: bytes, seen: _Seen, transformer: Any) -> None:
        self.name = name
        self.formats = seen.formats
        self.result_format = seen.result_format
        self.transformer = transformer
        self.has_loaders = False
        self.used = 0.0


faces: dict[str, Callable[[Link], Any]] = {"connection": lambda link: link.connection}  # type: ignore[has-type]
"""How a connection shows itself to addons; the psycopg2 shim puts its own here."""

_UNSEEN: Any = object()
_seen: dict[Key, _Seen | None] = {}
"""Statements that some connection has executed; None: only possible with its values written in."""
_seen_lock = threading.Lock()


class Link:
    """One connection. Used by one cursor at a time; never shared between processes."""

    def __init__(self, connection: psycopg.Connection[Any], dbname: str, *, keeps_statements: bool = True) -> None:
        self.connection = connection
        self.pgconn = connection.pgconn
        self.dbname = dbname
        self.keeps_statements = keeps_statements
        self.pid = os.getpid()
        self.born = self.idle_since = time.monotonic()
        self.autocommit = False
        self.is_replica = False
        self.has_traces = False
        self.has_acted = False  # in the open transaction: something was asked for that may have changed or locked rows
        self.thread = 0  # of the cursor that has it
        self.statement = ""  # the last one, without its values
        self.is_ending = False
        self.face: Any = None
        self.backend = self.pgconn.backend_pid  # process of PostgreSQL; behind a pooler, that of the last transaction
        self.database: int | None = None  # PostgreSQL's number of it, where somebody asked
        self.when_kept: Callable[[], None] | None = None  # a pooler gives no connection; what it raises ends the wait
        self.begin = b"BEGIN ISOLATION LEVEL REPEATABLE READ"
        self.moment: bytes | None = None
        self.statements: dict[Key, _Statement] = {}
        self._met: set[Key] | None = None  # since tables changed; None: they did not
        self.keys_by_code: dict[str, list[Key]] = {}
        self._openings: dict[bytes, bytes] = {}  # {what opens a transaction: its prepared name; b"": met once}
        self._number = 0
        self._readable = select.poll()
        self._readable.register(self.pgconn.socket, select.POLLIN)
        self._dropped: list[bytes] = []

    def __repr__(self) -> str:
        return f"<Link {self.dbname} backend={self.backend} statements={len(self.statements)}>"

    @property
    def is_alive(self) -> bool:
        """Whether the server has not hung up, as far as one can tell without asking it."""
        pgconn = self.pgconn
        if pgconn.status == _BAD or self.pid != os.getpid():
            return False
        if self.is_ending:
            try:
                self._settle()
            except psycopg.OperationalError:
                return False
        # On an idle connection there is nothing to read but notices, a farewell, and then the end.
        while self._readable.poll(0):
            try:
                pgconn.consume_input()
            except psycopg.OperationalError:
                return False
            if pgconn.status == _BAD:
                return False
        return True

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler stands before PostgreSQL, which may give each transaction another connection."""
        return self.when_kept is not None

    @property
    def is_idle(self) -> bool:
        """Whether no transaction is open, or only one whose end was sent."""
        return self.is_ending or self.pgconn.transaction_status == _IDLE

    @property
    def is_busy(self) -> bool:
        """Whether a statement is being carried out. May be asked by another thread."""
        return not self.is_ending and self.pgconn.transaction_status == _ACTIVE

    @property
    def is_failed(self) -> bool:
        """Whether a statement of the open transaction has failed."""
        return self.pgconn.transaction_status == _IN_ERROR

    @property
    def is_lost(self) -> bool:
        return self.pgconn.status == _BAD or self.pgconn.transaction_status == _UNKNOWN_STATUS

    def end_unheard(self) -> None:
        """Send COMMIT for a transaction that only read, and do not wait: nothing hangs on the answer, which whoever
        uses the connection next takes off it."""
        self.pgconn.send_query(b"COMMIT")
        self.pgconn.flush()
        self.is_ending = True

    def _settle(self) -> None:
        """Take the answer to `end_unheard` off the connection. `psycopg.OperationalError` if it was lost meanwhile."""
        self.is_ending = False
        while self._next_result() is not None:
            pass

    def _next_result(self, when_kept: Callable[[], None] | None = None) -> Any:
        """The next result of what was sent. The driver's own `get_result` holds up all threads while it waits."""
        pgconn = self.pgconn
        while pgconn.is_busy():
            if self._readable.poll(when_kept and KEPT_S * 1000):
                pgconn.consume_input()
            elif when_kept is not None:
                when_kept()
        return pgconn.get_result()

    def close(self) -> None:
        """Hang up; an open transaction is rolled back by the server."""
        self.connection.close()

    # -- as text ----------------------------------------------------------------------------------------------------
    def command(self, code: bytes) -> Any:
        """Carry out a statement without parameters; its result, or the exception it failed with."""
        if self.is_ending:
            self._settle()
        result = self.pgconn.exec_(code)
        if result.status not in _OK:
            raise self._failure(result)
        return result

    def run(self, code: str) -> Any:
        """Carry out a text in the transaction, opening one if need be; the result of its last statement."""
        pgconn = self.pgconn
        if self.is_idle and not self.autocommit:
            self.open()
        self.has_acted = True
        result = pgconn.exec_(code.encode())
        if result.status not in _OK:
            raise self._failure(result)
        if (result.command_status or b"").startswith(_DDL):
            self.forget_statements()
        if _LEAVES_TRACES.search(code, 0, SEARCHED):
            self.has_traces = True
        return result

    def clean(self) -> None:
        """Take back what the statements of the last user left in the session: settings, temporary tables, locks."""
        self.has_traces = False
        self._lose_statements()
        self.command(b"DISCARD ALL")
        self.command(SET_UP)

    def open(self, columns: bytes = b"") -> list[bytes | None]:
        """Begin a transaction, which tells when, and answer `columns` (expressions after a comma) as texts."""
        self.has_acted = False
        is_pooled = self.is_pooled
        question = MOMENT + columns + (b", pg_backend_pid()" if is_pooled else b"")
        names = self._names_to_open(self.begin, question)
        result = self._execute_in_a_row(names) if names else self.begin_with(self.begin + b"; " + question)
        answer = [result.get_value(0, column) for column in range(result.nfields)]
        if is_pooled:
            self.backend = int(answer.pop())
        self.moment = answer[0] if answer else None
        return answer[1:]

    def begin_with(self, code: bytes) -> Any:
        """As `command`, for what comes first: a pooler looks for a connection of PostgreSQL now. For a database that is
        no more it finds none, says that the log-in failed, or keeps us waiting."""
        if self.when_kept is None:
            return self.command(code)
        if self.is_ending:
            self._settle()
        found = None
        try:
            self.pgconn.send_query(code)
            while (result := self._next_result(self.when_kept)) is not None:
                found = result
        except psycopg.OperationalError:
            self.close()
            self.when_kept()
            raise
        if found is None or found.status not in _OK:
            raise self._failure(found) if found else psycopg.OperationalError("lost as a transaction began")
        return found

    def _names_to_open(self, begin: bytes, question: bytes) -> list[bytes]:
        """The two as prepared statements, from the second time on: parsing and planning them costs as much as all else
        about them. None where statements are not kept, or `begin` is several."""
        if not self.keeps_statements or b";" in begin:
            return []
        if not self._openings.keys() >= {begin, question}:
            self._openings[begin] = self._openings[question] = b""
            return []
        return [self._openings[code] or self._named(code) for code in (begin, question)]

    def _named(self, code: bytes) -> bytes:
        self._number += 1
        name = b"o%d" % self._number
        self._prepare(name, code, [])
        self._openings[code] = name
        return name

    def _execute_in_a_row(self, names: list[bytes]) -> Any:
        """Have prepared statements without parameters carried out on one way to the server; the result of the last."""
        if self.is_ending:
            self._settle()
        pgconn = self.pgconn
        pgconn.enter_pipeline_mode()
        for name in names:
            pgconn.send_query_prepared(name, None)
        pgconn.pipeline_sync()
        results = []
        for _name in names:
            results.append(self._next_result())
            self._next_result()  # what tells that there is no more of this one
        self._next_result()  # the answer to the sync
        if pgconn.status != _BAD:
            pgconn.exit_pipeline_mode()
        for result in results:
            if result is None:
                raise psycopg.OperationalError("the connection was lost as a transaction began")
            if result.status not in _OK:
                raise self._prepared_failure(result)
        return results[-1]

    def _prepare(self, name: bytes, code: bytes, oids: list[int]) -> None:
        if self.is_ending:
            self._settle()
        result = self.pgconn.prepare(name, code, oids)
        if result.status not in _OK:
            raise driver.error_of(result)

    def _failure(self, result: Any) -> psycopg.Error:
        if result.status in _COPYING:
            if result.status == pq.ExecStatus.COPY_IN:
                self.pgconn.put_copy_end(b"COPY needs copy_from, copy_to or copy_expert")
            while self.pgconn.get_result() is not None:
                pass
            return psycopg.ProgrammingError("cr.execute: found COPY FROM STDIN or TO STDOUT; use cr.copy_expert")
        return driver.error_of(result)

    # -- beside their parameters ------------------------------------------------------------------------------------
    def run_bound(self, sql: SQL, *, only_reads: bool = False) -> tuple[Any, Any]:
        """Carry out an ORM statement; (result, converter of its rows or None)."""
        pgconn = self.pgconn
        self.statement = sql._code
        if self.is_idle and not self.autocommit:
            self.open()
        if not only_reads:
            self.has_acted = True
        oids: list[Any] = []
        values: Any = []
        try:
            for param in sql._params:
                if param.__class__ is tuple:
                    # The list of oids within the key tells its length.
                    dumped = [DUMPERS.get(item.__class__, dump)(item) for item in param]
                    if not dumped:
                        raise NotBindable
                    oids.append(tuple([oid for oid, _data in dumped]))
                    values += [data for _oid, data in dumped]
                else:
                    oid, data = DUMPERS.get(param.__class__, dump)(param)
                    oids.append(oid)
                    values.append(data)
        except NotBindable:
            return self._run_written(sql)
        key = (sql._code, *oids)
        statement = self.statements.get(key)
        if statement is None:
            return self._run_new(sql, key, values)
        statement.used = time.monotonic()
        result = pgconn.exec_prepared(statement.name, values, statement.formats, statement.result_format)
        if result.status not in _OK:
            raise self._prepared_failure(result)
        converter = statement.transformer
        if statement.has_loaders:
            converter.set_pgresult(result, set_loaders=False)
        else:
            converter.set_pgresult(result)
            statement.has_loaders = True
        return result, converter

    def _run_written(self, sql: SQL) -> tuple[Any, Any]:
        code = bind(sql._code, sql._params) if sql._params else sql._code.replace("%%", "%")
        return self._converted(self.run(code))

    def _converted(self, result: Any) -> tuple[Any, Any]:
        converter = driver.transformer(driver.ORM_ADAPTERS, self.connection)
        converter.set_pgresult(result)
        return result, converter

    def _run_new(self, sql: SQL, key: Key, values: Any) -> tuple[Any, Any]:
        """A statement that this connection has not prepared for these types."""
        seen = _seen.get(key, _UNSEEN)
        if seen is None:
            return self._run_written(sql)
        if None in values and (fitting := self._fitting(key, values)) is not None:
            self.statements[key] = fitting
            return self.run_bound(sql, only_reads=not self.has_acted)
        if seen is _UNSEEN:
            return self._run_first(sql, key, values)
        if not self.keeps_statements or self._is_new_since_change(key):
            return self._checked(
                self.pgconn.exec_params(seen.code, values, flat(key), seen.formats, seen.result_format)
            )
        self._make_room()
        self._number += 1
        name = b"f%d" % self._number
        self._prepare(name, seen.code, flat(key))
        statement = _Statement(name, seen, driver.transformer(driver.ORM_ADAPTERS, self.connection))
        statement.used = time.monotonic()
        self.statements[key] = statement
        self.keys_by_code.setdefault(key[0], []).append(key)
        result = self.pgconn.exec_prepared(name, values, seen.formats, seen.result_format)
        if result.status not in _OK:
            raise self._prepared_failure(result)
        statement.transformer.set_pgresult(result)
        statement.has_loaders = True
        return result, statement.transformer

    def _fitting(self, key: Key, values: list[bytes | None]) -> _Statement | None:
        """A statement prepared for other types where these values are NULL: NULL fits them all."""
        oids = flat(key)
        for other in self.keys_by_code.get(key[0], ()):
            others = flat(other)
            if len(others) == len(oids) and all(
                value is None or mine == its for value, mine, its in zip(values, oids, others, strict=True)
            ):
                return self.statements.get(other)
        return None

    def _run_first(self, sql: SQL, key: Key, values: Any) -> tuple[Any, Any]:
        """A statement new to the process: sent unnamed. If it has parameters whose type nobody says, PostgreSQL may be
        unable to find one where a literal would do (`%s IS NULL`): then its values are written in, now and ever
        after."""
        oids = flat(key)
        code = numbered(sql._code, key)
        formats = [int(oid in IN_BINARY) for oid in oids] if not IN_BINARY.isdisjoint(oids) else None
        has_untyped = not self.autocommit and leaves_open(sql._code, key)
        if has_untyped:
            self.command(b"SAVEPOINT untyped")
        result = self.pgconn.exec_params(code, values, oids, formats)
        if result.status not in _OK:
            error = driver.error_of(result)
            if not has_untyped or error.sqlstate not in _UNTYPED:
                raise error
            self.command(b"ROLLBACK TO SAVEPOINT untyped; RELEASE SAVEPOINT untyped")
            answer = self._run_written(sql)
            _remember(key, None)
            return answer
        if has_untyped:
            self.command(b"RELEASE SAVEPOINT untyped")
        if (result.command_status or b"").startswith(_DDL):
            self.forget_statements()
        else:
            _remember(key, _Seen(code, formats, driver.result_format(result)))
        return self._converted(result)

    def _checked(self, result: Any) -> tuple[Any, Any]:
        if result.status not in _OK:
            raise driver.error_of(result)
        return self._converted(result)

    def _prepared_failure(self, result: Any) -> psycopg.Error:
        error = driver.error_of(result)
        if error.sqlstate == _RESULT_CHANGED and "cached plan" in str(error):
            self.forget_statements()
            return driver.StalePlan(f"a table changed under a prepared statement: {error}")
        if error.sqlstate == "26000":  # a pooler or DISCARD ALL took them away
            self._lose_statements()
            return driver.StalePlan(f"prepared statements are gone: {error}; behind PgBouncer set db_pgbouncer = True")
        return error

    # -- keeping statements -----------------------------------------------------------------------------------------
    def _is_new_since_change(self, key: Key) -> bool:
        """Whether tables have changed under this connection, and this is asked for the first time since then: between
        two changes most is asked once, which is not worth preparing."""
        if self._met is None or key in self._met:
            return False
        if len(self._met) >= REMEMBERED_STATEMENTS:
            self._met.clear()
        self._met.add(key)
        return True

    def forget_statements(self) -> None:
        """Drop all prepared statements: tables have changed."""
        self._met = set()
        self._dropped += {statement.name for statement in self.statements.values()}
        self._clear_statements()

    def _lose_statements(self) -> None:
        """The server has none of them any more."""
        self._clear_statements()
        self._openings.clear()
        self._dropped.clear()

    def _clear_statements(self) -> None:
        self.statements.clear()
        self.keys_by_code.clear()

    def _make_room(self) -> None:
        if len(self.statements) >= KEPT_STATEMENTS:
            by_age = sorted(self.statements.values(), key=lambda statement: statement.used)
            oldest = {statement.name for statement in by_age[: KEPT_STATEMENTS // 10]}
            self._dropped += oldest
            self.statements = {key: kept for key, kept in self.statements.items() if kept.name not in oldest}
            self.keys_by_code.clear()
            for key in self.statements:
                self.keys_by_code.setdefault(key[0], []).append(key)
        if self._dropped and self.pgconn.transaction_status != _IN_ERROR:
            names, self._dropped = self._dropped, []
            self.command(b";".join(b"DEALLOCATE " + name for name in names))


def _remember(key: Key, seen: _Seen | None) -> None:
    with _seen_lock:
        if len(_seen) >= REMEMBERED_STATEMENTS:
            for old in list(_seen)[: REMEMBERED_STATEMENTS // 10]:
                del _seen[old]
        _seen[key] = seen
