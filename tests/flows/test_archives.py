"""A database leaves as a dump and comes back: whole, under the name it was given, or not at all."""

from __future__ import annotations

import io
import json
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from fondaco.bus.feed import Feed
from fondaco.errors import DatabaseError, DatabaseExists, DatabaseNotFound, StorageAway
from fondaco.modules import databases, dumps, former, passing, restore
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.registry.transact import transact
from fondaco.sql import databases as rows
from fondaco.sql import programs
from fondaco.sql.connection import Pools
from fondaco.storage.filestore import Filestore
from fondaco.storage.stores import store_of

CONTENT = b"what was attached " * 1000


@pytest.fixture(scope="module")
def original(database: str, registries: Registries) -> str:
    """A database with a record, a file, and words that trouble careless writers of dumps."""

    def fill(env: Environment) -> None:
        env["res.partner"].create({"name": "Tab\there, \\. and \\restrict"})
        env["ir.attachment"].create({"name": "note.bin", "raw": CONTENT})
        env["ir.config_parameter"].set_param("webhook.secret", "whsec_" + "AAAA" * 8)

    transact(registries.get(database), fill, uid=1, context={})
    return database


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


@pytest.fixture(scope="module")
def archive(original: str, registries: Registries) -> bytes:
    stream = io.BytesIO()
    dumps.write(registries, original, stream)
    return stream.getvalue()


def value_of(registries: Registries, name: str, key: str) -> object:
    with registries.pools.cursor(name) as cr:
        cr.execute("SELECT value FROM ir_config_parameter WHERE key = %s", (key,))
        row = cr.fetchone()
    return row[0] if row else None


def hidden(registries: Registries) -> list[str]:
    """Drafts that nobody works on: another process of the run may be in the middle of a restore."""
    return list(passing.leftovers(registries.pools))


def altered(archive: bytes, **members: bytes | None) -> io.BytesIO:
    """The archive with other contents for these members; None takes one away. `_` stands for `.` in their names."""
    stream = io.BytesIO()
    changes = {name.replace("__", "/").replace("_", "."): content for name, content in members.items()}
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(stream, "w") as target:
        for member in source.infolist():
            content = changes.pop(member.filename, source.read(member))
            if content is not None:
                target.writestr(member.filename, content)
        for name, content in changes.items():
            target.writestr(name, content or b"")
    return stream


def test_an_archive_is_what_odoo_reads(archive: bytes, original: str) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        manifest = json.loads(opened.read("manifest.json"))
        sql = opened.read("dump.sql").decode()
        files = [name for name in opened.namelist() if name.startswith("filestore/") and "checklist" not in name]

    assert manifest["odoo_dump"] == "1"
    assert (manifest["db_name"], manifest["major_version"]) == (original, "18.0")
    assert manifest["modules"]["base"].startswith("18.0.")
    assert "OWNER TO" not in sql
    assert all(len(name.rpartition("/")[2]) == 40 for name in files)
    assert files


@pytest.mark.parametrize("kind", dumps.FORMATS)
def test_records_and_files_come_back(
    kind: str, original: str, registries: Registries, made: Callable[[str], str]
) -> None:
    name, stream = made(f"back_{kind}"), io.BytesIO()
    dumps.write(registries, original, stream, kind)

    restore.restore(registries, name, stream)

    def look(env: Environment) -> tuple[str, bytes | None]:
        partner = env["res.partner"].search([("name", "like", "restrict")])
        note = env["ir.attachment"].search([("name", "=", "note.bin")])
        return partner.name, note.raw if kind == dumps.ZIP else None

    found, raw = transact(registries.get(name), look, uid=1, context={})
    assert found == "Tab\there, \\. and \\restrict"
    assert raw == (CONTENT if kind == dumps.ZIP else None)
    assert value_of(registries, name, "database.uuid") == value_of(registries, original, "database.uuid")
    assert hidden(registries) == []


def test_a_copy_is_somebody_else_and_a_neutralized_one_keeps_quiet(
    archive: bytes, original: str, registries: Registries, made: Callable[[str], str]
) -> None:
    name = made("copy")

    restore.restore(registries, name, io.BytesIO(archive), copy=True, neutralized=True)

    for key in ("database.uuid", "database.secret"):
        assert value_of(registries, name, key) != value_of(registries, original, key)
    assert value_of(registries, name, "database.is_neutralized") == "true"
    assert value_of(registries, original, "webhook.secret")
    assert not value_of(registries, name, "webhook.secret"), "a copy does not sign as the original"
    with registries.pools.cursor(name) as cr:
        cr.execute(
            "SELECT count(*) FROM ir_cron WHERE active AND id NOT IN"
            " (SELECT res_id FROM ir_model_data WHERE name = 'autovacuum_job')"
        )
        assert cr.fetchone() == (0,)


