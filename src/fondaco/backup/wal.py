"""What brings a whole PostgreSQL back to any moment: a copy of its files now and then, and its log of changes since.

PostgreSQL's archive_command puts segments of the log into a folder; they stay there until the next copy (the base) is
made, so the newest backup of the folder has all of them since the base. A base begins an epoch, which is named by its
moment; the backups of the log bear the name of theirs.

A PostgreSQL that takes the place of a lost one begins its log anew, under names that the other one's segments have: it
gets a base of its own, and the folder is cleared of what the other left.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import re
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import conninfo

from fondaco.backup import state
from fondaco.backup.repository import Backup, Progress, Repository
from fondaco.config import Config
from fondaco.errors import BackupError, ConfigError
from fondaco.sql import programs
from fondaco.sql.connection import Pools

BASE, LOG = "base=", "wal="
EPOCH = "%Y%m%dT%H%M%SZ"
SEGMENT = re.compile(r"[0-9A-F]{24}")
OF_A_LOG = re.compile(r"[0-9A-F]{24}(\.partial|\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history")
"""What archive_command brings; all else in the folder (`lost+found`) is not ours."""
START = re.compile(r"^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)", re.MULTILINE)
TIMELINE = 8  # letters at the beginning of a segment's name
ARCHIVED_WITHIN_S, POLL_S = 60.0, 0.1
CONTROL = "global/pg_control"
SYSTEM_IN_CONTROL, SYSTEM_IN_SEGMENT = 0, 24
"""Where PostgreSQL's files have the number that initdb gave it"""
STAGING, LOCK = "staging-base", "wal.lock"
GRANT = "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO "


@dataclass(frozen=True, slots=True)
class Archive:
    """Where PostgreSQL archives its log, how a role that may copy it connects, and how long what is kept."""

    folder: Path
    connection: str = field(repr=False)
    base_every: timedelta
    keep: timedelta


def archive_of(config: Config) -> Archive | None:
    """The archive of the configuration; None when the log is not kept. ConfigError with what is missing."""
    if not config["backup_wal_folder"]:
        return None
    folder, connection = Path(config["backup_wal_folder"]), str(config["backup_wal_connection"])
    if not folder.is_dir():
        raise ConfigError(f"backup_wal_folder: {folder} is no directory; see docs/operator/backups.md")
    try:
        given = conninfo.conninfo_to_dict(connection)
    except psycopg.ProgrammingError as error:
        raise ConfigError(f"backup_wal_connection: expected host=... user=...: {error}") from error
    if not connection or "password" in given:
        found = "a password" if "password" in given else "nothing"
        raise ConfigError(
            f"backup_wal_connection: found {found}, expected host=... user=... passfile=/FILE: programs get it as an "
            "argument, which every account of the machine can read"
        )
    days = {key: int(config[key] or 0) for key in ("backup_base_days", "backup_wal_days")}
    if min(days.values()) < 1:
        raise ConfigError(f"backup_base_days, backup_wal_days: found {days}, expected 1 or more")
    return Archive(
        folder, connection, timedelta(days=days["backup_base_days"]), timedelta(days=days["backup_wal_days"])
    )


def back_up(pools: Pools, repository: Repository, archive: Archive, progress: Progress) -> Backup:
    """Bring the log into the repository, after a new base where one is due; the backup of the log."""
    with alone(repository.place.folder):
        bases = repository.backups(kind=BASE)
        base = bases[-1] if bases else None
        if base is not None and not _is_of(archive, repository, base):
            _leave(repository, archive, base, progress)
            base = None
        if base is None or datetime.now(UTC) - base.moment > archive.base_every:
            if base is not None:
                _add_log(repository, archive, base, progress)  # the copy takes long, and may fail
            base = _add_base(pools, repository, archive, base, progress)
        return _add_log(repository, archive, base, progress)


