"""Modules from the command line: what -i and -u do, `fondaco module ...`, --dry-run of both, rehearsals."""

from __future__ import annotations

import argparse
import logging
import secrets
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.exchange import load_languages
from fondaco.cli.progress import Progress
from fondaco.cli.speech import answer, tell
from fondaco.config import Config
from fondaco.config.commandline import Given, add_flags
from fondaco.engine import Engine, opened
from fondaco.modules import listing
from fondaco.modules.databases import NewDatabase, create, drop, duplicate, fill, is_empty, names
from fondaco.modules.plan import Action, State
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.cli import password
    from fondaco.modules import rehearsal
    from fondaco.testing.run import TestRun
else:
    password, rehearsal = Postponed("fondaco.cli.password"), Postponed("fondaco.modules.rehearsal")

FIRST_LOGIN = "admin"
_logger = logging.getLogger(__name__)


# -- fondaco -i, -u -------------------------------------------------------------------------------------------------
def prepare_databases(engine: Engine, tests: TestRun | None = None) -> None:
    """Bring the databases of -d to the state that -i and -u ask for; with `tests`, run those of the modules."""
    config = engine.config
    wanted = tuple(config["init"]), tuple(config["update"])
    if any(wanted):
        _require_database(config)
    existing = set(names(engine.registries))
    may_make = bool(wanted[0]) or config.source("db_name") == "container environment"
    for name in config["db_name"]:
        is_new = name not in existing or (may_make and is_empty(engine.registries, name))
        if is_new and wanted[0] and tests is not None:
            _create(engine, name, ())  # the modules come one by one, each with its tests
            is_new = False
        if not is_new:
            if any(wanted):
                for step in engine.registries.plan(name, *wanted).changes:
                    _logger.info("%s: %s", name, step)
                _update(engine, name, *wanted, tests=tests)
            if tests is not None:
                _test(engine, name, wanted, tests)
        elif may_make:
            _create(engine, name, wanted[0])
        else:
            raise CommandError(_missing(name) + ", or add `-i base`", Exit.NOT_FOUND)
        load_languages(engine, name)


def show_plans(config: Config, is_json: bool) -> None:
    """--dry-run: print what -i and -u would do."""
    _require_database(config)
    with opened(config) as engine:
        existing = set(names(engine.registries))
        for name in config["db_name"]:
            if name not in existing and not config["init"]:
                raise CommandError(_missing(name) + ", or add `-i base`", Exit.NOT_FOUND)
            _show_plan(engine, name, is_json, config["init"], config["update"])


def _test(engine: Engine, name: str, wanted: tuple[tuple[str, ...], tuple[str, ...]], tests: TestRun) -> None:
    """What runs when all is installed: tests of the modules that changed; where none was named, of all."""
    registry = engine.registries.get(name)
    if engine.config["test_file"]:
        tests.file(registry, engine.config["test_file"])
    else:
        tests.post_install(registry, tests.changed[name] if any(wanted) else registry.loaded_modules)
    tests.conclude(name)


def _create(engine: Engine, name: str, modules: tuple[str, ...]) -> None:
    config = engine.config
    chosen = password.choose()
    lang = (config["load_language"] or ["en_US"])[0]
    new = NewDatabase(name, modules, FIRST_LOGIN, chosen.text, config["with_demo"], lang)
    with Progress(config) as progress:
        if name in names(engine.registries):
            fill(engine.registries, new, progress=progress)
        else:
            create(engine.registries, new, progress=progress)
    if chosen.is_generated:
        # Said even with --quiet: nobody can know it otherwise.
        tell(
            config.replace(quiet=False),
            f"database {name} created; login {FIRST_LOGIN}, password {chosen.text} (shown this once)",
        )


# -- fondaco module -------------------------------------------------------------------------------------------------
def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing_ = actions.add_parser("list", help="modules of the database and of the addons path, with their states")
    listing_.add_argument("--installed", action="store_true", help="only those that are installed")
    for name, help_ in (
        ("install", "install modules and what they need"),
        ("upgrade", "bring modules and what builds on them up to their files; `all` means every one"),
        ("uninstall", "take back modules and what builds on them, with their data"),
    ):
        action = actions.add_parser(name, help=help_)
        action.add_argument("modules", nargs="+", metavar="MODULE")
        how = action.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="print the plan and change nothing")
        how.add_argument("--rehearse", action="store_true", help="do it to a copy of the database, and throw that away")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")
        add_flags(action, given)


