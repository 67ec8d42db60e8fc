"""Posted entries of the journal go out to the software of the accountants, as CSV files, each entry once.

    python journal_out.py --url https://... --db DB --login LOGIN --folder FOLDER
    python journal_out.py --url https://... --db DB --login LOGIN --dry-run

docs/integrator/exchange.md has the table of columns, and what happens when this dies on the way. Fondaco has no
application for accounting: entries are those of the example addon `emporium`. Whoever has an application puts its
names into the table below. stdout: the paths of the files written; with --dry-run what would be in the next one.
"""

from __future__ import annotations

import csv
import io
import os
import re
import sys
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from connection import Connection, Exit, Trouble, connected, finish, parser, say, told

EXPORT, EXPORT_NAME, EXPORT_WRITTEN = "emporium.export", "name", "is_written"
RESERVE, CONFIRM = "reserve", "confirm"  # methods of the export
ENTRY, ENTRY_NUMBER, ENTRY_DATE, ENTRY_RATE = "emporium.entry", "name", "date", "rate"
ENTRY_CURRENCY, ENTRY_COMPANY, ENTRY_EXPORT = "currency_id", "company_id", "export_id"
ENTRY_POSTED = ("state", "=", "posted")
LINE, LINE_ENTRY, LINE_ACCOUNT, LINE_TEXT, LINE_PARTNER = (
    "emporium.entry.line",
    "entry_id",
    "account",
    "name",
    "partner_id",
)
LINE_AMOUNT, LINE_BALANCE, LINE_TAX, LINE_IS_TAX = "amount", "balance", "tax_id", "is_tax"
TAX, TAX_CODE, TAX_PERCENT = "emporium.tax", "code", "percent"
CURRENCY, COMPANY = "res.currency", "res.company"
TITLES = (
    "export", "entry", "date", "account", "text", "partner", "debit", "credit", "company_currency",
    "amount", "currency", "rate", "tax", "is_tax",
)  # fmt: skip
FORMULA = re.compile(r"'*[=+\-@\t\r]")
NEARLY = Decimal("0.000001")  # how far what was computed in binary may be from half a step


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--folder", type=Path, help="where the files come to lie")
    arguments.add_argument("--most", type=int, default=5000, help="entries of one file (default: %(default)s)")
    given = arguments.parse_args()
    if not given.dry_run and not (given.folder and given.folder.is_dir()):
        raise Trouble(f"--folder {given.folder or ''}: expected a folder that is there", Exit.USAGE)
    if given.most < 1:
        raise Trouble(f"--most {given.most}: expected 1 or more", Exit.USAGE)
    connection = connected(given)
    if given.dry_run:
        (user,) = connection.call("res.users", "read", [connection.uid], ["company_id"])
        next_one = [ENTRY_POSTED, (ENTRY_EXPORT, "=", False), (ENTRY_COMPANY, "=", user["company_id"][0])]
        sys.stdout.write(document(connection, "next", next_one, given.most))
        return
    count = 0
    # First those that were reserved and not confirmed: an earlier run died on the way, or another one is at work.
    for export in connection.call(EXPORT, "search_read", [(EXPORT_WRITTEN, "=", False)], fields=["id"], order="id"):
        write_out(connection, export["id"], given.folder)
        count += 1
    while export_id := connection.call(EXPORT, RESERVE, given.most):
        write_out(connection, export_id, given.folder)
        count += 1
    say(f"{count} files went out")


def write_out(connection: Connection, export_id: int, folder: Path) -> None:
    """The file of an export: name, entries and amounts are the same each time. Then the note that it is there."""
    (export,) = connection.call(EXPORT, "read", [export_id], [EXPORT_NAME])
    path = folder / f"{export[EXPORT_NAME]}.csv"
    keep(path, document(connection, export[EXPORT_NAME], [(ENTRY_EXPORT, "=", export_id)], None))
    connection.call(EXPORT, CONFIRM, [export_id])
    print(path, flush=True)


def keep(path: Path, text: str) -> None:
    """The text in the file and on the disk, whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with new.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# -- what is in a file ------------------------------------------------------------------------------------------------
def document(connection: Connection, name: str, domain: list[Any], most: int | None) -> str:
    """The CSV of the entries in this domain; `Trouble` when one of them does not add up."""
    fields = [ENTRY_NUMBER, ENTRY_DATE, ENTRY_RATE, ENTRY_CURRENCY, ENTRY_COMPANY]
    entries = connection.call(ENTRY, "search_read", domain, fields=fields, order=f"{ENTRY_DATE}, id", limit=most)
    wanted = [(LINE_ENTRY, "in", [entry["id"] for entry in entries])]
    fields = [LINE_ENTRY, LINE_ACCOUNT, LINE_TEXT, LINE_PARTNER, LINE_AMOUNT, LINE_BALANCE, LINE_TAX, LINE_IS_TAX]
    lines: dict[int, list[dict[str, Any]]] = {}
    for line in connection.call(LINE, "search_read", wanted, fields=fields, order="id"):
        lines.setdefault(line[LINE_ENTRY][0], []).append(line)
    money = Money(connection, entries)
    taxes = {tax["id"]: tax for tax in connection.call(TAX, "search_read", [], fields=[TAX_CODE, TAX_PERCENT])}
    if problems := [f"{e[ENTRY_NUMBER]}: {p}" for e in entries for p in faults(e, lines[e["id"]], money, taxes)]:
        raise Trouble(told(problems, f"{name} is not written, as its entries do not add up"))
    rows = (row(name, entry, line, money, taxes) for entry in entries for line in lines[entry["id"]])
    return written(TITLES, rows)


class Money:
    """Which currencies the entries and their companies have, and how amounts are written in them."""

    def __init__(self, connection: Connection, entries: list[dict[str, Any]]) -> None:
        companies = connection.call(
            COMPANY, "read", sorted({entry[ENTRY_COMPANY][0] for entry in entries}), ["currency_id"]
        )
        self.of_company = {company["id"]: company["currency_id"][0] for company in companies}
        ids = {*self.of_company.values(), *(entry[ENTRY_CURRENCY][0] for entry in entries)}
        read = connection.call(CURRENCY, "read", sorted(ids), ["name", "decimal_places", "rounding"])
        self.by_id: dict[int, dict[str, Any]] = {one["id"]: one for one in read}

    def own(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The currency of the entry's company."""
        return self.by_id[self.of_company[entry[ENTRY_COMPANY][0]]]

    def of(self, entry: dict[str, Any]) -> dict[str, Any]:
        return self.by_id[entry[ENTRY_CURRENCY][0]]


