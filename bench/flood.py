"""What a flood of one tenant does to another: p95 of its requests, idle and meanwhile.

    python -m bench.flood [--workers 2] [--connections 32] [--seconds 20]

Makes a PostgreSQL and a server with worker processes of its own and two databases. One is asked as fast as it answers,
over so many connections, from a process of its own; the other once in a while, which is measured. docs/reliability.md
has the figures that were seen.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.__main__ import free_port, given_connection, wait_for
from bench.tenants import MODULES, ms
from fondaco.config import Config
from fondaco.config.sources import save
from fondaco.engine import opened
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase

QUIET, LOUD = "quiet", "loud"
PATH = "/web/login"
PAUSE_S = 0.03  # between two requests of the quiet tenant


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.flood", description=__doc__.split("\n")[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--flood", type=int, metavar="PORT", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.flood:
        step_back()
        flood(arguments.flood, arguments.connections)
        return 0
    with tempfile.TemporaryDirectory(prefix="fondaco-flood-") as folder:
        os.chmod(folder, 0o711)
        config = Config.default().replace(data_dir=folder, **given_connection())
        with opened(config, always_own=True) as engine:
            for name in (QUIET, LOUD):
                databases.create(engine.registries, NewDatabase(name, MODULES, "admin", "admin"))
            engine.pools.close()
            measure(engine.config, Path(folder), arguments)
    return 0


def measure(config: Config, folder: Path, arguments: argparse.Namespace) -> None:
    port = free_port()
    path = folder / "server.conf"
    config = config.replace(
        http_port=port, gevent_port=0, http_interface="127.0.0.1", dbfilter="^%d$", max_cron_threads=0,
        workers=arguments.workers, log_level="warn",
    )  # fmt: skip
    save(Config(config.values_by_key, config.sources, {}, (), str(path)))
    with subprocess.Popen([sys.executable, "-m", "fondaco", "-c", str(path)]) as server:
        try:
            wait_for(port, server)
            step_ahead()
            asked(port, 3.0)
            show("idle", asked(port, arguments.seconds))
            command = [sys.executable, "-m", "bench.flood", "--flood", str(port), "--connections"]
            with subprocess.Popen([*command, str(arguments.connections)], stdout=subprocess.PIPE, text=True) as loud:
                time.sleep(2.0)
                show("under the flood", asked(port, arguments.seconds))
                loud.terminate()
                served = loud.communicate()[0].rpartition("\r")[2]
            print(f"the flood: {served} answers a second over {arguments.connections} connections")
        finally:
            server.terminate()


def step_ahead() -> None:
    """Have this process run before the flood's client and the server, where the system allows it: what is measured is
    how long the tenant waits for the server, not how long its client waits for a processor."""
    policy, here = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):
        if policy == os.SCHED_OTHER:
            os.setpriority(os.PRIO_PROCESS, 0, -10)
        else:
            os.sched_setscheduler(0, policy, os.sched_param(here.sched_priority + 1))


def step_back() -> None:
    """Undo it, in a process that was begun since."""
    policy, here = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):
        if policy == os.SCHED_OTHER:
            os.setpriority(os.PRIO_PROCESS, 0, 0)
        else:
            os.sched_setscheduler(0, policy, os.sched_param(here.sched_priority - 1))


def asked(port: int, seconds: float) -> list[float]:
    """How long requests of the quiet tenant take."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        connection.request("GET", PATH, headers={"Host": f"{QUIET}.example.com"})
        connection.getresponse().read()
        taken.append(time.perf_counter() - began)
        time.sleep(PAUSE_S)
    connection.close()
    return taken


def flood(port: int, connections: int) -> None:
    """Ask for the loud tenant's page, each connection as fast as it is answered, until this process is ended."""
    count = [0] * connections

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            connection.request("GET", PATH, headers={"Host": f"{LOUD}.example.com"})
            connection.getresponse().read()
            count[number] += 1

    for number in range(connections):
        threading.Thread(target=ask, args=(number,), daemon=True).start()
    began = time.monotonic()
    try:
        while True:
            time.sleep(0.5)
            print(f"\r{sum(count) / (time.monotonic() - began):.0f}", end="", flush=True)  # the last one counts
    except KeyboardInterrupt:
        return


def show(when: str, taken: list[float]) -> None:
    cuts = statistics.quantiles(taken, n=20)
    print(f"{when:16} {len(taken)} requests: median {ms(statistics.median(taken))}, p95 {ms(cuts[18])}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
