"""How many, how much, by what? `_read_group`: groups of the rows a domain keeps, with aggregates, in one statement.

The inner query groups; the outer one orders and cuts, so that a group by a many2one is ordered as its model orders
itself by joining a few groups, not all rows:

    SELECT g.c0, g.c1 FROM (SELECT country_id AS c0, COUNT(*) AS c1 ... GROUP BY 1) g
      LEFT JOIN country ... ORDER BY country.name
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from fondaco.domain.tree import DOMAIN_OPERATORS, And, Node, Not, Or, parse
from fondaco.domain.tree import Condition as Leaf
from fondaco.orm.conditions import OPERATOR_SQL
from fondaco.orm.decorators import model
from fondaco.orm.groupby import (
    aggregate_sql,
    aggregate_value,
    empty_value,
    group_sql,
    group_value,
    known_field,
    parse_spec,
)
from fondaco.orm.property_sql import property_definition, property_group
from fondaco.orm.recordset import Recordset
from fondaco.orm.search import ASC, DESC, NULLS
from fondaco.sql.fragment import SQL
from fondaco.sql.query import Query

ORDER_TERM = re.compile(
    r"""^\s*(?P<term>[a-z0-9_.]+(:[a-z_]+)?)(\s+(?P<direction>asc|desc))?(\s+nulls\s+(?P<nulls>first|last))?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
GROUPS = "groups"
LIST_AGGREGATES = (":array_agg", ":recordset")
HAVING_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "in", "not in")


