"""Which records answer to a domain, and in which order?

`_search` makes a Query (conditions, record rules, order, limit) and runs nothing; `search`, `search_fetch`,
`search_count` and `name_search` run it. A query stays usable as a subselect, so that searches nest without ids
travelling.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytz

from fondaco.domain.moments import NUMBER_GRANULARITIES
from fondaco.domain.polish import AND, OR, check_property_field_value_name
from fondaco.domain.tree import (
    FALSE,
    FALSE_LEAF,
    NEGATIVE_TERM_OPERATORS,
    TRUE,
    TRUE_LEAF,
    And,
    Condition,
    Node,
    conditions,
)
from fondaco.errors import AccessError, UserError
from fondaco.orm.conditions import column_sql, refuse_encrypted
from fondaco.orm.decorators import model, readonly, returns
from fondaco.orm.identity import origin_ids
from fondaco.orm.recordset import Recordset
from fondaco.orm.where import (
    joined_alias,
    means_the_same_always,
    node_sql,
    plain_condition_sql,
    simplified,
    where_sql,
)
from fondaco.sql.fragment import SQL
from fondaco.sql.query import Query

if TYPE_CHECKING:
    from typing import Self

    from fondaco.orm.fields.base import Field

ORDER_PART = re.compile(
    r"""^\s*(?P<term>"?(?P<field>[a-z0-9_]+)"?(?P<property>\.[a-z0-9_]+)?(:(?P<func>[a-z_]+))?)
    (\s+(?P<direction>asc|desc))?(\s+(?P<nulls>nulls\s+(first|last)))?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
ASC, DESC = SQL("ASC"), SQL("DESC")
NULLS = {"": SQL(""), "first": SQL("NULLS FIRST"), "last": SQL("NULLS LAST")}
NUMBER_TYPES = ("integer", "float", "monetary")
MOST_RULE_CONDITIONS = 2000
"""So many conditions of record rules a registry remembers."""


