"""Which files decide what the code of modules does, and did one of them change?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import fondaco
from fondaco.modules.manifest import AddonsPath

SUFFIXES = frozenset({".py", ".xml", ".csv", ".po", ".sql"})
"""Files that decide what a fresh database holds."""
PASSED_OVER = frozenset({"__pycache__", "static", "tests"})


def of_code(folders: AddonsPath, modules: Iterable[str]) -> str:
    """A text that changes with the version, with our own files and with those of the modules."""
    code = hashlib.sha256(fondaco.VERSION.encode())
    core = Path(fondaco.__file__).parent
    for path in sorted(_sources(core, leave_out=core / "addons")):
        code.update(_stamp(path))
    for name in sorted(modules):
        folder = folders.folder_of(name)
        for path in sorted(_sources(folder)) if folder else ():
            code.update(_stamp(path))
    return code.hexdigest()


def _sources(folder: Path, leave_out: Path | None = None) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in PASSED_OVER and Path(parent, name) != leave_out]
        yield from (Path(parent, name) for name in files if Path(name).suffix in SUFFIXES)


def _stamp(path: Path) -> bytes:
    status = path.stat()
    return f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode()