class Aggregating(Recordset):
    """Facet: groups and aggregates."""

    __slots__ = ()

    @model
    def _read_group(
        self, domain: Any, groupby: Sequence[str] = (), aggregates: Sequence[str] = (), having: Any = (),
        offset: int = 0, limit: int | None = None, order: str | None = None,
    ) -> list[tuple[Any, ...]]:  # fmt: skip
        """One tuple a group: the values of `groupby`, then those of `aggregates`, in record format.

        Without `groupby` there is one group of all rows, even of none.
        """
        query: Query = self._search(domain)
        if query.is_empty():
            for spec in (*groupby, *aggregates):
                if spec != "__count":
                    known_field(self, parse_spec(spec)[0])
            if groupby:
                return []
            return [tuple(self._read_group_empty_value(spec) for spec in aggregates)]
        rows = self.env.read_query(self._grouped(query, groupby, aggregates, having, offset, limit, order))
        columns = list(zip(*rows, strict=True)) if rows else []
        values = [
            self._read_group_postprocess_groupby(spec, column) for spec, column in zip(groupby, columns, strict=False)
        ]
        values += [
            self._read_group_postprocess_aggregate(spec, column)
            for spec, column in zip(aggregates, columns[len(groupby):], strict=False)
        ]  # fmt: skip
        return list(zip(*values, strict=True)) if values else [() for _row in rows]

    def _grouped(
        self, query: Query, groupby: Sequence[str], aggregates: Sequence[str], having: Any,
        offset: int, limit: int | None, order: str | None,
    ) -> SQL:  # fmt: skip
        """The whole statement."""
        if query.limit or query.offset:
            ids = query.subselect()
            query = Query(self.env, self._table, self._table_sql)
            query.add_where(SQL("%s IN %s", SQL.identifier(query.table, "id"), ids))
        query.order = None  # that of records says nothing about groups
        specs = list(dict.fromkeys((*groupby, *aggregates, *_aggregates_of(order, groupby))))
        terms = {spec: self._read_group_groupby(spec, query) for spec in groupby}
        terms.update((spec, self._read_group_select(spec, query)) for spec in specs if spec not in terms)
        places = {spec: SQL.identifier(GROUPS, f"c{index}") for index, spec in enumerate(specs)}
        if groupby:
            query.groupby = SQL(", ").join([SQL(str(index + 1)) for index in range(len(dict.fromkeys(groupby)))])
        if having:
            query.having = self._read_group_having(list(having), query)
        inner = query.select(
            *(SQL("%s AS %s", terms[spec], SQL.identifier(f"c{index}")) for index, spec in enumerate(specs))
        )
        outer = Query(self.env, GROUPS, SQL("(%s)", inner))
        order = order or ", ".join(groupby)
        if order and groupby:
            outer.order = self._read_group_orderby(order, places, outer)
        outer.limit = int(limit) if limit else None
        outer.offset = int(offset) if offset else None
        return outer.select(*(places[spec] for spec in (*groupby, *aggregates))) if specs else outer.select(SQL("1"))

    # -- steps that models may override ----------------------------------------
    def _read_group_select(self, aggregate_spec: str, query: Query) -> SQL:
        """The expression of an aggregate."""
        return aggregate_sql(self, aggregate_spec, query)

    def _read_group_groupby(self, groupby_spec: str, query: Query) -> SQL:
        """The expression of a group; may add joins to `query`."""
        return group_sql(self, groupby_spec, query)

    def _read_group_groupby_properties(self, fname: str, property_name: str, query: Query) -> SQL:
        """The expression of a group by a property of `fname`, behind which a granularity may stand."""
        name, _, granularity = fname.partition(":")
        return property_group(self, self._fields[name], property_name, granularity, query)

    def _read_group_having(self, having_domain: list[Any], query: Query) -> SQL:
        """The condition on groups: a domain whose fields are aggregates."""
        for token in having_domain:
            if isinstance(token, str) and token not in DOMAIN_OPERATORS:
                raise ValueError(f"Invalid having clause {having_domain!r}: {token!r} is no operator and no leaf")
        return self._having_sql(parse(having_domain, self._name), query)

    def _having_sql(self, node: Node, query: Query) -> SQL:
        match node:
            case Leaf(spec, operator, value):
                if operator not in HAVING_OPERATORS:
                    raise ValueError(
                        f"Invalid having clause {node.leaf!r}: supported comparators are {HAVING_OPERATORS!r}"
                    )
                is_list = operator in ("in", "not in")
                if spec.endswith(LIST_AGGREGATES) or not _are_plain(value if is_list else [value]):
                    raise ValueError(f"Invalid having clause {node.leaf!r}: plain values are compared with one another")
                aggregate = self._read_group_select(spec, query)
                if is_list:
                    found = "%s = ANY(%s)" if operator == "in" else "%s != ALL(%s)"
                    return SQL(found, aggregate, list(value))
                return SQL("%s %s %s", aggregate, OPERATOR_SQL[operator], value)
            case Not(inner):
                return SQL("NOT (%s)", self._having_sql(inner, query))
            case And(nodes) | Or(nodes):
                glue = SQL(" AND ") if isinstance(node, And) else SQL(" OR ")
                return SQL("(%s)", glue.join(self._having_sql(child, query) for child in nodes))
        raise ValueError(f"Invalid having clause {node!r}")

    def _read_group_orderby(self, order: str, groupby_terms: dict[str, SQL], query: Query) -> SQL:
        """The ORDER BY list of the groups; `groupby_terms`: spec -> column, of aggregates as well."""
        orders = []
        for part in order.split(","):
            match = ORDER_TERM.match(part)
            if match is None:
                raise ValueError(f"Invalid order {order!r} for _read_group()")
            spec = match["term"]
            direction = DESC if (match["direction"] or "").lower() == "desc" else ASC
            nulls = NULLS[(match["nulls"] or "").lower()]
            if spec not in groupby_terms:
                raise ValueError(
                    f"Invalid order {order!r} for _read_group(): {spec!r} is neither a group nor an aggregate"
                )
            orders.append(self._order_group(spec, groupby_terms[spec], direction, nulls, query))
        return SQL(", ").join(orders)

    def _order_group(self, spec: str, place: SQL, direction: SQL, nulls: SQL, query: Query) -> SQL:
        """One term: records in the order of their model, everything else by value."""
        plain = SQL("%s %s %s", place, direction, nulls) if nulls else SQL("%s %s", place, direction)
        if spec == "__count":
            return plain
        name, rest, function = parse_spec(spec)
        field = self._fields[name]
        if function or rest or field.type not in ("many2one", "many2many"):
            return plain
        comodel: Any = self.env[field.comodel_name]
        if comodel._order == "id":
            return plain
        alias = query.make_alias(GROUPS, name)
        query.add_join("LEFT JOIN", alias, comodel._table_sql, SQL("%s = %s", place, SQL.identifier(alias, "id")))
        by_model = comodel._order_to_sql(comodel._order, query, alias=alias, reverse=direction.code == "DESC")
        if not nulls:
            return SQL("%s, %s", by_model, plain)
        empty = SQL("%s IS NULL", place) if nulls.code == "NULLS LAST" else SQL("%s IS NOT NULL", place)
        return SQL("%s, %s, %s", empty, by_model, plain)

    def _read_group_expand_full(self, groups: Recordset, domain: Any) -> Recordset:
        """All records that could be a group: a value of `group_expand`."""
        return groups.search([])

    def _read_group_empty_value(self, spec: str) -> Any:
        """What a group or an aggregate is where there are no rows."""
        return empty_value(self, spec)

    def _read_group_postprocess_groupby(self, groupby_spec: str, raw_values: Sequence[Any]) -> list[Any]:
        """The values of a group, in record format; the records of all groups are fetched together."""
        name, rest, _granularity = parse_spec(groupby_spec)
        if rest:
            definition = property_definition(self, self._fields[name], rest)
            if definition.get("type") in ("many2one", "many2many") and definition.get("comodel") in self.env:
                comodel = self.env[definition["comodel"]]
                return _prefetched_together([comodel.browse(value or ()) for value in raw_values])
        return _prefetched_together([group_value(self, groupby_spec, value) for value in raw_values])

    def _read_group_postprocess_aggregate(self, aggregate_spec: str, raw_values: Sequence[Any]) -> list[Any]:
        return _prefetched_together([aggregate_value(self, aggregate_spec, value) for value in raw_values])


def _aggregates_of(order: str | None, groupby: Sequence[str]) -> list[str]:
    """The aggregates that only the order asks for."""
    found = []
    for part in (order or "").split(","):
        match = ORDER_TERM.match(part)
        if match and match["term"] not in groupby and (":" in match["term"] or match["term"] == "__count"):
            found.append(match["term"])
    return found


def _are_plain(values: Any) -> bool:
    """Whether an aggregate can be compared with each of the values."""
    return isinstance(values, list | tuple | set) and all(
        value is None or isinstance(value, str | int | float | date) for value in values
    )


def _prefetched_together(values: list[Any]) -> list[Any]:
    if not values or not isinstance(values[0], Recordset):
        return values
    ids = tuple(dict.fromkeys(id_ for records in values for id_ in records._ids))
    return [records.with_prefetch(ids) for records in values]
