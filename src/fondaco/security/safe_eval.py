"""How expressions and code from data files, views and server actions run without reaching what they were not given.

Source is parsed, its tree is held against a list of allowed nodes, dangerous names are refused, and only then it is
compiled; compiled code is kept. What code cannot name it cannot reach: no name or attribute with a double underscore,
no frame, code or generator internals, no import, no assignment to attributes, no class statement. `str.format` and
powers run through guards, because they reach attributes and memory without naming them; so do the doors that lead
from a cursor or a registry to other databases, or to files, which their classes list as `closed_to_code`.

The interface is that of `odoo.tools.safe_eval`.
"""

from __future__ import annotations

import _string  # type: ignore[import-not-found]  # the half of string.Formatter that splits field names
import ast
import dis
import functools
import logging
import pathlib
import string
import types
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import markupsafe
import psycopg
import werkzeug.exceptions

from fondaco.errors import ExpressionError, RedirectWarning, UserError
from fondaco.security.sandbox import MODULES, wrap_module
from fondaco.values import syntax

__all__ = [
    "MODULES", "check_values", "const_eval", "expr_eval", "safe_eval", "test_expr", "test_python_expr", "wrap_module",
]  # fmt: skip

_logger = logging.getLogger(__name__)

Mode = Literal["eval", "exec"]
MAX_SOURCE = 1_000_000  # characters
_MAX_POWER_BITS = 65_536
_MAX_LENGTH = 100_000_000  # characters, bytes or items that a multiplication may make
_SEQUENCES = (str, bytes, list, tuple)

_LITERALS: tuple[type[ast.AST], ...] = (
    ast.Expression, ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Load, ast.UnaryOp, ast.USub, ast.UAdd,
)  # fmt: skip
_ARITHMETIC: tuple[type[ast.AST], ...] = (
    ast.BinOp, ast.Invert, ast.Not, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift,
    ast.RShift, ast.BitOr, ast.BitXor, ast.BitAnd, ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.Eq, ast.NotEq, ast.Lt,
    ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.In, ast.NotIn, ast.IfExp, ast.Subscript, ast.Slice,
)  # fmt: skip
_EXPRESSIONS: tuple[type[ast.AST], ...] = (
    ast.Name, ast.Attribute, ast.Call, ast.keyword, ast.Starred, ast.Lambda, ast.arguments, ast.arg, ast.ListComp,
    ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Store, ast.JoinedStr, ast.FormattedValue,
    ast.NamedExpr,
)  # fmt: skip
_STATEMENTS: tuple[type[ast.AST], ...] = (
    ast.Module, ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Del, ast.For, ast.While, ast.If,
    ast.With, ast.withitem, ast.Raise, ast.Try, ast.ExceptHandler, ast.Assert, ast.Pass, ast.Break, ast.Continue,
    ast.FunctionDef, ast.Return, ast.Yield, ast.YieldFrom, ast.Nonlocal,
)  # fmt: skip

ALLOWED_IN_CONST = frozenset(_LITERALS)
ALLOWED_IN_EXPR = ALLOWED_IN_CONST | frozenset(_ARITHMETIC)
ALLOWED_IN_EVAL = ALLOWED_IN_EXPR | frozenset(_EXPRESSIONS)
ALLOWED_IN_EXEC = (ALLOWED_IN_EVAL | frozenset(_STATEMENTS)) - {ast.Expression}

# Attributes that lead from a generator, coroutine, traceback, frame, function or class into the interpreter.
_FORBIDDEN_ATTRIBUTES = frozenset(
    (
        "gi_frame", "gi_code", "gi_yieldfrom", "gi_running", "cr_frame", "cr_code", "cr_await", "cr_origin", "ag_frame",
        "ag_code", "ag_await", "tb_frame", "tb_next", "tb_lasti", "tb_lineno", "f_back", "f_builtins", "f_code",
        "f_globals", "f_locals", "f_trace", "co_code", "co_consts", "co_names", "func_globals", "func_code",
        "func_closure", "im_func", "im_self", "mro", "with_traceback", "getroottree",
    )
)  # fmt: skip
# From a cursor, a registry or a request these lead to other databases, or to the settings of the server; from a field
# to its keys; from attachments, what is sent of them and the checklist to files and settings.
DOORS = frozenset({
    "pools", "registries", "config", "link", "_link", "_cnx", "_converter", "vault", "box", "ring", "index_secret",
    "cipher", "cipher_of", "_store", "from_path", "_site", "_settings", "_settings_of_options", "connect",
    "app",
})  # fmt: skip
# What a path does besides naming a file.
_OF_PATHS = frozenset(name for name in dir(pathlib.Path) if "__" not in name) - set(dir(pathlib.PurePath))
_FORMATS = frozenset({"format", "format_map"})
_GUARDED_ATTRIBUTES = _FORMATS | DOORS | _OF_PATHS | {"obj"}


