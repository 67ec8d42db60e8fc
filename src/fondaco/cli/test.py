"""`fondaco test MODULE...`: the tests of modules, on a database made for them or on the one named with -d.

Without -d a database with what the modules need is copied from a template, the modules are installed in it, and it is
dropped afterwards. With -d those of the modules that are not installed there are, and stay.
"""

from __future__ import annotations

import argparse
import contextlib
import uuid
from collections.abc import Iterator, Sequence

from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.progress import Progress
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.engine import Engine, opened
from fondaco.modules import listing
from fondaco.modules.databases import NewDatabase, create, drop
from fondaco.modules.plan import upstream
from fondaco.testing.run import TestRun
from fondaco.wsgi import build

LOGIN = PASSWORD = "admin"


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument("modules", nargs="+", metavar="MODULE", help="module whose tests to run")
    parser.add_argument("--json", action="store_true", help="print the report as one line of JSON")
    parser.add_argument("--keep", action="store_true", help="keep the database that was made for the tests")


def run(arguments: argparse.Namespace, config: Config) -> int:
    if len(config["db_name"]) > 1:
        raise CommandError("test: name one database with -d, or none", Exit.USAGE)
    modules = list(dict.fromkeys(arguments.modules))
    with opened(config.replace(max_cron_threads=0)) as engine:
        _require_known(engine, modules)
        tests = TestRun(engine.config, build)
        with _database(engine, modules, is_kept=arguments.keep) as name:
            _run(engine, name, modules, tests)
    report = tests.report
    if arguments.json:
        answer({"database": name, "modules": modules, **report.as_json()})
    else:
        for problem in report.problems:
            answer(f"{problem.kind}: {problem.module}: {problem.test}\n{problem.text}")
        answer(report.sentence)
    return Exit.OK if report.is_good else Exit.FAILED


def _require_known(engine: Engine, modules: Sequence[str]) -> None:
    known = engine.registries.addons.manifests()
    for name in modules:
        if name not in known:
            raise CommandError(
                f"test: there is no module {name!r} on the addons path; add its folder with --addons-path",
                Exit.NOT_FOUND,
            )


@contextlib.contextmanager
def _database(engine: Engine, modules: Sequence[str], *, is_kept: bool) -> Iterator[str]:
    """The database of -d, or one that holds what `modules` need."""
    config = engine.config
    if config["db_name"]:
        yield config["db_name"][0]
        return
    name = f"test_{uuid.uuid4().hex[:12]}"
    addons = engine.registries.addons
    needed = upstream(addons.manifests(), modules) - set(modules)
    new = NewDatabase(name, tuple(sorted(needed)), LOGIN, PASSWORD, config["with_demo"])
    with Progress(config) as progress:
        create(engine.registries, new, progress=progress, more_follow=True)
    try:
        yield name
    finally:
        if not is_kept:
            drop(engine.registries, name)


def _run(engine: Engine, name: str, modules: Sequence[str], tests: TestRun) -> None:
    with engine.pools.cursor(name) as cr:
        installed = {module for module, state in listing.states(cr).items() if state.is_installed}
    missing = [module for module in modules if module not in installed]
    if missing:
        engine.registries.update(
            name, install=missing, with_demo=engine.config["with_demo"], after_module=tests.at_install
        )
    registry = engine.registries.get(name)
    tests.post_install(registry, missing)
    tests.all_of(registry, [module for module in modules if module in installed])
    tests.conclude(name)


COMMAND = Command("test", "run the tests of modules", run, add_arguments)
