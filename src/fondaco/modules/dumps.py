"""What is a dump of a database, and how is one written while it is being made?

Two formats, both readable by Odoo 18 and written by it: `zip` holds `dump.sql`, the files of the database and a
`manifest.json`; `dump` is pg_dump's custom format, rows only. Nothing is held in memory: what pg_dump writes goes
through a pipe into the target. Rows come before files: a file is written before the row that names it, so every row
of the dump finds its file.
"""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from fondaco.errors import DatabaseError, DatabaseNotFound, StorageAway, StorageError
from fondaco.modules import listing
from fondaco.modules.install import Progress, no_progress
from fondaco.modules.manifest import SERIES
from fondaco.modules.registries import Registries
from fondaco.sql import databases, programs
from fondaco.sql.fragment import SQL
from fondaco.storage.filestore import CHECKLIST, Filestore
from fondaco.storage.stores import store_of

_logger = logging.getLogger(__name__)

ZIP, CUSTOM = "zip", "dump"
FORMATS = (ZIP, CUSTOM)
ROWS, FILES, MANIFEST = "dump.sql", "filestore", "manifest.json"
FORMAT_VERSION = "1"
VERSION_INFO = (18, 0, 0, "final", 0, "")
PG_DUMP = ("--no-owner", "--no-privileges")
COPY_SIZE = 1024 * 1024  # bytes
LEVEL = 4  # of deflate: rows shrink nearly as far as with 6, in half the time
SHOWN_LINES = 5  # of what a program complained


def write(
    registries: Registries, name: str, target: IO[bytes], kind: str = ZIP, *, progress: Progress | None = None
) -> None:
    """Write a dump of database `name` into `target`, which need not be seekable."""
    if kind not in FORMATS:
        raise DatabaseError(f"dump format {kind!r} is unknown; expected one of {', '.join(FORMATS)}")
    if not databases.exists(registries.pools, name):
        raise DatabaseNotFound(f"Database {name!r} is not known; `fondaco db list` shows those that are")
    tell = progress or no_progress
    if kind == CUSTOM:
        tell("rows", 0, 1)
        with rows_of(registries, name, "--format=custom") as rows:
            shutil.copyfileobj(rows, target, COPY_SIZE)
    else:
        _write_zip(registries, name, target, tell)
    target.flush()
    _logger.info("database dumped db=%s format=%s", name, kind)


def _write_zip(registries: Registries, name: str, target: IO[bytes], tell: Progress) -> None:
    store = store_of(registries.config, name)
    description = manifest(registries, name)
    tell("rows", 0, 1)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=LEVEL) as archive:
        with rows_of(registries, name) as rows, archive.open(ROWS, "w", force_zip64=True) as member:
            shutil.copyfileobj(rows, member, COPY_SIZE)
        keys = list(store.keys())
        for number, key in enumerate(keys):
            tell("files", number, len(keys))
            _add_file(archive, store, key)
        for key in store.marked():
            archive.writestr(f"{FILES}/{CHECKLIST}/{key}", b"")
        archive.writestr(MANIFEST, json.dumps(description, indent=4))


def _add_file(archive: zipfile.ZipFile, store: Filestore, key: str) -> None:
    try:
        content = store.open(key)
    except StorageAway:
        raise
    except StorageError:
        # Swept since it was listed: no row of the dump names it, or the dump took longer than the sweep waits.
        _logger.warning("a file went away during the dump key=%s store=%s", key, store.root)
        return
    with content, archive.open(f"{FILES}/{key}", "w", force_zip64=True) as member:
        shutil.copyfileobj(content, member, COPY_SIZE)


def manifest(registries: Registries, name: str) -> dict[str, Any]:
    """What `manifest.json` says: made from which database, by which versions, with which modules."""
    with registries.pools.cursor(name) as cr:
        if not listing.has_modules(cr):
            raise DatabaseError(f"database {name!r} has no modules: it is none of ours, and is not dumped")
        return manifest_of(cr)


def manifest_of(cr: Any) -> dict[str, Any]:
    """As `manifest`, on an open cursor."""
    version = int(cr.fetch(SQL("SELECT current_setting('server_version_num')::int"))[0][0])
    rows = cr.fetch(SQL("SELECT name, latest_version FROM ir_module_module WHERE state = 'installed' ORDER BY name"))
    return {
        "odoo_dump": FORMAT_VERSION,
        "db_name": cr.dbname,
        "version": SERIES,
        "version_info": list(VERSION_INFO),
        "major_version": SERIES,
        "pg_version": f"{version // 10000}.{version // 100 % 100}",
        "modules": dict(rows),
    }


@contextlib.contextmanager
def rows_of(registries: Registries, name: str, *options: str, with_rights: bool = False) -> Iterator[IO[bytes]]:
    """What pg_dump writes about a database; DatabaseError at the end if it failed. with_rights: also whose its objects
    are and who may use them, for a copy on the same PostgreSQL."""
    rights = () if with_rights else PG_DUMP
    pools = registries.pools
    command = [
        programs.suiting(pools).path("pg_dump"), programs.heartbeat(pools), *rights, "--no-password", *options
    ]  # fmt: skip
    environment = programs.environment(pools, name)
    with output_of(command, f"pg_dump of {name!r} failed", env=environment) as rows:
        yield rows


@contextlib.contextmanager
def output_of(
    command: list[str], failed: str, *, stdin: IO[bytes] | int = subprocess.DEVNULL, env: dict[str, str] | None = None
) -> Iterator[IO[bytes]]:
    """What a program writes; DatabaseError with the words `failed` and its complaints at the end if it did."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=complaints, env=env)
        assert process.stdout is not None
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
        finally:
            process.stdout.close()
            code = process.wait()
        if code:
            raise DatabaseError(f"{failed}: {last_lines(complaints)}")


def last_lines(complaints: IO[bytes]) -> str:
    """The end of what a program wrote on stderr."""
    complaints.seek(0)
    lines = [line.strip() for line in complaints.read().decode(errors="replace").splitlines() if line.strip()]
    return "; ".join(lines[-SHOWN_LINES:]) or "it gave no reason"
