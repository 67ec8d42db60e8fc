"""Row O1 and "nobody has" 13: one tenant at any moment, from a base and the log of changes, beside the living one."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fondaco.backup import past, run, state, wal
from fondaco.backup.place import place_of
from fondaco.backup.repository import Repository
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
def repository(archiving: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return run.ready(place_of(configured(archiving.config, tmp_path_factory.mktemp("log"))))


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

    # What PostgreSQL archives does not come to where we look.
    monkeypatch.setattr(wal, "ARCHIVED_WITHIN_S", 0.2)
    with pytest.raises(BackupError, match="did not come to .*archive_mode is on"):
        wal.bring_log(repository, dataclasses.replace(archive, folder=tmp_path), nothing)


def test_o1_a_new_base_takes_over_and_old_epochs_go(
    registries: Registries, repository: Repository, archiving: Cluster, attach: Attach
) -> None:
    archive = wal.archive_of(archiving.config)
    assert archive is not None
    wal.back_up(registries.pools, repository, archive, nothing)
    attach(archiving.database, "between the bases")
    always = dataclasses.replace(archive, base_every=timedelta(0))

    wal.back_up(registries.pools, repository, always, nothing)

    *_others, first, second = repository.backups(kind=wal.BASE)
    *_logs, last = repository.backups(first.subject, kind=wal.LOG)
    assert first.moment < last.moment < second.moment  # the log of the first goes on until the second
    assert len(repository.backups(second.subject, kind=wal.LOG)) == 1
    assert wal.expired(repository, archive, datetime.now(UTC)) == []
    old = wal.expired(repository, archive, datetime.now(UTC) + archive.keep + timedelta(hours=1))
    epochs = {backup.subject for backup in old}
    assert first.subject in epochs and second.subject not in epochs
    repository.remove(old)
    assert repository.backups(kind=wal.BASE) == [second]
    assert repository.backups(first.subject, kind=wal.LOG) == []


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
