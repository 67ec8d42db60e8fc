"""A real Redis for tests: its own process, a free port, nothing kept on disk. It can be stopped and started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fix_server import free_port

PASSWORD = "redis-secret"
START_SECONDS = 60


class Redis:
    """A Redis of the test; `url` is where it answers while it runs."""

    def __init__(self, program: str, directory: Path, host: str) -> None:
        self.program, self.directory, self.host = program, directory, host
        self.port = free_port()
        self.url = f"redis://:{PASSWORD}@{host}:{self.port}/3"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--bind", self.host, "--requirepass", PASSWORD, "--save", ""]
        self.process = subprocess.Popen(
            [self.program, *arguments, "--dir", str(self.directory)], stdout=subprocess.DEVNULL
        )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1):
                return
            time.sleep(0.02)
        pytest.fail("redis-server did not start")

    def stop(self) -> None:
        """Killed: what it held is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """It keeps its connections and answers nobody."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)


@contextlib.contextmanager
def serving_redis(directory: Path, host: str = "127.0.0.1") -> Iterator[Redis]:
    """A running Redis that works in `directory` and answers at an address of this machine."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    running = Redis(program, directory, host)
    try:
        running.start()
        yield running
    finally:
        with contextlib.suppress(AssertionError):
            running.thaw()
        running.stop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A running Redis."""
    with serving_redis(tmp_path) as running:
        yield running
