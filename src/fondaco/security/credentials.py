"""How passwords are kept, tokens are signed and one-time codes are checked.

Password hashes are written in the modular format of passlib (`$pbkdf2-sha512$rounds$salt$hash`), so that a database
stays usable by other servers that read it. Everything compares in constant time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac as stdlib_hmac
import json
import secrets
import string
import struct
import time
from collections.abc import Iterable, Sequence
from typing import Any, Literal

PASSWORD_ROUNDS = 600_000
_SALT_BYTES = 16
_MAX_PASSWORD_BYTES = 4096  # longer ones cost CPU and are no passwords
_ALPHABET = string.ascii_letters + string.digits


def _ab64_encode(data: bytes) -> str:
    """passlib's base64: no padding, '.' for '+'."""
    return base64.b64encode(data).decode().rstrip("=").replace("+", ".")


def _ab64_decode(text: str) -> bytes:
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)


def hash_password(password: str, rounds: int = PASSWORD_ROUNDS) -> str:
    """A fresh salted PBKDF2-SHA512 hash of `password`."""
    salt = secrets.token_bytes(_SALT_BYTES)
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    return f"$pbkdf2-sha512${rounds}${_ab64_encode(salt)}${_ab64_encode(derived)}"


def verify_password(password: str, stored: str | None) -> bool:
    """Whether `password` is the one whose hash is `stored`; an unknown format never matches.

    Takes the time of one hash also when there is nothing stored, so that a missing user answers as slowly as a wrong
    password.
    """
    parsed = _parse(stored)
    data = password.encode(errors="replace")[:_MAX_PASSWORD_BYTES]
    if parsed is None:
        hashlib.pbkdf2_hmac("sha512", data, b"no such password", PASSWORD_ROUNDS)
        return False
    digest, rounds, salt, expected = parsed
    return stdlib_hmac.compare_digest(hashlib.pbkdf2_hmac(digest, data, salt, rounds, len(expected)), expected)


def needs_rehash(stored: str, rounds: int = PASSWORD_ROUNDS) -> bool:
    """Whether `stored` is weaker than what `hash_password` writes now."""
    parsed = _parse(stored)
    return parsed is None or parsed[0] != "sha512" or parsed[1] < rounds


def _parse(stored: str | None) -> tuple[str, int, bytes, bytes] | None:
    """(digest, rounds, salt, derived key) of a modular hash, None if it is none."""
    if not stored or not stored.startswith("$pbkdf2-"):
        return None
    try:
        _empty, scheme, rounds, salt, derived = stored.split("$")
        digest = scheme.removeprefix("pbkdf2-")
        if digest not in {"sha512", "sha256"} or not 0 < int(rounds) <= 10_000_000:
            return None
        return digest, int(rounds), _ab64_decode(salt), _ab64_decode(derived)
    except (ValueError, binascii.Error):
        return None


class CryptContext:
    """The part of passlib's class of this name that addons use, over the one scheme we write.

    `plaintext` among the schemes lets `verify` accept an unhashed stored value (and asks for an update at once).
    """

    def __init__(self, schemes: Sequence[str] = ("pbkdf2_sha512",), **settings: Any) -> None:
        unknown = set(schemes) - {"pbkdf2_sha512", "plaintext"}
        if unknown:
            raise KeyError(f"no crypt handler found for {sorted(unknown)!r}; known: pbkdf2_sha512, plaintext")
        self._schemes = tuple(schemes)
        self._settings = settings
        self._rounds = int(
            settings.get("pbkdf2_sha512__rounds", settings.get("pbkdf2_sha512__min_rounds", PASSWORD_ROUNDS))
        )

    def copy(self, **settings: Any) -> CryptContext:
        return CryptContext(self._schemes, **{**self._settings, **settings})

    def schemes(self) -> tuple[str, ...]:
        return self._schemes

    def hash(self, secret: str) -> str:
        return hash_password(secret, self._rounds)

    encrypt = hash

    def identify(self, hash: str | None) -> str | None:
        if _parse(hash) is not None:
            return "pbkdf2_sha512"
        return "plaintext" if hash and "plaintext" in self._schemes else None

    def verify(self, secret: str, hash: str | None) -> bool:
        if self.identify(hash) == "plaintext":
            return constant_time_equal(secret, hash or "")
        return verify_password(secret, hash)

    def needs_update(self, hash: str) -> bool:
        return needs_rehash(hash, self._rounds)

    def verify_and_update(self, secret: str, hash: str | None) -> tuple[bool, str | None]:
        """(matches, the hash to store instead or None)."""
        if not self.verify(secret, hash):
            return False, None
        return True, self.hash(secret) if hash is None or self.needs_update(hash) else None