def amount(value: Any, currency: dict[str, Any]) -> str:
    return f"{Decimal(value):.{currency['decimal_places']}f}"


def row(name: str, entry: dict[str, Any], line: dict[str, Any], money: Money, taxes: dict[int, Any]) -> list[str]:
    balance, own, currency = Decimal(line[LINE_BALANCE]), money.own(entry), money.of(entry)
    return [
        name,
        text(entry[ENTRY_NUMBER]),
        entry[ENTRY_DATE],
        text(line[LINE_ACCOUNT]),
        text(line[LINE_TEXT]),
        text(line[LINE_PARTNER] and line[LINE_PARTNER][1]),
        amount(max(balance, Decimal(0)), own),
        amount(max(-balance, Decimal(0)), own),
        own["name"],
        amount(line[LINE_AMOUNT], currency),
        currency["name"],
        f"{Decimal(entry[ENTRY_RATE]):.6f}",
        text(line[LINE_TAX] and taxes[line[LINE_TAX][0]][TAX_CODE]),
        "1" if line[LINE_IS_TAX] else "0",
    ]


def text(value: Any) -> str:
    """A text as no spreadsheet takes it for a formula: an apostrophe stands before `=`, `+`, `-`, `@`."""
    return f"'{value}" if value and FORMULA.match(value) else value or ""


def written(titles: Iterable[str], rows: Iterable[list[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(titles)
    writer.writerows(rows)
    return out.getvalue()


# -- what must add up -------------------------------------------------------------------------------------------------
def faults(entry: dict[str, Any], lines: list[dict[str, Any]], money: Money, taxes: dict[int, Any]) -> list[str]:
    """What is wrong with an entry, computed once more from what is in it."""
    own, currency = money.own(entry), money.of(entry)
    return [
        *unbalanced(lines, LINE_BALANCE, own),
        *unbalanced(lines, LINE_AMOUNT, currency),
        *wrongly_converted(lines, Decimal(entry[ENTRY_RATE]), own),
        *wrongly_taxed(lines, taxes, currency),
    ]


def unbalanced(lines: list[dict[str, Any]], field: str, currency: dict[str, Any]) -> list[str]:
    difference = sum(Decimal(line[field]) for line in lines)
    return [f"debit and credit differ by {amount(difference, currency)} {currency['name']}"] if difference else []


def wrongly_converted(lines: list[dict[str, Any]], rate: Decimal, own: dict[str, Any]) -> list[str]:
    """Each amount divided by the rate, rounded; the largest line has what the rounding of the others leaves."""
    if not rate:
        return ["it has no rate"]
    half = Decimal(own["rounding"]) / 2 + NEARLY
    largest = max(abs(Decimal(line[LINE_AMOUNT])) for line in lines)
    found = []
    for line in lines:
        exact = Decimal(line[LINE_AMOUNT]) / rate
        allowed = half * len(lines) if abs(Decimal(line[LINE_AMOUNT])) == largest else half
        if abs(Decimal(line[LINE_BALANCE]) - exact) > allowed:
            has, due = amount(line[LINE_BALANCE], own), amount(exact, own)
            found.append(f"account {line[LINE_ACCOUNT]} has {has} {own['name']}, expected {due} at the rate {rate}")
    return found


def wrongly_taxed(lines: list[dict[str, Any]], taxes: dict[int, Any], currency: dict[str, Any]) -> list[str]:
    """A tax is its percentage of the sum of the lines that name it, rounded once, half a step away from zero."""
    bases: dict[int, Decimal] = {}
    found: dict[int, Decimal] = {}
    for line in lines:
        if line[LINE_TAX]:
            sums = found if line[LINE_IS_TAX] else bases
            sums[line[LINE_TAX][0]] = sums.get(line[LINE_TAX][0], Decimal(0)) + Decimal(line[LINE_AMOUNT])
    step, problems = Decimal(currency["rounding"]), []
    for tax in bases.keys() | found.keys():
        exact = bases.get(tax, Decimal(0)) * Decimal(taxes[tax][TAX_PERCENT]) / 100
        due = (exact / step).quantize(Decimal(1), ROUND_HALF_UP) * step
        if found.get(tax, Decimal(0)) != due:
            has = amount(found.get(tax, 0), currency)
            problems.append(f"tax {taxes[tax][TAX_CODE]} is {has}, expected {amount(due, currency)} {currency['name']}")
    return problems


if __name__ == "__main__":
    finish(main)
