"""What many databases cost one server: memory and processor while they are idle, time of first requests and of others.

    python -m bench.tenants [--databases 200] [--limit 0] [--jobs 0]

Makes a PostgreSQL and a server (threads of one process) of its own, with so many databases, each reached by a host name
of its own (`dbfilter = ^%d$`). docs/reliability.md has the figures that were seen.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.__main__ import free_port, given_connection, wait_for
from fondaco.config import Config
from fondaco.config.sources import save
from fondaco.engine import opened
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase

IDLE_S = 20.0  # after which the server lets go what nobody uses, here
WINDOW_S, WINDOWS = 60.0, 10  # autovacuum looks at each database once a minute
MODULES = ("contacts", "product")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.tenants", description=__doc__.split("\n")[0])
    parser.add_argument("--databases", type=int, default=200)
    parser.add_argument("--limit", type=int, default=0, help="registry_limit of the server")
    parser.add_argument("--jobs", type=int, default=0, help="max_cron_threads of the server")
    arguments = parser.parse_args()
    names = [f"tenant{number:03}" for number in range(arguments.databases)]
    with tempfile.TemporaryDirectory(prefix="fondaco-tenants-") as folder:
        os.chmod(folder, 0o711)
        config = Config.default().replace(data_dir=folder, **given_connection())
        with opened(config, always_own=True) as engine:
            for name in names:
                databases.create(engine.registries, NewDatabase(name, MODULES, "admin", "admin"))
            engine.pools.close()
            measure(engine.config, names, Path(folder), arguments)
    return 0


def measure(config: Config, names: list[str], folder: Path, arguments: argparse.Namespace) -> None:
    port = free_port()
    path = folder / "server.conf"
    config = config.replace(
        http_port=port, gevent_port=0, http_interface="127.0.0.1", dbfilter="^%d$", max_cron_threads=arguments.jobs,
        registry_limit=arguments.limit, registry_idle_time=IDLE_S, log_level="warn",
    )  # fmt: skip
    save(Config(config.values_by_key, config.sources, {}, (), str(path)))
    with subprocess.Popen([sys.executable, "-m", "fondaco", "-c", str(path)]) as server:
        try:
            wait_for(port, server)
            report(server.pid, port, names)
        finally:
            server.terminate()


def report(pid: int, port: int, names: list[str]) -> None:
    seconds(port, "nobody")
    empty = memory_mib(pid)
    first = [seconds(port, name) for name in names]
    loaded = memory_mib(pid)
    again = [seconds(port, names[-1]) for _ in range(50)]
    print(f"databases                          {len(names)}")
    print(f"memory, none loaded                {empty:.0f} MiB")
    print(f"memory, all asked once             {loaded:.0f} MiB: {(loaded - empty) / len(names):.2f} MiB a database")
    print(f"first request of a database        median {ms(statistics.median(first))}, slowest {ms(max(first))}")
    print(f"request of one that is loaded      median {ms(statistics.median(again))}")
    time.sleep(IDLE_S * 2)
    idle = memory_mib(pid)
    print(f"memory, all let go                 {idle:.0f} MiB: {(idle - empty) / len(names):.2f} MiB a database")
    server, postgresql = idle_shares(pid)
    print(f"processor while nothing is asked   {server:.2%} of one, PostgreSQL {postgresql:.2%}")
    back = [seconds(port, name) for name in names[:20]]
    print(f"first request of one that was let go  median {ms(statistics.median(back))}")


def seconds(port: int, host: str) -> float:
    """How long the log-in page of a host takes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    connection.request("GET", "/web/login", headers={"Host": f"{host}.example.com"})
    connection.getresponse().read()
    took = time.perf_counter() - began
    connection.close()
    return took


def memory_mib(pid: int) -> float:
    """The proportional share of memory of a process."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(text.partition("Pss:")[2].split()[0]) / 1024


def idle_shares(pid: int) -> tuple[float, float]:
    """The parts of one processor that the server and its PostgreSQL, both children of this program, take while nothing
    is asked: once what was due in all the databases has run, which takes some minutes where there are many."""
    server, postgresql = shares(pid)
    for _ in range(WINDOWS):
        before = server
        server, postgresql = shares(pid)
        if server > before / 2:
            break
    return server, postgresql


def shares(pid: int) -> tuple[float, float]:
    before, began = (processor_seconds(pid), processor_seconds(os.getpid())), time.monotonic()
    time.sleep(WINDOW_S)
    server = processor_seconds(pid) - before[0]
    passed = time.monotonic() - began
    return server / passed, (processor_seconds(os.getpid()) - before[1] - server) / passed


def processor_seconds(pid: int) -> float:
    """What a process and its children have had, those that have ended too."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    own = sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_seconds(int(child)) for child in children)


def ms(value: float) -> str:
    return f"{value * 1000:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
