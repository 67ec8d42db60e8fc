"""Files of a database in a bucket, by a real S3 server: what is where, also when it does not answer."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fondaco.config import Config
from fondaco.config.sources import resolve
from fondaco.errors import ConfigError, StorageAway, StorageError
from fondaco.storage import bucket, stores
from fondaco.storage.filestore import Filestore
from fondaco.storage.location import location_of
from fondaco.storage.objects import LARGE, OUTGOING, ObjectStore
from fondaco.storage.stores import store_of
from tests.fix_s3 import BUCKET, S3, SECRET_KEY
from tests.processes import is_so_in_child

HELLO = "aa/aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket that failed is asked again soon, in a process that has met none yet."""
    monkeypatch.setattr(bucket, "ASK_AGAIN_S", 0.2)


@pytest.fixture
def config(s3: S3, tmp_path: Path) -> Config:
    return Config.default().replace(data_dir=str(tmp_path / "data"), **s3.settings)


@pytest.fixture
def store(config: Config) -> ObjectStore:
    store = store_of(config, "shop")
    assert isinstance(store, ObjectStore)
    return store


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until something that other threads do has come true."""
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.05)
    pytest.fail("it never came true")


def test_r1_r3_content_lies_in_the_bucket_below_its_database(store: ObjectStore, s3: S3) -> None:
    key = store.write(b"hello")

    assert key == HELLO and store.write(b"hello") == HELLO
    assert s3.names() == [f"shop/{HELLO}"]
    assert list(store.sizes_here()) == [] and store.waiting() == []
    assert store.read(key) == b"hello" and store.exists(key) and store.verify(key)


def test_r1_a_stream_goes_up_and_comes_back_in_blocks(store: ObjectStore, s3: S3) -> None:
    content = os.urandom(1 << 20) * 20

    key, size = store.write_stream(io.BytesIO(content))
    store.copies.drop("shop")

    assert size == len(content) and s3.names() == [f"shop/{key}"]
    with store.open(key) as back:
        assert back.read() == content


def test_r5_without_the_object_store_files_wait_here_and_are_delivered(
    store: ObjectStore, s3: S3, caplog: pytest.LogCaptureFixture
) -> None:
    s3.stop()
    with caplog.at_level(logging.INFO, "fondaco.storage"):
        key = store.write(b"hello")
        assert store.write(b"more") and store.read(key) == b"hello"
        assert HELLO in store.waiting() and s3.names() == []

        s3.start()
        eventually(lambda: store.waiting() == [])

    assert f"shop/{HELLO}" in s3.names() and len(s3.names()) == 2
    assert list(store.sizes_here()) == [] and store.read(key) == b"hello"
    assert caplog.text.count("S3Storage: Connection failed") == 1
    assert "S3Storage: Connection restored" in caplog.text


def test_r5_what_an_earlier_process_left_is_delivered_by_the_next(store: ObjectStore, config: Config, s3: S3) -> None:
    key = Filestore(store.root).write(b"left by a process that was killed")
    store._note(OUTGOING, key)

    def delivers() -> bool:
        theirs = store_of(config, "shop")
        for _ in range(600):
            if not theirs.waiting():
                return True
            time.sleep(0.05)
        return False

    assert is_so_in_child(delivers) and s3.names() == [f"shop/{key}"]


def test_r5_an_object_store_that_hangs_is_left_alone(
    store: ObjectStore, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "ANSWER_S", 0.3)
    bucket._buckets.clear()
    store = ObjectStore(store.root, bucket.bucket_of(store.bucket.location), store.copies)
    s3.freeze()

    key = store.write(b"hello")
    assert store.bucket.is_resting

    s3.thaw()
    eventually(lambda: s3.names() == [f"shop/{key}"])


def test_r5_a_stop_in_the_middle_of_an_upload_loses_nothing(
    store: ObjectStore, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(1 << 20) * 40
    put = store.bucket._client.put_object

    def put_while_the_server_goes(name: str, key: str, file: Any, size: int, **options: Any) -> Any:
        read = file.read

        class Falling(io.RawIOBase):
            """The file of an upload; the server is killed when half of it is read."""

            def read(self, size: int = -1) -> Any:
                if file.tell() > len(content) // 2:
                    s3.stop()
                return read(size)

        return put(name, key, Falling(), size, **options)

    with monkeypatch.context() as patch:
        patch.setattr(store.bucket._client, "put_object", put_while_the_server_goes)
        key, _size = store.write_stream(io.BytesIO(content))
    assert store.waiting() == [key] and store.read(key) == content

    s3.start()
    eventually(lambda: store.waiting() == [])
    store.copies.drop("shop")
    assert store.read(key) == content


def test_r5_what_is_not_here_is_away_and_not_missing(store: ObjectStore, s3: S3) -> None:
    key = store.write(b"hello")
    s3.stop()

    assert store.read(key) == b"hello"  # the copy
    store.copies.drop("shop")
    with pytest.raises(StorageAway):
        store.read(key)

    s3.start()
    eventually(lambda: not store.bucket.is_resting)
    assert store.read(key) == b"hello"


def test_r2_a_wrong_secret_loses_no_file_and_is_never_told(
    config: Config, s3: S3, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {**s3.settings["ir_attachment.config"], "secret_access_key": "a-wrong-secret"}
    store = store_of(config.replace(**{"ir_attachment.config": wrong}), "shop")

    key = store.write(b"hello")

    assert isinstance(store, ObjectStore) and store.waiting() == [key] and s3.names() == []
    assert "S3Storage: Connection failed: SignatureDoesNotMatch" in caplog.text
    assert "a-wrong-secret" not in caplog.text + repr(store) + repr(config)


def test_r1_what_no_row_names_is_removed_from_the_bucket(store: ObjectStore, s3: S3) -> None:
    kept, lost = store.write(b"kept"), store.write(b"lost")

    assert store.ripe() == []  # too young
    keys = store.ripe(now=time.time() + 7200)
    assert store.clear(keys, {kept}, since=time.time() + 1) == 1

    assert s3.names() == [f"shop/{kept}"] and store.marked() == []
    assert not store.exists(lost)


def test_r1_what_cannot_be_removed_now_is_removed_later(store: ObjectStore, s3: S3) -> None:
    key = store.write(b"lost")
    s3.stop()
    with pytest.raises(StorageAway):
        store.clear([key], set(), since=time.time() + 1)
    assert store.marked() == [key]


def test_databases_in_one_bucket_see_their_own(config: Config, s3: S3) -> None:
    shop, shop2 = store_of(config, "shop"), store_of(config, "shop2")
    key, other = shop.write(b"hello"), shop2.write(b"other")

    assert list(shop.keys()) == [key] and list(shop2.keys()) == [other]
    with pytest.raises(StorageError):
        shop2.read(key)
    shop.drop()
    assert s3.names() == [f"shop2/{other}"] and shop2.read(other) == b"other"


def test_a_dropped_database_takes_nothing_of_a_server_whose_prefix_is_its_name(config: Config, s3: S3) -> None:
    other = store_of(config.replace(**{"ir_attachment.location": f"s3://{BUCKET}/shop"}), "theirs")
    key = other.write(b"of another server")
    shop = store_of(config, "shop")
    shop.write(b"ours")

    shop.drop()

    assert s3.names() == [f"shop/theirs/{key}"]


def test_a_copy_has_all_files_and_a_life_of_its_own(config: Config, s3: S3) -> None:
    shop, copy = store_of(config, "shop"), store_of(config, "copy")
    keys = [shop.write(b"hello"), shop.write(b"more")]

    shop.copy_to(copy)
    shop.drop()

    assert sorted(copy.keys()) == sorted(keys) and copy.read(keys[1]) == b"more"


@pytest.mark.parametrize("size", [5, LARGE])
def test_a_copy_over_damaged_files_heals_object_copy_and_what_waits(config: Config, size: int, s3: S3) -> None:
    shop, damaged = store_of(config, "shop"), store_of(config, "damaged")
    assert isinstance(damaged, ObjectStore) and isinstance(shop, ObjectStore)
    sent, waits = shop.write(b"s" * size), shop.write(b"w" * size)
    shop.fetch(waits)
    shop.bucket.remove([shop.object_name(waits)])  # it lies here, and the bucket does not have it yet
    for key in (sent, waits):
        damaged.take(key, io.BytesIO(b"x" * size))
    Filestore.take(damaged, sent, io.BytesIO(b"x" * size))
    damaged._note(OUTGOING, sent)

    shop.copy_to(damaged, over=True)

    for key in (sent, waits):
        assert (s3.folder / "damaged" / key).read_bytes() == damaged.read(key) == shop.read(key)
    assert damaged.waiting() == []


def test_r1_another_machine_finds_what_this_one_wrote(store: ObjectStore, config: Config, tmp_path: Path) -> None:
    key = store.write(b"hello")

    other = store_of(config.replace(data_dir=str(tmp_path / "other")), "shop")

    assert other.read(key) == b"hello" and list(other.keys()) == [key]


def test_a_prefix_keeps_servers_apart(config: Config, s3: S3) -> None:
    store = store_of(config.replace(**{"ir_attachment.location": f"s3://{BUCKET}/branch/one"}), "shop")

    key = store.write(b"hello")

    assert s3.names() == [f"branch/one/shop/{key}"] and list(store.keys()) == [key]


def test_copies_stay_within_their_limit(config: Config) -> None:
    store = store_of(config.replace(filestore_copies_size=10_000), "shop")
    keys = [store.write(bytes([number]) * 3000) for number in range(8)]

    assert isinstance(store, ObjectStore)
    copies = [path for path in store.copies.root.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in copies) <= 10_000
    assert [store.read(key)[0] for key in keys] == list(range(8))


def test_r1_a_child_process_makes_connections_of_its_own(store: ObjectStore, config: Config) -> None:
    key = store.write(b"hello")

    def has_its_own() -> bool:
        theirs = store_of(config, "shop")
        assert isinstance(theirs, ObjectStore)
        theirs.copies.drop("shop")
        return theirs.bucket is not store.bucket and theirs.read(key) == b"hello"

    assert is_so_in_child(has_its_own)


def test_r1_an_object_is_read_from_any_place_on(store: ObjectStore) -> None:
    content = os.urandom(3_000_000)
    key = store.write(content)

    with store.bucket.open(store.object_name(key), len(content)) as file:
        assert file.read(10) == content[:10]
        assert file.seek(2_500_000) == 2_500_000
        assert file.read(100) == content[2_500_000:2_500_100]
        assert file.read() == content[2_500_100:] and file.read(1) == b""
        file.seek(-5, os.SEEK_END)
        assert file.read(100) == content[-5:]


def test_r1_without_the_client_library_the_message_says_what_to_install(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "minio", None)
    monkeypatch.setattr(bucket, "_buckets", {})

    with pytest.raises(ConfigError, match=r"pip install 'fondaco\[s3\]'"):
        stores.check(config)


def test_r5_a_bucket_that_fails_again_rests_longer(store: ObjectStore, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(bucket, "time", SimpleNamespace(monotonic=lambda: now))
    s3.stop()
    rests = []
    for _attempt in range(10):
        with pytest.raises(StorageAway):
            store.bucket.size("name")
        rests.append(round(store.bucket._away_until - now, 1))
        now = store.bucket._away_until

    assert rests == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60.0]


# -- settings ---------------------------------------------------------------------------------------------------------
def written(tmp_path: Path, lines: str, **environ: str) -> Config:
    path = tmp_path / "odoo.conf"
    path.write_text(lines)
    return resolve({"config": str(path)}, {"HOME": str(tmp_path), **environ})


def test_r1_r2_the_lines_of_the_manual_are_understood(tmp_path: Path) -> None:
    config = written(
        tmp_path,
        "ir_attachment.location = 's3://your-bucket-name'\n"
        'ir_attachment.config = \'{"endpoint_url": "https://s3.your-hetzner-region.hetzner.com", "access_key_id": '
        '"your_access_key", "secret_access_key": "your_secret_key", "bucket_name": "your-bucket-name"}\'\n',
    )

    location = location_of(config)

    assert config.notices == () and location is not None
    assert (location.bucket, location.endpoint) == ("your-bucket-name", "https://s3.your-hetzner-region.hetzner.com")
    assert "your_secret_key" not in repr(config) + repr(location) + str(location)


def test_r2_the_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "s3.json"
    secret.write_text(json.dumps({"access_key_id": "A", "secret_access_key": SECRET_KEY}) + "\n")

    config = written(
        tmp_path, "", FONDACO_IR_ATTACHMENT_LOCATION="s3://shop", FONDACO_IR_ATTACHMENT_CONFIG_FILE=str(secret)
    )

    location = location_of(config)
    assert location is not None and location.secret_key == SECRET_KEY


KEYS = '"access_key_id": "A", "secret_access_key": "top-secret"'
WRONG = {
    "no JSON": ("s3://shop", '{"secret_access_key": top-secret}', "expected a JSON object"),
    "no object": ("s3://shop", '["top-secret"]', "expected a JSON object"),
    "another bucket": ("s3://shop", f'{{{KEYS}, "bucket_name": "x"}}', "bucket_name is 'x'"),
    "no keys": ("s3://shop", "{}", "access_key_id and secret_access_key missing"),
    "an unknown setting": ("s3://shop", '{"secret_acces_key": "top-secret"}', "unknown setting 'secret_acces_key'"),
    "no text": ("s3://shop", '{"access_key_id": 1, "secret_access_key": "top-secret"}', "access_key_id is no text"),
    "a path": ("s3://shop", f'{{{KEYS}, "endpoint_url": "https://x/y"}}', "endpoint_url"),
    "no bucket": ("s3://", "{}", "no name of a bucket"),
    "a way out": ("s3://shop/../x", "{}", "prefix"),
    "another place": ("ftp://shop", "{}", "expected file, db or s3://BUCKET"),
}


@pytest.mark.parametrize(("place", "settings", "said"), WRONG.values(), ids=WRONG)
def test_r2_settings_that_cannot_be_are_told_without_the_secret(
    tmp_path: Path, place: str, settings: str, said: str
) -> None:
    with pytest.raises(ConfigError) as error:
        location_of(written(tmp_path, f"ir_attachment.location = {place}\nir_attachment.config = {settings}\n"))

    assert said in str(error.value) and "top-secret" not in str(error.value)
