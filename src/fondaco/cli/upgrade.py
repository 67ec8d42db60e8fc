"""`fondaco upgrade -d NAME`: rehearse on a copy, say what will differ, then switch; a failure leaves all as it was."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.progress import Progress
from fondaco.cli.serve import reload_server, wants_tests
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.engine import Engine, opened
from fondaco.modules import former, upgrade
from fondaco.modules.difference import Difference
from fondaco.modules.former import Kept
from fondaco.modules.plan import Action, Plan
from fondaco.modules.upgrade import Outcome, Wanted
from fondaco.registry.registry import Registry
from fondaco.testing.run import TestRun
from fondaco.wsgi import build

EVERY = ("all",)
MIB = 1024**2


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--rehearse-only", action="store_true", help="rehearse and tell; change nothing")
    what.add_argument("--rehearsed", action="store_true", help="switch at once: it was rehearsed before")
    what.add_argument("--undo", action="store_true", help="put the database of before the last upgrade back")
    what.add_argument("--forget", action="store_true", help="drop what is kept for --undo, and free its room")
    what.add_argument("--list", action="store_true", help="what is kept for --undo, of all databases")
    parser.add_argument(
        "--anyway", action="store_true", help="switch in spite of views that broke or tests that failed"
    )
    parser.add_argument(
        "--copy",
        choices=(upgrade.BY_FILES, upgrade.BY_ROWS),
        default="",
        help="how the copy is made that is upgraded: by files PostgreSQL does it, quickly, and nobody can connect "
        "meanwhile; by rows it takes several times as long, and people read on; without this, rows from 128 MiB on",
    )
    parser.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")


def run(arguments: argparse.Namespace, config: Config) -> int:
    if arguments.list:
        with opened(config) as engine:
            return _list(arguments, former.listed(engine.registries))
    if len(config["db_name"]) != 1:
        raise CommandError("upgrade: name one database with -d", Exit.USAGE)
    (name,) = config["db_name"]
    with opened(config) as engine:
        if arguments.undo:
            upgrade.undo(engine.registries, name)
            answer(
                {"database": name, "undone": True} if arguments.json
                else f"{name} is as it was before its upgrade; the upgraded one is kept: --undo changes them again\n"
                "now put the code of before back, then reload the servers of this database"
            )  # fmt: skip
            return Exit.OK
        if arguments.forget:
            was_kept = upgrade.forget(engine.registries, name)
            sentence = "what was kept is gone" if was_kept else f"nothing is kept of {name}"
            answer({"database": name, "forgotten": was_kept} if arguments.json else sentence)
            return Exit.OK
        return _upgrade(arguments, engine, name)


def _list(arguments: argparse.Namespace, kept: Sequence[Kept]) -> int:
    if arguments.json:
        answer([asdict(one) for one in kept])
        return Exit.OK
    for one in kept:
        story = "upgraded, which was undone" if one.since == "" else "as it was before its upgrade"
        story += f" of {one.since} UTC" if one.since else ""
        gone = (
            "" if one.is_there else f"; there is no such database any more: `-d {one.hidden} --forget` frees its room"
        )
        answer(f"{one.of}  {one.size / MIB:.0f} MiB  {story}{gone}")
    answer("`fondaco upgrade -d NAME --forget` frees the room of one" if kept else "nothing is kept")
    return Exit.OK


def _upgrade(arguments: argparse.Namespace, engine: Engine, name: str) -> int:
    config = engine.config
    modules = tuple(config["update"]) or (() if config["init"] else EVERY)
    wanted = Wanted(modules, tuple(config["init"]), config["with_demo"])
    told: dict[str, Any] = {"database": name}
    with Progress(config) as progress:
        if not arguments.rehearsed:
            reason = _rehearse(arguments, engine, name, wanted, told, progress)
            if arguments.rehearse_only or reason:
                told |= {"switched": False} | ({"refused": reason} if reason else {})
                if arguments.json:
                    answer(told)
                elif reason:
                    answer(f"not to be switched: {reason}; {name} is as it was (--anyway switches in spite of it)")
                return Exit.FAILED if reason else Exit.OK
        # Not between the switch and the reload: with many databases it takes its time.
        told["behind"] = [other for other in upgrade.behind(engine.registries) if other != name]
        outcome = upgrade.switch(
            engine.registries, name, wanted, copy=arguments.copy, progress=progress,
            refuse=lambda found: "" if arguments.anyway else _against(found, None),
        )  # fmt: skip
    told |= {
        "switched": True,
        "difference": outcome.difference.as_json(),
        "read_only_seconds": round(outcome.read_only_s, 1),
        "away_seconds": round(outcome.away_s, 1),
    }
    away = f", but for {outcome.away_s:.1f} s at most in which PostgreSQL copied it" if outcome.away_s else ""
    return _end(
        arguments, engine, told,
        f"{name} is upgraded; it took no changes for {outcome.read_only_s:.1f} s and could be read{away}. What it was "
        f"is kept: `fondaco upgrade -d {name} --undo`, or --forget to free its room",
    )  # fmt: skip


def _rehearse(
    arguments: argparse.Namespace,
    engine: Engine,
    name: str,
    wanted: Wanted,
    told: dict[str, Any],
    progress: Progress,
) -> str:
    """Do it on a copy, with the tests that are asked for, and tell; why it must not be done in earnest, if so."""
    tests = TestRun(engine.config, build) if wants_tests(engine.config) else None
    rehearsal = upgrade.rehearse(
        engine.registries, name, _tested(wanted, tests), copy=arguments.copy, progress=progress
    )
    told["rehearsal"] = {"seconds": round(rehearsal.seconds, 1), **_steps(rehearsal), **_tests(tests)}
    told["difference"] = rehearsal.difference.as_json()
    if not arguments.json:
        answer(_in_words(name, rehearsal, tests))
    return "" if arguments.anyway else _against(rehearsal.difference, tests)


def _tested(wanted: Wanted, tests: TestRun | None) -> Wanted:
    """The same, with the tests of what changes."""
    if tests is None:
        return wanted

    def afterwards(registry: Registry, plan: Plan) -> None:
        tests.post_install(registry, plan.names(Action.INSTALL, Action.UPGRADE))

    return Wanted(wanted.upgrade, wanted.install, wanted.with_demo, tests.at_install, afterwards)


def _against(found: Difference, tests: TestRun | None) -> str:
    """Why this must not be put in use; nothing when it may."""
    reasons = []
    if found.broken_views:
        reasons.append(f"{len(found.broken_views)} views broke")
    if tests is not None and not tests.report.is_good:
        reasons.append(f"{tests.report.failures + tests.report.errors} tests failed")
    return " and ".join(reasons)


def _steps(outcome: Outcome) -> dict[str, Any]:
    return {"steps": [{"module": step.module, "action": step.action.value} for step in outcome.plan.changes]}


def _tests(tests: TestRun | None) -> dict[str, Any]:
    return {} if tests is None else {"tests": tests.report.as_json()}


def _in_words(name: str, outcome: Outcome, tests: TestRun | None) -> str:
    lines = [str(outcome.plan), f"rehearsed on a copy of {name} in {outcome.seconds:.1f} s", str(outcome.difference)]
    if tests is not None:
        lines += [f"{problem.kind}: {problem.module}: {problem.test}" for problem in tests.report.problems]
        lines.append(tests.report.sentence)
    return "\n".join(lines)


def _end(arguments: argparse.Namespace, engine: Engine, told: dict[str, Any], sentence: str) -> int:
    """Say it; a server whose pid file is known here takes up the new code, others have to be told."""
    behind = told["behind"]
    if not arguments.json:
        answer(sentence)
        if behind:
            answer(
                f"modules of {', '.join(behind)} are not of the version of the code, which servers take up for all "
                "databases: upgrade them too"
            )
    pid = reload_server(engine.config["pidfile"])
    if arguments.json:
        answer({**told, "reloaded": bool(pid)})
    else:
        answer(
            f"the server (process {pid}) is taking up the new code" if pid
            else "reload the servers of this database now: they still run the code of before"
        )  # fmt: skip
    return Exit.OK


COMMAND = Command(
    "upgrade", "upgrade a database: rehearse on a copy, tell what differs, switch, with a way back", run, add_arguments
)
