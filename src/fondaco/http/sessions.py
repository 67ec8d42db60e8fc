"""Who is calling, from one request to the next?

A session is a small JSON document under `data_dir/sessions`, named by the cookie `session_id` (84 characters). The
first 42 characters name the device for as long as the session lives; the rest changes at every rotation. An anonymous
session that holds nothing has no file: its second half is a signature, so that a stranger cannot choose the id and
robots leave nothing on the disk.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import logging
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from fondaco.errors import AccessDenied, StorageError
from fondaco.http.response import SESSION_LIFETIME

_logger = logging.getLogger("odoo.http")

SID_LENGTH = 84
STABLE_LENGTH = 42
TOUCH_EVERY = 300  # seconds between two updates of a session file's time
_SID = re.compile(r"[A-Za-z0-9_-]{84}")
# Attributes that are kept in the document.
_KEYS = ("context", "create_time", "db", "debug", "login", "session_token", "uid")


def default_values() -> dict[str, Any]:
    """What a session holds before anything happened."""
    return {"context": {}, "db": None, "debug": "", "login": None, "uid": None, "session_token": None}


class _Key:
    """A usual key of the document, as an attribute."""

    def __init__(self, default: Any) -> None:
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, session: Any, owner: type | None = None) -> Any:
        return self if session is None else session.get(self.name) or self.default

    def __set__(self, session: Any, value: Any) -> None:
        session[self.name] = value


Authenticator = Callable[["Session", str, MutableMapping[str, Any]], dict[str, Any]]


class Session(MutableMapping[str, Any]):
    """The document of one visitor: a mapping, with its usual keys as attributes. It marks itself dirty when changed."""

    __slots__ = ("_Session__data", "can_save", "is_dirty", "is_new", "kept_as", "should_rotate", "sid", "store")

    def __init__(self, data: dict[str, Any], sid: str, new: bool = False) -> None:
        self.can_save = True
        self.__data: dict[str, Any] = {}
        self.update(data)
        self.is_dirty = False
        self.is_new = new
        self.should_rotate = False
        self.sid = sid
        self.store: SessionStore | None = None
        self.kept_as: str | None = None  # the id under which it was read from a file

    def __repr__(self) -> str:
        return f"<Session {self.sid[:6]}.. db={self.get('db')!r} uid={self.get('uid')!r}>"

    # -- mapping -----------------------------------------------------------------------------------------------------
    def __getitem__(self, item: str) -> Any:
        return self.__data[item]

    def __setitem__(self, item: str, value: Any) -> None:
        if item not in self.__data or self.__data[item] != value:
            self.is_dirty = True
        self.__data[item] = value

    def __delitem__(self, item: str) -> None:
        del self.__data[item]
        self.is_dirty = True

    def __len__(self) -> int:
        return len(self.__data)

    def __iter__(self) -> Iterator[str]:
        return iter(self.__data)

    def clear(self) -> None:
        """Forget everything."""
        self.__data.clear()
        self.is_dirty = True

    # -- usual keys as attributes ------------------------------------------------------------------------------------
    uid = _Key(None)
    db = _Key(None)
    login = _Key(None)
    context = _Key(None)
    debug = _Key("")
    session_token = _Key(None)

    # -- life --------------------------------------------------------------------------------------------------------
    def authenticate(self, dbname: str, credential: MutableMapping[str, Any]) -> dict[str, Any]:
        """Check `credential` against the database and make this the session of its user; raises `AccessDenied`.

        The result is what `res.users.authenticate` gives: uid, auth_method, mfa. With a second factor to come, the
        session is not final: only `pre_uid` and `pre_login` are kept.
        """
        if self.store is None or self.store.authenticator is None:
            raise AccessDenied
        return self.store.authenticator(self, dbname, credential)

    def finalize(self, env: Any) -> None:
        """The user has passed every check: log in, under a new session id. `env` is the user's environment."""
        login = self.pop("pre_login", None)
        uid = self.pop("pre_uid", None)
        env = env(user=uid)
        user_context = dict(env["res.users"].context_get())
        self.should_rotate = True
        self.update(
            {
                "db": env.registry.db_name,
                "login": login,
                "uid": uid,
                "context": user_context,
                "session_token": env.user._compute_session_token(self.sid),
            }
        )

    def logout(self, keep_db: bool = False) -> None:
        """Forget the user; the id changes."""
        db = self.get("db") if keep_db else None
        debug = self.debug
        self.clear()
        self.update(default_values(), debug=debug)
        if db:
            self.db = db
        self.should_rotate = True

    def touch(self) -> None:
        """Have the session written although nothing changed."""
        self.is_dirty = True

    def update_trace(self, request: Any) -> dict[str, Any] | None:
        """Note on which device the session is used; the trace if it is new or an hour old, else None."""
        now = int(time.time())
        agent = request.httprequest.user_agent
        platform, browser = agent.platform, agent.browser
        address = request.httprequest.remote_addr
        traces: list[dict[str, Any]] = self.setdefault("_trace", [])
        for trace in traces:
            if (trace["platform"], trace["browser"], trace["ip_address"]) == (platform, browser, address):
                if now - trace["last_activity"] >= 3600:
                    trace["last_activity"] = now
                    self.is_dirty = True
                    return trace
                return None
        trace = {
            "platform": platform,
            "browser": browser,
            "ip_address": address,
            "first_activity": now,
            "last_activity": now,
        }
        traces.append(trace)
        self.is_dirty = True
        return trace


