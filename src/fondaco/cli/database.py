"""`fondaco db ...`: create, list, drop, duplicate, rename, dump and restore databases."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from fondaco.cli import password
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.progress import Progress
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given, add_flags
from fondaco.engine import Engine, opened
from fondaco.errors import DatabaseExists
from fondaco.modules import databases, dumps, image, recording, restore
from fondaco.modules.databases import NewDatabase

STREAM = "-"
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
    copying = actions.add_parser("duplicate", aliases=["clone"], help="copy a database and its files")
    renaming = actions.add_parser("rename", help="give a database another name")
    for action in (copying, renaming):
        action.add_argument("source")
        action.add_argument("target")
        action.add_argument("-f", "--force", action="store_true", help="put it in the place of TARGET if that exists")
    copying.add_argument("--live", action="store_true", help="let the copy send mail and run jobs, as the source does")
    copying.add_argument("--neutralize", action="store_true", help="the default: it sends no mail and runs no jobs")

    dumping = actions.add_parser("dump", help="write a database and its files to a file")
    dumping.add_argument("name")
    dumping.add_argument("file", help="the file to write; - writes to standard output")
    dumping.add_argument(
        "--format",
        choices=dumps.FORMATS,
        default=dumps.ZIP,
        help="zip: rows and files; dump: rows only, for pg_restore",
    )
    restoring = actions.add_parser("restore", help="make a database from a dump")
    restoring.add_argument("name")
    restoring.add_argument("file", help="the dump; - reads standard input")
    restoring.add_argument("--copy", action="store_true", help="the original lives on: this one gets another identity")
    restoring.add_argument("--neutralize", action="store_true", help="keep it from sending mail and running jobs")
    restoring.add_argument("-f", "--force", action="store_true", help="put it in the place of NAME if that exists")
    recording_ = actions.add_parser("image", help="for who builds the package: record a fresh installation into it")
    for action in (making, listing, dropping, copying, renaming, dumping, restoring, recording_):
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
    if arguments.live and arguments.neutralize:
        raise CommandError("--live and --neutralize: say one of them", Exit.USAGE)
    _check_target(arguments)
    databases.duplicate(
        engine.registries, arguments.source, arguments.target, neutralized=not arguments.live, replace=arguments.force
    )
    quiet = "it sends mail and runs jobs" if arguments.live else "neutralised: no mail, no jobs"
    return _report(
        arguments,
        {"database": arguments.target, "neutralized": not arguments.live},
        f"database {arguments.source} copied to {arguments.target}; {quiet}",
    )


def _rename(arguments: argparse.Namespace, engine: Engine) -> int:
    _check_target(arguments)
    databases.rename(engine.registries, arguments.source, arguments.target, replace=arguments.force)
    return _report(arguments, {"database": arguments.target}, f"database {arguments.source} is now {arguments.target}")


def _dump(arguments: argparse.Namespace, engine: Engine) -> int:
    """To a file that is there only when it is whole, and that only its owner may read."""
    if arguments.file == STREAM:
        if sys.stdout.isatty():
            raise CommandError("a dump does not go to a terminal; name a file, or pipe it somewhere", Exit.USAGE)
        with Progress(engine.config) as progress:
            dumps.write(engine.registries, arguments.name, sys.stdout.buffer, arguments.format, progress=progress)
        return Exit.OK
    target = Path(arguments.file)
    descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file, Progress(engine.config) as progress:
            dumps.write(engine.registries, arguments.name, file, arguments.format, progress=progress)
            os.fsync(file.fileno())
        os.replace(draft, target)
    except BaseException:
        os.unlink(draft)
        raise
    size = target.stat().st_size
    result = {"database": arguments.name, "file": str(target), "bytes": size}
    return _report(arguments, result, f"database {arguments.name} dumped to {target}, {size:,} bytes")


def _restore(arguments: argparse.Namespace, engine: Engine) -> int:
    taken = arguments.name in databases.names(engine.registries)
    if taken and not arguments.force:
        raise DatabaseExists(f"database {arguments.name!r} exists already; choose another name, or replace it with -f")
    with contextlib.ExitStack() as stack:
        source: IO[bytes]
        if arguments.file == STREAM:
            source = stack.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(sys.stdin.buffer, source)
        else:
            source = stack.enter_context(open(arguments.file, "rb"))
        progress = stack.enter_context(Progress(engine.config))
        restore.restore(
            engine.registries,
            arguments.name,
            source,
            copy=arguments.copy,
            neutralized=arguments.neutralize,
            replace=arguments.force,
            progress=progress,
        )
    return _report(arguments, {"database": arguments.name}, f"database {arguments.name} restored")


def _image(arguments: argparse.Namespace, engine: Engine) -> int:
    made = recording.record(engine.registries, databases.ALWAYS, image.FILE)
    size = image.FILE.stat().st_size
    result = {"file": str(image.FILE), "bytes": size, "modules": made.about["modules"]}
    return _report(arguments, result, f"a fresh installation recorded in {image.FILE}, {size:,} bytes")


def _check_target(arguments: argparse.Namespace) -> None:
    if arguments.source == arguments.target:
        raise CommandError(f"{arguments.source!r} is both source and target", Exit.USAGE)


def _report(arguments: argparse.Namespace, result: Mapping[str, object], sentence: str) -> int:
    answer(result if arguments.json else sentence)
    return Exit.OK


ACTIONS: dict[str, Action] = {
    "create": _create,
    "list": _list,
    "drop": _drop,
    "duplicate": _duplicate,
    "clone": _duplicate,
    "rename": _rename,
    "dump": _dump,
    "restore": _restore,
    "image": _image,
}
COMMAND = Command("db", "create, list, drop, duplicate, rename, dump and restore databases", run, add_arguments)
