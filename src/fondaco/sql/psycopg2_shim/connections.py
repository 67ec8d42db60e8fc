"""What a connection and a cursor of psycopg2 are: for addons that open their own, and as the face of Fondaco's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fondaco.sql.execution import Execution, Row
from fondaco.sql.link import Link

ISOLATION_LEVELS = {
    "READ COMMITTED": 1,
    "REPEATABLE READ": 2,
    "SERIALIZABLE": 3,
    "READ UNCOMMITTED": 4,
}
_LEVEL_NAMES = {number: name for name, number in ISOLATION_LEVELS.items()}
AUTOCOMMIT = 0
KEPT_NOTICES = 50
DEFAULT = None


class Notify:
    """A notification: LISTEN's answer."""

    def __init__(self, pid: int, channel: str, payload: str = "") -> None:
        self.pid, self.channel, self.payload = pid, channel, payload

    def __repr__(self) -> str:
        return f"Notify({self.pid!r}, {self.channel!r}, {self.payload!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, tuple):
            return (self.pid, self.channel) == other
        return isinstance(other, Notify) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.pid, self.channel, self.payload))


class cursor(Execution):
    """A cursor of psycopg2's kind; a named one reads its rows at once, like the others."""

    itersize = 2000
    arraysize = 1

    def __init__(self, conn: connection, name: str | None = None, **_ignored: Any) -> None:
        super().__init__()
        self.connection = conn
        self.name = name
        self.closed = False
        self.scrollable = None
        self.withhold = False
        self.lastrowid = 0
        self.tzinfo_factory: Any = None
        self.row_factory: Any = None

    @property
    def link(self) -> Link:
        if self.closed or self.connection.closed:
            raise psycopg.InterfaceError("cursor already closed" if self.closed else "connection already closed")
        return self.connection.link

    def executemany(self, query: Any, vars_list: Iterable[Any]) -> None:
        for params in vars_list:
            self.execute(query, params)

    def callproc(self, procname: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
        """Call a function; its result is then fetched."""
        marks = ", ".join(
            [f"{name} := %({name})s" for name in parameters]
            if isinstance(parameters, Mapping)
            else ["%s"] * len(parameters)
        )
        self.execute(f"SELECT * FROM {procname}({marks})", parameters or None)
        return parameters

    @property
    def rownumber(self) -> int:
        return self._position

    def scroll(self, value: int, mode: str = "relative") -> None:
        """Move among the rows."""
        position = self._position + value if mode == "relative" else value
        if not 0 <= position <= self._affected:
            raise psycopg.ProgrammingError("scroll destination out of bounds")
        self._position = position

    def setinputsizes(self, sizes: Any) -> None:
        """The DB-API asks for it; nothing to do."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """The DB-API asks for it; nothing to do."""

    def close(self) -> None:
        self.closed = True
        self._result = self._converter = None

    def __enter__(self) -> cursor:
        return self

    def __exit__(self, *_about: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<cursor of {self.connection!r}; closed: {int(self.closed)}>"


class connection:
    """A connection of psycopg2's kind, over one of ours."""

    def __init__(self, dsn: str = "", *_ignored: Any, link: Link | None = None, **_more: Any) -> None:
        self.dsn = dsn
        self.cursor_factory: Any = None
        self.notices: list[str] = []
        self.notifies: list[Notify] = []
        self._is_closed = False
        self._isolation: int | None = None
        self._readonly: bool | None = None
        self._deferrable: bool | None = None
        if link is None:
            opened = psycopg.connect(dsn, autocommit=True, prepare_threshold=None)
            link = Link(opened, opened.info.dbname)
            link.begin = b"BEGIN"
        self.link = link
        self.link.connection.add_notice_handler(self._note)

    def __repr__(self) -> str:
        return f"<connection object to {self.link.dbname!r}; dsn: {self.dsn!r}, closed: {self.closed}>"

    def _note(self, note: psycopg.errors.Diagnostic) -> None:
        self.notices.append(f"{note.severity}:  {note.message_primary}\n")
        del self.notices[:-KEPT_NOTICES]

    def cursor(self, name: str | None = None, cursor_factory: Any = None, **more: Any) -> Any:
        if self.closed:
            raise psycopg.InterfaceError("connection already closed")
        return (cursor_factory or self.cursor_factory or cursor)(self, name=name, **more)

    # -- the transaction
    def commit(self) -> None:
        self._end(b"COMMIT")

    def rollback(self) -> None:
        self._end(b"ROLLBACK")

    def _end(self, code: bytes) -> None:
        if self.closed:
            raise psycopg.InterfaceError("connection already closed")
        if not self.link.is_idle:
            self.link.command(code)

    def reset(self) -> None:
        self.rollback()
        self.link.command(b"RESET ALL")
        self.set_session(isolation_level=None)

    def __enter__(self) -> connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # psycopg2: the block is a transaction; the connection stays open.
        if kind is None:
            self.commit()
        else:
            self.rollback()

    def close(self) -> None:
        self._is_closed = True
        self.link.close()

    def cancel(self) -> None:
        self.link.connection.cancel_safe()

    @property
    def closed(self) -> int:
        return int(self._is_closed or self.link.connection.closed)

    # -- how transactions begin
    @property
    def autocommit(self) -> bool:
        return self.link.autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        if not self.link.is_idle:
            raise psycopg.ProgrammingError("set_session cannot be used inside a transaction")
        self.link.autocommit = bool(value)

    @property
    def isolation_level(self) -> int | None:
        return AUTOCOMMIT if self.autocommit else self._isolation

    @isolation_level.setter
    def isolation_level(self, value: int | str | None) -> None:
        self.set_session(isolation_level=value)

    @property
    def readonly(self) -> bool | None:
        return self._readonly

    @readonly.setter
    def readonly(self, value: bool | None) -> None:
        self.set_session(readonly=value)

    @property
    def deferrable(self) -> bool | None:
        return self._deferrable

    def set_isolation_level(self, level: int | None) -> None:
        """As `autocommit` and `isolation_level` in one; an open transaction is rolled back."""
        self.rollback()
        if level == AUTOCOMMIT:
            self.link.autocommit = True
        else:
            self.link.autocommit = False
            self.set_session(isolation_level=level)

    def set_session(
        self,
        isolation_level: int | str | None = None,
        readonly: bool | None = None,
        deferrable: bool | None = None,
        autocommit: bool | None = None,
    ) -> None:
        if not self.link.is_idle:
            raise psycopg.ProgrammingError("set_session cannot be used inside a transaction")
        if isinstance(isolation_level, str):
            isolation_level = ISOLATION_LEVELS.get(isolation_level.upper())
        self._isolation = isolation_level if isolation_level is not None else self._isolation
        self._readonly = readonly if readonly is not None else self._readonly
        self._deferrable = deferrable if deferrable is not None else self._deferrable
        if autocommit is not None:
            self.link.autocommit = autocommit
        words = ["BEGIN"]
        if self._isolation:
            words.append(f"ISOLATION LEVEL {_LEVEL_NAMES[self._isolation]}")
        if self._readonly is not None:
            words.append("READ ONLY" if self._readonly else "READ WRITE")
        if self._deferrable is not None:
            words.append("DEFERRABLE" if self._deferrable else "NOT DEFERRABLE")
        self.link.begin = " ".join(words).encode()

    # -- facts
    @property
    def info(self) -> psycopg.ConnectionInfo:
        return self.link.connection.info

    @property
    def pgconn(self) -> Any:
        return self.link.pgconn

    @property
    def adapters(self) -> Any:
        return self.link.connection.adapters

    @property
    def status(self) -> int:
        return 1 if self.link.is_idle else 2

    @property
    def encoding(self) -> str:
        return "UTF8"

    def set_client_encoding(self, encoding: str) -> None:
        if encoding.replace("-", "").upper() not in ("UTF8", "UNICODE"):
            raise psycopg.NotSupportedError(f"client encoding {encoding!r}: only UTF8 is supported")

    @property
    def server_version(self) -> int:
        return self.info.server_version

    @property
    def protocol_version(self) -> int:
        return 3

    def get_backend_pid(self) -> int:
        return self.link.backend

    def get_dsn_parameters(self) -> dict[str, str]:
        return self.info.get_parameters()

    def get_parameter_status(self, parameter: str) -> str | None:
        return self.info.parameter_status(parameter)

    def get_transaction_status(self) -> int:
        return int(self.link.pgconn.transaction_status)

    # -- waiting for notifications
    def fileno(self) -> int:
        return self.link.pgconn.socket

    def poll(self) -> int:
        """Collect what has arrived, without waiting; 0 for psycopg2's POLL_OK."""
        self.link.pgconn.consume_input()
        while (found := self.link.pgconn.notifies()) is not None:
            self.notifies.append(Notify(found.be_pid, found.relname.decode(), found.extra.decode()))
        return 0

    def isexecuting(self) -> bool:
        return False


def connect(
    dsn: str | None = None, connection_factory: Any = None, cursor_factory: Any = None, **parameters: Any
) -> Any:
    """A new connection, outside Fondaco's pools."""
    parameters.pop("async_", None)
    if "database" in parameters:
        parameters["dbname"] = parameters.pop("database")
    given = make_conninfo(dsn or "", **{key: value for key, value in parameters.items() if value is not None})
    if not conninfo_to_dict(given):
        raise TypeError("missing dsn and no parameters")
    made = (connection_factory or connection)(given)
    if cursor_factory is not None:
        made.cursor_factory = cursor_factory
    return made


def connection_of(link: Link) -> connection:
    """The connection of one of Fondaco's cursors, as addons see it."""
    return _Face(link=link)


class _Face(connection):
    """Fondaco's own connection: what addons say about transactions holds until the cursor gives it back."""

    def close(self) -> None:
        raise psycopg.InterfaceError("this connection belongs to Fondaco's pool; close the cursor instead")


__all__ = ["ISOLATION_LEVELS", "Notify", "Row", "connect", "connection", "connection_of", "cursor"]
