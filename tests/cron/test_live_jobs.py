"""Jobs of real servers in every mode: woken, run once, taken over when a process dies."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from datetime import datetime, timedelta

import pytest

from fondaco.orm.environment import SUPERUSER_ID, Environment
from tests import fix_server
from tests.bus.client import Client, heard
from tests.fix_jobs import forget_what_was_made
from tests.processes import ended

PATIENCE_S = 60
MODES = {
    "threads": ["--workers=0"],
    "processes": ["--workers=1"],
    "cron only": ["--workers=-1"],
    "no http": ["--workers=0", "--no-http"],
    "no http, processes": ["--workers=-1", "--no-http"],
}


class Shop:
    """A database whose jobs are seen and made from here, and servers on it."""

    def __init__(self, registries, name, fondaco):
        self.registries, self.name, self.fondaco = registries, name, fondaco

    @contextlib.contextmanager
    def env(self):
        registry = self.registries.get(self.name)
        with registry.cursor() as cr:
            yield Environment(cr, SUPERUSER_ID, {})
            cr.commit()

    def job(self, code, **values):
        """A job that is not due before somebody asks for it."""
        with self.env() as env:
            model = env["ir.model"]._get("res.partner").id
            job = env["ir.cron"].create({
                "name": "live job", "model_id": model, "state": "code", "code": code, "interval_number": 1,
                "interval_type": "days", "nextcall": datetime(2090, 1, 1), "user_id": SUPERUSER_ID, **values,
            })  # fmt: skip
            return job.id

    def trigger(self, job, at=None):
        with self.env() as env:
            env["ir.cron"].browse(job)._trigger(at)

    def count(self, name):
        with self.env() as env:
            return env["res.partner"].search_count([("name", "=", name)])

    def wait_for(self, name, count=1):
        end = time.monotonic() + PATIENCE_S
        while self.count(name) < count:
            assert time.monotonic() < end, f"{name}: {self.count(name)} of {count}"
            time.sleep(0.05)

    @contextlib.contextmanager
    def server(self, *arguments, log, **variables):
        ports = (f"--http-port={fix_server.free_port()}", f"--gevent-port={fix_server.free_port()}")
        process = self.fondaco.start(
            "-d", self.name, "--http-interface=127.0.0.1", "--max-cron-threads=1", f"--logfile={log}", *ports,
            *arguments,            **variables,
        )  # fmt: skip
        try:
            end = time.monotonic() + PATIENCE_S
            while not (log.exists() and "waits for jobs" in log.read_text()):
                if process.poll() is not None or time.monotonic() > end:
                    process.kill()
                    pytest.fail(f"no worker waits for jobs:\n{process.communicate(timeout=60)[1]}")
                time.sleep(0.05)
            yield process
        finally:
            ended(process)


@pytest.fixture
def shop(registries, database, fondaco):
    """Nothing is to be done, and nothing is left of what jobs have made."""
    shop = Shop(registries, database, fondaco)
    with shop.env() as env:
        every = env(context={"active_test": False})
        every["ir.cron"].search([]).active = False
        every["ir.cron.trigger"].search([]).unlink()
        forget_what_was_made(env)
        env.cr.execute("DROP TABLE IF EXISTS batched")
    yield shop
    with registries.pools.autocommit(database) as cr:  # the sessions of processes that were killed sleep on
        cr.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                   " AND wait_event = 'PgSleep'")  # fmt: skip


def worker_pid(log):
    return int(re.findall(r"cron worker \((\d+)\)", log.read_text())[-1])


@pytest.mark.parametrize("mode", MODES)
def test_w11_w12_a_trigger_wakes_the_worker_in_every_mode(shop, tmp_path, mode):
    name = f"woken {mode}"
    job = shop.job(f"env['res.partner'].create({{'name': {name!r}}})")

    with shop.server(*MODES[mode], log=tmp_path / "log") as process:
        shop.trigger(job)
        shop.wait_for(name)

        assert ended(process) == 0


def test_a_trigger_for_later_is_kept_for_later(shop, tmp_path):
    job = shop.job("env['res.partner'].create({'name': 'in a while'})")

    with shop.server(log=tmp_path / "log"):
        at = datetime.utcnow().replace(microsecond=0) + timedelta(seconds=3)
        shop.trigger(job, at)
        shop.wait_for("in a while")

        assert datetime.utcnow() >= at


def test_l3_with_cron_workers_only_the_second_port_keeps_websockets(shop, tmp_path, config):
    job = shop.job("env['bus.bus']._sendone('room', 'test/news', 'from a job')")
    settings = config.replace(workers=-1, max_cron_threads=1, gevent_port=fix_server.free_port())

    with fix_server.serving(settings, shop.name, tmp_path, port=settings["gevent_port"]) as server:
        with Client(server).websocket() as ws:
            shop.trigger(job)

            assert heard(ws, 1) == ["from a job"]


def test_w15_no_more_jobs_at_once_than_there_are_cron_workers(shop, tmp_path):
    watched = """
