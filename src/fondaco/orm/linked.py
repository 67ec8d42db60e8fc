"""Which condition is a leaf on a relation: ids, names, `any` of a domain, child_of?

Many2one: the column is among some ids. One2many: the row's id is among the inverses of some rows. Many2many: a row of
the relation table links to some ids. "Some" is an array, or a subselect of the comodel searched as the user would,
rules included.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fondaco.domain.polish import AND
from fondaco.domain.tree import HIERARCHY_OPERATORS, Node, to_list
from fondaco.orm.conditions import (
    FALSE_SQL,
    LIKE_OPERATORS,
    NEGATIVE_OPERATORS,
    TRUE_SQL,
    as_id,
    condition_sql,
    value_list,
    with_null,
)
from fondaco.orm.hierarchy import hierarchy_sql
from fondaco.sql.fragment import SQL, among
from fondaco.sql.query import Query

if TYPE_CHECKING:
    from fondaco.orm.fields.base import Field

POSITIVE = {"!=": "=", "not in": "in", "not like": "like", "not ilike": "ilike", "not any": "any"}
ANY_OPERATORS = ("any", "not any")


def many2one_sql(model: Any, alias: str, field: Field[Any], operator: str, value: Any, query: Query) -> SQL:
    """The condition of a stored many2one of the row `alias`."""
    column = model._field_to_sql(alias, field.name, query)
    if operator in HIERARCHY_OPERATORS:
        if field.comodel_name == model._name:
            # on its own model the field is the tree: the row itself is below, or above
            ids = SQL.identifier(alias, "id")
            return SQL("%s IN %s", ids, hierarchy_sql(model, operator, start_ids(model, value), field.name))
        comodel = model.env[field.comodel_name]
        return SQL(
            "%s IN %s",
            column,
            hierarchy_sql(comodel, operator, start_ids(comodel, value), comodel._parent_name, field),
        )
    linked = _linked_query(model, field, POSITIVE.get(operator, operator), value)
    if linked is not None:
        if linked.is_empty():
            return TRUE_SQL if operator in NEGATIVE_OPERATORS else FALSE_SQL
        if operator in NEGATIVE_OPERATORS:
            return with_null(column, SQL("%s NOT IN %s", column, linked.subselect()))
        return SQL("%s IN %s", column, linked.subselect())
    if (
        operator in ("in", "not in")
        and isinstance(value, list | tuple)
        and any(isinstance(item, str) for item in value)
    ):
        return _named_or_ids(value, operator, lambda term, item: many2one_sql(model, alias, field, term, item, query))
    return condition_sql(model, field, column, operator, value)


def _named_or_ids(value: Any, operator: str, condition: Callable[[str, Any], SQL]) -> SQL:
    """`in` with names among the ids: each name is asked on its own."""
    ids = [item for item in value if not isinstance(item, str)]
    parts = [condition("=", item) for item in value if isinstance(item, str)]
    if ids:
        parts.append(condition("in", ids))
    found = SQL("(%s)", SQL(" OR ").join(parts))
    return SQL("%s IS NOT TRUE", found) if operator == "not in" else found


def start_ids(model: Any, value: Any) -> list[Any] | Query:
    """The records from which a hierarchy is entered: ids, or those of a name."""
    model = model.with_context(active_test=False)
    if isinstance(value, Query):
        return value
    if isinstance(value, str):
        named: Query = model._search([("display_name", "ilike", value)])
        return named
    if hasattr(value, "_ids"):
        return list(value._ids)
    if isinstance(value, int) or value is None:
        return [int(value)] if value else []
    values = list(value)
    ids: list[Any] = [as_id(item) for item in values if item and not isinstance(item, str)]
    for item in values:
        if item and isinstance(item, str):
            ids.extend(model._search([("display_name", "ilike", item)]).get_result_ids())
    return ids


def _linked_query(model: Any, field: Field[Any], operator: str, value: Any) -> Query | None:
    """The comodel's query that a positive operator means; None if it compares ids."""
    comodel = _comodel(model, field)
    if operator == "any":
        if isinstance(value, Query):
            return value
        if isinstance(value, SQL):
            found: Query = comodel.browse()._as_query()
            found.add_where(SQL("%s IN (%s)", SQL.identifier(found.table, "id"), value))
            return found
        domain = to_list(value) if isinstance(value, Node) else value
        # auto_join promises that whoever may read the row may look through the link
        result: Query = (comodel.sudo() if getattr(field, "auto_join", False) else comodel)._search(domain)
        return result
    if isinstance(value, str) and (operator in ("=", *LIKE_OPERATORS)):
        named: Query = comodel._search([("display_name", operator, value)])
        return named
    if operator in LIKE_OPERATORS:
        named = comodel._search([("display_name", operator, value)])
        return named
    return None


def _comodel(model: Any, field: Field[Any]) -> Any:
    """The comodel as the field sees it; a many2one also sees archived records."""
    comodel = model.env[field.comodel_name]
    if field.type == "many2one":
        return comodel.with_context(active_test=False)
    context = getattr(field, "context", None)
    return comodel.with_context(**context) if isinstance(context, dict) and context else comodel


