"""Row O1 and "nobody has" 13: one tenant at any moment, from a base and the log of changes, beside the living one."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from fondaco.backup import past, run, state, wal
from fondaco.backup.place import place_of
from fondaco.backup.repository import Backup, Repository
from fondaco.backup.verify import verify
from fondaco.errors import BackupError, ConfigError
from fondaco.modules.registries import Registries
from fondaco.sql.binaries import account_for
from fondaco.sql.connection import Pools
from fondaco.sql.embedded import SUPERUSER
from fondaco.sql.fragment import SQL
from fondaco.storage.stores import store_of
from tests.backup.conftest import configured, nothing
from tests.fix_cluster import Cluster

Attach = Callable[[str, str], str]
ARCHIVING = """
archive_mode = on
archive_command = 'test ! -f {folder}/%f && install -m 0640 %p {folder}/.%f.part && mv {folder}/.%f.part {folder}/%f'
"""


def test_the_moments_of_two_postgresqls_are_told_apart() -> None:
    """One span went over both, and over the time between them."""
    at = [datetime(2026, 5, day, tzinfo=UTC) for day in range(1, 10)]
    bases = [Backup(f"b{day}", f"epoch{day}", at[day]) for day in (0, 2, 5, 7)]  # the third is of another PostgreSQL
    logs = [Backup(f"l{epoch}-{day}", f"epoch{epoch}", at[day]) for epoch, day in ((0, 1), (0, 2), (2, 4), (5, 6))]

    assert past.spans(bases, logs) == [(at[0], at[4]), (at[5], at[6])]
    assert past.spans(bases[:1], logs) == [(at[0], at[2])]
    assert past.spans(bases, []) == []


@pytest.fixture(scope="module")
def archiving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL of the test's own that archives its log, as the manual has it set up."""
    directory = tmp_path_factory.mktemp("archiving")
    running = Cluster(directory)
    home = Path(Path(running.config["data_dir"], "postgresql", "home").read_text())
    folder, account = home / "archive", account_for()
    folder.mkdir(mode=0o770)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    with (home / "data" / "postgresql.conf").open("a") as file:
        file.write(ARCHIVING.format(folder=folder))
    running.stop()
    running.start()
    passfile = directory / "pgpass"
    passfile.touch(mode=0o600)
    secret = Path(running.config["data_dir"], "postgresql", "superuser-password").read_text()
    passfile.write_text(f"*:*:*:{SUPERUSER}:{secret}\n")
    connection = f"host={running.config['db_host']} port=5432 user={SUPERUSER} passfile={passfile}"
    running.config = running.config.replace(backup_wal_folder=str(folder), backup_wal_connection=connection)
    yield running
    with contextlib.suppress(OSError):
        running.embedded.stop()


@pytest.fixture(scope="module")
def registries(archiving: Cluster) -> Iterator[Registries]:
    pools = Pools(archiving.config)
    yield Registries(archiving.config, pools)
    pools.close()


@pytest.fixture(scope="module")
def repository(
    archiving: Cluster, light_repository: Callable[[Path], object], tmp_path_factory: pytest.TempPathFactory
) -> Repository:
    folder = tmp_path_factory.mktemp("log")
    light_repository(folder / "repository")
    return run.ready(place_of(configured(archiving.config, folder)))


def moment(registries: Registries) -> datetime:
    with registries.pools.cursor("postgres") as cr:
        return datetime.fromtimestamp(
            float(cr.fetch(SQL("SELECT extract(epoch FROM clock_timestamp())::text"))[0][0]), UTC
        )


