"""What the kit's files make of a PostgreSQL and a PgBouncer that run by them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from fondaco.checks.finding import Finding, Verdict
from fondaco.checks.site import Site
from fondaco.checks.table import BY_ID
from fondaco.config import Config
from fondaco.monitoring.statements import slowest
from fondaco.sql.connection import Pools
from tests.kit.conftest import SECRETS, Stack, files_of, patiently

PATIENCE_S = 60


def _login(port: int) -> dict[str, object]:
    return {
        "host": "127.0.0.1", "port": port, "dbname": "erp", "user": "erp", "password": SECRETS["database-password"],
    }  # fmt: skip


def _wait(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_p3_postgresql_takes_the_files_for_servers_that_run_elsewhere(stack: Stack) -> None:
    found = files_of(
        postgresql={"addresses": ["192.168.1.10"], "clients": ["192.168.1.0/24"], "memory_gb": 4},
        deployment={"users": 330},
        machine={"cpus": 28},
        tenants={"databases": ["erp"]},
    )
    hba, settings = (found[f"etc/postgresql/15/main/{name}"].content for name in ("pg_hba.conf", "conf.d/erp.conf"))
    data = stack.folder / "data"
    kept = {path: path.read_text() for path in (data / "pg_hba.conf", data / "postgresql.conf")}
    try:
        (data / "pg_hba.conf").write_text(hba)
        (data / "postgresql.conf").write_text(settings)
        with stack.superuser() as connection:  # both are read, neither is put into effect
            rules = connection.execute("SELECT type, address, auth_method, error FROM pg_hba_file_rules").fetchall()
            read = connection.execute("SELECT name, setting FROM pg_file_settings").fetchall()
            unknown = connection.execute(
                "SELECT name FROM pg_file_settings WHERE name NOT IN (SELECT name FROM pg_settings)"
            ).fetchall()
    finally:
        for path, text in kept.items():
            path.write_text(text)

    assert ("host", "127.0.0.1", "scram-sha-256", None) in rules
    (remote,) = [rule for rule in rules if rule[1] == "192.168.1.0"]
    assert remote[:3] == ("hostssl", "192.168.1.0", "scram-sha-256")
    # This PostgreSQL may have been built without TLS, which it says of that one line.
    assert [error for *_rule, error in rules if error and "SSL" not in error] == []
    assert unknown == []
    values = dict(read)
    assert (values["listen_addresses"], values["port"]) == ("127.0.0.1, 192.168.1.10", "5432")
    assert values["max_connections"] == "80"  # as in the document, for its machine


def test_p18_who_waits_long_for_a_lock_is_in_the_log(stack: Stack) -> None:
    with (
        psycopg.connect(**_login(stack.port)) as holder,
        psycopg.connect(**_login(stack.port)) as waiter,
        ThreadPoolExecutor(1) as pool,
    ):
        holder.execute("SELECT pg_advisory_xact_lock(18)")
        waiting = pool.submit(waiter.execute, "SELECT pg_advisory_xact_lock(18)")
        pid = waiter.info.backend_pid
        _wait(lambda: f"process {pid} still waiting for ExclusiveLock" in stack.log())
        holder.rollback()
        waiting.result(PATIENCE_S)


def _found(stack: Stack, check: str, data: Path) -> Finding:
    """What a check finds as the role of the server."""
    config = _config(stack, data)
    with contextlib.closing(Pools(config)) as pools:
        return BY_ID[check].probe(Site(config=config, now=datetime.now(UTC), pools=pools))


def _config(stack: Stack, data: Path) -> Config:
    login = _login(stack.port)
    return Config.default().replace(
        db_host="127.0.0.1", db_port=stack.port, db_user=login["user"], db_password=login["password"],
        data_dir=str(data),
    )  # fmt: skip


def test_p20_the_statements_that_cost_most_are_named_and_slow_ones_are_in_the_log(stack: Stack, tmp_path) -> None:
    with patiently(**_login(stack.pooler)) as connection:
        connection.execute("SELECT pg_sleep(2.1) AS a_slow_statement")

    finding = _found(stack, "postgresql.top_queries", tmp_path)

    assert finding.verdict is Verdict.PASS
    assert "a_slow_statement" in finding.evidence
    database = str(_login(stack.pooler)["dbname"])
    with contextlib.closing(Pools(_config(stack, tmp_path))) as pools, pools.autocommit("postgres") as cr:
        counted = slowest(cr, database, 5)  # as `fondaco top` shows them
    assert counted is not None and any("a_slow_statement" in one["statement"] for one in counted)
    _wait(lambda: "duration: " in stack.log() and "a_slow_statement" in stack.log())


def test_p20_without_statistics_the_checklist_says_how_to_have_them(stack: Stack, tmp_path) -> None:
    with stack.superuser() as connection:
        connection.execute("DROP EXTENSION pg_stat_statements")
        try:
            finding = _found(stack, "postgresql.top_queries", tmp_path)
        finally:
            connection.execute("CREATE EXTENSION pg_stat_statements")

    assert finding.verdict is Verdict.WARN
    assert "CREATE EXTENSION pg_stat_statements" in finding.next_step


def _console(stack: Stack, **login: object) -> psycopg.Connection:
    """The console of PgBouncer."""
    more = {"dbname": "pgbouncer", "autocommit": True, "prepare_threshold": None}
    return psycopg.connect(host="127.0.0.1", port=stack.pooler, **login, **more)


def test_b5_the_operator_commands_the_pooler_and_the_server_only_looks(stack: Stack, kit) -> None:
    written = kit["etc/fondaco/erp-pooler-pgpass"]
    *_place, user, password = written.content.splitlines()[-1].split(":")
    patiently(**_login(stack.pooler)).close()

    with _console(stack, user=user, password=password) as console:
        pools = console.execute("SHOW POOLS").fetchall()
        console.execute("PAUSE erp")
        console.execute("RESUME erp")
    with _console(stack, user="erp", password=SECRETS["database-password"]) as console:
        assert console.execute("SHOW STATS").fetchall()
        with pytest.raises(psycopg.Error, match="admin access needed"):
            console.execute("PAUSE erp")

    assert ("erp", "erp") in [row[:2] for row in pools]
    assert written.mode == 0o600
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        _console(stack, user=user, password="wrong")


def test_b6_pgbouncer_tells_of_log_ins_their_end_and_errors(stack: Stack) -> None:
    log = stack.folder / "pgbouncer.log"
    patiently(**_login(stack.pooler)).close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**{**_login(stack.pooler), "password": "wrong"})

    for word in ("login attempt: db=erp user=erp", "closing because: client close request", "authentication failed"):
        _wait(lambda word=word: word in log.read_text())
