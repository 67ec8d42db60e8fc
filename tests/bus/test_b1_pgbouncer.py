"""B1: live news and scheduled jobs when PostgreSQL is reached through PgBouncer in transaction mode."""

from __future__ import annotations

from datetime import datetime

import pytest

from fondaco.orm.environment import SUPERUSER_ID, Environment
from tests import fix_server
from tests.bus.client import Client, heard, last_of
from tests.fix_server import serving

JOB = "env['bus.bus']._sendone('room', 'test/news', 'from a job')"


@pytest.mark.parametrize("is_direct", [True, False], ids=["past the pooler", "by the clock"])
@pytest.mark.parametrize("workers", [0, 1], ids=["threads", "processes"])
def test_b1_news_and_jobs_arrive_behind_pgbouncer(pooled, registries, database, run_dir, is_direct, workers):
    with registries.get(database).cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        env["ir.cron"].with_context(active_test=False).search([]).active = False
        job = env["ir.cron"].create({
            "name": "news", "model_id": env["ir.model"]._get("res.partner").id, "state": "code", "code": JOB,
            "interval_number": 1, "interval_type": "days", "nextcall": datetime(2090, 1, 1), "user_id": SUPERUSER_ID,
        })  # fmt: skip
        job_id = job.id
        cr.commit()
    settings = pooled(is_direct=is_direct).replace(
        workers=workers, max_cron_threads=1, gevent_port=fix_server.free_port(), db_maxconn=8
    )

    with serving(settings, database, run_dir) as server:
        client = Client(server)
        with client.websocket(last=last_of(client)) as ws:
            client.send("room", "through the pooler")
            assert heard(ws, 1) == ["through the pooler"]

            if is_direct:  # by the clock a trigger takes up to a minute; tests/cron shows that it is seen
                client.call("ir.cron", "write", [job_id], {"nextcall": "2020-01-01 00:00:00"})
                assert heard(ws, 1) == ["from a job"]
