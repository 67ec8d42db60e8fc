"""Does the daily sweep get through, whatever one of its parts does?"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from fondaco.config import Config
from fondaco.http.sessions import SessionStore
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.registry.transact import transact


def test_every_sweep_runs(registries: Registries, database: str, caplog: pytest.LogCaptureFixture) -> None:
    def sweep(env: Any) -> None:
        env["ir.autovacuum"].with_context(cron_id=1)._run_vacuum_cleaner()

    with caplog.at_level(logging.ERROR):
        transact(registries.get(database), sweep, uid=1)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_failing_sweep_undoes_its_own_only(
    registries: Registries, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = registries.get(database)
    done = []

    def fail(self: Any) -> None:
        self.env["res.partner"].create({"name": "half a sweep"})
        self.env.cr.execute("SELECT * FROM no_such_table")

    monkeypatch.setattr(registry["ir.attachment"], "_gc_file_store", fail)
    fail._autovacuum = True  # type: ignore[attr-defined]

    def last(self: Any) -> None:
        done.append(self.env["res.partner"].search_count([("name", "=", "half a sweep")]))

    last._autovacuum = True  # type: ignore[attr-defined]
    monkeypatch.setattr(registry["res.users.log"], "_gc_user_logs", last)
    transact(registry, lambda env: env["ir.autovacuum"].with_context(cron_id=1)._run_vacuum_cleaner(), uid=1)
    assert done == [0]


def test_sessions_that_ended_are_removed_by_the_job(env: Environment, config: Config) -> None:
    store = SessionStore(Path(str(config["data_dir"])) / "sessions")
    ended, living = store.new(), store.new()
    for session in (ended, living):
        session.uid = 2
        store.save(session)
    os.utime(store.path / ended.sid[:2] / ended.sid, (0, 0))

    env["ir.http"]._gc_sessions()

    assert ended.sid not in store.list() and living.sid in store.list()


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, [1]),
        ({"transient_age_limit": 48.0}, [1800, 120, 1]),
        ({"transient_age_limit": 0.0, "osv_memory_count_limit": 2}, [1]),
        ({"transient_age_limit": 0.0, "osv_memory_count_limit": 3}, [1800, 120, 1]),
    ],
    ids=["after an hour", "after two days", "more than two", "not more than three"],
)
def test_wizards_are_kept_as_the_options_say(
    env: Environment, monkeypatch: pytest.MonkeyPatch, options: dict[str, float], left: list[int]
) -> None:
    monkeypatch.setattr(env.registry, "config", env.registry.config.replace(**options))
    ages = [1800, 120, 1]  # minutes
    wizards = env["base.language.export"].create([{} for _age in ages])
    env.flush_all()
    for wizard, age in zip(wizards, ages, strict=True):
        env.cr.execute(
            "UPDATE base_language_export SET write_date = write_date - %s * interval '1 minute' WHERE id = %s",
            [age, wizard.id],
        )

    wizards._transient_vacuum()

    assert [age for wizard, age in zip(wizards, ages, strict=True) if wizard.exists()] == left
