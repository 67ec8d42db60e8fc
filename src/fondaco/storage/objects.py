"""The files of a database in an object store, with this machine as its waiting room.

A file is written here first and then put into the bucket, as `[PREFIX/]DATABASE/xx/xxxx...`, before the transaction
that names it ends: other machines find it as soon as they find the row. When the object store does not answer, the file
stays here and on the list `outgoing/`; a courier delivers it later. So a file below the root of this store is one that
the bucket may not have yet, and is as good as an object: names are contents.

Files read are copied to `.copies/`, of which those read last are kept.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import IO, BinaryIO

from fondaco.errors import StorageAway, StorageError
from fondaco.storage import couriers
from fondaco.storage.bucket import Bucket
from fondaco.storage.copies import Copies
from fondaco.storage.filestore import Filestore, checksum_of, forget

_logger = logging.getLogger("fondaco.storage")

OUTGOING = "outgoing"
LARGE = 1024 * 1024  # bytes from which on it pays to ask whether the bucket has the content already
AFAR = 32 * 1024 * 1024  # bytes from which on an object is sent from where it lies, and not copied here first


class ObjectStore(Filestore):
    """A `Filestore` whose files lie in a bucket below the name of the database."""

    def __init__(self, root: str | os.PathLike[str], bucket: Bucket, copies: Copies) -> None:
        super().__init__(root)
        self.bucket = bucket
        self.copies = copies

    def __repr__(self) -> str:
        return f"ObjectStore({self.name!r}, {self.bucket!r})"

    @property
    def name(self) -> str:
        """The database, which is the folder in the bucket."""
        return self.root.name

    def object_name(self, key: str) -> str:
        self.path(key)  # refuses what is no key
        return f"{self.name}/{key}"

    # -- reading -----------------------------------------------------------------------------------------------------
    def local(self, key: str) -> Path:
        """As for a `Filestore`; an object is copied here first. `StorageAway` when that cannot be done now."""
        try:
            return self._find(key) or self._copy(key)
        except StorageAway:
            raise
        except StorageError as error:
            _logger.warning("file missing db=%s file=%s: %s", self.name, key, error)
            return self.path(key)

    def open(self, key: str) -> BinaryIO:
        for _attempt in range(2):
            with contextlib.suppress(FileNotFoundError):  # delivered, or left out, since it was found
                return (self._find(key) or self._copy(key)).open("rb")
        raise StorageError(f"object store: {key!r} is neither in {self.bucket.location} nor in {self.root}")

    def afar(self, key: str, size: int) -> Callable[[], IO[bytes]] | None:
        if size < AFAR or self._find(key) is not None:
            return None
        return lambda: self.bucket.open(self.object_name(key), size)

    def _find(self, key: str) -> Path | None:
        """The file or the copy that this machine has."""
        path = self.path(key)
        return path if path.is_file() else self.copies.find(self.name, key)

    def _copy(self, key: str) -> Path:
        return self.copies.take(self.name, key, self.bucket.blocks(self.object_name(key)))

    def exists(self, key: str) -> bool:
        return super().exists(key) or self.bucket.size(self.object_name(key)) is not None

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Every stored key with its bytes, those that wait here among them."""
        here = dict(self.sizes_here())
        for key, size in self._objects():
            here.pop(key, None)
            yield key, size
        yield from sorted(here.items())

    def _objects(self) -> Iterator[tuple[str, int]]:
        """The keys of the objects of this database, with their bytes; whatever else lies in its folder is not ours."""
        for found in self.bucket.objects(f"{self.name}/"):
            key = found.name.removeprefix(f"{self.name}/")
            if self.is_key(key):
                yield key, found.size

    def sizes_here(self) -> Iterator[tuple[str, int]]:
        """The files that lie on this machine and not only in the bucket, copies left out."""
        return super().sizes()

    # -- writing -----------------------------------------------------------------------------------------------------
    def write(self, data: bytes, checksum: str | None = None) -> str:
        key = super().write(data, checksum or checksum_of(data))
        self._send(key)
        return key

    def write_stream(self, stream: BinaryIO) -> tuple[str, int]:
        key, size = super().write_stream(stream)
        self._send(key)
        return key, size

    def take(self, key: str, stream: IO[bytes]) -> None:
        super().take(key, stream)
        self._send(key)

    def _send(self, key: str) -> None:
        """Bring a file that was just written to the bucket, now or later."""
        # Noted before it is tried: whoever is killed meanwhile leaves a file that will be delivered.
        self._note(OUTGOING, key)
        try:
            self.deliver(key)
        except StorageAway:
            couriers.wake(self)

    def waiting(self) -> list[str]:
        """The keys of files that the bucket does not have yet, as far as this machine knows."""
        return self._noted(OUTGOING)

    def deliver(self, key: str, *, over: bool = False) -> None:
        """Put one file into the bucket; what was ours becomes a copy. `StorageAway` leaves everything as it is. over:
        an object of the same size may be another content."""
        name, path = self.object_name(key), self.path(key)
        try:
            with path.open("rb") as content:
                size = os.fstat(content.fileno()).st_size
                if over or size < LARGE or self.bucket.size(name) != size:
                    self.bucket.put(name, content, size)
        except FileNotFoundError:
            pass  # another process has just delivered it
        else:
            self.copies.adopt(self.name, key, path)
        forget(self.root / OUTGOING / key)

    def fetch(self, key: str) -> None:
        """Make a file of an object, to stay on this machine."""
        self._link(self._find(key) or self._copy(key), self.path(key))

    # -- going away --------------------------------------------------------------------------------------------------
    def _remove(self, keys: Collection[str]) -> int:
        # The bucket first: when it does not answer, the marks stay and the next sweep tries again.
        self.bucket.remove(self.object_name(key) for key in keys)
        super()._remove(keys)
        for key in keys:
            self._forget_here(key)
        return len(keys)

    def _forget_here(self, key: str) -> None:
        """What this machine has of a file goes: the bucket has it, or had it removed."""
        for path in (self.path(key), self.root / OUTGOING / key):
            forget(path)
        self.copies.forget(self.name, key)

    def copy_to(self, target: Filestore, *, over: bool = False) -> None:
        """As for a `Filestore`; the objects are copied within the bucket, nothing passes through this machine."""
        if not isinstance(target, ObjectStore) or target.bucket is not self.bucket:
            raise StorageError(f"object store: {self!r} cannot be copied to {target!r}")
        here = {key for key, _size in self.sizes_here()}
        link = self._link_over if over else self._link
        for key in here:
            link(self.path(key), target.path(key))
            target._note(OUTGOING, key)
        for key in self.marked():
            target.mark(key)
        there = set() if over else {key for key, _size in target._objects()}
        missing = [key for key, _size in self._objects() if key not in there]
        self.bucket.copy((self.object_name(key), target.object_name(key)) for key in missing)
        if over:
            for key in here:
                target.deliver(key, over=True)
            for key in set(missing) - here:
                target._forget_here(key)
        with contextlib.suppress(StorageAway):
            for key in target.waiting():
                target.deliver(key)
        couriers.wake(target)

    def drop(self) -> None:
        super().drop()
        self.copies.drop(self.name)
        try:
            self.bucket.remove([self.object_name(key) for key, _size in self._objects()])
        except StorageError as error:
            _logger.warning(
                "objects of a dropped database stay in the bucket db=%s: %s; `fondaco storage drop %s` removes them",
                self.name, error, self.name,
            )  # fmt: skip
