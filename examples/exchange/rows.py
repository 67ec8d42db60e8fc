"""Rows of a CSV file from another system, and what is wrong with them: all of it is told, each with its row."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from typing import Any

from connection import Trouble, told

csv.field_size_limit(sys.maxsize)  # a description may be long


class Rows:
    """The rows of a file below its titles. The first is number 2, as spreadsheets count; empty ones are passed over."""

    def __init__(self, text: str, separator: str, columns: Collection[str]) -> None:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        try:
            titles = next(reader, [])
            found = [(number, cells) for number, cells in enumerate(reader, 2) if cells]
        except csv.Error as error:
            raise Trouble(f"line {reader.line_num}: {error}; expected columns divided by {separator!r}") from error
        if missing := [column for column in columns if column not in titles]:
            raise Trouble(f"row 1: no column {missing[0]!r}, found {', '.join(titles) or 'nothing'}")
        self.problems = [
            f"row {number}: it has {len(cells)} cells, and the titles are {len(titles)}"
            for number, cells in found
            if len(cells) != len(titles)
        ]
        self.rows = [Row(self, number, titles, cells) for number, cells in found if len(cells) == len(titles)]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def check(self) -> None:
        """`Trouble` with all problems that were found."""
        if self.problems:
            raise Trouble(told(self.problems))


class Row:
    """One row: `row.take("Price", amount)` is the value, and None after a problem was noted."""

    def __init__(self, rows: Rows, number: int, titles: Sequence[str], cells: Sequence[str]) -> None:
        self.rows, self.name = rows, f"row {number}"
        self.texts = {title: cell.strip() for title, cell in zip(titles, cells, strict=True)}

    def take(self, column: str, read: Callable[[str], Any]) -> Any:
        text = self.texts[column]
        try:
            return read(text)
        except (ValueError, ArithmeticError) as error:
            self.refuse(f"{column} {text!r}: {error}")

    def refuse(self, problem: str) -> None:
        self.rows.problems.append(f"{self.name}: {problem}")


def required(text: str) -> str:
    if not text:
        raise ValueError("it is empty")
    return text


def whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("expected a whole number, 350 for example")
    return int(text)


def plain(value: Decimal) -> str:
    """A number as text without needless zeros and without an exponent."""
    return f"{value.normalize():f}"


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected {' or '.join(choices)}")
        return text

    return read
