"""Where log lines go and what they look like: text as Odoo 18 writes it, or JSON.

    2026-03-01 12:00:00,123 4711 INFO shop odoo.http: message

The moment is UTC, the name after the level is the database (`?` without one); what follows the message is empty but
for access lines, so other lines end with one space. Monitoring and fail2ban rules written for Odoo read these lines:
only the first line of an event begins at the margin, so that nothing a stranger types passes for another event.

    with log.about(db="shop", uid=2):
        _logger.info("...")
"""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import sys
import time
import unicodedata
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import orjson

from fondaco.config import Config

NO_DATABASE = "?"
DEFAULT_HANDLER = ":INFO"
LOGINS = "odoo.addons.base.models.res_users"
"""The logger of what happens at the door: log-ins, passwords, keys, devices. Whatever `log_level` says, it says INFO: a
jail that reads nothing bans nobody."""
LONGEST_WORD = 200  # characters of what a stranger typed that a line shows
INDENT = "    "
_LEVEL_COLOURS = {"DEBUG": 34, "INFO": 32, "WARNING": 33, "ERROR": 31, "CRITICAL": 41}

FONDACO_LOGGERS = {
    "odoo.http": ("fondaco.http",),
    "odoo.sql_db": ("fondaco.sql",),
    "odoo.modules": ("fondaco.modules", "fondaco.registry"),
    "odoo.models": ("fondaco.orm",),
    "odoo.service": ("fondaco.server", "fondaco.rpc"),
    "odoo": ("fondaco",),
}
"""Our loggers for the names that handlers of odoo.conf use."""

LEVELS: Mapping[str, tuple[str, ...]] = {
    "notset": (":NOTSET",),
    "debug": (":DEBUG",),
    "debug_sql": (":INFO", "odoo.sql_db:DEBUG"),
    "debug_rpc": (":INFO", "fondaco.rpc:DEBUG", "odoo.http:DEBUG"),
    "debug_rpc_answer": (":INFO", "fondaco.rpc:DEBUG", "odoo.http:DEBUG"),
    "test": (":INFO",),
    "info": (":INFO",),
    "runbot": (":INFO", "werkzeug:WARNING"),
    "warn": (":WARNING",),
    "error": (":ERROR",),
    "critical": (":CRITICAL",),
}

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_about: ContextVar[Mapping[str, Any]] = ContextVar("about", default=_NOTHING)


class about:
    """Everything logged within it concerns these: db, uid, request_id, ..."""

    __slots__ = ("_fields", "_token")

    def __init__(self, **fields: Any) -> None:
        self._fields = fields

    def __enter__(self) -> None:
        self._token = _about.set({**_about.get(), **self._fields})

    def __exit__(self, *_error: object) -> None:
        _about.reset(self._token)


def bind(**fields: Any) -> None:
    """From here on this thread of work concerns these; for what has no end, or is ended by `release`."""
    _about.set({**_about.get(), **fields})


def known(name: str, default: Any = None) -> Any:
    """What is known of the work under way: the value of `about(name=value)` around it."""
    return _about.get().get(name, default)


def release() -> None:
    """Forget what the work was about."""
    _about.set(_NOTHING)


def one_word(text: object) -> str:
    """What a stranger typed, as one word of a log line: nothing in it reads as the end or the start of a line.

    Spaces, line ends, quotes and what cannot be printed are written as in a URL, %20.
    """
    shown = str(text)[:LONGEST_WORD]
    odd = {char for char in shown if not char.isprintable() or char.isspace() or char in "%\"'"}
    return "".join(quote(char, safe="", errors="replace") if char in odd else char for char in shown) or "-"


def one_event(text: str) -> str:
    """The lines of one event: those after the first are indented, characters that move a cursor are written out."""
    if text.isprintable():
        return text
    return f"\n{INDENT}".join("".join(map(_visible, line)) for line in text.split("\n"))


def _visible(char: str) -> str:
    is_odd = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char != "\t"
    return char.encode("unicode_escape").decode() if is_odd else char


class _Context(logging.Filter):
    """Adds to each record what the format names."""

    def filter(self, record: logging.LogRecord) -> bool:
        fields = _about.get()
        record.pid = os.getpid()
        if not hasattr(record, "dbname"):
            record.dbname = fields.get("db") or NO_DATABASE
        if not hasattr(record, "perf_info"):
            record.perf_info = ""
        record.about = fields
        return True


