"""`fondaco loadtest`: people at a server of one's own, more and more of them."""

from __future__ import annotations

import argparse
import getpass
import ipaddress
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from fondaco import VERSION
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer, tell
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.loadtest import report, scenarios
from fondaco.loadtest.run import carry_out
from fondaco.loadtest.scenarios import SCENARIOS
from fondaco.loadtest.visitor import Refused, Visitor
from fondaco.monitoring import host
from fondaco.monitoring.table import Sheet
from fondaco.server import telling

PEOPLE = "1,2,4,8"
SECONDS = 20.0
RECORDS = 2000
TOLERANCE = 0.25
GROWING = frozenset({"processor_seconds", "sql_seconds", "statements", "retries"})
"""Numbers of a step by their growth; others as they are at its end."""
PASSWORD = "FONDACO_LOADTEST_PASSWORD"


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument("--url", help="the server (default: this machine, http_port)")
    parser.add_argument("--login", default="admin", help="who logs in (default: %(default)s)")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help=f"or in {PASSWORD}; asked for on a terminal")
    parser.add_argument(
        "--people", default=PEOPLE, metavar="NUMBERS", help="at once, a step each (default: %(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of a step (default: %(default)s)")
    parser.add_argument("--records", type=int, default=RECORDS, help="contacts to search in (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="NAMES", help=f"of {', '.join(SCENARIOS)}")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the result as JSON: a baseline for later runs")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="compare with this; exit code 1 when it is worse")
    parser.add_argument(
        "--tolerance", type=float, default=TOLERANCE, help="how much slower is no difference (default: %(default)s)"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write latency over load as SVG")
    parser.add_argument(
        "--this-target-is-mine", metavar="HOST", default="", help="allow a server that is not on this machine"
    )
    parser.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")


def run(arguments: argparse.Namespace, config: Config) -> int:
    url = arguments.url or f"http://127.0.0.1:{config['http_port']}"
    check_target(url, arguments.this_target_is_mine)
    people, names = _people(arguments.people), _names(arguments.only)
    if len(config["db_name"]) != 1:
        raise CommandError("loadtest: name one database with -d; use a copy: records are made and removed", Exit.USAGE)
    baseline = _loaded(arguments.baseline) if arguments.baseline else None
    (database,), password = config["db_name"], _password(arguments)

    def make() -> Visitor:
        return Visitor(url, database, arguments.login, password)

    steps, first = [], make()
    try:
        first.enter()
    except (Refused, OSError) as error:
        raise CommandError(f"loadtest: {error}") from error
    scenarios.clear(first)
    tell(config, f"making {arguments.records} contacts ...")
    ground = scenarios.prepare(first, arguments.records)
    try:
        for step in carry_out(make, ground, people, arguments.seconds, names, lambda: _observed(config["data_dir"])):
            tell(
                config, f"{step.people} people: {sum(one.number for one in step.figures)} done in {step.seconds:.0f} s"
            )
            steps.append(step.as_json())
    finally:
        scenarios.clear(make_in(first))
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    document = {
        "version": VERSION,
        "at": moment,
        "url": url,
        "records": arguments.records,
        "scenarios": names,
        "steps": steps,
    }
    if arguments.keep:
        arguments.keep.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if arguments.picture:
        arguments.picture.write_bytes(report.picture(document))
    found = report.worse(document, baseline, arguments.tolerance) if baseline else []
    if arguments.json:
        answer({**document, "worse": found})
    else:
        answer("\n".join(report.lines(document)))
        for text in found:
            answer(f"worse: {text}")
    failed = any(one["errors"] for step in steps for one in step["figures"])
    return Exit.FAILED if found or failed else Exit.OK


def make_in(visitor: Visitor) -> Visitor:
    """The visitor, logged in again: its session may be older than the test."""
    visitor.enter()
    return visitor


def check_target(url: str, mine: str) -> None:
    """A load test is an attack on a server whose owner did not ask for it."""
    name = urlsplit(url).hostname or ""
    try:
        is_here = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_here = name == "localhost"
    if not is_here and mine != name:
        raise CommandError(
            f"loadtest: {name or url} is not this machine. If the server is yours and nobody is at work on it, say so: "
            f"--this-target-is-mine {name or 'HOST'}",
            Exit.USAGE,
        )


def _people(text: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise CommandError(f"--people {text}: expected numbers with commas, 1,2,4 for example", Exit.USAGE)
    return found


def _names(only: str) -> list[str]:
    names = [name.strip() for name in only.split(",") if name.strip()] or list(SCENARIOS)
    if unknown := [name for name in names if name not in SCENARIOS]:
        raise CommandError(f"--only: no scenario {unknown[0]!r}; there are: {', '.join(SCENARIOS)}", Exit.USAGE)
    return names


def _password(arguments: argparse.Namespace) -> str:
    if arguments.password_file:
        return str(arguments.password_file.read_text(encoding="utf-8").rstrip("\n"))
    if PASSWORD in os.environ:
        return os.environ[PASSWORD]
    if not sys.stdin.isatty():
        raise CommandError(f"loadtest: no password; give --password-file or {PASSWORD}", Exit.USAGE)
    return getpass.getpass(f"Password of {arguments.login}: ")


def _loaded(path: Path) -> report.Document:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        document["steps"][0]["figures"]
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise CommandError(f"--baseline {path}: {error}; expected a file that --keep wrote", Exit.USAGE) from error
    return dict(document)


def _observed(data_dir: str) -> Callable[[], dict[str, float]]:
    """What a server on this machine says of itself, from now to the call of what is answered."""
    before = _numbers(data_dir)

    def after() -> dict[str, float]:
        now = _numbers(data_dir)
        return {name: value - before.get(name, 0.0) if name in GROWING else value for name, value in now.items()}

    return after


def _numbers(data_dir: str) -> dict[str, float]:
    told, sheet = telling.read(data_dir), Sheet()
    if not told.processes:
        return {}
    host.processes(sheet, told.processes)
    sums = {
        reading.name: sum(row[0] for row in reading.rows.values()) for reading in [*told.readings, *sheet.readings()]
    }
    pool = next((reading.rows for reading in told.readings if reading.name == "fondaco_database_connections"), {})
    return {
        "processor_seconds": sums.get("fondaco_process_cpu_seconds_total", 0.0),
        "memory_mib": sums.get("fondaco_process_resident_memory_bytes", 0.0) / 2**20,
        "sql_seconds": sums.get("fondaco_http_sql_seconds_total", 0.0),
        "statements": sums.get("fondaco_http_sql_statements_total", 0.0),
        "retries": sums.get("fondaco_transaction_retries_total", 0.0),
        "pool_used": pool.get(("used",), [0.0])[0],
    }


COMMAND = Command("loadtest", "people at a server of your own, more and more at once", run, add_arguments)
