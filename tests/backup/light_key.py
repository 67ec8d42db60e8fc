"""A key that opens a repository of restic's at once.

restic has a password cost half a second of a processor each time it is asked anything, and two seconds when it makes a
repository: that was most of the time of the tests of backups. The cost stands in the file of the key. That is written
anew here, for the same password, at next to none.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

LIGHT = {"N": 16, "r": 8, "p": 1}
NONCE = MARK = 16


class _Lock:
    """What a password and the numbers of a key file come to: AES-256 in counter mode, sealed with Poly1305-AES."""

    def __init__(self, password: bytes, salt: bytes, cost: dict[str, int]) -> None:
        room = 256 * cost["r"] * (cost["N"] + cost["p"])
        found = hashlib.scrypt(password, salt=salt, n=cost["N"], r=cost["r"], p=cost["p"], maxmem=room, dklen=64)
        self._content, self._nonces, self._seal = found[:32], found[32:48], found[48:]

    def open(self, sealed: bytes) -> bytes:
        nonce, content = sealed[:NONCE], sealed[NONCE:-MARK]
        assert self._mark(nonce, content) == sealed[-MARK:], "the password does not open this key"
        return self._turn(nonce, content)

    def close(self, plain: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        content = self._turn(nonce, plain)
        return nonce + content + self._mark(nonce, content)

    def _turn(self, nonce: bytes, content: bytes) -> bytes:
        return Cipher(algorithms.AES(self._content), modes.CTR(nonce)).encryptor().update(content)

    def _mark(self, nonce: bytes, content: bytes) -> bytes:
        once = Cipher(algorithms.AES(self._nonces), modes.ECB()).encryptor().update(nonce)
        return Poly1305.generate_tag(self._seal + once, content)


def lighten(repository: Path, password: str) -> None:
    """Have the only key of this repository, which lies in a directory, cost nothing."""
    (old,) = (repository / "keys").iterdir()
    key = json.loads(old.read_bytes())
    cost = {name: key[name] for name in LIGHT}
    plain = _Lock(password.encode(), base64.b64decode(key["salt"]), cost).open(base64.b64decode(key["data"]))
    salt = os.urandom(64)
    sealed = _Lock(password.encode(), salt, LIGHT).close(plain)
    texts = {name: base64.b64encode(value).decode() for name, value in {"salt": salt, "data": sealed}.items()}
    written = json.dumps(key | LIGHT | texts).encode()
    new = old.with_name(hashlib.sha256(written).hexdigest())
    new.write_bytes(written)
    new.chmod(old.stat().st_mode)
    old.unlink()
