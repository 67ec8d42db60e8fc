"""Backups: whether each database has one of last night, whether it was compared, whether the way back was rehearsed.

What `fondaco backup` keeps of its outcomes is looked at; where something else makes the backups, its archives are.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.site import Site
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.backup.state import State

OLDEST = timedelta(hours=26)
"""A day, and the time a night's backup takes"""
LOG_OLDEST = timedelta(hours=1)
"""Of PostgreSQL's log, where it is kept at all"""
FAILING = SQL(
    """
    SELECT last_failed_wal
      FROM pg_stat_archiver
     WHERE last_failed_time > COALESCE(last_archived_time, '-infinity')
    """
)
"""The segment that could not be archived, where none came after it"""
WHOLE = "*"
"""How the state of the backups calls the whole PostgreSQL"""
DRILL_EVERY = timedelta(days=100)
"""A quarter, and some days"""
DATED = re.compile(r"([._-]?\d{4}-?\d{2}-?\d{2}.*)?\.(zip|dump|sql)")
"""What may follow the name of a database; `shop-eu.zip` is of another one than `shop`."""
DUMP_HEAD = b"PGDMP"
"""How a file of pg_dump's custom format begins"""


def backup(site: Site) -> Finding:
    if site.pools is None or not site.databases:
        return skipped("there is no database, or PostgreSQL was not asked")
    if site.backup_state is not None:
        return _made(site, site.backup_state)
    if site.backups is None:
        return warned(
            "there is no backup_repository, and nobody said where archives lie",
            "set backup_repository and run fondaco backup run each night, or name the folder with --backups",
        )
    return _archived(site, site.backups)


def _made(site: Site, state: State) -> Finding:
    """Whether `fondaco backup run` made one of each database."""
    runs = {name: state.last(name, "run") for name in site.databases}
    ages = {name: state.age_s(name, "run", site.now) for name in site.databases}
    late = [name for name, age in ages.items() if age is None or age > OLDEST.total_seconds()]
    if late:
        told = (f"{name}: {_moment_of(runs[name])}{_failure(state, name)}" for name in late)
        return failed(
            f"no backup of the last day: {'; '.join(told)}", "look at the timer and log of fondaco backup run"
        )
    lost = [f"{name}: {event['missing']}" for name, event in runs.items() if event and event["missing"]]
    if lost:
        return warned(f"rows name files that are not there: {', '.join(lost)}", "see fondaco storage verify")
    return passed("of the last day: " + ", ".join(f"{name} {event['id'][:8]}" for name, event in runs.items() if event))


def _moment_of(event: Mapping[str, Any] | None) -> str:
    return f"{event['at'][:16]} UTC is the latest" if event else "none"


def _failure(state: State, name: str) -> str:
    event, run = state.last(name, "failed"), state.last(name, "run")
    is_newer = event is not None and (run is None or event["at"] > run["at"])
    return f" ({event['reason']})" if event is not None and is_newer else ""


def verified(site: Site) -> Finding:
    state = site.backup_state
    if state is None or not site.databases:
        return skipped("no backup_repository is configured", "a backup that was never read may hold nothing")
    wrong = []
    for name in site.databases:
        run, event = state.last(name, "run"), state.last(name, "verified")
        if event is None:
            wrong.append(f"{name}: never compared")
        elif event["problems"]:
            wrong.append(f"{name} {event['id'][:8]}: {event['problems']} problems, the first: {event['first_problem']}")
        elif run is not None and event["id"] != run["id"] and _is_late(state, name, site):
            wrong.append(f"{name}: {run['id'][:8]} was not compared, the last that was is {event['id'][:8]}")
    if wrong:
        return failed("; ".join(wrong), "fondaco backup verify; if it finds the same, make another backup now")
    return passed(f"restored into a sandbox and compared, rows and files: {', '.join(site.databases)}")


def _is_late(state: State, name: str, site: Site) -> bool:
    age = state.age_s(name, "verified", site.now)
    return age is None or age > OLDEST.total_seconds()


def log(site: Site) -> Finding:
    """Whether PostgreSQL gives its log away, and `fondaco backup run --wal` takes it."""
    state = site.backup_state
    if not site.config["backup_wal_folder"] or state is None:
        return skipped("backup_wal_folder is not set: the moments of backups come back, and none between them")
    if site.pools is None:
        return skipped("PostgreSQL was not asked: see postgresql.answers")
    age = state.age_s(WHOLE, "wal", site.now)
    is_late = age is None or age > LOG_OLDEST.total_seconds()
    kept = "was never kept" if age is None else f"is kept until {age / 60:.0f} minutes ago"
    if wrong := _archiving(site):
        return failed(f"{wrong}; PostgreSQL's log {kept}", "set up archiving as docs/operator/backups.md has it")
    if is_late:
        return failed(f"PostgreSQL's log {kept}", "see the timer of fondaco backup run --wal")
    return passed(f"PostgreSQL's log {kept}")


def _archiving(site: Site) -> str:
    """Why PostgreSQL does not bring its log to where we take it; nothing when it does."""
    folder = site.config["backup_wal_folder"]
    if site.settings["archive_mode"] == "off":
        return "archive_mode = off"
    if folder not in site.settings["archive_command"]:
        return f"archive_command does not name {folder}"
    failing = site.rows(FAILING)
    return f"archive_command failed for {failing[0][0]}" if failing else ""


def rehearsed(site: Site) -> Finding | None:
    """What the drills measured; None where there are none to be had and somebody's word must do."""
    state = site.backup_state
    if state is None or not site.databases:
        return None
    ages = {name: state.age_s(name, "drill", site.now) for name in site.databases}
    late = [name for name, age in ages.items() if age is None or age > DRILL_EVERY.total_seconds()]
    if late:
        told = (f"{name}: {'never' if (age := ages[name]) is None else f'{age / 86400:.0f} days ago'}" for name in late)
        return failed(f"the way back was not rehearsed: {', '.join(told)}", "fondaco backup drill, each quarter")
    drills = {name: state.last(name, "drill") for name in site.databases}
    return passed("; ".join(f"{name}: back in {event['rto_s']:.0f} s" for name, event in drills.items() if event))


def _archived(site: Site, folder: Path) -> Finding:
    """Whether there is an archive of each database, and it can be opened."""
    missing, broken, seen = [], [], []
    for name in site.databases:
        newest = _newest(folder, name)
        if newest is None or site.now - _moment(newest) > OLDEST:
            missing.append(f"{name}: {'none' if newest is None else f'{_moment(newest):%Y-%m-%d %H:%M} is the latest'}")
        elif complaint := _complaint(newest):
            broken.append(f"{newest}: {complaint}")
        else:
            seen.append(newest.name)
    if broken:
        return failed("; ".join(broken), "make another one now, and find out what damaged it")
    if missing:
        return failed(f"no backup of the last day in {folder}: {'; '.join(missing)}", "look at the backup's timer")
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
    Check(
        "upkeep.wal",
        "2:84",
        "PostgreSQL's log is kept, where any moment is to come back",
        "A log that nobody takes fills the disk of PostgreSQL; one with a gap ends there.",
        log,
    ),
    Check(
        "upkeep.verified",
        "2:84",
        "Each backup was restored into a sandbox, and its rows and files compared",
        "A backup that is there is not yet one that can be read.",
        verified,
    ),
)
