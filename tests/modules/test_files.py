"""Which files of a database may go: never one that a transaction in progress is about to name."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from fondaco.addon import fields
from fondaco.modules import files
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.sql.fragment import SQL
from fondaco.storage.filestore import Filestore
from fondaco.storage.stores import store_of
from tests.fix_addons import AddonsFolder
from tests.fix_s3 import S3

PATIENCE_S = 60
WAITERS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ir_attachment'::regclass"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> AddonsFolder:
    return AddonsFolder(tmp_path_factory.mktemp("addons"))


@pytest.fixture
def store(registries: Registries, db: str) -> Filestore:
    return store_of(registries.config, db)


@pytest.fixture
def work(registries: Registries, db: str) -> Iterator[Environment]:
    """A transaction in progress; rolled back unless it commits."""
    with closing(registries.get(db).cursor()) as cr:
        yield Environment(cr, 1, {})


def age(store: Filestore, key: str) -> None:
    """Let the mark of a file be two hours old."""
    then = time.time() - 7200
    os.utime(store.root / "checklist" / key, (then, then))


def test_a_file_of_a_transaction_in_progress_is_not_swept(
    registries: Registries, db: str, store: Filestore, work: Environment
) -> None:
    file = work["ir.attachment"].create({"name": "f", "raw": b"about to be named"})
    work.flush_all()
    key = file.store_fname
    age(store, key)
    sweep = threading.Thread(target=files.sweep, args=(registries.pools, db, store))

    sweep.start()
    with registries.pools.autocommit(db) as cr:
        while sweep.is_alive() and not cr.fetch(SQL(WAITERS))[0][0]:
            time.sleep(0.01)
    assert sweep.is_alive()  # it waits
    work.cr.commit()
    sweep.join(30)

    assert store.read(key) == b"about to be named" and key not in store.marked()


def test_a_sweep_does_not_wait_long_for_a_transaction(
    registries: Registries, db: str, store: Filestore, work: Environment
) -> None:
    key = work["ir.attachment"].create({"name": "f", "raw": b"of a long transaction"}).store_fname
    age(store, key)

    files.sweep(registries.pools, db, store)

    assert store.exists(key) and key in store.marked()


def test_a_transaction_that_fails_leaves_no_file_for_ever(
    registries: Registries, db: str, store: Filestore, work: Environment
) -> None:
    key = work["ir.attachment"].create({"name": "f", "raw": b"rolled back"}).store_fname
    work.cr.rollback()
    age(store, key)

    files.sweep(registries.pools, db, store)

    assert not store.exists(key) and key not in store.marked()


def test_equal_contents_are_one_file_until_the_last_row_goes(
    registries: Registries, db: str, store: Filestore, work: Environment
) -> None:
    one, other = work["ir.attachment"].create([{"name": name, "raw": b"twice"} for name in "ab"])
    key = one.store_fname
    assert other.store_fname == key

    one.unlink()
    work.cr.commit()
    age(store, key)
    files.sweep(registries.pools, db, store)
    assert store.exists(key)

    other.unlink()
    work.cr.commit()
    age(store, key)
    files.sweep(registries.pools, db, store)
    assert not store.exists(key)


def test_a_file_without_a_mark_is_found_by_the_weekly_look(registries: Registries, db: str, store: Filestore) -> None:
    key = store.write(b"of a machine that was lost")
    (store.root / "checklist" / key).unlink()

    files.list_unnamed(registries.pools, db, store)

    assert key in store.marked()
    age(store, key)
    files.sweep(registries.pools, db, store)
    assert not store.exists(key)


def test_the_daily_clean_up_sweeps(registries: Registries, db: str, store: Filestore, work: Environment) -> None:
    key = store.write(b"named by nobody")
    age(store, key)

    work["ir.attachment"]._gc_file_store()

    assert not store.exists(key)


def test_a_clean_up_that_the_object_store_cut_short_is_tried_again_within_the_hour(
    registries: Registries, db: str, s3: S3, tmp_path: Path
) -> None:
    elsewhere = Registries(registries.config.replace(data_dir=str(tmp_path), **s3.settings), registries.pools)
    listed = SQL("SELECT value FROM ir_config_parameter WHERE key = 'ir_attachment.listed_on'")
    with closing(elsewhere.get(db).cursor()) as cr:
        env = Environment(cr, 1, {})
        job = env.ref("base.autovacuum_job")
        env["ir.config_parameter"].set_param("ir_attachment.listed_on", "2020-01-01")

        s3.stop()
        env["ir.attachment"]._gc_file_store()
        env.flush_all()
        asked = env["ir.cron.trigger"].search([("cron_id", "=", job.id)]).mapped("call_at")
        assert asked and max(asked) <= fields.Datetime.now() + timedelta(hours=1)
        assert cr.fetch(listed) == [("2020-01-01",)]

        s3.start()
        end = time.monotonic() + PATIENCE_S
        while env["ir.attachment"]._store().bucket.is_resting and time.monotonic() < end:
            time.sleep(0.1)
        env["ir.attachment"]._gc_file_store()
        assert cr.fetch(listed) == [(str(fields.Date.today()),)]


def test_a_survey_tells_missing_damaged_and_unneeded_files(
    registries: Registries, db: str, store: Filestore, work: Environment
) -> None:
    contents = (b"will be missing", b"will be cut", b"will be wrong")
    missing, cut, wrong = work["ir.attachment"].create([{"name": "f", "raw": raw} for raw in contents])
    work.cr.commit()
    store.path(missing.store_fname).unlink()
    store.path(cut.store_fname).write_bytes(b"will")
    store.path(wrong.store_fname).write_bytes(b"WILL be wrong")
    before = files.survey(registries.pools, db, store).unnamed
    store.write(b"needed by nobody")

    found = files.survey(registries.pools, db, store)
    thorough = files.survey(registries.pools, db, store, content=True)

    assert (found.missing, found.damaged, found.unnamed) == ([missing.store_fname], [cut.store_fname], before + 1)
    assert sorted(thorough.damaged) == sorted([cut.store_fname, wrong.store_fname]) and not thorough.is_good
