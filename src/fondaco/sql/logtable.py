"""Log lines as rows of `ir_logging`, for those who read the log in the client (option `log_db`)."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

import psycopg

from fondaco.sql.connection import Pools
from fondaco.sql.driver import PoolError
from fondaco.sql.fragment import SQL

CURRENT = ("%d", "True", "true", "1")
"""Values of the option that mean: the database that a line is about."""
PAUSE_S = 60.0
"""After a row could not be written, how long none is tried: logging must not slow a server down that has trouble."""


class TableHandler(logging.Handler):
    """Writes each line in a transaction of its own; it stays when that of the work is rolled back."""

    def __init__(self, pools: Pools, target: str, level: str) -> None:
        super().__init__(level.upper())
        self._pools = pools
        self._target = target
        self._writing = threading.local()
        self._paused_until = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        database = getattr(record, "dbname", None) if self._target in CURRENT else self._target
        # what is logged while a row is written is not written: it would not end
        if not database or database == "?" or self._is_resting():
            return
        self._writing.is_busy = True
        try:
            with self._pools.autocommit(database) as cr:
                cr.run(self._statement(record))
        except (psycopg.Error, PoolError):
            self._paused_until = time.monotonic() + PAUSE_S
            self.handleError(record)
        finally:
            self._writing.is_busy = False

    def _is_resting(self) -> bool:
        return getattr(self._writing, "is_busy", False) or time.monotonic() < self._paused_until

    def _statement(self, record: logging.LogRecord) -> SQL:
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{logging.Formatter().formatException(record.exc_info)}"
        return SQL(
            """
            INSERT INTO ir_logging (create_date, type, dbname, name, level, message, path, line, func)
            VALUES (%s, 'server', %s, %s, %s, %s, %s, %s, %s)
            """,
            datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None),
            getattr(record, "dbname", None),
            record.name,
            record.levelname,
            message.replace("\0", ""),
            record.pathname,
            str(record.lineno),
            record.funcName or "",
        )
