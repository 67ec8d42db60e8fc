"""What do the people of a load test do? Five things, on records of the test's own."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from fondaco.loadtest.visitor import Refused, Visitor

MARK = "Load test"
"""How the records of a test are called; what is called so is removed at its end."""
SHARED = 5  # records that everybody writes
PAGE = 80
BATCH = 500  # records made at once
IMPORTED = 20  # rows of an import
REPORT = "base.report_irmodulereference"
SPECIFICATION: dict[str, dict[str, dict[str, dict[str, str]]]] = {
    "display_name": {},
    "email": {},
    "city": {},
    "country_id": {"fields": {"display_name": {}}},
}


@dataclass
class Ground:
    """The records that the test works on."""

    shared: list[int] = field(default_factory=list)
    modules: list[int] = field(default_factory=list)
    records: int = 0


def prepare(visitor: Visitor, records: int) -> Ground:
    """Make the records."""
    ground = Ground(records=records)
    for start in range(0, records, BATCH):
        values = [
            {"name": f"{MARK} {number}", "email": f"load{number}@example.com", "city": f"Town {number % 97}"}
            for number in range(start, min(start + BATCH, records))
        ]
        ground.shared += visitor.call("res.partner", "create", values)
    ground.shared = ground.shared[:SHARED]
    ground.modules = visitor.call("ir.module.module", "search", [("name", "in", ("base", "web"))])
    return ground


def clear(visitor: Visitor) -> None:
    """Remove what this test, or one that was broken off, left behind."""
    domain = [("name", "=like", f"{MARK} %"), ("email", "=like", "load%@example.com")]
    while ids := visitor.call("res.partner", "search", domain, limit=BATCH, context={"active_test": False}):
        visitor.call("res.partner", "unlink", ids)


def log_in(visitor: Visitor, _ground: Ground) -> None:
    """By the page, with a password."""
    visitor.enter()


def exchange(visitor: Visitor, ground: Ground) -> None:
    """An import of a few rows, and an export of a page."""
    number = random.randrange(10**9)
    rows = [[f"{MARK} import {number}.{row}", f"load{number}.{row}@example.com"] for row in range(IMPORTED)]
    answer = visitor.call("res.partner", "load", ["name", "email"], rows)
    if not answer["ids"]:
        raise Refused(f"import: {answer['messages'][:1]}")
    visitor.call("res.partner", "export_data", answer["ids"], ["name", "email", "country_id/name"])
    visitor.call("res.partner", "unlink", answer["ids"])


def report(visitor: Visitor, ground: Ground) -> None:
    """A document as PDF."""
    ids = ",".join(map(str, ground.modules[:1]))
    if not visitor.get(f"/report/pdf/{REPORT}/{ids}").content.startswith(b"%PDF"):
        raise Refused(f"report {REPORT}: the answer is no PDF")


def search(visitor: Visitor, ground: Ground) -> None:
    """A page of many records, somewhere in the middle, found by a part of a word."""
    domain = ["|", ("name", "ilike", f"test {random.randrange(100)}"), ("city", "ilike", f"own {random.randrange(97)}")]
    visitor.call(
        "res.partner", "web_search_read", domain, SPECIFICATION, order="city, name desc", limit=PAGE,
        offset=random.randrange(3) * PAGE, count_limit=10001,
    )  # fmt: skip


def write(visitor: Visitor, ground: Ground) -> None:
    """A change of a record that others change at the same moment."""
    values = {"city": f"Town {random.randrange(97)}", "comment": f"<p>{random.random()}</p>"}
    visitor.call("res.partner", "write", [random.choice(ground.shared)], values)


Scenario = Callable[[Visitor, Ground], None]
SCENARIOS: dict[str, Scenario] = {
    "log-in": log_in, "import and export": exchange, "report": report, "search": search, "write shared": write
}  # fmt: skip
