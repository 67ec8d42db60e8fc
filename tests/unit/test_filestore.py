"""Files of a database on disk: named by content, written whole, removed late."""

import hashlib
import io
import os
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
    # The group may read: the web server sends files by itself (docs/operator/proxy.md). Nobody else may.
    assert store.path(key).stat().st_mode & 0o777 == 0o640


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
    kept, _lost, again = store.write(b"kept"), store.write(b"lost"), store.write(b"again")

    assert store.ripe() == []  # too young
    keys = store.ripe(now=time.time() + 7200)
    since = time.time() + 1
    os.utime(store.root / "checklist" / again, (since + 1, since + 1))  # written again while rows were asked

    assert store.clear(keys, {kept}, since) == 1
    assert sorted(store.keys()) == sorted([kept, again]) and store.marked() == [again]


def test_a_missing_file_says_where(store):
    with pytest.raises(StorageError, match="cannot read"):
        store.read("aa/" + "0" * 40)


def test_copies_share_and_live_on(store, tmp_path):
    key = store.write(b"hello")
    copy = Filestore(tmp_path / "copy")

    store.copy_to(copy)
    store.drop()

    assert copy.read(key) == b"hello" and copy.marked() == [key] and not store.exists(key)


def test_what_killed_writers_left_is_swept(store):
    store.write(b"kept")
    half = store.root / ".incoming-half"
    half.write_bytes(b"hal")

    store.ripe()
    assert half.exists()  # its writer may be at it
    store.ripe(now=time.time() + 2 * 24 * 3600)
    assert not half.exists()
