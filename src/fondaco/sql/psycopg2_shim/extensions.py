"""psycopg2.extensions: connections, adapters, type readers, and the constants for their states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fondaco.sql.execution import Column
from fondaco.sql.fragment import quote_name
from fondaco.sql.psycopg2_shim.adapters import SQL_IN as SQL_IN
from fondaco.sql.psycopg2_shim.adapters import (
    AsIs,
    Binary,
    Boolean,
    DateTimeAdapter,
    Decimal,
    Float,
    Int,
    ISQLQuote,
    QuotedString,
    Type,
    adapt,
    adapters,
    new_array_type,
    new_type,
    register_adapter,
    register_type,
    string_types,
)
from fondaco.sql.psycopg2_shim.connections import Notify, connection, cursor
from fondaco.sql.psycopg2_shim.errors import QueryCanceledError, TransactionRollbackError

ISOLATION_LEVEL_AUTOCOMMIT = 0
ISOLATION_LEVEL_READ_COMMITTED = 1
ISOLATION_LEVEL_REPEATABLE_READ = 2
ISOLATION_LEVEL_SERIALIZABLE = 3
ISOLATION_LEVEL_READ_UNCOMMITTED = 4
ISOLATION_LEVEL_DEFAULT = None

STATUS_SETUP = 0
STATUS_READY = STATUS_IN_TRANSACTION_NOT = 1
STATUS_BEGIN = STATUS_IN_TRANSACTION = 2
STATUS_SYNC = 3
STATUS_ASYNC = 4
STATUS_PREPARED = 5

POLL_OK, POLL_READ, POLL_WRITE, POLL_ERROR = 0, 1, 2, 3

(
    TRANSACTION_STATUS_IDLE,
    TRANSACTION_STATUS_ACTIVE,
    TRANSACTION_STATUS_INTRANS,
    TRANSACTION_STATUS_INERROR,
    TRANSACTION_STATUS_UNKNOWN,
) = range(5)

Diagnostics = psycopg.errors.Diagnostic
ConnectionInfo = psycopg.ConnectionInfo
encodings = {"UTF8": "utf_8", "UNICODE": "utf_8", "LATIN1": "iso8859_1", "SQL_ASCII": "ascii"}

UNICODE = Type((19, 18, 25, 1042, 1043), "UNICODE")
UNICODEARRAY = Type((1002, 1003, 1009, 1014, 1015), "UNICODEARRAY")
BOOLEAN = Type((16,), "BOOLEAN")
DECIMAL = Type((1700,), "DECIMAL")
FLOAT = Type((701, 700), "FLOAT")
INTEGER = Type((20, 23, 21), "INTEGER")
LONGINTEGER = Type((20,), "LONGINTEGER")
BINARY = Type((17,), "BINARY")
DATE = PYDATE = Type((1082,), "DATE")
TIME = PYTIME = Type((1083, 1266), "TIME")
PYDATETIME = Type((1114,), "PYDATETIME")
PYDATETIMETZ = Type((1184,), "PYDATETIMETZ")
INTERVAL = PYINTERVAL = Type((1186,), "INTERVAL")
JSON = Type((114,), "JSON")
JSONB = Type((3802,), "JSONB")

_wait_callback: Callable[[Any], None] | None = None


def set_wait_callback(callback: Callable[[Any], None] | None) -> None:
    """psycopg2 calls it where green threads wait; our statements do not, so it is only kept."""
    global _wait_callback
    _wait_callback = callback


def get_wait_callback() -> Callable[[Any], None] | None:
    return _wait_callback


def quote_ident(name: str, scope: Any = None) -> str:
    """A name between double quotes."""
    return quote_name(name)


def make_dsn(dsn: str | None = None, **parameters: Any) -> str:
    if "database" in parameters:
        parameters["dbname"] = parameters.pop("database")
    return make_conninfo(dsn or "", **parameters)


def parse_dsn(dsn: str) -> dict[str, Any]:
    return dict(conninfo_to_dict(dsn))


def libpq_version() -> int:
    return psycopg.pq.version()


__all__ = [
    "AsIs", "Binary", "Boolean", "Column", "DateTimeAdapter", "Decimal", "Float", "ISQLQuote", "Int", "Notify",
    "QueryCanceledError", "QuotedString", "TransactionRollbackError", "adapt", "adapters", "connection", "cursor",
    "new_array_type", "new_type", "register_adapter", "register_type", "string_types",
]  # fmt: skip
