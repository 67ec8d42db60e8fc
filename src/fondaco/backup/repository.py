"""What restic is asked, and what its answers mean. The one file that knows the tool.

A backup is a snapshot of the repository with the tag of its database; its tree is the folder that was added.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from fondaco.backup.place import PASSABLE, Place
from fondaco.errors import BackupError, ConfigError

PROGRAM = "restic"
SHORT = 8  # letters of an id that people see, and that older versions tell of a new backup
HOST = "fondaco"
"""Of every backup: containers change their names each night, and restic looks for the last backup by host and path."""
OURS, DATABASE, KIND = "fondaco", "db=", "kind="
FROM_ENVIRONMENT = ("PATH", "HOME", "LD_LIBRARY_PATH", "SSH_AUTH_SOCK", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
SHOWN_LINES = 8  # of what restic complained
SENTENCES = (
    ("wrong password or no key found", "the password of backup_password_file does not open it: another one made it"),
    ("repository is already locked", "another machine works on it; try again later, or see `restic unlock`"),
    ("no space left on device", "its disk is full"),
    ("no matching id found", "it has no such backup; `fondaco backup list` shows those there are"),
    ("connection refused", "nobody answers there"),
    ("no such host", "its host is not known"),
    ("access denied", "it refuses the keys of backup_credentials_file"),
)
"""What restic says -> what it means."""
ABSENT = ("is there a repository at the following location", "unable to open config file", "repository does not exist")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup in the repository; `moment` is the one its rows are of (UTC)."""

    id: str
    subject: str
    """The database, or what else was backed up"""
    moment: datetime

    @property
    def short(self) -> str:
        return self.id[:SHORT]

    def __str__(self) -> str:
        return f"{self.subject} of {self.moment:%Y-%m-%d %H:%M:%S} UTC ({self.short})"


@dataclass(frozen=True, slots=True)
class Added:
    """What adding a backup came to: its id, the bytes it has, and those that were new to the repository."""

    id: str
    size: int
    added: int


