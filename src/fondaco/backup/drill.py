"""The way back, rehearsed and timed: backup, comparison, restore to a side database that is served once and dropped.

RTO is the time from the decision to restore until the side database has answered. RPO is how old the newest backup, or
the newest kept log, was when the drill began: what a disaster at that moment would have cost.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from fondaco.backup import run, state
from fondaco.backup.repository import Repository, latest
from fondaco.backup.restore import restore
from fondaco.backup.verify import verify
from fondaco.backup.wal import LOG
from fondaco.errors import BackupError
from fondaco.modules.install import Progress
from fondaco.modules.passing import passing_name
from fondaco.modules.registries import Registries
from fondaco.sql.fragment import SQL

FOLDER = "drills"


@dataclass(frozen=True, slots=True)
class Report:
    """What a drill measured; rpo_s is None when there was no backup before."""

    database: str
    at: datetime
    id: str
    rows: int
    files: int
    size: int
    backup_s: float
    verify_s: float
    rto_s: float
    rpo_s: float | None

    def as_values(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            found[name] = round(value, 3) if isinstance(value, float) else value
        return {**found, "at": self.at.isoformat(timespec="seconds")}


def drill(registries: Registries, repository: Repository, database: str, progress: Progress) -> Report:
    """Rehearse the way back of a database; BackupError when any part of it fails."""
    began, folder = datetime.now(UTC), repository.place.folder
    known = (latest(repository.backups(database)), latest(repository.backups(kind=LOG)))
    newest = max((backup.moment for backup in known if backup is not None), default=None)
    (outcome,) = run.run(registries, repository, [database], progress)
    if outcome.backup is None:
        raise BackupError(f"{database}: the backup failed: {outcome.failure}")
    if outcome.newly_missing:
        raise BackupError(f"{database}: {outcome.newly_missing} more files are missing than at the backup before")
    verdict = verify(registries, repository, outcome.backup, progress)
    if verdict.problems:
        raise BackupError(f"{outcome.backup} is not what it was made of: {'; '.join(verdict.problems[:5])}")
    started = time.monotonic()
    with passing_name(registries) as side:
        restore(registries, repository, outcome.backup, side, progress, hidden=True)
        progress(f"serving {side}", 0, 1)
        try:
            _serve(registries, side)
        finally:
            registries.forget(side)
        rto_s = time.monotonic() - started
    report = Report(
        database, began, outcome.backup.short, outcome.rows, outcome.files, outcome.size, outcome.seconds,
        verdict.seconds, rto_s, None if newest is None else (began - newest).total_seconds(),
    )  # fmt: skip
    _keep(folder, report)
    return report


def _serve(registries: Registries, side: str) -> None:
    """Load what a server loads for its first request, and ask something."""
    with contextlib.closing(registries.get(side).cursor()) as cr:
        ((users,),) = cr.fetch(SQL("SELECT count(*) FROM res_users WHERE active"))
    if not users:
        raise BackupError(f"{side}: nobody could log in to what was restored")


def _keep(folder: Path, report: Report) -> None:
    values = report.as_values()
    values.pop("database")
    at = datetime.fromisoformat(values.pop("at"))
    state.note(folder, report.database, state.DRILL, at, **values)
    reports = folder / FOLDER
    reports.mkdir(exist_ok=True, mode=0o700)
    name = f"{report.database}-{report.at:%Y%m%dT%H%M%SZ}.json"
    (reports / name).write_bytes(orjson.dumps(report.as_values(), option=orjson.OPT_INDENT_2))
