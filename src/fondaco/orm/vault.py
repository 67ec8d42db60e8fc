"""How are the encrypted columns of one database sealed and opened?

The database holds, in `_fondaco.encryption`, a salt and the key of its blind indexes, itself encrypted by a key of the
server. So a database alone, in a backup or on a stolen disk, opens nothing; a copy of a database opens as the database
does; and searches go on, and values stay unique, while keys are changed.

An encrypted column is known by its comment. It names what its values are bound to, so that a column or a table that
is renamed keeps its values.
"""

from __future__ import annotations

import contextlib
import hmac
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.errors import ConfigError
from fondaco.security import sealing
from fondaco.security.keys import Key, KeyRing
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import aead

    from fondaco.sql.cursor import Cursor

COMMENT = "encrypted by fondaco as "
SALT_SIZE = 16
INDEX_KEY = b"the key of the blind indexes"
TABLE = "_fondaco.encryption"
IS_THERE = SQL("SELECT to_regclass(%s) IS NOT NULL", TABLE)
COLUMNS = SQL(
    """
    SELECT c.relname::text, a.attname::text, substr(d.description, %s)
      FROM pg_description d
      JOIN pg_class c ON c.oid = d.objoid AND c.relnamespace = current_schema()::regnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND NOT a.attisdropped
     WHERE d.classoid = 'pg_class'::regclass AND starts_with(d.description, %s)
     ORDER BY 1, 2
    """,
    len(COMMENT) + 1,
    COMMENT,
)


class Box:
    """Seals and opens the values of one column."""

    __slots__ = ("_index_key", "name", "vault")
    closed_to_code: ClassVar[frozenset[str]] = frozenset({"vault"})

    def __init__(self, vault: Vault, name: str) -> None:
        self.vault = vault
        self.name = name
        self._index_key: bytes | None = None

    def __repr__(self) -> str:
        return f"<Box {self.name}>"

    def seal(self, text: str, row: int) -> bytes:
        """What the column holds for `text` in the row of this id. ConfigError without a key."""
        key = self.vault.ring.current()
        where = sealing.place(self.name, row)
        if "\0" in text:
            raise ValueError(f"{self.name}: a text cannot hold the character NUL")
        content = text.encode()
        return sealing.seal(self.vault.cipher(key), key.id, self.index(text), where, content)

    def open(self, sealed: bytes, row: int) -> str:
        """The text that the row of this id holds. ConfigError, SealError where it cannot be had."""
        cipher = self.vault.cipher_of(sealing.key_id_of(sealed))
        return sealing.unseal(cipher, sealing.place(self.name, row), sealed).decode()

    def index(self, text: str) -> bytes:
        """What stands for `text` where the column is searched for it."""
        if self._index_key is None:
            self._index_key = sealing.index_key(self.vault.index_secret(), self.name)
        return sealing.blind_index(self._index_key, text)


class Vault:
    """The keys of one database, and which of its columns they seal."""

    closed_to_code: ClassVar[frozenset[str]] = frozenset({"ring", "index_secret", "cipher", "cipher_of"})

    def __init__(self, ring: KeyRing, salt: bytes, wrapped: bytes, names: Mapping[tuple[str, str], str]) -> None:
        self.ring = ring
        self.names = dict(names)
        """(table, column) -> what the values of the column are bound to"""
        self._salt = salt
        self._wrapped = wrapped
        self._ciphers: dict[bytes, aead.AESGCM] = {}
        self._boxes: dict[str, Box] = {}
        self._index_secret: bytes | None = None

    def __repr__(self) -> str:
        return f"<Vault {len(self.names)} columns, {self.ring!r}>"

    @classmethod
    def read(cls, cr: Cursor, config: Mapping[str, Any]) -> Vault:
        """What the database says; no key is needed for that."""
        salt = wrapped = b""
        names: dict[tuple[str, str], str] = {}
        if cr.fetch(IS_THERE)[0][0]:
            for row in cr.fetch(SQL("SELECT salt, index_key FROM _fondaco.encryption")):
                salt, wrapped = map(bytes, row)
            names = {(table, column): name for table, column, name in cr.fetch(COLUMNS)}
        vault = cls(KeyRing(os.path.expanduser(config.get("encryption_keys") or "")), salt, wrapped, names)
        if wrapped:
            # Now, as the key it is encrypted by may be changed, and then be taken from the file, while this one serves.
            with contextlib.suppress(ConfigError, sealing.SealError):
                vault.index_secret()
        return vault

    def make(self, cr: Cursor) -> None:
        """Give the database a salt and a key for its indexes, if it has none. ConfigError without a key."""
        key = self.ring.current()
        if self._salt:
            self.index_secret()
            return
        self._salt, secret = os.urandom(SALT_SIZE), os.urandom(sealing.SECRET_SIZE)
        self._wrapped = self._wrap(key, secret)
        cr.run(SQL("CREATE SCHEMA IF NOT EXISTS _fondaco"))
        cr.run(SQL("CREATE TABLE _fondaco.encryption (salt bytea NOT NULL, index_key bytea NOT NULL)"))
        cr.run(SQL("INSERT INTO _fondaco.encryption VALUES (%s::bytea, %s::bytea)", self._salt, self._wrapped))

    def renew(self, cr: Cursor) -> bool:
        """Encrypt the key of the indexes by the current key; whether it was another one."""
        key = self.ring.current()
        if sealing.key_id_of(self._wrapped) == key.id:
            return False
        self._wrapped = self._wrap(key, self.index_secret())
        cr.run(SQL("UPDATE _fondaco.encryption SET index_key = %s::bytea", self._wrapped))
        return True

    @property
    def index_key_id(self) -> bytes:
        """The key that encrypts that of the indexes; empty before there is one."""
        return sealing.key_id_of(self._wrapped) if self._wrapped else b""

    def digest(self, content: bytes) -> str:
        """What stands for `content` where equal ones shall be known again, and nobody without the keys learns of it."""
        return hmac.digest(self.index_secret(), b"digest\0" + content, "sha256").hex()

    def _wrap(self, key: Key, secret: bytes) -> bytes:
        return sealing.seal(self.cipher(key), key.id, bytes(sealing.INDEX_SIZE), INDEX_KEY, secret)

    def box(self, table: str, column: str) -> Box | None:
        """What seals a column; None where the column is not encrypted yet."""
        name = self.names.get((table, column))
        if name is None:
            return None
        box = self._boxes.get(name)
        if box is None:
            box = self._boxes[name] = Box(self, name)
        return box

    def cipher(self, key: Key) -> aead.AESGCM:
        cipher = self._ciphers.get(key.id)
        if cipher is None:
            cipher = self._ciphers[key.id] = sealing.cipher_for(key, self._salt)
        return cipher

    def cipher_of(self, key_id: bytes) -> aead.AESGCM:
        """What the key of this id encrypts by. ConfigError where the server does not have it."""
        cipher = self._ciphers.get(key_id)
        return cipher if cipher is not None else self.cipher(self._key(key_id))

    def _key(self, key_id: bytes) -> Key:
        key = self.ring.find(key_id)
        if key is None:
            raise ConfigError(f"key {key_id.hex()} is not in {self.ring.path}; put it back, in a line behind the first")
        return key

    def index_secret(self) -> bytes:
        if self._index_secret is None:
            cipher = self.cipher_of(sealing.key_id_of(self._wrapped))
            self._index_secret = sealing.unseal(cipher, INDEX_KEY, self._wrapped)
        return self._index_secret
