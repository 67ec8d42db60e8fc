"""`fondaco healthcheck`: does a server that was just installed do what it is for? Five lines, and an exit code.

A user made for the moment logs in by the page and stores a file, as people do; both are removed afterwards.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
import requests

from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.engine import Engine, opened
from fondaco.errors import FondacoError, UserError
from fondaco.loadtest.visitor import Visitor
from fondaco.modules.databases import names
from fondaco.modules.transaction import transact_on
from fondaco.monitoring import work
from fondaco.monitoring.table import Sheet
from fondaco.orm.environment import SUPERUSER_ID
from fondaco.server import telling
from fondaco.sql.fragment import SQL

LATE_S = 900.0  # a scheduled job that has been due for so long is not going to run
RUNS_JOBS = ("WorkerCron", "Server")  # kinds of processes


class _Unwell(Exception):
    """A sentence: what is wrong, and the next step."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one part said."""

    part: str
    is_well: bool
    text: str


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument("--url", help="where the server answers (default: this machine, http_port)")
    parser.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")


def run(arguments: argparse.Namespace, config: Config) -> int:
    if len(config["db_name"]) != 1:
        raise CommandError("healthcheck: name one database with -d", Exit.USAGE)
    url = arguments.url or f"http://127.0.0.1:{config['http_port']}"
    with opened(config) as engine:
        lines = list(examined(engine, config["db_name"][0], url))
    if arguments.json:
        answer([asdict(line) for line in lines])
    else:
        for line in lines:
            answer(f"{'ok  ' if line.is_well else 'FAIL'} {line.part:18} {line.text}")
    return Exit.OK if all(line.is_well for line in lines) else Exit.FAILED


def examined(engine: Engine, database: str, url: str) -> Iterator[Line]:
    """Each part in turn; what cannot be looked at because an earlier one failed has failed as well."""
    yield (first := _line("database", lambda: _database(engine, database)))
    if not first.is_well:
        for part in ("log-in", "modules", "upload", "scheduled actions"):
            yield Line(part, False, "not looked at: there is no database")
        return
    with _guest(engine, database) as (login, password):
        visitor = Visitor(url, database, login, password)
        yield (entered := _line("log-in", lambda: _log_in(visitor)))
        yield _line("modules", lambda: _modules(engine, database))
        yield (
            _line("upload", lambda: _upload(visitor))
            if entered.is_well
            else Line("upload", False, "not looked at: nobody could log in")
        )
    yield _line("scheduled actions", lambda: _scheduled(engine, database))


def _line(part: str, look: Callable[[], str]) -> Line:
    try:
        return Line(part, True, look())
    except (_Unwell, psycopg.Error, requests.RequestException, FondacoError, UserError) as error:
        return Line(part, False, str(error).strip())


def _database(engine: Engine, database: str) -> str:
    if database not in names(engine.registries):
        raise _Unwell(f"there is no database {database!r}; `fondaco db create {database}` makes it")
    with engine.pools.cursor(database, readonly=True) as cr:
        version, size = cr.fetch(
            SQL("SELECT current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()))")
        )[0]
    return f"PostgreSQL {version} answers, {database} has {size}"


@contextlib.contextmanager
def _guest(engine: Engine, database: str) -> Iterator[tuple[str, str]]:
    """A user for the moment: login and password."""
    login, password = f"healthcheck-{secrets.token_hex(8)}", secrets.token_urlsafe(32)

    def make(env: Any) -> int:
        values = {"name": "Health check", "login": login, "password": password}
        groups = [(6, 0, [env.ref("base.group_user").id])]
        user = env["res.users"].with_context(no_reset_password=True).create({**values, "groups_id": groups})
        return int(user.id)

    def remove(env: Any) -> None:
        env["ir.attachment"].search([("create_uid", "=", user_id)]).unlink()
        user = env["res.users"].browse(user_id)
        partner = user.partner_id
        user.unlink()
        partner.unlink()

    user_id = transact_on(engine.registries, database, make, uid=SUPERUSER_ID)
    try:
        yield login, password
    finally:
        transact_on(engine.registries, database, remove, uid=SUPERUSER_ID)


def _log_in(visitor: Visitor) -> str:
    visitor.enter()
    stranger = Visitor(visitor.url, visitor.database, visitor.login, "not the password")
    with contextlib.suppress(FondacoError):
        stranger.enter()
        raise _Unwell(f"{visitor.url}/web/login lets people in with a wrong password; take it off the network")
    return f"{visitor.url}/web/login lets in who has the password, and nobody else"


def _modules(engine: Engine, database: str) -> str:
    with engine.pools.cursor(database, readonly=True) as cr:
        rows = cr.fetch(SQL("SELECT state, array_agg(name ORDER BY name) FROM ir_module_module GROUP BY state"))
    by_state: dict[str, list[str]] = dict(rows)
    pending = [name for state in ("to install", "to upgrade", "to remove") for name in by_state.get(state, ())]
    if pending:
        raise _Unwell(f"half done: {', '.join(pending)}; `fondaco module upgrade -d {database} {pending[0]}` ends it")
    installed = set(by_state.get("installed", ()))
    loaded = set(engine.registries.get(database).loaded_modules)
    if missing := sorted(installed - loaded):
        raise _Unwell(f"installed, and not found: {', '.join(missing)}; is addons_path complete?")
    return f"{len(loaded)} modules are installed and loaded"


def _upload(visitor: Visitor) -> str:
    content = secrets.token_bytes(64 * 1024)
    values = {"name": "healthcheck.bin", "datas": base64.b64encode(content).decode()}
    attachment = visitor.call("ir.attachment", "create", values)
    attachment_id = attachment[0] if isinstance(attachment, list) else attachment
    if visitor.get(f"/web/content/{attachment_id}").content != content:
        raise _Unwell(
            "a file that was stored came back with other content; see data_dir and what is in front of the server"
        )
    visitor.call("ir.attachment", "unlink", [attachment_id])
    return "a file of 64 KiB was stored, came back the same, and was removed"


def _scheduled(engine: Engine, database: str) -> str:
    if not engine.config["max_cron_threads"]:
        raise _Unwell("max_cron_threads = 0: this server runs none; set it, or see that another server does")
    kinds = [facts["kind"] for facts in telling.read(engine.config["data_dir"]).processes]
    if not any(kind in RUNS_JOBS for kind in kinds):
        raise _Unwell("no process of a server with this data_dir runs jobs; is it started, under this account?")
    sheet = Sheet()
    with engine.pools.autocommit(database) as cr:
        work.jobs(sheet, cr)
    late = sheet.value("fondaco_cron_overdue_seconds", database) or 0.0
    if late > LATE_S:
        raise _Unwell(f"a job has been due for {late / 60:.0f} minutes; `fondaco cron list -d {database}`, and the log")
    return f"jobs run; {sheet.value('fondaco_cron_due', database) or 0:.0f} are due now"


COMMAND = Command("healthcheck", "does a server that was just installed work: five lines", run, add_arguments)
