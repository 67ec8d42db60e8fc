"""How well does each process of a server remember its answers?

Every process keeps a small file below `data_dir/caches` up to date; whoever wants to know reads them all. Files of
processes that have ended are cleared away by the next reader.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fondaco import metrics
from fondaco.modules.registries import Registries

_logger = logging.getLogger(__name__)

FOLDER = "caches"
ASKED = metrics.Counter("fondaco_cache_answers_total", "Remembered answers that were asked for", ("database", "result"))


class CacheReporter:
    """Writes the file of this process."""

    def __init__(self, registries: Registries) -> None:
        self.registries = registries
        self.path = _folder(registries.config["data_dir"]) / f"{socket.gethostname()}-{os.getpid()}.json"
        self._counted: dict[tuple[str, str], int] = {}
        self._written = ""

    def __repr__(self) -> str:
        return f"<CacheReporter {self.path}>"

    def report(self) -> None:
        """Bring file and metrics up to date."""
        databases = {registry.db_name: _groups_of(registry) for registry in self.registries.loaded()}
        self._count(databases)
        budget = self.registries.budget
        text = json.dumps(
            {"pid": os.getpid(), "size": budget.size, "taken": budget.taken, "databases": databases}, sort_keys=True
        )
        if text == self._written:
            return
        try:
            _write(self.path, text)
            self._written = text
        except OSError as error:
            _logger.warning("statistics of caches not written: %s", error)

    def _count(self, databases: dict[str, dict[str, dict[str, int]]]) -> None:
        for db, groups in databases.items():
            for result in ("hits", "misses"):
                asked = sum(numbers[result] for numbers in groups.values())
                grown = asked - self._counted.get((db, result), 0)
                self._counted[db, result] = asked
                if grown:
                    # A registry that was loaded anew begins at nothing.
                    ASKED.count(db, result, by=grown if grown > 0 else asked)


def _groups_of(registry: Any) -> dict[str, dict[str, int]]:
    return {
        name: {"answers": len(group), "bytes": group.size, "hits": group.hits, "misses": group.misses}
        for name, group in registry.caches.items()
        if group.hits or group.misses
    }


def read_all(data_dir: str) -> Iterator[dict[str, Any]]:
    """What the processes wrote that serve now, or that another machine wrote, by pid."""
    here = socket.gethostname()
    for path in sorted(_folder(data_dir).glob("*.json")):
        host, _, pid = path.stem.rpartition("-")
        if host == here and not _is_alive(int(pid)):
            path.unlink(missing_ok=True)
            continue
        try:
            yield {"host": host, **json.loads(path.read_text(encoding="utf-8"))}
        except (OSError, ValueError) as error:
            _logger.warning("passed over %s: %s", path, error)


def _folder(data_dir: str) -> Path:
    return Path(data_dir) / FOLDER


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as draft:
        draft.write(text)
    os.replace(draft.name, path)
