"""`fondaco check`: the go-live checklist, carried out."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import logging
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from fondaco import VERSION
from fondaco.backup import state
from fondaco.checks import history, namespace, statements
from fondaco.checks import run as checks
from fondaco.checks.check import Check
from fondaco.checks.finding import Verdict, first_line
from fondaco.checks.run import Result
from fondaco.checks.site import PGBOUNCER, Site, usual_pooler, usual_proxy
from fondaco.checks.table import BY_ID
from fondaco.cli import verdicts
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer, tell
from fondaco.cli.verdicts import Grade
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.engine import answering_socket, is_configured, opened

OUTSIDE = "outside"
NO_DATABASE = "no PostgreSQL is configured, and none answers on the usual socket"


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument("--only", default="", metavar="NAMES", help="ids or areas, with commas: proxy,settings.list_db")
    parser.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")
    parser.add_argument("--fix", action="store_true", help="mend what can be mended safely: modes of files")
    parser.add_argument(
        "--proxy", type=Path, metavar="FILE", help="configuration of nginx or HAProxy (those of Debian)"
    )
    parser.add_argument("--pgbouncer", type=Path, metavar="FILE", help=f"configuration of PgBouncer ({PGBOUNCER})")
    parser.add_argument(
        "--backups", type=Path, metavar="FOLDER", help="where archives lie, if something else makes the backups"
    )
    parser.add_argument("--url", default="", help="the public address, to be asked as a visitor would")
    parser.add_argument(
        "--outside-from", default="", metavar="NETNS", help="ask it from this network namespace (ip netns), as root"
    )
    parser.add_argument(
        "--ca", default="", metavar="FILE", help="who signed its certificate, if that is not well known"
    )
    parser.add_argument("--odoo", action="store_true", help="this is the deployment of an Odoo 18: judge it as such")
    parser.add_argument(
        "--state", nargs=2, metavar=("ID", "TEXT"), help="state that a line holds which no program can see"
    )
    parser.add_argument("--history", action="store_true", help="show the runs so far")


def run(arguments: argparse.Namespace, config: Config) -> int:
    for file in (arguments.proxy, arguments.pgbouncer):
        if file is not None and not file.is_file():
            raise CommandError(f"there is no file {file}", Exit.USAGE)
    with _site(arguments, config) as site:
        if arguments.history:
            return _show_history(site, arguments.json)
        if arguments.state:
            return _state(site, *arguments.state)
        try:
            chosen = checks.chosen(name for name in arguments.only.split(",") if name)
        except KeyError as error:
            raise CommandError(
                f"--only: no check and no area is called {error}; see docs/operator/going_live.md", Exit.USAGE
            ) from error
        results = _results(arguments, site, chosen)
        with contextlib.suppress(OSError):  # a read-only place does not keep anybody from looking
            history.remember(site, results, VERSION)
    return verdicts.report(results, is_json=arguments.json)


def _results(arguments: argparse.Namespace, site: Site, chosen: Sequence[Check]) -> list[Result]:
    """What each check finds; those of the public address from where --outside-from says."""
    if not arguments.outside_from:
        return list(checks.run(site, chosen, with_fixes=arguments.fix))
    if not arguments.url:
        raise CommandError("--outside-from asks the public address: name it with --url", Exit.USAGE)
    within = [check for check in chosen if check.area != OUTSIDE]
    results = list(checks.run(site, within, with_fixes=arguments.fix))
    try:
        with namespace.inside(namespace.place(arguments.outside_from)):
            return results + list(checks.run(site, [check for check in chosen if check.area == OUTSIDE]))
    except FileNotFoundError as error:
        raise CommandError(f"--outside-from: there is no network namespace {error.filename}", Exit.NOT_FOUND) from error
    except PermissionError as error:
        raise CommandError("--outside-from: only root enters another network namespace", Exit.FAILED) from error


@contextlib.contextmanager
def _site(arguments: argparse.Namespace, config: Config) -> Iterator[Site]:
    """What is to be looked at. PostgreSQL is never started anew: one that was configured, answers, or is ours."""
    site = Site(
        config=config,
        now=datetime.now(UTC),
        proxy=arguments.proxy or usual_proxy(),
        pooler_file=arguments.pgbouncer or usual_pooler(config),
        backups=arguments.backups,
        backup_state=state.read(config) if config["backup_repository"] else None,
        url=arguments.url,
        is_odoo=arguments.odoo,
        ca_file=arguments.ca,
    )
    own = Path(config["data_dir"]) / "postgresql"
    if not (is_configured(config, os.environ) or answering_socket() or own.is_dir()):
        site.pools_error = NO_DATABASE
        yield site
        return
    with contextlib.ExitStack() as stack:
        try:
            logging.getLogger("odoo.sql_db").setLevel(logging.CRITICAL)  # the finding says it
            engine = stack.enter_context(opened(config.replace(db_reconnection_retries=1)))
            site.config, site.pools = engine.config, engine.pools
            site.rows(checks.NOTHING)
        except psycopg.OperationalError as error:
            site.pools, site.pools_error = None, f"PostgreSQL does not answer: {first_line(error)}"
        yield site


def _state(site: Site, check_id: str, text: str) -> int:
    if check_id not in {check.id for check in statements.CHECKS}:
        known = ", ".join(check.id for check in statements.CHECKS)
        what = "is looked at, not stated" if check_id in BY_ID else "is no check"
        raise CommandError(f"--state: {check_id} {what}; those that are stated: {known}", Exit.USAGE)
    statements.state(site, check_id, text, getpass.getuser())
    tell(site.config, f"{check_id} holds for {statements.VALID_FOR.days} days from now")
    return Grade.GOOD


def _show_history(site: Site, is_json: bool) -> int:
    past = history.past(site.config)
    if is_json:
        answer(past)
        return Grade.GOOD
    for line in past:
        counts = "  ".join(f"{line[verdict.value]:3} {verdict.value}" for verdict in Verdict)
        answer(f"{line['at']}  {counts}  {', '.join(line['wrong'])}")
    return Grade.GOOD


COMMAND = Command(
    "check", "go through the list of what must hold before going live", run, add_arguments, needs_root=True
)
