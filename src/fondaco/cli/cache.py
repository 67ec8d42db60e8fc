"""`fondaco cache stats`: how well the processes of the server remember their answers."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from fondaco.cli.command import Command, Exit
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given, add_flags
from fondaco.modules.cache_report import read_all

MIB = 2**20
LINE = "{:24} {:>10} {:>10} {:>12} {:>12} {:>7}"


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    stats = actions.add_parser("stats", help="answers, bytes and hit ratio of each process, by database or by group")
    stats.add_argument("--by", choices=("database", "group"), default="database", help="what a line is about")
    stats.add_argument("--json", action="store_true", help="everything, as one JSON value")
    add_flags(stats, given)


def run(arguments: argparse.Namespace, config: Config) -> int:
    reports = list(read_all(config["data_dir"]))
    if arguments.json:
        answer(reports)
    elif not reports:
        answer(f"no process of a server with data_dir {config['data_dir']} has told anything yet")
    else:
        for report in reports:
            _show(report, arguments.by)
    return Exit.OK


def _show(report: Mapping[str, Any], by: str) -> None:
    taken, size = report["taken"] / MIB, report["size"] / MIB
    answer(f"process {report['pid']} on {report['host']}: {taken:.1f} of {size:.0f} MiB")
    answer(LINE.format(by, "answers", "KiB", "hits", "misses", "ratio"))
    for name, numbers in sorted(_summed(report["databases"], by)):
        asked = numbers["hits"] + numbers["misses"]
        ratio = f"{numbers['hits'] / asked:.1%}" if asked else "-"
        answer(
            LINE.format(name, numbers["answers"], numbers["bytes"] // 1024, numbers["hits"], numbers["misses"], ratio)
        )


def _summed(databases: Mapping[str, Mapping[str, Mapping[str, int]]], by: str) -> Iterable[tuple[str, Counter[str]]]:
    sums: dict[str, Counter[str]] = {}
    for database, groups in databases.items():
        for group, numbers in groups.items():
            sums.setdefault(database if by == "database" else group, Counter()).update(numbers)
    return sums.items()


COMMAND = Command("cache", "how well the processes of the server remember their answers", run, add_arguments)
