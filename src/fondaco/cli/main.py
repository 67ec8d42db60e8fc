"""What `fondaco ...` means: find the command, parse, run, answer an exit code.

The command is the first argument, when that is no flag; otherwise `serve`. Answers go to stdout, the rest to stderr.
"""

from __future__ import annotations

import argparse
import difflib
import gc
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from fondaco import SERIES, VERSION, log
from fondaco.cli.account import become_owner
from fondaco.cli.command import EXPECTED_ERRORS, Command, Exit, is_bug, outcome
from fondaco.config.commandline import Given, add_flags, with_known_spelling
from fondaco.config.sources import resolve
from fondaco.server import inheritance
from fondaco.values.deferred import Deferred

_logger = logging.getLogger("odoo.service.server")

# Loaded when it is given: a server that starts needs none of the others.
COMMANDS: dict[str, Any] = {
    "serve": Deferred("fondaco.cli.serve"),
    "db": Deferred("fondaco.cli.database"),
    "cache": Deferred("fondaco.cli.cache"),
    "module": Deferred("fondaco.cli.module"),
    "cron": Deferred("fondaco.cli.cron"),
    "demo": Deferred("fondaco.cli.demo"),
    "neutralize": Deferred("fondaco.cli.neutralize"),
    "scaffold": Deferred("fondaco.cli.scaffold"),
    "run": Deferred("fondaco.cli.run"),
    "secret": Deferred("fondaco.cli.secret"),
    "encryption": Deferred("fondaco.cli.encryption"),
    "shell": Deferred("fondaco.cli.shell"),
    "static": Deferred("fondaco.cli.static"),
    "storage": Deferred("fondaco.cli.storage"),
    "test": Deferred("fondaco.cli.test"),
    "translation": Deferred("fondaco.cli.translation"),
    "upgrade": Deferred("fondaco.cli.upgrade"),
    "preflight": Deferred("fondaco.cli.preflight"),
    "check": Deferred("fondaco.cli.check"),
    "size": Deferred("fondaco.cli.size"),
    "kit": Deferred("fondaco.cli.kit"),
    "backup": Deferred("fondaco.cli.backup"),
    "top": Deferred("fondaco.cli.top"),
    "locks": Deferred("fondaco.cli.locks"),
    "loadtest": Deferred("fondaco.cli.loadtest"),
    "healthcheck": Deferred("fondaco.cli.healthcheck"),
    "version": Deferred("fondaco.cli.version"),
}
YOUNG_OBJECTS = 50_000
"""So many new objects are there before Python looks for rings of garbage among them: a request makes some thousand."""
DEFAULT = "serve"
ACTION = "ACTION"
"""What commands call the word after them, which says what of it is to be done"""
SYNONYMS = {"server": DEFAULT}
VERSION_LINE = f"Fondaco {VERSION} (speaks Odoo {SERIES})"


NOT_STARTED = "the new server did not start; the one before goes on and this is tried again"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; what the console script and `python -m fondaco` call."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not inheritance.is_present(os.environ):
        return _told(arguments)
    try:
        code = _told(arguments)
    except Exception:
        _logger.exception(NOT_STARTED)
        inheritance.try_again()
    if inheritance.is_present(os.environ):
        _logger.error(NOT_STARTED)  # why was told
        inheritance.try_again()
    return code


def _told(arguments: list[str]) -> int:
    """The exit code; what a person can mend is told in a sentence."""
    try:
        return int(_run(arguments))
    except EXPECTED_ERRORS as error:
        if is_bug(error):
            raise
        code, message = outcome(error)
        print("\n".join([f"fondaco: {message}", *getattr(error, "__notes__", ())]), file=sys.stderr)
        return int(code)
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)


def _run(arguments: list[str]) -> int:
    if "--version" in arguments:
        print(VERSION_LINE)
        return Exit.OK
    name, rest = _split(arguments)
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(COMMANDS)}"
        print(f"fondaco: no command {name!r}; {hint}", file=sys.stderr)
        return Exit.USAGE
    command: Command = COMMANDS[name].COMMAND
    rest, others = _parted(rest) if command.passes_on else (rest, [])
    _loaded()
    given = Given()
    namespace = _parser(command, given).parse_args(with_known_spelling(rest), argparse.Namespace(passed_on=others))
    config = resolve(given.options, os.environ, given.notices)
    if not command.needs_root and (owner := become_owner(config["data_dir"])):
        print(f"fondaco: goes on as {owner}, to whom {config['data_dir']} belongs", file=sys.stderr)
    if not command.is_talkative and not config.is_given("log_level", "log_handler", "logfile"):
        config = config.replace(log_level="warn")
    log.set_up(config)
    return command.run(namespace, config)


def _loaded() -> None:
    """All that is loaded by now stays: garbage is looked for in what comes from here on, where it was not so far."""
    if gc.isenabled():
        return
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    gc.enable()


def _split(arguments: list[str]) -> tuple[str, list[str]]:
    """The command and the rest. `--addons-path=X` may come before the command, as Odoo allows."""
    before = [argument for argument in arguments[:1] if argument.startswith("--addons-path=")]
    rest = arguments[len(before) :]
    if not rest or rest[0].startswith("-"):
        return DEFAULT, arguments
    name = SYNONYMS.get(rest[0], rest[0])
    if name == "help":  # `help db` is `db --help`
        return _split([*rest[1:2], "--help"])
    return name, before + rest[1:]


def _parted(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Ours with the first word, and what is passed on to whom that names: all after it, `--` and options like ours
    too. `-c FILE -- WORD ...` has options of ours before it."""
    if not arguments or not arguments[0].startswith("-"):
        return arguments[:1], arguments[1:]
    if "--" not in arguments:
        return arguments, []
    end = arguments.index("--")
    return [*arguments[:end], *arguments[end + 1 : end + 2]], arguments[end + 2 :]


class _Parser(argparse.ArgumentParser):
    """A parser whose usage has what is the command's own: the options of the server, which all have, are a hundred."""

    def own(self) -> None:
        """What was added until now is the usage."""
        usage = self.format_usage().removeprefix("usage: ").strip()
        self.usage = f"{usage} [options of the server]".replace("%", "%%")

    def error(self, message: str) -> NoReturn:
        actions = [one for one in self._actions if isinstance(one, argparse._SubParsersAction)]
        known = "".join(f"; there are: {', '.join(one.choices)}" for one in actions if message.endswith(f" {ACTION}"))
        self.exit(Exit.USAGE, f"{self.prog}: {message}{known}; `{self.prog} --help` tells more\n")


class _Main(_Parser):
    """The parser of `fondaco` alone, whose help ends with the commands: they are loaded to be asked what they do."""

    def format_help(self) -> str:
        self.epilog = "commands (each has --help):\n" + "\n".join(
            f"  fondaco {file.COMMAND.name:10} {file.COMMAND.help}" for file in COMMANDS.values()
        )
        return super().format_help()


def _parser(command: Command, given: Given) -> argparse.ArgumentParser:
    is_default = command.name == DEFAULT
    parser = (_Main if is_default else _Parser)(
        prog="fondaco" if is_default else f"fondaco {command.name}",
        description=command.help,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if is_default:
        parser.add_argument("--version", action="version", version=VERSION_LINE, help="Print the version.")
    command.add_arguments(parser, given)
    parser.own()
    return add_flags(parser, given)