def bring_log(repository: Repository, archive: Archive, progress: Progress) -> Backup:
    """Bring the log up to now, and nothing else."""
    with alone(repository.place.folder):
        bases = repository.backups(kind=BASE)
        if not bases:
            raise BackupError("there is no base for the log yet: `fondaco backup run` makes one")
        if not _is_of(archive, repository, bases[-1]):
            raise BackupError(
                f"the base of {bases[-1].moment:%Y-%m-%d %H:%M} UTC is of another PostgreSQL: the log of this one "
                "does not go on from it, and `fondaco backup run` makes a new one"
            )
        return _add_log(repository, archive, bases[-1], progress)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait for the others who bring the log, or remove backups: segments must not go while they are read, and a
    repository that is being cleared takes nothing."""
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def expired(repository: Repository, archive: Archive, now: datetime) -> list[Backup]:
    """The bases and logs of epochs that ended before what is to be kept."""
    bases = repository.backups(kind=BASE)
    gone = {base.subject for base, later in itertools.pairwise(bases) if later.moment < now - archive.keep}
    return [one for kind in (BASE, LOG) for one in repository.backups(kind=kind) if one.subject in gone]


# -- the base ---------------------------------------------------------------------------------------------------------
def _add_base(
    pools: Pools, repository: Repository, archive: Archive, before: Backup | None, progress: Progress
) -> Backup:
    folder = repository.place.folder / STAGING
    progress("copying PostgreSQL", 0, 1)
    with _emptied_around(folder):
        done = subprocess.run(
            [
                programs.suiting(pools).path("pg_basebackup"), "--pgdata", str(folder), "--dbname", archive.connection,
                "--wal-method", "stream", "--checkpoint", "fast", "--no-password",
            ],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {"LC_ALL": "C"},
        )  # fmt: skip
        if done.returncode:
            raise BackupError(f"pg_basebackup: {'; '.join(done.stderr.strip().splitlines()[-3:])}")
        with _connected(archive) as connection:
            moment = _now(connection)
        epoch = f"{moment:{EPOCH}}"
        start = START.search((folder / "backup_label").read_text())
        system = _system_in(folder / CONTROL, SYSTEM_IN_CONTROL)
        added = repository.add(folder, epoch, moment, progress, kind=BASE)
    state.note(
        repository.place.folder, state.CLUSTER, state.BASE, moment,
        id=added.id, size=added.size, epoch=epoch, system=str(system),
    )  # fmt: skip
    if before is not None:
        # The last of its epoch: a moment while the copy was made is had from the base before.
        _add_log(repository, archive, before, progress)
    if start is not None:
        _remove_before(archive.folder, start[1])
    return Backup(added.id, epoch, moment)


def _remove_before(folder: Path, segment: str) -> None:
    """Remove the segments that no recovery from the new base reads; they are in the repository."""
    for path in folder.iterdir():
        if SEGMENT.fullmatch(path.name) and path.name[TIMELINE:] < segment[TIMELINE:]:
            path.unlink()


@contextlib.contextmanager
def _emptied_around(folder: Path) -> Iterator[None]:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# -- which PostgreSQL -------------------------------------------------------------------------------------------------
def _is_of(archive: Archive, repository: Repository, base: Backup) -> bool:
    """Whether the base is of the PostgreSQL that runs."""
    noted = state.read_folder(repository.place.folder).last(state.CLUSTER, state.BASE) or {}
    if noted.get("epoch") == base.subject:
        system = int(noted["system"])
    else:  # made by an earlier version, or the machine that made it is lost
        with tempfile.TemporaryDirectory(dir=repository.place.folder) as scratch:
            repository.fetch(base, Path(scratch), only=[f"/{CONTROL}"])
            control = Path(scratch, CONTROL)
            if not control.is_file():
                return True  # it is damaged, which `verify` tells
            system = _system_in(control, SYSTEM_IN_CONTROL)
    return system == _system(archive)


def _system(archive: Archive) -> int:
    with _connected(archive) as connection:
        row = connection.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()
    assert row is not None
    return int(row[0]) % 2**64


def _system_in(path: Path, at: int) -> int:
    with path.open("rb") as file:
        file.seek(at)
        content = file.read(8)
    return struct.unpack("=Q", content)[0] if len(content) == 8 else 0


def _leave(repository: Repository, archive: Archive, base: Backup, progress: Progress) -> None:
    """Keep the end of the log of the PostgreSQL of the base, and clear the folder of it: archive_command does not
    replace a file, and would fail for ever where the new log comes to a name that the other's has."""
    system = _system(archive)
    ours = [path for path in archive.folder.iterdir() if OF_A_LOG.fullmatch(path.name) and path.is_file()]
    segments = [path for path in ours if SEGMENT.fullmatch(path.name)]
    old = [path for path in segments if _system_in(path, SYSTEM_IN_SEGMENT) != system]
    end = max((path.stat().st_mtime for path in old), default=0.0)
    # what is no segment does not say whose it is; its server wrote it before the last segment
    old += [path for path in ours if path not in segments and path.stat().st_mtime <= end]
    kept = max((log.moment for log in repository.backups(base.subject, kind=LOG)), default=base.moment)
    if old and (moment := datetime.fromtimestamp(end, UTC)) > kept:
        repository.add(archive.folder, base.subject, moment, progress, kind=LOG)
    for path in old:
        path.unlink()


