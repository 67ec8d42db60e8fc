"""A real PgBouncer in transaction mode before the PostgreSQL of the run."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fondaco.config import Config
from tests.fix_server import free_port
from tests.processes import ended

VARIABLE = "FONDACO_TEST_PGBOUNCER"  # set, it sends all tests through a PgBouncer
START_S = 60
POOL = 8  # connections to PostgreSQL for each database
WAIT_S = 60  # for PostgreSQL, a database that was dropped included
IDLE_S = 10  # after which one of them is closed: a run has hundreds of databases


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what must be directly at PostgreSQL, where all the others go through PgBouncer."""
    if not os.environ.get(VARIABLE):
        return
    for item in items:
        for mark in item.iter_markers("direct"):
            item.add_marker(pytest.mark.skip(reason=f"not through PgBouncer: {mark.args[0]}"))


@contextlib.contextmanager
def pooling(config: Config) -> Iterator[Config]:
    """The settings by which PostgreSQL is reached through a PgBouncer, and past it where that is needed."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("no pgbouncer here: install the package pgbouncer")
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))  # not below pytest's: that is closed to other accounts
    port = free_port()
    host, upstream_port = config["db_direct_host"] or config["db_host"], config["db_direct_port"] or config["db_port"]
    user = config["db_user"] or pwd.getpwuid(os.getuid()).pw_name
    (folder / "users.txt").write_text(f'"{user}" "{config["db_password"]}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={host} port={upstream_port or 5432}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {folder}/users.txt\n"
        f"pool_mode = transaction\ndefault_pool_size = {POOL}\nserver_idle_timeout = {IDLE_S}\n"
        f"query_wait_timeout = {WAIT_S}\nserver_login_retry = 1\n"  # as in the kit
        f"ignore_startup_parameters = extra_float_digits\nlogfile = {folder}/log\nstats_users = {user}\n"
    )
    account = _account(str(host), folder)
    process = subprocess.Popen([program, str(folder / "pgbouncer.ini")], stderr=subprocess.DEVNULL, user=account)
    try:
        _wait(port, folder / "log")
        yield config.replace(
            db_host="127.0.0.1", db_port=port, db_user=user, db_pgbouncer=True, db_direct_host=host,
            db_direct_port=upstream_port or 5432,
        )  # fmt: skip
    finally:
        ended(process)
        shutil.rmtree(folder)


@pytest.fixture
def pooled(config: Config) -> Iterator[Callable[..., Config]]:
    """pooled(is_direct=True): settings that reach PostgreSQL through PgBouncer, with or without a way past it."""
    with pooling(config) as settings:
        yield lambda is_direct: settings if is_direct else settings.replace(db_direct_host="", db_direct_port=None)


def _account(upstream: str, folder: Path) -> int | None:
    """PgBouncer does not run as root: it takes the account of the PostgreSQL whose socket it enters."""
    if os.geteuid():
        return None
    account = os.stat(upstream).st_uid if upstream.startswith("/") else pwd.getpwnam("nobody").pw_uid
    for path in (folder, *folder.iterdir()):
        os.chown(path, account, -1)
    return account


def _wait(port: int, log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail(f"pgbouncer did not start: {log.read_text() if log.exists() else ''}")
