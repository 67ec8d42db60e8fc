"""Contacts go out to a CRM and come back changed.

    python contacts_sync.py --url https://... --db DB --login LOGIN out [--since MOMENT | --state FILE]
    python contacts_sync.py --url https://... --db DB --login LOGIN in FILE    (`-` is stdin)

Both ways a contact is a line of JSON; docs/integrator/exchange.md has the table of its members.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connection import Connection, Exit, Trouble, connected, finish, parser, read, say, told

CONTACT, COUNTRY = "res.partner", "res.country"
OUT_FIELDS = ["id", "name", "is_company", "email", "country_id/code", "parent_id/id", "active"]
IN_FIELDS = ["id", "name", "is_company", "email", "country_id/.id", "parent_id/id", "active"]
ALL = {"active_test": False}  # archived ones, too
CUSTOMERS: list[Any] = ["!", ("user_ids.share", "=", False)]  # who works here is none; who has a portal is one
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
    for contact in contacts_out(connected(given), since, may_name=not given.dry_run):
        print(json.dumps(contact, ensure_ascii=False))
        last, count = max(last, moment(contact["changed"])), count + 1
    say(f"{count} contacts went out")
    if given.state and count and not given.dry_run:
        keep(given.state, f"{last:%Y-%m-%dT%H:%M:%SZ}\n")


def contacts_out(connection: Connection, since: datetime, *, may_name: bool) -> Iterator[dict[str, Any]]:
    """may_name: a contact without an external id is given one; else its key is None."""
    domain, last = [*CUSTOMERS, ("write_date", ">", f"{since:%Y-%m-%d %H:%M:%S}")], 0
    while True:
        page = [*domain, ("id", ">", last)]
        found = connection.call(
            CONTACT, "search_read", page, fields=["write_date"], order="id", limit=AT_ONCE, context=ALL
        )
        if not found:
            return
        last = found[-1]["id"]
        ids = [one["id"] for one in found]
        fields = OUT_FIELDS if may_name else [field.replace("/id", "/.id") for field in [".id", *OUT_FIELDS[1:]]]
        rows = connection.call(CONTACT, "export_data", ids, fields, context=ALL)["datas"]
        for one, row in zip(found, rows if may_name else named(connection, rows), strict=True):
            key, name, is_company, email, country, employer, is_active = row
            yield {
                "key": key or None,
                "full_name": name,
                "kind": "organisation" if is_company else "person",
                "mail": address(email),
                "country": country or None,
                "employer": employer or None,
                "archived": not is_active,
                "changed": one["write_date"].replace(" ", "T") + "Z",
            }


def named(connection: Connection, rows: list[list[Any]]) -> list[list[Any]]:
    """Rows with database ids, with the external ids that there are in their place."""
    at = [OUT_FIELDS.index("id"), OUT_FIELDS.index("parent_id/id")]
    ids = sorted({int(row[place]) for row in rows for place in at if row[place]})
    keys = connection.call(CONTACT, "get_external_id", ids)
    return [[keys.get(cell) if place in at else cell for place, cell in enumerate(row)] for row in rows]


def keep(path: Path, text: str) -> None:
    """The text in the file, whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


# -- in ---------------------------------------------------------------------------------------------------------------
def come_in(given: argparse.Namespace) -> None:
    contacts = checked(read(given.file).splitlines())
    connection = connected(given)
    contacts = without_users(connection, contacts)
    rows = planned(contacts, countries(connection, {one["country"] for one in contacts if one.get("country")}))
    if not given.dry_run:
        connection.load(CONTACT, IN_FIELDS, rows, [f"contact {row[0]}" for row in rows])
    for row in rows:
        print(json.dumps(dict(zip(IN_FIELDS, row, strict=True)), ensure_ascii=False))
    say(f"{len(rows)} contacts came in")


def without_users(connection: Connection, contacts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who writes the e-mail address of somebody who logs in here is soon logged in as them: such lines are left out."""
    users, keys = connection.call(CONTACT, "search", USERS, order="id", context=ALL), set()
    for start in range(0, len(users), AT_ONCE):
        for user in connection.call(CONTACT, "get_metadata", users[start : start + AT_ONCE]):
            keys |= {one["xmlid"] for one in user["xmlids"]}  # all of them: a line may bring any
    for key in sorted(keys & {one["key"] for one in contacts}):
        say(f"{key} logs in here and keeps its contact itself; its line is left out")
    return [one for one in contacts if one["key"] not in keys]


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
    if not re.fullmatch(r"[^\s.]+\.\S+", contact["key"]):  # `load` would complete it, or take the spaces off
        return f"key is {contact['key']!r}, expected system.name without spaces"
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
