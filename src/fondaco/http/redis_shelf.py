"""Sessions in Redis or Valkey: several machines read them, and a restart of the server logs nobody out.

A key is the first half of an id, its value the second half and the document: whoever lists the keys holds no session.
Redis forgets a session by itself when its lifetime is over.

While Redis is away the server goes on. Each machine keeps a copy of what it wrote or read, and believes a copy that
Redis confirmed in the last quarter of an hour. What is written or removed meanwhile is noted beside the copies, and
Redis is told as soon as it answers. A session that this machine has not seen is `SessionsAway` then: an answer that
asks to try again, and no log-out. A Redis that comes back empty (it was restarted and keeps nothing on disk: its
`KEY` is missing) is filled again from the copies that count.

What ended leaves a mark in Redis: a machine that wrote it meanwhile, and tells of it last, does not bring it back.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from fondaco.errors import ConfigError
from fondaco.http.shelf import SID, STABLE_LENGTH, TOUCH_EVERY, Document, FileShelf, SessionsAway, SessionsFull

_logger = logging.getLogger("fondaco.sessions")

PREFIX = "fondaco:session:"
ENDED = "fondaco:session-ended:"
KEY = "fondaco:session-key"
BELIEVED_S = 900  # seconds since Redis confirmed a copy during which it counts
ASK_AGAIN_S = 1.0  # seconds between two attempts to reach a Redis that did not answer
CONNECT_S = 0.5
ANSWER_S = 1.0

T = TypeVar("T")


class _Away(Exception):
    """Redis does not answer."""


def redis_shelf(url: str, path: Path, lifetime_s: int) -> RedisShelf:
    """The shelf in the Redis of `url`, with copies below `path`; no connection is made yet."""
    try:
        import valkey  # noqa: PLC0415  an optional library
    except ImportError as error:
        raise ConfigError(
            "redis_url is set, but the client library is missing; pip install 'fondaco[redis]'"
        ) from error
    try:
        client = valkey.Valkey.from_url(
            url, socket_connect_timeout=CONNECT_S, socket_timeout=ANSWER_S, health_check_interval=30
        )
    except ValueError as error:
        raise ConfigError(
            f"redis_url: {error}; expected redis://[:password@]host[:port][/number], rediss:// or unix://"
        ) from error
    failures = (valkey.ConnectionError, valkey.TimeoutError)
    return RedisShelf(client, FileShelf(path / "copies"), lifetime_s, failures)


class RedisShelf:
    """Documents in Redis, copies of them on this machine. Safe for many processes and threads."""

    def __init__(self, client: Any, copies: FileShelf, lifetime_s: int, failures: tuple[type[Exception], ...]) -> None:
        self._client = client
        self._copies = copies
        self._notes = _Notes(copies.path)
        self._lifetime_s = lifetime_s
        self._failures = failures
        self._away_until = 0.0
        self._is_away = False
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        place = self._client.connection_pool.connection_kwargs
        return f"<RedisShelf {place.get('host') or place.get('path')} {'away' if self._is_away else 'there'}>"

    # -- reading -----------------------------------------------------------------------------------------------------
    def read(self, sid: str) -> Document | None:
        try:
            value, left_ms = self._ask(lambda client: _value_and_time(client, sid))
        except _Away:
            return self._read_copy(sid)
        if value is None:
            return self._late(sid)
        half, content = value[:STABLE_LENGTH], value[STABLE_LENGTH:]
        if not hmac.compare_digest(half, sid[STABLE_LENGTH:].encode()):
            return None
        self._confirm(sid, content)
        return Document(content, max(0.0, self._lifetime_s - left_ms / 1000))

    def _read_copy(self, sid: str) -> Document | None:
        """What this machine knows of a session while Redis is away."""
        if self._notes.is_removed(sid):
            return None
        copy = self._copies.read(sid)
        if copy is None or (copy.age_s > BELIEVED_S and not self._notes.is_written(sid)):
            raise SessionsAway
        return Document(copy.content, 0.0)

    def _late(self, sid: str) -> Document | None:
        """A session that Redis does not know: written while Redis was away and not told yet, or ended."""
        copy = self._copies.read(sid)
        if copy is None:
            return None
        with contextlib.suppress(_Away):
            if self._notes.is_written(sid):
                if not self._tell(sid, copy.content):
                    return None
            elif not self._ask(lambda client: client.exists(KEY)):
                self._refill()
            elif not self._ask(lambda client: client.exists(_key(sid))):
                # Asked once more, because another process may have refilled Redis since.
                self._copies.remove(sid)
                return None
        return Document(copy.content, 0.0)

    def _confirm(self, sid: str, content: bytes) -> None:
        """Redis has just shown the session: the copy of this machine is as good for a while."""
        with contextlib.suppress(SessionsAway):  # Redis has it: a copy that cannot be kept fails nobody
            copy = self._copies.read(sid)
            if copy is None or copy.content != content:
                self._copies.write(sid, content)
            elif copy.age_s > TOUCH_EVERY:
                self._copies.touch(sid)

    def ids(self) -> list[str]:
        def listed(client: Any) -> list[str]:
            found: list[str] = []
            for key in client.scan_iter(match=f"{PREFIX}*", count=1000):
                half = client.getrange(key, 0, STABLE_LENGTH - 1)
                found.append(key.decode().removeprefix(PREFIX) + half.decode())
            return found

        try:
            return self._ask(listed)
        except _Away:
            return self._copies.ids()

    # -- writing -----------------------------------------------------------------------------------------------------
    def write(self, sid: str, content: bytes, *, only_existing: bool = False) -> bool:
        try:
            is_there = bool(self._ask(lambda client: self._put(client, sid, content, only_existing)))
        except _Away:
            if only_existing and self._notes.is_removed(sid):
                return False
            self._copies.write(sid, content)
            self._notes.written(sid)
            return True
        with contextlib.suppress(SessionsAway):
            if is_there:
                self._copies.write(sid, content)
            else:
                self._copies.remove(sid)
        return is_there

    def _put(self, client: Any, sid: str, content: bytes, only_existing: bool) -> Any:
        value = sid[STABLE_LENGTH:].encode() + content
        return client.set(_key(sid), value, ex=self._lifetime_s, xx=only_existing)

    def touch(self, sid: str) -> None:
        with contextlib.suppress(_Away):
            self._ask(lambda client: client.expire(_key(sid), self._lifetime_s))

    def remove(self, sid: str) -> None:
        self._copies.remove(sid)
        self._notes.forget(sid)
        try:
            if self._ask(
                lambda client: client.exists(_key(sid))
            ):  # strangers' sessions that hold nothing leave no mark
                self._ask(lambda client: self._end(client, [sid[:STABLE_LENGTH]]))
        except _Away:
            self._notes.removed(sid)

    def remove_devices(self, identifiers: Iterable[str]) -> None:
        wanted = list(identifiers)
        self._copies.remove_devices(wanted)
        if not wanted:
            return
        try:
            self._ask(lambda client: self._end(client, wanted))
        except _Away:
            for identifier in wanted:
                self._notes.removed(identifier)

    def _end(self, client: Any, identifiers: list[str]) -> None:
        """The marks come first: who writes looks for them afterwards, so that one of both takes the session away."""
        with client.pipeline(transaction=False) as pipe:
            for identifier in identifiers:
                pipe.set(ENDED + identifier, b"", ex=self._lifetime_s)
            pipe.delete(*(PREFIX + identifier for identifier in identifiers))
            pipe.execute()

    def sweep(self, unused_s: float) -> None:
        """Redis forgets by itself; the copies are swept, and what Redis has not been told yet is told."""
        self._copies.sweep(unused_s)
        with contextlib.suppress(_Away):
            self._ask(lambda client: client.ping())
            self._catch_up()

    # -- the secret --------------------------------------------------------------------------------------------------
    def signing_key(self) -> bytes:
        """The key that Redis keeps for all machines; until Redis answers, the one of this machine."""
        kept = None
        with contextlib.suppress(SessionsFull):
            kept = self._copies.signing_key()
        own = kept or secrets.token_bytes(32)

        def agree(client: Any) -> Any:
            client.set(KEY, own, nx=True)
            return client.get(KEY)

        try:
            shared = bytes(self._ask(agree))
        except _Away:
            if kept is None:
                raise SessionsFull from None
            return own
        if shared != kept:
            with contextlib.suppress(OSError):
                self._copies.adopt_key(shared)
        return shared

    # -- being away --------------------------------------------------------------------------------------------------
    def _ask(self, question: Callable[[Any], T]) -> T:
        """The answer of Redis; `_Away` at once when it did not answer a moment ago."""
        if time.monotonic() < self._away_until:
            raise _Away
        try:
            if self._is_away:
                self._client.ping()
                self._note_back()
            return question(self._client)
        except self._failures as error:
            self._note_away(error)
            raise _Away from error

    def _note_away(self, error: Exception) -> None:
        with self._lock:
            is_news, self._is_away = not self._is_away, True
            self._away_until = time.monotonic() + ASK_AGAIN_S
        if is_news:
            _logger.warning("Redis did not answer: %s; sessions are kept on this machine until it does", error)

    def _note_back(self) -> None:
        with self._lock:
            is_news, self._is_away = self._is_away, False
        if is_news:
            with contextlib.suppress(_Away):
                told = self._catch_up()
                _logger.info("Redis answers again told=%d", told)

    def _catch_up(self) -> int:
        """Tell Redis what happened while it was away; how many sessions that were."""
        told = 0 if self._ask(lambda client: client.exists(KEY)) else self._refill()
        for name in self._notes.all_removed():
            ended = [name[:STABLE_LENGTH]]
            self._ask(lambda client, ended=ended: self._end(client, ended))  # type: ignore[misc]
            self._notes.forget(name)
            told += 1
        for sid in self._notes.all_written():
            copy = self._copies.read(sid)
            if copy is None:
                self._notes.forget(sid)
            else:
                self._tell(sid, copy.content)
                told += 1
        return told

    def _refill(self) -> int:
        """Put the copies that count into a Redis that lost everything; how many those were."""
        refilled = 0
        for sid in self._copies.ids():
            copy = self._copies.read(sid)
            if copy is not None and copy.age_s <= BELIEVED_S and not self._notes.is_removed(sid):
                self._tell(sid, copy.content)
                refilled += 1
        # Last: as long as it is missing, nobody takes a session that is not there yet for one that ended.
        key = self._copies.signing_key()
        self._ask(lambda client: client.set(KEY, key, nx=True))
        _logger.warning("Redis had lost the sessions; this machine gave back its copies sessions=%d", refilled)
        return refilled

    def _tell(self, sid: str, content: bytes) -> bool:
        """Bring a session to Redis; False where it has ended elsewhere meanwhile."""

        def told(client: Any) -> bool:
            self._put(client, sid, content, False)
            if is_ended := bool(client.exists(ENDED + sid[:STABLE_LENGTH])):
                client.delete(_key(sid))
            return not is_ended

        is_there = self._ask(told)
        self._notes.forget(sid)
        if not is_there:
            self._copies.remove(sid)
        return is_there


class _Notes:
    """What Redis has not been told yet: an empty file for each session written or removed while it was away."""

    def __init__(self, path: Path) -> None:
        self._written = path / "written"
        self._removed = path / "removed"

    def written(self, sid: str) -> None:
        self._note(self._written, sid)

    def removed(self, name: str) -> None:
        """`name` is an id, or the first half of one."""
        self._note(self._removed, name)

    def _note(self, folder: Path, name: str) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / name).touch(mode=0o600)
        except OSError as error:
            raise SessionsFull from error

    def is_written(self, sid: str) -> bool:
        return (self._written / sid).exists()

    def is_removed(self, sid: str) -> bool:
        return (self._removed / sid).exists() or (self._removed / sid[:STABLE_LENGTH]).exists()

    def forget(self, name: str) -> None:
        (self._written / name).unlink(missing_ok=True)
        (self._removed / name).unlink(missing_ok=True)

    def all_written(self) -> list[str]:
        return [file.name for file in self._written.glob("*") if SID.fullmatch(file.name)]

    def all_removed(self) -> list[str]:
        return [file.name for file in self._removed.glob("*")]


def _key(sid: str) -> str:
    return PREFIX + sid[:STABLE_LENGTH]


def _value_and_time(client: Any, sid: str) -> tuple[bytes | None, int]:
    """The value of a session and the milliseconds it has left, in one round trip."""
    with client.pipeline(transaction=False) as pipe:
        pipe.get(_key(sid))
        pipe.pttl(_key(sid))
        value, left_ms = pipe.execute()
    return value, left_ms
