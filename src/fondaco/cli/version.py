"""`fondaco version`: which one this is, whether there is a newer one, and what it is made of.

Nothing asks by itself: an index is asked with `--check` alone, and only the one that is named.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import UTC, datetime

from fondaco import SERIES, VERSION
from fondaco.cli import parts, releases
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.releases import News
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given

NEWER, UNSAFE = 10, 20
"""Exit codes, as of `fondaco check`: somebody should decide; somebody should act"""
TIMEOUT_S = 10.0


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="ask the index whether there is a newer release")
    what.add_argument("--sbom", action="store_true", help="what is installed here, as CycloneDX in JSON")
    parser.add_argument(
        "--index",
        metavar="URL",
        help="where releases are: https://pypi.org/pypi/fondaco/json, or a mirror's simple page",
    )
    parser.add_argument(
        "--timeout", type=float, default=TIMEOUT_S, metavar="SECONDS", help=f"how long to wait for it ({TIMEOUT_S:g})"
    )
    parser.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")


def run(arguments: argparse.Namespace, config: Config) -> int:
    if arguments.sbom:
        answer(parts.document(datetime.now(UTC)))
        return Exit.OK
    if not arguments.check:
        answer(
            {"version": VERSION, "series": SERIES} if arguments.json else f"Fondaco {VERSION} (speaks Odoo {SERIES})"
        )
        return Exit.OK
    if not arguments.index:
        raise CommandError(
            "--check asks the index that --index names, as in --index https://pypi.org/pypi/fondaco/json", Exit.USAGE
        )
    if arguments.timeout <= 0:
        raise CommandError(f"--timeout {arguments.timeout:g}: expected seconds above 0", Exit.USAGE)
    try:
        found = releases.ask(arguments.index, VERSION, arguments.timeout)
    except releases.Unanswered as error:
        raise CommandError(f"{error}. Whether {VERSION} is the newest is not known", Exit.UNANSWERED) from error
    answer({"version": VERSION, **asdict(found)} if arguments.json else "\n".join(_lines(found)))
    if found.fixes or found.is_withdrawn:
        return UNSAFE
    return NEWER if found.is_newer else Exit.OK


def _lines(found: News) -> list[str]:
    standing = f"the newest is {found.newest}" if found.newest else "the index knows no release that stands"
    lines = [
        f"Fondaco {VERSION}; {standing}" if found.is_newer or not found.newest else f"Fondaco {VERSION} is the newest"
    ]
    if found.is_withdrawn:
        lines.append(f"{VERSION} was withdrawn by who released it")
    for fix in found.fixes:
        mended = f"mended in {', '.join(fix.fixed_in)}" if fix.fixed_in else "not mended yet"
        lines.append(f"security: {fix.id} ({mended}) {fix.summary}".rstrip())
    if found.is_newer:
        lines.append("see docs/operator/upgrade.md for the way there")
    return lines


COMMAND = Command(
    "version", "which version this is, whether there is a newer one, what it is made of", run, add_arguments
)
