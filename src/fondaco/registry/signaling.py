"""How do the processes that serve one database learn that its models or remembered answers changed?

Table `signaling` of the schema `_fondaco` holds amounts by group: one group for the models, one for each group of
caches. Who changed something adds a row in the very transaction of the change: both are there or neither is, whenever a
process dies. Who begins a transaction asks for the sums in its first statement, and sees in them exactly the changes
that it sees in the other tables. Sums, because transactions do not commit in the order in which they begin: a highest
number could hide one.

Beside the sums stands which database this is: where another one has taken its name (a restore, a new one in the place
of a dropped one), its sums may well be the same. PostgreSQL's own number of it keeps through a change of name, is the
same on a replica, and is another one for every copy, whoever made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

GROUPS = ("registry", "default", "assets", "templates", "routing", "groups", "stable", "users")
IDENTITY = "identity"
TABLE = "_fondaco.signaling"
"""Beside the tables of models: an addon that drops tables without a model does not find it there."""
EVERY = 32
"""After so many announcements of a group the rows of the table are added up."""


def set_up(cr: Cursor) -> None:
    """Make the table, in place of what earlier versions had."""
    cr.run(SQL("CREATE SCHEMA IF NOT EXISTS _fondaco"))
    cr.run(SQL("CREATE TABLE IF NOT EXISTS _fondaco.signaling (name varchar NOT NULL, amount int8 NOT NULL)"))
    cr.run(SQL("DROP TABLE IF EXISTS base_signaling"))
    former = ("base_registry_signaling", *(f"base_cache_signaling_{group}" for group in GROUPS if group != "registry"))
    cr.run(SQL("DROP SEQUENCE IF EXISTS %s", SQL(", ").join(map(SQL.identifier, former))))


def complete(cr: Cursor) -> None:
    """Make the table in a database from an earlier version."""
    if cr.fetch(SQL("SELECT to_regclass(%s::text) IS NULL", TABLE))[0][0]:
        set_up(cr)
        cr.commit()


_ROWS = SQL("(SELECT string_agg(name || ' ' || amount, ',') FROM _fondaco.signaling)")
_ROWS_AND_NUMBER = SQL("%s, (SELECT oid FROM pg_database WHERE datname = current_database())", _ROWS)

Told = tuple[str, int]
"""The rows of the table as one text, and the number of the database."""


def ask(cr: Cursor) -> Told:
    """What the transaction sees. The number is asked once of each connection, which cannot come to another database."""
    link = cr.link
    if link.database is not None:
        (rows,) = cr.ask_first(_ROWS)
        return rows or "", link.database
    rows, number = cr.ask_first(_ROWS_AND_NUMBER)
    if not link.is_pooled:
        link.database = int(number or 0)
    return rows or "", int(number or 0)


def sums(told: Told) -> dict[str, int]:
    """{group: its sum}, and the number of the database itself."""
    found = dict.fromkeys(GROUPS, 0)
    for row in told[0].split(",") if told[0] else ():
        name, _, amount = row.rpartition(" ")
        found[name] = found.get(name, 0) + int(amount)
    found[IDENTITY] = told[1]
    return found


def read(cr: Cursor) -> dict[str, int]:
    """The sums as the transaction sees them."""
    return sums(ask(cr))


def announce(cr: Cursor, groups: Iterable[str]) -> dict[str, int]:
    """Add one to `groups` in this transaction; answers {group: the sum it had}."""
    before = read(cr)
    names = sorted(groups)
    cr.run(SQL("INSERT INTO _fondaco.signaling (name, amount) SELECT unnest(%s::varchar[]), 1", names))
    return {name: before[name] for name in names}


def is_time_to_add_up(before: Mapping[str, int]) -> bool:
    """Whether the announcement after these sums is one of the few that are followed by `add_up`."""
    return any(number % EVERY == 0 for number in before.values())


def add_up(cr: Cursor) -> None:
    """One row a group in place of many; the sums stay. Rows that someone else is adding up are left to them."""
    cr.run(
        SQL(
            """
            WITH gone AS (
                DELETE FROM _fondaco.signaling
                 WHERE ctid IN (SELECT ctid FROM _fondaco.signaling FOR UPDATE SKIP LOCKED)
             RETURNING name, amount
            )
            INSERT INTO _fondaco.signaling (name, amount)
            SELECT name, sum(amount) FROM gone GROUP BY name
            """
        )
    )
