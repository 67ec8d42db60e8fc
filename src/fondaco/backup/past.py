"""One database as it was at any moment: a PostgreSQL of the past, made from a base and the log, gives it and goes away.

The PostgreSQL that serves people is not touched; only the database that was asked for is made in it, under another
name.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from fondaco.backup.capture import FILES, ROWS, captured
from fondaco.backup.repository import Backup, Repository, latest
from fondaco.backup.restore import Restored, require_free
from fondaco.backup.verify import taken_away
from fondaco.backup.wal import BASE, LOG, SEGMENT
from fondaco.config import Config
from fondaco.errors import BackupError
from fondaco.modules.install import Progress
from fondaco.modules.registries import Registries
from fondaco.modules.restore import restore as make_database
from fondaco.sql.binaries import Account, account_for, binaries_for, is_reachable, major_of, run_as
from fondaco.sql.connection import Pools
from fondaco.sql.embedded import SHARED_HOME

PORT = 5432
TARGET_MISSED = "recovery ended before configured recovery target was reached"
RESTORED = re.compile(r'restored log file "([0-9A-F]{24})" from archive')
PATIENCE_S, POLL_S = 24 * 3600.0, 0.05
"""Replaying the log of a week may take hours; who gives up interrupts."""
STOP_S = 60.0
SHOWN_LINES = 6  # of PostgreSQL's last words
SETTINGS = """\
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
hba_file = '{home}/hba'
ident_file = '{home}/ident'
restore_command = 'cp {home}/wal/%f %p'
recovery_target_action = promote
hot_standby = off
archive_mode = off
max_connections = 20
shared_buffers = 64MB
dynamic_shared_memory_type = mmap
# It is thrown away.
fsync = off
full_page_writes = off
autovacuum = off
"""


def choose(repository: Repository, at: datetime) -> tuple[Backup, Backup] | None:
    """(base, log) from which that moment can be had; None where no log reaches it."""
    base = latest(repository.backups(kind=BASE), at)
    if base is None:
        return None
    logs = [log for log in repository.backups(base.subject, kind=LOG) if log.moment >= at]
    return (base, logs[0]) if logs else None


def spans(bases: list[Backup], logs: list[Backup]) -> list[tuple[datetime, datetime]]:
    """(since, until): between these any moment can be had. A base that was made while its PostgreSQL went on goes on
    from the one before; one of another PostgreSQL leaves the time in between to nobody."""
    last = {log.subject: log.moment for log in logs}  # the oldest come first
    ends = [later.moment for later in bases[1:]]
    found: list[tuple[datetime, datetime]] = []
    for base, end in itertools.zip_longest(bases, ends):
        until = last.get(base.subject)
        if until is None:
            continue
        since = found.pop()[0] if found and found[-1][1] == base.moment else base.moment
        found.append((since, until if end is None else min(until, end)))
    return found


def restore_at(
    registries: Registries,
    repository: Repository,
    sources: tuple[Backup, Backup],
    database: str,
    name: str,
    at: datetime,
    progress: Progress,
    *,
    is_live: bool = False,
) -> Restored:
    """Make database `name` of what `database` was at a moment, neutralised unless it is to be the real one."""
    require_free(registries, name)
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="then-", dir=repository.place.folder) as scratch,
        _past(registries.config, repository, sources, at, progress) as then,
        # The files are those of today's store: a name never changes its content.
        captured(then, database, Path(scratch), progress) as manifest,
    ):
        folder = Path(scratch)
        lost = _fetch_missing(repository, database, manifest.missing, folder / FILES, progress)
        with (folder / ROWS).open("rb") as rows:
            make_database(
                registries, name, rows, copy=not is_live, neutralized=not is_live, files=folder / FILES,
                progress=progress,
            )  # fmt: skip
    return Restored(sources[1], name, time.monotonic() - started, at, tuple(f"file {key}: missing" for key in lost))


def _fetch_missing(
    repository: Repository, database: str, keys: tuple[str, ...], folder: Path, progress: Progress
) -> list[str]:
    """Bring files that today's store does not have any more from the backups, the newest first; those nobody has."""
    missing = set(keys)
    for backup in reversed(repository.backups(database)) if missing else ():
        if not missing:
            break
        with tempfile.TemporaryDirectory(dir=repository.place.folder) as scratch:
            repository.fetch(backup, Path(scratch), only=[f"/{FILES}/{key}" for key in sorted(missing)])
            found = Path(scratch, FILES)
            taken_away(found, progress)
            for path in found.glob("*/*"):
                key = path.relative_to(found).as_posix()
                (folder / key).parent.mkdir(exist_ok=True, parents=True)
                shutil.move(path, folder / key)
                missing.discard(key)
    return sorted(missing)