class Searching(Recordset):
    """Facet: search, count, order, names."""

    __slots__ = ()

    # -- what callers use ----------------------------------------
    @model
    @readonly
    @returns("self")
    def search(self, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None) -> Self:
        """The records that `domain` keeps and the user may read, ordered by `order` or the model's `_order`."""
        return self.search_fetch(domain, [], offset=offset, limit=limit, order=order)

    @model
    @readonly
    @returns("self")
    def search_fetch(
        self,
        domain: Any,
        field_names: Collection[str],
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> Self:
        """As `search`; `field_names` are in the cache afterwards, read by the same statement."""
        fields = self._determine_fields_to_fetch(field_names) if field_names else []
        if field_names and not self.env.su:
            self.check_field_access_rights("read", list(field_names))
        query = self._search(domain, offset=offset, limit=limit, order=order or self._order)
        if query.is_empty():
            return self.browse()
        transaction = self.env.transaction
        if transaction.cache.dirty or transaction.stale or transaction.unborn:
            self.env.flush_query(query.select())
        return self._fetch_query(query, fields)

    @model
    @readonly
    def search_count(self, domain: Any, limit: int | None = None) -> int:
        """How many records `domain` keeps; counting stops at `limit`."""
        return len(self._search(domain, limit=limit))

    @model
    @readonly
    def name_search(
        self, name: str = "", args: Any = None, operator: str = "ilike", limit: int | None = 100
    ) -> list[tuple[int, str]]:
        """(id, name) of the records that a user may mean by `name`."""
        domain = [("display_name", operator, name)] if name or operator not in ("ilike", "like") else []
        records = self.search_fetch(AND([domain, list(args or [])]), ["display_name"], limit=limit)
        return [(record.id, record.display_name) for record in records.sudo()]

    @model
    def _search_display_name(self, operator: str, value: Any) -> list[Any]:
        """The domain that stands for `("display_name", operator, value)`: the fields by which the model is found."""
        names = self._rec_names_search or ([self._rec_name] if self._rec_name else [])
        negative = operator in NEGATIVE_TERM_OPERATORS
        if not value and operator in ("like", "ilike", "not like", "not ilike"):
            return [FALSE_LEAF if negative else TRUE_LEAF]
        domains = [domain for name in names if (domain := self._name_domain(name, operator, value))]
        if not domains:
            return [TRUE_LEAF if negative else FALSE_LEAF]
        return AND(domains) if negative else OR(domains)

    def _name_domain(self, name: str, operator: str, value: Any) -> list[Any] | None:
        """The condition on one field of a name search; None if it cannot be asked for such a value."""
        field = self._fields.get(name.split(".")[0])
        if field is not None and field.type in NUMBER_TYPES and "." not in name and isinstance(value, str):
            try:
                value = float(value) if field.type != "integer" else int(value)
            except ValueError:
                return None
            operator = "!=" if operator in NEGATIVE_TERM_OPERATORS else "="
        if field is not None and field.encrypted and operator.endswith("like"):
            # a part of the value cannot be looked for; who knows all of it finds the record
            operator = "!=" if operator in NEGATIVE_TERM_OPERATORS else "="
        return [(name, operator, value)]

    # -- queries ----------------------------------------
    @model
    def _search(self, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None) -> Query:
        """The query of the records that `domain` keeps and the user may read; nothing is run."""
        if not self.env.su:
            self.browse().check_access("read")
        if self._name in self.env.transaction.unborn:
            self.flush_model(())
        self._flush_what_it_reads()
        query = self._where_calc(domain)
        if query.is_empty():
            return query
        self._apply_ir_rules(query, "read")
        if order:
            query.order = self._order_to_sql(order, query)
        query.limit = int(limit) if limit else None
        query.offset = int(offset) if offset else None
        return query

    @model
    def _where_calc(self, domain: Any, active_test: bool = True) -> Query:
        """The query of `domain` alone; archived records are left out unless the domain speaks of them."""
        query = Query(self.env, self._table, self._table_sql)
        node = simplified(self, domain)
        if self._active_name and active_test and self.env.context.get("active_test", True):
            node = self._without_archived(node)
        if node == FALSE:
            query.set_result_ids(())
        elif node != TRUE:
            query.add_where(node_sql(self, node, self._table, query))
        return query

    def _without_archived(self, node: Node) -> Node:
        name = self._active_name
        if node == FALSE or any(leaf.field == name for leaf in conditions(node)):
            return node
        active = Condition(str(name), "=", True)
        if node == TRUE:
            return active
        return And((active, *node.nodes)) if isinstance(node, And) else And((active, node))

    @model
    def _apply_ir_rules(self, query: Query, mode: str = "read") -> None:
        """Add to `query` what the record rules leave to the user."""
        if self.env.su:
            return
        domain = self.env["ir.rule"]._compute_domain(self._name, mode)
        if domain:
            query.add_where(self._rule_sql(domain, query))

    def _rule_sql(self, domain: Any, query: Query) -> SQL:
        """The condition of a record rule; remembered for the domain, mostly the same object from call to call."""
        known: dict[tuple[str, int], tuple[Any, SQL]] = self.pool.rule_conditions
        key = self._name, id(domain)
        found = known.get(key)
        if found is not None and found[0] == domain:
            return found[1]
        model = self.sudo()
        condition = where_sql(model, domain, self._table, query)
        if means_the_same_always(model, domain) and type(self)._condition_to_sql is Searching._condition_to_sql:
            if len(known) >= MOST_RULE_CONDITIONS:
                known.clear()
            known[key] = deepcopy(domain), condition
        return condition

    def _as_query(self, ordered: bool = True) -> Query:
        """A query whose result is these records."""
        query = Query(self.env, self._table, self._table_sql)
        query.set_result_ids(origin_ids(self._ids), ordered)
        return query

    @model
    def _flush_search(
        self, domain: Any, fields: Collection[str] | None = None, order: str | None = None, seen: set[str] | None = None
    ) -> None:
        """Bring to the tables what a search by `domain` and `order` reads, and `fields`."""
        query = self.sudo()._search(domain, order=order or self._order)
        if not query.is_empty():
            self.env.flush_query(query.select())
        if fields:
            self.flush_model(list(fields))

    # -- expressions ----------------------------------------
    def _condition_to_sql(self, alias: str, fname: str, operator: str, value: Any, query: Query) -> SQL:
        """The condition `fname operator value` on the rows `alias`; models may override it."""
        return plain_condition_sql(self, alias, fname, operator, value, query)

    def _field_to_sql(self, alias: str, fname: str, query: Query | None = None, flush: bool = True) -> SQL:
        """The expression of a field (or `date_field.month_number`, `properties.name`) of the rows `alias`.

        `query`: gets the joins that a field of another table needs. `ValueError` if the field has no column.
        """
        field = self._fields.get(fname)
        if field is not None and field.store and field.json_key is None and field.column_type:
            return SQL.identifier(alias, fname, to_flush=field if flush else None)
        name, _, rest = fname.partition(".")
        field = self._fields.get(name)
        if field is None:
            raise ValueError(f"Invalid field {fname!r} on model {self._name!r}")
        if field.related and not field.store:
            if query is None:
                raise ValueError(f"Cannot convert {field} to SQL without a query: it needs a join")
            owner, field, alias = self._traverse_related_sql(alias, field, query)
            sql: SQL = owner._field_to_sql(alias, f"{field.name}.{rest}" if rest else field.name, query, flush)
            return sql
        column = column_sql(self, alias, field, flush=flush)
        return self._part_to_sql(field, rest, column) if rest else column

    def _part_to_sql(self, field: Field[Any], rest: str, column: SQL) -> SQL:
        """A part of a field's value: a number of a date, one of the properties."""
        if field.type == "properties":
            check_property_field_value_name(rest)
            return SQL("(%s -> %s)", column, rest)
        if field.type in ("date", "datetime") and rest in NUMBER_GRANULARITIES:
            return SQL("date_part(%s, %s)::int4", NUMBER_GRANULARITIES[rest], self._local_moment(field, column))
        raise ValueError(f"Invalid field {field.name + '.' + rest!r} on model {self._name!r}")

    def _local_moment(self, field: Field[Any], column: SQL) -> SQL:
        """A date as its midnight, a datetime in the time zone of the user."""
        if field.type == "date":
            return SQL("%s::timestamp", column)
        zone = self.env.context.get("tz")
        if not zone or zone not in pytz.all_timezones_set:
            return column
        return SQL("timezone(%s, timezone('UTC', %s))", zone, column)

    def _traverse_related_sql(self, alias: str, field: Field[Any], query: Query) -> tuple[Any, Field[Any], str]:
        """(model, field, alias) at the end of the path of a related field; joins its tables to `query`.

        A field that is computed with the user's rights has no value where he may not read what lies on its path.
        """
        model: Any = self
        visible_only = not (field.compute_sudo or field.inherited or self.env.su)
        *path, last = field.related.split(".")
        for name in path:
            step = model._fields[name]
            if step.related and not step.store:
                model, step, alias = model._traverse_related_sql(alias, step, query)
            if step.type != "many2one":
                raise ValueError(
                    f"Cannot convert {field} (related={field.related}) to SQL because {step.name} is not a Many2one"
                )
            alias = joined_alias(model, alias, step, query, visible_only=visible_only)
            model = model.env[step.comodel_name]
        return model, model._fields[last], alias

    # -- order ----------------------------------------
    def _order_to_sql(self, order: str, query: Query, alias: str | None = None, reverse: bool = False) -> SQL:
        """The ORDER BY list of `order` ("name desc nulls last, id"); `reverse` turns every direction."""
        self._check_qorder(order)
        alias = alias or self._table
        terms = []
        for part in order.split(","):
            match = ORDER_PART.match(part)
            assert match is not None
            descending = ((match["direction"] or "").lower() == "desc") is not reverse
            nulls = (match["nulls"] or "").lower().removeprefix("nulls").strip()
            if nulls and reverse:
                nulls = "last" if nulls == "first" else "first"
            term = self._order_field_to_sql(
                alias, match["term"].replace('"', ""), DESC if descending else ASC, NULLS[nulls], query
            )
            if term.code:
                terms.append(term)
        return SQL(", ").join(terms)

    def _check_qorder(self, word: str) -> bool:
        """`UserError` if `word` is no order."""
        if not all(ORDER_PART.match(part) for part in word.split(",")):
            raise UserError(
                self.env._(
                    'Invalid "order" specified (%s). A valid "order" specification is a comma-separated list of valid '
                    "field names (optionally followed by asc/desc for the direction)",
                    word,
                )
            )
        return True

    def _order_field_to_sql(self, alias: str, field_name: str, direction: SQL, nulls: SQL, query: Query) -> SQL:
        """One term of an order; empty if it would order by itself again."""
        name, _, rest = field_name.partition(".")
        field = self._fields.get(name)
        if field is None or (rest and field.type != "properties"):
            raise ValueError(f"Invalid field {field_name!r} on model {self._name!r}")
        if field.groups and not field.is_accessible(self.env):
            raise AccessError(self.env._("You do not have enough rights to order by the field “%s”.", name))
        if field.inherited:
            owner, field, alias = self._traverse_related_sql(alias, field, query)
            return owner._order_field_to_sql(alias, field_name, direction, nulls, query)  # type: ignore[no-any-return]
        if field.type == "many2one" and not rest and name != "id":
            return self._order_many2one(alias, field, direction, nulls, query)
        if field.column_field.encrypted:
            _ = self.env._
            refuse_encrypted(
                self.env,
                _(
                    "%s is encrypted and cannot be ordered by: the database does not see its values.",
                    field.column_field,
                ),
            )
        expression = self._field_to_sql(alias, field_name, query)
        if field.type == "boolean":
            expression = SQL("COALESCE(%s, FALSE)", expression)
        return SQL("%s %s %s", expression, direction, nulls) if nulls.code else SQL("%s %s", expression, direction)

    def _order_many2one(self, alias: str, field: Field[Any], direction: SQL, nulls: SQL, query: Query) -> SQL:
        """Order as the comodel orders; a model met again on the way ends it."""
        seen: tuple[str, ...] = self.env.context.get("__m2o_order_seen", ())
        if str(field) in seen:
            return SQL("")
        column = self._field_to_sql(alias, field.name, query)
        comodel: Any = self.env[field.comodel_name].with_context(__m2o_order_seen=(*seen, str(field)))
        terms = []
        if nulls.code:
            terms.append(SQL("%s IS NULL" if nulls.code == "NULLS LAST" else "%s IS NOT NULL", column))
        if comodel._order == "id":
            terms.append(SQL("%s %s", column, direction))
        elif field.store:
            coalias = joined_alias(self, alias, field, query)
            terms.append(comodel._order_to_sql(comodel._order, query, alias=coalias, reverse=direction.code == "DESC"))
        else:
            model, last, lastalias = self._traverse_related_sql(alias, field, query)
            coalias = joined_alias(model, lastalias, last, query)
            terms.append(comodel._order_to_sql(comodel._order, query, alias=coalias, reverse=direction.code == "DESC"))
        return SQL(", ").join(term for term in terms if term.code)