class _GuardedFields(string.Formatter):
    """Formatting whose fields cannot walk into private attributes."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        if "__" in field_name or any(name in _FORBIDDEN_ATTRIBUTES for name in field_name.replace("[", ".").split(".")):
            raise ExpressionError(f"format field {field_name!r} is not allowed: it reaches into internals")
        first, steps = _string.formatter_field_name_split(field_name)
        found = self.get_value(first, args, kwargs)
        for is_attribute, name in steps:
            found = _open_attribute(found, name) if is_attribute else found[name]
        return found, first


class _GuardedEscape(_GuardedFields, markupsafe.EscapeFormatter):
    """The same for Markup, which escapes what it is given."""


def _open_attribute(owner: Any, name: str) -> Any:
    """The attribute, unless the class of `owner` closes it to code, or it makes more of a path than a name."""
    kind = owner.__class__  # also of what stands for another object, as the request in force does
    if name in _doors(kind) or (isinstance(owner, type) and name in _doors(owner)):
        raise ExpressionError(f"access to {name!r} of {kind.__name__} is not allowed: it leads out of the database")
    if name in _OF_PATHS and isinstance(owner, pathlib.PurePath):
        raise ExpressionError(f"access to {name!r} of {kind.__name__} is not allowed: it leads out of the database")
    if name == "obj" and isinstance(owner, BaseException):
        raise ExpressionError("access to 'obj' of an error is not allowed: it may be anything that the server holds")
    return getattr(owner, name)


def _doors(kind: type) -> set[str]:
    """What a class and those it is made of close to code."""
    return {name for base in type.__dict__["__mro__"].__get__(kind) for name in base.__dict__.get("closed_to_code", ())}


def _guarded_attribute(owner: Any, name: str) -> Any:
    """`owner.format`, or a door, as sandboxed code may have it."""
    if name not in _FORMATS:
        return _open_attribute(owner, name)
    if isinstance(owner, str):
        is_markup = isinstance(owner, markupsafe.Markup)
        formatter = _GuardedEscape(markupsafe.escape) if is_markup else _GuardedFields()
        if name == "format":
            return lambda *args, **kwargs: type(owner)(formatter.vformat(owner, args, kwargs))
        return lambda mapping: type(owner)(formatter.vformat(owner, (), mapping))
    if isinstance(owner, type) and issubclass(owner, str):
        return lambda text, *args, **kwargs: _guarded_attribute(text, name)(*args, **kwargs)
    return getattr(owner, name)


def _guarded_power(base: Any, exponent: Any) -> Any:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > _MAX_POWER_BITS:
        raise ExpressionError(f"{base!r} ** {exponent!r} is too large; results are limited to {_MAX_POWER_BITS} bits")
    return base**exponent


def _guarded_product(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > _MAX_POWER_BITS:
            raise ExpressionError(f"a product of more than {_MAX_POWER_BITS} bits is too large")
        return left * right
    for sequence, count in ((left, right), (right, left)):
        if isinstance(count, int) and isinstance(sequence, _SEQUENCES) and len(sequence) * count > _MAX_LENGTH:
            raise ExpressionError(f"{len(sequence)} items {count} times are too many; the limit is {_MAX_LENGTH}")
    return left * right


def _guarded_shift(base: Any, count: Any) -> Any:
    if isinstance(base, int) and isinstance(count, int) and base.bit_length() + count > _MAX_POWER_BITS:
        raise ExpressionError(f"{base!r} << {count!r} is too large; results are limited to {_MAX_POWER_BITS} bits")
    return base << count


# What the interpreter itself imports when dates are formatted or read.
_IMPORTED_BY_DATES = frozenset({"time", "datetime", "_strptime"})


def _guarded_import(name: str, *rest: Any) -> Any:
    """`strftime` and `strptime` import what they need through the built-ins of the code that calls them."""
    if name not in _IMPORTED_BY_DATES:
        raise ImportError(f"{name} cannot be imported here")
    return __import__(name, *rest)


# Names with a double underscore: code from outside can neither use nor replace them.
BUILTINS: dict[str, Any] = {
    "__import__": _guarded_import,
    "__guarded_attribute__": _guarded_attribute,
    "__guarded_power__": _guarded_power,
    "__guarded_product__": _guarded_product,
    "__guarded_shift__": _guarded_shift,
    "True": True,
    "False": False,
    "None": None,
    "reduce": functools.reduce,
    "unicode": str,
    "xrange": range,
    **{
        kind.__name__: kind
        for kind in (
            bytes, str, bool, int, float, enumerate, dict, list, tuple, set, frozenset, map, filter, zip, range, slice,
            reversed, abs, min, max, sum, sorted, round, len, repr, all, any, ord, chr, divmod, isinstance, iter, next,
            hash, bin, hex, oct, Exception, ValueError, TypeError, KeyError, IndexError, AttributeError,
            ZeroDivisionError, StopIteration, NameError, ArithmeticError, AssertionError, RuntimeError,
        )
    },
}  # fmt: skip


class _Checker(ast.NodeVisitor):
    """Raises `ExpressionError` at the first node, name or attribute that is not allowed."""

    def __init__(self, allowed: frozenset[type[ast.AST]], source: str) -> None:
        self.allowed = allowed
        self.source = source

    def refuse(self, node: ast.AST, what: str) -> None:
        line = getattr(node, "lineno", 1)
        raise ExpressionError(f"line {line}: {what} in {_shorten(self.source)!r}")

    def check(self, tree: ast.AST) -> None:
        for node in ast.walk(tree):
            kind = type(node)
            if kind not in self.allowed and not isinstance(node, (ast.expr_context, ast.cmpop, ast.operator)):
                self.refuse(node, f"{kind.__name__} is not allowed here")
            if kind is ast.Name:
                self.name(node, node.id)  # type: ignore[attr-defined]
            elif kind is ast.Attribute:
                self.attribute(node)  # type: ignore[arg-type]
            elif kind in (ast.FunctionDef, ast.ExceptHandler):
                self.name(node, node.name or "")  # type: ignore[attr-defined]
            elif kind in (ast.arg, ast.keyword):
                self.name(node, node.arg or "")  # type: ignore[attr-defined]
            elif kind is ast.Nonlocal:
                for name in node.names:  # type: ignore[attr-defined]
                    self.name(node, name)
            elif kind is ast.comprehension and node.is_async:  # type: ignore[attr-defined]
                self.refuse(node, "async is not allowed here")

    def name(self, node: ast.AST, name: str) -> None:
        if "__" in name:
            self.refuse(node, f"access to forbidden name {name!r}")

    def attribute(self, node: ast.Attribute) -> None:
        if "__" in node.attr or node.attr in _FORBIDDEN_ATTRIBUTES:
            self.refuse(node, f"access to forbidden attribute {node.attr!r}")
        if not isinstance(node.ctx, ast.Load):
            self.refuse(node, f"assignment to attribute {node.attr!r} is not allowed (write through a method)")


_GUARDS: dict[type[ast.operator], str] = {
    ast.Pow: "__guarded_power__",
    ast.LShift: "__guarded_shift__",
    ast.Mult: "__guarded_product__",
}


class _Guard(ast.NodeTransformer):
    """Puts guards around the few operations that are dangerous by their values and not by their names."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr not in _GUARDED_ATTRIBUTES:
            return node
        return self.call(node, "__guarded_attribute__", node.value, ast.copy_location(ast.Constant(node.attr), node))

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        guard = _GUARDS.get(type(node.op))
        return self.call(node, guard, node.left, node.right) if guard else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        guard = _GUARDS.get(type(node.op))
        if guard is None or (isinstance(node.op, ast.Mult) and not isinstance(node.target, ast.Name)):
            return node
        if not isinstance(node.target, ast.Name):
            raise ExpressionError("**= and <<= are allowed on plain names only")
        value = ast.copy_location(ast.Name(node.target.id, ast.Load()), node)
        return ast.copy_location(ast.Assign([node.target], self.call(node, guard, value, node.value)), node)

    @staticmethod
    def call(node: ast.AST, name: str, *args: ast.expr) -> ast.Call:
        function = ast.copy_location(ast.Name(name, ast.Load()), node)
        return ast.copy_location(ast.Call(function, list(args), []), node)


