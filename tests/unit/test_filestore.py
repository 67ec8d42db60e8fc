"""Files of a database on disk: named by content, written whole, removed late."""

import hashlib
import io
import time

import pytest

from fondaco.errors import StorageError
from fondaco.storage.filestore import Filestore


@pytest.fixture
def store(tmp_path):
    return Filestore.of_database(tmp_path, "db")


def test_content_names_the_file_and_is_stored_once(store):
    key = store.write(b"hello")

    assert key == "aa/" + hashlib.sha1(b"hello").hexdigest()
    assert store.write(b"hello") == key
    assert list(store.keys()) == [key] and store.read(key) == b"hello" and store.verify(key)
    assert store.path(key).stat().st_mode & 0o777 == 0o600


def test_a_stream_gets_the_same_key(store):
    assert store.write_stream(io.BytesIO(b"hello")) == (store.write(b"hello"), 5)


def test_a_truncated_file_is_written_again(store):
    key = store.write(b"hello")
    store.path(key).write_bytes(b"he")

    store.write(b"hello")

    assert store.read(key) == b"hello"


@pytest.mark.parametrize("key", ["../../etc/passwd", "aa/../../x", "/etc/passwd", "", "aa/zz", "checklist/aa"])
def test_only_keys_are_paths(store, key):
    with pytest.raises(StorageError):
        store.path(key)


@pytest.mark.parametrize("name", ["", "..", "a/b"])
def test_only_names_are_databases(tmp_path, name):
    with pytest.raises(StorageError):
        Filestore.of_database(tmp_path, name)


def test_a_sweep_removes_what_no_row_names(store):
    kept, lost = store.write(b"kept"), store.write(b"lost")
    store.mark(lost)

    assert store.sweep(lambda keys: {kept}) == 0  # too young
    assert store.sweep(lambda keys: {kept}, now=time.time() + 7200) == 1
    assert list(store.keys()) == [kept] and store.marked() == []


def test_a_missing_file_says_where(store):
    with pytest.raises(StorageError, match="cannot read"):
        store.read("aa/" + "0" * 40)


def test_copies_share_and_renames_move(store, tmp_path):
    key = store.write(b"hello")
    copy, moved = Filestore(tmp_path / "copy"), Filestore(tmp_path / "moved")

    store.copy_to(copy)
    store.rename_to(moved)
    store.drop()

    assert copy.read(key) == moved.read(key) == b"hello" and not store.exists(key)
