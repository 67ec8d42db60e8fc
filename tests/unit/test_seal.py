"""A seal gives the codes that HMAC gives, with keys of any length."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from fondaco.security.seal import Seal, seal


@pytest.mark.parametrize("algorithm", [hashlib.sha1, hashlib.sha256])
@pytest.mark.parametrize("size", [0, 1, 32, 64, 65, 200])
def test_its_codes_are_those_of_the_library(algorithm, size):
    key = bytes(range(size))
    found = Seal(key, algorithm)

    for message in (b"", b"one", b"x" * 500, b"one"):
        assert found.code(message) == hmac.digest(key, message, algorithm)


def test_a_key_is_taken_in_once_for_each_algorithm():
    assert seal(b"key", hashlib.sha1) is seal(b"key", hashlib.sha1)
    assert seal(b"key", hashlib.sha1).code(b"") != seal(b"key", hashlib.sha256).code(b"")
    assert "key" not in repr(seal(b"key", hashlib.sha1))