def test_news_of_an_older_dump_in_its_place_are_newer_than_what_listeners_remember(
    archive: bytes, registries: Registries, made: Callable[[str], str]
) -> None:
    name = made("busy")
    restore.restore(registries, name, io.BytesIO(archive))
    feed = Feed(name)

    def read() -> list[str]:
        with registries.pools.autocommit(name) as cr:
            found: list[str] = []
            is_waiting = True
            while is_waiting:
                rows, is_waiting = feed.read(cr, time.monotonic())
                found += [row.message for row in rows]
        return found

    def send(count: int) -> None:
        for number in range(count):
            transact(registries.get(name), lambda env: env["bus.bus"]._sendone("c", "t", number), uid=1)  # noqa: B023

    send(5)
    read()
    restore.restore(registries, name, io.BytesIO(archive), replace=True)
    send(2)

    assert len(read()) == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"dump_sql": b"CREATE TABLE half (i int);\nfrobnicate;\n"}, "syntax error"),
        ({"dump_sql": b"SELECT 1;\n"}, "module base is not installed"),
        ({"dump_sql": None}, "has no dump.sql"),
        ({"manifest_json": b'{"major_version": "16.0"}'}, "made by version 16.0"),
    ],
)
def test_what_cannot_be_restored_leaves_nothing(
    change: dict[str, bytes | None], sentence: str, archive: bytes, registries: Registries, made: Callable[[str], str]
) -> None:
    name = made("broken")

    with pytest.raises(DatabaseError, match=sentence):
        restore.restore(registries, name, altered(archive, **change))

    assert not rows.exists(registries.pools, name)
    assert hidden(registries) == []
    assert not Filestore.of_database(registries.config["data_dir"], name).root.exists()


