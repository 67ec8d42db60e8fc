"""What does a domain say, as a tree?

A domain arrives as a list in Polish notation: `["|", ("a", "=", 1), "!", ("b", "in", [2, 3])]`; operators come before
their operands, and what stands side by side is joined by "&". `parse` reads such a list once into And, Or, Not,
Condition, Constant; `to_list` writes the list back. The tree is then simplified once and read twice: into SQL by
orm/where, on records by predicate.

>>> parse([("a", "=", 1), "|", ("b", "=", 2), ("c", "=", 3)])
And((Condition('a', '=', 1), Or((Condition('b', '=', 2), Condition('c', '=', 3)))))
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

NOT_OPERATOR = "!"
OR_OPERATOR = "|"
AND_OPERATOR = "&"
DOMAIN_OPERATORS = (NOT_OPERATOR, OR_OPERATOR, AND_OPERATOR)

TERM_OPERATORS = (
    "=", "!=", "<=", "<", ">", ">=", "=?", "=like", "=ilike", "like", "not like", "ilike", "not ilike",
    "in", "not in", "child_of", "parent_of", "any", "not any",
)  # fmt: skip
NEGATIVE_TERM_OPERATORS = ("!=", "not like", "not ilike", "not in")
WILDCARD_OPERATORS = ("like", "ilike", "not like", "not ilike")
HIERARCHY_OPERATORS = ("child_of", "parent_of")
OPPOSITES = {
    "<": ">=", ">": "<=", "<=": ">", ">=": "<", "=": "!=", "!=": "=", "in": "not in", "not in": "in",
    "like": "not like", "not like": "like", "ilike": "not ilike", "not ilike": "ilike",
    "any": "not any", "not any": "any",
}  # fmt: skip

TRUE_LEAF = (1, "=", 1)
FALSE_LEAF = (0, "=", 1)

_ALIASES = {"<>": "!="}
known_operators = set(TERM_OPERATORS)
"""Those, and what addons add: see fondaco.orm.conditions.OperatorTable."""


class Node:
    """A filter. Nodes are values: frozen, comparable, shared freely."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A filter that keeps everything or nothing."""

    value: bool

    def __repr__(self) -> str:
        return "TRUE" if self.value else "FALSE"


@dataclass(frozen=True, slots=True, eq=False)
class Condition(Node):
    """One leaf: `field operator value`; `field` may be a dotted path.

    Value: whatever the operator takes; for "any" and "not any" a domain list, a Node, or a Query of the comodel.
    """

    field: str
    operator: str
    value: Any

    def __repr__(self) -> str:
        return f"Condition({self.field!r}, {self.operator!r}, {self.value!r})"

    def __eq__(self, other: object) -> bool:
        # 0 == False in Python, but not in a domain
        return (
            isinstance(other, Condition)
            and self.field == other.field
            and self.operator == other.operator
            and type(self.value) is type(other.value)
            and bool(self.value == other.value)
        )

    def __hash__(self) -> int:
        return hash((self.field, self.operator))

    @property
    def leaf(self) -> tuple[str, str, Any]:
        """The condition as it stands in a list; errors quote it."""
        return (self.field, self.operator, self.value)


@dataclass(frozen=True, slots=True)
class Not(Node):
    node: Node

    def __repr__(self) -> str:
        return f"Not({self.node!r})"


@dataclass(frozen=True, slots=True)
class And(Node):
    nodes: tuple[Node, ...]

    def __repr__(self) -> str:
        return f"And({self.nodes!r})"


@dataclass(frozen=True, slots=True)
class Or(Node):
    nodes: tuple[Node, ...]

    def __repr__(self) -> str:
        return f"Or({self.nodes!r})"


TRUE = Constant(True)
FALSE = Constant(False)


def parse(domain: Any, model_name: str = "") -> Node:
    """Read a domain list (a Node is answered as it is).

    Exceptions are those that clients of Odoo 18 receive: AssertionError for what is no list, ValueError for a wrong
    leaf, operator or arity, IndexError for a leaf too short to have an operator. `model_name` is for their messages.
    """
    if isinstance(domain, Node):
        return domain
    require_list(domain, model_name)
    stack: list[Node | _Growing] = []
    for token in reversed(domain):
        if isinstance(token, str) and token in DOMAIN_OPERATORS:
            if len(stack) < (1 if token == NOT_OPERATOR else 2):
                raise ValueError(f"Domain {domain} is syntactically not correct.")
            if token == NOT_OPERATOR:
                stack.append(Not(_grown(stack.pop())))
            else:
                kind = And if token == AND_OPERATOR else Or
                stack.append(_joined(kind, stack.pop(), stack.pop()))
        else:
            stack.append(token if isinstance(token, Node) else parse_leaf(token, model_name))
    if not stack:
        return TRUE
    node = stack.pop()
    while stack:
        node = _joined(And, node, stack.pop())
    return _grown(node)