env.cr.execute("SELECT count(*) FROM fondaco_cron_lease WHERE expires > clock_timestamp()")
at_once = env.cr.fetchone()[0]
env.cr.execute("SELECT pg_sleep(0.3)")
env['res.partner'].create({'name': 'watched', 'ref': str(at_once)})
"""
    jobs = [shop.job(watched) for _ in range(6)]

    with shop.server("--max-cron-threads=2", log=tmp_path / "log"):
        for job in jobs:
            shop.trigger(job)
        shop.wait_for("watched", 6)

    with shop.env() as env:
        assert max(map(int, env["res.partner"].search([("name", "=", "watched")]).mapped("ref"))) <= 2


def test_two_servers_run_each_job_once(shop, tmp_path):
    jobs = [shop.job(f"env['res.partner'].create({{'name': 'two servers', 'ref': '{n}'}})") for n in range(20)]

    with shop.server(log=tmp_path / "one"), shop.server("--workers=1", log=tmp_path / "two"):
        for job in jobs:
            shop.trigger(job)
        shop.wait_for("two servers", 20)
        time.sleep(0.5)

    assert shop.count("two servers") == 20


FIRST_RUN = "env['ir.cron.progress'].search_count([('cron_id', '=', env.context['cron_id'])]) == 1"
HANGS = 'env.cr.execute("SELECT pg_sleep(60)")'


def test_when_a_worker_is_killed_its_job_is_undone_and_run_again(shop, tmp_path):
    job = shop.job(f"env['res.partner'].create({{'name': 'after the kill'}})\nif {FIRST_RUN}:\n    {HANGS}")

    with shop.server("--workers=1", log=tmp_path / "log"):
        shop.trigger(job)
        end = time.monotonic() + PATIENCE_S
        while "starting" not in (tmp_path / "log").read_text():
            assert time.monotonic() < end
            time.sleep(0.05)
        os.kill(worker_pid(tmp_path / "log"), signal.SIGKILL)
        shop.wait_for("after the kill")
        time.sleep(0.5)

    assert shop.count("after the kill") == 1
    assert (tmp_path / "log").read_text().count("starting") == 2


BY_BATCHES = """
left = 1
while left:
    batch = "SELECT id FROM batched WHERE times = 0 LIMIT 500"
    env.cr.execute("UPDATE batched SET times = times + 1 WHERE id IN (%s)" % batch)
    done = env.cr.rowcount
    env.cr.execute("SELECT count(*) FROM batched WHERE times = 0")
    left = env.cr.fetchone()[0]
    env['ir.cron']._commit_progress(done, remaining=left)
    if left == 8000:
        HANGS