# -- the log ----------------------------------------------------------------------------------------------------------
def _add_log(repository: Repository, archive: Archive, base: Backup, progress: Progress) -> Backup:
    """A backup of the folder that has everything committed until its moment."""
    with _connected(archive) as connection:
        moment = _now(connection)
        _wait_for(archive, connection, _switch(connection))
    added = repository.add(archive.folder, base.subject, moment, progress, kind=LOG)
    state.note(
        repository.place.folder, state.CLUSTER, state.LOG, moment, id=added.id, size=added.size, added=added.added
    )
    return Backup(added.id, base.subject, moment)


def _switch(connection: psycopg.Connection[tuple[str, ...]]) -> str:
    """End the segment of now; its name, or that of the last one where nothing was written since."""
    try:
        # One byte before: on a boundary, versions differ in which of the two segments they name.
        row = connection.execute("SELECT pg_walfile_name(pg_switch_wal() - 1)").fetchone()
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupError(
            f"backup_wal_connection: the role may not end a segment; as a superuser: {GRANT}{connection.info.user}"
        ) from error
    assert row is not None
    return row[0]


def _wait_for(archive: Archive, connection: psycopg.Connection[tuple[str, ...]], segment: str) -> None:
    end = time.monotonic() + ARCHIVED_WITHIN_S
    while not (archive.folder / segment).is_file():
        if time.monotonic() > end:
            row = connection.execute(
                "SELECT current_setting('archive_mode'), COALESCE(last_failed_wal, 'none') FROM pg_stat_archiver"
            ).fetchone()
            mode, failed = row if row is not None else ("unknown", "unknown")
            raise BackupError(
                f"segment {segment} did not come to {archive.folder} within {ARCHIVED_WITHIN_S:.0f} s: archive_mode is "
                f"{mode}, the last segment that archive_command failed for is {failed}; see the log of PostgreSQL"
            )
        time.sleep(POLL_S)


def _connected(archive: Archive) -> psycopg.Connection[tuple[str, ...]]:
    try:
        return psycopg.connect(conninfo.make_conninfo(archive.connection, dbname="postgres"), autocommit=True)
    except psycopg.OperationalError as error:
        raise BackupError(f"backup_wal_connection: {str(error).strip()}") from error


def _now(connection: psycopg.Connection[tuple[str, ...]]) -> datetime:
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::text").fetchone()
    assert row is not None
    return datetime.fromtimestamp(float(row[0]), UTC)
