"""`fondaco neutralize`: keep databases from acting on the world: no mail, no jobs, no calls to other services.

For a copy that somebody made without us; `fondaco db duplicate` does it by itself.
"""

from __future__ import annotations

import argparse

from fondaco.cli.chosen import chosen_databases
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.engine import opened
from fondaco.modules import neutralize
from fondaco.registry import signaling


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument("--stdout", action="store_true", help="write the statements and change nothing")


def run(arguments: argparse.Namespace, config: Config) -> int:
    if not config["db_name"]:
        raise CommandError("neutralize: name the databases with -d; what it changes cannot be taken back", Exit.USAGE)
    with opened(config) as engine:
        addons = engine.registries.addons
        for name in chosen_databases(engine):
            with engine.pools.cursor(name) as cr:
                if arguments.stdout:
                    answer("\n".join(neutralize.statements(addons, neutralize.installed_modules(cr))))
                    continue
                neutralize.neutralize(cr, addons)
                # Processes that serve it remember mail servers and jobs as they were.
                signaling.announce(cr, [group for group in signaling.GROUPS if group != "registry"])
            answer(f"{name} neutralized")
    return Exit.OK


COMMAND = Command("neutralize", "keep databases from sending mail and running jobs", run, add_arguments)
