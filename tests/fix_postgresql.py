"""A PostgreSQL for the run: the one FONDACO_TEST_DSN names, or the embedded one in a temporary directory."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from psycopg import conninfo

from fondaco.config import Config
from fondaco.modules.registries import Registries
from fondaco.sql.connection import Pools
from fondaco.sql.embedded import Embedded
from tests.fix_pgbouncer import VARIABLE, pooling

# What it keeps ends with the run: nothing waits for the disk. It may be killed nevertheless, for the pages are with the
# kernel then; tests of what is durable have a PostgreSQL of their own (tests/fix_cluster.py).
# A new database is pages in the log: they need not be made small. Databases come and go too fast to be tidied up.
LAZY = "fsync = off\nfull_page_writes = off\nwal_compression = off\nautovacuum_naptime = 1h\n"
CONFIG_KEY = {"host": "db_host", "port": "db_port", "user": "db_user", "password": "db_password"}


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def postgresql(run_dir: Path) -> Iterator[Mapping[str, object]]:
    """The connection options."""
    if dsn := os.environ.get("FONDACO_TEST_DSN"):
        found = conninfo.conninfo_to_dict(dsn)
        options: dict[str, object] = {CONFIG_KEY[key]: value for key, value in found.items() if key in CONFIG_KEY}
        if "db_port" in options:
            options["db_port"] = int(str(options["db_port"]))
        yield options
        return
    embedded = Embedded(str(run_dir / "data"))
    options = embedded.start()
    _write_lazily(run_dir / "data" / "postgresql")
    yield options
    embedded.stop()


def _write_lazily(folder: Path) -> None:
    """Have the embedded PostgreSQL of this folder leave it to the kernel when files are written."""
    data = Path((folder / "home").read_text(), "data")
    settings = data / "postgresql.conf"
    if LAZY not in settings.read_text():
        with settings.open("a") as file:
            file.write(LAZY)
        os.kill(int((data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGHUP)


@pytest.fixture(scope="session")
def config(postgresql: Mapping[str, object], run_dir: Path) -> Iterator[Config]:
    """The settings of the run; with FONDACO_TEST_PGBOUNCER all of it goes through PgBouncer in transaction mode."""
    settings = Config.default().replace(
        data_dir=str(run_dir / "data"),
        http_interface="127.0.0.1",
        max_cron_threads=0,
        webhook_networks=["127.0.0.0/8"],
        **postgresql,
    )
    through = pooling(settings) if os.environ.get(VARIABLE) else contextlib.nullcontext(settings)
    with through as reached:
        yield reached


@pytest.fixture(scope="session")
def pools(config: Config) -> Iterator[Pools]:
    pools = Pools(config)
    yield pools
    pools.close()


@pytest.fixture(scope="session")
def registries(config: Config, pools: Pools) -> Registries:
    return Registries(config, pools)
