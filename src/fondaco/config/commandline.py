"""Which flags there are, and what a command line says with them.

Flags come from the table; every spelling with underscores is also understood with hyphens and the other way round.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fondaco.config.option import Flag, Option
from fondaco.config.table import GROUPS, OPTIONS


@dataclass(slots=True)
class Given:
    """What the flags on one command line set; shared by a command's parser and those of its actions."""

    options: dict[str, Any] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


class _Take(argparse.Action):
    """Puts the value of a flag into `given`."""

    def __init__(
        self, option_strings: Sequence[str], dest: str, *, option: Option, flag: Flag, given: Given, **kwargs: Any
    ) -> None:
        super().__init__(option_strings, dest, nargs=None if flag.value is None else 0, **kwargs)
        self.option = option
        self.flag = flag
        self.given = given

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        value = self.flag.value
        if value is None:
            try:
                value = self.option.read(values)
            except ValueError:
                raise argparse.ArgumentError(self, f"found {values!r}, expected {self.option.expected}") from None
        key, options = self.option.key, self.given.options
        if key == "log_handler":  # each one adds to the others
            value = [*options.get(key, []), *([value] if isinstance(value, str) else value)]
        options[key] = value
        if self.flag.obsolete:
            usual = self.option.flags[0].spelling[-1]
            self.given.notices.append(f"command line: {option_string} is an obsolete spelling of {usual}")


def add_flags(parser: argparse.ArgumentParser, given: Given) -> argparse.ArgumentParser:
    """Teach `parser` every flag of the table; what they set goes into `given`."""
    for group, title in GROUPS.items():
        section = parser.add_argument_group(title)
        for option in OPTIONS:
            if option.group != group:
                continue
            for flag in option.flags:
                section.add_argument(
                    *flag.spelling,
                    action=_Take,
                    option=option,
                    flag=flag,
                    given=given,
                    dest=argparse.SUPPRESS,
                    metavar=(option.metavar or option.key.upper()) if flag.value is None else None,
                    help=argparse.SUPPRESS if flag.obsolete else option.help.replace("%", "%%"),
                )
    return parser


TAGS = "--test-tags"


def with_known_spelling(argv: Sequence[str]) -> list[str]:
    """`argv` with `--db-host` for `--db_host` and the like spelled as the table has them.

    What begins with a minus is no value for the parser, but where a `=` joins it to its option: tags to leave out.
    """
    known = {spelling for option in OPTIONS for flag in option.flags for spelling in flag.spelling}
    by_letters = {spelling.replace("_", "-"): spelling for spelling in known if spelling.startswith("--")}
    result: list[str] = []
    for number, argument in enumerate(argv):
        if argument == "--":
            return [*result, *argv[number:]]
        name, equals, value = argument.partition("=")
        if name.startswith("--") and name not in known:
            name = by_letters.get(name.replace("_", "-"), name)
        if result and result[-1] == TAGS and argument.startswith("-") and name not in known:
            result[-1] += f"={argument}"
        else:
            result.append(name + equals + value)
    return result
