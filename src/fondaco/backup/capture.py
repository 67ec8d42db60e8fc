"""How the rows and files of one moment come together in a folder, while people go on writing.

One transaction has the moment: its PostgreSQL snapshot is what the files are looked up in, what the tables are counted
in, and what pg_dump reads. The files are linked, not copied: what lies in the folder stays when the sweep comes.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import orjson

from fondaco.backup import contents
from fondaco.backup.contents import Mark
from fondaco.errors import BackupError
from fondaco.modules import dumps, files
from fondaco.modules.install import Progress
from fondaco.modules.registries import Registries
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL
from fondaco.storage.stores import store_of

FORMAT = 1
MANIFEST, ROWS, FILES = "manifest.json", "rows.dump", "files"
MANY = 100  # files between two words about progress


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. missing: files that rows named and that the store did not have then."""

    database: str
    moment: datetime
    snapshot: str
    tables: dict[str, Mark]
    files: int
    missing: tuple[str, ...]
    description: dict[str, Any]
    """What the manifest of a dump says: versions and modules"""
    rows_sha256: str
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(mark.rows for mark in self.tables.values())

    def write(self, folder: Path) -> None:
        (folder / MANIFEST).write_bytes(orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup that lies in a folder; BackupError when it is none of ours."""
    try:
        said = orjson.loads((folder / MANIFEST).read_bytes())
        if said["format"] != FORMAT:
            raise BackupError(f"the backup has format {said['format']!r}, expected {FORMAT}: a later version made it")
        tables = {name: Mark(**mark) for name, mark in said.pop("tables").items()}
        moment, missing = datetime.fromisoformat(said.pop("moment")), tuple(said.pop("missing"))
        return Manifest(tables=tables, moment=moment, missing=missing, **said)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{MANIFEST} of the backup is missing or damaged: {error}") from error


@contextlib.contextmanager
def captured(registries: Registries, database: str, folder: Path, progress: Progress) -> Iterator[Manifest]:
    """Fill `folder` with the rows and files of a database and what the manifest says of them; emptied at the end."""
    _emptied(folder)
    try:
        yield _capture(registries, database, folder, progress)
    finally:
        _emptied(folder)


def _capture(registries: Registries, database: str, folder: Path, progress: Progress) -> Manifest:
    description = dumps.manifest(registries, database)
    pools = registries.pools
    with pools.cursor(database) as cr:
        with pools.cursor(database) as keeper:
            # Before the moment, until the links are there: a file that the moment names is not swept.
            files.hold(keeper)
            keeper.stay_open()
            cr.stay_open()  # it waits for pg_dump; the first statement of a transaction is its moment
            snapshot, moment = cr.fetch(SQL("SELECT pg_export_snapshot(), now()"))[0]
            keys = contents.file_keys(cr)
            missing = _link(registries, database, keys, folder / FILES, progress)
        _require_room(cr, folder)
        progress(f"counting {database}", 0, 1)
        tables = contents.marks(cr)
        progress(f"rows of {database}", 0, 1)
        with (
            dumps.rows_of(registries, database, "--format=custom", "--compress=0", f"--snapshot={snapshot}") as rows,
            (folder / ROWS).open("wb") as target,
        ):
            digest = _copy(rows, target)
    found = Manifest(
        database,
        moment.astimezone(UTC),
        snapshot,
        tables,
        len(keys) - len(missing),
        tuple(missing),
        description,
        digest,
    )
    found.write(folder)
    return found


def _link(registries: Registries, database: str, keys: list[str], folder: Path, progress: Progress) -> list[str]:
    store, missing = store_of(registries.config, database), []
    folder.mkdir(mode=0o700)
    for number, key in enumerate(keys):
        if number % MANY == 0:
            progress(f"files of {database}", number, len(keys))
        if not (store.is_key(key) and store.lay_out(key, folder)):
            missing.append(key)
    return missing


def _copy(source: IO[bytes], target: IO[bytes]) -> str:
    """Copy to the end; the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    while chunk := source.read(dumps.COPY_SIZE):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def _require_room(cr: Cursor, folder: Path) -> None:
    ((size,),) = cr.fetch(SQL("SELECT pg_database_size(current_database())"))
    free = shutil.disk_usage(folder).free
    if size > free:
        raise BackupError(
            f"{folder} has {free:,} bytes free, and the database has {size:,}: make room, or set backup_folder to a "
            "larger disk"
        )


def _emptied(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