def _shorten(source: str) -> str:
    return source if len(source) <= 200 else source[:200] + "..."


@functools.lru_cache(maxsize=8192)
def _compile(source: str, mode: Mode, filename: str) -> types.CodeType:
    """Checked code for `source`; SyntaxError as Python words it, ExpressionError for what is refused."""
    return _compile_allowed(source, mode, filename, ALLOWED_IN_EVAL if mode == "eval" else ALLOWED_IN_EXEC)


def _compile_allowed(source: str, mode: Mode, filename: str, allowed: frozenset[type[ast.AST]]) -> types.CodeType:
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"source of {len(source)} characters; the limit is {MAX_SOURCE}")
    try:
        tree = syntax.parsed(source.strip() if mode == "eval" else source, filename, mode)
        _Checker(allowed, source).check(tree)
        tree = ast.fix_missing_locations(_Guard().visit(tree))
        with syntax.alone():
            code: types.CodeType = compile(tree, filename, mode, dont_inherit=True)
        return code
    except (RecursionError, MemoryError) as error:
        raise ExpressionError(f"nested too deeply: {_shorten(source)!r}") from error


@functools.lru_cache(maxsize=8192)
def checked_source(source: str, filename: str = "<expression>") -> str:
    """The source of an expression that passed the check, guards in place, for engines that compile it into more code.

    What runs it must offer the guards in `BUILTINS`.
    """
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"source of {len(source)} characters; the limit is {MAX_SOURCE}")
    try:
        tree = syntax.parsed(source.strip(), filename, "eval")
        _Checker(ALLOWED_IN_EVAL, source).check(tree)
        return ast.unparse(ast.fix_missing_locations(_Guard().visit(tree)))
    except (RecursionError, MemoryError) as error:
        raise ExpressionError(f"nested too deeply: {_shorten(source)!r}") from error


