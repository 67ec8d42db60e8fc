"""The files of the kit for the example, and what is started from them: PostgreSQL and PgBouncer."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from fondaco.kit import description, files
from fondaco.kit.files import File
from fondaco.sql.binaries import account_for, binaries, run_as
from tests.fix_server import free_port

PATIENCE_S = 60
SECRETS = {
    "database-password": "database-secret-1234567890",
    "master-password": "master-secret-1234567890",
    "backup-password": "backup-secret-1234567890",
    "replication-password": "replication-secret-1234567890",
    "patroni-password": "patroni-secret-1234567890",
    "pooler-password": "pooler-secret-1234567890",
    "administrator-password": "administrator-secret-1234567890",
}


@dataclass(frozen=True, slots=True)
class Stack:
    """PostgreSQL at `port`, PgBouncer at `pooler`; `folder` holds both."""

    folder: Path
    port: int
    pooler: int

    @property
    def wal(self) -> Path:
        """Where the log of PostgreSQL comes."""
        return self.folder / "wal"

    def superuser(self, database: str = "postgres") -> psycopg.Connection:
        """As postgres, past the pooler."""
        return psycopg.connect(
            host=str(self.folder), port=self.port, user="postgres", dbname=database, autocommit=True
        )  # fmt: skip

    def client(self, database: str) -> psycopg.Connection:
        """As the server, through the pooler."""
        return psycopg.connect(
            host="127.0.0.1", port=self.pooler, user="erp", password=SECRETS["database-password"], dbname=database
        )

    def console(self) -> psycopg.Connection:
        """PgBouncer itself, as who looks after it; rows are dicts."""
        return psycopg.connect(
            host="127.0.0.1", port=self.pooler, user="erp_pooler", password=SECRETS["pooler-password"],
            dbname="pgbouncer", autocommit=True, prepare_threshold=None, row_factory=dict_row,
        )  # fmt: skip

    def log(self) -> str:
        return (self.folder / "log").read_text()


def example() -> dict:
    """The example, parsed."""
    return tomllib.loads(description.EXAMPLE)


def files_of(**sections: dict[str, object]) -> dict[str, File]:
    """The files of the example with these keys changed, by path: files_of(network={"front_networks": [...]})."""
    content = example()
    for section, values in sections.items():
        content.setdefault(section, {}).update(values)
    return {file.path: file for file in files.rendered(description.described(content, "the example"), SECRETS)}


@pytest.fixture(scope="session")
def kit() -> dict[str, File]:
    """The files of the example, by path."""
    return files_of()


@pytest.fixture(scope="session")
def stack(kit) -> Iterator[Stack]:
    """PostgreSQL and PgBouncer, started from the kit's files."""
    bouncer = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if bouncer is None:
        pytest.skip("no pgbouncer here: see tests/programs.sh")
    account, programs = account_for(), binaries()
    folder, port, pooler = Path(tempfile.mkdtemp(prefix="kit-")), free_port(), free_port()
    data = folder / "data"
    _give(folder, account)
    try:
        (folder / "wal").mkdir()
        _give(folder / "wal", account)
        initdb = [programs / "initdb", "-D", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"]
        initdb += ["--data-checksums"]
        assert run_as(account, initdb).returncode == 0
        with (data / "postgresql.conf").open("a") as file:
            file.write(_tuning_of_a_small_machine(kit).replace("/var/lib/erp-wal", str(folder / "wal")))
            file.write(f"\nport = {port}\nunix_socket_directories = '{folder}'\n")
        start = [programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "start"]
        assert run_as(account, start).returncode == 0, (folder / "log").read_text()
        with psycopg.connect(host=str(folder), port=port, user="postgres", autocommit=True) as connection:
            for statement in kit["etc/fondaco/erp-role.sql"].content.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
            hba = kit["etc/postgresql/15/main/pg_hba.conf"].content
            # The account of this PostgreSQL is not called postgres.
            hba = hba.replace("postgres                 peer", "postgres                 trust")
            (data / "pg_hba.conf").write_text(hba)
            connection.execute("SELECT pg_reload_conf()")
            wrong = connection.execute("SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL").fetchall()
            assert wrong == []
        ini = kit["etc/pgbouncer/pgbouncer.ini"].content.replace("port=5432", f"port={port}")
        ini = ini.replace("listen_port = 6432", f"listen_port = {pooler}")
        for name in ("/etc/pgbouncer", "/var/log/postgresql", "/var/run/postgresql"):
            ini = ini.replace(name, str(folder))
        for name, text in (("pgbouncer.ini", ini), ("userlist.txt", kit["etc/pgbouncer/userlist.txt"].content)):
            (folder / name).write_text(text)
            (folder / name).chmod(0o600)
            _give(folder / name, account)
        assert run_as(account, [bouncer, "-q", "-d", folder / "pgbouncer.ini"]).returncode == 0
        yield Stack(folder, port, pooler)
    finally:
        with contextlib.suppress(OSError):
            os.kill(int((folder / "pgbouncer.pid").read_text()), signal.SIGTERM)
        run_as(account, [programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def _tuning_of_a_small_machine(kit) -> str:
    text = kit["etc/postgresql/15/main/conf.d/erp.conf"].content
    text = re.sub(r"shared_buffers = \d+MB", "shared_buffers = 32MB", text)
    return re.sub(r"maintenance_work_mem = \d+MB", "maintenance_work_mem = 64MB", text)


def _give(path: Path, account: object) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)


def patiently(**login: object) -> psycopg.Connection:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return psycopg.connect(**login)
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
        time.sleep(0.05)