def test_o1_one_tenant_at_a_moment_between_two_backups(
    registries: Registries, repository: Repository, archiving: Cluster, attach: Attach, tmp_path: Path, monkeypatch
) -> None:
    shop, archive = archiving.database, wal.archive_of(archiving.config)
    assert archive is not None
    wal.back_up(registries.pools, repository, archive, nothing)
    key = attach(shop, "before the harm")
    then = moment(registries)
    with registries.pools.cursor(shop) as cr:
        cr.execute("DELETE FROM ir_attachment WHERE name = 'before the harm'")
        cr.execute("DELETE FROM res_partner WHERE name = 'before the harm'")
        cr.commit()
    attach(shop, "after the harm")
    end = wal.bring_log(repository, archive, nothing)

    sources = past.choose(repository, then)
    assert sources is not None and sources[1].short == end.short
    done = past.restore_at(registries, repository, sources, shop, "shop_then", then, nothing)

    assert (done.database, done.lost) == ("shop_then", ())
    with registries.pools.cursor("shop_then") as cr:
        rows = cr.fetch(SQL("SELECT name FROM res_partner WHERE name LIKE %s", "% the harm"))
        quiet = cr.fetch(SQL("SELECT value FROM ir_config_parameter WHERE key = 'database.is_neutralized'"))
    assert rows == [("before the harm",)] and quiet == [("true",)]
    assert store_of(registries.config, "shop_then").read(key) == b"before the harm"

    # A moment after the last commit is the end of the log; one that no log reaches is none.
    past.restore_at(registries, repository, sources, shop, "shop_end", end.moment, nothing)
    with registries.pools.cursor("shop_end") as cr:
        assert cr.fetch(SQL("SELECT name FROM res_partner WHERE name LIKE %s", "% the harm")) == [("after the harm",)]
    assert past.choose(repository, moment(registries) + timedelta(hours=1)) is None
    assert past.choose(repository, then - timedelta(days=1)) is None
    assert state.read_folder(repository.place.folder).last(state.CLUSTER, state.LOG) is not None

    # A log with a gap does not reach the moment, and its end is not taken for it.
    attach(shop, "after the gap")
    wal.bring_log(repository, archive, nothing)
    gapped = tmp_path / "gapped"
    shutil.copytree(archive.folder, gapped)
    *_segments, lost, _newest = sorted(path for path in gapped.iterdir() if wal.SEGMENT.fullmatch(path.name))
    lost.unlink()
    late = moment(registries)
    added = repository.add(gapped, sources[0].subject, late, nothing, kind=wal.LOG)
    with pytest.raises(BackupError, match="PostgreSQL did not come to .* the log has a gap or is damaged after"):
        past.restore_at(
            registries,
            repository,
            (sources[0], Backup(added.id, sources[0].subject, late)),
            shop,
            "never",
            late,
            nothing,
        )
    repository.remove([Backup(added.id, sources[0].subject, late)])

    # What PostgreSQL archives does not come to where we look.
    monkeypatch.setattr(wal, "ARCHIVED_WITHIN_S", 0.2)
    with pytest.raises(BackupError, match="did not come to .*archive_mode is on"):
        wal.bring_log(repository, dataclasses.replace(archive, folder=tmp_path), nothing)


def test_o1_another_postgresql_in_the_place_of_a_lost_one_gets_a_base_of_its_own(
    registries: Registries, repository: Repository, archiving: Cluster, attach: Attach
) -> None:
    archive = wal.archive_of(archiving.config)
    assert archive is not None
    wal.back_up(registries.pools, repository, archive, nothing)
    wal.bring_log(repository, archive, nothing)
    before = repository.backups(kind=wal.BASE)
    # The base is of another one, as the state says, and so is a segment of a name to which our log is yet to come.
    segment = max(path for path in archive.folder.iterdir() if wal.SEGMENT.fullmatch(path.name))
    content = bytearray(segment.read_bytes())
    content[wal.SYSTEM_IN_SEGMENT] ^= 1
    foreign = segment.with_name(f"{int(segment.name, 16) + 1:024X}")
    foreign.write_bytes(content)
    left = foreign.stat().st_mtime
    noted = state.read_folder(repository.place.folder).last(state.CLUSTER, state.BASE)
    assert noted is not None
    values = {**noted, "system": str(int(noted["system"]) ^ 1)}
    state.note(repository.place.folder, state.CLUSTER, state.BASE, datetime.fromisoformat(values.pop("at")), **values)

    with pytest.raises(BackupError, match="is of another PostgreSQL.*`fondaco backup run` makes a new one"):
        wal.bring_log(repository, archive, nothing)
    wal.back_up(registries.pools, repository, archive, nothing)

    *_earlier, old, new = repository.backups(kind=wal.BASE)
    assert old == before[-1] and len(repository.backups(kind=wal.BASE)) == len(before) + 1
    assert repository.backups(old.subject, kind=wal.LOG)[-1].moment.timestamp() == pytest.approx(left, abs=0.001)
    attach(archiving.database, "after another came")
    log = wal.bring_log(repository, archive, nothing)
    assert log.subject == new.subject, "archive_command finds the name free"
    os.unlink(repository.place.folder / state.STATE)  # as on a new machine: the repository itself says whose base it is
    assert wal.bring_log(repository, archive, nothing).subject == new.subject


