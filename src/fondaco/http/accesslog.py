"""One line and one measure for every request answered.

The line is the one that monitoring and fail2ban rules written for Odoo read:

    203.0.113.9 - - [01/Mar/2026 12:00:00] "GET /web/login HTTP/1.1" 200 - 3 0.001 0.004

With `log_format = json` its parts are keys: method, path, route, call (a model's method), status, address, uid, ms, the
number of statements and their ms. Probes that find all well are told at level DEBUG only.
"""

from __future__ import annotations

import logging
import re
import time
from typing import Any
from urllib.parse import quote

from fondaco import log, metrics

_access_logger = logging.getLogger("werkzeug")

Environ = dict[str, Any]
_NOTED = (("route", "fondaco.route"), ("call", "fondaco.call"), ("uid", "fondaco.uid"))
NO_ROUTE = "none"  # addresses that lead nowhere have no pattern, and there is no end of them
PROBES = frozenset({"/web/health", "/websocket/health", "/longpolling/health"})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def note(environ: Environ, status: str, began: float) -> None:
    """One line per request, in the documented format; and its part of the metrics."""
    database = environ.get("fondaco.db") or log.NO_DATABASE
    elapsed = time.perf_counter() - began
    metrics.REQUESTS.count(database, status[:3])
    metrics.REQUEST_SECONDS.observe(elapsed, database, environ.get("fondaco.route") or NO_ROUTE)
    count, seconds = environ.get("fondaco.performance", (0, 0.0))
    if count:
        metrics.SQL_STATEMENTS.count(database, by=count)
        metrics.SQL_SECONDS.count(database, by=seconds)
    level = logging.DEBUG if environ["PATH_INFO"] in PROBES and status.startswith("2") else logging.INFO
    if not _access_logger.isEnabledFor(level):
        return
    path = logged_path(environ)
    agent = f"{environ.get('REMOTE_ADDR', '-')} - - {_moment()}"
    # Made by hand: `info` would walk the stack to find out where it was called.
    record = logging.LogRecord(
        _access_logger.name,
        level,
        __file__,
        0,
        f'{agent} "{environ["REQUEST_METHOD"]} {path} {environ.get("SERVER_PROTOCOL", "HTTP/1.1")}" {status[:3]} -',
        None,
        None,
    )
    record.perf_info = f"{count} {seconds:.3f} {max(0.0, elapsed - seconds):.3f}"
    record.dbname = database
    record.fields = {
        "method": environ["REQUEST_METHOD"],
        "path": path,
        "status": int(status[:3]),
        "address": environ.get("REMOTE_ADDR", "-"),
        "ms": round(elapsed * 1000, 1),
        "sql_count": count,
        "sql_ms": round(seconds * 1000, 1),
        **{key: environ[name] for key, name in _NOTED if environ.get(name)},
    }
    _access_logger.handle(record)


def logged_path(environ: Environ) -> str:
    """Path and query as they came, or quoted again: nothing in it may end a line of the log."""
    path = str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "")
    if not path:
        query = environ.get("QUERY_STRING")
        path = quote(environ["PATH_INFO"], encoding="latin-1") + (f"?{query}" if query else "")
    path = SECRETS.sub(r"\1\2***", path)
    return path if path.isascii() and path.isprintable() else quote(path, safe="/:?&=%+,;@!$'()*~-._")


SECRETS = re.compile(r"(?i)((?:[\w-]|%5F)*(?:token|password|key|search))(=|%3D)(?:(?!%26|%23)[^&#])*")
"""Parameters of an address whose value is nobody's business but the caller's."""

_last_moment: tuple[int, str] = (0, "")


def _moment() -> str:
    """The moment as the access line has it, made once a second."""
    global _last_moment
    now = int(time.time())
    if _last_moment[0] != now:
        at = time.localtime(now)
        month = _MONTHS[at.tm_mon - 1]
        text = f"[{at.tm_mday:02d}/{month}/{at.tm_year} {at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}]"
        _last_moment = (now, text)
    return _last_moment[1]
