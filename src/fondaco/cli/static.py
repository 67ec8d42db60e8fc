"""`fondaco static collect DIR`: the static files of all modules, for a web server that sends them by itself."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from fondaco.assets import collect
from fondaco.cli.command import Command, Exit
from fondaco.cli.progress import Progress
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given, add_flags
from fondaco.modules.manifest import AddonsPath


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    collecting = actions.add_parser("collect", help="bring a folder up to date with the static files of all modules")
    collecting.add_argument("folder", metavar="DIR", help="where a web server finds them")
    collecting.add_argument("--dry-run", action="store_true", help="print the plan and change nothing")
    collecting.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")
    add_flags(collecting, given)


def run(arguments: argparse.Namespace, config: Config) -> int:
    folders = AddonsPath(config["addons_path"])
    modules = [(name, path) for name in folders.names() if (path := folders.folder_of(name)) is not None]
    plan = collect.plan(modules, Path(arguments.folder).absolute())
    counts = Counter("written" if step.source is not None else "removed" for step in plan.steps)
    if arguments.dry_run and not arguments.json:
        for step in plan.steps:
            answer(str(step))
    if not arguments.dry_run:
        with Progress(config) as progress:
            collect.carry_out(plan, progress)
    if arguments.json:
        steps = [{"action": "write" if step.source else "remove", "file": step.target} for step in plan.steps]
        answer({"folder": str(plan.folder), "files": len(plan.versions), "steps": steps})
    else:
        would = "would be " if arguments.dry_run else ""
        answer(
            f"{plan.folder}: {len(plan.versions)} files, of which {counts['written']} {would}written; "
            f"{counts['removed']} {would}removed"
        )
    return Exit.OK


COMMAND = Command("static", "collect static files for a web server", run, add_arguments, needs_root=True)
