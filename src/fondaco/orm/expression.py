"""How do addons turn a domain into SQL by hand? The class and functions of `odoo.osv.expression` that need a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fondaco.domain.tree import TRUE
from fondaco.orm.where import node_sql, simplified
from fondaco.sql.fragment import SQL
from fondaco.sql.query import Query

JSON_SPECIAL = frozenset('"\\/\b\f\n\r\t')
TRIGRAM = 3


class expression:
    """A domain on a model, added to a query; `query` has joins and conditions once it is made.

    Record rules and `active` are not looked at: that is `_search`.
    """

    def __init__(self, domain: Any, model: Any, alias: str | None = None, query: Query | None = None) -> None:
        self.root_model = model
        self.root_alias = alias or model._table
        self.expression = domain
        self.query = query or Query(model.env, model._table, model._table_sql)
        self.result: SQL | None = None
        self.parse()

    def parse(self) -> None:
        """Translate the domain and add it to the query, once."""
        if self.result is None:
            node = simplified(self.root_model, self.expression)
            self.result = node_sql(self.root_model, node, self.root_alias, self.query)
            if node != TRUE:
                self.query.add_where(self.result)


def get_unaccent_wrapper(cr: Any) -> Callable[[Any], Any]:
    """A function that takes accents from an SQL expression, if the database can."""
    has_unaccent = bool(cr.transaction is not None and cr.transaction.registry.has_unaccent)

    def wrapped(term: Any) -> Any:
        if not has_unaccent:
            return term
        return SQL("unaccent(%s)", term) if isinstance(term, SQL) else f"unaccent({term})"

    return wrapped


def value_to_translated_trigram_pattern(value: str) -> str:
    """A LIKE pattern that every jsonb text holding `value` fits: characters that JSON escapes become %."""
    return _joined("".join("\0" if character in JSON_SPECIAL else _escaped(character) for character in value))


def pattern_to_translated_trigram_pattern(pattern: str) -> str:
    """The same for a value that is a LIKE pattern already."""
    characters = iter(pattern)
    parts: list[str] = []
    for character in characters:
        if character == "\\":
            literal = next(characters, "\\")
            parts.append("\0" if literal in JSON_SPECIAL else _escaped(literal))
        else:
            parts.append("\0" if character in JSON_SPECIAL or character in "%_" else character)
    return _joined("".join(parts))


def _escaped(character: str) -> str:
    return f"\\{character}" if character in "%_" else character


def _joined(text: str) -> str:
    """The pieces long enough to have a trigram, anything between them."""
    pieces = [piece for piece in text.split("\0") if len(piece) >= TRIGRAM]
    return f"%{'%'.join(pieces)}%" if pieces else "%"
