"""Which SQL condition does a domain become, for the rows of one table in a query?

The logic is here, and the way to the field: through `_inherits`, along dotted paths, behind search methods. What a
leaf on a plain column means is told by conditions.py, what one on a relation means by linked.py.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fondaco.domain.moments import NUMBER_GRANULARITIES
from fondaco.domain.predicate import fits_empty
from fondaco.domain.simplify import simplify
from fondaco.domain.tree import HIERARCHY_OPERATORS, And, Condition, Constant, Node, Not, Or, parse
from fondaco.errors import AccessError, Misfit
from fondaco.orm.conditions import (
    FALSE_SQL,
    NEGATIVE_OPERATORS,
    OPERATOR_SQL,
    TRUE_SQL,
    AddedCondition,
    Plain,
    condition_sql,
    part_condition,
    sealed_condition,
)
from fondaco.orm.hierarchy import hierarchy_sql
from fondaco.orm.linked import ANY_OPERATORS, POSITIVE, many2one_sql, start_ids, x2many_sql
from fondaco.orm.property_sql import property_condition
from fondaco.orm.trigrams import narrowing_sql
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.orm.fields.base import Field
    from fondaco.sql.query import Query

_logger = logging.getLogger(__name__)

X2MANY = ("one2many", "many2many")
RELATIONS = ("many2one", *X2MANY)

_ID = Plain("id", "id")
_NUMBER = Plain("integer", "part")


def where_sql(model: Any, domain: Any, alias: str, query: Query) -> SQL:
    """The condition of `domain` on the rows `alias` of `query`, which may get joins."""
    node = simplified(model, domain)
    return node_sql(model, node, alias, query)


def means_the_same_always(model: Any, domain: Any) -> bool:
    """Whether the condition of `domain` on the model's own rows depends on it alone: plain values of columns that are
    the same in each language and company, without a join, a search method or a search by name."""
    for leaf in domain:
        if isinstance(leaf, str):
            continue
        name, operator, value = leaf
        field = model._fields.get(name) if isinstance(name, str) else None
        values = value if isinstance(value, list | tuple) else (value,)
        if field is None or not field.has_column or field.json_key is not None or operator in ANY_OPERATORS:
            return False
        if not all(isinstance(item, bool | int | float | str | None) for item in values):
            return False
        if field.type == "many2one" and any(isinstance(item, str) for item in values):
            return False
    return True


def simplified(model: Any, domain: Any) -> Node:
    """The tree of `domain`; equalities are merged on fields with a column, paths where they begin with one link."""
    fields = model._fields

    def may_merge(name: str) -> bool:
        field = fields.get(name)
        return field is not None and field.store and field.column_type is not None

    return _paths_joined(simplify(parse(domain, model._name), may_merge), fields)


def _paths_joined(node: Node, fields: Any) -> Node:
    """The same tree, in which several paths through one many2one ask its table once: `any` of all their ends."""
    if not isinstance(node, And | Or):
        return node
    by_link: dict[str, list[Node]] = {}
    for child in node.nodes:
        link = _link(child, fields)
        if link:
            assert isinstance(child, Condition)
            end = Condition(child.field.partition(".")[2], child.operator, child.value)
            by_link.setdefault(link, []).append(end)
    result: list[Node] = []
    for child in node.nodes:
        link = _link(child, fields)
        if not link or len(by_link.get(link, ())) == 1:
            result.append(_paths_joined(child, fields))
        elif link in by_link:
            result.append(Condition(link, "any", type(node)(tuple(by_link.pop(link)))))
    return result[0] if len(result) == 1 else type(node)(tuple(result))


def _link(node: Node, fields: Any) -> str:
    """The stored many2one with which the path of a condition begins; '' if it is no such path."""
    if not isinstance(node, Condition):
        return ""
    name, _, rest = node.field.partition(".")
    field = fields.get(name) if rest else None
    return name if field is not None and field.type == "many2one" and field.store else ""


def node_sql(model: Any, node: Node, alias: str, query: Query) -> SQL:
    match node:
        case Condition():
            return leaf_sql(model, node, alias, query)
        case Constant(value):
            return TRUE_SQL if value else FALSE_SQL
        case Not(inner):
            return SQL("(%s) IS NOT TRUE", node_sql(model, inner, alias, query))
        case And(nodes) | Or(nodes):
            glue = SQL(" AND ") if isinstance(node, And) else SQL(" OR ")
            return SQL("(%s)", glue.join(node_sql(model, child, alias, query) for child in nodes))
    raise TypeError(f"{node!r} is no domain node")


def leaf_sql(model: Any, node: Condition, alias: str, query: Query) -> SQL:
    """The condition of one leaf."""
    name, _, rest = node.field.partition(".")
    field = model._fields.get(name)
    if field is None:
        raise ValueError(f"Invalid field {model._name}.{name} in leaf {node.leaf!r}")
    if field.groups and not field.is_accessible(model.env):
        raise AccessError(model.env._("You do not have enough rights to search the field “%s”.", field.name))
    if field.inherited:
        parent_name = field.related.split(".")[0]
        parent_field = model._fields[parent_name]
        parent = model.env[parent_field.comodel_name]
        parent_alias = joined_alias(model, alias, parent_field, query)
        return leaf_sql(parent, Condition(node.field, node.operator, node.value), parent_alias, query)
    if rest:
        return _path_sql(model, field, rest, node, alias, query)
    if name == "id":
        return _id_sql(model, field, node, alias, query)
    if field.type not in RELATIONS and (node.operator in ANY_OPERATORS or node.operator in HIERARCHY_OPERATORS):
        raise Misfit(
            f"domain term {node.leaf!r}: {node.operator!r} is for relations and 'id', and {field} is a {field.type}",
            *([None] if node.operator in ANY_OPERATORS else ()),
        )
    if not field.store:
        return _computed_sql(model, field, node, alias, query)
    if field.type in X2MANY:
        return x2many_sql(model, alias, field, node.operator, node.value, query)
    if not field.column_type:
        return _attachment_sql(model, field, node, alias)
    sql: SQL = model._condition_to_sql(alias, name, node.operator, node.value, query)
    return sql


def joined_alias(model: Any, alias: str, field: Field[Any], query: Query, *, visible_only: bool = False) -> str:
    """The alias of the table behind the many2one `field`, joined once to `query`.

    visible_only: of what the user may not read nothing is joined.
    """
    comodel = model.env[field.comodel_name]
    joined: str = query.make_alias(alias, f"{field.name}$visible" if visible_only else field.name)
    row_id = SQL.identifier(joined, "id")
    condition = SQL("%s = %s", model._field_to_sql(alias, field.name, query), row_id)
    # a required link still leads nowhere from a row that is not there itself
    is_certain = field.required and query.has_every_row(alias)
    if visible_only:
        comodel.check_access("read")
        visible = comodel.with_context(active_test=False)._where_calc([])
        comodel._apply_ir_rules(visible, "read")
        if visible.where_clause:
            is_certain, condition = False, SQL("%s AND %s IN %s", condition, row_id, visible.subselect())
    query.add_join("JOIN" if is_certain else "LEFT JOIN", joined, comodel._table_sql, condition)
    return joined


def _path_sql(model: Any, field: Field[Any], rest: str, node: Condition, alias: str, query: Query) -> SQL:
    """`field.rest`: into a relation, a part of a date, or a property."""
    if field.type in RELATIONS:
        return leaf_sql(model, Condition(field.name, "any", [(rest, node.operator, node.value)]), alias, query)
    if field.type in ("date", "datetime", "properties") and (
        rest in NUMBER_GRANULARITIES or field.type == "properties"
    ):
        sql: SQL = model._condition_to_sql(alias, node.field, node.operator, node.value, query)
        return sql
    raise AssertionError(f"Invalid field {node.field!r} in domain term {node.leaf!r}")


def _id_sql(model: Any, field: Field[Any], node: Condition, alias: str, query: Query) -> SQL:
    row_id = SQL.identifier(alias, "id")
    if node.operator in HIERARCHY_OPERATORS:
        return SQL(
            "%s IN %s", row_id, hierarchy_sql(model, node.operator, start_ids(model, node.value), model._parent_name)
        )
    if node.operator in ANY_OPERATORS:
        sub = model._search(node.value) if isinstance(node.value, list | tuple | Node) else node.value
        return condition_sql(model, field, row_id, "in" if node.operator == "any" else "not in", sub)
    value = node.value
    if node.operator in ("=", "!=") and not value:
        return FALSE_SQL if node.operator == "=" else TRUE_SQL
    if node.operator in ("in", "not in") and isinstance(value, list | tuple) and not all(value):
        # no row has an empty id
        value = [item for item in value if item]
    return condition_sql(model, _ID, row_id, node.operator, value)


def _computed_sql(model: Any, field: Field[Any], node: Condition, alias: str, query: Query) -> SQL:
    """A field that is not stored: its search method answers with a domain, a related one with its path."""
    if field.related and not field.args.get("search"):
        tree = simplify(_related_condition(field, node))
        return node_sql(model.sudo() if field.compute_sudo else model, tree, alias, query)
    if field.search:
        domain = field.determine_domain(model, node.operator, node.value)
        return where_sql(model, domain, alias, query)
    _logger.warning("non-stored field ignored in a domain field=%s leaf=%r", field, node.leaf)
    return TRUE_SQL


def _related_condition(field: Field[Any], node: Condition) -> Node:
    """The condition at the end of the path; where the path ends early the related field has no value."""
    operator, value = node.operator, node.value
    if operator in POSITIVE:
        return Not(_related_condition(field, Condition(node.field, POSITIVE[operator], value)))
    at_end = Condition(field.related, operator, value)
    if not fits_empty(field.type, operator, value):
        return at_end
    return Or((at_end, Not(Condition(field.related.rpartition(".")[0], "!=", False))))


def _attachment_sql(model: Any, field: Field[Any], node: Condition, alias: str) -> SQL:
    """A binary kept as attachment: only its presence can be asked."""
    if node.operator not in ("=", "!=") or node.value:
        raise ValueError(f"Invalid domain term {node.leaf!r}: {field} is kept as attachment, only = and != False apply")
    if "ir.attachment" in model.env.transaction.unborn:
        model.env["ir.attachment"].flush_model(())
    found = SQL(
        "%s IN (SELECT res_id FROM ir_attachment WHERE res_model = %s AND res_field = %s AND res_id IS NOT NULL)",
        SQL.identifier(alias, "id", to_flush=field), model._name, field.name,
    )  # fmt: skip
    return found if node.operator in NEGATIVE_OPERATORS else SQL("NOT (%s)", found)


def plain_condition_sql(model: Any, alias: str, fname: str, operator: str, value: Any, query: Query) -> SQL:
    """What `_condition_to_sql` answers: a stored field, a part of a date, a property."""
    name, _, rest = fname.partition(".")
    field = model._fields[name]
    if rest and field.type != "properties":
        return part_condition(_NUMBER, model._field_to_sql(alias, fname, query), operator, value)
    if not rest and field.type == "many2one":
        return many2one_sql(model, alias, field, operator, value, query)
    if field.encrypted:
        return sealed_condition(model.env, field, SQL.identifier(alias, fname, to_flush=field), operator, value)
    if not rest and operator in OPERATOR_SQL.added and field.translate and model.env.lang in (None, "en_US"):
        return AddedCondition(SQL.identifier(alias, fname, to_flush=field), "en_US", OPERATOR_SQL[operator], value)
    column = model._field_to_sql(alias, fname, query)
    if rest:
        return property_condition(column, operator, value)
    condition = condition_sql(model, field, column, operator, value)
    narrowing = None if field.unaccent and model.pool.has_unaccent else narrowing_sql(alias, field, operator, value)
    return SQL("(%s AND %s)", narrowing, condition) if narrowing is not None else condition