def constant_time_equal(first: str | bytes, second: str | bytes) -> bool:
    """Whether both are equal, in a time that tells nothing about where they differ."""
    one = first.encode() if isinstance(first, str) else first
    other = second.encode() if isinstance(second, str) else second
    return stdlib_hmac.compare_digest(one, other)


consteq = constant_time_equal


def random_secret(length: int = 32) -> str:
    """Letters and digits from the system's random source: 32 of them carry 190 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def keyed_digest(secret: str, scope: str, message: object, hash_function: Any = hashlib.sha256) -> str:
    """Hexadecimal HMAC of `message` under `secret`, separated by `scope` so that no token serves two purposes."""
    if not scope:
        raise ValueError("a non-empty scope is required, e.g. 'password-reset'")
    return stdlib_hmac.new(secret.encode(), repr((scope, message)).encode(), hash_function).hexdigest()


def _signature(secret: str, scope: str, data: bytes) -> bytes:
    return stdlib_hmac.new(secret.encode(), b"1:" + scope.encode() + b":" + data, hashlib.sha256).digest()


def sign_payload(secret: str, scope: str, values: Any, expires_at: float | None = None) -> str:
    """A URL-safe token that carries `values` (JSON) in the open, signed, valid until `expires_at` (epoch seconds).

    Layout before base64: version 1 byte, signature 32 bytes, expiry 8 bytes big-endian (0 = never), JSON.
    """
    if not scope:
        raise ValueError("a non-empty scope is required, e.g. 'password-reset'")
    body = struct.pack(">Q", int(expires_at or 0)) + json.dumps(values, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(b"\x01" + _signature(secret, scope, body) + body).decode().rstrip("=")


def open_payload(secret: str, scope: str, token: str, now: float | None = None) -> Any:
    """The values inside a token of `sign_payload`; None if it was altered, is of another scope, or has expired."""
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(data) < 41 or data[:1] != b"\x01":
        return None
    signature, body = data[1:33], data[33:]
    if not stdlib_hmac.compare_digest(signature, _signature(secret, scope, body)):
        return None
    (expires_at,) = struct.unpack(">Q", body[:8])
    if expires_at and (time.time() if now is None else now) > expires_at:
        return None
    return json.loads(body[8:])


TOTP_DIGITS = 6
TOTP_SECONDS = 30
TOTP_WINDOW_SECONDS = 30  # clocks of phones drift; one step either way


def hotp(secret: bytes, counter: int, digits: int = TOTP_DIGITS, algorithm: str = "sha1") -> int:
    """The one-time code of `counter` (RFC 4226)."""
    digest = stdlib_hmac.new(secret, struct.pack(">Q", counter), algorithm).digest()
    offset = digest[-1] & 0x0F
    (code,) = struct.unpack(">I", digest[offset : offset + 4])
    return int((code & 0x7FFFFFFF) % 10**digits)


def totp_match(
    secret: bytes,
    code: int,
    now: float | None = None,
    window: int = TOTP_WINDOW_SECONDS,
    timestep: int = TOTP_SECONDS,
    last_counter: int | None = None,
) -> int | None:
    """The counter whose code is `code` around `now` (RFC 6238), None if there is none.

    `last_counter` is the one that was accepted before: it and earlier ones are refused, a code serves once.
    """
    moment = time.time() if now is None else now
    low, high = int((moment - window) // timestep), int((moment + window) // timestep)
    found: int | None = None
    for counter in range(low, high + 1):
        # no early exit: the time must not tell which counter matched
        if constant_time_equal(str(hotp(secret, counter)), str(code)) and found is None:
            found = counter
    if found is not None and last_counter is not None and found <= last_counter:
        return None
    return found


def totp_secret(size_bits: int = 160) -> str:
    """A new secret in base32 as authenticator apps take it."""
    return base64.b32encode(secrets.token_bytes(size_bits // 8)).decode().rstrip("=")


def decode_totp_secret(text: str) -> bytes:
    """The bytes of a base32 secret typed with any spacing and case."""
    compact = "".join(text.split()).upper()
    return base64.b32decode(compact + "=" * (-len(compact) % 8))


def pick_first_match(password: str, stored: Iterable[str]) -> str | Literal[False]:
    """The first of the `stored` hashes that `password` matches, False if none does."""
    return next((candidate for candidate in stored if verify_password(password, candidate)), False)
