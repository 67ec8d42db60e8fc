"""`fondaco locks`: who waits for whom in PostgreSQL, which request or job is behind it, and an end to it."""

from __future__ import annotations

import argparse
import dataclasses
import logging
from typing import Any

from fondaco.cli.chosen import chosen_databases
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.engine import opened
from fondaco.monitoring.works import by_session, described
from fondaco.server import telling
from fondaco.sql import locks
from fondaco.sql.announcing import MAINTENANCE
from fondaco.sql.locks import Cancelled, Session

_logger = logging.getLogger(__name__)

CODES = {
    Cancelled.DONE: Exit.OK,
    Cancelled.GONE: Exit.NOT_FOUND,
    Cancelled.FOREIGN: Exit.DENIED,
    Cancelled.IDLE: Exit.CONFLICT,
}


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument(
        "--all", action="store_true", help="every session that is at something, not only those in a queue"
    )
    parser.add_argument("--cancel", type=int, metavar="PID", help="end the statement of this session")
    parser.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")


def run(arguments: argparse.Namespace, config: Config) -> int:
    with opened(config) as engine:
        databases = chosen_databases(engine)
        with engine.pools.autocommit(MAINTENANCE) as cr:
            if arguments.cancel is not None:
                return _cancel(cr, databases, arguments.cancel)
            found = locks.sessions(cr, databases)
    works = by_session(found, telling.read(config["data_dir"]).processes)
    shown = [(0, session) for session in found] if arguments.all else list(locks.forest(found))
    if arguments.json:
        answer([_as_json(depth, session, works) for depth, session in shown])
    elif not shown:
        answer("nothing is under way" if arguments.all else "nobody waits for a lock")
    else:
        for depth, session in shown:
            answer("\n".join(_lines(depth, session, described(works.get(session.pid)))))
    return Exit.OK


def _cancel(cr: Any, databases: list[str], pid: int) -> int:
    outcome = locks.cancel(cr, databases, pid)
    text = f"session {pid} {outcome.value}"
    if outcome is not Cancelled.DONE:
        raise CommandError(text, CODES[outcome])
    _logger.warning("statement cancelled by the command line pid=%d", pid)
    answer(text)
    return Exit.OK


def _as_json(depth: int, session: Session, works: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {**dataclasses.asdict(session), "depth": depth, "work": works.get(session.pid)}


def _lines(depth: int, session: Session, work: str) -> list[str]:
    indent = "    " * depth
    waits = f" waits for {session.waits_for}" if session.waits_for else ""
    head = (
        f"{indent}{session.pid}  {session.database}  {session.state}{waits}  "
        f"transaction {session.transaction_s:.1f} s, {'statement' if session.state == 'active' else 'idle'} "
        f"{session.statement_s:.1f} s"
    )
    details = [f"{indent}      {text}" for text in (work or session.application, session.statement) if text]
    return [head, *details]


COMMAND = Command("locks", "who waits for whom in PostgreSQL, and an end to it", run, add_arguments)
