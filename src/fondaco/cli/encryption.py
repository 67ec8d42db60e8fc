"""`fondaco encryption ...`: the keys of encrypted fields: a new one, what each encrypts, all values by the first."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from fondaco.cli.chosen import chosen_databases
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer, tell
from fondaco.config import Config
from fondaco.config.commandline import Given, add_flags
from fondaco.engine import opened
from fondaco.errors import ConfigError
from fondaco.modules import encryption
from fondaco.modules.encryption import Rotation, Survey
from fondaco.security import keys

SHOWN = 20  # values that do not open; --json shows them all


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    making = actions.add_parser("new-key", help="put a new key into the file; it encrypts from now on")
    making.add_argument("file", nargs="?", default="", help="the file, made if need be; else that of encryption_keys")
    making.add_argument(
        "--last",
        action="store_true",
        help="the key opens and does not encrypt yet: the first step where several machines serve",
    )
    status = actions.add_parser("status", help="the keys of the file, and how many values each of them encrypts")
    rotate = actions.add_parser("rotate", help="encrypt all values by the first key of the file while servers serve")
    for action in (status, rotate):
        action.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")
    for action in (making, status, rotate):
        add_flags(action, given)


def run(arguments: argparse.Namespace, config: Config) -> int:
    return ACTIONS[arguments.action](arguments, config)


def _new_key(arguments: argparse.Namespace, config: Config) -> int:
    path = os.path.abspath(os.path.expanduser(arguments.file or config["encryption_keys"]))
    if not (arguments.file or config["encryption_keys"]):
        raise CommandError("name the file, or set encryption_keys", Exit.USAGE)
    is_new = not os.path.exists(path)
    key = keys.add(path, f"made {datetime.now(UTC):%Y-%m-%d}", is_last=arguments.last)
    answer(f"{path}: key {key.name} {'opens' if arguments.last and not is_new else 'encrypts from now on'}")
    answer("no backup has it: bring a copy of the file to where backups are not, now; without it nothing opens")
    if not is_new and not arguments.last:
        answer("values that are there open by the keys below it, until `fondaco encryption rotate`")
    return Exit.OK


def _status(arguments: argparse.Namespace, config: Config) -> int:
    try:
        found = keys.read(os.path.expanduser(config["encryption_keys"]))
        problem = ""
    except ConfigError as error:
        found, problem = (), str(error)
    with opened(config) as engine:
        surveys = [encryption.survey(engine.pools, name, config) for name in chosen_databases(engine)]
    known = {key.name for key in found}
    missing = {survey.database: lost for survey in surveys if (lost := survey.missing(known))}
    if arguments.json:
        answer(
            {
                "file": config["encryption_keys"],
                "keys": [key.name for key in found],
                "problem": problem,
                "databases": [_as_json(survey) for survey in surveys],
                "missing": missing,
            }
        )
    else:
        for number, key in enumerate(found):
            answer(f"key {key.name} {'opens' if number else 'encrypts'}")
        if problem:
            answer(problem)
        for survey in surveys:
            for line in _told(survey, known):
                answer(line)
    return Exit.FAILED if missing else Exit.OK


def _as_json(survey: Survey) -> dict[str, object]:
    columns = {f"{table}.{column}": dict(counts) for (table, column), counts in survey.rows.items()}
    return {"database": survey.database, "columns": columns, "index_key": survey.index_key}


def _told(survey: Survey, known: set[str]) -> Iterator[str]:
    if not survey.rows:
        yield f"{survey.database}: nothing is encrypted"
        return
    for (table, column), counts in survey.rows.items():
        parts = [f"{count} by {key}{'' if key in known else ' (missing)'}" for key, count in counts.items()]
        yield f"{survey.database}: {table}.{column}: {', '.join(parts) or 'no values'}"
    key = survey.index_key
    yield f"{survey.database}: blind indexes by {key}{'' if key in known else ' (missing)'}"


def _rotate(arguments: argparse.Namespace, config: Config) -> int:
    with opened(config) as engine:
        done = [
            encryption.rotate(engine.pools, name, config, lambda text: tell(config, text))
            for name in chosen_databases(engine)
        ]
    if arguments.json:
        answer([{"database": one.database, "rows": one.rows, "failed": one.failed, "left": one.left} for one in done])
    else:
        for one in done:
            for line in _outcome(one):
                answer(line)
    return Exit.FAILED if any(one.left for one in done) else Exit.OK


def _outcome(done: Rotation) -> Iterator[str]:
    if not done.left:
        total = sum(done.rows.values())
        yield f"{done.database}: {total} values encrypted anew; no former key is needed for it, but for its backups"
        return
    yield f"{done.database}: {done.left} values are encrypted by a former key still; keep it, and run this again"
    yield from (f"{done.database}: {place}: {reason}" for place, reason in [*done.failed.items()][:SHOWN])


ACTIONS: dict[str, Callable[[argparse.Namespace, Config], int]] = {
    "new-key": _new_key,
    "status": _status,
    "rotate": _rotate,
}
COMMAND = Command(
    "encryption", "the keys of encrypted fields: new-key, status, rotate", run, add_arguments, needs_root=True
)