def check_values(d: dict[str, Any] | None) -> dict[str, Any] | None:
    """`d` itself; TypeError when a value is a module, through which code would reach everything."""
    if d:
        for name, value in d.items():
            if isinstance(value, types.ModuleType):
                raise TypeError(
                    f"Module {name} cannot be used in evaluation contexts\n\n"
                    "Prefer providing only the items necessary for your intended use.\n\n"
                    'If a "module" is necessary for backwards compatibility, use'
                    " `odoo.tools.safe_eval.wrap_module` to generate a wrapper recursively"
                    " whitelisting allowed attributes."
                )
    return d


# What must reach the caller as it is: messages for users, and what the transaction must retry.
_PASSING = (UserError, RedirectWarning, psycopg.OperationalError, werkzeug.exceptions.HTTPException, ZeroDivisionError)


def safe_eval(
    expr: str | bytes,
    globals_dict: dict[str, Any] | None = None,
    locals_dict: dict[str, Any] | None = None,
    mode: Mode = "eval",
    nocopy: bool = False,
    locals_builtins: bool = False,
    filename: str | None = None,
) -> Any:
    """Evaluate (or execute) `expr` with the names of both dicts and a few harmless built-ins; nothing else.

    The dicts are copied unless `nocopy`, with which executed code leaves its variables in them. Errors come out as
    ValueError naming the expression, except user errors and those that ask for a retry.
    """
    if isinstance(expr, types.CodeType):
        raise TypeError("safe_eval does not allow direct evaluation of code objects.")
    source = expr.decode() if isinstance(expr, bytes) else expr
    if not isinstance(source, str):
        raise TypeError(f"safe_eval: expected source text, got {source!r}")
    check_values(globals_dict)
    check_values(locals_dict)
    try:
        code = _compile(source, mode, filename or "<safe_eval>")
    except SyntaxError as error:
        raise ValueError(f"{error!r} while evaluating\n{source!r}") from error
    if globals_dict is None:
        globals_dict = {}
    elif not nocopy:
        globals_dict = dict(globals_dict)
    if locals_dict is not None and not nocopy:
        locals_dict = dict(locals_dict)
    globals_dict["__builtins__"] = BUILTINS
    if locals_builtins:
        locals_dict = locals_dict if locals_dict is not None else {}
        locals_dict.update(BUILTINS)
    try:
        # eval() runs code compiled for "exec" too, and then returns None
        return eval(code, globals_dict, locals_dict)
    except _PASSING:
        raise
    except Exception as error:  # code from outside may raise anything; the caller learns where
        raise ValueError(f"{error!r} while evaluating\n{source!r}") from error


