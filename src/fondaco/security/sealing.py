"""What does an encrypted value look like, and what can be learnt from one?

A sealed value is bytes: blind index (16), version (1), key id (4), nonce (12), then the text under AES-256-GCM with its
tag (16). It is bound, as additional authenticated data, to its blind index, its key, its column and its row: put
anywhere else it does not open. The blind index is HMAC-SHA256 of the text under a key of the column, cut to 16 bytes:
equal texts of one column have equal ones, which is what a search by value, and a constraint that values are unique,
need.

The key of a database is derived (HKDF) from a key of the server and the database's salt, so that equal values, or
values that were carried over, mean nothing in another database.
"""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING

from fondaco.errors import FondacoError
from fondaco.security.keys import ID_SIZE, Key
from fondaco.values.deferred import Deferred
from fondaco.values.texts import to_translate

if TYPE_CHECKING:
    from cryptography import exceptions
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.ciphers import aead
    from cryptography.hazmat.primitives.kdf import hkdf
else:
    exceptions = Deferred("cryptography.exceptions")
    hashes = Deferred("cryptography.hazmat.primitives.hashes")
    aead = Deferred("cryptography.hazmat.primitives.ciphers.aead")
    hkdf = Deferred("cryptography.hazmat.primitives.kdf.hkdf")

VERSION = b"\x01"
INDEX_SIZE = 16
NONCE_SIZE = 12
KEY_AT = INDEX_SIZE + len(VERSION)
NONCE_AT = KEY_AT + ID_SIZE
TEXT_AT = NONCE_AT + NONCE_SIZE
SHORTEST = TEXT_AT + 16
"""A sealed empty text: the tag of AES-GCM has 16 bytes."""
SECRET_SIZE = 32
PURPOSE = b"fondaco encrypted fields 1"


class SealError(FondacoError):
    """A sealed value does not open; the message says why, and never what is in it."""


def cipher_for(key: Key, salt: bytes) -> aead.AESGCM:
    """What encrypts in the database that has this salt."""
    derived = hkdf.HKDF(hashes.SHA256(), SECRET_SIZE, salt, PURPOSE).derive(key.secret)
    return aead.AESGCM(derived)


def index_key(secret: bytes, column: str) -> bytes:
    """The key of one column's blind index."""
    return hmac.digest(secret, b"column\0" + column.encode(), "sha256")


def blind_index(key: bytes, text: str) -> bytes:
    """What stands for `text` where equal values are looked for."""
    return hmac.digest(key, text.encode(), "sha256")[:INDEX_SIZE]


def place(column: str, row: int) -> bytes:
    """What a value is bound to."""
    return column.encode() + b"\0" + row.to_bytes(8, "big", signed=True)


def seal(cipher: aead.AESGCM, key_id: bytes, index: bytes, where: bytes, content: bytes) -> bytes:
    head = index + VERSION + key_id
    nonce = os.urandom(NONCE_SIZE)
    return head + nonce + cipher.encrypt(nonce, content, head + where)


def key_id_of(sealed: bytes) -> bytes:
    """The key a value was sealed with. SealError where it is no sealed value."""
    if len(sealed) < SHORTEST or sealed[INDEX_SIZE:KEY_AT] != VERSION:
        raise SealError(to_translate("it is not in the form of an encrypted value"))
    return sealed[KEY_AT:NONCE_AT]


def unseal(cipher: aead.AESGCM, where: bytes, sealed: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[NONCE_AT:TEXT_AT], sealed[TEXT_AT:], sealed[:NONCE_AT] + where)
    except exceptions.InvalidTag as error:
        raise SealError(to_translate("it was changed, or was written for another row, column or database")) from error
