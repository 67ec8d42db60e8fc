"""Attachments over HTTP in a bucket (rows R1 to R6, M16): what goes up comes down, whatever the weather."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from fondaco.config import Config
from fondaco.modules import databases, dumps, restore
from fondaco.modules.registries import Registries
from tests import fix_database
from tests.fix_s3 import S3, SECRET_KEY, serving_s3
from tests.fix_server import Server, serving

LARGE = 9 * 1024 * 1024


class Browser:
    """A user with a session."""

    def __init__(self, server: Server) -> None:
        self.server, self.session = server, requests.Session()
        done = self.rpc(
            "/web/session/authenticate",
            {"db": server.database, "login": server.login, "password": server.password},
        )
        assert done["uid"]

    def rpc(self, path: str, params: dict[str, Any]) -> Any:
        answer = self.session.post(self.server.url + path, json={"params": params}, timeout=60)
        assert answer.status_code == 200 and "result" in answer.json(), answer.text
        return answer.json()["result"]

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.rpc("/web/dataset/call_kw", params)

    def upload(self, name: str, content: bytes) -> int:
        page = self.session.get(f"{self.server.url}/web", timeout=60).text
        token = page.partition('csrf_token: "')[2].partition('"')[0]
        answer = self.session.post(
            f"{self.server.url}/web/binary/upload_attachment",
            data={"model": "res.partner", "id": "1", "csrf_token": token},
            files={"ufile": (name, content)},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        (file,) = answer.json()
        assert file["size"] == len(content), file
        return int(file["id"])

    def download(self, number: int, **headers: str) -> requests.Response:
        return self.session.get(f"{self.server.url}/web/content/{number}", headers=headers, timeout=60)


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with serving_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture(scope="module")
def server(
    config: Config, registries: Registries, s3: S3, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Two worker processes whose files go to the bucket."""
    name = fix_database.create(registries, ())
    with serving(
        config.replace(workers=2, proxy_mode=True, x_sendfile=True, **s3.settings),
        name,
        tmp_path_factory.mktemp("server"),
    ) as running:
        yield running
    databases.drop(registries, name)


@pytest.fixture(scope="module")
def browser(server: Server) -> Browser:
    return Browser(server)


@pytest.fixture(autouse=True)
def _the_store_is_there(s3: S3) -> None:
    """Whatever the test before left."""
    if s3.process is None:
        s3.start()


def eventually(is_so: Callable[[], bool]) -> None:
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.05)
    pytest.fail("it never came true")


@pytest.mark.parametrize("size", [5, LARGE], ids=["small", "in parts"])
def test_m16_r1_r3_an_upload_lands_in_the_bucket_and_comes_back_identical(browser: Browser, s3: S3, size: int) -> None:
    content = os.urandom(size)

    number = browser.upload("data.bin", content)

    (row,) = browser.call("ir.attachment", "read", [number], ["store_fname", "checksum", "file_size"])
    digest = hashlib.sha1(content).hexdigest()
    assert row == {"id": number, "store_fname": f"{digest[:2]}/{digest}", "checksum": digest, "file_size": size}
    assert f"{browser.server.database}/{row['store_fname']}" in s3.names()
    assert hashlib.sha256(browser.download(number).content).digest() == hashlib.sha256(content).digest()


def test_m16_ranges_and_validators_are_those_of_a_file(browser: Browser) -> None:
    content = os.urandom(10_000)
    number = browser.upload("data.bin", content)

    whole = browser.download(number)
    part = browser.download(number, Range="bytes=100-199")
    unchanged = browser.download(number, **{"If-None-Match": whole.headers["ETag"]})
    beyond = browser.download(number, Range="bytes=20000-")

    assert (part.status_code, part.content) == (206, content[100:200])
    assert part.headers["Content-Range"] == "bytes 100-199/10000"
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert beyond.status_code == 416


def test_a_large_object_is_sent_from_where_it_lies(browser: Browser, s3: S3, config: Config) -> None:
    content = os.urandom(33 * 1024 * 1024)
    number = browser.upload("film.bin", content)
    digest = hashlib.sha1(content).hexdigest()
    copy = Path(config["data_dir"], "filestore", ".copies", browser.server.database, digest[:2], digest)
    copy.unlink()

    whole = browser.download(number)
    part = browser.download(number, Range="bytes=30000000-30000099")
    tail = browser.download(number, Range="bytes=-10")
    unchanged = browser.download(number, **{"If-None-Match": whole.headers["ETag"]})

    assert whole.content == content and whole.headers["Content-Length"] == str(len(content))
    assert (part.status_code, part.content) == (206, content[30_000_000:30_000_100])
    assert (tail.content, unchanged.status_code) == (content[-10:], 304)
    assert not copy.exists()


