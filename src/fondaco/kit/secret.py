"""Secrets of a deployment: made once, kept beside its files for their owner only; and the verifier of a password."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

NAMES = (
    "database-password",
    "master-password",
    "backup-password",
    "replication-password",
    "patroni-password",
    "pooler-password",
    "administrator-password",
)
LENGTH = 24
ITERATIONS = 4096
PRIVATE = 0o600
VERIFIER = re.compile(rf"SCRAM-SHA-256\${ITERATIONS}:(?P<salt>[A-Za-z0-9+/=]+)\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+")


def keep(folder: Path) -> dict[str, str]:
    """{name: secret} of a deployment, made where they are missing; <folder>/NAME, mode 0600."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in NAMES:
        path = folder / name
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w") as file:
                file.write(secrets.token_urlsafe(LENGTH) + "\n")
    return {name: (folder / name).read_text().strip() for name in NAMES}


def scram_verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL keeps of a password (RFC 5802 and 7677, as in pg_authid); the same in PgBouncer's userlist."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored, server = hashlib.sha256(client).digest(), hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def with_own_salts(text: str, passwords: Iterable[str]) -> str:
    """A text whose verifiers of these passwords have the kit's salts: `secret rotate` chooses another, and means the
    same password."""
    return VERIFIER.sub(lambda found: next((own for one in passwords if (own := _own(found, one))), found[0]), text)


def _own(found: re.Match[str], password: str) -> str:
    """The kit's verifier of a password, where `found` verifies it."""
    try:
        salt = base64.b64decode(found["salt"])
    except ValueError:  # cut short, or edited: it verifies nothing
        return ""
    return scram_verifier(password, salt_of(password)) if scram_verifier(password, salt) == found[0] else ""


def salt_of(password: str) -> bytes:
    """A salt that stays the same, so that writing again changes nothing; as hard to guess as the password."""
    return hashlib.sha256(b"salt of " + password.encode()).digest()[:16]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
