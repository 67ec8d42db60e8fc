"""Which requests took long, and which statements did it?

    WARNING shop fondaco.http.slowlog: slow request GET /web/action/1 route=/web/action/<int:id> uid=2 seconds=3.214
        sql_count=120 sql_seconds=2.913 id=6f1c...
        2.102 s in 1: SELECT ... FROM "res_partner" WHERE ...
        0.640 s in 80: SELECT ...

Statements are shown without their values, which may be secrets.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from fondaco.http.accesslog import logged_path
from fondaco.sql import watching
from fondaco.sql.scrub import without_values

_logger = logging.getLogger(__name__)

SHOWN = 5  # statements
KEPT = 1000  # different statements of one request
LONGEST = 1500  # characters of a statement


class _Notes(threading.local):
    """The statements of the request of this thread: text -> number, seconds."""

    def __init__(self) -> None:
        self.statements: dict[str, list[float]] | None = None


class SlowLog:
    """Notes the statements of each request, and tells of those that take `threshold` seconds or more."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._notes = _Notes()
        watching.watch(self._note)

    def __repr__(self) -> str:
        return f"<SlowLog threshold={self.threshold}>"

    def begin(self) -> None:
        """A request begins in this thread."""
        self._notes.statements = {}

    def end(self, environ: dict[str, Any], began: float) -> None:
        """It is answered."""
        statements, self._notes.statements = self._notes.statements or {}, None
        seconds = time.perf_counter() - began
        if seconds >= self.threshold:
            self._tell(environ, seconds, statements)

    def _note(self, _database: str, statement: str, seconds: float) -> None:
        statements = self._notes.statements
        if statements is None:
            return
        statement = without_values(statement[:LONGEST])
        row = statements.get(statement)
        if row is None:
            if len(statements) >= KEPT:
                return
            row = statements[statement] = [0, 0.0]
        row[0] += 1
        row[1] += seconds

    def _tell(self, environ: dict[str, Any], seconds: float, statements: dict[str, list[float]]) -> None:
        slowest = sorted(statements.items(), key=lambda one: -one[1][1])[:SHOWN]
        count, sql_seconds = environ.get("fondaco.performance", (0, 0.0))
        facts = {
            "route": environ.get("fondaco.route"),
            "call": environ.get("fondaco.call"),
            "uid": environ.get("fondaco.uid"),
            "seconds": round(seconds, 3),
            "sql_count": count,
            "sql_seconds": round(sql_seconds, 3),
            "id": environ.get("fondaco.request_id"),
        }
        known = {key: value for key, value in facts.items() if value is not None}
        _logger.warning(
            "slow request %s %s %s%s",
            environ["REQUEST_METHOD"],
            logged_path(environ),
            " ".join(f"{key}={value}" for key, value in known.items()),
            "".join(f"\n{taken:.3f} s in {int(number)}: {statement}" for statement, (number, taken) in slowest),
            extra={
                "dbname": environ.get("fondaco.db") or "?",
                "fields": {
                    **known,
                    "statements": [
                        {"statement": statement, "number": int(number), "seconds": round(taken, 3)}
                        for statement, (number, taken) in slowest
                    ],
                },
            },
        )
