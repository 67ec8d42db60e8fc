"""Where do the documents of sessions lie?

A shelf keeps bytes by session id and knows how long ago each was used; what the bytes mean is `sessions.py`'s affair.
`FileShelf` is the usual one. `redis_shelf.RedisShelf` keeps them where several machines can read them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from werkzeug.exceptions import ServiceUnavailable

_logger = logging.getLogger("odoo.http")

STABLE_LENGTH = 42
TOUCH_EVERY = 300  # seconds between two updates of the time a document was last used
SID = re.compile(r"[A-Za-z0-9_-]{84}")
STABLE = re.compile(r"[A-Za-z0-9_-]{42}")
RETRY_AFTER_S = 5
TELL_AGAIN_S = 10.0  # after which a folder that cannot be used is told of again: every request may meet it
_SHARD = "[A-Za-z0-9_-][A-Za-z0-9_-]"


class SessionsAway(ServiceUnavailable):
    """Who is calling cannot be told for the moment; the caller keeps the session and may ask again."""

    description = "The server cannot look up your session for the moment. Nothing is lost: try again in a few seconds."

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_AFTER_S)


class SessionsFull(SessionsAway):
    """What a session holds cannot be written or removed for the moment: nobody can log in or out."""

    description = (
        "The server cannot keep your log-in for the moment. The administrator finds the reason in the server's log; "
        "try again when it is mended."
    )


class Document(NamedTuple):
    """The bytes of a session and the seconds since it was last used."""

    content: bytes
    age_s: float


class Shelf(Protocol):
    """What a session store asks of the place where documents lie. Ids are well-formed: see `SID`."""

    def read(self, sid: str) -> Document | None:
        """The document of this id, or None."""

    def write(self, sid: str, content: bytes, *, only_existing: bool = False) -> bool:
        """Put a document there; with `only_existing`, replace one or do nothing. Whether it is there now."""

    def touch(self, sid: str) -> None:
        """The session is in use."""

    def remove(self, sid: str) -> None:
        """Forget the document, if there is one."""

    def remove_devices(self, identifiers: Iterable[str]) -> None:
        """Forget every document whose id begins with one of these 42 characters."""

    def ids(self) -> list[str]:
        """Every id with a document."""

    def sweep(self, unused_s: float) -> None:
        """Forget what has not been used for so many seconds."""

    def signing_key(self) -> bytes:
        """32 secret bytes, the same for all who use this shelf."""


class FileShelf:
    """Documents as files, sharded by the first two characters of their id. Safe for many processes and threads."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._root = str(self.path)
        self._told_at = -TELL_AGAIN_S

    def __repr__(self) -> str:
        return f"<FileShelf {self.path}>"

    def _tell(self, error: OSError) -> None:
        """Say what the operator has to mend."""
        now = time.monotonic()
        if now < self._told_at + TELL_AGAIN_S:
            return
        self._told_at = now
        _logger.error(
            "sessions: %s cannot be used: %s; expected a folder that the account of the server may write, with room "
            "left; next: look at `df -h %s`, `df -i %s` and `ls -ld %s`. Until then nobody can log in",
            error.filename or self.path, error.strerror, self.path, self.path, self.path,
        )  # fmt: skip

    def read(self, sid: str) -> Document | None:
        try:
            with open(self.file(sid), "rb", buffering=0) as stream:
                age = time.time() - os.fstat(stream.fileno()).st_mtime
                return Document(stream.read(), age)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._tell(error)
            raise SessionsAway from error

    def write(self, sid: str, content: bytes, *, only_existing: bool = False) -> bool:
        file = self.file(sid)
        if only_existing and not os.path.exists(file):
            return False
        try:
            self._replace(file, content)
        except OSError as error:
            self._tell(error)
            raise SessionsFull from error
        return True

    def _replace(self, file: str, content: bytes) -> None:
        folder, _, name = file.rpartition("/")
        temporary = f"{folder}/.{name[-12:]}.{os.getpid()}.{secrets.token_hex(3)}"
        flags = os.O_CREAT | os.O_WRONLY | os.O_EXCL
        try:
            try:
                handle = os.open(temporary, flags, 0o600)
            except FileNotFoundError:
                os.makedirs(folder, mode=0o700, exist_ok=True)
                handle = os.open(temporary, flags, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.replace(temporary, file)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise

    def touch(self, sid: str) -> None:
        with contextlib.suppress(OSError):
            os.utime(self.file(sid))

    def remove(self, sid: str) -> None:
        self._unlink(self.file(sid))

    def remove_devices(self, identifiers: Iterable[str]) -> None:
        for identifier in identifiers:
            for file in (self.path / identifier[:2]).glob(f"{identifier}*"):
                self._unlink(str(file))

    def _unlink(self, file: str) -> None:
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(file)
        except OSError as error:
            self._tell(error)
            raise SessionsFull from error

    def ids(self) -> list[str]:
        return [file.name for file in self.path.glob(f"{_SHARD}/*") if SID.fullmatch(file.name)]

    def sweep(self, unused_s: float) -> None:
        threshold = time.time() - unused_s
        for file in self.path.glob(f"{_SHARD}/*"):
            with contextlib.suppress(OSError):
                if file.stat().st_mtime < threshold:
                    file.unlink()

    def signing_key(self) -> bytes:
        """The key of this directory; the first process that needs it writes it."""
        file = self.path / ".key"
        try:
            if not file.exists():
                self._write_key(file)
            return file.read_bytes()
        except OSError as error:
            self._tell(error)
            raise SessionsFull from error

    def adopt_key(self, key: bytes) -> None:
        """Sign with the key that others use."""
        os.replace(self._temporary_key(key), self.path / ".key")

    def _write_key(self, file: Path) -> None:
        """Put a whole key there or none: of two processes that start together, the first to link wins."""
        temporary = self._temporary_key(secrets.token_bytes(32))
        with contextlib.suppress(FileExistsError):
            os.link(temporary, file)
        os.unlink(temporary)

    def _temporary_key(self, key: bytes) -> str:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(prefix=".key.", dir=self.path)
        with os.fdopen(handle, "wb") as stream:
            stream.write(key)
        return temporary

    def file(self, sid: str) -> str:
        """The path of a document."""
        return f"{self._root}/{sid[:2]}/{sid}"
