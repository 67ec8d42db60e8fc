"""With which keys does this server encrypt fields: a file, one key a line, the first of which encrypts.

A key is 32 bytes in base64; its id is made of the key itself, so that no line can be called by another's name. Servers
read the file again when it changes: a new key is taken up without a reload.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from fondaco.errors import ConfigError

KEY_SIZE = 32
ID_SIZE = 4
OPEN_TO_OTHERS = 0o027
"""Bits of a mode that let others in; its group may read, where the file is root's and the group the server's."""
HOW_TO_BEGIN = "make a key with `fondaco encryption new-key FILE` and set encryption_keys = FILE"

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Key:
    """A key; `id` is what encrypted values name it by."""

    secret: bytes
    id: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", hashlib.sha256(b"fondaco key id\0" + self.secret).digest()[:ID_SIZE])

    @property
    def name(self) -> str:
        """The id as people see it."""
        return self.id.hex()

    def __repr__(self) -> str:
        return f"<Key {self.name}>"


def parse(text: str, where: str) -> tuple[Key, ...]:
    """The keys of a file, in order; ConfigError names the line, and never quotes it."""
    keys: dict[bytes, Key] = {}
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip()
        if not word:
            continue
        try:
            secret = base64.b64decode(word, validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if len(secret) != KEY_SIZE:
            raise ConfigError(
                f"{where}:{number}: found a line that is no key, expected {KEY_SIZE} bytes in base64; "
                "`fondaco encryption new-key FILE` writes such a line"
            )
        key = Key(secret)
        keys.setdefault(key.id, key)
    if not keys:
        raise ConfigError(f"{where} has no key; {HOW_TO_BEGIN}")
    return tuple(keys.values())


def read(path: str) -> tuple[Key, ...]:
    """The keys of the file at `path`; ConfigError where they cannot be had."""
    if not path:
        raise ConfigError(f"encryption_keys is not set; {HOW_TO_BEGIN}")
    try:
        text = Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"encryption_keys: {path} cannot be read: {error}; {HOW_TO_BEGIN}") from error
    return parse(text, path)


def add(path: str, note: str, *, is_last: bool = False) -> Key:
    """Put a new key into the file, which is made if need be, in one step; the first line encrypts, `is_last` waits."""
    file = Path(path)
    try:
        folder = os.open(file.parent, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # two at once: the second adds to what the first wrote
        return _added(file, note, is_last=is_last, folder=folder)
    finally:
        os.close(folder)


def _added(file: Path, note: str, *, is_last: bool, folder: int) -> Key:
    path, before = str(file), ""
    if file.exists():
        read(path)
        before = file.read_text(encoding="ascii")
    key = Key(secrets.token_bytes(KEY_SIZE))
    line = f"{base64.b64encode(key.secret).decode()}  # {key.name} {note}\n"
    if before and not before.endswith("\n"):
        before += "\n"
    try:
        _write(file, before + line if is_last else line + before)
        os.fsync(folder)  # no value may be sealed by a key that a power cut takes back
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error}") from error
    return key


def _write(file: Path, text: str) -> None:
    """As a whole, for the owner of what was there before, readable by nobody else."""
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
    try:
        with open(handle, "w", encoding="ascii") as stream:
            if file.exists():
                found = file.stat()
                if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(stream.fileno(), found.st_uid, found.st_gid)
                os.fchmod(stream.fileno(), found.st_mode & 0o660)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, file)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
        raise


class KeyRing:
    """The keys of a file as it is now."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._keys: tuple[Key, ...] = ()
        self._stamp: _Stamp | None = None

    def __repr__(self) -> str:
        return f"<KeyRing {self.path!r} {[key.name for key in self._keys]}>"

    def keys(self) -> tuple[Key, ...]:
        """All keys, the one that encrypts first. ConfigError without one."""
        try:
            found = os.stat(self.path)
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        except OSError:
            stamp = None
        if stamp is None or stamp != self._stamp:
            self._keys = read(self.path)
            self._stamp = stamp
        return self._keys

    def current(self) -> Key:
        """The key that encrypts."""
        return self.keys()[0]

    def find(self, key_id: bytes) -> Key | None:
        """The key of this id; the file is looked at only when the id is not among those known."""
        for key in self._keys:
            if key.id == key_id:
                return key
        return next((key for key in self.keys() if key.id == key_id), None)
