"""docs/features.md: the rows of the feature matrix and the tests that are named after them.

A test shows a row when its name begins with the row's id: `test_w5_...`, or `test_t1_t2_...` for several.
`python -m tests.features` writes the page; tests/unit/test_features.py holds it against the tests.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/features.md"
MATRIX = ROOT.parent / "shared/spec/features.md"
ROW = re.compile(r"^\| (?P<id>[A-Z]\d+) \| (?P<seed>[^|]*) \| (?P<text>.*?) \|[^|]*\|[^|]*\|$")
SECTION = re.compile(r"^\| \*\*[\d.]+\*\* \| \| \*\*(?P<title>.*)\*\* \|")
IDS = re.compile(r"^test_(?P<ids>(?:[a-z]\d+_)+)")

OPENING = """# Features

What the documents that Fondaco is measured by name, row by row, and the tests that show a row. A row holds when it
has a test: each is run against real parts before a change is taken. The page is made from the names of the tests by
`make docs`; {shown} of {count} rows have one.
"""


@dataclass
class Row:
    """A line of the matrix: what is promised, where a seed document says so, which tests show it."""

    id: str
    seed: str
    text: str
    tests: list[str] = field(default_factory=list)


def sections(matrix: str) -> dict[str, list[Row]]:
    """{title: rows} in the matrix's order."""
    found: dict[str, list[Row]] = {}
    title = "Tenancy"
    for line in matrix.splitlines():
        if section := SECTION.match(line):
            title = section["title"]
        elif row := ROW.match(line):
            found.setdefault(title, []).append(Row(row["id"], row["seed"].strip(), row["text"].strip()))
    return found


def named_tests(root: Path) -> Iterator[tuple[str, str]]:
    """(id of a row, address of a test) for each test that claims a row."""
    for path in sorted(root.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (claim := IDS.match(node.name)):
                for row in claim["ids"].strip("_").split("_"):
                    yield row.upper(), f"{path.relative_to(root.parent).as_posix()}::{node.name}"


def matrix_with_tests() -> dict[str, list[Row]]:
    found = sections(MATRIX.read_text())
    rows = {row.id: row for listed in found.values() for row in listed}
    for row_id, test in named_tests(ROOT / "tests"):
        if row_id in rows:
            rows[row_id].tests.append(test)
    return found


def page(found: dict[str, list[Row]]) -> str:
    rows = [row for listed in found.values() for row in listed]
    parts = [OPENING.format(shown=sum(bool(row.tests) for row in rows), count=len(rows))]
    for title, listed in found.items():
        parts.append(f"\n## {title}\n\n| row | what | shown by |\n|---|---|---|")
        parts.extend(f"| {row.id} | {row.text} | {_places(row.tests)} |" for row in listed)
    return "\n".join(parts) + "\n"


def _places(tests: list[str]) -> str:
    """The files of the tests, each once, as links."""
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    return ", ".join(f"[{Path(file).stem.removeprefix('test_')}](../{file})" for file in files) or "no test yet"


if __name__ == "__main__":
    PAGE.write_text(page(matrix_with_tests()))
