"""What does an expression in a template become in Python?

Names are looked up among the values of the template (`total` becomes `__v['total']`); a name without value is None.
Code that could reach more than it was given is refused (`security/safe_eval.py`).
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from fondaco.errors import ExpressionError
from fondaco.security.safe_eval import BUILTINS, checked_source
from fondaco.values import syntax

_HOLE = re.compile(r"#\{(.+?)\}(?!\})|\{\{(.+?)\}\}", re.S)


NOTHING: Mapping[Any, Any] = MappingProxyType({})


class Values(dict[Any, Any]):
    """The names of a template; those without value are computed `late` (once), are built-ins or None."""

    __slots__ = ("late",)

    def __init__(self, values: Mapping[Any, Any] = NOTHING) -> None:
        super().__init__(values)
        # Copies share it: whoever adds to it makes another.
        self.late: Mapping[str, Callable[[], Any]] = values.late if isinstance(values, Values) else NOTHING

    def __missing__(self, name: Any) -> Any:
        compute = self.late.get(name)
        if compute is None:
            return BUILTINS.get(name) if isinstance(name, str) else None
        value = self[name] = compute()
        return value

    def copy(self) -> "Values":
        return Values(self)


def python_of(source: str, scope: str) -> str:
    """Python for an expression whose names are in the variable `scope`."""
    if not source or not source.strip():
        raise ExpressionError("an expression is expected here, and there is none")
    try:
        tree = syntax.parsed(checked_source(" ".join(source.split("\n"))), mode="eval")
    except SyntaxError as error:
        raise ExpressionError(f"{source!r} is no Python expression: {error.msg}") from error
    return ast.unparse(ast.fix_missing_locations(_Lookup(scope).visit(tree)))


def text_of(source: str, scope: str) -> str:
    """Python for a text with holes: `item-#{index}` or `item-{{index}}`."""
    parts = [repr(text) if code is None else f"__text({python_of(code, scope)})" for text, code in pieces(source)]
    if not parts:
        return "''"
    return parts[0] if len(parts) == 1 else f"''.join(({', '.join(parts)},))"


def pieces(source: str) -> Iterator[tuple[str, str | None]]:
    """(text, None) and ('', expression) in turn."""
    end = 0
    for match in _HOLE.finditer(source):
        if match.start() > end:
            yield source[end : match.start()], None
        yield "", match.group(1) or match.group(2)
        end = match.end()
    if end < len(source):
        yield source[end:], None


class _Lookup(ast.NodeTransformer):
    """Turns free names into look-ups; those bound by a lambda or a comprehension stay."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        self.bound: tuple[frozenset[str], ...] = ()

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id.startswith("__") or any(node.id in names for names in self.bound):
            return node
        if not isinstance(node.ctx, ast.Load):
            raise ExpressionError(f"a template expression cannot assign {node.id!r}; use t-set")
        return ast.Subscript(ast.Name(self.scope, ast.Load()), ast.Constant(node.id), ast.Load())

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        arguments.kw_defaults = [default and self.visit(default) for default in arguments.kw_defaults]
        outer, self.bound = self.bound, (*self.bound, frozenset(argument.arg for argument in every))
        node.body = self.visit(node.body)
        self.bound = outer
        return node

    def _comprehension(self, node: Any) -> ast.AST:
        targets = {
            name.id
            for generator in node.generators
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name)
        }
        outer = self.bound
        # the first iterable is evaluated outside, where the names are not bound yet
        node.generators[0].iter = self.visit(node.generators[0].iter)
        self.bound = (*outer, frozenset(targets))
        for number, generator in enumerate(node.generators):
            if number:
                generator.iter = self.visit(generator.iter)
            generator.target = self.visit(generator.target)
            generator.ifs = [self.visit(test) for test in generator.ifs]
        for name in ("key", "value", "elt"):
            if hasattr(node, name):
                setattr(node, name, self.visit(getattr(node, name)))
        self.bound = outer
        return node  # type: ignore[no-any-return]

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension
