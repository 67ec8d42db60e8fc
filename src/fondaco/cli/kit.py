"""`fondaco kit`: from one description of a deployment to its files: plan, write, compare with a machine."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer, tell
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.kit import description, files, secret
from fondaco.kit.files import File

DESCRIPTION = "fondaco.toml"
SECRETS = "secrets"


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    making = actions.add_parser("init", help="write an example of a description")
    making.add_argument("file", type=Path, nargs="?", default=Path(DESCRIPTION))
    planning = actions.add_parser("plan", help="list the files that follow from a description; writes nothing")
    writing = actions.add_parser("write", help="write the files, below --to")
    writing.add_argument("--dry-run", action="store_true", help="list what would be written")
    comparing = actions.add_parser("diff", help="show where a machine differs; exit code 1 when it does")
    for action in (planning, writing, comparing):
        action.add_argument("file", type=Path, nargs="?", default=Path(DESCRIPTION), help=f"({DESCRIPTION})")
        action.add_argument("--only", default="", metavar="TEXT", help="files whose path contains this")
        action.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")
    writing.add_argument("--to", type=Path, default=Path("kit"), help="the folder that stands for / (kit)")
    comparing.add_argument("--root", type=Path, default=Path("/"), help="the machine's / (/)")


def run(arguments: argparse.Namespace, config: Config) -> int:
    return ACTIONS[arguments.action](arguments, config)


def _init(arguments: argparse.Namespace, config: Config) -> int:
    if arguments.file.exists():
        raise CommandError(f"{arguments.file} exists already; name another file", Exit.CONFLICT)
    arguments.file.write_text(description.EXAMPLE)
    tell(config, f"{arguments.file} is an example: correct it, then `fondaco kit plan {arguments.file}`")
    return Exit.OK


def _plan(arguments: argparse.Namespace, config: Config) -> int:
    _show(arguments, _files(arguments, dict.fromkeys(secret.NAMES, "")))
    for line in files.numbers(description.read(arguments.file)):
        tell(config, line)
    return Exit.OK


def _write(arguments: argparse.Namespace, config: Config) -> int:
    if arguments.dry_run:
        return _would_write(arguments, config)
    wanted = _files(arguments, secret.keep(_secrets_of(arguments.file)))
    written = files.write(iter(wanted), arguments.to)
    _show(arguments, written)
    tell(
        config,
        f"{len(written)} of {len(wanted)} files written below {arguments.to}; secrets: {_secrets_of(arguments.file)}",
    )
    return Exit.OK


def _would_write(arguments: argparse.Namespace, config: Config) -> int:
    """Show what `write` would; before there are secrets, all of it."""
    folder = _secrets_of(arguments.file)
    if all((folder / name).is_file() for name in secret.NAMES):
        wanted = _files(arguments, secret.keep(folder))
        changed = [file for file, _difference in files.differences(iter(wanted), arguments.to)]
    else:
        changed = wanted = _files(arguments, dict.fromkeys(secret.NAMES, ""))
    _show(arguments, changed)
    tell(config, f"{len(changed)} of {len(wanted)} files would be written below {arguments.to}")
    return Exit.OK


def _diff(arguments: argparse.Namespace, config: Config) -> int:
    folder = _secrets_of(arguments.file)
    if not folder.is_dir():
        raise CommandError(f"there are no secrets in {folder}: `fondaco kit write` makes them", Exit.NOT_FOUND)
    wanted, absent = files.for_machine(_files(arguments, secret.keep(folder)), arguments.root)
    if absent:
        tell(config, f"not compared, as {arguments.root} has nothing of them: {', '.join(absent)}")
    found = list(files.differences(iter(wanted), arguments.root))
    if arguments.json:
        answer([{"path": file.path, "difference": difference} for file, difference in found])
    else:
        for file, difference in found:
            answer(f"{file.path}: {difference.rstrip()}")
    return Exit.FAILED if found else Exit.OK


def _files(arguments: argparse.Namespace, secrets: dict[str, str]) -> list[File]:
    wanted = files.rendered(description.read(arguments.file), secrets)
    return [file for file in wanted if arguments.only in file.path]


def _secrets_of(file: Path) -> Path:
    return file.resolve().parent / SECRETS


def _show(arguments: argparse.Namespace, shown: list[File]) -> None:
    if arguments.json:
        answer(
            [{"path": one.path, "mode": f"{one.mode:04o}", "answers": one.answers, "note": one.note} for one in shown]
        )
        return
    for one in shown:
        answer(f"{one.mode:04o}  {one.path:52}  answers {one.answers}" + (f"; {one.note}" if one.note else ""))


ACTIONS: dict[str, Callable[[argparse.Namespace, Config], int]] = {
    "init": _init,
    "plan": _plan,
    "write": _write,
    "diff": _diff,
}
COMMAND = Command("kit", "the files of a deployment, from one description", run, add_arguments, needs_root=True)
