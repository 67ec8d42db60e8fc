"""`fondaco top`: what a server is at now, as a screen that lives or as one JSON value."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import psycopg

from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.engine import Engine, opened
from fondaco.metrics import Reading
from fondaco.monitoring import statements
from fondaco.monitoring.scrape import Scrape
from fondaco.monitoring.works import by_session, described
from fondaco.server import telling
from fondaco.sql import locks
from fondaco.sql.announcing import MAINTENANCE
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from rich import console as rich_console
    from rich import live as rich_live
    from rich import table as rich_table
else:
    rich_console, rich_live, rich_table = Deferred("rich.console"), Deferred("rich.live"), Deferred("rich.table")

WIDE = 200  # letters
EVERY_S = 2.0
MIB = 1024 * 1024
MOST_STATEMENTS = 10
WIDEST = 100  # characters of a statement on the screen
# What databases say of themselves: key, metric, and the labels that are summed up
OF_DATABASES = (
    ("cron_due", "fondaco_cron_due"),
    ("cron_running", "fondaco_cron_running"),
    ("cron_overlapping", "fondaco_cron_overlapping"),
    ("cron_failing", "fondaco_cron_failing"),
    ("log_ins", "fondaco_sessions_active"),
    ("lock_waiters", "fondaco_pg_lock_waiters"),
)

SESSION_COLUMNS = (
    "session", "database", "state", "transaction s", "statement s", "waits for", "blocked by", "whose", "statement"
)  # fmt: skip

Picture = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument("--json", action="store_true", help="answer once, with one JSON value on stdout")
    parser.add_argument("--once", action="store_true", help="show the screen once and end")
    parser.add_argument(
        "--every", type=float, default=EVERY_S, metavar="SECONDS", help="between two looks (default: %(default)s)"
    )


def run(arguments: argparse.Namespace, config: Config) -> int:
    if not (arguments.json or arguments.once or sys.stdout.isatty()):
        raise CommandError("top: this is no terminal; ask for --json or --once", Exit.USAGE)
    with opened(config) as engine:
        scrape = Scrape(engine.config, engine.registries)
        if arguments.json:
            answer(taken(engine, scrape))
            return Exit.OK
        # Where no terminal says how wide it is, 80 letters would cut off every heading.
        console = rich_console.Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE)
        if arguments.once:
            console.print(_screen(taken(engine, scrape)))
            return Exit.OK
        with rich_live.Live(_screen(taken(engine, scrape)), console=console, screen=True, auto_refresh=False) as live:
            while True:
                time.sleep(max(0.2, arguments.every))
                live.update(_screen(taken(engine, scrape)), refresh=True)


def taken(engine: Engine, scrape: Scrape) -> Picture:
    """The picture of now."""
    told = telling.read(engine.config["data_dir"])
    numbers = {reading.name: reading for reading in scrape.readings()}
    databases = sorted({*engine.config["db_name"], *(name for facts in told.processes for name in facts["databases"])})
    with engine.pools.autocommit(MAINTENANCE) as cr:
        sessions = locks.sessions(cr, databases)
    works = by_session(sessions, told.processes)
    return {
        "processes": list(_processes(told.processes, numbers)),
        "requests": [
            {"pid": facts["pid"], "what": described(work), **work}
            for facts in told.processes
            for work in facts["works"]
        ],
        "queue": _sum(numbers.get("fondaco_http_requests_waiting")),
        "workers": _by_label(numbers.get("fondaco_http_workers")),
        "connections": _by_label(numbers.get("fondaco_database_connections")),
        "sessions": [{**dataclasses.asdict(one), "work": described(works.get(one.pid))} for one in sessions],
        "databases": {name: _of_database(name, numbers) for name in databases},
        "statements": dict(_statements(engine, databases)),
        "host": {
            "load1": _sum(numbers.get("fondaco_host_load1")),
            "cpus": _sum(numbers.get("fondaco_host_cpus")),
            "memory": _by_label(numbers.get("fondaco_host_memory_bytes")),
        },
    }


def _processes(processes: Sequence[telling.Facts], numbers: Mapping[str, Reading]) -> Iterator[Picture]:
    memory, seconds = (
        numbers.get("fondaco_process_resident_memory_bytes"),
        numbers.get("fondaco_process_cpu_seconds_total"),
    )
    for worker, facts in telling.named(processes):
        yield {
            "worker": worker,
            "pid": facts["pid"],
            "memory": memory.rows.get((worker,), [None])[0] if memory else None,
            "cpu_seconds": seconds.rows.get((worker,), [None])[0] if seconds else None,
            "works": len(facts["works"]),
        }


def _of_database(name: str, numbers: Mapping[str, Reading]) -> Picture:
    found: Picture = {
        key: numbers[metric].rows.get((name,), [0.0])[0] for key, metric in OF_DATABASES if metric in numbers
    }
    rows = numbers["fondaco_jobs"].rows if "fondaco_jobs" in numbers else {}
    for state in ("waiting", "running", "failed"):
        found[f"jobs_{state}"] = sum(row[0] for labels, row in rows.items() if (labels[0], labels[2]) == (name, state))
    return found


def _statements(engine: Engine, databases: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Of each database, asked in it and then where the kit has the extension, which counts for all."""
    for database in databases:
        found, is_there = None, False
        for place in (database, MAINTENANCE):
            with contextlib.suppress(psycopg.Error), engine.pools.autocommit(place) as cr:
                found, is_there = statements.slowest(cr, database, MOST_STATEMENTS), True
            if found is not None:
                break
        if is_there:
            yield database, found


