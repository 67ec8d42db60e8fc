"""What came of the last backups: kept beside them for checks, for /metrics and for the textfile collector.

<backup_folder>/state.json holds, for each database, the last event of each kind; fondaco_backup.prom says the same in
the words of Prometheus.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from fondaco.backup.place import PASSABLE, folder_of
from fondaco.config import Config

STATE, METRICS, LOCK = "state.json", "fondaco_backup.prom", "state.lock"
RUN, FAILED, VERIFIED, DRILL = "run", "failed", "verified", "drill"
BASE, LOG = "base", "wal"
CLUSTER = "*"
"""In the place of a database: events of the whole PostgreSQL, whose log is kept."""
READABLE = 0o644  # there is no secret in them, and a collector has an account of its own

GAUGES = (
    ("fondaco_backup_last_success_timestamp_seconds", "Moment of the last backup.", RUN, "at"),
    ("fondaco_backup_duration_seconds", "Time that it took.", RUN, "seconds"),
    ("fondaco_backup_size_bytes", "Bytes that it has.", RUN, "size"),
    ("fondaco_backup_added_bytes", "Bytes of it that were new to the repository.", RUN, "added"),
    ("fondaco_backup_missing_files", "Files that rows named and that were not there.", RUN, "missing"),
    ("fondaco_backup_last_failure_timestamp_seconds", "When a backup failed last.", FAILED, "at"),
    ("fondaco_backup_verified_timestamp_seconds", "When one was restored and compared last.", VERIFIED, "at"),
    ("fondaco_backup_problems", "What was not as it had been then.", VERIFIED, "problems"),
    ("fondaco_backup_base_timestamp_seconds", "Moment of the last base of the log.", BASE, "at"),
    ("fondaco_backup_wal_timestamp_seconds", "Moment until which the log is kept.", LOG, "at"),
    ("fondaco_backup_drill_timestamp_seconds", "When the way back was rehearsed last.", DRILL, "at"),
    ("fondaco_backup_rto_seconds", "Time from the decision to the restored database, measured then.", DRILL, "rto_s"),
    ("fondaco_backup_rpo_seconds", "Age of what would have been restored, measured then.", DRILL, "rpo_s"),
)
"""Metric, what it is, and the event and value it is read from."""


@dataclass(frozen=True, slots=True)
class State:
    """{database: {kind of event: its values}}; each event has "at", when it happened."""

    events: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)

    def last(self, database: str, kind: str) -> Mapping[str, Any] | None:
        return self.events.get(database, {}).get(kind)

    def age_s(self, database: str, kind: str, now: datetime) -> float | None:
        """Seconds since the last event of a kind; None when there was none."""
        event = self.last(database, kind)
        return None if event is None else (now - datetime.fromisoformat(event["at"])).total_seconds()

    def metrics(self) -> str:
        """The events as Prometheus reads them."""
        return "".join(f"{line}\n" for line in self._metric_lines())

    def _metric_lines(self) -> Iterator[str]:
        for name, text, kind, key in GAUGES:
            values = {database: kinds[kind][key] for database, kinds in self.events.items() if kind in kinds}
            known = {database: value for database, value in sorted(values.items()) if value is not None}
            if known:
                yield f"# HELP {name} {text}"
                yield f"# TYPE {name} gauge"
            for database, value in known.items():
                number = datetime.fromisoformat(value).timestamp() if key == "at" else value
                label = database.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
                yield f'{name}{{database="{label}"}} {number}'


def read(config: Config) -> State:
    """The state as it was kept last; an empty one where nothing was backed up yet."""
    return read_folder(folder_of(config))


def read_folder(folder: Path) -> State:
    """As `read`, from the folder of the backups."""
    path = folder / STATE
    return State(orjson.loads(path.read_bytes())) if path.is_file() else State()


def note(folder: Path, database: str, kind: str, at: datetime, **values: Any) -> None:
    """Keep an event in the place of the last one of its kind."""
    folder.mkdir(parents=True, exist_ok=True, mode=PASSABLE)
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        events = {name: dict(kinds) for name, kinds in read_folder(folder).events.items()}
        moment = at.astimezone(UTC).isoformat(timespec="milliseconds")
        events.setdefault(database, {})[kind] = {"at": moment, **values}
        _write(folder, STATE, orjson.dumps(events, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        _write(folder, METRICS, State(events).metrics().encode())


def _write(folder: Path, name: str, content: bytes) -> None:
    draft = folder / f".{name}.draft"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, READABLE), "wb") as file:
        file.write(content)
    draft.replace(folder / name)
