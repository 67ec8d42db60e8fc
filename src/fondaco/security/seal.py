"""Who has the key makes the same code of a message: HMAC (RFC 2104), for keys that are used again and again.

`hmac.digest` finds its algorithm and takes the key in anew for each message, most of what a short one costs.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any

MOST_KEYS = 256


class Seal:
    """A key that has been taken in."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes, algorithm: Callable[..., Any] = hashlib.sha256) -> None:
        size = algorithm().block_size
        key = (algorithm(key).digest() if len(key) > size else key).ljust(size, b"\0")
        self._inner = algorithm(bytes(byte ^ 0x36 for byte in key))
        self._outer = algorithm(bytes(byte ^ 0x5C for byte in key))

    def __repr__(self) -> str:
        return f"<Seal {self._inner.name}>"

    def code(self, message: bytes) -> bytes:
        """The code of a message, as `hmac.digest` gives it."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return bytes(outer.digest())


seal = functools.lru_cache(MOST_KEYS)(Seal)
"""The seal of a key, made once."""
