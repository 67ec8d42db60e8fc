"""What a command is, and which exit code an outcome has."""

from __future__ import annotations

import argparse
import errno
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

import psycopg

from fondaco import faults
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.errors import (
    AccessDenied,
    AccessError,
    ConfigError,
    DatabaseExists,
    DatabaseNotFound,
    FondacoError,
    UserError,
)


class Exit(IntEnum):
    """What the shell is told."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    DENIED = 4
    CONFLICT = 5
    UNANSWERED = 6
    INTERRUPTED = 130


class Command(NamedTuple):
    """A word after `fondaco`; `run` answers the exit code."""

    name: str
    help: str
    run: Callable[[argparse.Namespace, Config], int]
    add_arguments: Callable[[argparse.ArgumentParser, Given], None] = lambda parser, given: None
    is_talkative: bool = False
    """Whether its log is of interest when all goes well; a server's is, a command's answer stands alone."""
    needs_root: bool = False
    """Whether root stays root: for files and programs that are not the server's."""
    passes_on: bool = False
    """Whether what follows its first word is for somebody else (`passed_on`), options that look like ours too."""


class CommandError(FondacoError):
    """A sentence for the person at the keyboard, with its exit code."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code


DISK_FULL = (
    "the disk is full: {error}. Free some space, or choose a directory on another disk with --data-dir; "
    "nothing that was answered is lost"
)

# First match counts. An error that is not here is a bug and keeps its traceback.
_OUTCOMES: tuple[tuple[type[BaseException], Exit, str], ...] = (
    (psycopg.errors.DiskFull, Exit.FAILED, DISK_FULL),
    (psycopg.errors.InvalidPassword, Exit.DENIED, "PostgreSQL refused the password: {error}"),
    (psycopg.errors.InvalidAuthorizationSpecification, Exit.DENIED, "PostgreSQL refused the user: {error}"),
    (psycopg.errors.DuplicateDatabase, Exit.CONFLICT, "{error}"),
    (psycopg.errors.InvalidCatalogName, Exit.NOT_FOUND, "{error}"),
    (
        psycopg.OperationalError,
        Exit.FAILED,
        "PostgreSQL does not answer: {error}. Check db_host, db_port and db_user, or leave them out: "
        "Fondaco then starts its own PostgreSQL",
    ),
    (ConfigError, Exit.USAGE, "{error}"),
    (DatabaseNotFound, Exit.NOT_FOUND, "{error}"),
    (DatabaseExists, Exit.CONFLICT, "{error}"),
    (AccessDenied, Exit.DENIED, "{error}"),
    (AccessError, Exit.DENIED, "{error}"),
    (UserError, Exit.FAILED, "{error}"),
    (FondacoError, Exit.FAILED, "{error}"),
)
_MENDABLE = (psycopg.errors.DiskFull, psycopg.errors.InvalidPassword, psycopg.errors.InvalidAuthorizationSpecification)
EXPECTED_ERRORS: tuple[type[BaseException], ...] = (*(kind for kind, _code, _text in _OUTCOMES), OSError)


def is_bug(error: BaseException) -> bool:
    """Whether an error of an expected type is none that a person can mend: it keeps its traceback."""
    if not isinstance(error, psycopg.OperationalError) or isinstance(error, _MENDABLE):
        return False
    return error.sqlstate not in faults.UNREACHABLE


def outcome(error: BaseException) -> tuple[Exit, str]:
    """The exit code of an expected error, and what to say."""
    if isinstance(error, CommandError):
        return error.code, str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Exit.FAILED, DISK_FULL.format(error=error)
    for kind, code, text in _OUTCOMES:
        if isinstance(error, kind):
            return code, text.format(error=str(error).strip().rstrip("."))
    return Exit.FAILED, str(error)
