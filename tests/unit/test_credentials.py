"""Password hashes, signed tokens and one-time codes against known answers."""

import base64
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from fondaco.security import credentials as c

# Made with passlib 1.7: pbkdf2_sha512.using(rounds=10, salt=b"0123456789abcdef").hash("secret")
KNOWN = "$pbkdf2-sha512$10$MDEyMzQ1Njc4OWFiY2RlZg$" + c._ab64_encode(
    __import__("hashlib").pbkdf2_hmac("sha512", b"secret", b"0123456789abcdef", 10)
)


def test_passwords_verify_and_hashes_are_salted():
    one, other = c.hash_password("s3cret", 10), c.hash_password("s3cret", 10)

    assert one != other and one.startswith("$pbkdf2-sha512$10$")
    assert c.verify_password("s3cret", one) and not c.verify_password("s3cret ", one)


def test_outside_of_these_tests_a_hash_takes_600_000_rounds():
    spec = spec_from_file_location("credentials_as_they_are", c.__file__)
    as_they_are = module_from_spec(spec)
    spec.loader.exec_module(as_they_are)

    assert as_they_are.hash_password("s3cret").startswith("$pbkdf2-sha512$600000$")
    assert as_they_are.CryptContext().hash("s3cret").startswith("$pbkdf2-sha512$600000$")
    assert as_they_are.needs_rehash(as_they_are.hash_password("s3cret", 599_999))


def test_foreign_hashes_of_the_same_format_verify():
    assert c.verify_password("secret", KNOWN)


@pytest.mark.parametrize("stored", [None, "", "secret", "$pbkdf2-sha512$x$y$z", "$6$aa$bb", "$pbkdf2-md5$1$aa$bb"])
def test_unknown_formats_never_match(stored, monkeypatch):
    monkeypatch.setattr(c, "PASSWORD_ROUNDS", 1)

    assert not c.verify_password("secret", stored)


def test_a_context_updates_what_is_weak():
    context = c.CryptContext(["pbkdf2_sha512", "plaintext"], deprecated=["auto"], pbkdf2_sha512__rounds=10)

    matches, replacement = context.verify_and_update("pw", "pw")
    assert matches and context.verify("pw", replacement)
    assert context.verify_and_update("pw", replacement) == (True, None)
    assert context.verify_and_update("no", replacement) == (False, None)


def test_tokens_open_only_unaltered_in_scope_and_in_time():
    token = c.sign_payload("key", "reset", {"uid": 3}, expires_at=1000)

    assert c.open_payload("key", "reset", token, now=999) == {"uid": 3}
    assert c.open_payload("key", "reset", token, now=1001) is None
    assert c.open_payload("key", "other", token, now=999) is None
    assert c.open_payload("yek", "reset", token, now=999) is None
    assert c.open_payload("key", "reset", token[:-2] + "AA", now=999) is None
    assert c.open_payload("key", "reset", "rubbish", now=999) is None


def test_one_time_codes_are_those_of_the_rfc():
    # RFC 6238, appendix B (SHA-1): 8 digits at 59 s = 94287082
    secret = b"12345678901234567890"

    assert c.hotp(secret, 59 // 30, digits=8) == 94287082
    assert c.totp_match(secret, 287082, now=59) == 1
    assert c.totp_match(secret, 287082, now=59, last_counter=1) is None
    assert c.totp_match(secret, 287082, now=200) is None


def test_totp_secrets_survive_typing():
    secret = c.totp_secret()

    assert c.decode_totp_secret(" ".join([secret[:4], secret[4:].lower()])) == base64.b32decode(secret)


def test_random_secrets_differ():
    assert len({c.random_secret() for _ in range(50)}) == 50 and len(c.random_secret()) == 32
