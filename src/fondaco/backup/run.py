"""A backup of databases: each captured, added to the repository, and noted; one that fails does not stop the others."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from fondaco.backup import state
from fondaco.backup.capture import captured
from fondaco.backup.place import PASSABLE, Place
from fondaco.backup.repository import Backup, Repository
from fondaco.errors import BackupError, DatabaseNotFound, FondacoError
from fondaco.modules import databases
from fondaco.modules.install import Progress
from fondaco.modules.registries import Registries

_logger = logging.getLogger(__name__)
STAGING, LOCK = "staging", "lock"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one database: its backup, or why there is none."""

    database: str
    backup: Backup | None
    seconds: float
    size: int = 0
    added: int = 0
    rows: int = 0
    files: int = 0
    missing: tuple[str, ...] = ()
    newly_missing: int = 0
    """Files more that are missing than were at the backup before"""
    failure: str = ""


def wanted(registries: Registries, names: Sequence[str]) -> list[str]:
    """The databases to back up: those named, those of db_name, or all that are ours."""
    there = databases.names(registries)
    chosen = list(names or registries.config["db_name"])
    for name in chosen:
        if name not in there:
            raise DatabaseNotFound(f"database {name!r} does not exist; `fondaco db list` shows those that do")
    chosen = chosen or [name for name in there if not databases.is_empty(registries, name)]
    if not chosen:
        raise BackupError("there is no database to back up")
    if any("," in name for name in chosen):
        raise BackupError(
            f"{[name for name in chosen if ',' in name]}: a name with a comma cannot be a tag of restic's"
        )
    return chosen


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Only one process at a time works in a folder of backups."""
    folder.mkdir(parents=True, exist_ok=True, mode=PASSABLE)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(
                f"{folder}: another `fondaco backup` is at work; wait for it, or see what it does (fuser {lock.name})"
            ) from error
        yield


def ready(place: Place) -> Repository:
    """The repository, made when there is none yet. One that was there before is not made anew: it went away."""
    repository = Repository(place)
    if not repository.exists():
        if known := state.read_folder(place.folder).events:
            raise BackupError(
                f"repository {place}: it is gone, though {', '.join(sorted(known))} was backed up before. Is its disk "
                f"mounted? If it is meant to begin anew: rm {place.folder / state.STATE}"
            )
        repository.make()
        _logger.info("repository made place=%s", place)
    elif not place.is_append_only:
        repository.release()
    return repository


def run(registries: Registries, repository: Repository, names: Sequence[str], progress: Progress) -> Iterator[Outcome]:
    """Back these databases up, one after the other; each outcome as it comes."""
    for name in names:
        started, began = time.monotonic(), datetime.now(UTC)
        try:
            yield _one(registries, repository, name, progress)
        except (FondacoError, OSError, psycopg.Error) as error:
            state.note(repository.place.folder, name, state.FAILED, began, reason=str(error))
            _logger.error("backup failed db=%s: %s", name, error)
            yield Outcome(name, None, time.monotonic() - started, failure=str(error))


def _one(registries: Registries, repository: Repository, name: str, progress: Progress) -> Outcome:
    started, place = time.monotonic(), repository.place
    with captured(registries, name, place.folder / STAGING / name, progress) as manifest:
        added = repository.add(place.folder / STAGING / name, name, manifest.moment, progress)
    before = state.read_folder(place.folder).last(name, state.RUN) or {}
    outcome = Outcome(
        name, Backup(added.id, name, manifest.moment), time.monotonic() - started, added.size, added.added,
        manifest.rows, manifest.files, manifest.missing, max(0, len(manifest.missing) - before.get("missing", 0)),
    )  # fmt: skip
    state.note(
        place.folder, name, state.RUN, manifest.moment, id=added.id, seconds=round(outcome.seconds, 3), size=added.size,
        added=added.added, rows=outcome.rows, files=outcome.files, missing=len(outcome.missing),
    )  # fmt: skip
    _logger.info("database backed up db=%s id=%s seconds=%.1f added=%s", name, added.id, outcome.seconds, added.added)
    return outcome
