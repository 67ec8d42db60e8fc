"""How does a column become encrypted, plain again, or encrypted by another key?

The first two are steps of a plan of tables: in one transaction, by a rewrite of the table, so that no page of it keeps
the text. Another key goes from row to row while people work: a batch is a transaction, and whoever is interrupted goes
on where values of former keys are left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

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
    _lock(cr, table)
    rows = ((id_, text, _hex(box.seal(text, id_))) for id_, text in _values(cr, table, column))
    _renew(cr, table, column, "bytea", rows)
    begin(cr, vault, table, column)


def decrypt(cr: Cursor, vault: Vault, table: str, column: str, type_: str) -> None:
    """Make an encrypted column one of text. ConfigError, and nothing is changed, where a value does not open."""
    box = vault.box(table, column)
    if box is None:
        return
    _lock(cr, table)
    rows = ((id_, was, _opened(box, bytes.fromhex(was[2:]), id_)) for id_, was in _values(cr, table, column))
    _renew(cr, table, column, type_, rows)
    cr.run(SQL("COMMENT ON COLUMN %s IS NULL", SQL.identifier(table, column)))
    del vault.names[table, column]


def fill(cr: Cursor, box: Box, table: str, column: str, text: str) -> None:
    """Give the rows without a value this one."""
    ids = cr.fetch(SQL("SELECT id FROM %s WHERE %s IS NULL", SQL.identifier(table), SQL.identifier(column)))
    _update(cr, table, column, [(id_, _hex(box.seal(text, id_))) for (id_,) in ids])


def _opened(box: Box, sealed: bytes, row: int) -> str:
    try:
        return box.open(sealed, row)
    except (ConfigError, SealError) as error:
        raise ConfigError(f"{box.name} of row {row} cannot be decrypted: {error}; nothing is changed") from error


def _lock(cr: Cursor, table: str) -> None:
    """Nobody writes from here on, so that what is read is what is replaced."""
    cr.run(SQL("LOCK TABLE %s IN EXCLUSIVE MODE", SQL.identifier(table)))


def _values(cr: Cursor, table: str, column: str) -> Iterator[tuple[int, str]]:
    """(id, value as text) of the rows that have one, by id."""
    last = BEFORE_ALL
    name = SQL.identifier(column)
    while True:
        rows = cr.fetch(
            SQL(
                "SELECT id, %s::text FROM %s WHERE %s IS NOT NULL AND id > %s ORDER BY id LIMIT %s",
                name, SQL.identifier(table), name, last, BATCH,
            )
        )  # fmt: skip
        yield from rows
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


def _renew(cr: Cursor, table: str, column: str, type_: str, rows: Iterable[tuple[int, str, str]]) -> None:
    """Give a column its new type; `rows`: (id, value as text, new value).

    The table is written anew, and PostgreSQL gives away its old file, with the values that were there. A row that
    changed since this transaction began to look (the lock came later) is seen by this rewrite alone: it ends it.
    """
    cr.run(
        SQL(
            "CREATE TEMP TABLE fondaco_values (id int4 PRIMARY KEY, was bytea, value %s) ON COMMIT DROP", SQL(type_)
        )
    )  # fmt: skip
    todo = iter(rows)
    while batch := list(islice(todo, BATCH)):
        values = [{"id": id_, "was": _hex(_digest(was)), "value": value} for id_, was, value in batch]
        cr.run(
            SQL(
                "INSERT INTO fondaco_values SELECT id, was, value"
                " FROM json_to_recordset(%s::json) AS n(id int4, was bytea, value %s)",
                dump_json(values), SQL(type_),
            )
        )  # fmt: skip
    cr.run(SQL(_NEW_VALUE, type=SQL(type_)))
    name = SQL.identifier(column)
    value = SQL("pg_temp.fondaco_value(id, %s::text)", name)
    actions = [tables.drop_default(column), tables.change_type(column, type_, value)]
    change(cr, table, tables.alter_table(table, actions).code % ())
    cr.run(SQL("DROP FUNCTION pg_temp.fondaco_value(int4, text)"))
    cr.run(SQL("DROP TABLE pg_temp.fondaco_values"))


_NEW_VALUE = """
    CREATE FUNCTION pg_temp.fondaco_value(row_id int4, old text) RETURNS %(type)s LANGUAGE plpgsql AS $$
    DECLARE
        answer %(type)s;
    BEGIN
        IF old IS NULL THEN
            RETURN NULL;
        END IF;
        SELECT v.value
          INTO answer
          FROM pg_temp.fondaco_values v
         WHERE v.id = row_id AND v.was = sha256(convert_to(old, 'UTF8'));
        IF NOT FOUND THEN
            RAISE EXCEPTION USING
                ERRCODE = 'serialization_failure',
                MESSAGE = 'row ' || row_id || ' was changed while its column was encrypted or decrypted; run it again';
        END IF;
        RETURN answer;
    END
    $$
    """


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _hex(value: bytes) -> str:
    """Bytes as PostgreSQL reads them."""
    return "\\x" + value.hex()


def _update(cr: Cursor, table: str, column: str, rows: list[tuple[int, str]]) -> None:
    for start in range(0, len(rows), BATCH):
        values = [{"id": id_, "value": value} for id_, value in rows[start : start + BATCH]]
        cr.run(
            SQL(
                "UPDATE %s AS t SET %s = n.value FROM json_to_recordset(%s::json) AS n(id int4, value bytea)"
                " WHERE n.id = t.id",
                SQL.identifier(table), SQL.identifier(column), dump_json(values),
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
            renewed.append((id_, _hex(box.seal(box.open(bytes(sealed), id_), id_))))
        except (ConfigError, SealError) as error:
            failed[id_] = str(error)
    _update(cr, table, column, renewed)
    return (rows[-1][0] if rows else None), len(renewed)


def _key_of(column: str) -> SQL:
    return SQL("substr(%s, %s, %s)", SQL.identifier(column), SQL(str(KEY_AT + 1)), SQL(str(ID_SIZE)))
