"""Contacts go out to a CRM and come back changed.

    python contacts_sync.py --url https://... --db DB --login LOGIN out [--since MOMENT | --state FILE]
    python contacts_sync.py --url https://... --db DB --login LOGIN in FILE    (`-` is stdin)

Both ways a contact is a line of JSON; docs/integrator/exchange.md has the table of its members.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connection import Connection, Exit, Trouble, connected, finish, parser, read, say, told

CONTACT, COUNTRY = "res.partner", "res.country"
OUT_FIELDS = ["id", "name", "is_company", "email", "country_id/code", "parent_id/id", "active"]
IN_FIELDS = ["id", "name", "is_company", "email", "country_id/.id", "parent_id/id", "active"]
ALL = {"active_test": False}  # archived ones, too
CUSTOMERS: list[Any] = [("user_ids", "=", False)]  # whoever logs in here is none
USERS: list[Any] = [("user_ids", "!=", False)]
KINDS = {"organisation": True, "person": False}
MEMBERS = {"key": str, "full_name": str, "kind": str, "mail": str, "country": str, "employer": str, "archived": bool}
NEEDED = ("key", "full_name", "kind")
AT_ONCE = 500
BEGINNING = "1970-01-01T00:00:00Z"
LONGEST_TRANSACTION = timedelta(minutes=10)
"""A contact is dated by the beginning of its transaction and seen at its end: so far back is asked again."""


def main() -> None:
    arguments = parser(__doc__)
    ways = arguments.add_subparsers(dest="way", required=True)
    out = ways.add_parser("out", help="contacts that changed, to stdout")
    start = out.add_mutually_exclusive_group()
    start.add_argument("--since", metavar="MOMENT", default=BEGINNING, help="2026-11-29T08:00:00Z; default: ever")
    start.add_argument("--state", type=Path, metavar="FILE", help="since the last run with this file, kept there")
    ways.add_parser("in", help="contacts of the CRM").add_argument("file", type=Path, help="`-` for stdin")
    given = arguments.parse_args()
    if given.way == "in":
        come_in(given)
    else:
        go_out(given)


# -- out --------------------------------------------------------------------------------------------------------------
def go_out(given: argparse.Namespace) -> None:
    is_known = given.state and given.state.exists()
    since = moment(read(given.state).strip() if is_known else given.since)
    if is_known:
        since -= LONGEST_TRANSACTION
    last, count = since, 0
    for contact in contacts_out(connected(given), since):
        print(json.dumps(contact, ensure_ascii=False))
        last, count = max(last, moment(contact["changed"])), count + 1
    say(f"{count} contacts went out")
    if given.state and count and not given.dry_run:
        keep(given.state, f"{last:%Y-%m-%dT%H:%M:%SZ}\n")


def contacts_out(connection: Connection, since: datetime) -> Iterator[dict[str, Any]]:
    domain, last = [*CUSTOMERS, ("write_date", ">", f"{since:%Y-%m-%d %H:%M:%S}")], 0
    while True:
        page = [*domain, ("id", ">", last)]
        found = connection.call(
            CONTACT, "search_read", page, fields=["write_date"], order="id", limit=AT_ONCE, context=ALL
        )
        if not found:
            return
        last = found[-1]["id"]
        rows = connection.call(CONTACT, "export_data", [one["id"] for one in found], OUT_FIELDS, context=ALL)["datas"]
        for one, row in zip(found, rows, strict=True):
            key, name, is_company, email, country, employer, is_active = row
            yield {
                "key": key,
                "full_name": name,
                "kind": "organisation" if is_company else "person",
                "mail": address(email),
                "country": country or None,
                "employer": employer or None,
                "archived": not is_active,
                "changed": one["write_date"].replace(" ", "T") + "Z",
            }


def keep(path: Path, text: str) -> None:
    """The text in the file, whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


# -- in ---------------------------------------------------------------------------------------------------------------
def come_in(given: argparse.Namespace) -> None:
    contacts = checked(read(given.file).splitlines())
    connection = connected(given)
    refuse_users(connection, {one["key"] for one in contacts})
    rows = planned(contacts, countries(connection, {one["country"] for one in contacts if one.get("country")}))
    if not given.dry_run:
        connection.load(CONTACT, IN_FIELDS, rows, [f"contact {row[0]}" for row in rows])
    for row in rows:
        print(json.dumps(dict(zip(IN_FIELDS, row, strict=True)), ensure_ascii=False))
    say(f"{len(rows)} contacts came in")


def refuse_users(connection: Connection, keys: set[str]) -> None:
    """Who writes the e-mail address of somebody who logs in here is soon logged in as them."""
    ids = connection.call(CONTACT, "search", USERS, context=ALL)
    users = {row[0] for row in connection.call(CONTACT, "export_data", ids, ["id"], context=ALL)["datas"]}
    if found := sorted(keys & users):
        raise Trouble(told([f"{key} logs in here and is no contact of the CRM" for key in found]))


def checked(lines: list[str]) -> list[dict[str, Any]]:
    """The contacts of the lines; `Trouble` with all that is wrong with them."""
    contacts, problems = [], []
    for number, line in enumerate(lines, 1):
        try:
            contact = json.loads(line)
        except ValueError as error:
            problems.append(f"line {number}: {error}; expected JSON")
            continue
        if found := problem(contact):
            problems.append(f"line {number}: {found}")
        contacts.append(contact)
    if problems:
        raise Trouble(told(problems))
    return contacts


def problem(contact: Any) -> str | None:
    """What is wrong with the members of a contact."""
    if not isinstance(contact, dict):
        return "expected an object"
    for name, kind in MEMBERS.items():
        value = contact.get(name)
        if not isinstance(value, kind | None) or (name in NEEDED and not value):
            return f"{name} is {value!r}, expected {'true or false' if kind is bool else 'a text'}"
    if contact["kind"] not in KINDS:
        return f"kind is {contact['kind']!r}, expected {' or '.join(KINDS)}"
    return None


def planned(contacts: list[dict[str, Any]], countries: dict[str, str]) -> list[list[str]]:
    """Rows ready to load."""
    return [
        [
            one["key"],
            one["full_name"],
            "1" if KINDS[one["kind"]] else "0",
            address(one.get("mail")) or "",
            countries.get(one.get("country") or "", ""),
            one.get("employer") or "",
            "0" if one.get("archived") else "1",
        ]
        for one in sorted(contacts, key=lambda one: not KINDS[one["kind"]])  # organisations first: people name them
    ]


def countries(connection: Connection, codes: set[str]) -> dict[str, str]:
    """Database ids of the countries with these letters."""
    found = connection.call(COUNTRY, "search_read", [("code", "in", sorted(codes))], fields=["code"])
    if unknown := codes - {one["code"] for one in found}:
        raise Trouble(told([f"no country has the letters {', '.join(sorted(unknown))}"]))
    return {one["code"]: str(one["id"]) for one in found}


# -- values -----------------------------------------------------------------------------------------------------------
def address(text: str | None) -> str | None:
    return (text or "").strip().lower() or None


def moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        raise Trouble(f"{text!r}: expected a moment with its zone, 2026-11-29T08:00:00Z for example", Exit.USAGE)
    return found.astimezone(UTC)


if __name__ == "__main__":
    finish(main)
