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

START_S = 20


@pytest.fixture
def pooled(config: Config) -> Iterator[Callable[..., Config]]:
    """pooled(is_direct=True): settings that reach PostgreSQL through PgBouncer, with or without a way past it."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("no pgbouncer here: install the package pgbouncer")
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))  # not below pytest's: that is closed to other accounts
    port = free_port()
    upstream = f"host={config['db_host']} port={config['db_port'] or 5432}"
    user = config["db_user"] or pwd.getpwuid(os.getuid()).pw_name
    (folder / "users.txt").write_text(f'"{user}" "{config["db_password"]}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = {upstream}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {folder}/users.txt\npool_mode = transaction\ndefault_pool_size = 4\n"
        f"ignore_startup_parameters = extra_float_digits\nlogfile = {folder}/log\n"
    )
    account = _account(str(config["db_host"]), folder)
    process = subprocess.Popen([program, str(folder / "pgbouncer.ini")], stderr=subprocess.DEVNULL, user=account)
    try:
        _wait(port, folder / "log")
        yield lambda is_direct: config.replace(
            db_host="127.0.0.1", db_port=port, db_user=user, db_pgbouncer=True,
            **({"db_direct_host": config["db_host"], "db_direct_port": config["db_port"] or 5432} if is_direct else {}),
        )  # fmt: skip
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder)


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
