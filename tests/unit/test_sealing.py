"""What an encrypted value is bound to, and how the file of keys is read and written."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest

from fondaco.errors import ConfigError
from fondaco.orm.vault import Vault
from fondaco.security import keys, sealing
from fondaco.security.keys import Key, KeyRing
from fondaco.security.sealing import SealError

IBAN = "FR76 3000 6000 0112 3456 7890 189"


class Nowhere:
    """Takes the statements of a vault that is made, for tests without a database."""

    def run(self, sql: object) -> int:
        return 0


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = str(tmp_path / "keys")
    keys.add(file, "first")
    return file


def vault_of(path: str, *columns: str) -> Vault:
    vault = Vault(KeyRing(path), b"", b"", {tuple(column.split(".")): column for column in columns})  # type: ignore[misc]
    vault.make(Nowhere())  # type: ignore[arg-type]
    return vault


@pytest.mark.parametrize("text", ["", "x", IBAN, "Łódź ❤", "x" * 100_000])
def test_what_is_sealed_opens_again(path: str, text: str) -> None:
    box = vault_of(path, "t.c").box("t", "c")
    assert box is not None

    sealed = box.seal(text, 7)

    assert box.open(sealed, 7) == text
    assert len(text) < 2 or text.encode() not in sealed
    assert sealed[: sealing.INDEX_SIZE] == box.index(text)


@pytest.mark.parametrize("text", ["a\0b", "\ud800"], ids=["NUL", "half a character"])
def test_what_postgresql_takes_for_no_text_is_refused_so_that_the_column_can_become_plain_again(
    path: str, text: str
) -> None:
    box = vault_of(path, "t.c").box("t", "c")
    assert box is not None

    with pytest.raises(ValueError):
        box.seal(text, 7)


def test_equal_texts_look_alike_in_their_index_only_and_in_their_column_only(path: str) -> None:
    vault = vault_of(path, "t.c", "t.d")
    first, second = vault.box("t", "c"), vault.box("t", "d")
    assert first is not None and second is not None

    assert first.seal(IBAN, 1)[sealing.INDEX_SIZE :] != first.seal(IBAN, 1)[sealing.INDEX_SIZE :]
    assert first.index(IBAN) == first.index(IBAN) != second.index(IBAN)
    assert vault_of(path, "t.c").box("t", "c").index(IBAN) != first.index(IBAN)  # type: ignore[union-attr]


def test_a_value_opens_in_its_row_column_and_database_only_and_unchanged_only(path: str) -> None:
    vault = vault_of(path, "t.c", "t.d")
    box, other = vault.box("t", "c"), vault.box("t", "d")
    elsewhere = vault_of(path, "t.c").box("t", "c")
    assert box is not None and other is not None and elsewhere is not None
    sealed = box.seal(IBAN, 7)

    for opens in (lambda: box.open(sealed, 8), lambda: other.open(sealed, 7), lambda: elsewhere.open(sealed, 7)):
        with pytest.raises(SealError, match="changed, or was written for another row, column or database"):
            opens()
    for position in (0, sealing.NONCE_AT, sealing.TEXT_AT, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealError):
            box.open(bytes(changed), 7)
    for content in (b"", b"plain", IBAN.encode() * 3):
        with pytest.raises(SealError, match="not in the form"):
            box.open(content, 7)


def test_a_new_key_encrypts_from_then_on_and_the_one_before_opens(path: str) -> None:
    box = vault_of(path, "t.c").box("t", "c")
    assert box is not None
    before = box.seal(IBAN, 7)

    new = keys.add(path, "second")

    after = box.seal(IBAN, 7)
    assert sealing.key_id_of(after) == new.id != sealing.key_id_of(before)
    assert box.open(before, 7) == box.open(after, 7) == IBAN
    assert after[: sealing.INDEX_SIZE] == before[: sealing.INDEX_SIZE]


def test_a_key_that_waits_opens_and_does_not_encrypt(path: str) -> None:
    first = keys.read(path)[0]

    second = keys.add(path, "for later", is_last=True)

    assert keys.read(path) == (first, second)
    assert KeyRing(path).current() == first and KeyRing(path).find(second.id) == second


def test_a_key_that_went_is_named_and_nothing_is_written_by_another(path: str) -> None:
    vault = vault_of(path, "t.c")
    box = vault.box("t", "c")
    assert box is not None
    sealed = box.seal(IBAN, 7)
    was = keys.read(path)[0]
    Path(path).unlink()
    other = keys.add(path, "other")

    stranger = Vault(KeyRing(path), vault._salt, vault._wrapped, vault.names).box("t", "c")

    assert stranger is not None and other != was
    with pytest.raises(ConfigError, match=f"key {was.name} is not in {path}"):
        stranger.open(sealed, 7)
    with pytest.raises(ConfigError, match=f"key {was.name} is not in {path}"):
        stranger.seal("another", 7)


def test_a_file_of_keys_is_for_its_owner_and_its_errors_do_not_quote_it(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    keys.add(str(path), "first")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    secret = base64.b64encode(os.urandom(20)).decode()
    path.write_text(f"# a remark\n\n{secret}\n")
    with pytest.raises(ConfigError, match=":3: found a line that is no key, expected 32 bytes") as caught:
        keys.read(str(path))
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"), [("", "has no key"), ("# nothing\n", "has no key"), (None, "cannot be read")]
)
def test_without_a_key_the_next_step_is_told(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "keys"
    if text is not None:
        path.write_text(text)

    with pytest.raises(ConfigError, match=f"{message}.*fondaco encryption new-key"):
        keys.read(str(path))
    with pytest.raises(ConfigError, match="encryption_keys is not set; make a key"):
        keys.read("")


def test_an_unreadable_draft_does_not_lose_the_keys_there_are(path: str) -> None:
    before = Path(path).read_text()
    Path(path).write_text(before + "half a li")

    with pytest.raises(ConfigError, match=":2: found a line that is no key"):
        keys.add(path, "second")

    assert Path(path).read_text() == before + "half a li"
    assert repr(Key(bytes(32))) == f"<Key {Key(bytes(32)).name}>"
