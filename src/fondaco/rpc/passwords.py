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


class Unproven(Exception):
    """Whether the password is right has to be looked up."""


def require_known(registry: Any, uid: int, password: Any) -> None:
    """`Unproven` unless the password was found right a moment ago."""
    until = registry.answers(CACHE).get(_known(registry, uid, password))
    if until is None or until <= time.monotonic():
        raise Unproven


def check(registry: Any, uid: int, password: Any) -> None:
    """`AccessDenied` (or what `res.users.check` raises) unless `password` is right for the user, which is remembered.

    It is looked up in transactions of its own: whoever asks should have none open, and hold no connection.
    """
    # Made before the password is looked up: what is forgotten meanwhile is not remembered afterwards.
    known = _known(registry, uid, password)
    registry["res.users"].check(registry.db_name, uid, password)
    registry.remember(CACHE, known, time.monotonic() + LIFETIME)


def _known(registry: Any, uid: int, password: Any) -> tuple[object, ...]:
    """Under which key it is remembered that this is the password of this user, as long as nothing changes either."""
    digest = hmac.digest(
        _key, f"{registry.db_name}\0{uid}\0{password}".encode("utf-8", "surrogatepass"), hashlib.sha256
    )
    return "fondaco.rpc.passwords", uid, digest, registry.generation(CACHE), registry.generation("groups")
