"""Silence or soften loggers for a while: `with mute_logger("fondaco.sql"): ...`, also as a decorator."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class mute_logger(logging.Handler):
    """Drops what the named loggers say; entered again while active it changes nothing more."""

    def __init__(self, *loggers: str) -> None:
        super().__init__()
        self.loggers = loggers
        self._before: dict[str, tuple[list[logging.Handler], bool]] = {}

    def __enter__(self) -> None:
        for name in self.loggers:
            logger = logging.getLogger(name)
            self._before[name] = (logger.handlers, logger.propagate)
            logger.propagate = False
            logger.handlers = [self]

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        for name in self.loggers:
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = self._before.pop(name, ([], True))

    def __call__(self, func: F) -> F:
        @functools.wraps(func)
        def muted(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return muted  # type: ignore[return-value]

    def emit(self, record: logging.LogRecord) -> None:
        pass


class lower_logging(logging.Handler):
    """Records above `max_level` are logged at `to_level` instead, with their level in front of the message."""

    def __init__(self, max_level: int, to_level: int | None = None) -> None:
        super().__init__()
        self.max_level = max_level
        self.to_level = to_level or max_level
        self.had_error_log = False
        self._handlers: list[logging.Handler] = []

    def __enter__(self) -> lower_logging:
        root = logging.getLogger()
        self._handlers = root.handlers
        root.handlers = [self]
        self.had_error_log = False
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        logging.getLogger().handlers = self._handlers

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno > self.max_level:
            record.msg = f"_{record.levelname} {record.msg}"
            record.levelno = self.to_level
            record.levelname = f"_{logging.getLevelName(self.to_level)}"
            self.had_error_log = True
            record.args = tuple(
                str(argument).replace("Traceback (most recent call last)", "_Traceback_ (most recent call last)")
                for argument in record.args or ()
            )
        if logging.getLogger(record.name).isEnabledFor(record.levelno):
            for handler in self._handlers:
                if handler.level <= record.levelno:
                    handler.handle(record)
