"""How does a column become encrypted, plain again, or encrypted by another key?

The first two are steps of a plan of tables: in one transaction, by a rewrite of the table, so that no page of it keeps
the text. Another key goes from row to row while people work: a batch is a transaction, and whoever is interrupted goes
on where values of former keys are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from fondaco.errors import ConfigError
from fondaco.orm.steps import change
from fondaco.orm.vault import COMMENT, Box, Vault
from fondaco.security.keys import ID_SIZE
from fondaco.security.sealing import KEY_AT, SealError
from fondaco.sql import tables
from fondaco.sql.fragment import SQL
from fondaco.sql.literals import dump_json

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

BATCH = 2000
ROTATED_AT_ONCE = 500
"""So many rows are held for the time of a statement while people work."""
BEFORE_ALL = -(2**31)
ASIDE = "fondaco_values"


def begin(cr: Cursor, vault: Vault, table: str, column: str) -> Box:
    """Make an empty column one that is encrypted."""
    vault.make(cr)
    name = f"{table}.{column}"
    cr.run(tables.comment_on_column(table, column, COMMENT + name))
    vault.names[table, column] = name
    box = vault.box(table, column)
    assert box is not None
    return box


def encrypt(cr: Cursor, vault: Vault, table: str, column: str) -> None:
    """Encrypt a column of text in place."""
    vault.make(cr)
    box = Box(vault, f"{table}.{column}")
    rows = _values(cr, table, column)
    _keep_aside(cr, "bytea", ((id_, "\\x" + box.seal(text, id_).hex()) for id_, text in rows))
    _renew(cr, table, column, "bytea")
    begin(cr, vault, table, column)


def decrypt(cr: Cursor, vault: Vault, table: str, column: str, type_: str) -> None:
    """Make an encrypted column one of text. ConfigError, and nothing is changed, where a value does not open."""
    box = vault.box(table, column)
    if box is None:
        return
    rows = ((id_, _opened(box, bytes(sealed), id_)) for id_, sealed in _values(cr, table, column))
    _keep_aside(cr, "text", rows)
    _renew(cr, table, column, type_)
    cr.run(SQL("COMMENT ON COLUMN %s IS NULL", SQL.identifier(table, column)))
    del vault.names[table, column]


def fill(cr: Cursor, box: Box, table: str, column: str, text: str) -> None:
    """Give the rows without a value this one."""
    ids = cr.fetch(SQL("SELECT id FROM %s WHERE %s IS NULL", SQL.identifier(table), SQL.identifier(column)))
    _update(cr, table, column, [(id_, "\\x" + box.seal(text, id_).hex()) for (id_,) in ids])


def _opened(box: Box, sealed: bytes, row: int) -> str:
    try:
        return box.open(sealed, row)
    except (ConfigError, SealError) as error:
        raise ConfigError(f"{box.name} of row {row} cannot be decrypted: {error}; nothing is changed") from error


def _values(cr: Cursor, table: str, column: str) -> Iterator[tuple[int, Any]]:
    """(id, value) of the rows that have one, by id."""
    last: int | None = None
    name = SQL.identifier(column)
    while True:
        after = SQL("AND id > %s", last) if last is not None else SQL("")
        rows = cr.fetch(
            SQL(
                "SELECT id, %s FROM %s WHERE %s IS NOT NULL %s ORDER BY id LIMIT %s",
                name, SQL.identifier(table), name, after, BATCH,
            )
        )  # fmt: skip
        yield from rows
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


def _keep_aside(cr: Cursor, type_: str, rows: Iterable[tuple[int, str]]) -> None:
    """Put the new values into a table of this transaction."""
    cr.run(SQL("CREATE TEMP TABLE %s (id int4, value %s) ON COMMIT DROP", SQL.identifier(ASIDE), SQL(type_)))
    todo = iter(rows)
    while batch := list(islice(todo, BATCH)):
        cr.run(SQL("INSERT INTO %s SELECT id, value FROM %s", SQL.identifier(ASIDE), _rows(batch, type_)))


def _renew(cr: Cursor, table: str, column: str, type_: str) -> None:
    """Give the column its new type and the values that were put aside."""
    name = SQL.identifier(column)
    actions = [tables.drop_default(column), tables.drop_not_null(column)]
    cr.run(tables.alter_table(table, actions))
    # USING NULL: the table is written anew without the values, and PostgreSQL gives its old file away.
    empty = tables.change_type(column, type_, SQL("NULL"))
    change(cr, table, tables.alter_table(table, [empty]).code % ())
    cr.run(
        SQL(
            "UPDATE %s AS t SET %s = a.value FROM %s AS a WHERE a.id = t.id",
            SQL.identifier(table), name, SQL.identifier(ASIDE),
        )
    )  # fmt: skip
    cr.run(SQL("DROP TABLE %s", SQL.identifier(ASIDE)))


def _rows(rows: list[tuple[int, str]], type_: str) -> SQL:
    values = [{"id": id_, "value": value} for id_, value in rows]
    return SQL("json_to_recordset(%s::json) AS n(id int4, value %s)", dump_json(values), SQL(type_))


def _update(cr: Cursor, table: str, column: str, rows: list[tuple[int, str]]) -> None:
    for start in range(0, len(rows), BATCH):
        cr.run(
            SQL(
                "UPDATE %s AS t SET %s = n.value FROM %s WHERE n.id = t.id",
                SQL.identifier(table), SQL.identifier(column), _rows(rows[start : start + BATCH], "bytea"),
            )
        )  # fmt: skip


# -- another key ---------------------------------------------------------------------------------------------------
def by_key(cr: Cursor, table: str, column: str) -> dict[bytes, int]:
    """{id of a key: how many rows it encrypts}"""
    key = _key_of(column)
    rows = cr.fetch(
        SQL(
            "SELECT %s, count(*) FROM %s WHERE %s IS NOT NULL GROUP BY 1 ORDER BY 2 DESC",
            key, SQL.identifier(table), SQL.identifier(column),
        )
    )  # fmt: skip
    return {bytes(id_): count for id_, count in rows}


def rotate(cr: Cursor, box: Box, table: str, column: str, after: int, failed: dict[int, str]) -> tuple[int | None, int]:
    """Encrypt a batch of rows by the current key, those behind the id `after`: (last id looked at, None at the end;
    rows encrypted). Rows that somebody holds are left for later; `failed` gets those that do not open, and why."""
    name, current = SQL.identifier(column), box.vault.ring.current()
    rows = cr.fetch(
        SQL(
            "SELECT id, %s FROM %s WHERE %s IS NOT NULL AND %s != %s::bytea AND id > %s ORDER BY id LIMIT %s"
            " FOR NO KEY UPDATE SKIP LOCKED",
            name, SQL.identifier(table), name, _key_of(column), current.id, after, ROTATED_AT_ONCE,
        )
    )  # fmt: skip
    renewed = []
    for id_, sealed in rows:
        try:
            renewed.append((id_, "\\x" + box.seal(box.open(bytes(sealed), id_), id_).hex()))
        except (ConfigError, SealError) as error:
            failed[id_] = str(error)
    _update(cr, table, column, renewed)
    return (rows[-1][0] if rows else None), len(renewed)


def _key_of(column: str) -> SQL:
    return SQL("substr(%s, %s, %s)", SQL.identifier(column), SQL(str(KEY_AT + 1)), SQL(str(ID_SIZE)))