def test_a_large_upload_and_its_download_are_not_held_in_memory(browser: Browser) -> None:
    content = os.urandom(110 * 1024 * 1024)
    before = peak_memory(browser.server)

    number = browser.upload("large.bin", content)
    assert browser.download(number).content == content

    assert peak_memory(browser.server) - before < len(content) // 2


def peak_memory(server: Server) -> int:
    """Resident bytes that the largest process of a server ever had."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    peaks = [0]
    for pid in children:
        with contextlib.suppress(OSError, IndexError):  # a worker that has just been replaced has no memory any more
            peaks.append(int(Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024)
    return max(peaks)


def test_x18_a_proxy_that_says_so_sends_the_copy_of_an_object(browser: Browser) -> None:
    content = os.urandom(5000)
    number = browser.upload("sent.bin", content)
    digest = hashlib.sha1(content).hexdigest()

    announced = browser.download(number, **{"X-Sendfile-Type": "X-Accel-Redirect"})
    silent = browser.download(number)

    place = f"/web/filestore/.copies/{browser.server.database}/{digest[:2]}/{digest}"
    assert (announced.headers["X-Accel-Redirect"], announced.content) == (place, b"")
    assert "X-Accel-Redirect" not in silent.headers and silent.content == content


def test_r4_r5_the_bucket_away_in_mid_upload_business_goes_on(browser: Browser, s3: S3, config: Config) -> None:
    before, kept = os.urandom(4000), os.urandom(LARGE)
    known = browser.upload("before.bin", before)
    browser.download(known)
    s3.stop()

    number = browser.upload("during.bin", kept)

    root = Path(config["data_dir"], "filestore", browser.server.database)
    digest = hashlib.sha1(kept).hexdigest()
    name = f"{digest[:2]}/{digest}"
    assert browser.download(number).content == kept and browser.download(known).content == before
    assert (root / name).is_file() and (root / "outgoing" / name).is_file()
    log = browser.server.logfile.read_text()
    assert "S3Storage: Connection failed" in log and SECRET_KEY not in log

    s3.start()
    eventually(lambda: f"{browser.server.database}/{name}" in s3.names())
    eventually(lambda: not (root / name).exists() and not (root / "outgoing" / name).exists())
    assert browser.download(number).content == kept


def test_r5_a_file_that_cannot_be_fetched_now_is_not_an_empty_one(browser: Browser, s3: S3, config: Config) -> None:
    content = os.urandom(4000)
    number = browser.upload("far.bin", content)
    digest = hashlib.sha1(content).hexdigest()
    copies = Path(config["data_dir"], "filestore", ".copies", browser.server.database)
    (copies / digest[:2] / digest).unlink()
    s3.stop()

    away = browser.download(number)

    s3.start()
    assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
    eventually(lambda: browser.download(number).content == content)


def test_r6_files_stay_out_of_postgresql(browser: Browser, registries: Registries) -> None:
    def size() -> int:
        with registries.pools.autocommit(browser.server.database) as cr:
            cr.execute("SELECT pg_database_size(current_database())")
            return int(cr.fetchone()[0])

    before = size()
    for number in range(3):
        browser.upload(f"{number}.bin", os.urandom(LARGE))

    assert size() - before < LARGE // 4


def test_r1_files_of_a_database_are_in_its_dump_and_its_copy_and_go_with_it(
    browser: Browser, s3: S3, registries: Registries, config: Config, tmp_path: Path
) -> None:
    content = os.urandom(4000)
    browser.upload("kept.bin", content)
    digest = hashlib.sha1(content).hexdigest()
    original, key = browser.server.database, f"{digest[:2]}/{digest}"
    copy, again = f"{original}_copy", f"{original}_again"
    in_bucket = Registries(config.replace(**s3.settings), registries.pools)

    databases.duplicate(in_bucket, original, copy)
    with (tmp_path / "dump.zip").open("w+b") as file:
        dumps.write(in_bucket, copy, file)
        restore.restore(in_bucket, again, file)
    assert {f"{copy}/{key}", f"{again}/{key}"} <= set(s3.names())

    for name in (copy, again):
        databases.drop(in_bucket, name)
    assert [name for name in s3.names() if not name.startswith(f"{original}/")] == []
    assert f"{original}/{key}" in s3.names()
