"""Real reverse proxies for tests: nginx and HAProxy with a configuration of the test, in a folder of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import ended

START_S = 60
# What surrounds a site of /etc/nginx/sites-enabled; everything a process writes lies in {folder}.
NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{account}
events {{ worker_connections 128; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  include {folder}/site.conf;
}}
"""


class Proxy:
    """A program with a configuration in `folder`: `complaint` says what it finds wrong, `running` runs it."""

    def __init__(self, command: list[str], check: list[str], folder: Path) -> None:
        self.command, self.check, self.folder = command, check, folder

    @property
    def complaint(self) -> str:
        """What the program says against the configuration and then does not start; nothing if it would."""
        done = subprocess.run(self.check, capture_output=True, text=True, timeout=60, check=False)
        return done.stderr if done.returncode else ""

    @contextlib.contextmanager
    def running(self, port: int) -> Iterator[None]:
        """Until the end of the block; it answers on `port`."""
        log = self.folder / "output.log"
        with log.open("wb") as output:
            process = subprocess.Popen(self.command, stdout=output, stderr=output)
        try:
            end = time.monotonic() + START_S
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                if process.poll() is not None or time.monotonic() > end:
                    pytest.fail(f"{self.command[0]} did not start:\n{log.read_text()}")
                time.sleep(0.02)
            yield
        finally:
            ended(process)


def _program(name: str, package: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip(f"no {name} here: install the package {package}")
    return found


def nginx_in(folder: Path, text: str, account: str = "root") -> Proxy:
    """An nginx with this site, which writes below `folder`; account: of its workers, where root starts it."""
    program = _program("nginx", "nginx-light")
    user = f"user {account};" if not os.geteuid() else ""
    (folder / "site.conf").write_text(text)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, account=user))
    command = [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    return Proxy(command, [*command, "-t"], folder)


@pytest.fixture
def nginx(tmp_path: Path) -> Callable[[str], Proxy]:
    """nginx(text): an nginx with this site."""
    _program("nginx", "nginx-light")
    return lambda text: nginx_in(tmp_path, text)


@pytest.fixture
def haproxy(tmp_path: Path) -> Callable[[str], Proxy]:
    """haproxy(text): an HAProxy with this configuration."""
    program = _program("haproxy", "haproxy")

    def haproxy(text: str) -> Proxy:
        (tmp_path / "haproxy.cfg").write_text(text)
        command = [program, "-db", "-f", str(tmp_path / "haproxy.cfg")]
        return Proxy(command, [*command, "-c"], tmp_path)

    return haproxy
