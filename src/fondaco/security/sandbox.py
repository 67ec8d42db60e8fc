"""Which parts of modules code in the sandbox may hold: wrappers that show listed attributes and hide the module.

A logger is wrapped too: its handlers and its parents belong to the whole server.
"""

from __future__ import annotations

import datetime
import json
import logging
import time
import types
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import pytz
from dateutil import relativedelta

from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import dateutil
    from dateutil import parser, rrule, tz
else:
    dateutil = Deferred("dateutil")
    parser, rrule, tz = Deferred("dateutil.parser"), Deferred("dateutil.rrule"), Deferred("dateutil.tz")

Attributes = Iterable[str] | Mapping[str, Any]


class wrap_module:
    """Shows the listed attributes of a module; a mapping lists submodules with their attributes, or wrapped.

    Attributes are looked up when used, so that a test that freezes time freezes it here too.
    """

    # Names with a double underscore cannot be written in the sandbox.
    __slots__ = ("__allowed", "__module", "__parts")

    def __init__(self, module: types.ModuleType | Deferred, attributes: Attributes) -> None:
        nested = attributes if isinstance(attributes, Mapping) else dict.fromkeys(attributes)
        parts: dict[str, wrap_module] = {}
        for name, inner in nested.items():
            if isinstance(inner, wrap_module):
                parts[name] = inner
                continue
            if isinstance(module, Deferred):
                continue  # not loaded for this: what is listed of it is ours, and no module
            target = getattr(module, name)
            if isinstance(target, types.ModuleType):
                if inner is None:
                    raise TypeError(f"{module.__name__}.{name} is a module: list the attributes it may show")
                parts[name] = wrap_module(target, inner)
        object.__setattr__(self, "_wrap_module__module", module)
        object.__setattr__(self, "_wrap_module__allowed", frozenset(nested))
        object.__setattr__(self, "_wrap_module__parts", parts)

    def __getattr__(self, name: str) -> Any:
        if name in self.__parts:
            return self.__parts[name]
        if name in self.__allowed:
            found = getattr(self.__module, name)
            # a list belongs to the module, and so to everybody: code gets a copy
            return list(found) if isinstance(found, list) else _REPLACED.get((self.__module.__name__, name), found)
        raise AttributeError(f"{self!r} shows no attribute {name!r}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{self!r} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{self!r} cannot be changed")

    def __dir__(self) -> list[str]:
        return sorted(self.__allowed)

    def __repr__(self) -> str:
        return f"<wrapped {self.__module.__name__!r}>"


class wrap_logger:
    """Writes lines with a logger, and leads neither to its handlers and level nor to other loggers.

    Other options of a line (`extra`, `stack_info`, `stacklevel`) are about the server's code and are left aside.
    """

    __slots__ = ("__logger",)

    def __init__(self, logger: logging.Logger) -> None:
        self.__logger = logger

    def log(self, level: int, message: object, *args: object, exc_info: bool = False, **_options: object) -> None:
        self.__logger.log(level, message, *args, exc_info=exc_info)

    def debug(self, message: object, *args: object, exc_info: bool = False, **_options: object) -> None:
        self.log(logging.DEBUG, message, *args, exc_info=exc_info)

    def info(self, message: object, *args: object, exc_info: bool = False, **_options: object) -> None:
        self.log(logging.INFO, message, *args, exc_info=exc_info)

    def warning(self, message: object, *args: object, exc_info: bool = False, **_options: object) -> None:
        self.log(logging.WARNING, message, *args, exc_info=exc_info)

    warn = warning

    def error(self, message: object, *args: object, exc_info: bool = False, **_options: object) -> None:
        self.log(logging.ERROR, message, *args, exc_info=exc_info)

    def critical(self, message: object, *args: object, exc_info: bool = False, **_options: object) -> None:
        self.log(logging.CRITICAL, message, *args, exc_info=exc_info)

    def exception(self, message: object, *args: object, exc_info: bool = True, **_options: object) -> None:
        self.log(logging.ERROR, message, *args, exc_info=exc_info)


def _named_zone(name: str | None = None) -> Any:
    """`dateutil.tz.gettz`, but of names alone: it would open any file that is given as a path."""
    if (name and name.startswith(("/", ":", "."))) or (name and ".." in name):
        raise ValueError(f"{name!r} is no name of a time zone")
    return tz.gettz(name)


def _rule_of_named_zones(text: str, **options: Any) -> Any:
    """`dateutil.rrule.rrulestr`, which would open any file that its text gives as a time zone."""
    return rrule.rrulestr(text, **{"tzids": _named_zone, **options})


_REPLACED: dict[tuple[str, str], Any] = {
    ("dateutil.tz", "gettz"): _named_zone,
    ("dateutil.rrule", "rrulestr"): _rule_of_named_zones,
}

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

MODULES: dict[str, wrap_module] = {
    "datetime": wrap_module(
        datetime, ("date", "datetime", "time", "timedelta", "timezone", "tzinfo", "MAXYEAR", "MINYEAR", "UTC")
    ),
    "time": wrap_module(
        time,
        (
            "time", "strptime", "strftime", "sleep", "gmtime", "localtime", "mktime", "asctime", "ctime", "monotonic",
            "perf_counter", "time_ns", "timezone", "tzname", "altzone", "daylight",
        ),
    ),
    "dateutil": wrap_module(
        dateutil,
        {
            "parser": wrap_module(parser, ("isoparse", "parse")),
            "relativedelta": wrap_module(relativedelta, ("relativedelta", *_WEEKDAYS)),
            "rrule": wrap_module(
                rrule,
                (
                    "rrule", "rruleset", "rrulestr", "YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY",
                    "SECONDLY", *_WEEKDAYS,
                ),
            ),
            "tz": wrap_module(tz, ("gettz", "tzutc", "tzoffset", "UTC")),
        },
    ),
    "json": wrap_module(json, ("dumps", "loads")),
    "pytz": wrap_module(pytz, ("utc", "UTC", "timezone", "all_timezones", "common_timezones")),
}  # fmt: skip
"""The modules that expressions are given under these names."""
