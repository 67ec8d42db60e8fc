"""`fondaco db ...`: create, list, drop, duplicate and rename databases."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from fondaco.cli import password
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.progress import Progress
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given, add_flags
from fondaco.engine import Engine, opened
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase

Action = Callable[[argparse.Namespace, Engine], int]


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    making = actions.add_parser("create", help="create a database; -i names its modules")
    making.add_argument("name")
    making.add_argument("--login", default="admin", help="login of the first user (admin)")
    making.add_argument("--password-file", metavar="FILE", help="file with its password; - reads standard input")
    making.add_argument("--country", metavar="CODE", help="country of the company, as in DE")
    making.add_argument("--fresh", action="store_true", help="install everything anew instead of copying a template")

    listing = actions.add_parser("list", help="list databases")
    dropping = actions.add_parser("drop", help="delete a database and its files")
    dropping.add_argument("name")
    copying = actions.add_parser("duplicate", help="copy a database and its files")
    renaming = actions.add_parser("rename", help="give a database another name")
    for action in (copying, renaming):
        action.add_argument("source")
        action.add_argument("target")
        action.add_argument("-f", "--force", action="store_true", help="delete TARGET first if it exists")
    for action in (making, listing, dropping, copying, renaming):
        action.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")
        add_flags(action, given)


def run(arguments: argparse.Namespace, config: Config) -> int:
    with opened(config) as engine:
        return ACTIONS[arguments.action](arguments, engine)


def _create(arguments: argparse.Namespace, engine: Engine) -> int:
    chosen = password.choose(arguments.password_file)
    new = NewDatabase(
        name=arguments.name,
        modules=tuple(engine.config["init"]),
        login=arguments.login,
        password=chosen.text,
        with_demo=engine.config["with_demo"],
        lang=(engine.config["load_language"] or ["en_US"])[0],
        country=arguments.country,
    )
    with Progress(engine.config) as progress:
        databases.create(engine.registries, new, progress=progress, fresh=arguments.fresh)
    result = {"database": new.name, "login": new.login}
    if chosen.is_generated:
        result["password"] = chosen.text
    if arguments.json:
        answer(result)
    elif chosen.is_generated:
        answer(f"database {new.name} created; login {new.login}, password {chosen.text}")
    else:
        answer(f"database {new.name} created; login {new.login}")
    return Exit.OK


def _list(arguments: argparse.Namespace, engine: Engine) -> int:
    names = databases.names(engine.registries)
    if arguments.json:
        answer([{"name": name} for name in names])
    else:
        for name in names:
            answer(name)
    return Exit.OK


def _drop(arguments: argparse.Namespace, engine: Engine) -> int:
    databases.drop(engine.registries, arguments.name)
    return _report(arguments, {"dropped": arguments.name}, f"database {arguments.name} dropped")


def _duplicate(arguments: argparse.Namespace, engine: Engine) -> int:
    _make_room(arguments, engine)
    databases.duplicate(engine.registries, arguments.source, arguments.target)
    return _report(
        arguments, {"database": arguments.target}, f"database {arguments.source} copied to {arguments.target}"
    )


def _rename(arguments: argparse.Namespace, engine: Engine) -> int:
    _make_room(arguments, engine)
    databases.rename(engine.registries, arguments.source, arguments.target)
    return _report(arguments, {"database": arguments.target}, f"database {arguments.source} is now {arguments.target}")


def _make_room(arguments: argparse.Namespace, engine: Engine) -> None:
    """With --force, drop the target; not when there is nothing to put in its place."""
    names = databases.names(engine.registries)
    if arguments.source == arguments.target:
        raise CommandError(f"{arguments.source!r} is both source and target", Exit.USAGE)
    if arguments.force and arguments.source in names and arguments.target in names:
        databases.drop(engine.registries, arguments.target)


def _report(arguments: argparse.Namespace, result: dict[str, str], sentence: str) -> int:
    answer(result if arguments.json else sentence)
    return Exit.OK


ACTIONS: dict[str, Action] = {
    "create": _create,
    "list": _list,
    "drop": _drop,
    "duplicate": _duplicate,
    "rename": _rename,
}
COMMAND = Command("db", "create, list, drop, duplicate and rename databases", run, add_arguments)