def test_a_damaged_archive_is_told(archive: bytes, registries: Registries, made: Callable[[str], str]) -> None:
    for content in (b"garbage", archive[: len(archive) // 2]):
        with pytest.raises(DatabaseError, match="no dump|damaged"):
            restore.restore(registries, made("damaged"), io.BytesIO(content))


def test_a_dump_runs_no_program_and_writes_no_other_file(
    archive: bytes, registries: Registries, made: Callable[[str], str], tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        sql = opened.read("dump.sql")
    mark = tmp_path / "mark"
    hostile = altered(archive, dump_sql=f"\\! touch {mark}\n".encode() + sql, filestore__outside=b"x")
    with zipfile.ZipFile(hostile, "a") as target:
        target.writestr("filestore/../../escaped", b"x")
    name = made("hostile")

    restore.restore(registries, name, hostile)

    data_dir = Path(registries.config["data_dir"])
    assert not mark.exists()
    assert not list(data_dir.rglob("escaped"))


def test_names_are_looked_at_first(archive: bytes, original: str, registries: Registries) -> None:
    with pytest.raises(DatabaseExists):
        restore.restore(registries, original, io.BytesIO(archive))
    with pytest.raises(DatabaseError, match="expected up to"):
        restore.restore(registries, "a b", io.BytesIO(archive))
    with pytest.raises(DatabaseNotFound, match="is not known"):
        dumps.write(registries, "no_such_database", io.BytesIO())


def test_a_database_is_replaced_and_what_killed_restores_left_is_cleared(
    registries: Registries, archive: bytes, original: str, made: Callable[[str], str]
) -> None:
    name = made("after")
    kept = former.kept_name(name)
    for old in (f"{passing.DRAFT}dead", name, kept):
        rows.create(registries.pools, old, extensions=())
    files = store_of(registries.config, name)
    key = files.write(b"of the one that was replaced")

    restore.restore(registries, name, io.BytesIO(archive), replace=True)

    assert hidden(registries) == []
    assert not rows.exists(registries.pools, kept)
    assert value_of(registries, name, "database.uuid") == value_of(registries, original, "database.uuid")
    assert set(store_of(registries.config, original).keys()) | {key} == set(files.keys())
    assert key in files.marked()  # no row names it: it goes with the sweep


def test_a_copy_and_a_renamed_database_take_the_place_of_another_when_they_are_ready(
    registries: Registries, original: str, made: Callable[[str], str]
) -> None:
    """What was there went first, also where nothing came in its place."""
    pools, empty, name, other = registries.pools, made("empty"), made("place"), made("other")
    for old in (f"{passing.DRAFT}killed", empty, name, former.kept_name(name), other):
        rows.create(pools, old, extensions=())
    files = store_of(registries.config, name)
    key = files.write(b"of the one that was there")

    with pytest.raises(psycopg.errors.UndefinedTable):
        databases.duplicate(registries, empty, name, replace=True)
    assert rows.exists(pools, name)
    assert files.exists(key)
    assert hidden(registries) == []

    databases.duplicate(registries, original, name, replace=True)
    identity = value_of(registries, name, "database.uuid")
    assert identity not in (None, value_of(registries, original, "database.uuid"))
    assert not rows.exists(pools, former.kept_name(name))
    assert key in files.marked()  # no row names it: it goes with the sweep

    rows.create(pools, former.kept_name(name), extensions=())
    databases.rename(registries, name, other, replace=True)
    assert not rows.exists(pools, name)
    assert value_of(registries, other, "database.uuid") == identity
    assert set(store_of(registries.config, original).keys()) < set(store_of(registries.config, other).keys())
    assert rows.exists(pools, former.kept_name(other))  # it stays the way back
    assert hidden(registries) == []


def test_a_restore_that_fails_at_the_end_leaves_the_database_that_it_was_to_replace(
    registries: Registries, made: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(pools: Pools, draft: str, store: Filestore, *_more: object) -> None:
        rows.create(pools, draft, extensions=())
        store.write(b"of the new one")

    def away(*_arguments: object, **_more: object) -> None:
        raise StorageAway("the object store is away")

    name = made("stays")
    rows.create(registries.pools, name, extensions=())
    key = store_of(registries.config, name).write(b"of the old one")
    monkeypatch.setattr(restore, "_fill", fill)
    monkeypatch.setattr(restore, "_check", lambda _cr: None)
    monkeypatch.setattr(Filestore, "copy_to", away)

    with pytest.raises(StorageAway):
        restore.restore(registries, name, io.BytesIO(), replace=True)

    assert rows.exists(registries.pools, name)
    assert store_of(registries.config, name).exists(key)
    assert hidden(registries) == []


def test_damaged_files_are_healed_and_a_store_that_is_away_after_the_swap_is_told(
    registries: Registries,
    original: str,
    archive: bytes,
    made: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What lay there under a key stayed, whatever it held."""
    name = made("healed")
    rows.create(registries.pools, name, extensions=())
    files, sound = store_of(registries.config, name), store_of(registries.config, original)
    key = sound.write(CONTENT)
    files.take(key, io.BytesIO(b"encrypted by somebody"))
    copy = Filestore.copy_to

    def copied(store: Filestore, target: Filestore, *, over: bool = False) -> None:
        if not over:
            raise StorageAway("the object store is away")
        copy(store, target, over=over)

    monkeypatch.setattr(Filestore, "copy_to", copied)

    restore.restore(registries, name, io.BytesIO(archive), replace=True)

    assert files.read(key) == CONTENT
    assert sorted(files.keys()) == sorted(sound.keys())
    assert "could not be looked at: the object store is away" in caplog.text
    assert list(files.root.glob(".incoming-*")) == []


def test_the_password_is_on_no_command_line(registries: Registries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries.pools.passwords, "current", "s3cret")
    seen: list[list[str]] = []
    popen = subprocess.Popen

    def spy(command: list[str], **more: object) -> object:
        seen.append(command)
        assert more["env"]["PGPASSWORD"] == "s3cret"
        return popen(["false"], **more)

    programs.suiting(registries.pools)
    monkeypatch.setattr(subprocess, "Popen", spy)
    with pytest.raises(DatabaseError, match="pg_dump"), dumps.rows_of(registries, "postgres") as stream:
        stream.read()
    assert not any("s3cret" in word for command in seen for word in command)


def test_the_command_line(fondaco, original: str, made: Callable[[str], str], tmp_path: Path) -> None:
    target, name = tmp_path / "it.zip", made("cli")

    told = json.loads(fondaco.run("db", "dump", original, str(target), "--json", check=True).stdout)
    assert told == {"database": original, "file": str(target), "bytes": target.stat().st_size}
    assert target.stat().st_mode & 0o777 == 0o600
    again = fondaco.run("db", "restore", name, str(target), "--copy", "--json", check=True)
    assert json.loads(again.stdout) == {"database": name}

    assert fondaco.run("db", "restore", name, str(target)).returncode == 5
    assert fondaco.run("db", "dump", "no_such_database", str(tmp_path / "no.zip")).returncode == 3
    fondaco.run("db", "restore", name, str(target), "--force", check=True)
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b"garbage")
    refused = fondaco.run("db", "restore", name, str(garbage), "--force")
    assert refused.returncode == 1
    assert "no dump" in refused.stderr
    assert name in fondaco.run("db", "list").stdout.split()  # what was to be replaced is still there
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["garbage", "it.zip"]