# -- the PostgreSQL of the past ---------------------------------------------------------------------------------------
@contextlib.contextmanager
def _past(
    config: Config, repository: Repository, sources: tuple[Backup, Backup], at: datetime, progress: Progress
) -> Iterator[Registries]:
    """The databases as they were, served to this process alone until the end of the block."""
    account = account_for()
    with _home(repository.place.folder, account) as home, _socket_folder(account) as socket:
        for word, backup, folder in (("base", sources[0], home / "data"), ("log", sources[1], home / "wal")):
            progress(f"from the repository: {word}", 0, 1)
            folder.mkdir(mode=0o700)
            if complaints := repository.fetch(backup, folder):
                raise BackupError(f"the {word} of {backup.moment:%Y-%m-%d %H:%M} is damaged: {'; '.join(complaints)}")
        _prepare(home, socket, account)
        progress(f"replaying the log until {at:%Y-%m-%d %H:%M:%S}", 0, 1)
        process = _recovered(home, account, at)
        try:
            then = config.replace(
                db_host=str(socket), db_port=PORT, db_password="", db_sslmode="disable", db_direct_host="",
                db_direct_port=None, db_pgbouncer=False, db_replica_host="", db_name=[],
            )  # fmt: skip
            pools = Pools(then)
            with contextlib.closing(pools):
                yield Registries(then, pools)
        finally:
            _stop(process)


@contextlib.contextmanager
def _home(folder: Path, account: Account | None) -> Iterator[Path]:
    """A folder that the account of PostgreSQL can come to."""
    for parent in (folder, SHARED_HOME):
        parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        if account is None or is_reachable(parent, account):
            with tempfile.TemporaryDirectory(prefix="past-", dir=parent) as name:
                yield Path(name)
            return
    raise BackupError(f"account {account.name if account else ''!r} may enter neither {folder} nor {SHARED_HOME}")


@contextlib.contextmanager
def _socket_folder(account: Account | None) -> Iterator[Path]:
    # Below /tmp: the path of a socket has 107 letters at most.
    with tempfile.TemporaryDirectory(prefix="fondaco-", dir="/tmp") as name:
        if account is not None:
            os.chown(name, account.uid, account.gid)
        yield Path(name)


def _prepare(home: Path, socket: Path, account: Account | None) -> None:
    """Settings of its own in place of those it had, which name places, sizes and keys of the machine it comes from."""
    (home / "settings").write_text(SETTINGS.format(port=PORT, socket=socket, home=home))
    (home / "hba").write_text("local all all trust\n")  # in a folder that only we enter
    (home / "ident").touch()
    (home / "data" / "postgresql.auto.conf").write_text("")
    (home / "data" / "recovery.signal").touch()
    if account is not None:
        for folder, _folders, names in os.walk(home):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _recovered(home: Path, account: Account | None, at: datetime) -> subprocess.Popen[bytes]:
    """A server that has replayed the log until a moment, and takes connections."""
    moment = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00"
    process, told = _started(home, account, "-c", f"recovery_target_time={moment}")
    if process is None and TARGET_MISSED in told:
        newest = max((path.name for path in (home / "wal").iterdir() if SEGMENT.fullmatch(path.name)), default="")
        restored = RESTORED.findall(told)
        if newest not in restored:
            raise BackupError(
                f"PostgreSQL did not come to {moment}: the log has a gap or is damaged after "
                f"{max(restored, default='its beginning')}, and it goes on until {newest or 'nothing'}"
            )
        # Nothing was committed between the moment and the end of the log: its end is the moment.
        process, told = _started(home, account)
    if process is None:
        last = "; ".join(line.strip() for line in told.strip().splitlines()[-SHOWN_LINES:])
        raise BackupError(f"PostgreSQL did not come to {moment}: {last}")
    return process


def _started(home: Path, account: Account | None, *options: str) -> tuple[subprocess.Popen[bytes] | None, str]:
    """(the server when it is ready, None when it ended; what it said)."""
    data = home / "data"
    programs = binaries_for(major_of(data), account, home)
    command = [programs / "postgres", "-D", data, "-c", f"config_file={home}/settings", *options]
    log = home / "log"
    with log.open("wb") as output:
        process = run_as(account, command, output=output)
    end = time.monotonic() + PATIENCE_S
    try:
        while not _is_ready(data):
            if process.poll() is not None:
                return None, log.read_text(errors="replace")
            if time.monotonic() > end:
                raise BackupError(f"PostgreSQL is still replaying the log after {PATIENCE_S / 3600:.0f} hours")
            time.sleep(POLL_S)
    except BaseException:
        _stop(process)
        raise
    return process, ""


def _is_ready(data: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        return len(lines) > 7 and lines[7].strip() == "ready"
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
