"""Where the files of a database lie on disk, and how they get there and go again.

A file is named by the SHA-1 of its content, `<data_dir>/filestore/<database>/xx/xxxx...`, so equal content is stored
once and a name never changes its meaning. Writing comes before the row that names the file; deleting is a mark in
`checklist/` and a later sweep that removes what no row names. The mark comes before the file too: whoever dies in
between, or rolls back, leaves a file that the sweep finds.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import IO, BinaryIO

from fondaco.errors import StorageError

CHECKLIST = "checklist"
_CHUNK = 1024 * 1024
# A file younger than this may belong to a transaction that is not committed yet.
GRACE_SECONDS = 3600.0
ABANDONED_SECONDS = 24 * 3600.0
INCOMING = ".incoming-"
_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{40,128}")
_FILE_MODE = 0o640
"""The group is let in, and with it whom the folder's access list names: a proxy that sends files for the server"""
_MARK_MODE = 0o600


class Filestore:
    """The files of one database under `root`; knows keys (`xx/<sha1>`), never rows."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    def __repr__(self) -> str:
        return f"Filestore({str(self.root)!r})"

    @classmethod
    def of_database(cls, data_dir: str | os.PathLike[str], db_name: str) -> Filestore:
        """The store of a database below the server's data directory."""
        if not db_name or db_name.startswith(".") or "/" in db_name or "\0" in db_name:
            raise StorageError(f"filestore: {db_name!r} is no database name")
        return cls(Path(data_dir) / "filestore" / db_name)

    def path(self, key: str) -> Path:
        """The absolute path of `key`; StorageError for anything that is no key (and could lead elsewhere)."""
        if not _KEY.fullmatch(key):
            raise StorageError(f"filestore: {key!r} is no file key; expected two hex digits, '/', and the hash")
        return self.root / key

    def local(self, key: str) -> Path:
        """A file on this machine with the content of `key`, to be read and not kept; it may be missing."""
        return self.path(key)

    def afar(self, key: str, size: int) -> Callable[[], IO[bytes]] | None:
        """What opens a large file where it lies, when that is not this machine; `size` is known from its row."""
        return None

    @staticmethod
    def is_key(text: str) -> bool:
        return _KEY.fullmatch(text) is not None

    def exists(self, key: str) -> bool:
        return self.path(key).is_file()

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
        self.mark(key)
        path = self.path(key)
        if not self._holds(path, len(data)):
            self._place(path, (data,))
        return key

    def write_stream(self, stream: BinaryIO) -> tuple[str, int]:
        """Store what `stream` yields without holding it in memory; return (key, size)."""
        digest, size = hashlib.sha1(usedforsecurity=False), 0
        with self._incoming() as (target, temporary):
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
            target.flush()
            name = digest.hexdigest()
            key = f"{name[:2]}/{name}"
            self.mark(key)
            path = self.path(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(temporary, path)
        return key, size

    def take(self, key: str, stream: IO[bytes]) -> None:
        """Store what `stream` yields under `key`, as a dump has it; nothing checks that it is named by its content."""
        self._place(self.path(key), iter(lambda: stream.read(_CHUNK), b""))

    @contextlib.contextmanager
    def _incoming(self) -> Iterator[tuple[BinaryIO, str]]:
        """A file that is not there yet, to be moved to its place; what remains of it is removed."""
        temporary = ""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(prefix=INCOMING, dir=self.root)
            with os.fdopen(descriptor, "wb") as target:
                os.fchmod(descriptor, _FILE_MODE)
                yield target, temporary
        except OSError as error:
            raise StorageError(f"filestore: cannot write to {self.root}: {error.strerror}") from error
        finally:
            if temporary:
                forget(temporary)

    def _holds(self, path: Path, size: int) -> bool:
        # The same hash with another size is a file cut short by a full disk: it is written again.
        try:
            return path.stat().st_size == size
        except FileNotFoundError:
            return False

    def _place(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write beside `path`, then rename: readers see all of it or nothing."""
        with self._incoming() as (target, temporary):
            for chunk in chunks:
                target.write(chunk)
            target.flush()
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(temporary, path)

    def mark(self, key: str) -> None:
        """Put `key` on the list of files that the next sweep looks at: newly written, or no longer named by a row."""
        self._note(CHECKLIST, key)

    def _note(self, listing: str, key: str) -> None:
        mark = self.root / listing / self.path(key).relative_to(self.root)
        try:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch(mode=_MARK_MODE)
        except OSError as error:
            raise StorageError(f"filestore: cannot mark {key!r} in {self.root}: {error.strerror}") from error

    def marked(self) -> list[str]:
        """The keys on the list, sorted."""
        return self._noted(CHECKLIST)

    def _noted(self, listing: str) -> list[str]:
        folder = self.root / listing
        found = (path.relative_to(folder).as_posix() for path in folder.glob("*/*") if path.is_file())
        return sorted(key for key in found if _KEY.fullmatch(key))

    def ripe(self, now: float | None = None, grace: float = GRACE_SECONDS) -> list[str]:
        """The keys on the list for longer than `grace`: to be removed if no row names them."""
        moment = time.time() if now is None else now
        self._clear_incoming(moment)
        return [key for key in self.marked() if moment - self._marked_at(key) >= grace]

    def clear(self, keys: Collection[str], named: Collection[str], since: float) -> int:
        """Take these keys off the list, and remove those files that rows do not name; how many.

        `named` was asked at `since` (seconds since 1970): a file that was marked again later waits. The caller sees to
        it that nobody writes a row meanwhile.
        """
        done = [key for key in keys if self._marked_at(key) < since]
        removed = self._remove([key for key in done if key not in named])
        for key in done:
            forget(self.root / CHECKLIST / key)
        return removed

    def _remove(self, keys: Collection[str]) -> int:
        """Delete these files; how many there were."""
        return sum(forget(self.path(key)) for key in keys)

    def _clear_incoming(self, moment: float) -> None:
        """Delete what writers who were killed left half-written."""
        for path in self.root.glob(f"{INCOMING}*"):
            with contextlib.suppress(FileNotFoundError):
                if moment - path.stat().st_mtime > ABANDONED_SECONDS:
                    forget(path)

    def _marked_at(self, key: str) -> float:
        try:
            return (self.root / CHECKLIST / key).stat().st_mtime
        except FileNotFoundError:
            return float("inf")

    def keys(self) -> Iterator[str]:
        """Every stored key, for backups and for full sweeps."""
        return (key for key, _size in self.sizes())

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Every stored key with the bytes of its file."""
        if not self.root.is_dir():
            return
        for folder in sorted(self.root.iterdir()):
            if folder.is_dir() and len(folder.name) == 2:
                for path in sorted(folder.iterdir()):
                    key = f"{folder.name}/{path.name}"
                    if _KEY.fullmatch(key):
                        with contextlib.suppress(FileNotFoundError):
                            yield key, path.stat().st_size

    def waiting(self) -> list[str]:
        """The keys of files that are to go elsewhere; on disk they are where they belong."""
        return []

    def verify(self, key: str) -> bool:
        """Whether the content still has the hash it is named by."""
        digest = hashlib.sha1(usedforsecurity=False)
        with self.open(key) as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest() == key[3:]

    def copy_to(self, target: Filestore, *, over: bool = False) -> None:
        """Make `target` hold the same files, by hard links where the file system allows: contents never change. over:
        what lies there under the same keys may be damaged, and ours takes its place."""
        link = self._link_over if over else self._link
        for key in self.keys():
            link(self.path(key), target.path(key))
        for key in self.marked():
            target.mark(key)

    def lay_out(self, key: str, folder: Path) -> bool:
        """Make `folder` hold this file under its key, by a hard link where the file system allows; False when it is
        missing. What lies there stays when the store gives the file up."""
        target = folder / self.path(key).relative_to(self.root)
        for _attempt in range(2):
            with contextlib.suppress(FileNotFoundError):  # a copy of an object may go between the two calls
                self._link(self.local(key), target)
                return True
        return False

    def _link(self, source: Path, destination: Path) -> None:
        if destination.exists():
            return
        destination.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, destination)
        except OSError:
            shutil.copy2(source, destination)

    def _link_over(self, source: Path, destination: Path) -> None:
        """As `_link`, in the place of what is there: readers see the one or the other, whole."""
        with contextlib.suppress(FileNotFoundError):
            if os.path.samefile(source, destination):
                return  # a rename between two names of one file does nothing, and leaves both
        passing = destination.parent.parent / f"{INCOMING}{secrets.token_hex(8)}"
        try:
            self._link(source, passing)
            destination.parent.mkdir(exist_ok=True)
            os.replace(passing, destination)
        finally:
            forget(passing)

    def drop(self) -> None:
        """Remove the store with all its files."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.root)


def checksum_of(data: bytes) -> str:
    """The SHA-1 that names this content; a name, not a protection."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def forget(path: str | Path) -> int:
    """Remove a file if it is there; 1 if it was."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return 0
    return 1