class SessionStore:
    """Sessions as files, sharded by the first two characters of their id. Safe for many processes and threads."""

    session_class = Session

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        lifetime: int = SESSION_LIFETIME,
        authenticator: Authenticator | None = None,
    ) -> None:
        self.path = Path(path)
        self._root = str(self.path)
        self.authenticator = (
            authenticator  # how a credential is checked: needs the registries, which the application has
        )
        self.lifetime = lifetime
        self._secret: bytes | None = None

    def __repr__(self) -> str:
        return f"<SessionStore {self.path}>"

    # -- ids ---------------------------------------------------------------------------------------------------------
    def generate_key(self, salt: object = None) -> str:
        """A new id, signed, so that it is recognised without a file."""
        stable = secrets.token_urlsafe(32)[:STABLE_LENGTH]
        return stable + self._signature(stable)

    def is_valid_key(self, key: str) -> bool:
        """Whether `key` has the form of an id: it will become part of a path."""
        return _SID.fullmatch(key) is not None

    def _signature(self, stable: str) -> str:
        digest = hmac.digest(self.signing_key(), stable.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode()[: SID_LENGTH - STABLE_LENGTH]

    def signing_key(self) -> bytes:
        """The signing key of this data directory; the first process that needs it writes it."""
        if self._secret is None:
            file = self.path / ".key"
            try:
                if not file.exists():
                    self._write_key(file)
                self._secret = file.read_bytes()
            except OSError as error:
                raise StorageError(
                    f"sessions: cannot use {self.path}: {error.strerror}; give data_dir a directory this user may write"
                ) from error
        return self._secret

    def _write_key(self, file: Path) -> None:
        """Put a whole key there or none: of two processes that start together, the first to link wins."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(prefix=".key.", dir=self.path)
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(32))
        with contextlib.suppress(FileExistsError):
            os.link(temporary, file)
        os.unlink(temporary)

    # -- reading -----------------------------------------------------------------------------------------------------
    def new(self) -> Session:
        """A session nobody has seen yet."""
        return self._session(default_values(), self.generate_key(), new=True)

    def get(self, sid: str | None) -> Session:
        """The session of this id; a new one, with another id, if it is malformed, unknown or expired."""
        if not sid or not self.is_valid_key(sid):
            return self.new()
        file = self._file(sid)
        try:
            with open(file, "rb", buffering=0) as stream:
                age = time.time() - os.fstat(stream.fileno()).st_mtime
                content = stream.read()
        except FileNotFoundError:
            if hmac.compare_digest(sid[STABLE_LENGTH:], self._signature(sid[:STABLE_LENGTH])):
                return self._session(default_values(), sid, new=False)
            return self.new()
        if age > self.lifetime:
            self._remove(file)
            return self.new()
        try:
            data = orjson.loads(content)
        except orjson.JSONDecodeError:
            _logger.warning("session file unreadable file=%s; it is removed", file)
            self._remove(file)
            return self.new()
        if age > TOUCH_EVERY:
            with contextlib.suppress(OSError):
                os.utime(file)
        session = self._session({**default_values(), **data}, sid, new=False)
        session.kept_as = sid
        return session

    def _session(self, data: dict[str, Any], sid: str, *, new: bool) -> Session:
        session = self.session_class(data, sid, new)
        session.store = self
        return session

    # -- writing -----------------------------------------------------------------------------------------------------
    def save(self, session: Session) -> None:
        """Write the session at once; a session that holds nothing keeps no file."""
        session.is_dirty = False
        data = {key: value for key, value in session.items() if value or key not in _KEYS}
        file = self._file(session.sid)
        if not data:
            self._remove(file)
            session.kept_as = None
            return
        if session.kept_as == session.sid and not os.path.exists(file):
            # Another request logged out or changed the id meanwhile: what ended stays ended.
            return
        data.setdefault("create_time", time.time())
        folder, _, name = file.rpartition("/")
        temporary = f"{folder}/.{name[-12:]}.{os.getpid()}.{secrets.token_hex(3)}"
        payload = orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS)
        try:
            try:
                handle = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
            except FileNotFoundError:
                os.makedirs(folder, mode=0o700, exist_ok=True)
                handle = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(payload)
            os.replace(temporary, file)
            session.kept_as = session.sid
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise StorageError(f"sessions: cannot write {file}: {error.strerror}") from error

    def save_if_modified(self, session: Session) -> None:
        if session.is_dirty:
            self.save(session)

    def rotate(self, session: Session, env: Any) -> None:
        """Give the session a new id and remove the old one: what was known before the log-in is worth nothing after
        it."""
        self.delete(session)
        if session.uid:
            stable = secrets.token_urlsafe(32)[:STABLE_LENGTH]
            session.sid = stable + secrets.token_urlsafe(32)[: SID_LENGTH - STABLE_LENGTH]
            if env is not None:
                session.session_token = env["res.users"].browse(session.uid)._compute_session_token(session.sid)
        else:
            session.sid = self.generate_key()
        session["create_time"] = time.time()
        session.should_rotate = False
        self.save(session)

    def delete(self, session: Session) -> None:
        self._remove(self._file(session.sid))

    def delete_from_identifiers(self, identifiers: Sequence[str]) -> None:
        """End the sessions whose ids begin with these (a device is revoked)."""
        for identifier in identifiers:
            if re.fullmatch(r"[A-Za-z0-9_-]{42}", identifier):
                for file in (self.path / identifier[:2]).glob(f"{identifier}*"):
                    self._remove(file)

    def list(self) -> list[str]:
        """Every stored id."""
        return [file.name for file in self.path.glob("[A-Za-z0-9_-][A-Za-z0-9_-]/*") if self.is_valid_key(file.name)]

    def vacuum(self, max_lifetime: int = SESSION_LIFETIME) -> None:
        """Remove what has not been used for `max_lifetime` seconds."""
        threshold = time.time() - max_lifetime
        for shard in self.path.glob("[A-Za-z0-9_-][A-Za-z0-9_-]"):
            for file in shard.iterdir():
                with contextlib.suppress(OSError):
                    if file.stat().st_mtime < threshold:
                        file.unlink()

    def _file(self, sid: str) -> str:
        return f"{self._root}/{sid[:2]}/{sid}"

    def _remove(self, file: str | Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file)
