"""What an expression in an arch reads: the names it uses, and whether it can be read at all.

Modifiers (`invisible="state == 'done'"`), domains, contexts and decorations are Python expressions over the fields of
the record (and `parent.field` in an embedded view). They are evaluated by the client; here they are only understood.
"""

import ast
from dataclasses import dataclass
from functools import lru_cache

from fondaco.values import syntax

MODIFIERS = ("invisible", "readonly", "required", "column_invisible")
DECORATION = "decoration-"
# Names that every expression may use besides fields; a field of the same name goes first.
KNOWN_NAMES = frozenset({
    "True", "False", "None", "uid", "context", "parent", "id", "self", "companies",
    "active_id", "active_ids", "active_model", "allowed_company_ids", "current_company_id",
    "context_today", "current_date", "today", "now", "time", "datetime", "date", "timedelta", "relativedelta",
    "len", "bool", "int", "float", "str", "list", "dict", "set", "tuple", "abs", "min", "max", "round",
    "any", "all", "sum", "sorted", "enumerate", "zip", "map", "filter",
})  # fmt: skip
WORD_OPERATORS = frozenset({"in", "like", "ilike", "child_of", "parent_of", "any"})
TRUE_WORDS = frozenset({"1", "true"})
FALSE_WORDS = frozenset({"0", "false", ""})


@dataclass(frozen=True, slots=True)
class Names:
    """The free names of an expression, and the fields it reads of the record around an embedded one.

    is_sequence: it is written as a list or a tuple, and so true whatever it holds.
    """

    own: frozenset[str]
    of_parent: frozenset[str]
    is_sequence: bool = False


@lru_cache(maxsize=8192)
def names_in(expression: str) -> Names:
    """The names that `expression` reads. `SyntaxError` when it is no Python expression."""
    tree = _parsed(expression)
    bound: set[str] = set()
    own: set[str] = set()
    of_parent: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (bound if isinstance(node.ctx, ast.Store) else own).add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "parent":
            of_parent.add(node.attr)
    is_sequence = isinstance(tree.body, ast.List | ast.Tuple) and bool(tree.body.elts)
    return Names(frozenset(own - bound), frozenset(of_parent), is_sequence)


@lru_cache(maxsize=2048)
def conditions_of(domain: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The paths on the left of a written domain's conditions, each with the names its value reads."""
    found = []
    for node in ast.walk(_parsed(domain)):
        if isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 3:
            left, operator, value = node.elts
            if isinstance(left, ast.Constant) and isinstance(left.value, str) and _is_operator(operator):
                names = {inner.id for inner in ast.walk(value) if isinstance(inner, ast.Name)}
                found.append((left.value, frozenset(names)))
    return tuple(found)


@lru_cache(maxsize=2048)
def group_by_of(context: str) -> tuple[str, ...]:
    """The fields after which a written context groups."""
    tree = _parsed(context)
    if not isinstance(tree.body, ast.Dict):
        return ()
    for key, value in zip(tree.body.keys, tree.body.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "group_by":
            items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            return tuple(item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str))
    return ()


def is_always(expression: str | None, truth: bool) -> bool:
    """Whether a modifier is the constant `truth`."""
    word = (expression or "").strip().lower()
    return word in (TRUE_WORDS if truth else FALSE_WORDS)


def _parsed(expression: str) -> ast.Expression:
    tree: ast.Expression = syntax.parsed(expression.strip(), mode="eval")
    return tree


def _is_operator(node: ast.expr) -> bool:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    return node.value in WORD_OPERATORS or not any(letter.isalnum() for letter in node.value)
