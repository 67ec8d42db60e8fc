"""`fondaco [serve]`: the server."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondaco import log, tracing
from fondaco.bus.worker import kind as bus_kind
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.exchange import exchange_file, wants_exchange
from fondaco.cli.module import prepare_databases, show_plans
from fondaco.cli.speech import tell
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.config.sources import save
from fondaco.cron.worker import kind as cron_kind
from fondaco.engine import Engine, opened
from fondaco.http import tenancy
from fondaco.http.serve import serve
from fondaco.modules.cache_report import CacheReporter
from fondaco.modules.importing import import_module
from fondaco.monitoring import listener, process, traces
from fondaco.server import housekeeping, inheritance
from fondaco.server.systemd import Notifier
from fondaco.server.telling import Teller, begin_anew
from fondaco.sql.databases import MAINTENANCE
from fondaco.values.deferred import Deferred, Postponed, load_postponed
from fondaco.wsgi import build

if TYPE_CHECKING:
    from fondaco.cron import jobs as scheduled
    from fondaco.http.application import Application
    from fondaco.jobs import runner as queued
    from fondaco.testing import run as testing
else:
    # Loaded by the workers of jobs alone, once they are there.
    scheduled, queued = Postponed("fondaco.cron.jobs"), Postponed("fondaco.jobs.runner")
    testing = Deferred("fondaco.testing.run")

_logger = logging.getLogger("odoo.service.server")

ONCE: dict[str, Any] = {
    "init": {}, "update": {}, "save": False, "stop_after_init": False, "test_enable": False, "test_tags": "",
    "test_file": "", "load_language": [],
}  # fmt: skip
"""What is done at the first start alone, undone."""
TERMINATED = 128 + signal.SIGTERM  # as shells have it


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument(
        "--dry-run", action="store_true", help="Print what -i and -u would do; change nothing, serve nothing."
    )
    parser.add_argument("--json", action="store_true", help="With --dry-run: one JSON value for each database.")
    add_rehearsal(parser)


def add_rehearsal(parser: argparse.ArgumentParser) -> None:
    """Of every command that serves: what a reload rehearses."""
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help="Read the configuration and load the code and the databases of -d as a start would; serve nothing.",
    )


def run(arguments: argparse.Namespace, config: Config) -> int:
    if arguments.dry_run:
        show_plans(config, arguments.json)
        return Exit.OK
    if arguments.rehearse:
        return rehearse(config)
    if inheritance.is_present(os.environ):
        # What -i and -u asked for was done when the server was first started.
        config = config.replace(**ONCE)
    if config["save"]:
        tell(config, f"configuration saved to {save(config)}")
    # What was begun is ended in order from the first moment on: our PostgreSQL does not stay behind.
    signal.signal(signal.SIGTERM, _leave(TERMINATED))
    needs_databases = config["db_name"] or config["init"] or config["update"] or wants_exchange(config)
    if config["stop_after_init"] and not needs_databases:
        return Exit.OK
    with contextlib.ExitStack() as stack:
        with Notifier.of(os.environ).at_work():
            engine = stack.enter_context(opened(config))
            if wants_exchange(config):
                exchange_file(engine)
                return Exit.OK
            _begin_with(engine)
            tests = testing.TestRun(engine.config, build) if wants_tests(config) else None
            prepare_databases(engine, tests)
        if config["stop_after_init"]:
            return Exit.FAILED if tests is not None and not tests.report.is_good else Exit.OK
        return serve_engine(engine)


def _begin_with(engine: Engine) -> None:
    """Import what all databases have, while PostgreSQL makes the processes for the first connections."""
    first = engine.config["db_name"][:1]
    if first and not engine.config["init"]:  # else it may be that there is no such database yet
        with engine.pools.ahead(MAINTENANCE, *first):
            import_module("base")


def rehearse(config: Config, *, always_own: bool = False) -> int:
    """Whether a server would start; says nothing when it would, and why not otherwise."""
    log.set_up(config.replace(log_level="error", log_handler=[], logfile=""))
    with opened(config, always_own=always_own) as engine:
        prepare_databases(Engine(engine.config.replace(**ONCE), engine.pools, engine.registries))
        application = build(engine.config, engine.registries)
        application.prepare(engine.registries.get(name) for name in engine.config["db_name"])
        load_postponed()
    return Exit.OK


def wants_tests(config: Config) -> bool:
    return bool(config["test_enable"] or config["test_tags"] or config["test_file"])


def _leave(code: int) -> Callable[[int, object], None]:
    """A signal handler that ends the process in order."""

    def leave(_number: int, _frame: object) -> None:
        raise SystemExit(code)

    return leave


def serve_engine(engine: Engine, on_ready: Callable[[str], None] | None = None) -> int:
    """Serve until a signal; `on_ready` gets the URL once the port answers."""
    config = engine.config
    # Until the server is up and has a handler of its own.
    signal.signal(signal.SIGTERM, _leave(Exit.OK))
    with _pidfile(config["pidfile"]):
        application = build(config, engine.registries)
        traces.set_up(config)
        companions = [
            bus_kind(config, engine.registries, application),
            cron_kind(config, engine.registries, lambda: [scheduled.Runner, queued.Runner]),
            *listener.kinds(config, engine.registries),
        ]
        if not inheritance.is_present(os.environ):
            begin_anew(config["data_dir"])
        for mistake in tenancy.mistakes(engine.registries.names(), config):
            _logger.error("%s", mistake)
        if not config["workers"]:
            keep_house(engine)
        return serve(
            config,
            application,
            companions=companions,
            on_ready=on_ready or (lambda url: None),
            before_fork=lambda: _before_fork(engine, application),
            after_fork=lambda: keep_house(engine),
            before_exit=lambda: _last_words(engine),
            telling=lambda kind: telling(engine, kind),
            cancel=engine.pools.cancel,
            rehearsal=[sys.executable, *sys.orig_argv[1:], "--rehearse"],
        )


def keep_house(engine: Engine) -> None:
    """What each process does beside its requests."""
    housekeeping.start([load_postponed, engine.registries.sweep, CacheReporter(engine.registries).report])


def _last_words(engine: Engine) -> None:
    engine.pools.announcer.flush()
    tracing.close()


@contextlib.contextmanager
def telling(engine: Engine, kind: str) -> Iterator[None]:
    """Within it, this process says what it counted and what it is at to whoever asks on this machine."""
    teller = Teller(engine.config["data_dir"], kind, lambda: process.state(engine.registries))
    teller.start()
    try:
        yield
    finally:
        teller.close()


def _before_fork(engine: Engine, application: Application) -> None:
    """Load what every worker needs once, and keep no connection that two processes would share."""
    with Notifier.of(os.environ).at_work():
        application.prepare(engine.registries.preload(engine.config["db_name"]))
    engine.pools.close()


@contextlib.contextmanager
def _pidfile(path: str) -> Iterator[None]:
    if not path:
        yield
        return
    try:
        Path(path).write_text(f"{os.getpid()}\n", encoding="ascii")
    except OSError as error:
        raise CommandError(f"--pidfile: {error}") from error
    try:
        yield
    finally:
        Path(path).unlink(missing_ok=True)


def reload_server(pidfile: str) -> int:
    """Ask the server of this pid file, if it runs here, to take up new code and configuration; its process, or 0."""
    if pidfile:
        with contextlib.suppress(OSError, ValueError):
            pid = int(Path(pidfile).read_text(encoding="ascii"))
            os.kill(pid, signal.SIGHUP)
            return pid
    return 0


COMMAND = Command(
    "serve", "serve the databases over HTTP (what `fondaco` alone does)", run, add_arguments, is_talkative=True
)
