"""Tokens signed with the secret of a database, which its parameter `database.secret` holds."""

from __future__ import annotations

import hashlib
import time
from datetime import datetime, timedelta
from typing import Any

from fondaco.security.credentials import keyed_digest, open_payload, sign_payload

SECRET_PARAMETER = "database.secret"


def _secret(env: Any) -> str:
    return str(env["ir.config_parameter"].sudo().get_param(SECRET_PARAMETER))


def hmac(env: Any, scope: str, message: object, hash_function: Any = hashlib.sha256) -> str:
    """Hexadecimal HMAC of `message` under the database's secret, separated by `scope`."""
    return keyed_digest(_secret(env), scope, message, hash_function)


def hash_sign(
    env: Any,
    scope: str,
    message_values: Any,
    expiration: datetime | None = None,
    expiration_hours: float | None = None,
) -> str:
    """A URL-safe signed token that carries `message_values`, valid until `expiration` (naive UTC) or for some hours."""
    if expiration is not None and expiration_hours is not None:
        raise ValueError("hash_sign: give expiration or expiration_hours, not both")
    expires_at = None
    if expiration is not None:
        expires_at = (expiration - datetime(1970, 1, 1)).total_seconds()
    elif expiration_hours is not None:
        expires_at = time.time() + timedelta(hours=expiration_hours).total_seconds()
    return sign_payload(_secret(env), scope, message_values, expires_at)


def verify_hash_signed(env: Any, scope: str, payload: str) -> Any:
    """The values of a token of `hash_sign`; None if it was altered, is of another scope, or has expired."""
    return open_payload(_secret(env), scope, payload)
