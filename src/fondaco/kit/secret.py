"""Secrets of a deployment: made once, kept beside its files for their owner only; and the verifier of a password."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
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


def salt_of(password: str) -> bytes:
    """A salt that stays the same, so that writing again changes nothing; as hard to guess as the password."""
    return hashlib.sha256(b"salt of " + password.encode()).digest()[:16]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
