"""How do the processes that serve one database learn that its models or remembered answers changed?

A sequence for the registry and one for each group of caches: a process that changed something advances the sequence
with its commit; each transaction starts by looking at all of them in one statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

GROUPS = ("registry", "default", "assets", "templates", "routing", "groups", "stable", "users")
SEQUENCES = {
    group: "base_registry_signaling" if group == "registry" else f"base_cache_signaling_{group}" for group in GROUPS
}


def set_up(cr: Cursor) -> None:
    """Make the sequences that are not there."""
    for name in SEQUENCES.values():
        sequence = SQL.identifier(name)
        cr.execute(SQL("CREATE SEQUENCE IF NOT EXISTS %s INCREMENT BY 1 START WITH 1", sequence))
        # the first number of a sequence changes nothing that others could see: it is drawn now
        cr.execute(SQL("SELECT CASE WHEN NOT is_called THEN nextval(%s::text::regclass) END FROM %s", name, sequence))


def complete(cr: Cursor) -> None:
    """Make the sequences that a database from an earlier version has not."""
    rows = cr.fetch(
        SQL("SELECT count(*) FROM pg_class WHERE relkind = 'S' AND relname = ANY(%s)", list(SEQUENCES.values()))
    )
    if rows[0][0] < len(SEQUENCES):
        set_up(cr)
        cr.commit()


_READ = SQL(
    "SELECT %s FROM %s",
    SQL(", ").join(SQL("%s.last_value", SQL.identifier(name)) for name in SEQUENCES.values()),
    SQL(", ").join(SQL.identifier(name) for name in SEQUENCES.values()),
)


def read(cr: Cursor) -> dict[str, int]:
    """{group: its present number}"""
    (row,) = cr.fetch(_READ)
    return dict(zip(GROUPS, row, strict=True))


def announce(cr: Cursor, groups: Any) -> dict[str, int]:
    """Advance the sequences of `groups`; answers {group: its new number}."""
    result = {}
    for group in groups:
        rows = cr.fetch(SQL("SELECT nextval(%s::text::regclass)", SEQUENCES[group]))
        result[group] = rows[0][0]
    return result
