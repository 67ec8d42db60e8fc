"""`fondaco size`: workers, memory and connections for so many people, by rule and by what was measured."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.kit import sizing
from fondaco.kit.sizing import Measured, Request, Sizing


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument("--cpu", type=int, default=os.cpu_count() or 1, help="processors (those of this machine)")
    parser.add_argument("--users", type=int, default=10, help="people who work at the same time (10)")
    parser.add_argument("--cron", type=int, default=1, help="processes for scheduled jobs (1)")
    parser.add_argument("--databases", type=int, default=1, help="databases behind one PgBouncer (1)")
    parser.add_argument(
        "--observe", type=Path, metavar="LOG", help="a log in JSON (log_format = json): size by what it shows"
    )
    parser.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")


def run(arguments: argparse.Namespace, config: Config) -> int:
    try:
        size = sizing.by_rule(arguments.cpu, arguments.users, arguments.cron)
        measured = sizing.by_measure(list(requests_of(arguments.observe))) if arguments.observe else None
    except ValueError as error:
        raise CommandError(f"{arguments.observe or 'size'}: {error}", Exit.USAGE) from error
    if arguments.json:
        answer(_values(size, measured, arguments.databases))
    else:
        answer("\n".join(_lines(size, measured, arguments.databases)))
    return Exit.OK


def requests_of(path: Path) -> Iterator[Request]:
    """The answered requests of a log in JSON; other lines are passed over."""
    try:
        file = path.open(errors="replace")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}", Exit.NOT_FOUND) from error
    with file:
        for line in file:
            try:
                values = json.loads(line)
                yield Request(datetime.fromisoformat(values["time"]).timestamp(), float(values["ms"]) / 1000)
            except (ValueError, KeyError, TypeError):
                continue


def _values(size: Sizing, measured: Measured | None, databases: int) -> dict[str, object]:
    found: dict[str, object] = {
        "workers": size.workers,
        "max_cron_threads": size.cron_threads,
        "memory_mb": round(size.memory_mb),
        "wanted_by_people": size.wanted_by_people,
        "most_by_processors": size.most_by_processors,
        "by_the_rival_rule": size.by_the_rival_rule,
        "default_pool_size": size.pool_size,
        "reserve_pool_size": size.reserve_size,
        "max_client_conn": size.client_connections,
        "max_connections": size.server_connections(databases),
    }
    if measured is not None:
        found["measured"] = {
            "requests": measured.requests,
            "at_the_same_time": round(measured.busiest, 2),
            "p95_ms": round(measured.p95_ms, 1),
            "workers": measured.workers,
        }
    return found


def _lines(size: Sizing, measured: Measured | None, databases: int) -> Iterator[str]:
    yield f"workers = {size.workers}"
    yield f"max_cron_threads = {size.cron_threads}"
    yield f"memory: {size.memory_mb:.0f} MB for {size.processes} processes, a fifth of their requests heavy"
    yield (
        f"by people: {size.wanted_by_people} workers; by processors: at most {size.most_by_processors} with jobs; "
        f"another rule: {size.by_the_rival_rule} and 1 for jobs"
    )
    if not size.has_room:
        yield "the processors are the limit: these people will wait now and then; add processors or a second machine"
    yield (
        f"PgBouncer: default_pool_size = {size.pool_size}, reserve_pool_size = {size.reserve_size}, "
        f"max_client_conn = {size.client_connections}; PostgreSQL: "
        f"max_connections = {size.server_connections(databases)}"
    )
    if measured is not None:
        yield (
            f"measured: {measured.requests} requests, p95 {measured.p95_ms:.0f} ms, {measured.busiest:.2f} at the same "
            f"time in the busiest minute: workers = {measured.workers}"
        )


COMMAND = Command("size", "workers, memory and connections for so many people", run, add_arguments)
