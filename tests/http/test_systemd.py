"""What systemd is told and what it gives: states over a real socket, listening sockets by descriptor, the unit."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fondaco.sql.fragment import SQL
from tests.http.test_server import PROGRAM, Server
from tests.processes import ended, first_line

UNITS = Path(__file__).parents[2] / "docs" / "operator" / "systemd"
PATIENCE_S = 120


class Manager:
    """What a service manager hears."""

    def __init__(self, sock):
        self.sock = sock
        self.heard = []

    def wait_for(self, word):
        """The message with this line, and those before."""
        self.sock.settimeout(PATIENCE_S)
        while True:
            message = self.sock.recv(4096).decode().splitlines()
            self.heard.append(message[0])
            if word in message:
                return message


@contextlib.contextmanager
def manager_at(address):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(address)
        yield Manager(sock)


@contextlib.contextmanager
def managed(workers, address, **environ):
    """(server, what its manager hears)."""
    with manager_at(address) as manager:
        shown = f"@{address[1:]}" if address.startswith("\0") else address
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), "0", str(workers)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "NOTIFY_SOCKET": shown, **environ},
        )  # fmt: skip
        try:
            url = first_line(process)
            yield Server(process, int(url.rpartition(":")[2])), manager
        finally:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("workers", [0, 1], ids=["threads", "processes"])
def test_the_manager_hears_of_start_reload_and_stop(workers, tmp_path):
    with managed(workers, str(tmp_path / "notify")) as (server, manager):
        manager.wait_for("READY=1")
        before = time.monotonic_ns() // 1000
        os.kill(server.process.pid, signal.SIGHUP)
        _word, moment = manager.wait_for("RELOADING=1")
        manager.wait_for("READY=1")
        server.process.terminate()
        manager.wait_for("STOPPING=1")

        assert before <= int(moment.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000
        assert server.process.wait(PATIENCE_S) == 0
        assert manager.heard == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]


def test_the_watchdog_is_fed_while_connections_are_looked_after(tmp_path):
    with managed(1, f"\0fondaco-test-{os.getpid()}", WATCHDOG_USEC="400000") as (server, manager):
        for _ in range(3):
            manager.wait_for("WATCHDOG=1")
        dispatcher = next(pid for pid in server.children() if is_dispatcher(pid))
        os.kill(dispatcher, signal.SIGSTOP)
        try:
            manager.sock.settimeout(3)
            with pytest.raises(TimeoutError):
                end = time.monotonic() + 60
                while time.monotonic() < end:
                    manager.sock.recv(4096)
        finally:
            os.kill(dispatcher, signal.SIGCONT)


MORE_TIME = "EXTEND_TIMEOUT_USEC=60000000"


def test_the_manager_hears_of_databases_that_take_long_to_load(fondaco, registries, database, tmp_path):
    arguments = ["-d", database, "--workers=1", "--gevent-port=0", "--http-port=0"]
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
    with manager_at(environ["NOTIFY_SOCKET"]) as manager, registries.pools.cursor(database) as cr:
        cr.run(SQL("LOCK TABLE ir_module_module"))
        server = fondaco.start(*arguments, **environ)
        try:
            for _ in range(20):
                assert "WATCHDOG=1" in manager.wait_for(MORE_TIME)
            assert "READY=1" not in manager.heard
            cr.rollback()
            manager.wait_for("READY=1")

            manager.heard.clear()
            server.send_signal(signal.SIGHUP)
            manager.wait_for("RELOADING=1")
            manager.wait_for("READY=1")
            assert MORE_TIME in manager.heard[manager.heard.index("RELOADING=1") :]
        finally:
            ended(server)


def is_dispatcher(pid):
    """The dispatcher alone keeps the listening socket."""
    listening = {line.split()[9] for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines() if " 0A " in line}
    links = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            links.append(os.readlink(path))
    return any(link.removeprefix("socket:[").removesuffix("]") in listening for link in links)


@pytest.mark.parametrize("workers", [0, 1], ids=["threads", "processes"])
def test_sockets_that_systemd_opened_are_served_also_after_a_reload(workers):
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        ports = [sock.getsockname()[1] for sock in (first, second)]
        process = subprocess.Popen(
            ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$@"', "-", sys.executable, str(PROGRAM), "1", str(workers)],
            stdout=subprocess.PIPE, text=True, preexec_fn=lambda: give(first, second), close_fds=False,
        )  # fmt: skip
    try:
        assert first_line(process) == f"http://localhost:{ports[0]}"
        starts = [Server(process, port).get("/start")[1] for port in ports]
        os.kill(process.pid, signal.SIGHUP)
        end = time.monotonic() + PATIENCE_S
        while Server(process, ports[0]).get("/start")[1] == starts[0]:
            assert time.monotonic() < end
            time.sleep(0.05)

        assert Server(process, ports[1]).get("/x")[0].status == 200
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        process.stdout.close()


def give(*sockets):
    """Have these as descriptors 3, 4, ... of the program that is about to be executed."""
    spare = [os.dup(sock.fileno()) for sock in sockets]
    for target, descriptor in enumerate(spare, 3):
        os.dup2(descriptor, target)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("fondaco*")))
def test_the_unit_is_one(unit, tmp_path):
    for path in UNITS.glob("fondaco*"):
        # systemd looks whether the program is there.
        (tmp_path / path.name).write_text(path.read_text().replace("/opt/fondaco/bin/fondaco", sys.executable))

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
