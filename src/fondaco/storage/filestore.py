"""Where the files of a database lie on disk, and how they get there and go again.

A file is named by the SHA-1 of its content, `<data_dir>/filestore/<database>/xx/xxxx...`, so equal content is stored
once and a name never changes its meaning. Writing comes before the row that names the file; deleting is a mark in
`checklist/` and a later sweep that removes what no row names. A crash in between leaves a file too many, never one
too few.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from fondaco.errors import StorageError

CHECKLIST = "checklist"
_CHUNK = 1024 * 1024
# A file younger than this may belong to a transaction that is not committed yet.
GRACE_SECONDS = 3600.0
_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{40,128}")
_FILE_MODE = 0o600


class Filestore:
    """The files of one database under `root`; knows keys (`xx/<sha1>`), never rows."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    def __repr__(self) -> str:
        return f"Filestore({str(self.root)!r})"

    @classmethod
    def of_database(cls, data_dir: str | os.PathLike[str], db_name: str) -> Filestore:
        """The store of a database below the server's data directory."""
        if not db_name or db_name in {".", ".."} or "/" in db_name or "\0" in db_name:
            raise StorageError(f"filestore: {db_name!r} is no database name")
        return cls(Path(data_dir) / "filestore" / db_name)

    def path(self, key: str) -> Path:
        """The absolute path of `key`; StorageError for anything that is no key (and could lead elsewhere)."""
        if not _KEY.fullmatch(key):
            raise StorageError(f"filestore: {key!r} is no file key; expected two hex digits, '/', and the hash")
        return self.root / key

    def exists(self, key: str) -> bool:
        return self.path(key).is_file()

    def size(self, key: str) -> int:
        return self.path(key).stat().st_size

    def open(self, key: str) -> BinaryIO:
        """The file opened for reading; StorageError when it is missing."""
        try:
            return self.path(key).open("rb")
        except OSError as error:
            raise StorageError(f"filestore: cannot read {key!r} in {self.root}: {error.strerror}") from error

    def read(self, key: str) -> bytes:
        """The content of `key`; StorageError when it is missing."""
        with self.open(key) as stream:
            return stream.read()

    def write(self, data: bytes, checksum: str | None = None) -> str:
        """Store `data` and return its key; equal content is written once. `checksum` is its SHA-1 if known."""
        digest = checksum or checksum_of(data)
        key = f"{digest[:2]}/{digest}"
        path = self.path(key)
        if not self._holds(path, data):
            self._place(path, (data,))
        self.mark(key)
        return key

    def write_stream(self, stream: BinaryIO) -> tuple[str, int]:
        """Store what `stream` yields without holding it in memory; return (key, size)."""
        self.root.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha1(usedforsecurity=False), 0
        descriptor, temporary = tempfile.mkstemp(prefix=".incoming-", dir=self.root)
        try:
            with os.fdopen(descriptor, "wb") as target:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    target.write(chunk)
            name = digest.hexdigest()
            key = f"{name[:2]}/{name}"
            path = self.path(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(temporary, path)
        except OSError as error:
            _forget(temporary)
            raise StorageError(f"filestore: cannot write to {self.root}: {error.strerror}") from error
        self.mark(key)
        return key, size

    def _holds(self, path: Path, data: bytes) -> bool:
        # The same hash with another size is a file cut short by a full disk: it is written again.
        try:
            return path.stat().st_size == len(data)
        except FileNotFoundError:
            return False

    def _place(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write beside `path`, then rename: readers see all of it or nothing."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(prefix=".incoming-", dir=path.parent)
        except OSError as error:
            raise StorageError(f"filestore: cannot write to {path.parent}: {error.strerror}") from error
        try:
            with os.fdopen(descriptor, "wb") as target:
                for chunk in chunks:
                    target.write(chunk)
            os.chmod(temporary, _FILE_MODE)
            os.replace(temporary, path)
        except OSError as error:
            _forget(temporary)
            raise StorageError(f"filestore: cannot write {path}: {error.strerror}") from error

    def mark(self, key: str) -> None:
        """Put `key` on the list of files that the next sweep looks at: newly written, or no longer named by a row."""
        mark = self.root / CHECKLIST / self.path(key).relative_to(self.root)
        try:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch(mode=_FILE_MODE)
        except OSError as error:
            raise StorageError(f"filestore: cannot mark {key!r} in {self.root}: {error.strerror}") from error

    def marked(self) -> list[str]:
        """The keys on the list, sorted."""
        checklist = self.root / CHECKLIST
        found = (path.relative_to(checklist).as_posix() for path in checklist.glob("*/*") if path.is_file())
        return sorted(key for key in found if _KEY.fullmatch(key))

    def sweep(
        self,
        named_by_rows: Callable[[Collection[str]], Collection[str]],
        now: float | None = None,
        grace: float = GRACE_SECONDS,
    ) -> int:
        """Delete the marked files that no row names; return how many.

        `named_by_rows(keys)` answers which of the keys rows still name. Files and marks younger than `grace` wait.
        """
        moment = time.time() if now is None else now
        ripe = [key for key in self.marked() if moment - self._marked_at(key) >= grace]
        removed = 0
        for start in range(0, len(ripe), 1000):
            batch = ripe[start : start + 1000]
            kept = set(named_by_rows(batch))
            for key in batch:
                if moment - self._marked_at(key) < grace:
                    continue  # written again while the rows were asked
                if key not in kept:
                    removed += _forget(self.path(key))
                _forget(self.root / CHECKLIST / key)
        return removed

    def _marked_at(self, key: str) -> float:
        try:
            return (self.root / CHECKLIST / key).stat().st_mtime
        except FileNotFoundError:
            return float("inf")

    def keys(self) -> Iterator[str]:
        """Every stored key, for backups and for full sweeps."""
        if not self.root.is_dir():
            return
        for folder in sorted(self.root.iterdir()):
            if folder.is_dir() and len(folder.name) == 2:
                for path in sorted(folder.iterdir()):
                    key = f"{folder.name}/{path.name}"
                    if _KEY.fullmatch(key):
                        yield key

    def verify(self, key: str) -> bool:
        """Whether the content still has the hash it is named by."""
        digest = hashlib.sha1(usedforsecurity=False)
        with self.open(key) as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest() == key[3:]

    def copy_to(self, target: Filestore) -> None:
        """Make `target` hold the same files, by hard links where the file system allows: contents never change."""
        for key in self.keys():
            destination = target.path(key)
            if destination.exists():
                continue
            destination.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(self.path(key), destination)
            except OSError:
                shutil.copy2(self.path(key), destination)

    def rename_to(self, target: Filestore) -> None:
        """Move everything to the place of another (absent) store."""
        if self.root.is_dir():
            target.root.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self.root, target.root)

    def drop(self) -> None:
        """Remove the store with all its files."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.root)


def checksum_of(data: bytes) -> str:
    """The SHA-1 that names this content; a name, not a protection."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _forget(path: str | Path) -> int:
    """Remove a file if it is there; 1 if it was."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return 0
    return 1
