"""Large dumps over HTTP: memory does not grow with them, up or down; archives made to explode are refused."""

from __future__ import annotations

import http.client
import io
import os
import secrets
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fondaco.errors import DatabaseError
from fondaco.modules import databases, dumps, restore
from fondaco.modules.registries import Registries
from fondaco.sql import databases as rows
from tests import fix_database
from tests.fix_server import Server, serving

MASTER = "a-master-password"
BOUNDARY = "the-boundary-of-the-form"
MIB = 2**20
SMALL, LARGE = 16 * MIB, 144 * MIB
WANTED = 2048 * MIB  # what must go through
ALLOWED = 200 * MIB  # memory of the server while it does


@pytest.fixture(scope="module")
def original(registries: Registries) -> Iterator[str]:
    name = fix_database.create(registries, ())
    yield name
    databases.drop(registries, name)


@pytest.fixture(scope="module")
def server(config, original: str, tmp_path_factory) -> Iterator[Server]:
    settings = config.replace(admin_passwd=MASTER, list_db=True, gevent_port=0)
    with serving(settings, original, tmp_path_factory.mktemp("dumps")) as running:
        yield running


@pytest.fixture
def made(registries: Registries, original: str) -> Iterator[Callable[[str], str]]:
    """made("x"): a name for a database that is dropped after the test."""
    names: list[str] = []

    def made(suffix: str) -> str:
        names.append(f"{original}_{suffix}")
        return names[-1]

    yield made
    for name in names:
        if rows.exists(registries.pools, name):
            databases.drop(registries, name)


def archive_of(registries: Registries, original: str, path: Path, size: int) -> Path:
    """A dump with files of so many bytes, which do not shrink."""
    with path.open("wb") as file:
        dumps.write(registries, original, file)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        for number in range(size // (16 * MIB)):
            key = f"{number:040x}"
            archive.writestr(f"{dumps.FILES}/{key[:2]}/{key}", secrets.token_bytes(16 * MIB))
    return path


def post(server: Server, path: str, fields: dict[str, str], upload: Path | None = None) -> http.client.HTTPResponse:
    """Send a form, a file being read as it is sent."""
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    tail = f"--{BOUNDARY}--\r\n" if upload is None else f"\r\n--{BOUNDARY}--\r\n"
    if upload is not None:
        head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="backup_file"; filename="a.zip"\r\n\r\n'
    length = len(head) + len(tail) + (upload.stat().st_size if upload is not None else 0)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    connection.putrequest("POST", path)
    connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    connection.putheader("Content-Length", str(length))
    connection.putheader("Connection", "close")
    connection.endheaders(head.encode())
    if upload is not None:
        with upload.open("rb") as file:
            while block := file.read(MIB):
                connection.send(block)
    connection.send(tail.encode())
    return connection.getresponse()


def peak_of(server: Server, work: Callable[[], None]) -> int:
    """The most resident memory of the server while `work` goes on, in bytes."""
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")
    work()
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def test_d4_two_gigabytes_go_up_and_down_in_less_than_200_mb_of_memory(server, original, registries, made, tmp_path):
    peaks: dict[str, list[int]] = {"up": [], "down": []}

    for size in (SMALL, LARGE):
        path = archive_of(registries, original, tmp_path / f"{size}.zip", size)
        name = made(str(size))

        def restoring(path: Path = path, name: str = name) -> None:
            fields = {"master_pwd": MASTER, "name": name, "copy": "true"}
            with post(server, "/web/database/restore", fields, path) as answer:
                assert answer.status == 303, answer.read().decode()

        def backing_up(name: str = name, size: int = size) -> None:
            fields = {"master_pwd": MASTER, "name": name, "backup_format": "zip"}
            with post(server, "/web/database/backup", fields) as answer:
                assert answer.status == 200
                received = 0
                while block := answer.read(MIB):
                    received += len(block)
                assert received > size, received

        peaks["up"].append(peak_of(server, restoring))
        assert rows.exists(registries.pools, name)
        peaks["down"].append(peak_of(server, backing_up))
        path.unlink()

    for small, large in peaks.values():
        growth = max(0, large - small) / (LARGE - SMALL)
        assert small + growth * (WANTED - SMALL) < ALLOWED, peaks


def test_d1_a_plain_dump_goes_out_and_comes_back(server, original, registries, made, tmp_path):
    name, path = made("plain"), tmp_path / "it.dump"

    fields = {"master_pwd": MASTER, "name": original, "backup_format": "dump"}
    with post(server, "/web/database/backup", fields) as answer:
        path.write_bytes(answer.read())
    assert path.read_bytes().startswith(b"PGDMP")
    fields = {"master_pwd": MASTER, "name": name, "copy": "true"}
    with post(server, "/web/database/restore", fields, path) as answer:
        assert answer.status == 303

    assert registries.get(name)["res.partner"]


@pytest.mark.parametrize(
    ("member", "size"),
    [
        pytest.param(dumps.ROWS, 96 * MIB, id="rows"),
        pytest.param(f"{dumps.FILES}/aa/{'a' * 40}", 96 * MIB, id="a file"),
    ],
)
def test_an_archive_made_to_explode_is_refused_before_it_is_unpacked(registries, made, config, member, size):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        if member != dumps.ROWS:
            archive.writestr(dumps.ROWS, b"SELECT 1;")
        with archive.open(member, "w", force_zip64=True) as file:
            for _ in range(size // MIB):
                file.write(bytes(MIB))
    before = set(os.listdir(Path(config["data_dir"], "filestore")))

    with pytest.raises(DatabaseError, match="unpacks to"):
        restore.restore(registries, made("bomb"), bomb)

    assert set(os.listdir(Path(config["data_dir"], "filestore"))) == before
