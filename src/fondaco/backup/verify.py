"""Whether a backup is what it was made of: fetched whole, its rows restored into a sandbox and its files read.

Each difference is a sentence that names the table or the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from fondaco.backup import contents, state
from fondaco.backup.capture import FILES, ROWS, Manifest, read_manifest
from fondaco.backup.repository import Backup, Repository
from fondaco.errors import BackupError, FondacoError
from fondaco.modules import restore
from fondaco.modules.install import Progress
from fondaco.modules.registries import Registries

_logger = logging.getLogger(__name__)
MANY = 100  # files between two words about progress


@dataclass(frozen=True, slots=True)
class Fetched:
    """A backup that lies in a folder, each byte of it read.

    complaints: what restic could not read, in its words. lost: {key: sentence} of files that were not what they are
    named by; they do not lie there any more. has_rows: whether the rows are those that were backed up.
    """

    backup: Backup
    folder: Path
    manifest: Manifest
    complaints: tuple[str, ...]
    lost: Mapping[str, str]
    has_rows: bool

    @property
    def rows(self) -> Path:
        return self.folder / ROWS

    @property
    def files(self) -> Path:
        return self.folder / FILES

    @property
    def damages(self) -> tuple[str, ...]:
        rows = () if self.has_rows else (f"{ROWS}: missing, or not what was backed up",)
        return (*rows, *self.lost.values(), *self.complaints)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the comparison of a backup came to; good when there are no problems."""

    backup: Backup
    problems: tuple[str, ...]
    seconds: float
    tables: int = 0
    rows: int = 0
    files: int = 0


@contextlib.contextmanager
def fetched(repository: Repository, backup: Backup, progress: Progress) -> Iterator[Fetched]:
    """A backup on this disk until the end of the block, with each of its files read; BackupError when it cannot be
    made out at all."""
    parent = repository.place.folder
    with tempfile.TemporaryDirectory(prefix="fetched-", dir=parent) as name:
        folder = Path(name)
        _require_room(parent, repository.size(backup))
        progress(f"from the repository: {backup.subject}", 0, 1)
        complaints = tuple(repository.fetch(backup, folder))
        try:
            manifest = read_manifest(folder)
        except BackupError as error:
            raise BackupError("; ".join([f"{backup}: {error}", *complaints])) from error
        (folder / FILES).mkdir(exist_ok=True)
        lost = taken_away(folder / FILES, progress)
        has_rows = _sha256(folder / ROWS) == manifest.rows_sha256
        yield Fetched(backup, folder, manifest, complaints, lost, has_rows)


def verify(registries: Registries, repository: Repository, backup: Backup, progress: Progress) -> Verdict:
    """Compare a backup with what it was made of, and keep the outcome."""
    started, began = time.monotonic(), datetime.now(UTC)
    try:
        with fetched(repository, backup, progress) as found:
            problems = (*found.damages, *_compared(registries, found, progress))
            manifest = found.manifest
            verdict = Verdict(
                backup, problems, time.monotonic() - started, len(manifest.tables), manifest.rows, manifest.files
            )
    except (FondacoError, OSError, psycopg.Error) as error:
        verdict = Verdict(backup, (str(error),), time.monotonic() - started)
    state.note(
        repository.place.folder, backup.subject, state.VERIFIED, began, id=backup.short, problems=len(verdict.problems),
        seconds=round(verdict.seconds, 3), first_problem=(*verdict.problems, "")[0],
    )  # fmt: skip
    _logger.log(
        logging.ERROR if verdict.problems else logging.INFO,
        "backup verified db=%s id=%s problems=%s seconds=%.1f",
        backup.subject, backup.short, len(verdict.problems), verdict.seconds,
    )  # fmt: skip
    return verdict


def taken_away(folder: Path, progress: Progress) -> dict[str, str]:
    """{key: sentence} of the files whose content is not the one they are named by; they are removed."""
    paths, lost = sorted(folder.glob("*/*")), {}
    for number, path in enumerate(paths):
        if number % MANY == 0:
            progress("reading files", number, len(paths))
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha1").hexdigest()
        if digest != path.name:
            key = path.relative_to(folder).as_posix()
            lost[key] = f"file {key}: its content has another hash, {digest}"
            path.unlink()
    return lost


def _sha256(path: Path) -> str:
    """The hash of a file; nothing when there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _compared(registries: Registries, found: Fetched, progress: Progress) -> list[str]:
    """The differences of rows and files, from a sandbox database that goes away again."""
    if not found.has_rows:
        return []  # that says enough
    with found.rows.open("rb") as source, restore.drafted(registries, source, progress=progress) as sandbox:
        progress("counting", 0, 1)
        with registries.pools.cursor(sandbox, readonly=True) as cr:
            keys = contents.file_keys(cr)
            problems = contents.differences(found.manifest.tables, contents.marks(cr))
    there = {path.relative_to(found.files).as_posix() for path in found.files.glob("*/*")}
    known = there | found.lost.keys() | set(found.manifest.missing)
    return [*problems, *(f"file {key}: missing" for key in keys if key not in known)]


def _require_room(folder: Path, size: int) -> None:
    """BackupError when a backup of this size does not fit on the disk."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise BackupError(
            f"{folder} has {free:,} bytes free, and the backup has {size:,}: make room, or set backup_folder"
        )
