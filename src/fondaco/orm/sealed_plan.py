"""Which steps make a column encrypted, or plain again, and what holds its values unique?

Parts of `schema.plan`: a column is known to be encrypted by its comment, and what rests on it reads its blind index.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fondaco.orm import triggers
from fondaco.orm.fields.encrypted import EncryptedChar, EncryptedText, index_expression
from fondaco.orm.steps import Step
from fondaco.orm.vault import COMMENT, Vault
from fondaco.sql.fragment import SQL
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.orm import sealed_columns
    from fondaco.orm.fields.base import Field
    from fondaco.orm.schema import WantedTable
    from fondaco.sql import tables
    from fondaco.sql.cursor import Cursor
    from fondaco.sql.tables import Catalog, Column
else:
    sealed_columns = Postponed("fondaco.orm.sealed_columns")
    tables = Postponed("fondaco.sql.tables")

_logger = logging.getLogger(__name__)

PLAIN_TYPES: dict[type, str] = {EncryptedChar: "VARCHAR", EncryptedText: "text"}
TEXTS = ("char", "text", "html")
TEXT_COLUMNS = ("varchar", "text", "bpchar")
_WORD = re.compile(r"\w+")
_UNIQUE = re.compile(r"^\s*unique\s*\(([^()]*)\)\s*$", re.IGNORECASE)


def is_sealed(column: Column) -> bool:
    """Whether the values of a column are encrypted."""
    return column.comment is not None and column.comment.startswith(COMMENT)


def to_be_plain(registry: Any) -> dict[str, list[Field[Any]]]:
    """{model: its fields whose column is encrypted and need not be any more}, of a complete registry."""
    found: dict[str, list[Field[Any]]] = {}
    for field in registry.encrypted_fields:
        if field.shall_be_plain:
            found.setdefault(field.model_name, []).append(field)
    return found


def plain_steps(registry: Any, fields: Sequence[Field[Any]], catalog: Catalog) -> Iterator[Step]:
    """Make columns plain again. What rests on them goes, until the tables are synchronised with fields bound anew."""
    for field in fields:
        table = registry.models[field.model_name]._table

        def work(cr: Cursor, table: str = table, field: Field[Any] = field) -> None:
            sealed_columns.decrypt(cr, registry.vault, table, field.name, PLAIN_TYPES[type(field)])

        statements = tuple(_freed(catalog, table, field.name))
        details = (f"decrypt column {field.name}, which writes the table anew",)
        yield Step(table, "decrypt", statements, is_change=True, work=work, details=details)


def begin(table: WantedTable, field: Field[Any]) -> Step:
    """Make a column that is new one that is encrypted."""

    def work(cr: Cursor) -> None:
        sealed_columns.begin(cr, _vault(table, cr), table.name, field.name)

    return Step(table.name, "encrypt", (), work=work, details=(f"encrypt column {field.name}", *_tellers(table, field)))


def change(table: WantedTable, column: Column, field: Field[Any]) -> Step | None:
    """Encrypt a column of text; what rests on it is made anew by the steps that follow. None for other columns."""
    if not field.encrypted or is_sealed(column) or column.type not in TEXT_COLUMNS:
        return None

    def work(cr: Cursor) -> None:
        for text in _tellers(table, field):
            _logger.warning("%s: %s", field, text)
        sealed_columns.encrypt(cr, _vault(table, cr), table.name, field.name)

    statements = tuple(_freed(table.catalog, table.name, field.name))
    freed = (f"{statement.code}, made anew where a field or constraint asks for it" for statement in statements)
    details = (f"encrypt column {field.name}, which writes the table anew", *freed, *_tellers(table, field))
    return Step(table.name, "encrypt", statements, is_change=True, work=work, details=details)


def _tellers(table: WantedTable, field: Field[Any]) -> list[str]:
    """A line for each stored text that depends on an encrypted field and is plain itself."""
    pool = table.models[0].pool
    found = triggers.closure(pool.field_triggers, field) if field.encrypted else ()
    return [
        f"{other} depends on it and is stored as plain text: encrypt it too if it tells of it"
        for other in found
        if other.has_column and not other.encrypted and other.type in TEXTS
    ]


def _freed(catalog: Catalog, table: str, column: str) -> Iterator[SQL]:
    """Drop the indexes and constraints that read a column; the catalog forgets them."""
    word = re.compile(rf"\b{re.escape(column)}\b")
    for key, constraint in list(catalog.constraints.items()):
        if key[0] == table and word.search(constraint.definition):
            del catalog.constraints[key]
            catalog.indexes.pop(constraint.name, None)
            yield tables.alter_table(table, [tables.drop_constraint(constraint.name)])
    for index in list(catalog.indexes.values()):
        if index.table == table and not index.is_primary and word.search(index.definition.partition(" USING ")[2]):
            del catalog.indexes[index.name]
            yield tables.drop_index(index.name)


def _vault(table: WantedTable, cr: Cursor) -> Vault:
    pool = table.models[0].pool
    if pool.vault is None:
        pool.vault = Vault.read(cr, pool.config)
    return pool.vault  # type: ignore[no-any-return]


def read_by(table: WantedTable, definition: str) -> set[str]:
    """The encrypted columns of which a constraint speaks."""
    words = set(_WORD.findall(definition))
    return {field.name for field in table.fields.values() if field.encrypted and field.name in words}


def constraint(table: WantedTable, name: str, definition: str, sealed: Collection[str]) -> Iterator[Step]:
    """UNIQUE holds for the blind indexes of encrypted columns; of other constraints the database can see nothing."""
    match = _UNIQUE.match(definition)
    if match is None:
        _logger.warning(
            "%s: constraint %s reads the encrypted %s and is left out; check it in Python", table.name, name,
            ", ".join(sorted(sealed)),
        )  # fmt: skip
        return
    columns = [column.strip().strip('"') for column in match[1].split(",")]
    found = table.catalog.indexes.get(name)
    if found is not None and found.columns == tuple("" if column in sealed else column for column in columns):
        return
    terms = [index_expression(SQL.identifier(c)) if c in sealed else SQL.identifier(c) for c in columns]
    drop = (tables.drop_index(name),) if found is not None else ()
    make = tables.create_index(name, table.name, terms, is_unique=True)
    yield Step(table.name, "constrain", (*drop, make), is_optional=True)
