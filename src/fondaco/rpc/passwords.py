"""Is this the password of this user, asked again with every call?

A password hash costs a third of a second by design; an RPC client sends its password with each call. What was right is
remembered as an HMAC under a key of this process, among the answers of the registry: whatever changes a user, a
password, a second factor or an API key makes every process forget them, and so does whatever changes a group, which may
demand a second factor of its members. Wrong passwords are never remembered.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Any

LIFETIME = 300.0  # seconds; an API key whose time has run out is asked for again then
CACHE = "users"

_key = secrets.token_bytes(32)


def check(env: Any, db: str, uid: int, password: Any) -> None:
    """`AccessDenied` (or what `res.users.check` raises) unless `password` is right for the user."""
    registry = env.registry
    digest = hmac.digest(_key, f"{db}\0{uid}\0{password}".encode("utf-8", "surrogatepass"), hashlib.sha256)
    known = ("fondaco.rpc.passwords", uid, digest, registry.generation("groups"))
    until = registry.answers(CACHE).get(known)
    if until is not None and until > time.monotonic():
        return
    registry["res.users"].check(db, uid, password)
    registry.remember(CACHE, known, time.monotonic() + LIFETIME)
