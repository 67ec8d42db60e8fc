"""`fondaco storage ...`: move files of databases between disk and bucket, and look whether all are there."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from fondaco.cli.chosen import chosen_databases
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.progress import Progress
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given, add_flags
from fondaco.engine import Engine, opened
from fondaco.errors import DatabaseExists
from fondaco.modules import databases, files
from fondaco.storage import migration
from fondaco.storage.location import LOCATION
from fondaco.storage.objects import ObjectStore
from fondaco.storage.stores import store_of

SHOWN = 20  # keys of missing or damaged files; --json shows them all


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    moving = actions.add_parser("migrate", help="move files into the bucket of the configuration, or back to this disk")
    moving.add_argument("direction", choices=migration.DIRECTIONS)
    verifying = actions.add_parser("verify", help="look whether every row has its file")
    verifying.add_argument("--content", action="store_true", help="read every file and hold it against its name")
    dropping = actions.add_parser("drop", help="remove the objects of a database that does not exist any more")
    dropping.add_argument("name")
    for action in (moving, dropping):
        action.add_argument("--dry-run", action="store_true", help="print the plan and change nothing")
    for action in (moving, verifying, dropping):
        action.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")
        add_flags(action, given)


def run(arguments: argparse.Namespace, config: Config) -> int:
    with opened(config) as engine:
        return ACTIONS[arguments.action](arguments, engine)


def _in_bucket(engine: Engine, name: str) -> ObjectStore:
    store = store_of(engine.config, name)
    if not isinstance(store, ObjectStore):
        raise CommandError(f"{LOCATION} names no bucket: set it to s3://BUCKET, with the keys to it", Exit.USAGE)
    return store


def _migrate(arguments: argparse.Namespace, engine: Engine) -> int:
    plans = [migration.plan(_in_bucket(engine, name), arguments.direction) for name in chosen_databases(engine)]
    for plan in plans:
        if not arguments.json:
            answer(str(plan))
    if not arguments.dry_run:
        with Progress(engine.config) as progress:
            for plan in plans:
                migration.carry_out(plan, progress)
    if arguments.json:
        answer([{"database": plan.store.name, "files": len(plan.keys), "bytes": plan.size} for plan in plans])
    return Exit.OK


def _verify(arguments: argparse.Namespace, engine: Engine) -> int:
    results = []
    for name in chosen_databases(engine):
        store = store_of(engine.config, name)
        results.append((name, files.survey(engine.pools, name, store, content=arguments.content)))
    if arguments.json:
        answer([{"database": name, **{key: getattr(found, key) for key in FACTS}} for name, found in results])
    else:
        for name, found in results:
            for line in _told(name, found):
                answer(line)
    return Exit.OK if all(found.is_good for _name, found in results) else Exit.FAILED


FACTS = ("named", "missing", "damaged", "unnamed", "waiting")


def _told(name: str, found: files.Survey) -> Iterator[str]:
    yield (
        f"{name}: {found.named} files named by rows, {len(found.missing)} missing, {len(found.damaged)} damaged; "
        f"{found.unnamed} named by none, {found.waiting} waiting for the object store"
    )
    for word, keys in (("missing", found.missing), ("damaged", found.damaged)):
        yield from (f"{name}: {word}: {key}" for key in keys[:SHOWN])
        if len(keys) > SHOWN:
            yield f"{name}: {word}: and {len(keys) - SHOWN} more; --json lists them"


def _drop(arguments: argparse.Namespace, engine: Engine) -> int:
    name = arguments.name
    if name in databases.names(engine.registries):
        raise DatabaseExists(f"database {name!r} exists and keeps its files; `fondaco db drop {name}` removes both")
    store = _in_bucket(engine, name)
    count = sum(1 for _file in store.sizes())
    if not arguments.dry_run:
        store.drop()
    done = "would be removed" if arguments.dry_run else "removed"
    answer({"database": name, "files": count} if arguments.json else f"{name}: {count} files {done}")
    return Exit.OK


ACTIONS: dict[str, Callable[[argparse.Namespace, Engine], int]] = {
    "migrate": _migrate,
    "verify": _verify,
    "drop": _drop,
}
COMMAND = Command("storage", "move files between disk and bucket, and verify them", run, add_arguments)
