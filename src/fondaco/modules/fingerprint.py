"""Which files decide what the code of modules does, and did one of them change?

A fingerprint names what code finds or makes, for others who have the same code: answers in Redis, template databases.
Data files are read when they are needed; Python and translations are held by the process, whatever becomes of their
files. So a process notes how these files were when it took them up (`take_up`). Where they are not so any more, what
it does is named by no file: its fingerprint is its own, and what it shares or makes is found by nobody else.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import fondaco
from fondaco.modules.manifest import AddonsPath

HELD = frozenset({".py", ".po"})
SUFFIXES = HELD | {".xml", ".csv", ".sql"}
"""Files that decide what a fresh database holds."""
PASSED_OVER = frozenset({"__pycache__", "static", "tests"})
PICTURES = ("static/description", "static/img")
"""Folders of a module whose files are put into records."""
CORE = str(Path(fondaco.__file__).parent)
ADDONS = os.path.join(CORE, "addons")

_taken_up: dict[str, str] = {}
"""{folder: how the files that are held from it were}; of the process, as `sys.modules` is"""
_START = uuid.uuid4().hex


def of_code(folders: AddonsPath, modules: Iterable[str]) -> str:
    """A text that changes with the version, with our own files and with those of the modules."""
    found = _folders(folders, modules)
    code = hashlib.sha256(fondaco.VERSION.encode())
    for folder in found:
        code.update(_state(folder, SUFFIXES).encode())
    if _has_changed(found):
        code.update(f"{_START} {os.getpid()}".encode())
    return code.hexdigest()


def of_contents(folders: AddonsPath, modules: Iterable[str]) -> str:
    """A text that changes with what is in these files, and in the pictures of the modules, wherever they lie and
    whenever they were written; empty where this process holds what the files no longer say."""
    found = _folders(folders, modules)
    code = hashlib.sha256(fondaco.VERSION.encode())
    for folder in found:
        paths = [entry.path for entry in _entries(folder, SUFFIXES)]
        paths += [str(path) for name in PICTURES for path in Path(folder, name).rglob("*.*") if path.is_file()]
        for path in sorted(paths):
            content = Path(path).read_bytes()
            code.update(f"{os.path.basename(folder)}\0{os.path.relpath(path, folder)}\0{len(content)}\n".encode())
            code.update(content)
    return "" if _has_changed(found) else code.hexdigest()


def _folders(folders: AddonsPath, modules: Iterable[str]) -> list[str]:
    return [CORE, *(str(path) for name in sorted(modules) if (path := folders.folder_of(name)))]


def _has_changed(found: Iterable[str]) -> bool:
    return any(folder in _taken_up and _state(folder, HELD) != _taken_up[folder] for folder in found)


def take_up(folder: str = CORE) -> None:
    """Note how the files of a folder are, before its code is imported; a second time changes nothing."""
    if folder not in _taken_up:
        _taken_up[folder] = _state(folder, HELD)


def _state(folder: str, suffixes: frozenset[str]) -> str:
    """A text that changes with any file of these suffixes."""
    code = hashlib.sha256()
    for line in sorted(map(_stamp, _entries(folder, suffixes))):
        code.update(line.encode())
    return code.hexdigest()


def _stamp(entry: os.DirEntry[str]) -> str:
    status = entry.stat()
    return f"{entry.path}\0{status.st_size}\0{status.st_mtime_ns}\n"


def _entries(folder: str, suffixes: frozenset[str]) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in PASSED_OVER and entry.path != ADDONS:
                    yield from _entries(entry.path, suffixes)
            elif os.path.splitext(entry.name)[1] in suffixes:
                yield entry