def test_python_expr(expr: str, mode: Mode = "eval") -> str | Literal[False]:
    """False if `expr` may run, else a message that says why not."""
    try:
        _compile(expr, mode, "<safe_eval>")
    except SyntaxError as error:
        return f"{type(error).__name__} : {error.msg} at line {error.lineno or 0}\n{error.text or ''}"
    except ValueError as error:
        return str(error)
    return False


@functools.lru_cache(maxsize=1024)
def _compile_limited(expr: str, constants_only: bool) -> types.CodeType:
    return _compile_allowed(expr, "eval", "<constant>", ALLOWED_IN_CONST if constants_only else ALLOWED_IN_EXPR)


def const_eval(expr: str) -> Any:
    """The value of a literal: numbers, strings, tuples, lists, sets, dicts, None, booleans.

    >>> const_eval("[1, 2, (3, 4), {'foo': 'bar'}]")
    [1, 2, (3, 4), {'foo': 'bar'}]
    """
    return eval(_compile_limited(expr, True), {"__builtins__": BUILTINS})


def expr_eval(expr: str) -> Any:
    """The value of an expression of literals and operators, without names: expr_eval("1 + 2") == 3."""
    return eval(_compile_limited(expr, False), {"__builtins__": BUILTINS})


def to_opcodes(opnames: Iterable[str], _opmap: Mapping[str, int] = dis.opmap) -> Iterable[int]:
    """The numbers of those of the named opcodes that this interpreter has."""
    return (_opmap[name] for name in opnames if name in _opmap)


def assert_no_dunder_name(code_obj: types.CodeType, expr: str) -> None:
    """NameError if the compiled code names something with a double underscore or leading into the interpreter."""
    for name in code_obj.co_names:
        if ("__" in name and name not in BUILTINS) or name in _FORBIDDEN_ATTRIBUTES:
            raise NameError(f"Access to forbidden name {name!r} ({expr!r})")


def assert_valid_codeobj(allowed_codes: Iterable[int], code_obj: types.CodeType, expr: str) -> None:
    """ValueError if the code, or code within it, uses an opcode outside `allowed_codes`."""
    assert_no_dunder_name(code_obj, expr)
    allowed = set(allowed_codes) | _BOOKKEEPING
    found = {instruction.opcode for instruction in dis.get_instructions(code_obj)} - allowed
    if found:
        raise ValueError(f"forbidden opcode(s) in {expr!r}: {', '.join(sorted(dis.opname[code] for code in found))}")
    for constant in code_obj.co_consts:
        if isinstance(constant, types.CodeType):
            assert_valid_codeobj(allowed, constant, "lambda")


# Opcodes that every compiled expression has, whatever it does.
_BOOKKEEPING = frozenset(to_opcodes(["RESUME", "RETURN_VALUE", "RETURN_CONST", "CACHE", "NOP", "POP_TOP", "PUSH_NULL"]))


def test_expr(
    expr: str, allowed_codes: Iterable[int], mode: Mode = "eval", filename: str | None = None
) -> types.CodeType:
    """Code for `expr` that passed the node check and uses only `allowed_codes`."""
    try:
        code = _compile(expr, mode, filename or "<safe_eval>")
    except (SyntaxError, TypeError, ValueError) as error:
        raise ValueError(f"{error!r} while evaluating\n{expr!r}") from error
    assert_valid_codeobj(allowed_codes, code, expr)
    return code


# pytest and unittest collect by name
test_expr.__test__ = False  # type: ignore[attr-defined]
test_python_expr.__test__ = False  # type: ignore[attr-defined]