def run(arguments: argparse.Namespace, config: Config) -> int:
    _require_database(config)
    if len(config["db_name"]) != 1:
        raise CommandError("module: name one database with -d", Exit.USAGE)
    (name,) = config["db_name"]
    with opened(config) as engine:
        if name not in names(engine.registries):
            raise CommandError(_missing(name), Exit.NOT_FOUND)
        if arguments.action == "list":
            _list(engine, name, arguments.installed, arguments.json)
            return Exit.OK
        wanted = {action: (arguments.modules if action == arguments.action else ()) for action in CHANGES}
        if arguments.action != "install":
            _require_installed(engine, name, arguments.modules)
        if arguments.dry_run:
            _show_plan(engine, name, arguments.json, *wanted.values())
            return Exit.OK
        plan = engine.registries.plan(name, *wanted.values())
        if not arguments.json:
            answer(str(plan))
        found = {"database": name, "steps": [{"module": s.module, "action": s.action.value} for s in plan.changes]}
        if arguments.rehearse:
            seconds = _rehearse(engine, name, *wanted.values())
            answer(
                {**found, "rehearsal_seconds": round(seconds, 1)} if arguments.json
                else f"rehearsed on a copy of {name} in {seconds:.1f} s; {name} itself is as it was"
            )  # fmt: skip
            return Exit.OK
        _update(engine, name, *wanted.values())
        if arguments.json:
            answer(found)
    return Exit.OK


def _rehearse(
    engine: Engine, name: str, install: Iterable[str], upgrade: Iterable[str], uninstall: Iterable[str]
) -> float:
    """Do it in earnest to a copy that does not act on the world; the seconds it took. What fails there is raised."""
    copy = f"{name[:REHEARSED_NAME]}-rehearsal-{secrets.token_hex(4)}"
    duplicate(engine.registries, name, copy, neutralized=True)
    try:
        began = time.monotonic()
        _update(engine, copy, install, upgrade, uninstall)
        return time.monotonic() - began
    finally:
        drop(engine.registries, copy)


def _list(engine: Engine, database: str, is_installed: bool, is_json: bool) -> None:
    with engine.pools.cursor(database) as cr:
        states = listing.states(cr)
    manifests = engine.registries.addons.manifests()
    rows = []
    for name in sorted(states.keys() | manifests.keys()):
        found, manifest = states.get(name, State()), manifests.get(name)
        if not is_installed or found.is_installed:
            on_disk = manifest.version if manifest is not None else None
            rows.append({"module": name, "state": found.state, "version": found.version, "on_disk": on_disk})
    if is_json:
        answer(rows)
        return
    for row in rows:
        note = "" if row["on_disk"] in (row["version"], None) or not row["version"] else f"  ({row['on_disk']} on disk)"
        note = "  (not on the addons path)" if row["on_disk"] is None else note
        answer(f"{row['module']:40} {row['state']:14} {row['version'] or ''}{note}".rstrip())


def _require_installed(engine: Engine, database: str, modules: Iterable[str]) -> None:
    with engine.pools.cursor(database) as cr:
        states = listing.states(cr)
    missing = [name for name in modules if name != "all" and not states.get(name, State()).is_installed]
    if missing:
        raise CommandError(f"not installed in {database}: {', '.join(missing)}", Exit.NOT_FOUND)


# -- both -----------------------------------------------------------------------------------------------------------
def _update(
    engine: Engine,
    name: str,
    install: Iterable[str],
    upgrade: Iterable[str],
    uninstall: Iterable[str] = (),
    *,
    tests: TestRun | None = None,
) -> None:
    config = engine.config
    with Progress(config) as progress:
        plan = engine.registries.update(
            name,
            install,
            upgrade,
            uninstall,
            progress=progress,
            with_demo=config["with_demo"],
            after_module=tests.at_install if tests is not None and not config["test_file"] else None,
        )
    if tests is not None:
        tests.changed[name] = plan.names(Action.INSTALL, Action.UPGRADE)


def _show_plan(
    engine: Engine,
    name: str,
    is_json: bool,
    install: Iterable[str],
    upgrade: Iterable[str],
    uninstall: Iterable[str] = (),
) -> None:
    with_demo = engine.config["with_demo"]
    plan = rehearsal.rehearse(engine.registries, name, install, upgrade, uninstall, with_demo=with_demo)
    answer(plan.as_json() if is_json else str(plan))


def _require_database(config: Config) -> None:
    if not config["db_name"]:
        raise CommandError("modules need a database; name it with -d", Exit.USAGE)


def _missing(name: str) -> str:
    return f"database {name!r} does not exist; create it with `fondaco db create {name}`"


REHEARSED_NAME = 40  # characters of a name that the name of its copy begins with: PostgreSQL takes 63
CHANGES = ("install", "upgrade", "uninstall")
COMMAND = Command("module", "list, install, upgrade and uninstall the modules of a database", run, add_arguments)
