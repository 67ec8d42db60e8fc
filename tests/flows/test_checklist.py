"""The go-live checklist in the web client: what each check saw, the runs so far, who may see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.checks import history
from fondaco.checks.finding import Verdict
from fondaco.checks.run import look
from fondaco.checks.table import BY_ID
from fondaco.errors import AccessError, UserError
from fondaco.orm.environment import Environment


@pytest.fixture
def alone(env, tmp_path, monkeypatch) -> Iterator[Environment]:
    """An environment on a server that serves this database only, with a history of its own."""
    config = env.registry.config.replace(db_name=[env.cr.dbname], data_dir=str(tmp_path))
    monkeypatch.setattr(env.registry, "config", config)
    return env


def test_o17_an_administrator_looks_again_and_sees_evidence_and_the_next_step(alone):
    results = alone["ir.check.result"]
    assert not results.search([])

    results.with_user(alone.ref("base.user_admin")).action_run()

    found = results.search([("is_latest", "=", True)])
    assert len(found) > 80
    (exposed,) = found.filtered(lambda one: one.check_id == "settings.dbfilter")
    assert exposed.title and exposed.why and exposed.evidence
    assert all(one.next_step for one in found if one.verdict == "FAIL")
    assert "outside" not in found.mapped("area")


def test_runs_of_the_command_and_of_the_page_are_one_history(alone, tmp_path):
    results, runs = alone["ir.check.result"], alone["ir.check.run"]
    path = tmp_path / "checks/history.jsonl"
    path.parent.mkdir()
    line = {"id": "outside.page", "verdict": "PASS", "evidence": "200", "next": ""}
    run = {"at": "2026-11-27T06:00:00+00:00", "version": "1", "settings": "a", "PASS": 1, "WARN": 0, "FAIL": 0,
           "SKIP": 0, "wrong": {}}  # fmt: skip
    gone = {**line, "id": "proxy.of_another_version"}
    path.write_text(json.dumps(run) + "\n" + json.dumps({**run, "number": 7, "checks": [line, gone]}) + "\n")

    results.action_run()

    before, after = runs.search([], order="id")
    assert (before.id, after.id, before.passed) == (7, 8, 1)
    assert before.result_ids.mapped("check_id") == ["outside.page"]  # the page does not ask from outside
    assert results.search([("is_latest", "=", True), ("area", "=", "outside")]) == before.result_ids
    assert len(after.result_ids) == after.passed + after.failed + after.warned + after.skipped
    assert runs.search([("moment", "<", "2026-11-28")]) == before


def test_the_last_hundred_runs_are_kept(alone, monkeypatch):
    monkeypatch.setattr(history, "KEPT", 2)
    site = alone["ir.check.result"]._site()

    for _time in range(3):
        history.remember(site, [], "1")

    assert [line["number"] for line in history.past(site.config)] == [2, 3]


def test_a_link_in_the_place_of_the_history_is_not_followed(alone, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/history.lock").symlink_to(elsewhere)

    with pytest.raises(UserError, match="could not be written down"):
        alone["ir.check.result"].action_run()
    assert not elsewhere.exists()


def test_nobody_but_administrators_may_look(alone):
    groups = [(6, 0, [alone.ref("base.group_erp_manager").id, alone.ref("base.group_user").id])]
    user = alone["res.users"].create({"name": "Ann", "login": "ann", "groups_id": groups})
    alone["ir.check.result"].action_run()

    for model in ("ir.check.result", "ir.check.run"):
        with pytest.raises(AccessError):
            alone[model].with_user(user).search_read([])
    with pytest.raises(AccessError):
        alone["ir.check.result"].with_user(user).action_run()
    assert alone.ref("base.menu_ir_check") not in alone["ir.ui.menu"].with_user(user).search([])


def test_a_tenant_sees_nothing_of_the_machine_until_its_operator_names_it(alone, monkeypatch):
    results, registry = alone["ir.check.result"], alone.registry
    results.action_run()
    several = registry.config.replace(db_name=[alone.cr.dbname, "another"])

    monkeypatch.setattr(registry, "config", several)
    assert not results.search([])
    assert not alone["ir.check.run"].search([])
    with pytest.raises(UserError, match="fondaco check"):
        results.action_run()

    monkeypatch.setattr(registry, "config", several.replace(checklist_databases=[alone.cr.dbname]))
    assert results.search([])


def test_the_pages_can_be_read_by_the_client(alone):
    alone["ir.check.result"].action_run()
    for model in ("ir.check.result", "ir.check.run"):
        views = alone[model].get_views([(False, "list"), (False, "form"), (False, "search")])
        columns = {name: {} for name in views["models"][model]["fields"] if name != "id"}

        assert alone[model].web_search_read([], columns)["length"]
    assert alone["ir.check.result"].read_group([], ["verdict"], ["verdict"])


def test_what_is_closed_to_the_account_of_the_server_is_not_judged(alone, monkeypatch):
    site = alone["ir.check.result"]._site()
    monkeypatch.setattr(Path, "read_text", closed)
    site.pooler_file = Path("/etc/pgbouncer/pgbouncer.ini")

    finding = look(site, BY_ID["pooler.mode"])

    assert finding.verdict is Verdict.SKIP
    assert "/etc/pgbouncer/pgbouncer.ini is closed to this account" in finding.evidence


def closed(path: Path, *_words: object) -> str:
    raise PermissionError(13, "Permission denied", str(path))
