"""Is this the password of this user, asked again with every call?

A password hash costs a third of a second by design; an RPC client sends its password with each call. What was right
is remembered as an HMAC under a key of this process, together with the hash it was checked against: a changed
password is wrong at once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from typing import Any

from fondaco.sql.fragment import SQL

LIFETIME = 600  # seconds; an API key that was revoked or has expired is asked for again then
MAX_ENTRIES = 4096


class PasswordMemory:
    """Positive answers of one process. Wrong passwords are never remembered."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[tuple[str, int], tuple[bytes, str, float]] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<PasswordMemory {len(self._known)} users>"

    def check(self, env: Any, db: str, uid: int, password: str) -> None:
        """`AccessDenied` (or what `res.users.check` raises) unless `password` is right for the user."""
        stamp = self._stamp(env, uid)
        known = self._known.get((db, uid))
        digest = hmac.digest(self._key, f"{db}\0{uid}\0{password}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        if (
            known
            and stamp
            and known[1] == stamp
            and known[2] > time.monotonic()
            and hmac.compare_digest(known[0], digest)
        ):
            return
        env.registry["res.users"].check(db, uid, password)
        if stamp:
            with self._lock:
                if len(self._known) >= MAX_ENTRIES:
                    self._known.clear()
                self._known[db, uid] = (digest, stamp, time.monotonic() + LIFETIME)

    def _stamp(self, env: Any, uid: int) -> str:
        """What the answer depends on: the stored hash and whether the user is active. Empty for no such user."""
        rows = env.cr.fetch(SQL("SELECT password, active FROM res_users WHERE id = %s", uid))
        return repr(rows[0]) if rows and rows[0][1] else ""
