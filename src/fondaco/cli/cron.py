"""`fondaco cron ...`: scheduled jobs listed and run by hand, and what waits in the queue of background jobs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import psycopg

from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given, add_flags
from fondaco.cron import lease
from fondaco.engine import Engine, opened
from fondaco.jobs import queue
from fondaco.modules.databases import names
from fondaco.modules.transaction import transact_on
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.sql.fragment import SQL

COLUMNS = ("id", "name", "active", "nextcall", "lastcall", "failures", "running")


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="scheduled jobs: when they run next, and how they ended")
    listing.add_argument("--all", action="store_true", help="also those that are switched off")
    running = actions.add_parser("run", help="run a scheduled job now, in the name of its user")
    running.add_argument("job", help="its number, its xmlid or its name")
    actions.add_parser("queue", help="background jobs that wait, run or have failed, by channel")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")
        add_flags(action, given)


def run(arguments: argparse.Namespace, config: Config) -> int:
    if len(config["db_name"]) != 1:
        raise CommandError("cron: name one database with -d", Exit.USAGE)
    (database,) = config["db_name"]
    with opened(config) as engine:
        if database not in names(engine.registries):
            raise CommandError(f"there is no database {database!r}", Exit.NOT_FOUND)
        return ACTIONS[arguments.action](arguments, engine, database)


def _list(arguments: argparse.Namespace, engine: Engine, database: str) -> int:
    query = SQL(
        """
        SELECT id, cron_name, active, nextcall, lastcall, failure_count FROM ir_cron
         WHERE active OR %s ORDER BY active DESC, nextcall, id
        """,
        arguments.all,
    )
    with engine.pools.cursor(database, readonly=True) as cr:
        rows = cr.fetch(query)
        held = set(lease.held(cr, [row[0] for row in rows]))
    found = [dict(zip(COLUMNS, (*row, row[0] in held), strict=True)) for row in rows]
    if arguments.json:
        answer(found)
        return Exit.OK
    for row in found:
        state = "running" if row["running"] else "off" if not row["active"] else "failing" if row["failures"] else ""
        answer(f"{row['id']:5}  {row['nextcall']:%Y-%m-%d %H:%M:%S}  {state:8} {row['name']}")
    return Exit.OK


def _run(arguments: argparse.Namespace, engine: Engine, database: str) -> int:
    def work(env: Environment) -> str:
        job = _found(env, arguments.job)
        job.method_direct_trigger()
        return str(job.cron_name)

    name = transact_on(engine.registries, database, work, uid=SUPERUSER_ID)
    answer({"database": database, "ran": name} if arguments.json else f"{name!r} ran")
    return Exit.OK


def _found(env: Environment, text: str) -> Any:
    """The job of this number, xmlid or name."""
    jobs = env["ir.cron"].with_context(active_test=False)
    if text.isdigit():
        found = jobs.browse(int(text)).exists()
    elif "." in text and (record := env.ref(text, raise_if_not_found=False)) and record._name == "ir.cron":
        found = jobs.browse(record.id)
    else:
        found = jobs.search([("cron_name", "=", text)])
    if len(found) != 1:
        what = "no scheduled job" if not found else f"{len(found)} scheduled jobs (name one by its number)"
        raise CommandError(f"there is {what} {text!r}; `fondaco cron list --all` shows them", Exit.NOT_FOUND)
    return found


def _queue(arguments: argparse.Namespace, engine: Engine, database: str) -> int:
    with engine.pools.cursor(database, readonly=True) as cr:
        try:
            numbers = queue.waiting(cr)
        except psycopg.errors.UndefinedTable as error:
            raise CommandError(
                f"{database!r} has no queue yet: fondaco -d {database} -u base --stop-after-init"
            ) from error
    rows = [
        {"channel": channel, "state": state, "jobs": number} for (channel, state), number in sorted(numbers.items())
    ]
    if arguments.json:
        answer(rows)
        return Exit.OK
    for row in rows:
        answer(f"{row['jobs']:7}  {row['state']:8} {row['channel']}")
    if not rows:
        answer("nothing waits")
    return Exit.OK


ACTIONS: dict[str, Callable[[argparse.Namespace, Engine, str], int]] = {"list": _list, "run": _run, "queue": _queue}
COMMAND = Command("cron", "list scheduled jobs, run one, look at the queue", run, add_arguments)
