"""How do addons turn a domain into SQL by hand? The class and functions of `odoo.osv.expression` that need a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fondaco.domain.tree import TRUE
from fondaco.orm.trigrams import pattern_to_translated_trigram_pattern, value_to_translated_trigram_pattern
from fondaco.orm.where import node_sql, simplified
from fondaco.sql.fragment import SQL
from fondaco.sql.query import Query

__all__ = [
    "expression", "get_unaccent_wrapper", "pattern_to_translated_trigram_pattern",
    "value_to_translated_trigram_pattern",
]  # fmt: skip


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
    registry = cr.transaction.registry if cr.transaction is not None else None

    def wrapped(term: Any) -> Any:
        if registry is None or not registry.has_unaccent:
            return term
        return registry.unaccent(term) if isinstance(term, SQL) else f"unaccent({term})"

    return wrapped