def test_o1_a_new_base_takes_over_and_old_epochs_go(
    registries: Registries, repository: Repository, archiving: Cluster, attach: Attach, tmp_path: Path
) -> None:
    archive = wal.archive_of(archiving.config)
    assert archive is not None
    wal.back_up(registries.pools, repository, archive, nothing)
    attach(archiving.database, "between the bases")
    always = dataclasses.replace(archive, base_every=timedelta(0))
    meanwhile: list[str] = []

    def write_as_it_is_copied(text: str, done: int, total: int) -> None:
        if text == "copying PostgreSQL":
            attach(archiving.database, "while the base was copied")
            with psycopg.connect(f"{archive.connection} dbname=postgres", autocommit=True) as connection:
                row = connection.execute("SELECT pg_walfile_name(pg_switch_wal() - 1)").fetchone()
                meanwhile.append(row[0])

    wal.back_up(registries.pools, repository, always, write_as_it_is_copied)

    *_others, first, second = repository.backups(kind=wal.BASE)
    *_logs, last = repository.backups(first.subject, kind=wal.LOG)
    # The log of the first goes on beyond the second, with what was written meanwhile.
    assert first.moment < second.moment < last.moment
    assert past.choose(repository, second.moment - timedelta(microseconds=1)) == (first, last)
    assert repository.fetch(last, tmp_path) == []
    assert (tmp_path / meanwhile[0]).is_file() and not (archive.folder / meanwhile[0]).exists()
    assert len(repository.backups(second.subject, kind=wal.LOG)) == 1
    assert wal.expired(repository, archive, datetime.now(UTC)) == []
    old = wal.expired(repository, archive, datetime.now(UTC) + archive.keep + timedelta(hours=1))
    epochs = {backup.subject for backup in old}
    assert first.subject in epochs and second.subject not in epochs
    repository.remove(old)
    assert repository.backups(kind=wal.BASE) == [second]
    assert repository.backups(first.subject, kind=wal.LOG) == []


def test_o1_sessions_that_wait_for_a_backup_outlive_the_timeout_of_idle_ones(
    repository: Repository, archiving: Cluster
) -> None:
    """The kit sets one of ten minutes for the whole server: here it is three seconds."""
    pools = Pools(archiving.config)
    with pools.autocommit("postgres") as cr:
        cr.execute("ALTER ROLE CURRENT_USER SET idle_in_transaction_session_timeout = '3s'")
    pools.close()
    registries = Registries(archiving.config, pools)

    def outlast_another(text: str, done: int, total: int) -> None:
        if done or not text.startswith(("files of", "counting")):
            return
        with contextlib.closing(pools.direct("postgres")) as witness, pools.autocommit("postgres") as cr:
            witness.execute("BEGIN")
            end = time.monotonic() + 60
            while cr.fetch(SQL("SELECT 1 FROM pg_stat_activity WHERE pid = %s", witness.info.backend_pid)):
                assert time.monotonic() < end
                time.sleep(0.1)

    try:
        (outcome,) = run.run(registries, repository, [archiving.database], outlast_another)
        assert outcome.backup is not None, outcome.failure
        assert verify(registries, repository, outcome.backup, outlast_another).problems == ()
    finally:
        with pools.autocommit("postgres") as cr:
            cr.execute("ALTER ROLE CURRENT_USER RESET idle_in_transaction_session_timeout")
        pools.close()


def test_o1_a_lost_connection_ends_one_backup_and_not_the_night(
    registries: Registries, repository: Repository, archiving: Cluster
) -> None:
    shop, harmed = archiving.database, False

    def hang_up_once(text: str, done: int, total: int) -> None:
        nonlocal harmed
        if text.startswith("counting") and not harmed:
            harmed = True
            with registries.pools.autocommit("postgres") as cr:
                cr.fetch(SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", shop))

    first, second = run.run(registries, repository, [shop, shop], hang_up_once)

    assert first.backup is None and "terminat" in first.failure and second.backup is not None
    failed = state.read_folder(repository.place.folder).last(shop, state.FAILED)
    assert failed is not None and failed["reason"] == first.failure


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backup_wal_folder": "/nowhere"}, "/nowhere is no directory"),
        ({"backup_wal_connection": ""}, "found nothing, expected host="),
        ({"backup_wal_connection": "host=a password=b"}, "found a password, expected"),
        ({"backup_base_days": 0}, "expected 1 or more"),
    ],
)
def test_settings_of_the_log_that_cannot_be_are_told(archiving: Cluster, options, said) -> None:
    with pytest.raises(ConfigError, match=said):
        wal.archive_of(archiving.config.replace(**options))
