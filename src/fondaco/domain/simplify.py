"""What is the shortest tree that keeps the same records?

Not is pushed down to the leaves where the operator has an opposite, the certain (TRUE, FALSE) is dropped, equalities
on one field are merged into one `in`. Only rules that hold for every field type are applied here; merging changes the
operator that a search method is asked, so the caller says for which fields it is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fondaco.domain.tree import FALSE, OPPOSITES, TRUE, And, Condition, Constant, Node, Not, Or

MERGEABLE = (str, int)
"""Types of values that may be collected in one list (bool is excluded by hand)."""


Accept = Callable[[str], bool]


def _no_field(_name: str) -> bool:
    return False


def simplify(node: Node, may_merge: Accept = _no_field, *, negated: bool = False) -> Node:
    """The normal form of `node`, or of its negation. `may_merge`: whether conditions on a field may become one `in`."""
    match node:
        case Constant(value):
            return Constant(value is not negated)
        case Not(inner):
            return simplify(inner, may_merge, negated=not negated)
        case And(nodes) | Or(nodes):
            kind = And if isinstance(node, And) is not negated else Or
            return _joined(kind, (simplify(child, may_merge, negated=negated) for child in nodes), may_merge)
        case Condition():
            return _condition(node, negated)
    raise TypeError(f"{node!r} is no domain node")


def _condition(node: Condition, negated: bool) -> Node:
    if node.operator == "=?":
        if node.value is None or node.value is False:
            return Constant(not negated)
        node = Condition(node.field, "=", node.value)
    if not negated:
        return node
    # A dotted path holds if any record at its end does: the opposite of the leaf is not the opposite of the path.
    opposite = OPPOSITES.get(node.operator)
    if opposite is None or "." in node.field:
        return Not(node)
    return Condition(node.field, opposite, node.value)


def _joined(kind: type[And] | type[Or], nodes: Iterable[Node], may_merge: Accept) -> Node:
    """And (Or) of simplified nodes: unit dropped, zero returned, same kind flattened, equalities merged."""
    unit, zero = (TRUE, FALSE) if kind is And else (FALSE, TRUE)
    result: list[Node] = []
    for node in nodes:
        if node == zero:
            return zero
        if node == unit:
            continue
        result.extend(node.nodes if isinstance(node, kind) else (node,))
    if len(result) > 1:
        result = _merged(result, "=" if kind is Or else "!=", may_merge)
    if not result:
        return unit
    return result[0] if len(result) == 1 else kind(tuple(result))


def _merged(nodes: list[Node], operator: str, may_merge: Accept) -> list[Node]:
    """Gather `field = a`, `field = b` of an Or into `field in [a, b]` (and `!=` of an And into `not in`)."""
    values: dict[str, list[Any]] = {}
    for node in nodes:
        if _is_mergeable(node, operator, may_merge):
            assert isinstance(node, Condition)
            values.setdefault(node.field, []).append(node.value)
    if all(len(found) < 2 for found in values.values()):
        return nodes
    result: list[Node] = []
    for node in nodes:
        if not _is_mergeable(node, operator, may_merge):
            result.append(node)
            continue
        assert isinstance(node, Condition)
        found = values.pop(node.field, [])
        if len(found) == 1:
            result.append(node)
        elif found:
            result.append(Condition(node.field, "in" if operator == "=" else "not in", list(dict.fromkeys(found))))
    return result


def _is_mergeable(node: Node, operator: str, may_merge: Accept) -> bool:
    return (
        isinstance(node, Condition)
        and node.operator == operator
        and isinstance(node.value, MERGEABLE)
        and not isinstance(node.value, bool)
        and may_merge(node.field)
    )