class Repository:
    """The repository of a place. Every call may raise BackupError, never with a secret in it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        program = shutil.which(PROGRAM)
        if program is None:
            raise ConfigError("restic is not installed: apt install restic (or see https://restic.net)")
        self._program = program

    def __repr__(self) -> str:
        return f"<Repository {self.place}>"

    # -- the repository ----------------------------------------------------------------------------------------------
    def exists(self) -> bool:
        """Whether there is one that our password opens; BackupError when nobody can tell."""
        done = self._ask("cat", "config")
        if done.returncode and any(text in done.stderr.lower() for text in ABSENT):
            return False
        self._require(done)
        return True

    def make(self) -> None:
        self._require(self._ask("init"))

    def release(self) -> None:
        """Remove locks of processes that died; those of living ones stay."""
        self._require(self._ask("unlock"))

    def complaints(self) -> list[str]:
        """What is wrong with the repository when every byte of it is read; nothing when all is well."""
        return _lines(done.stderr) if (done := self._ask("check", "--read-data")).returncode else []

    # -- backups -----------------------------------------------------------------------------------------------------
    def add(self, folder: Path, subject: str, moment: datetime, progress: Progress, kind: str = DATABASE) -> Added:
        """Back a folder up. Files that did not change since the last time are not read again."""
        # The change time is that of the links to a file; contents of stored files never change in place.
        words = ["--host", HOST, "--tag", f"{OURS},{kind}{subject}", "--ignore-ctime"]
        words += ["--time", f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"]
        summary: dict[str, Any] = {}
        with tempfile.TemporaryFile() as complaints:
            with subprocess.Popen(
                [self._program, "backup", "--json", *words, "."], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=complaints, env=self._environment(), cwd=folder,
            ) as process:  # fmt: skip
                assert process.stdout is not None
                for line in process.stdout:
                    said = orjson.loads(line) if line.startswith(b"{") else {}
                    if said.get("message_type") == "status":
                        progress(f"to the repository: {subject}", said.get("files_done", 0), said.get("total_files", 0))
                    elif said.get("message_type") == "summary":
                        summary = said
            complaints.seek(0)
            told = complaints.read().decode(errors="replace")
        # 3: some files could not be read. A backup without them is none.
        if process.returncode or not summary:
            raise self._error(told)
        return Added(summary["snapshot_id"][:SHORT], summary["total_bytes_processed"], summary["data_added"])

    def backups(self, subject: str | None = None, kind: str = DATABASE) -> list[Backup]:
        """The backups of a database, or of all of them, oldest first."""
        wanted = f"{OURS},{kind}{subject}" if subject else OURS
        done = self._ask("snapshots", "--json", "--host", HOST, "--tag", wanted)
        self._require(done)
        found = [
            Backup(one["id"], tag.removeprefix(kind), datetime.fromisoformat(one["time"]).astimezone(UTC))
            for one in orjson.loads(done.stdout) or []
            for tag in one.get("tags") or ()
            if tag.startswith(kind)
        ]
        return sorted(found, key=lambda backup: (backup.moment, backup.id))

    def size(self, backup: Backup) -> int:
        """The bytes that a backup takes on a disk."""
        done = self._ask("stats", "--json", backup.id)
        self._require(done)
        return int(orjson.loads(done.stdout)["total_size"])

    def fetch(self, backup: Backup, folder: Path, *, only: Sequence[str] = ()) -> list[str]:
        """Write a backup, or these files of it, below `folder`; what could not be read as it was written, by restic's
        words."""
        words = [word for path in only for word in ("--include", path)]
        done = self._ask("restore", backup.id, "--target", str(folder), *words)
        if not done.returncode:
            return []
        if not only and not any(folder.iterdir()):
            raise self._error(done.stderr)
        lines = _lines(self.place.without_secrets(done.stderr))
        return [line.removeprefix("ignoring error for /") for line in lines if not line.startswith("Fatal: There were")]

    def remove(self, backups: Sequence[Backup]) -> None:
        """Give these backups up; their space goes with the next `forget`."""
        if backups:
            self._require(self._ask("forget", *(backup.id for backup in backups)))

    def forget(self, keep: Mapping[str, int]) -> int:
        """Give up the backups beyond those to keep, and their space; how many went."""
        words = [word for period, number in keep.items() if number for word in (f"--keep-{period}", str(number))]
        groups = ["--host", HOST, "--tag", OURS, "--group-by", "tags"]
        done = self._ask("forget", "--json", "--prune", *groups, "--keep-last", "1", *words)
        self._require(done)
        return sum(len(group["remove"] or ()) for group in orjson.loads(done.stdout.splitlines()[0]))

    # -- asking ------------------------------------------------------------------------------------------------------
    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        self.place.folder.mkdir(parents=True, exist_ok=True, mode=PASSABLE)
        return subprocess.run(
            [self._program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            check=False, env=self._environment(), cwd=self.place.folder,
        )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        """Only what restic needs. Secrets are no arguments: every account of the machine could read them there."""
        kept = {name: os.environ[name] for name in FROM_ENVIRONMENT if name in os.environ}
        return {
            **kept,
            **self.place.credentials,
            "RESTIC_REPOSITORY": self.place.location,
            "RESTIC_PASSWORD_FILE": str(self.place.password_file),
            "RESTIC_CACHE_DIR": str(self.place.folder / "cache"),
            "TMPDIR": str(self.place.folder),
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
        }

    def _require(self, done: subprocess.CompletedProcess[str]) -> None:
        if done.returncode:
            raise self._error(done.stderr)

    def _error(self, told: str) -> BackupError:
        for text, meaning in SENTENCES:
            if text in told.lower():
                return BackupError(f"repository {self.place}: {meaning}")
        said = "; ".join(_lines(self.place.without_secrets(told))) or "restic gave no reason"
        return BackupError(f"repository {self.place}: {said}")


def latest(backups: Iterable[Backup], at: datetime | None = None) -> Backup | None:
    """The last of these backups, or the last that is not younger than a moment; they come oldest first."""
    found = None
    for backup in backups:
        if at is None or backup.moment <= at:
            found = backup
    return found


def _lines(told: str) -> list[str]:
    found = []
    for line in told.splitlines():
        with contextlib.suppress(ValueError):
            # Some complaints come as JSON; the sentence in it is what counts.
            line = str(orjson.loads(line)["error"]["message"]) if line.startswith("{") else line
        if line.strip():
            found.append(line.strip())
    return found[-SHOWN_LINES:]
