"""Which records lie below, or above, some others along their parent field?

With `parent_path` ("1/5/9/") the answer is one comparison of texts; without, a recursive query along the parent
column. Neither looks at `active` nor at record rules: the tree is what it is, the search around it filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fondaco.errors import Misfit
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.sql.query import Query


def require_tree(model: Any, operator: str, parent_name: str, through: Any = None) -> Any:
    """The field by which records of `model` lie below each other; `Misfit` where there is none. `through`: the relation
    that leads there."""
    field = model._fields.get(parent_name)
    if field is None:
        of = f"{through}: " if through is not None else ""
        raise Misfit(
            f"{of}{operator!r} needs a tree, and {model._name} has no field {parent_name!r} by which a record says "
            "what it lies below; compare with 'in', or name such a field in _parent_name",
            *([parent_name] if through is not None else ()),
        )
    return field


def hierarchy_sql(model: Any, operator: str, ids: list[Any] | Query, parent_name: str, through: Any = None) -> SQL:
    """A parenthesised subselect of the ids below (child_of) or above (parent_of) `ids`, themselves included."""
    field = require_tree(model, operator, parent_name, through)
    if not field.store or field.column_type is None:
        return _walked(model, operator, ids, parent_name)
    if isinstance(ids, list):
        start = SQL("= %s", ids[0]) if len(ids) == 1 else SQL("= ANY(%s)", ids)  # as in `among`
    else:
        start = SQL("IN %s", ids.subselect())
    if model._parent_store and parent_name == model._parent_name:
        return _by_path(model, operator, start)
    return _by_recursion(model, operator, start, parent_name)


def _by_path(model: Any, operator: str, start: SQL) -> SQL:
    """`start`: the condition that the root's id fulfils, from its operator on."""
    table = SQL.identifier(model._table)
    path = SQL.identifier("parent_path", to_flush=model._fields["parent_path"])
    # the stored path follows the parent, so pending writes of the parent must be in the table as well
    parent = SQL("", to_flush=model._fields[model._parent_name])
    if operator == "child_of":
        return SQL(
            "(SELECT child.id FROM %(table)s root JOIN %(table)s child ON child.%(path)s LIKE root.%(path)s || %(any)s"
            " WHERE root.id %(start)s%(parent)s)",
            table=table, path=path, start=start, parent=parent, any="%",
        )  # fmt: skip
    return SQL(
        "(SELECT unnest(string_to_array(trim(trailing '/' FROM %(path)s), '/'))::int4"
        " FROM %(table)s WHERE id %(start)s%(parent)s)",
        table=table, path=path, start=start, parent=parent,
    )  # fmt: skip


def _by_recursion(model: Any, operator: str, start: SQL, parent_name: str) -> SQL:
    parent = SQL.identifier(parent_name, to_flush=model._fields[parent_name])
    table = SQL.identifier(model._table)
    if operator == "child_of":
        # UNION, not UNION ALL: a cycle ends the recursion
        return SQL(
            "(WITH RECURSIVE tree(id) AS (SELECT id FROM %(table)s WHERE id %(start)s"
            " UNION SELECT node.id FROM %(table)s node JOIN tree ON node.%(parent)s = tree.id) SELECT id FROM tree)",
            table=table, start=start, parent=parent,
        )  # fmt: skip
    return SQL(
        "(WITH RECURSIVE tree(id, up) AS (SELECT id, %(parent)s FROM %(table)s WHERE id %(start)s"
        " UNION SELECT node.id, node.%(parent)s FROM %(table)s node JOIN tree ON node.id = tree.up)"
        " SELECT id FROM tree)",
        table=table, start=start, parent=parent,
    )  # fmt: skip


def _walked(model: Any, operator: str, ids: list[Any] | Query, parent_name: str) -> SQL:
    """The same for a parent without a column, level by level through the model."""
    model = model.sudo().with_context(active_test=False)
    level = model.browse(ids if isinstance(ids, list) else ids.get_result_ids())
    found = model.browse()
    while level - found:
        level -= found
        found |= level
        level = model.search([(parent_name, "in", level.ids)]) if operator == "child_of" else level[parent_name]
    return SQL("(SELECT unnest(%s::int4[]))", list(found._ids))
