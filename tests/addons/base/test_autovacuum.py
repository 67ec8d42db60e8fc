"""Does the daily sweep get through, whatever one of its parts does?"""

from __future__ import annotations

import logging
from typing import Any

import pytest

from fondaco.modules.registries import Registries
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
