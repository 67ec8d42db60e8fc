"""`fondaco run PROGRAM`: a Python program written for Odoo 18, with `import odoo` and nothing of it changed.

What the program asks of the process - `odoo.tools.config.parse_config([...])`, `odoo.registry(db)` - is answered here:
databases are opened when it first asks for one, with the settings it has by then.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import runpy
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from fondaco import alias, log
from fondaco.alias import process
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.config.sources import load
from fondaco.engine import opened
from fondaco.modules.importing import mount
from fondaco.modules.manifest import AddonsPath
from fondaco.modules.registries import Registries


class Program:
    """What a foreign program works with: its settings, and databases that are opened once they are asked for."""

    def __init__(self, config: Config) -> None:
        self._stack = contextlib.ExitStack()
        process.served.program = self
        self._take(config)

    def configure(self, arguments: Sequence[str], *, sets_up_logging: bool) -> None:
        """Go on with the settings of this command line; what is open is closed. ConfigError names a wrong one."""
        config = load(arguments, os.environ)
        self.close()
        self._take(config)
        if sets_up_logging:
            log.set_up(config)

    @staticmethod
    def _take(config: Config) -> None:
        alias.install(config)
        mount(AddonsPath(config["addons_path"] or ()))  # addons can be imported before a database is asked for

    def open(self) -> Registries:
        """Databases with the settings of now."""
        return self._stack.enter_context(opened(process.served.config)).registries

    def close(self) -> None:
        process.served.registries = None
        self._stack.close()


def run(arguments: argparse.Namespace, config: Config) -> int:
    path = _found(arguments.program)
    sys.argv = [str(path), *arguments.passed_on]
    sys.path.insert(0, str(path.parent))  # as where Python runs a script
    with contextlib.closing(Program(config)):
        runpy.run_path(str(path), run_name="__main__")
    return Exit.OK


def _found(program: str) -> Path:
    """The file of a program: a path, or a name that stands on PATH as those do that pip installed."""
    place = program if os.path.isfile(program) else shutil.which(program)
    if place is None:
        raise CommandError(f"run: no file {program!r}, and no program of that name on PATH", Exit.NOT_FOUND)
    with open(place, "rb") as file:
        first = file.readline(1000)
    if not place.endswith(".py") and not (first.startswith(b"#!") and b"python" in first):
        raise CommandError(f"run: {place} is no Python program: its first line names no python", Exit.USAGE)
    return Path(place)


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument(
        "program", metavar="PROGRAM", help="a file, or a program that pip installed; what follows is told to it"
    )


COMMAND = Command("run", "a program written for Odoo 18: `import odoo` works in it", run, add_arguments, passes_on=True)
