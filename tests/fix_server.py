"""A real server for tests: its own process, a free port, base, web, uom, product, contacts and the settings."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from fondaco.config import Config
from fondaco.config.sources import save
from fondaco.modules import databases
from fondaco.modules.registries import Registries
from tests import fix_database
from tests.processes import ended

MODULES = ("contacts", "product", "base_setup")
START_SECONDS = 120
STOP_SECONDS = 60
FIRST_PORT, LAST_PORT = 10_000, 32_000
BLOCK = 500
CONNECTION = ("db_host", "db_port", "db_user", "db_password", "db_pgbouncer", "db_direct_host", "db_direct_port")


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is and how to get in."""

    url: str
    database: str
    login: str
    password: str
    pid: int
    logfile: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def _ports() -> Iterator[int]:
    """Ports for servers, none of another worker's or of another run on this machine: between `free_port` and the start
    of its server nobody takes it. They lie below those that Linux gives to whoever opens a connection."""
    blocks = list(range(FIRST_PORT, LAST_PORT, BLOCK))
    random.SystemRandom().shuffle(blocks)
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    for first in blocks:
        with contextlib.suppress(OSError):  # of another process
            mark.bind(f"\0fondaco-tests-ports-{first}")
            mark.detach()  # it stays open until the end of this one
            yield from itertools.cycle(range(first, first + BLOCK))
    pytest.fail("the tests of other processes have all the ports")


_mine = _ports()


def free_port() -> int:
    for port in _mine:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("unreachable")


OURS = (sys.executable, "-m", "fondaco")


@contextlib.contextmanager
def serving(
    config: Config,
    name: str,
    directory: Path,
    *,
    port: int | None = None,
    pasted: str = "",
    program: Sequence[str] = OURS,
    **settings: object,
) -> Iterator[Server]:
    """A server on database `name`, until the end of the block. port: where it answers, when not on http_port; pasted:
    what somebody adds at the end of its file; program: one that is installed elsewhere; settings: in place of those
    that make it serve this database alone."""
    http_port = free_port()
    port = port or http_port
    logfile = directory / f"server-{port}.log"
    path = directory / f"server-{port}.conf"
    alone: dict[str, object] = {"db_name": [name], "dbfilter": f"^{name}$", **settings}
    config = config.replace(http_port=http_port, http_interface="127.0.0.1", **alone)
    save(Config(config.values_by_key, config.sources, {}, (), str(path)))
    with path.open("a", encoding="utf-8") as file:
        file.write(pasted)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FONDACO_")}
    with logfile.open("wb") as log:
        process = subprocess.Popen([*program, "-c", str(path)], stdout=log, stderr=log, env=environ)
    try:
        _wait(process, port, logfile)
        yield Server(f"http://127.0.0.1:{port}", name, fix_database.LOGIN, fix_database.PASSWORD, process.pid, logfile)
    finally:
        ended(process, patience_s=STOP_SECONDS)


def _wait(process: subprocess.Popen[bytes], port: int, logfile: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail(f"the server did not start:\n{logfile.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def server(config: Config, registries: Registries, run_dir: Path) -> Iterator[Server]:
    """A running server with base, web, uom, product, contacts and the settings, for the whole run."""
    name = fix_database.create(registries, MODULES)
    with serving(config, name, run_dir) as running:
        yield running
    databases.drop(registries, name)


class Fondaco:
    """The command line in a process of its own, with the connection of the run."""

    def __init__(self, config: Config, home: Path) -> None:
        self.environ = {key: value for key, value in os.environ.items() if not key.startswith(("FONDACO_", "PG"))}
        self.environ["HOME"] = str(home)
        self.environ["FONDACO_DATA_DIR"] = config["data_dir"]
        for key in CONNECTION:
            if config[key]:
                self.environ[f"FONDACO_{key.upper()}"] = str(config[key])

    def _environ(self, variables: dict[str, str | None]) -> dict[str, str]:
        return {key: value for key, value in {**self.environ, **variables}.items() if value is not None}

    def run(
        self, *arguments: str, stdin: str = "", check: bool = False, **variables: str | None
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; `variables` are added to the environment, None takes one away."""
        done = subprocess.run(
            [sys.executable, "-m", "fondaco", *arguments], input=stdin, capture_output=True, text=True, timeout=300,
            env=self._environ(variables), check=False,
        )  # fmt: skip
        if check and done.returncode:
            pytest.fail(f"fondaco {' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")
        return done

    def start(self, *arguments: str, **variables: str | None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "fondaco", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=self._environ(variables),
        )  # fmt: skip

    @contextlib.contextmanager
    def started(self, *arguments: str, **variables: str | None) -> Iterator[tuple[subprocess.Popen[str], int]]:
        """A server on a free port, until the end of the block: process, port."""
        port = free_port()
        process = self.start(*arguments, "--http-interface=127.0.0.1", f"--http-port={port}", **variables)
        try:
            end = time.monotonic() + START_SECONDS
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                if process.poll() is not None or time.monotonic() > end:
                    process.kill()
                    pytest.fail(f"fondaco {' '.join(arguments)} did not start:\n{process.communicate(timeout=60)[1]}")
                time.sleep(0.05)
            yield process, port
        finally:
            ended(process, patience_s=STOP_SECONDS)


@pytest.fixture
def fondaco(config: Config, tmp_path: Path) -> Fondaco:
    """fondaco.run("db", "list"): the command line, with a home of its own."""
    return Fondaco(config, tmp_path)
