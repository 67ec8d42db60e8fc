"""Who is calling, from one request to the next?

A session is a small JSON document on a shelf (`shelf.py`: files, or Redis), named by the cookie `session_id` (84
characters). The first 42 characters name the device for as long as the session lives. An anonymous session that holds
nothing has no document: its second half is a signature, so that a stranger cannot choose the id and robots leave
nothing behind.
"""

from __future__ import annotations

import binascii
import hmac
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from werkzeug.http import dump_cookie

from fondaco.errors import AccessDenied
from fondaco.http.redis_shelf import redis_shelf
from fondaco.http.response import SESSION_LIFETIME
from fondaco.http.shelf import SID, STABLE, STABLE_LENGTH, TOUCH_EVERY, FileShelf, SessionsAway, SessionsFull, Shelf
from fondaco.security.seal import seal

_logger = logging.getLogger("odoo.http")

SID_LENGTH = 84
TRACE_EVERY = 3600  # seconds after which the use of a device is noted again
MOST_TRACES = 20
POSITION = "_position"
"""The key of the document that tells how far PostgreSQL's log was when this visitor had last written something."""
_NOTES = frozenset({"context", "debug", "create_time"})
"""With what begins with an underscore: what a visitor can lose without being told. Anything else he would miss."""
_OF_ADDRESSES = bytes.maketrans(b"+/", b"-_")
# Attributes that are kept in the document.
_KEYS = ("context", "create_time", "db", "debug", "login", "session_token", "uid")


def _letters(data: bytes) -> str:
    """Bytes as they stand in an id: base64 in the letters of addresses."""
    return binascii.b2a_base64(data, newline=False).translate(_OF_ADDRESSES).decode()


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
        return self if session is None else session._Session__data.get(self.name) or self.default

    def __set__(self, session: Any, value: Any) -> None:
        session[self.name] = value


Authenticator = Callable[["Session", str, MutableMapping[str, Any]], dict[str, Any]]


class Session(MutableMapping[str, Any]):
    """The document of one visitor: a mapping, with its usual keys as attributes. It marks itself dirty when changed."""

    __slots__ = (
        "_Session__data",
        "can_save",
        "is_aged",
        "is_dirty",
        "is_needed",
        "is_new",
        "is_unread",
        "kept_as",
        "should_rotate",
        "sid",
        "store",
    )

    def __init__(self, data: dict[str, Any], sid: str, new: bool = False) -> None:
        self.can_save = True
        self.__data: dict[str, Any] = dict(data)
        self.is_aged = False  # whether it is time to say anew how long it lasts
        self.is_dirty = False
        self.is_needed = False  # whether something changed that must not be lost
        self.is_new = new
        self.is_unread = False  # it may have a document, which could not be read
        self.should_rotate = False
        self.sid = sid
        self.store: SessionStore | None = None
        self.kept_as: str | None = None  # the id under which it was read from the shelf

    def __repr__(self) -> str:
        return f"<Session {self.sid[:6]}.. db={self.get('db')!r} uid={self.get('uid')!r}>"

    # -- mapping -----------------------------------------------------------------------------------------------------
    def __getitem__(self, item: str) -> Any:
        return self.__data[item]

    def __setitem__(self, item: str, value: Any) -> None:
        if item not in self.__data or self.__data[item] != value:
            self._note_change(item)
        self.__data[item] = value

    def __delitem__(self, item: str) -> None:
        del self.__data[item]
        self._note_change(item)

    def _note_change(self, item: str) -> None:
        self.is_dirty = True
        self.is_needed = self.is_needed or not (item in _NOTES or item.startswith("_"))

    def __len__(self) -> int:
        return len(self.__data)

    def __iter__(self) -> Iterator[str]:
        return iter(self.__data)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key; asked several times in each request."""
        return self.__data.get(key, default)

    def snapshot(self) -> dict[str, Any]:
        """What it holds, as a document of its own."""
        return self.__data.copy()

    def clear(self) -> None:
        """Forget everything."""
        self.__data.clear()
        self.is_dirty = self.is_needed = True

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
        session is not final: only what begins with `pre_` is kept.
        """
        if self.store is None or self.store.authenticator is None:
            raise AccessDenied
        return self.store.authenticator(self, dbname, credential)

    def finalize(self, env: Any) -> None:
        """The user has passed every check: log in, under a new session id. `env` is the user's environment."""
        if self.get("pre_db", env.registry.db_name) != env.registry.db_name:
            raise AccessDenied
        login, uid = self.get("pre_login"), self.get("pre_uid")
        self.forget_steps()
        env = env(user=uid)
        user_context = dict(env["res.users"].context_get())
        env.user._tell_login(env.cr.dbname, login)
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

    def begin_steps(self, dbname: str, login: str, uid: int) -> None:
        """Somebody gave the password of this user of this database; what an earlier log-in had come to is void."""
        self.forget_steps()
        self.uid = None
        self.update({"pre_db": dbname, "pre_login": login, "pre_uid": uid, "pre_since": time.time()})

    def forget_steps(self) -> None:
        """Forget a log-in that has not come to its end; whatever its steps noted has a name that begins so."""
        for key in [key for key in self.__data if key.startswith("pre_")]:
            del self[key]

    def pass_step(self, env: Any, step: str) -> str | None:
        """The user to be has done `step` of logging in: the address of the next one; None when he is in."""
        if self.get("pre_db") != env.registry.db_name:
            raise AccessDenied
        passed = [*(self.get("pre_steps") or ()), step]
        following: str | None = env(user=self["pre_uid"]).user._login_step(passed)
        if following is None:
            self.finalize(env)
        else:
            self["pre_steps"] = passed
        return following

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

    def prolong(self) -> None:
        """Let the session and the client's cookie last from now on; what lasts almost as long is left alone."""
        if self.is_aged:
            self.touch()

    def is_traced(self, environ: Mapping[str, Any]) -> bool:
        """Whether it was noted within the hour that this browser uses the session from this address."""
        return bool(self.get("_seen") == _sight(environ))

    def update_trace(self, request: Any) -> dict[str, Any] | None:
        """Note on which device the session is used; the trace if it is new or an hour old, else None."""
        if self.is_traced(request.environ):
            return None
        self["_seen"] = _sight(request.environ)
        now = int(time.time())
        agent = request.httprequest.user_agent
        place = {
            "platform": agent.platform,
            "browser": agent.browser,
            "ip_address": request.environ.get("REMOTE_ADDR"),
        }
        others: list[dict[str, Any]] = []
        known: dict[str, Any] = {}
        for trace in self.get("_trace") or ():
            if all(trace[key] == value for key, value in place.items()):
                known = trace
            else:
                others.append(trace)
        if known and now - known["last_activity"] < TRACE_EVERY:
            return None
        trace = {**place, "first_activity": known.get("first_activity", now), "last_activity": now}
        self["_trace"] = [*others[1 - MOST_TRACES :], trace]
        return trace


