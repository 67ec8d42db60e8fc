"""Which objects this machine has copies of: those read last, as many bytes as it may keep.

They lie in `<data_dir>/filestore/.copies/<database>/xx/xxxx...`, below the folder that a proxy may send files from. A
copy can be lost at any time without harm.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from fondaco.errors import StorageError

FOLDER = ".copies"
TOUCH_EVERY_S = 60.0
ROOM = 0.1  # part of the limit that is freed when it is reached
SHA1_LENGTH = 40


class Copies:
    """The copies below `root`, of all databases of this machine."""

    def __init__(self, root: str | os.PathLike[str], limit: int) -> None:
        self.root = Path(root)
        self.limit = limit
        self._added = limit  # bytes since the copies were last counted: the first one has them counted

    def __repr__(self) -> str:
        return f"Copies({str(self.root)!r}, limit={self.limit})"

    def path(self, database: str, key: str) -> Path:
        return self.root / database / key

    def find(self, database: str, key: str) -> Path | None:
        """The copy of a file, which counts as read now."""
        path = self.path(database, key)
        try:
            if time.time() - path.stat().st_mtime > TOUCH_EVERY_S:
                os.utime(path)
        except FileNotFoundError:
            return None
        return path

    def take(self, database: str, key: str, blocks: Iterable[bytes]) -> Path:
        """Make a copy of what `blocks` bring; StorageError when that is not what the key names."""
        path = self.path(database, key)
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest, size = hashlib.sha1(usedforsecurity=False), 0
        descriptor, temporary = tempfile.mkstemp(prefix=".incoming-", dir=self.root)
        try:
            with os.fdopen(descriptor, "wb") as target:
                for block in blocks:
                    digest.update(block)
                    size += len(block)
                    target.write(block)
            name = key.rpartition("/")[2]
            if len(name) == SHA1_LENGTH and digest.hexdigest() != name:
                raise StorageError(f"object {database}/{key} is damaged: its content is not the one it is named by")
            self._move(Path(temporary), path, size)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
        return path

    def adopt(self, database: str, key: str, file: Path) -> None:
        """Make a file a copy, by moving it."""
        with contextlib.suppress(FileNotFoundError):  # another process did
            self._move(file, self.path(database, key), file.stat().st_size)

    def _move(self, file: Path, path: Path, size: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.utime(file)
        os.replace(file, path)
        self._added += size
        if self._added > self.limit * ROOM:
            self._added = 0
            self.trim(keep=path)

    def trim(self, keep: Path | None = None) -> None:
        """Remove the copies that were not read for longest until the others fit, but `keep`."""
        found = []
        for folder, _folders, names in os.walk(self.root):
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(FileNotFoundError):
                    status = path.stat()
                    found.append((status.st_mtime, status.st_size, path))
        total = sum(size for _moment, size, _path in found)
        if total <= self.limit:
            return
        for _moment, size, path in sorted(found):
            if total <= self.limit * (1 - ROOM):
                break
            if path != keep:
                path.unlink(missing_ok=True)
                total -= size

    def forget(self, database: str, key: str) -> None:
        self.path(database, key).unlink(missing_ok=True)

    def drop(self, database: str) -> None:
        """Forget all copies of a database."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.root / database)
