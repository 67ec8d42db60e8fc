"""The runs of the checklist so far: <data_dir>/checks/history.jsonl, a line a run, the newest last.

Root's timer and the account of the server write into the same files, so each is given to the owner of the data
directory; and because that account could put a link in their place, none is followed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from fondaco.checks.finding import Verdict
from fondaco.checks.run import WORST, Result
from fondaco.checks.site import Site
from fondaco.config import Config
from fondaco.config.table import OPTIONS

KEPT = 100
READABLE = 0o640


def file_of(config: Config) -> Path:
    return Path(config["data_dir"]) / "checks" / "history.jsonl"


def past(config: Config) -> list[dict[str, Any]]:
    """The runs kept, oldest first; each has its "number", unless it is older than numbers are."""
    path = file_of(config)
    return [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.is_file() else []


def remember(site: Site, results: Sequence[Result], version: str) -> None:
    """Add a run: when, which version and settings, what each check said. OSError where nothing can be written."""
    path = file_of(site.config)
    _make(path.parent)
    with _opened(path.with_suffix(".lock")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = past(site.config)[1 - KEPT :]
        number = max((run.get("number", 0) for run in before), default=0) + 1
        lines = [*before, _line(site, results, version, number)]
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with _opened(draft) as file:
            file.write(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        draft.replace(path)


def _line(site: Site, results: Sequence[Result], version: str, number: int) -> dict[str, Any]:
    counts = {verdict.value: sum(one.finding.verdict is verdict for one in results) for verdict in Verdict}
    return {
        "number": number,
        "at": site.now.isoformat(timespec="seconds"),
        "version": version,
        "settings": settings_mark(site.config),
        **counts,
        "wrong": {one.check.id: one.finding.evidence for one in results if one.finding.verdict in WORST},
        "checks": [
            {"id": one.check.id, "verdict": one.finding.verdict.value, "evidence": one.finding.evidence,
             "next": one.finding.next_step}
            for one in results
        ],
    }  # fmt: skip


def settings_mark(config: Config) -> str:
    """A mark that changes when a setting does, and tells no secret."""
    open_ = sorted((option.key, str(config[option.key])) for option in OPTIONS if not option.is_secret)
    return sha256(repr(open_).encode()).hexdigest()[:12]


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True)
        os.chown(folder, *_owner(folder.parent), follow_symlinks=False)


def _opened(path: Path) -> Any:
    """For writing at its end; it belongs to whom its folder does."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, READABLE)
    if os.geteuid() == 0:
        os.fchown(descriptor, *_owner(path.parent))
    return os.fdopen(descriptor, "ab")


def _owner(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_uid, found.st_gid