def _sum(reading: Reading | None) -> float:
    return sum(row[0] for row in reading.rows.values()) if reading else 0.0


def _by_label(reading: Reading | None) -> dict[str, float]:
    return {labels[-1]: row[0] for labels, row in reading.rows.items()} if reading else {}


# -- the screen --------------------------------------------------------------------------------------------------------
def _screen(picture: Picture) -> Any:
    host = picture["host"]
    available = host["memory"].get("available", 0.0) / MIB
    head = (
        f"load {host['load1']:.2f} on {host['cpus']:.0f} processors, {available:.0f} MiB of memory available; "
        f"{picture['queue']:.0f} requests wait; connections "
        + ", ".join(f"{state} {number:.0f}" for state, number in picture["connections"].items())
    )
    parts = [
        head,
        _table(
            "Processes",
            ("worker", "pid", "MiB", "CPU s", "at work"),
            [
                (one["worker"], one["pid"], _mib(one["memory"]), _number(one["cpu_seconds"]), one["works"] or "")
                for one in picture["processes"]
            ],
        ),
        _table(
            "Requests and jobs",
            ("pid", "database", "what", "seconds", "statement"),
            [
                (one["pid"], one.get("db", ""), one["what"], f"{one['seconds']:.1f}", _cut(one["statement"] or ""))
                for one in sorted(picture["requests"], key=lambda one: -one["seconds"])
            ],
        ),
        _table(
            "PostgreSQL",
            SESSION_COLUMNS,
            [_session_row(one) for one in picture["sessions"]],
        ),
        _table(
            "Databases",
            ("database", *(key.replace("_", " ") for key in _KEYS)),
            [(name, *(f"{found.get(key, 0):.0f}" for key in _KEYS)) for name, found in picture["databases"].items()],
        ),
    ]
    return rich_console.Group(*parts, *_statement_tables(picture["statements"]))


_KEYS = (*(key for key, _metric in OF_DATABASES), "jobs_waiting", "jobs_running", "jobs_failed")


def _session_row(one: Mapping[str, Any]) -> tuple[Any, ...]:
    seconds = (f"{one[key]:.1f}" for key in ("transaction_s", "statement_s"))
    blockers = ", ".join(map(str, one["blocked_by"]))
    return (
        one["pid"], one["database"], one["state"], *seconds, one["waits_for"], blockers, one["work"],
        _cut(one["statement"]),
    )  # fmt: skip


def _statement_tables(by_database: Mapping[str, Any]) -> Iterator[Any]:
    for database, rows in by_database.items():
        if rows:
            yield _table(
                f"Statements of {database} since the last reset",
                ("calls", "seconds", "mean ms", "statement"),
                [
                    (one["calls"], f"{one['seconds']:.1f}", f"{one['mean_ms']:.1f}", _cut(one["statement"]))
                    for one in rows
                ],
            )
    if by_database and not any(by_database.values()):
        yield f"[dim]{statements.MISSING}[/dim]"


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
    table = rich_table.Table(title=title, title_justify="left", box=None, expand=True, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column not in ("what", "whose"), overflow="ellipsis")
    for row in rows:
        table.add_row(*(_plain(value) for value in row))
    return table


def _plain(value: Any) -> str:
    """Nothing in what a stranger asked for is taken for markup."""
    return str(value).replace("[", "\\[")


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}..."


def _mib(size: float | None) -> str:
    return "" if size is None else f"{size / MIB:.0f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


COMMAND = Command("top", "what the server is at now: requests, SQL, locks, jobs, memory", run, add_arguments)
