"""A database from its backup, beside the one there is: whole or not at all, quiet unless it shall be the real one."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime

from fondaco.backup.repository import Backup, Repository, latest
from fondaco.backup.verify import Fetched, fetched
from fondaco.errors import BackupError, DatabaseExists
from fondaco.modules.install import Progress
from fondaco.modules.registries import Registries
from fondaco.modules.restore import restore as make_database
from fondaco.sql import databases

_logger = logging.getLogger(__name__)
SHOWN = 5  # damages in a sentence


@dataclass(frozen=True, slots=True)
class Restored:
    """A database that was restored: from what, as which, how long it took, and what could not be had."""

    backup: Backup
    database: str
    seconds: float
    moment: datetime
    lost: tuple[str, ...] = ()


def chosen(repository: Repository, database: str, *, id_: str | None = None, at: datetime | None = None) -> Backup:
    """The backup of a database with this id, the last one at a moment, or the last one of all."""
    there = repository.backups(database)
    if not there:
        known = sorted({backup.subject for backup in repository.backups()})
        raise BackupError(f"there is no backup of {database!r}; there are some of: {', '.join(known) or 'none'}")
    if id_ is not None:
        found = [backup for backup in there if backup.id.startswith(id_)]
        if len(found) != 1:
            raise BackupError(
                f"{id_!r} names {len(found) or 'no'} backups of {database!r}; `fondaco backup list` shows all"
            )
        return found[0]
    backup = latest(there, at)
    if backup is None:
        raise BackupError(f"no backup of {database!r} is as old as {at}; the first is {there[0]}")
    return backup


def restore(
    registries: Registries,
    repository: Repository,
    backup: Backup,
    name: str,
    progress: Progress,
    *,
    is_live: bool = False,
    with_losses: bool = False,
    hidden: bool = False,
) -> Restored:
    """Make database `name` from a backup.

    is_live: it takes the place of the original: same identity, mail and jobs go on. with_losses: files that the backup
    does not have whole are left out; without it they are a reason not to begin. hidden: the name is one of
    `passing_name`.
    """
    if not hidden:
        require_free(registries, name)
    started = time.monotonic()
    with fetched(repository, backup, progress) as found:
        if found.damages:
            _accept(found, with_losses)
        with found.rows.open("rb") as source:
            make_database(
                registries,
                name,
                source,
                copy=not is_live,
                neutralized=not is_live,
                hidden=hidden,
                files=found.files,
                progress=progress,
            )
        done = Restored(backup, name, time.monotonic() - started, found.manifest.moment, found.damages)
    _logger.info(
        "database restored from backup db=%s as=%s id=%s seconds=%.1f", backup.subject, name, backup.short, done.seconds
    )
    return done


def require_free(registries: Registries, name: str) -> None:
    """Refuse a name that is no name, or is taken: nothing is ever overwritten."""
    databases.check_name(name)
    if databases.exists(registries.pools, name):
        raise DatabaseExists(
            f"database {name!r} exists already and is left alone; choose another name, or `fondaco db rename` it"
        )


def _accept(found: Fetched, with_losses: bool) -> None:
    more = f"; and {len(found.damages) - SHOWN} more" if len(found.damages) > SHOWN else ""
    told = f"{found.backup} is damaged: {'; '.join(found.damages[:SHOWN])}{more}"
    if not found.has_rows:
        raise BackupError(f"{told}. Take another one (--id); `fondaco backup list` shows them")
    if not with_losses:
        raise BackupError(f"{told}. Take another one (--id), or restore without what is lost: --with-losses")
    _logger.warning("%s", told)