"""


def test_w16_a_job_of_ten_thousand_rows_goes_on_where_the_last_batch_ended(shop, tmp_path):
    def times():
        with shop.env() as env:
            env.cr.execute("SELECT times, count(*) FROM batched GROUP BY times")
            return dict(env.cr.fetchall())

    with shop.env() as env:
        env.cr.execute("CREATE TABLE batched AS SELECT id, 0 AS times FROM generate_series(1, 10000) AS id")
    job = shop.job(BY_BATCHES.replace("HANGS", HANGS))

    with shop.server("--workers=1", log=tmp_path / "log"):
        shop.trigger(job)
        end = time.monotonic() + PATIENCE_S
        while times().get(1, 0) < 2000:
            assert time.monotonic() < end
            time.sleep(0.05)
        os.kill(worker_pid(tmp_path / "log"), signal.SIGKILL)
        kept = times()
        while times() != {1: 10000}:
            assert time.monotonic() < end, times()
            time.sleep(0.05)

    assert kept == {0: 8000, 1: 2000}


def test_a_job_over_its_own_limit_is_ended_and_the_worker_goes_on(shop, tmp_path):
    slow = shop.job("env.cr.execute('SELECT pg_sleep(60)')", priority=1)
    quick = shop.job("env['res.partner'].create({'name': 'after the slow one'})", priority=2)

    with shop.server("--limit-time-real-cron=1", log=tmp_path / "log"):
        shop.trigger(slow)
        shop.trigger(quick)
        shop.wait_for("after the slow one")

    with shop.env() as env:
        assert env["ir.cron"].browse(slow).failure_count == 1


def test_behind_a_pooler_without_a_direct_way_jobs_run_by_the_clock(shop, tmp_path):
    shop.job("env['res.partner'].create({'name': 'by the clock'})", nextcall=datetime(2020, 1, 1))

    with shop.server("--db_pgbouncer", log=tmp_path / "log", FONDACO_DB_DIRECT_HOST=None):
        shop.wait_for("by the clock")


# -- background jobs ---------------------------------------------------------------------------------------------------


def background(shop, code, **options):
    """Ask for a run of this code in the background."""
    with shop.env() as env:
        action = env["ir.actions.server"].create(
            {"name": "B", "state": "code", "model_id": env["ir.model"]._get("res.partner").id, "code": code}
        )
        return action.in_background(**options).run().id


@pytest.mark.parametrize("mode", ["threads", "processes"])
def test_m15_a_background_job_wakes_a_worker_and_one_for_later_waits(shop, tmp_path, mode):
    with shop.server(*MODES[mode], log=tmp_path / "log"):
        at = datetime.utcnow() + timedelta(seconds=2)
        background(shop, f"env['res.partner'].create({{'name': 'later {mode}'}})", at=at)
        background(shop, f"env['res.partner'].create({{'name': 'now {mode}'}})")

        shop.wait_for(f"now {mode}")
        shop.wait_for(f"later {mode}")

        assert datetime.utcnow() >= at


def test_m15_two_servers_run_each_background_job_once(shop, tmp_path):
    with shop.server(log=tmp_path / "one"), shop.server("--workers=1", log=tmp_path / "two"):
        for number in range(30):
            background(shop, f"env['res.partner'].create({{'name': 'shared', 'ref': '{number}'}})")
        shop.wait_for("shared", 30)
        time.sleep(0.5)

    with shop.env() as env:
        refs = env["res.partner"].search([("name", "=", "shared")]).mapped("ref")
    assert sorted(refs, key=int) == [str(number) for number in range(30)]


def test_when_a_worker_is_killed_its_background_job_is_undone_and_run_again(shop, tmp_path):
    job = background(shop, f"""
env['res.partner'].create({{'name': 'queued and killed'}})
env['ir.job'].flush_model()
if env['ir.job'].browse(env.context['job_id']).tries == 1:
    {HANGS}
""")  # fmt: skip

    with shop.server("--workers=1", log=tmp_path / "log"):
        end = time.monotonic() + PATIENCE_S
        state = ""
        while state != "running":
            assert time.monotonic() < end
            with shop.env() as env:
                state = env["ir.job"].browse(job).state
        os.kill(worker_pid(tmp_path / "log"), signal.SIGKILL)
        shop.wait_for("queued and killed")
        while state != "done":
            assert time.monotonic() < end, state
            with shop.env() as env:
                state = env["ir.job"].browse(job).state

    assert shop.count("queued and killed") == 1
    with shop.env() as env:
        assert env["ir.job"].browse(job).tries == 2
    assert "its worker is gone" in (tmp_path / "log").read_text()
