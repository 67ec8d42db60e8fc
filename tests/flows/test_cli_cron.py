"""`fondaco cron`: scheduled jobs listed and run by hand, and the queue."""

from __future__ import annotations

import json

import pytest

from fondaco.cron.jobs import RUNS, Runner
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.server.deadlines import Deadlines, Limits


@pytest.fixture(scope="module")
def jobs(registries, database):
    """{name: id} of two jobs, of which one fails."""
    with registries.get(database).cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        env["ir.cron"].with_context(active_test=False).search([]).active = False
        made = {}
        for name, code, at in (
            ("Mark", "env['res.partner'].create({'name': 'marked'})", "2090-01-01 00:00:00"),
            ("Stumble", "raise UserError('over a stone')", "2020-01-01 00:00:00"),
        ):
            made[name] = env["ir.cron"].create({
                "name": name, "model_id": env["ir.model"]._get("res.partner").id, "state": "code", "code": code,
                "interval_number": 1, "interval_type": "days", "nextcall": at, "user_id": SUPERUSER_ID,
            }).id  # fmt: skip
        env["res.partner"].in_background(channel="slow").exists()
        cr.commit()
    return made


def test_m15_jobs_are_listed_with_what_became_of_them_and_counted(fondaco, registries, database, jobs):
    Runner(registries, Deadlines(Limits()), "test").run_one(database, None)

    done = fondaco.run("cron", "list", "-d", database, "--json")

    assert done.returncode == 0, done.stderr
    by_name = {row["name"]: row for row in json.loads(done.stdout)}
    assert by_name.keys() == {"Mark", "Stumble"}
    assert (by_name["Stumble"]["failures"], by_name["Mark"]["failures"]) == (1, 0)
    assert not by_name["Mark"]["running"]
    text = fondaco.run("cron", "list", "-d", database).stdout
    assert "failing  Stumble" in text
    assert RUNS.value(database, "Stumble", "failed") == 1


@pytest.mark.parametrize("by", ["name", "number"])
def test_m15_a_job_is_run_by_hand(fondaco, registries, database, jobs, by):
    def count():
        with registries.get(database).cursor() as cr:
            cr.execute("SELECT count(*) FROM res_partner WHERE name = 'marked'")
            return cr.fetchone()[0]

    before = count()

    done = fondaco.run("cron", "run", "Mark" if by == "name" else str(jobs["Mark"]), "-d", database, "--json")

    assert json.loads(done.stdout) == {"database": database, "ran": "Mark"}
    assert count() == before + 1


def test_a_job_that_is_not_there_and_one_that_fails_are_told(fondaco, database, jobs):
    nobody = fondaco.run("cron", "run", "Nobody", "-d", database)
    failing = fondaco.run("cron", "run", "Stumble", "-d", database)

    assert nobody.returncode == 3 and "no scheduled job 'Nobody'" in nobody.stderr
    assert failing.returncode == 1 and "over a stone" in failing.stderr


def test_m15_the_depth_of_the_queue_is_shown(fondaco, database, jobs):
    done = fondaco.run("cron", "queue", "-d", database, "--json")

    assert json.loads(done.stdout) == [{"channel": "slow", "state": "waiting", "jobs": 1}]
