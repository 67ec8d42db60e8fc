"""A PostgreSQL of the tests' own that may be stopped and started, and a replica that follows it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fondaco.config import Config
from fondaco.modules.registries import Registries
from fondaco.sql.binaries import account_for, binaries
from fondaco.sql.connection import Pools
from fondaco.sql.embedded import SUPERUSER, Embedded
from tests import fix_database
from tests.processes import ended

PATIENCE_S = 60


class Cluster:
    """A PostgreSQL of the test's own that it stops and starts, given to servers as an operator's is."""

    def __init__(self, directory: Path, modules: tuple[str, ...] = ()) -> None:
        self.embedded = Embedded(str(directory / "data"))
        options = self.embedded.start()
        self.config = Config.default().replace(data_dir=str(directory / "data"), max_cron_threads=0, **options)
        pools = Pools(self.config)
        self.database = fix_database.create(Registries(self.config, pools), modules)
        pools.close()

    def postmaster(self) -> int:
        home = Path(Path(self.config["data_dir"], "postgresql", "home").read_text())
        return int((home / "data" / "postmaster.pid").read_text().splitlines()[0])

    def stop(self) -> None:
        """As an administrator does: `pg_ctl stop -m fast`."""
        pid = self.postmaster()
        os.kill(pid, signal.SIGINT)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state == "Z":
                return
            time.sleep(0.02)
        pytest.fail(f"PostgreSQL did not stop within {PATIENCE_S} s")

    def start(self) -> None:
        self.embedded.revive()


@pytest.fixture(scope="session")
def lasting_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("cluster"))
    yield running
    with contextlib.suppress(OSError):
        running.embedded.stop()


@pytest.fixture
def cluster(lasting_cluster: Cluster) -> Cluster:
    """It runs when a test begins, whatever the one before left."""
    lasting_cluster.start()
    return lasting_cluster


class Replica:
    """A streaming replica of a cluster: its replay can be paused, and it can be stopped and started."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.folder = Path(tempfile.mkdtemp(prefix="replica-"))  # not below pytest's: that is closed to other accounts
        self.account = account_for()
        self.process: subprocess.Popen[bytes] | None = None
        if self.account is not None:
            os.chown(self.folder, self.account.uid, self.account.gid)
        config = cluster.config
        self.password = Path(config["data_dir"], "postgresql", "superuser-password").read_text()
        self.config = config.replace(db_replica_host=str(self.folder), db_replica_port=config["db_port"])
        arguments = ["-h", config["db_host"], "-p", str(config["db_port"] or 5432), "-U", SUPERUSER]
        subprocess.run(
            [binaries() / "pg_basebackup", *arguments, "-D", self.folder / "data", "-R", "-X", "stream", "-c", "fast"],
            env={"PGPASSWORD": self.password, "LC_ALL": "C"},
            check=True,
            cwd="/",
            timeout=2 * PATIENCE_S,
            **self._as_account(),
        )

    def _as_account(self) -> dict[str, object]:
        if self.account is None:
            return {}
        return {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}

    def start(self) -> None:
        """Unless it runs; and wait until it has what the primary has now."""
        if self.process is None or self.process.poll() is not None:
            self._launch()
        self.follow()

    def _launch(self) -> None:
        settings = {
            "listen_addresses": "", "unix_socket_directories": str(self.folder), "shared_buffers": "32MB",
            "port": str(self.config["db_port"] or 5432),
        }  # fmt: skip
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [binaries() / "postgres", "-D", self.folder / "data"]
                + [word for name, value in settings.items() for word in ("-c", f"{name}={value}")],
                stdout=log, stderr=log, cwd="/", env={"LC_ALL": "C"}, **self._as_account(),
            )  # fmt: skip

    def stop(self) -> None:
        if self.process is not None:
            ended(self.process, signal.SIGINT)
            self.process = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def ask(self, statement: str) -> object:
        """The one value that a statement answers on the replica."""
        settings = Pools(self.config).settings("postgres", is_replica=True)
        own = {"user": SUPERUSER, "password": self.password}
        with psycopg.connect(autocommit=True, **{**settings, **own}) as connection:
            row = connection.execute(statement).fetchone()
            return row[0] if row else None

    def pause(self) -> None:
        """From here on it stays behind."""
        self.ask("SELECT pg_wal_replay_pause()")
        end = time.monotonic() + PATIENCE_S
        while self.ask("SELECT pg_get_wal_replay_pause_state()") != "paused":
            assert time.monotonic() < end, "the replica goes on replaying"
            time.sleep(0.02)

    def follow(self) -> None:
        """Wait until it has what the primary has now."""
        end = time.monotonic() + PATIENCE_S
        pools = Pools(self.cluster.config)
        with pools.autocommit("postgres") as cr:
            cr.execute("SELECT pg_current_wal_insert_lsn()::text")
            position = cr.fetchone()[0]
        pools.close()
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                if self.ask("SELECT pg_is_wal_replay_paused()"):
                    self.ask("SELECT pg_wal_replay_resume()")
                if self.ask(f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn"):
                    return
            assert time.monotonic() < end, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.05)


@pytest.fixture(scope="session")
def lasting_replica(lasting_cluster: Cluster) -> Iterator[Replica]:
    running = Replica(lasting_cluster)
    yield running
    running.close()


@pytest.fixture
def replica(cluster: Cluster, lasting_replica: Replica) -> Replica:
    """It runs and follows when a test begins, whatever the one before left."""
    lasting_replica.start()
    return lasting_replica
