"""`fondaco preflight`: whether this machine fits, before anything is installed, made or started on it."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg

from fondaco.checks import preflight
from fondaco.checks import run as checks
from fondaco.checks.finding import first_line
from fondaco.checks.site import Site
from fondaco.cli import verdicts
from fondaco.cli.command import Command
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.engine import SOCKET_DIRECTORIES, SOCKET_NAME, is_configured
from fondaco.sql.connection import Pools


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")


def run(arguments: argparse.Namespace, config: Config) -> int:
    with _site(config) as site:
        results = list(checks.run(site, preflight.CHECKS))
    return verdicts.report(results, is_json=arguments.json)


@contextlib.contextmanager
def _site(config: Config) -> Iterator[Site]:
    """This machine, with the PostgreSQL that is configured or lies on the usual socket, whether it lets us in or not.

    Nothing is made: no data directory, and no PostgreSQL of ours.
    """
    site = Site(config=config, now=datetime.now(UTC))
    if not is_configured(config, os.environ):
        found = next((place for place in SOCKET_DIRECTORIES if os.path.exists(f"{place}/{SOCKET_NAME}")), None)
        if found is None:
            yield site
            return
        site.config = config.replace(db_host=found)
    logging.getLogger("odoo.sql_db").setLevel(logging.CRITICAL)  # the finding says it
    with contextlib.closing(Pools(site.config.replace(db_reconnection_retries=1))) as pools:
        site.pools = pools
        try:
            site.rows(checks.NOTHING)
        except psycopg.OperationalError as error:
            site.pools, site.pools_error = None, first_line(error)
        yield site


COMMAND = Command(
    "preflight", "whether this machine fits, before the installation", run, add_arguments, needs_root=True
)
