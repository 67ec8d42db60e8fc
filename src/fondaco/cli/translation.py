"""`fondaco translation ...`: the files of translations of addons, brought up to their texts or held against them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing

from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given, add_flags
from fondaco.engine import Engine, opened
from fondaco.modules import pofiles
from fondaco.modules.databases import names
from fondaco.orm.environment import SUPERUSER_ID, Environment

SHOWN = 20  # texts that are new or gone; --json has them all


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    updating = actions.add_parser("update", help="write i18n/MODULE.pot and bring the PO files beside it up to it")
    updating.add_argument("--lang", action="append", default=[], metavar="LANG", help="begin i18n/LANG.po if missing")
    updating.add_argument("--dry-run", action="store_true", help="print the plan and change nothing")
    actions.add_parser("check", help="fail when a file lacks a text of its module, or has one that is gone")
    for action in actions.choices.values():
        action.add_argument("modules", nargs="+", metavar="MODULE", help="modules that are installed in the database")
        action.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")
        add_flags(action, given)


def run(arguments: argparse.Namespace, config: Config) -> int:
    if len(config["db_name"]) != 1:
        raise CommandError("translation: name one database with -d", Exit.USAGE)
    with opened(config) as engine:
        is_check = arguments.action == "check"
        rewrites = _plan(engine, config["db_name"][0], arguments.modules, () if is_check else arguments.lang)
    if not is_check and not arguments.dry_run:
        pofiles.carry_out(rewrites)
    if arguments.json:
        answer([_facts(rewrite) for rewrite in rewrites])
    else:
        for rewrite in rewrites:
            answer(str(rewrite))
            for word, texts in (("new", rewrite.new), ("gone", rewrite.gone)):
                for text in texts[:SHOWN] if is_check else ():
                    answer(f"  {word}: {text}")
    return Exit.FAILED if is_check and not all(rewrite.is_current for rewrite in rewrites) else Exit.OK


def _plan(engine: Engine, database: str, modules: list[str], langs: Sequence[str]) -> list[pofiles.Rewrite]:
    if database not in names(engine.registries):
        raise CommandError(f"there is no database {database!r}", Exit.NOT_FOUND)
    registry = engine.registries.get(database)
    absent = sorted(set(modules) - set(registry.loaded_modules))
    if absent:
        raise CommandError(f"not installed in {database}: {', '.join(absent)}", Exit.NOT_FOUND)
    with closing(registry.cursor()) as cr:
        return pofiles.plan(Environment(cr, SUPERUSER_ID, {}), modules, langs)


def _facts(rewrite: pofiles.Rewrite) -> dict[str, object]:
    counts = {"texts": rewrite.total, "missing": rewrite.missing, "is_current": rewrite.is_current}
    return {"file": str(rewrite.path), **counts, "new": rewrite.new, "gone": rewrite.gone}


COMMAND = Command("translation", "bring the translation files of addons up to their texts", run, add_arguments)