def _sight(environ: Mapping[str, Any]) -> list[Any]:
    hour = int(time.time()) // TRACE_EVERY
    return [environ.get("REMOTE_ADDR"), environ.get("HTTP_USER_AGENT"), hour]


class SessionStore:
    """The sessions of a shelf: their ids, their rotation, and when they end.

    lifetime: seconds without use after which a session ends. absolute_lifetime: seconds after its log-in at which it
    ends in any case, None for never. authenticator: how a credential is checked; it needs the registries, which the
    application has.
    """

    session_class = Session

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        lifetime: int = SESSION_LIFETIME,
        absolute_lifetime: int | None = None,
        shelf: Shelf | None = None,
        authenticator: Authenticator | None = None,
    ) -> None:
        self.path = Path(path)
        self.shelf: Shelf = FileShelf(self.path) if shelf is None else shelf
        self.authenticator = authenticator
        self.lifetime = lifetime
        self.absolute_lifetime = absolute_lifetime
        self._secret: bytes | None = None
        self._spare_secret = secrets.token_bytes(32)  # the processes that are forked from this one have it, too
        self._cookie_end = (0, False, "")  # second, whether for TLS alone, all behind the id

    def __repr__(self) -> str:
        return f"<SessionStore {self.shelf!r}>"

    # -- ids ---------------------------------------------------------------------------------------------------------
    def generate_key(self, salt: object = None) -> str:
        """A new id, signed, so that it is recognised without a document."""
        stable = _letters(os.urandom(32))[:STABLE_LENGTH]
        return stable + self._signature(stable)

    def is_valid_key(self, key: str) -> bool:
        """Whether `key` has the form of an id: it will become part of a path."""
        return SID.fullmatch(key) is not None

    def _signature(self, stable: str) -> str:
        return _letters(seal(self.signing_key()).code(stable.encode()))[: SID_LENGTH - STABLE_LENGTH]

    def signing_key(self) -> bytes:
        """The secret that ids of anonymous sessions and tokens of forms are signed with; one that holds until the
        server ends, where it has not been kept yet and cannot be now."""
        if self._secret is None:
            try:
                self._secret = self.shelf.signing_key()
            except SessionsFull:
                return self._spare_secret
        return self._secret

    def cookie(self, sid: str, *, is_secure: bool) -> str:
        """The header `Set-Cookie` that has a browser keep the id; all but the id is written once a second."""
        now = int(time.time())
        kept = self._cookie_end  # taken once: other threads write theirs meanwhile
        if kept[:2] != (now, is_secure):
            ends = now + self.lifetime
            whole = dump_cookie(
                "session_id", "", max_age=self.lifetime, expires=ends, httponly=True, samesite="Lax", secure=is_secure
            )
            self._cookie_end = kept = (now, is_secure, whole.removeprefix("session_id="))
        return f"session_id={sid}{kept[2]}"

    # -- reading -----------------------------------------------------------------------------------------------------
    def new(self) -> Session:
        """A session nobody has seen yet."""
        return self._session(default_values(), self.generate_key(), new=True)

    def get(self, sid: str | None) -> Session:
        """The session of this id; a new one, with another id, if it is malformed, unknown or expired.

        Raises `SessionsAway` when the shelf cannot tell now. A visitor who only ever was anonymous is served then too.
        """
        if not sid or not self.is_valid_key(sid):
            return self.new()
        try:
            document = self.shelf.read(sid)
        except SessionsAway:
            if not self._is_signed(sid):
                raise
            session = self._session(default_values(), sid, new=False)
            session.is_unread = True
            return session
        if document is not None:
            return self._opened(sid, document.content, document.age_s)
        return self._session(default_values(), sid, new=False) if self._is_signed(sid) else self.new()

    def _is_signed(self, sid: str) -> bool:
        return hmac.compare_digest(sid[STABLE_LENGTH:], self._signature(sid[:STABLE_LENGTH]))

    def _opened(self, sid: str, content: bytes, age_s: float) -> Session:
        try:
            data = orjson.loads(content)
        except orjson.JSONDecodeError:
            _logger.warning("session unreadable device=%s; it is removed", sid[:6])
            data = None
        if data is None or age_s > self.lifetime or self._is_too_old(data):
            self.shelf.remove(sid)
            return self.new()
        is_aged = age_s > TOUCH_EVERY
        if is_aged:
            self.shelf.touch(sid)
        session = self._session({**default_values(), **data}, sid, new=False)
        session.is_aged = is_aged
        session.kept_as = sid
        return session

    def _is_too_old(self, data: Mapping[str, Any]) -> bool:
        if self.absolute_lifetime is None:
            return False
        return time.time() - float(data.get("create_time") or 0) > self.absolute_lifetime

    def is_kept(self, sid: str) -> bool:
        """Whether the session of this id goes on: nobody logged out, it has not expired. Asking is no use of it. While
        the shelf cannot tell, it does."""
        try:
            document = self.shelf.read(sid)
        except SessionsAway:
            return True
        if document is None or document.age_s > self.lifetime:
            return False
        return self.absolute_lifetime is None or not self._is_too_old(orjson.loads(document.content))

    def _session(self, data: dict[str, Any], sid: str, *, new: bool) -> Session:
        session = self.session_class(data, sid, new)
        session.store = self
        return session

    # -- writing -----------------------------------------------------------------------------------------------------
    def save(self, session: Session) -> None:
        """Write the session at once; a session that holds nothing keeps no document.

        One that could not be read is not written over: `SessionsAway` when something would be missed.
        """
        if session.is_unread and session.is_needed:
            raise SessionsAway
        session.is_dirty = False
        if session.is_unread:
            return
        data = {key: value for key, value in session.items() if value or key not in _KEYS}
        if not data:
            self.shelf.remove(session.sid)
            session.kept_as, session.is_needed = None, False
            return
        data.setdefault("create_time", time.time())
        content = orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS)
        # Another request may have logged out or changed the id meanwhile: what ended stays ended.
        if self.shelf.write(session.sid, content, only_existing=session.kept_as == session.sid):
            session.kept_as = session.sid
        session.is_needed = False

    def save_if_modified(self, session: Session) -> None:
        if session.is_dirty:
            self.save(session)

    def rotate(self, session: Session, env: Any) -> None:
        """Give the session a new id and remove the old one: what was known before the log-in is worth nothing after
        it."""
        self.delete(session)
        if session.uid:
            stable = _letters(os.urandom(32))[:STABLE_LENGTH]
            session.sid = stable + _letters(os.urandom(32))[: SID_LENGTH - STABLE_LENGTH]
            if env is not None:
                session.session_token = env["res.users"].browse(session.uid)._compute_session_token(session.sid)
        else:
            session.sid = self.generate_key()
        session["create_time"] = time.time()
        session.should_rotate = session.is_unread = False
        try:
            self.save(session)
        except SessionsFull:
            if session.uid or session.get("pre_uid"):
                raise
            # Whoever logs out is out: the old document is gone, and what the new one would hold is chosen again.
            session.is_needed = False

    def delete(self, session: Session) -> None:
        self.shelf.remove(session.sid)

    def delete_from_identifiers(self, identifiers: Sequence[str]) -> None:
        """End the sessions whose ids begin with these (a device is revoked)."""
        self.shelf.remove_devices([identifier for identifier in identifiers if STABLE.fullmatch(identifier)])

    def list(self) -> list[str]:
        """Every stored id."""
        return self.shelf.ids()

    def vacuum(self, max_lifetime: int | None = None) -> None:
        """Remove what has not been used for `max_lifetime` seconds (for the lifetime of sessions, by default)."""
        self.shelf.sweep(self.lifetime if max_lifetime is None else max_lifetime)


def session_store(config: Mapping[str, Any], authenticator: Authenticator | None = None) -> SessionStore:
    """The sessions of a server: files under `data_dir`, or Redis where `redis_url` names one."""
    path = Path(str(config["data_dir"]), "sessions")
    lifetime = int(config.get("session_lifetime") or SESSION_LIFETIME)
    url = str(config.get("redis_url") or "")
    return SessionStore(
        path,
        lifetime=lifetime,
        absolute_lifetime=config.get("session_absolute_lifetime") or None,
        shelf=redis_shelf(url, path, lifetime) if url else None,
        authenticator=authenticator,
    )
