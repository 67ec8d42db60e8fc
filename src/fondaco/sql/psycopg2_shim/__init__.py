"""What `import psycopg2` gives addons: psycopg2's names and meanings over the connections that Fondaco has.

`install()` puts this package into sys.modules under the name psycopg2, even where the real one is installed: its
exceptions must be the ones our cursors raise. Rows, parameters and errors behave as psycopg2's; replication and large
objects are absent.
"""

from __future__ import annotations

import sys
from typing import Any

from psycopg import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
)

from fondaco.sql.link import faces
from fondaco.sql.psycopg2_shim import errorcodes, errors, extensions, extras, pool, sql, tz
from fondaco.sql.psycopg2_shim.adapters import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
)
from fondaco.sql.psycopg2_shim.connections import connect, connection_of

NAME = "psycopg2"
apilevel = "2.0"
threadsafety = 2
paramstyle = "pyformat"
__version__ = "2.9.10 (dt dec pq3 ext lo64)"
__libpq_version__ = extensions.libpq_version()

__all__ = [
    "BINARY", "DATETIME", "NUMBER", "ROWID", "STRING", "Binary", "DataError", "DatabaseError", "Date", "DateFromTicks",
    "Error", "IntegrityError", "InterfaceError", "InternalError", "NotSupportedError", "OperationalError",
    "ProgrammingError", "Time", "TimeFromTicks", "Timestamp", "TimestampFromTicks", "Warning", "apilevel", "connect",
    "errorcodes", "errors", "extensions", "extras", "install", "paramstyle", "pool", "sql", "threadsafety", "tz",
]  # fmt: skip


def install() -> None:
    """Be `psycopg2` in this process."""
    modules: dict[str, Any] = {
        "": sys.modules[__name__], "errorcodes": errorcodes, "errors": errors, "extensions": extensions,
        "extras": extras, "pool": pool, "sql": sql, "tz": tz,
    }  # fmt: skip
    for name, module in modules.items():
        sys.modules[f"{NAME}.{name}" if name else NAME] = module
    faces["connection"] = connection_of
