"""`make bench`: a scratch database, a server of its own, and the benchmark programs on it.

    python -m bench [--only R1,R4,C1,C2,W1] [--partners 10000] [--workers 0] [--rounds 5] [--throughput] [--async]
    python -m bench --ops K1,K2,K3 [--sizes 10000,100000] [--async]

The programs (bench.py, ops.py, data.py, floor.py) are taken from FONDACO_BENCH or ../shared/bench. The result is
printed and, with --out, kept. docs/benchmarks.md tells which figures were seen and how to read them.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import around
from fondaco.config import Config
from fondaco.engine import Engine, opened
from fondaco.modules import databases, image, recording
from fondaco.modules.databases import NewDatabase

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(os.environ.get("FONDACO_BENCH", ROOT.parent / "shared" / "bench"))
DATABASE = "fondaco_bench"
LOGIN = PASSWORD = "admin"  # of a scratch database on loopback
START_SECONDS = 60
ALL_OPS = "K1,K2,K3,K4,K5,K6,K7,K8"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="R1,R4,C1,C2,W1", help="workloads, or `all`")
    parser.add_argument("--partners", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=0, help="processes of the server; 0: threads of one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--throughput", action="store_true", help="load with wrk as well")
    parser.add_argument("--async", action="store_true", dest="is_async", help="commit without waiting for the disk")
    parser.add_argument("--ops", help="what is around the requests instead: K1 to K8, with commas, or `all`")
    parser.add_argument("--sizes", default="10000,100000", help="with --ops K8: how many contacts")
    parser.add_argument("--no-image", action="store_true", help="K2 without the image of the package: step by step")
    parser.add_argument("--out", type=Path, help="keep the result as OUT.json and OUT.md")
    arguments = parser.parse_args()
    if not (PROGRAMS / "bench.py").exists():
        print(f"No benchmark programs in {PROGRAMS}; say where they are in FONDACO_BENCH.", file=sys.stderr)
        return 1
    compileall.compile_dir(ROOT / "src" / "fondaco", quiet=2)  # as packages are installed, which is measured against
    with tempfile.TemporaryDirectory(prefix="fondaco-bench-") as folder:
        os.chmod(folder, 0o711)
        config = Config.default().replace(data_dir=folder, **given_connection())
        with opened(config, always_own=True) as engine:
            if arguments.no_image:
                image.FILE.unlink(missing_ok=True)
            elif arguments.ops:
                recording.record(engine.registries, databases.ALWAYS, image.FILE)  # likewise: as packages are built
            return measure(engine, arguments, Path(folder))


def given_connection() -> dict[str, object]:
    """The PostgreSQL that FONDACO_DB_* variables name, if they do."""
    found: dict[str, object] = {
        key: os.environ[f"FONDACO_{key.upper()}"]
        for key in ("db_host", "db_user", "db_password")
        if f"FONDACO_{key.upper()}" in os.environ
    }
    if port := os.environ.get("FONDACO_DB_PORT"):
        found["db_port"] = int(port)
    return found


def measure(engine: Engine, arguments: argparse.Namespace, folder: Path) -> int:
    if DATABASE in databases.names(engine.registries):
        databases.drop(engine.registries, DATABASE)
    # Without a template: K2 makes the first database of a version.
    databases.create(engine.registries, NewDatabase(DATABASE, (), LOGIN, PASSWORD), fresh=bool(arguments.ops))
    try:
        if arguments.is_async:
            with engine.pools.autocommit("postgres") as cr:
                cr.execute(f"ALTER DATABASE {DATABASE} SET synchronous_commit = off")
        dsn = " ".join(
            f"{name}={value}" for name, value in engine.pools.settings(DATABASE).items()
            if name in ("host", "port", "user", "password", "dbname")
        )  # fmt: skip
        run("data.py", "--dsn", dsn, "--partners", str(arguments.partners))
        if arguments.ops:
            arguments.ops = ALL_OPS if arguments.ops == "all" else arguments.ops
            url = f"http://127.0.0.1:{free_port()}"
            start, environ = server_command(engine, "{workers}", folder, url)
            around.measure(PROGRAMS, start, environ, f"fondaco={url},{DATABASE},{LOGIN},{PASSWORD}", dsn, arguments)
            return 0
        with serving(engine, arguments.workers, folder) as url:
            out = arguments.out.resolve() if arguments.out else folder / "result"
            options = ["--rounds", str(arguments.rounds), "--floor-processes", str(max(arguments.workers, 1))]
            options += [] if arguments.only == "all" else ["--only", arguments.only]
            options += [] if arguments.throughput else ["--no-throughput"]
            server = f"fondaco={url},{DATABASE},{LOGIN},{PASSWORD}"
            run("bench.py", "run", "--server", server, "--dsn", dsn, "--out", str(out), *options)
        run("bench.py", "standing", f"{out}.json", "--against", "odoo18-async" if arguments.is_async else "odoo18")
    finally:
        databases.drop(engine.registries, DATABASE)
    return 0


def run(program: str, *arguments: str) -> None:
    subprocess.run([sys.executable, program, *arguments], cwd=PROGRAMS, check=True)


@contextlib.contextmanager
def serving(engine: Engine, workers: int, folder: Path) -> Iterator[str]:
    """A server on the scratch database, until the end of the block: its address."""
    url = f"http://127.0.0.1:{free_port()}"
    command, environ = server_command(engine, str(workers), folder, url)
    process = subprocess.Popen(command, env=environ)
    try:
        wait_for(int(url.rpartition(":")[2]), process)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def server_command(engine: Engine, workers: str, folder: Path, url: str) -> tuple[list[str], dict[str, str]]:
    """What starts a server on the scratch database, and the environment for it."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FONDACO_")}
    for key in ("db_host", "db_port", "db_user", "db_password"):
        if engine.config[key]:
            environ[f"FONDACO_{key.upper()}"] = str(engine.config[key])
    command = [
        sys.executable, "-m", "fondaco", "-d", DATABASE, "--data-dir", str(folder), "--http-interface=127.0.0.1",
        f"--http-port={url.rpartition(':')[2]}", f"--workers={workers}", "--log-level=warn",
    ]  # fmt: skip
    return command, environ


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the port answers; not for a server that has ended."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            break
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
