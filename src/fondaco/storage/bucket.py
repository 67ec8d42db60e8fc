"""What an object store is asked, and what happens when it does not answer.

The one file that knows the client library. A `Bucket` belongs to one process: connections are not shared across a fork.
An object store that failed is left alone for some seconds, so that no request waits for it twice.
"""

from __future__ import annotations

import io
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, BinaryIO, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

from fondaco import metrics
from fondaco.errors import ConfigError, StorageAway, StorageError
from fondaco.storage.location import BucketLocation

_logger = logging.getLogger("fondaco.storage")

CONNECT_S = 2.0
ANSWER_S = 10.0  # between two signs of life
ASK_AGAIN_S = 5.0  # seconds after a failure during which the object store is not asked; longer after several in a row
ASK_AGAIN_LONGEST_S = 60.0
PART_SIZE = 8 * 1024 * 1024  # bytes; a larger file goes up in parts
BLOCK = 1024 * 1024  # bytes read at a time
TOGETHER = 8  # requests under way when many objects are copied
SHOWN = 200  # characters of a reason
_CODE = re.compile(r"<Code>(\w+)</Code>")
ABSENT = frozenset({"NoSuchKey", "NoSuchObject"})

FAILURES = metrics.Counter(
    "fondaco_object_store_failures_total", "Questions that the object store did not answer", ("bucket",)
)

T = TypeVar("T")


class Object(NamedTuple):
    """One object: its name below the bucket's prefix, and its bytes."""

    name: str
    size: int


def bucket_of(location: BucketLocation) -> Bucket:
    """The bucket, as this process knows it."""
    with _lock:
        if location not in _buckets:
            _buckets[location] = Bucket(location)
        return _buckets[location]


