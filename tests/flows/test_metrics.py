"""`/metrics` of a running server: what it counted, what it asks, and who may read it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import psycopg.errors
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from fondaco.cron.jobs import RUN_SECONDS, Runner
from fondaco.errors import LimitExceeded
from fondaco.modules.registries import Registries
from fondaco.monitoring.scrape import Scrape
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.registry.transact import FAILURES, RETRIES, transact
from fondaco.server import telling
from fondaco.server.deadlines import INTERRUPTED, Deadlines, Limits
from fondaco.sql import connection
from fondaco.sql.connection import Pools
from fondaco.sql.driver import PoolError
from tests import fix_database
from tests.fix_server import free_port, serving

PATIENCE_S = 60
TOKEN = "token-of-the-tests-" + uuid.uuid4().hex


@dataclass(frozen=True)
class Measured:
    """A server of two workers with a listener for its numbers."""

    url: str
    metrics_url: str
    database: str
    data_dir: str
    logfile: object

    def read(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        answer = requests.get(self.metrics_url, timeout=30, headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200, answer.text
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """The sum over all that carry these labels."""
        return sum(
            value for (other, carried), value in self.read().items() if other == name and labels.items() <= set(carried)
        )


@pytest.fixture(scope="module")
def measured(config, registries, tmp_path_factory) -> Iterator[Measured]:
    name, port, folder = fix_database.create(registries, ()), free_port(), tmp_path_factory.mktemp("metrics")
    data_dir = folder / "data"
    settings = dict(workers=2, gevent_port=0, metrics_port=port, metrics_token=TOKEN, data_dir=str(data_dir))
    with serving(config, name, folder, **settings) as server:
        until(lambda: f"metrics on http://127.0.0.1:{port}/" in server.logfile.read_text())
        yield Measured(server.url, f"http://127.0.0.1:{port}/metrics", name, str(data_dir), server.logfile)
    fix_database.databases.drop(registries, name)


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.3)


def visit(measured: Measured, path: str) -> requests.Response:
    """A worker may have been killed by another test: its client comes again."""
    for _attempt in range(5):
        answer = requests.get(f"{measured.url}{path}", timeout=30)
        if answer.status_code != 502:
            return answer
    raise AssertionError("every worker died")


# -- who may read ------------------------------------------------------------------------------------------------------
def test_the_numbers_are_for_who_knows_the_token(measured):
    until(lambda: measured.read())

    assert requests.get(measured.metrics_url, timeout=30).status_code == 401
    wrong = requests.get(measured.metrics_url, timeout=30, headers={"Authorization": f"Bearer {TOKEN}x"})
    assert wrong.status_code == 401
    assert "fondaco_" not in wrong.text
    assert visit(measured, "/metrics").status_code == 404, "not beside the pages as well"
    assert TOKEN not in measured.logfile.read_text()


def test_without_a_port_of_its_own_the_port_of_the_server_answers(config, registries, tmp_path):
    name = fix_database.create(registries, ())
    with serving(config, name, tmp_path, gevent_port=0, metrics_token=TOKEN) as server:
        refused = requests.get(f"{server.url}/metrics", timeout=30)
        read = requests.get(f"{server.url}/metrics", timeout=30, headers={"Authorization": f"Bearer {TOKEN}"})
    fix_database.databases.drop(registries, name)

    assert refused.status_code == 401
    assert read.headers["Content-Type"].startswith("text/plain")
    assert "fondaco_pg_up 1.0" in read.text


# -- what is counted ---------------------------------------------------------------------------------------------------
def test_o4_the_times_of_a_route_fall_into_a_histogram_from_which_p95_and_p99_follow(measured):
    before = measured.value("fondaco_http_request_seconds_count", route="/web/login", database=measured.database)

    for _ in range(5):
        assert visit(measured, "/web/login").status_code == 200

    until(
        lambda: (
            measured.value("fondaco_http_request_seconds_count", route="/web/login", database=measured.database)
            == before + 5
        )
    )
    buckets = sorted(
        (float(dict(labels)["le"]), value)
        for (name, labels), value in measured.read().items()
        if name == "fondaco_http_request_seconds_bucket" and dict(labels)["route"] == "/web/login"
    )
    assert [value for _bound, value in buckets] == sorted(value for _bound, value in buckets)
    assert buckets[-1] == (float("inf"), before + 5)
    assert {0.1, 0.25, 0.5, 1.0, 5.0} <= {bound for bound, _value in buckets}


def test_addresses_of_strangers_are_no_labels(measured):
    secret = uuid.uuid4().hex

    visit(measured, f"/nothing/{secret}?token={secret}")

    until(lambda: measured.value("fondaco_http_request_seconds_count", route="none"))
    assert secret not in str(measured.read())


def test_calls_are_counted_by_model_and_method_as_far_as_there_are_such(measured):
    def call(model: str, method: str) -> None:
        arguments = [measured.database, SUPERUSER_ID + 1, fix_database.PASSWORD, model, method, [[]]]
        body = {"jsonrpc": "2.0", "params": {"service": "object", "method": "execute_kw", "args": arguments}}
        assert requests.post(f"{measured.url}/jsonrpc", json=body, timeout=30).status_code in (200, 502)

    until(
        lambda: (
            call("res.partner", "search_count"),
            measured.value("fondaco_call_seconds_count", call="res.partner.search_count"),
        )[1]
    )
    call("res.partner", "no_such_method")
    until(lambda: measured.value("fondaco_request_errors_total", error="unexpected", database=measured.database))

    assert not measured.value("fondaco_call_seconds_count", call="res.partner.no_such_method")


def test_o8_o9_machine_processes_connections_and_log_ins_are_there(measured):
    visit(measured, "/web/login")
    every = {"Dispatcher-0", "WorkerBus-0", "WorkerHTTP-0", "WorkerHTTP-1", "WorkerMetrics-0"}
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}

    def all_told() -> bool:
        """One that is slow to answer, or was killed by another test a moment ago, is not there at each look."""
        found.update(measured.read())
        told = {dict(labels)["worker"] for name, labels in found if name == "fondaco_process_resident_memory_bytes"}
        return every <= told and any(name == "fondaco_sessions_active" for name, _labels in found)

    until(all_told)
    by_name: dict[str, float] = {}
    for (name, _labels), value in found.items():
        by_name[name] = by_name.get(name, 0.0) + value
    for name in (
        "fondaco_process_resident_memory_bytes", "fondaco_process_open_files", "fondaco_host_cpu_seconds_total",
        "fondaco_host_memory_bytes", "fondaco_host_disk_bytes", "fondaco_host_load1", "fondaco_host_open_files",
        "fondaco_pg_connections", "fondaco_pg_up", "fondaco_http_workers",
    ):  # fmt: skip
        assert by_name[name] > 0, name
    limit = {dict(labels)["state"]: value for (name, labels), value in found.items()
             if name == "fondaco_database_connections"}  # fmt: skip
    assert limit["limit"] > limit["used"] + limit["idle"] > 0
    assert {"fondaco_host_swap_used_bytes", "fondaco_http_requests_waiting", "fondaco_sessions_active",
            "fondaco_host_network_drops_total", "fondaco_host_disk_seconds_total"} <= by_name.keys()  # fmt: skip


def test_what_a_killed_worker_counted_and_told_is_not_lost(measured):
    visit(measured, "/web/login")
    until(lambda: measured.value("fondaco_http_request_seconds_count", route="/web/login"))
    before = measured.value("fondaco_http_request_seconds_count", route="/web/login")
    told = telling.read(measured.data_dir).processes
    workers = {facts["pid"] for facts in told if facts["kind"] == "WorkerHTTP"}

    for pid in workers:
        os.kill(pid, signal.SIGKILL)

    until(
        lambda: (
            len(
                {
                    facts["pid"]
                    for facts in telling.read(measured.data_dir).processes
                    if facts["kind"] == "WorkerHTTP" and facts["pid"] not in workers
                }
            )
            == 2
        )
    )
    assert measured.value("fondaco_http_request_seconds_count", route="/web/login") >= before


# -- errors ------------------------------------------------------------------------------------------------------------
def test_o5_a_deadlock_and_a_failure_to_serialise_are_counted_each_by_its_name(registries, database):
    registry, meeting = registries.get(database), threading.Barrier(2, timeout=PATIENCE_S)
    with registry.cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        one, two = env["res.partner"].create([{"name": "One"}, {"name": "Two"}]).ids
        cr.commit()

    def lock(first: int, second: int) -> None:
        attempts = []

        def work(env: Environment) -> None:
            env.cr.execute("SELECT id FROM res_partner WHERE id = %s FOR UPDATE", [first])
            if not attempts:
                attempts.append(1)
                meeting.wait()
            env.cr.execute("SELECT id FROM res_partner WHERE id = %s FOR UPDATE", [second], log_exceptions=False)

        transact(registry, work, uid=SUPERUSER_ID)

    def overtaken(env: Environment) -> None:
        env.cr.execute("SELECT 1")
        with registry.cursor() as other:
            other.execute("UPDATE res_partner SET ref = COALESCE(ref, '') || 'x' WHERE id = %s", [one])
            other.commit()
        env.cr.execute("UPDATE res_partner SET ref = 'y' WHERE id = %s", [one], log_exceptions=False)

    deadlocks, failures = RETRIES.value(database, "deadlock"), FAILURES.value(database, "serialisation")
    threads = [threading.Thread(target=lock, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    with pytest.raises(psycopg.errors.SerializationFailure):
        transact(registry, overtaken, uid=SUPERUSER_ID)

    assert RETRIES.value(database, "deadlock") >= deadlocks + 1
    assert FAILURES.value(database, "serialisation") == failures + 1


def test_o5_a_full_pool_and_a_request_over_its_time_are_counted(config, registries, database, monkeypatch):
    monkeypatch.setattr(connection, "WAIT_S", 0.05)
    pools = Pools(config.replace(db_maxconn=1))
    refused, over = connection.WAITS.value(database, "refused"), INTERRUPTED.value("limit_time_real")

    with contextlib.closing(pools.cursor(database)), pytest.raises(PoolError):
        pools.cursor(database)
    pools.close()
    limits = Deadlines(Limits(real_s=0.2), cancel=registries.pools.cancel)
    with limits.under({"path": "/slow"}), pytest.raises(LimitExceeded):
        transact(registries.get(database), lambda env: env.cr.execute("SELECT pg_sleep(60)"), uid=SUPERUSER_ID)

    assert connection.WAITS.value(database, "refused") == refused + 1
    assert INTERRUPTED.value("limit_time_real") == over + 1


# -- jobs --------------------------------------------------------------------------------------------------------------
def test_o6_scheduled_jobs_have_a_duration_a_backlog_and_an_overlap(config, registries, database):
    name = f"Count {uuid.uuid4().hex[:8]}"
    with registries.get(database).cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        env["ir.cron"].with_context(active_test=False).search([]).active = False
        env["ir.cron"].create({
            "name": name, "model_id": env["ir.model"]._get("res.partner").id, "state": "code", "code": "pass",
            "interval_number": 1, "interval_type": "minutes", "nextcall": "2020-01-01 00:00:00",
            "user_id": SUPERUSER_ID,
        })  # fmt: skip
        cr.commit()

    waiting = numbers(config, registries, database)
    with registries.pools.autocommit(database) as cr:
        cr.execute(
            "INSERT INTO fondaco_cron_lease (cron_id, owner, expires)"
            " SELECT id, 'somebody', now() + interval '1 minute' FROM ir_cron WHERE active"
        )
    running = numbers(config, registries, database)
    with registries.pools.autocommit(database) as cr:
        cr.execute("DELETE FROM fondaco_cron_lease")
    Runner(registries, Deadlines(Limits()), "test").run_one(database, None)
    done = numbers(config, registries, database)

    assert (waiting["fondaco_cron_due"], waiting["fondaco_cron_overdue_seconds"] > 86400) == (1, True)
    assert (running["fondaco_cron_due"], running["fondaco_cron_running"]) == (0, 1)
    assert running["fondaco_cron_overlapping"] == 1
    assert (done["fondaco_cron_due"], done["fondaco_cron_running"], done["fondaco_cron_overlapping"]) == (0, 0, 0)
    assert sum(RUN_SECONDS.rows()[database, name][:-1]) == 1


def numbers(config, registries: Registries, database: str) -> dict[str, float]:
    """What a fresh scrape says of a database, once PostgreSQL has answered: a busy machine may not at the first."""
    scrape = Scrape(config.replace(db_name=[database]), registries)

    def told() -> dict[str, float]:
        return {
            reading.name: sum(row[0] for labels, row in reading.rows.items() if database in labels)
            for reading in scrape.readings()
            if reading.kind != "histogram"
        }

    until(lambda: "fondaco_cron_due" in told())
    return told()


# -- PostgreSQL and the pooler -----------------------------------------------------------------------------------------
def test_p19_dead_rows_and_the_time_of_the_last_vacuum_and_analyze_are_told_by_table(config, registries, database):
    with registries.pools.autocommit(database) as cr:
        cr.execute("CREATE TABLE IF NOT EXISTS measured_rows AS SELECT generate_series(1, 5000) AS id")
        cr.execute("ALTER TABLE measured_rows SET (autovacuum_enabled = false)")
        cr.execute("DELETE FROM measured_rows WHERE id <= 3000")
        cr.execute("SELECT pg_stat_force_next_flush()")

    def told() -> dict[str, float]:
        readings = Scrape(config.replace(db_name=[database]), registries).readings()
        return {
            reading.name: row[0]
            for reading in readings
            for labels, row in reading.rows.items()
            if labels == (database, "measured_rows")
        }

    until(lambda: told().get("fondaco_pg_table_dead_rows") == 3000)
    assert "fondaco_pg_table_analyze_age_seconds" not in told(), "never"
    with registries.pools.autocommit(database) as cr:
        cr.execute("ANALYZE measured_rows")
    until(lambda: 0 <= told().get("fondaco_pg_table_analyze_age_seconds", -1) < 3600)
    with registries.pools.autocommit(database) as cr:
        cr.execute("DROP TABLE measured_rows")


def test_b5_a_saturated_pool_of_pgbouncer_shows_its_waiting_clients(config, registries, database, pooled):
    settings = pooled(is_direct=False)
    login = {"host": settings["db_host"], "port": settings["db_port"], "user": settings["db_user"],
             "password": settings["db_password"], "dbname": database}  # fmt: skip
    pools = Pools(settings.replace(db_name=[database]))

    def told() -> dict[tuple[str, tuple[str, ...]], float]:
        scrape = Scrape(settings.replace(db_name=[database]), Registries(settings, pools))
        return {
            (reading.name, labels): row[0]
            for reading in scrape.readings()
            if reading.name.startswith("fondaco_pgbouncer")
            for labels, row in reading.rows.items()
        }

    def hold() -> None:
        with contextlib.suppress(psycopg.Error), psycopg.connect(**login, prepare_threshold=None) as client:
            holding.append(client)
            client.execute("SELECT pg_sleep(600)")

    holding: list[psycopg.Connection] = []
    threads = [threading.Thread(target=hold, daemon=True) for _ in range(12)]  # the pool has eight
    for thread in threads:
        thread.start()
    until(lambda: told().get(("fondaco_pgbouncer_clients", (database, "waiting")), 0) >= 4)
    numbers = told()
    with registries.pools.autocommit(database) as cr:
        end = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE '%%pg_sleep(600)'"
        )
        for _ in range(100):
            cr.execute(end, [database])
            if not any(thread.is_alive() for thread in threads):
                break
            time.sleep(0.1)
    pools.close()

    assert numbers["fondaco_pgbouncer_up", ()] == 1
    assert numbers["fondaco_pgbouncer_servers", (database, "active")] == 8
    assert numbers["fondaco_pgbouncer_longest_wait_seconds", (database,)] > 0
    assert numbers["fondaco_pgbouncer_queries_total", (database,)] >= 0
