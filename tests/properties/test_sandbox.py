"""No walk over attributes, and no generated expression, leads from what code is given into the process."""

from __future__ import annotations

import builtins
import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.modules.registries import Registries
from fondaco.security.safe_eval import MODULES, safe_eval
from fondaco.sql.connection import Pools

STEPS = 3  # attributes in a row
INTERNALS = (types.ModuleType, types.FrameType, types.CodeType, types.TracebackType, Pools, Registries)
POWERS = tuple(getattr(builtins, name) for name in ("eval", "exec", "compile", "open", "getattr", "setattr", "type"))
LEAVES = (str, bytes, int, float, type(None), types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def attribute_names(owner: Any) -> list[str]:
    """The names that code may write behind a dot and that the object has."""
    return [name for name in dir(owner) if "__" not in name]


def reached(start: dict[str, Any]) -> list[str]:
    """The walks that end in the interpreter, in the server or in another database; each object is visited once."""
    found, seen = [], set()
    level = list(start.items())
    for _ in range(STEPS):
        following = []
        for path, owner in level:
            for name in attribute_names(owner):
                try:
                    value = safe_eval(f"owner.{name}", {"owner": owner})
                except (ValueError, TypeError, ZeroDivisionError):
                    continue
                if isinstance(value, INTERNALS) or any(value is power for power in POWERS):
                    found.append(f"{path}.{name}")
                if isinstance(value, LEAVES) or id(value) in seen:
                    continue
                seen.add(id(value))
                following.append((f"{path}.{name}", value))
        level = following
    return found


def test_no_walk_over_attributes_leaves_the_database(env: Any) -> None:
    given_to_code = {"env": env, "cr": env.cr, "registry": env.registry, "user": env.user, **MODULES}

    assert reached(given_to_code) == []


@pytest.mark.parametrize("source", ["env.cr.pools", "env.registry.config", "env.registry.registries", "env.cr._cnx",
                                    "'{0.cr.pools}'.format(env)", "'{e.registry.config}'.format(e=env)",
                                    "env['ir.attachment']._store()", "env['ir.check.result']._site()",
                                    "'{0._site}'.format(env['ir.check.result'])",
                                    "env['ir.binary']._get_placeholder_stream().from_path('/etc/passwd')"])  # fmt: skip
def test_doors_to_other_databases_are_closed(env: Any, source: str) -> None:
    with pytest.raises(ValueError, match="leads out of the database"):
        safe_eval(source, {"env": env})


NAMES = ["a", "record", "str", "dict", "map", "sorted", "reduce", "f", "__builtins__", "__import__", "datetime", "json",
         "Exception", "type", "object", "self"]  # fmt: skip
ATTRIBUTES = ["name", "__class__", "__globals__", "format", "format_map", "mro", "gi_frame", "cr", "env", "pools",
              "registry", "config", "tb_frame", "__subclasses__", "append", "ｇi_frame", "upper"]  # fmt: skip
LITERALS = ["0", "7", "'{0.__class__}'", "'x'", "[]", "()", "{}", "1.5", "'%s'", "10**9", "None", "b'a'"]


def expressions() -> Any:
    """Sources that are often valid Python and always ill-meant."""
    leaf = st.sampled_from(NAMES + LITERALS)
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds("({}).{}".format, inner, st.sampled_from(ATTRIBUTES)),
            st.builds("({})({})".format, inner, inner),
            st.builds("({})[{}]".format, inner, inner),
            st.builds(
                "({}) {} ({})".format, inner, st.sampled_from(["+", "*", "**", "%", "<<", "or", "in", "=="]), inner
            ),
            st.builds("[{} for a in ({},)]".format, inner, inner),
            st.builds("(lambda a={}: {})".format, inner, inner),
            st.builds("(a := {})".format, inner),
            st.builds("f'{{{}}}'".format, inner.filter(lambda text: "'" not in text)),
            st.builds("{{**{}}}".format, inner),
        ),
        max_leaves=8,
    )


class Record:
    name = "Ann"

    def method(self) -> int:
        return 3


def test_generated_expressions_are_answered_or_refused() -> None:
    @given(expressions())
    def answered(source: str) -> None:
        try:
            result = safe_eval(source, {"record": Record(), "a": 1, "f": lambda value: value, **MODULES})
        except (ValueError, TypeError, ZeroDivisionError):
            return
        assert not isinstance(result, INTERNALS)
        assert result not in POWERS
        assert "__" not in str(result) or "__" in source

    answered()