class TextFormatter(logging.Formatter):
    """A line as Odoo 18 writes it; `utc_offset` adds +0000 to the moment, for readers that take it as local time."""

    converter = staticmethod(time.gmtime)

    def __init__(self, *, utc_offset: bool = False, colours: bool = False) -> None:
        super().__init__("%(asctime)s %(pid)s %(levelname)s %(dbname)s %(name)s: %(message)s %(perf_info)s")
        self.default_msec_format = "%s,%03d+0000" if utc_offset else "%s,%03d"
        self.colours = colours

    def format(self, record: logging.LogRecord) -> str:
        text = one_event(super().format(record))
        if not self.colours:
            return text
        level = record.levelname
        coloured = f"\x1b[1;{_LEVEL_COLOURS.get(level, 39)}m{level}\x1b[0m"
        return text.replace(f" {level} ", f" {coloured} ", 1)


class JsonFormatter(logging.Formatter):
    """One JSON object a line; `extra={"fields": {...}}` of a logging call becomes keys of it."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03d}+00:00",
            "level": record.levelname,
            "logger": record.name,
            "pid": record.process,
            **getattr(record, "about", {}),
            "message": record.getMessage(),
        }
        if (database := getattr(record, "dbname", NO_DATABASE)) != NO_DATABASE:
            line["db"] = database
        if performance := getattr(record, "perf_info", ""):
            line["perf"] = performance
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _json(line)


def _json(line: dict[str, Any]) -> str:
    try:
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # half a pair of surrogates, or a number of more than 64 bits: no reason to lose the event
        shown = {key: str(value).encode("utf-8", "backslashreplace").decode() for key, value in line.items()}
        return orjson.dumps(shown).decode()


def set_up(config: Config) -> None:
    """Send the log where the configuration says, and tell what there was to remark about the configuration."""
    remarks: list[str] = list(config.notices)
    handler, is_terminal = _handler(config, remarks)
    handler.addFilter(_Context())
    if config["log_format"] == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(TextFormatter(utc_offset=config["log_utc_offset"], colours=is_terminal))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    logging.captureWarnings(True)
    set_levels(config)
    logger = logging.getLogger("fondaco.config")
    for remark in remarks:
        logger.warning(remark)


@contextlib.contextmanager
def also_to(handler: logging.Handler) -> Iterator[None]:
    """Inside, lines go to `handler` too."""
    handler.addFilter(_Context())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def set_levels(config: Config) -> None:
    """Set the level of each logger from log_level, then log_handler, then --quiet."""
    wanted = [*LEVELS[config["log_level"]]]
    # Files saved by Odoo hold `log_handler = :INFO` besides the log_level that somebody wrote: the level is meant.
    wanted += [entry for entry in config["log_handler"] if entry != DEFAULT_HANDLER or config["log_level"] == "info"]
    if config["quiet"]:
        wanted.append(":ERROR")
    for entry in wanted:
        name, _, level = entry.rpartition(":")
        number = logging.getLevelName({"WARN": "WARNING"}.get(level.upper(), level.upper()))
        logging.getLogger(name).setLevel(number)
        for ours in FONDACO_LOGGERS.get(name, ()):
            logging.getLogger(ours).setLevel(number)
    if not any(entry.startswith(f"{LOGINS}:") for entry in wanted):
        door = logging.getLogger(LOGINS)
        door.setLevel(logging.NOTSET)
        door.setLevel(min(door.getEffectiveLevel(), logging.INFO))


def _handler(config: Config, remarks: list[str]) -> tuple[logging.Handler, bool]:
    """The handler, and whether a person looks at it."""
    if config["syslog"]:
        address = "/dev/log" if Path("/dev/log").exists() else ("localhost", logging.handlers.SYSLOG_UDP_PORT)
        return logging.handlers.SysLogHandler(address), False
    if config["logfile"]:
        try:
            Path(config["logfile"]).parent.mkdir(parents=True, exist_ok=True)
            # Watched: logrotate may move the file away.
            return logging.handlers.WatchedFileHandler(config["logfile"], encoding="utf-8"), False
        except OSError as error:
            remarks.append(f"{config.source('logfile')}: logfile: {error}; the log goes to standard error")
    return logging.StreamHandler(sys.stderr), sys.stderr.isatty()