def require_list(domain: Any, model_name: str = "") -> None:
    if not isinstance(domain, list | tuple):
        where = f"{model_name}: " if model_name else ""
        raise AssertionError(
            "Domains to normalize must have a 'domain' form: a list or tuple of domain components;"
            f" {where}found {domain!r}"
        )


class _Growing:
    """An And (Or) that still gets nodes, at both ends: making it anew with each would cost the square of its length."""

    __slots__ = ("kind", "nodes")

    def __init__(self, kind: type[And] | type[Or], nodes: Iterable[Node]) -> None:
        self.kind = kind
        self.nodes = deque(nodes)


def _grown(node: Node | _Growing) -> Node:
    return node.kind(tuple(node.nodes)) if isinstance(node, _Growing) else node


def _joined(kind: type[And] | type[Or], left: Node | _Growing, right: Node | _Growing) -> _Growing:
    """One And (Or) of both, without And inside And."""
    lefts, rights = _growing(kind, left), _growing(kind, right)
    if len(lefts.nodes) < len(rights.nodes):
        rights.nodes.extendleft(reversed(lefts.nodes))
        return rights
    lefts.nodes.extend(rights.nodes)
    return lefts


def _growing(kind: type[And] | type[Or], node: Node | _Growing) -> _Growing:
    if isinstance(node, _Growing) and node.kind is kind:
        return node
    node = _grown(node)
    return _Growing(kind, node.nodes if isinstance(node, kind) else (node,))


def parse_leaf(token: Any, model_name: str = "") -> Node:
    """Read one leaf: a triple, or True or False standing for themselves."""
    if isinstance(token, bool):
        return TRUE if token else FALSE
    if not isinstance(token, list | tuple | str):
        where = f"{model_name}: " if model_name else ""
        raise ValueError(f"{where}Invalid leaf {token!r}: a leaf is a list (field, operator, value)")
    check_length(token)
    left, operator, right = tuple(token)
    if isinstance(left, int) and (left, operator, right) in (TRUE_LEAF, FALSE_LEAF):
        return TRUE if left == right else FALSE
    operator, right = _checked_operator(left, operator, right)
    return Condition(left, operator, right)


def check_length(token: Any) -> None:
    """Refuse what cannot be unpacked into field, operator and value."""
    if len(token) < 2:
        kind = "string" if isinstance(token, str) else "tuple"
        raise IndexError(
            f"{kind} index out of range: leaf {token!r} has no operator; a leaf is (field, operator, value)"
        )
    if len(token) != 3:
        raise ValueError(
            f"{'not enough' if len(token) < 3 else 'too many'} values to unpack (expected 3"
            f"{f', got {len(token)}' if len(token) < 3 else ''})"
        )


def _checked_operator(left: Any, operator: Any, right: Any) -> tuple[str, Any]:
    """The operator to use and its value: `=` with a list is `in`, `in` with a boolean is `=`."""
    operator = _ALIASES.get(operator, operator) if isinstance(operator, str) else operator
    if not isinstance(operator, str) or operator not in known_operators or not isinstance(left, str) or not left:
        raise ValueError(f"Invalid leaf {(left, operator, right)!r}")
    if isinstance(right, bool) and operator in ("in", "not in"):
        return ("=" if operator == "in" else "!="), right
    if isinstance(right, list | tuple) and operator in ("=", "!="):
        return ("in" if operator == "=" else "not in"), right
    return operator, right


def to_list(node: Node) -> list[Any]:
    """The domain list that stands for `node`; `parse(to_list(node)) == node`."""
    match node:
        case Constant(value):
            return [TRUE_LEAF if value else FALSE_LEAF]
        case Condition():
            return [node.leaf]
        case Not(inner):
            return [NOT_OPERATOR, *to_list(inner)]
        case And(nodes) | Or(nodes):
            operator = AND_OPERATOR if isinstance(node, And) else OR_OPERATOR
            tokens: list[Any] = [operator] * (len(nodes) - 1)
            for child in nodes:
                tokens.extend(to_list(child))
            return tokens
    raise TypeError(f"{node!r} is no domain node")


def conditions(node: Node) -> Iterator[Condition]:
    """Every leaf of the tree, left to right; domains inside `any` are not entered."""
    match node:
        case Condition():
            yield node
        case Not(inner):
            yield from conditions(inner)
        case And(nodes) | Or(nodes):
            for child in nodes:
                yield from conditions(child)
