"""How are domains, as lists, combined, checked and printed? (the functions addons know from `odoo.osv.expression`)"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fondaco.domain.tree import (
    AND_OPERATOR,
    DOMAIN_OPERATORS,
    FALSE_LEAF,
    NOT_OPERATOR,
    OPPOSITES,
    OR_OPERATOR,
    TRUE_LEAF,
    And,
    Condition,
    Constant,
    Node,
    Not,
    Or,
    check_length,
    known_operators,
    parse,
    require_list,
    to_list,
)

TRUE_DOMAIN = [TRUE_LEAF]
FALSE_DOMAIN = [FALSE_LEAF]

Domain = list[Any]


def normalize_domain(domain: Any) -> Domain:
    """The same domain with every "&" written; an empty one becomes the true leaf."""
    require_list(domain)
    if not domain:
        return [TRUE_LEAF]
    result: Domain = []
    expected = 1
    for token in domain:
        if expected == 0:
            result.insert(0, AND_OPERATOR)
            expected = 1
        if isinstance(token, list | tuple):
            expected -= 1
            token = tuple(token)
        elif isinstance(token, str) and token in DOMAIN_OPERATORS:
            expected += 0 if token == NOT_OPERATOR else 1
        else:
            expected -= 1
        result.append(token)
    if expected:
        raise ValueError(f"Domain {domain} is syntactically not correct.")
    return result


def is_operator(element: Any) -> bool:
    return isinstance(element, str) and element in DOMAIN_OPERATORS


def is_boolean(element: Any) -> bool:
    """Whether the leaf is the true or the false one."""
    return tuple(element) in (TRUE_LEAF, FALSE_LEAF) if isinstance(element, list | tuple) else False


def is_leaf(element: Any) -> bool:
    return (
        isinstance(element, list | tuple)
        and len(element) == 3
        and (element[1] in known_operators or element[1] == "<>")
        and (bool(isinstance(element[0], str) and element[0]) or is_boolean(element))
    )


def normalize_leaf(element: Any) -> Any:
    """The leaf as a tuple with its operator in normal form; operators pass unchanged."""
    if not isinstance(element, list | tuple):
        return element
    check_length(element)
    left, operator, right = element
    if isinstance(operator, str):
        operator = operator.lower()
    if operator == "<>":
        operator = "!="
    if isinstance(right, bool) and operator in ("in", "not in"):
        operator = "=" if operator == "in" else "!="
    elif isinstance(right, list | tuple) and operator in ("=", "!="):
        operator = "in" if operator == "=" else "not in"
    return (left, operator, right)


def check_leaf(element: Any) -> None:
    if not is_operator(element) and not is_leaf(element):
        raise ValueError(f"Invalid leaf {element!r}")


def combine(operator: str, unit: Any, zero: Any, domains: Iterable[Any]) -> Domain:
    """The domains joined by `operator`: those equal to `unit` are dropped, one equal to `zero` decides."""
    result: Domain = []
    count = 0
    for domain in domains:
        if domain == unit or (not domain and unit == TRUE_DOMAIN):
            continue
        if domain == zero or (not domain and zero == TRUE_DOMAIN):
            return list(zero)
        if domain:
            result += normalize_domain(domain)
            count += 1
    return [operator] * (count - 1) + result if count else list(unit)


def AND(domains: Iterable[Any]) -> Domain:
    """What all the domains keep.

    >>> AND([[("a", "=", 1)], [], [("b", "=", 2), ("c", "=", 3)]])
    ['&', ('a', '=', 1), '&', ('b', '=', 2), ('c', '=', 3)]
    """
    return combine(AND_OPERATOR, TRUE_DOMAIN, FALSE_DOMAIN, domains)


def OR(domains: Iterable[Any]) -> Domain:
    """What any of the domains keeps."""
    return combine(OR_OPERATOR, FALSE_DOMAIN, TRUE_DOMAIN, domains)


def distribute_not(domain: Domain) -> Domain:
    """The same domain with "!" only before paths and leaves whose operator has no opposite."""
    return to_list(_pushed(parse(domain), negated=False))


def _pushed(node: Node, *, negated: bool) -> Node:
    match node:
        case Constant(value):
            return Constant(value is not negated)
        case Not(inner):
            return _pushed(inner, negated=not negated)
        case And(nodes) | Or(nodes):
            kind = And if isinstance(node, And) is not negated else Or
            return kind(tuple(_pushed(child, negated=negated) for child in nodes))
        case Condition(field, operator, value) if negated:
            # the opposite of a leaf is not the opposite of a path, which holds if any record at its end does
            opposite = None if "." in field else OPPOSITES.get(operator)
            return Condition(field, opposite, value) if opposite else Not(node)
    return node


def is_false(model: Any, domain: Any) -> bool:
    """Whether the domain can be seen, without asking the database, to keep nothing."""
    return _is_certain(_pushed(parse(domain), negated=False), False)


def _is_certain(node: Node, value: bool) -> bool:
    """Whether `node` has that value on every record."""
    match node:
        case Constant(constant):
            return constant is value
        case And(nodes) | Or(nodes):
            decisive = isinstance(node, Or) is value
            return (any if decisive else all)(_is_certain(child, value) for child in nodes)
        case Condition(_field, "in", list(found) | tuple(found)):
            return not found and not value
        case Condition(_field, "not in", list(found) | tuple(found)):
            return not found and value
    return False


def domain_combine_anies(domain: Any, model: Any) -> Domain:
    """The domain with "any" leaves on one many2one joined, so that its table is asked once."""
    return to_list(_anies_joined(_pushed(parse(domain), negated=False), model))


def _anies_joined(node: Node, model: Any) -> Node:
    if not isinstance(node, And | Or):
        return node
    children = [_anies_joined(child, model) for child in node.nodes]
    # x2many: "some line has a, or some line has b" is one question; with "and" the lines may differ
    types = ("many2one",) if isinstance(node, And) else ("many2one", "one2many", "many2many")
    operator = AND_OPERATOR if isinstance(node, And) else OR_OPERATOR
    by_field: dict[str, list[Domain]] = {}
    for child in children:
        if _is_any(child, model, types):
            assert isinstance(child, Condition)
            by_field.setdefault(child.field, []).append(list(child.value))
    result: list[Node] = []
    for child in children:
        if not _is_any(child, model, types):
            result.append(child)
        elif isinstance(child, Condition) and child.field in by_field:
            domains = by_field.pop(child.field)
            merge: Callable[[list[Domain]], Domain] = AND if operator == AND_OPERATOR else OR
            result.append(Condition(child.field, "any", domains[0] if len(domains) == 1 else merge(domains)))
    return result[0] if len(result) == 1 else type(node)(tuple(result))


def _is_any(node: Node, model: Any, types: tuple[str, ...]) -> bool:
    return (
        isinstance(node, Condition)
        and node.operator == "any"
        and isinstance(node.value, list | tuple)
        and node.field in model._fields
        and model._fields[node.field].type in types
    )


def prettify_domain(domain: Any, pre_indent: int = 0) -> str:
    """The domain on several lines, operands indented below their operator."""
    lines: list[str] = []
    # operands still awaited, outermost first
    awaited: list[int] = []
    for token in domain:
        lines.append("    " * (pre_indent + len(awaited) + 1) + repr(token))
        if is_operator(token):
            awaited.append(1 if token == NOT_OPERATOR else 2)
            continue
        while awaited:
            awaited[-1] -= 1
            if awaited[-1]:
                break
            awaited.pop()
    return "[\n" + ",\n".join(lines) + "\n" + "    " * pre_indent + "]"


def check_property_field_value_name(property_name: str) -> None:
    """Refuse a property name that is no plain word."""
    if (
        not property_name
        or not property_name.replace("_", "").isalnum()
        or not property_name.isascii()
        or property_name != property_name.lower()
    ):
        raise ValueError(
            f"Wrong property field value name {property_name!r}: lower-case letters, digits and '_' are expected"
        )