# -- x2many ----------------------------------------
def x2many_sql(model: Any, alias: str, field: Field[Any], operator: str, value: Any, query: Query) -> SQL:
    """The condition of a stored one2many or many2many of the row `alias`."""
    if operator in NEGATIVE_OPERATORS:
        positive = x2many_sql(model, alias, field, POSITIVE[operator], value, query)
        return SQL("NOT (%s)", positive)
    if operator in HIERARCHY_OPERATORS:
        comodel = model.env[field.comodel_name].sudo().with_context(active_test=False)
        ids = start_ids(model.env[field.comodel_name], value)
        below = comodel._search([])
        below.add_where(
            SQL(
                "%s IN %s",
                SQL.identifier(below.table, "id"),
                hierarchy_sql(comodel, operator, ids, comodel._parent_name, field),
            )
        )
        return linked_to(model, alias, field, below)
    if operator == "in":
        if isinstance(value, Query):
            return linked_to(model, alias, field, value)
        if isinstance(value, SQL):
            return x2many_sql(model, alias, field, "any", value, query)
        value = [value] if type(value) is int else value_list(field.name, operator, value)
        if any(isinstance(item, str) for item in value):
            return _named_or_ids(value, operator, lambda term, item: x2many_sql(model, alias, field, term, item, query))
        return _linked_to_ids(model, alias, field, value, query)
    if operator == "=" and not isinstance(value, str):
        return _linked_to_ids(model, alias, field, [value], query)
    if operator == "any" and not isinstance(value, Query | SQL):
        value = AND([_own_domain(model, field), to_list(value) if isinstance(value, Node) else value])
    linked = _linked_query(model, field, operator, value)
    if linked is None:
        raise ValueError(f"Invalid domain term {(field.name, operator, value)!r}: {field} is a set of records")
    return linked_to(model, alias, field, linked)


def _linked_to_ids(model: Any, alias: str, field: Field[Any], values: list[Any], query: Query) -> SQL:
    """Linked to one of the ids; an empty value stands for "linked to none"."""
    comodel = model.env[field.comodel_name].sudo()
    parts = []
    ids = [as_id(item) for item in values if item]
    if ids:
        parts.append(
            linked_to(model, alias, field, comodel.with_context(active_test=False)._search([("id", "in", ids)]), ids)
        )
    if len(ids) < len(values):
        present = _comodel(model, field).sudo()._search(_own_domain(model, field))
        parts.append(SQL("NOT %s", linked_to(model, alias, field, present)))
    if not parts:
        return FALSE_SQL
    return SQL("(%s)", SQL(" OR ").join(parts)) if len(parts) > 1 else parts[0]


def _own_domain(model: Any, field: Any) -> list[Any]:
    """The domain of the field itself, as a list."""
    domain: list[Any] = field.get_domain_list(model)
    return domain


def linked_to(model: Any, alias: str, field: Field[Any], linked: Query, ids: list[Any] | None = None) -> SQL:
    """The row `alias` is linked, by the x2many `field`, to a row of `linked` (which has just those `ids`, if given)."""
    if linked.is_empty():
        return FALSE_SQL
    row_id = SQL.identifier(alias, "id")
    if field.type == "one2many":
        return _inverse_of(model, row_id, field, linked)
    relation, column1, column2 = field.relation, field.column1, field.column2  # type: ignore[attr-defined]
    rel_alias = linked.make_alias(alias, field.name)
    far_id = SQL.identifier(rel_alias, column2)
    if ids is not None:
        far = among(far_id, ids)
    elif not linked.where_clause.code:
        far = TRUE_SQL
    else:
        far = SQL("%s IN %s", far_id, linked.subselect())
    return SQL(
        "EXISTS (SELECT 1 FROM %s AS %s WHERE %s = %s AND %s)",
        SQL.identifier(relation), SQL.identifier(rel_alias), SQL.identifier(rel_alias, column1, to_flush=field),
        row_id, far,
    )  # fmt: skip


def _inverse_of(model: Any, row_id: SQL, field: Field[Any], linked: Query) -> SQL:
    """The row is the inverse of a row of `linked`."""
    comodel = model.env[field.comodel_name]
    inverse = comodel._fields[field.inverse_name]  # type: ignore[attr-defined]
    if not (inverse.store and inverse.column_type):
        records = comodel.sudo().with_context(prefetch_fields=False).browse(linked.get_result_ids())
        inverses = records[inverse.name]
        ids = inverses._ids if hasattr(inverses, "_ids") else records.mapped(inverse.name)
        return among(row_id, [id_ for id_ in ids if id_])
    back = comodel._field_to_sql(linked.table, inverse.name, linked)
    linked.add_where(SQL("%s IS NOT NULL", back))
    if inverse.type == "many2one_reference":
        linked.add_where(SQL("%s = %s", comodel._field_to_sql(linked.table, inverse.model_field, linked), model._name))
    return SQL("%s IN %s", row_id, linked.subselect(back))