class Bucket:
    """Objects below the prefix of a location. Every question may raise `StorageAway`. Safe for threads."""

    def __init__(self, location: BucketLocation) -> None:
        try:
            import minio  # noqa: PLC0415  an optional library
            from minio.commonconfig import CopySource  # noqa: PLC0415
            from minio.deleteobjects import DeleteObject  # noqa: PLC0415
        except ImportError as error:
            raise ConfigError(
                "ir_attachment.location names a bucket, but the client library is missing; pip install 'fondaco[s3]'"
            ) from error
        import urllib3  # noqa: PLC0415  comes with it

        self.location = location
        endpoint = urlsplit(location.endpoint)
        self._client = minio.Minio(
            endpoint.netloc,
            access_key=location.access_key,
            secret_key=location.secret_key,
            secure=endpoint.scheme == "https",
            region=location.region,
            http_client=urllib3.PoolManager(
                timeout=urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S),
                maxsize=TOGETHER,
                # One that is not there is not asked twice; an idle connection may have been closed from the other side.
                retries=urllib3.Retry(total=1, connect=0, backoff_factor=0.1, status_forcelist=(500, 502, 503, 504)),
            ),
        )
        self._copy_source, self._delete_object = CopySource, DeleteObject
        self._failures = (minio.error.MinioException, urllib3.exceptions.HTTPError, OSError)
        self._away_until = 0.0
        self._failed = 0  # times in a row
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Bucket {self.location} {'away' if self._failed else 'there'}>"

    # -- reading -----------------------------------------------------------------------------------------------------
    def size(self, name: str) -> int | None:
        """Bytes of an object; None when there is none of this name."""
        found = self._ask(lambda: self._client.stat_object(self.location.bucket, self._full(name)))
        return None if found is None else int(found.size or 0)

    def blocks(self, name: str, offset: int = 0) -> Generator[bytes]:
        """The content of an object from `offset` on; StorageError if it is absent."""
        answer = self._ask(lambda: self._client.get_object(self.location.bucket, self._full(name), offset=offset))
        if answer is None:
            raise StorageError(f"object {name!r} is not in {self.location}")
        try:
            while block := self._ask(lambda: answer.read(BLOCK)):
                yield block
        finally:
            answer.close()
            answer.release_conn()

    def open(self, name: str, size: int) -> IO[bytes]:
        """The content of an object of this size, to be read from any place on."""
        return cast(IO[bytes], ObjectReader(self, name, size))

    def objects(self, folder: str = "") -> Iterator[Object]:
        """Every object whose name begins with `folder`, in the order of their names."""
        listing = iter(
            self._client.list_objects(self.location.bucket, prefix=self._full(folder), recursive=True)
        )  # asked only when read
        while (found := self._ask(lambda: next(listing, None))) is not None:
            yield Object(str(found.object_name).removeprefix(self._full("")), int(found.size or 0))

    # -- writing -----------------------------------------------------------------------------------------------------
    def put(self, name: str, content: BinaryIO, size: int) -> None:
        """Make an object of what `content` holds; one of the same name is replaced when the new one is whole."""
        self._ask(
            lambda: self._client.put_object(self.location.bucket, self._full(name), content, size, part_size=PART_SIZE),
            absent_is_failure=True,
        )

    def copy(self, names: Iterable[tuple[str, str]]) -> None:
        """Copy objects, (source, target), within the bucket; nothing passes through this machine."""

        def copy(source: str, target: str) -> None:
            place = self._copy_source(self.location.bucket, self._full(source))
            self._ask(lambda: self._client.copy_object(self.location.bucket, self._full(target), place))

        with ThreadPoolExecutor(TOGETHER) as pool:
            for done in [pool.submit(copy, source, target) for source, target in names]:
                done.result()

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; those that are absent already are no error."""
        wanted = [self._delete_object(self._full(name)) for name in names]
        if not wanted:
            return
        errors = self._ask(lambda: list(self._client.remove_objects(self.location.bucket, wanted))) or []
        if errors:
            raise StorageError(
                f"{self.location}: {len(errors)} objects were not removed; the first: {errors[0].code} {errors[0].name}"
            )

    def _full(self, name: str) -> str:
        return f"{self.location.prefix}/{name}" if self.location.prefix else name

    # -- being away --------------------------------------------------------------------------------------------------
    @property
    def is_resting(self) -> bool:
        """Whether it failed a moment ago and is not asked again yet."""
        return time.monotonic() < self._away_until

    def _ask(self, question: Callable[[], T], *, absent_is_failure: bool = False) -> T | None:
        """The answer; None when the object is absent."""
        if self.is_resting:
            raise StorageAway(f"{self.location} did not answer a moment ago; try again in a few seconds")
        try:
            answer = question()
        except self._failures as error:
            code, reason = _reason(error)
            if code in ABSENT and not absent_is_failure:
                self._note_back()
                return None
            self._note_away(reason)
            raise StorageAway(f"{self.location}: {reason}") from None  # its traceback has requests in it
        self._note_back()
        return answer

    def _note_away(self, reason: str) -> None:
        FAILURES.count(self.location.bucket)
        with self._lock:
            if self.is_resting:
                return  # several threads were asking
            rest_s = min(ASK_AGAIN_S * 2**self._failed, ASK_AGAIN_LONGEST_S)
            self._away_until = time.monotonic() + rest_s
            self._failed += 1
            is_news = self._failed == 1
        if is_news:
            _logger.warning(
                "S3Storage: Connection failed: %s; bucket=%s new files stay on this machine until it answers",
                reason,
                self.location,
            )

    def _note_back(self) -> None:
        if not self._failed:
            return
        with self._lock:
            is_news, self._failed, self._away_until = bool(self._failed), 0, 0.0
        if is_news:
            _logger.info("S3Storage: Connection restored: bucket=%s", self.location)


class ObjectReader(io.RawIOBase):
    """An object as a file: asked for from where it is first read."""

    def __init__(self, bucket: Bucket, name: str, size: int) -> None:
        self._bucket, self._name, self._size = bucket, name, size
        self._position = 0
        self._blocks: Generator[bytes] | None = None
        self._rest = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._stop()
        self._position = start + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        wanted = self._size - self._position if size < 0 else min(size, self._size - self._position)
        if wanted <= 0:
            return b""
        if self._blocks is None:
            self._blocks = self._bucket.blocks(self._name, self._position)
        while len(self._rest) < wanted and (block := next(self._blocks, b"")):
            self._rest += block
        found, self._rest = self._rest[:wanted], self._rest[wanted:]
        self._position += len(found)
        return found

    def close(self) -> None:
        self._stop()
        super().close()

    def _stop(self) -> None:
        """Give the connection back."""
        if self._blocks is not None:
            self._blocks.close()
        self._blocks, self._rest = None, b""


def _reason(error: BaseException) -> tuple[str, str]:
    """(code of the object store or '', what to say of a failure); neither has a signature or key in it."""
    code = getattr(error, "code", None)
    if not isinstance(code, str):
        # Some answers are errors of the protocol only because of their content type.
        found = _CODE.search(getattr(error, "_body", None) or "")
        code = found[1] if found else ""
    if code:
        return code, code
    cause = getattr(error, "reason", None)  # of one that was tried several times
    text = " ".join(str(cause or error).split())
    return "", text[:SHOWN]


_buckets: dict[BucketLocation, Bucket] = {}
_lock = threading.Lock()


def _forget_after_fork() -> None:
    """A child makes its own connections: two processes must not speak on one."""
    global _lock
    _lock = threading.Lock()
    _buckets.clear()


os.register_at_fork(after_in_child=_forget_after_fork)
