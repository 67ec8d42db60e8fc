"""B1: what a server does all day, through PgBouncer in transaction mode; live news and jobs are in tests/bus."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from fondaco.errors import DatabaseError
from fondaco.modules import databases
from fondaco.modules.registries import Registries
from fondaco.sql import link, programs
from fondaco.sql.connection import Pools
from tests import fix_database, fix_pgbouncer
from tests.external_api import service
from tests.fix_server import free_port, serving


@pytest.mark.parametrize("workers", [0, 2], ids=["threads", "processes"])
def test_b1_records_and_modules_change_behind_pgbouncer(pooled, database_with, run_dir, workers):
    name = database_with("base", "web") if workers else database_with()
    settings = pooled(is_direct=True).replace(workers=workers, gevent_port=free_port(), db_maxconn=8)

    with serving(settings, name, run_dir) as server:
        with service(server, "common") as common:
            uid = common.authenticate(name, server.login, server.password, {})
        with service(server) as models:

            def call(model, method, *args, **kwargs):
                return models.execute_kw(name, uid, server.password, model, method, list(args), kwargs)

            word = secrets.token_hex(4)
            numbers = [call("res.partner", "create", {"name": f"{word} {number}"}) for number in range(20)]
            call("res.partner", "write", numbers, {"comment": "<p>seen</p>"})
            found = call("res.partner", "search_read", [("name", "like", f"{word} ")], ["name", "comment"], order="id")
            assert [one["id"] for one in found] == numbers
            assert {one["comment"] for one in found} == {"<p>seen</p>"}

            (module,) = call("ir.module.module", "search", [("name", "=", "contacts")])
            call("ir.module.module", "button_immediate_install", [module])
            assert call("ir.module.module", "read", [module], ["state"])[0]["state"] == "installed"
            assert call("res.partner", "search_count", [("id", "in", numbers)]) == 20


def test_b1_a_database_that_was_dropped_is_told_as_such_long_before_pgbouncer_gives_up(pooled, registries, monkeypatch):
    """PgBouncer lets in whoever names a database, and keeps him waiting for the server of it."""
    monkeypatch.setattr(link, "KEPT_S", 0.3)
    name = fix_database.create(registries, ())
    pools = Pools(pooled(is_direct=False))
    with pools.cursor(name) as cr:
        cr.execute("SELECT 1")
    databases.drop(registries, name)

    begin = time.monotonic()
    for _has_connection in (True, False):
        with (
            pytest.raises(psycopg.OperationalError, match=f'database "{name}" does not exist'),
            pools.cursor(name) as cr,
        ):
            cr.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"), pools.autocommit(name) as cr:
        cr.execute("SELECT 1")
    pools.close()

    assert time.monotonic() - begin < fix_pgbouncer.WAIT_S
    assert pools.count == 0, "no connection is left behind"


def test_b1_modules_are_changed_by_one_process_at_a_time(pooled, registries, database):
    """A lock that a session holds would be held by every process that PgBouncer lends this session to."""
    settings = pooled(is_direct=False)
    first, second = (Registries(settings, Pools(settings)) for _process in range(2))
    entered = threading.Event()

    def change() -> None:
        with second._alone(database):
            entered.set()

    def is_waiting() -> bool:
        with registries.pools.cursor(database) as cr:
            cr.execute("SELECT 1 FROM pg_locks JOIN pg_database AS d ON d.oid = database WHERE locktype = 'advisory'"
                       " AND NOT granted AND datname = current_database()")  # fmt: skip
            return bool(cr.fetchall())

    thread = threading.Thread(target=change, daemon=True)
    with contextlib.closing(first.pools), contextlib.closing(second.pools):
        with first._alone(database):
            thread.start()
            while not is_waiting():
                assert not entered.is_set(), "both change its modules"
                time.sleep(0.05)
        assert entered.wait(60)
        thread.join(60)


def test_b1_dumps_go_past_pgbouncer_to_which_they_would_leave_their_settings(pooled):
    past, none = Pools(pooled(is_direct=True)), Pools(pooled(is_direct=False))

    reached = programs.environment(past, "any")
    with pytest.raises(DatabaseError, match="db_direct_host"):
        programs.environment(none, "any")

    assert reached["PGHOST"] == past.config["db_direct_host"]
    assert reached["PGPORT"] == str(past.config["db_direct_port"])


SAMPLE = ("orm/ledger/test_create_write.py", "orm/ledger/test_transact.py", "orm/shelf/test_addon_sql.py")
"""What writes, what is repeated, and what addons send as SQL of their own; `make test-pgbouncer` runs all the rest."""


def test_b1_the_tests_of_the_orm_pass_behind_pgbouncer(config):
    folder = Path(__file__).parents[1]
    parts = {"host": "db_host", "port": "db_port", "user": "db_user", "password": "db_password"}
    dsn = " ".join(f"{name}={config[key]}" for name, key in parts.items() if config[key])
    environ = {**os.environ, "FONDACO_TEST_PGBOUNCER": "1", "FONDACO_TEST_DSN": dsn}
    for name in [name for name in environ if name.startswith("PYTEST_")]:
        del environ[name]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", *(str(folder / name) for name in SAMPLE)],
        env=environ, cwd=folder.parent, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-5000:]
    assert " passed" in done.stdout and " skipped" not in done.stdout
