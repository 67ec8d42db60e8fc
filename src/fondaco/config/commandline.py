"""Which flags there are, and what a command line says with them.

Flags come from the table; every spelling with underscores is also understood with hyphens and the other way round.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from fondaco.config.option import Flag, Option
from fondaco.config.table import GROUPS, OPTIONS

GIVEN = "given_options"
NOTICES = "option_notices"


class _Given(argparse.Action):
    """Collects an option of the table in `namespace.given_options`, in place of an attribute per option."""

    def __init__(self, option_strings: Sequence[str], dest: str, *, option: Option, flag: Flag, **kwargs: Any) -> None:
        super().__init__(option_strings, dest, nargs=None if flag.value is None else 0, **kwargs)
        self.option = option
        self.flag = flag

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        given: dict[str, Any] = dict(getattr(namespace, GIVEN, {}))
        value = self.flag.value
        if value is None:
            try:
                value = self.option.read(values)
            except ValueError:
                raise argparse.ArgumentError(self, f"found {values!r}, expected {self.option.expected}") from None
        if self.option.key == "log_handler":  # each one adds to the others
            value = [*given.get("log_handler", []), *([value] if isinstance(value, str) else value)]
        given[self.option.key] = value
        setattr(namespace, GIVEN, given)
        if self.flag.obsolete:
            notice = f"command line: {option_string} is an obsolete spelling of {self.option.flags[0].spelling[-1]}"
            setattr(namespace, NOTICES, [*getattr(namespace, NOTICES, []), notice])


def add_flags(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Teach `parser` every flag of the table; values are collected by `given`."""
    for group, title in GROUPS.items():
        section = parser.add_argument_group(title)
        for option in OPTIONS:
            if option.group != group:
                continue
            for flag in option.flags:
                section.add_argument(
                    *flag.spelling,
                    action=_Given,
                    option=option,
                    flag=flag,
                    dest=argparse.SUPPRESS,
                    metavar=(option.metavar or option.key.upper()) if flag.value is None else None,
                    help=argparse.SUPPRESS if flag.obsolete else option.help.replace("%", "%%"),
                )
    return parser


def with_known_spelling(argv: Sequence[str]) -> list[str]:
    """`argv` with `--db-host` for `--db_host` and the like spelled as the table has them."""
    known = {spelling for option in OPTIONS for flag in option.flags for spelling in flag.spelling}
    by_letters = {spelling.replace("_", "-"): spelling for spelling in known if spelling.startswith("--")}
    result: list[str] = []
    for number, argument in enumerate(argv):
        if argument == "--":
            return [*result, *argv[number:]]
        name, equals, value = argument.partition("=")
        if name.startswith("--") and name not in known:
            name = by_letters.get(name.replace("_", "-"), name)
        result.append(name + equals + value)
    return result


def given(namespace: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """Options set on the command line, and notices about how."""
    return getattr(namespace, GIVEN, {}), getattr(namespace, NOTICES, [])
