"""Words of `odoo.tools.template_inheritance` and `odoo.tools.view_validation`, over the rooms of `fondaco.views`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from fondaco.values import syntax
from fondaco.views import arch as arches
from fondaco.views import inherit
from fondaco.views.expressions import conditions_of, names_in

Check = Callable[..., Any]
_checks: dict[str, list[Check]] = {}


def locate_node(arch: Any, spec: Any) -> Any:
    """The node of `arch` that a spec of a view extension points at, None if there is none."""
    return inherit.locate(arch, spec)


def apply_inheritance_specs(
    source: Any, specs_tree: Any, inherit_branding: bool = False, pre_locate: Callable[[Any], Any] = lambda spec: True
) -> Any:
    """`source` with the specs of a view extension applied."""
    for spec in inherit.specs(specs_tree):
        pre_locate(spec)
    return inherit.apply(source, specs_tree)


def remove_element(node: Any) -> None:
    """Take a node away; the text behind it stays."""
    arches.remove(node)


def add_stripped_items_before(node: Any, spec: Any, extract: Callable[[Any], Any]) -> None:
    """Put the content of `spec` before `node`; `extract` takes elements that are moved."""
    parent = node.getparent()
    for child in list(spec):
        moved = extract(child) if child.get("position") == "move" else child
        parent.insert(parent.index(node), moved)


def get_expression_field_names(expression: str) -> set[str]:
    """The names of fields that an expression of a view reads ('parent.x' without its parent part)."""
    names = names_in(expression)
    return {*names.own, *names.of_parent}


def get_domain_value_names(domain: Any) -> tuple[set[str], set[str]]:
    """(field names of the left sides, names that the values read) of a domain in a view."""
    text = domain if isinstance(domain, str) else repr(domain)
    left: set[str] = set()
    values: set[str] = set()
    for field, names in conditions_of(text):
        left.add(field.split(".")[0])
        values |= set(names)
    return left, values


def get_dict_asts(expr: str | ast.AST) -> dict[str, ast.AST]:
    """The values of a dict display as syntax trees by key; ValueError if it is no such display."""
    tree = syntax.parsed(expr.strip(), mode="eval").body if isinstance(expr, str) else expr
    if not isinstance(tree, ast.Dict):
        raise ValueError("Non-dict expression")
    if not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in tree.keys):
        raise ValueError("Non-string literal dict key")
    return {key.value: value for key, value in zip(tree.keys, tree.values, strict=True)}  # type: ignore[union-attr, misc]


def validate(*view_types: str) -> Callable[[Check], Check]:
    """Register a check for kinds of views: it gets the arch and answers True, 'Warning' or False."""

    def register(check: Check) -> Check:
        for kind in view_types:
            _checks.setdefault(kind, []).append(check)
        return check

    return register


def valid_view(arch: Any, **kwargs: Any) -> bool | str:
    """The verdict of the registered checks on an arch."""
    verdict: bool | str = True
    for check in _checks.get(arch.tag, ()):
        answer = check(arch, **kwargs)
        if not answer:
            return False
        if answer == "Warning":
            verdict = "Warning"
    return verdict


def relaxng(view_type: str) -> None:
    """No grammar: `fondaco.views.validate` knows what a view may hold."""
    return None


def schema_valid(arch: Any, **kwargs: Any) -> bool:
    """True: see `relaxng`."""
    return True
