"""Backups as files: whether each database has one of last night that can be opened."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.site import Site

OLDEST = timedelta(hours=26)
"""A day, and the time a night's backup takes"""
DATED = re.compile(r"([._-]?\d{4}-?\d{2}-?\d{2}.*)?\.(zip|dump|sql)")
"""What may follow the name of a database; `shop-eu.zip` is of another one than `shop`."""
DUMP_HEAD = b"PGDMP"
"""How a file of pg_dump's custom format begins"""


def backup(site: Site) -> Finding:
    if site.pools is None or not site.databases:
        return skipped("there is no database, or PostgreSQL was not asked")
    if site.backups is None:
        return warned(
            "nobody said where backups lie",
            "write one each night (fondaco db dump), and name the folder with --backups",
        )
    missing, broken, seen = [], [], []
    for name in site.databases:
        newest = _newest(site.backups, name)
        if newest is None or site.now - _moment(newest) > OLDEST:
            missing.append(f"{name}: {'none' if newest is None else f'{_moment(newest):%Y-%m-%d %H:%M} is the latest'}")
        elif complaint := _complaint(newest):
            broken.append(f"{newest}: {complaint}")
        else:
            seen.append(newest.name)
    if broken:
        return failed("; ".join(broken), "make another one now, and find out what damaged it")
    if missing:
        return failed(
            f"no backup of the last day in {site.backups}: {'; '.join(missing)}", "look at the backup's timer"
        )
    return passed(f"of the last day and whole: {', '.join(seen)}")


def _newest(folder: Path, name: str) -> Path | None:
    """The latest file that is called after a database: NAME.zip, NAME-2026-11-28.dump, NAME_..."""
    found = [path for path in folder.rglob(f"{name}*") if path.is_file() and _is_of(path.name, name)]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _is_of(file: str, name: str) -> bool:
    return DATED.fullmatch(file, len(name)) is not None


def _moment(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _complaint(path: Path) -> str:
    """What is wrong with an archive; every byte of a zip is held against its checksum."""
    if path.suffix != ".zip":
        with path.open("rb") as file:
            return "" if file.read(len(DUMP_HEAD)) == DUMP_HEAD or path.suffix == ".sql" else "it is no dump"
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
            missing = {"dump.sql", "manifest.json"} - set(archive.namelist())
    except (zipfile.BadZipFile, OSError) as error:
        return str(error)
    if damaged:
        return f"{damaged} does not fit its checksum"
    return f"{', '.join(sorted(missing))} is missing" if missing else ""


CHECKS = (
    Check(
        "upkeep.backup",
        "2:84, 0:294",
        "Each database has a backup of the last day that can be opened",
        "A backup that ended with an error looks like one.",
        backup,
    ),
)
