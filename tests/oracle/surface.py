"""The recorded names and signatures of the framework (`public_methods.json`) held against ours, read through `odoo`."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

P = inspect.Parameter
RECEIVERS = ("self", "cls", "model_class", "mcs")
POSITIONAL = (P.POSITIONAL_ONLY, P.POSITIONAL_OR_KEYWORD)
# Classes that the recording lists in full under a name of their own.
CLASSES = ("odoo.models.BaseModel", "odoo.api.Environment", "odoo.modules.registry.Registry", "odoo.sql_db.Cursor")
FIELDS = "odoo.fields (constructor parameters and class defaults)"
# A recorded base class that tells an addon nothing.
INCIDENTAL_BASES = ("Generic", "DummyField", "object")


@dataclass(frozen=True)
class Finding:
    """A name that is not offered, or not as recorded."""

    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.name}: {self.what}"


@dataclass(frozen=True)
class Recorded:
    """One parameter of a recorded signature; `default` is its text, None if it has none."""

    name: str
    kind: str
    default: str | None = None


def recorded_parameters(signature: str) -> list[Recorded]:
    """The parameters in "(self, name='', *args, limit=inf, **kw)", the receiver left out."""
    text = re.sub(r"=<[^>]*>|=inf\b", "=...", signature)
    arguments = ast.parse(f"def f{text}: pass").body[0].args  # type: ignore[attr-defined]
    positional = arguments.posonlyargs + arguments.args
    defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
    found = [Recorded(p.arg, "positional", d and ast.unparse(d)) for p, d in zip(positional, defaults, strict=True)]
    if found and found[0].name in RECEIVERS:
        del found[0]
    if arguments.vararg:
        found.append(Recorded(arguments.vararg.arg, "*"))
    found += [
        Recorded(p.arg, "keyword", d and ast.unparse(d))
        for p, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg:
        found.append(Recorded(arguments.kwarg.arg, "**"))
    return found


def signature_differences(signature: str, function: Any) -> Iterator[str]:
    """Why a call that fits the recorded signature would not fit `function`."""
    try:
        mine = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError, RuntimeError):
        return  # an object that is called is not described by its class
    if mine and mine[0].name in RECEIVERS:
        del mine[0]
    kinds = {parameter.kind for parameter in mine}
    positional = [parameter for parameter in mine if parameter.kind in POSITIONAL]
    by_name = {parameter.name: parameter for parameter in mine}
    wanted = recorded_parameters(signature)
    place = 0
    for parameter in wanted:
        if parameter.kind == "positional":
            if place < len(positional):
                yield from _position_differences(parameter, positional[place])
            elif P.VAR_POSITIONAL not in kinds:
                yield f"has no parameter {parameter.name!r}"
            place += 1
        elif parameter.kind == "*" and P.VAR_POSITIONAL not in kinds:
            yield f"takes no *{parameter.name}"
        elif parameter.kind == "keyword" and parameter.name not in by_name and P.VAR_KEYWORD not in kinds:
            yield f"takes no {parameter.name}="
        elif parameter.kind == "**" and P.VAR_KEYWORD not in kinds:
            yield f"takes no **{parameter.name}"
    known = {parameter.name for parameter in wanted} | {parameter.name for parameter in positional[:place]}
    for parameter in mine:
        if parameter.default is P.empty and parameter.kind in (*POSITIONAL, P.KEYWORD_ONLY):
            if parameter.name not in known:
                yield f"asks for {parameter.name!r} too"


def _position_differences(wanted: Recorded, mine: inspect.Parameter) -> Iterator[str]:
    if mine.name != wanted.name:
        yield f"calls {wanted.name!r} {mine.name!r}"
    if wanted.default is None:
        return
    if mine.default is P.empty:
        yield f"has no default for {wanted.name!r}"
        return
    if wanted.default == "...":
        return  # an object that the recording does not spell out
    value = ast.literal_eval(wanted.default)
    if value != mine.default and (value or mine.default):
        yield f"has the default {mine.default!r} for {wanted.name!r}, recorded {value!r}"


def members(name: str, cls: Any, spec: Mapping[str, Any]) -> Iterator[Finding]:
    """What lacks in a class, or differs: methods, properties, attributes with their plain values."""
    for method in spec.get("methods", ()):
        if isinstance(method, str):
            method_name, _, rest = method.partition("(")
            signature = f"({rest}"
        else:
            method_name, signature = method[0], method[1]
        found = getattr(cls, method_name, None)
        if found is None:
            yield Finding(f"{name}.{method_name}", "is not offered")
        elif callable(found) and method_name != "__init__":
            yield from (Finding(f"{name}.{method_name}", text) for text in signature_differences(signature, found))
    for attribute in spec.get("properties", ()):
        if not hasattr(cls, attribute) and not _is_declared(cls, attribute):
            yield Finding(f"{name}.{attribute}", "is not offered")
    for attribute, value in (spec.get("attributes") or {}).items():
        if not hasattr(cls, attribute):
            yield Finding(f"{name}.{attribute}", "is not offered")
        elif not isinstance(value, dict) and not _is_same(getattr(cls, attribute), value):
            yield Finding(f"{name}.{attribute}", f"is {getattr(cls, attribute)!r}, recorded {value!r}")


def _is_declared(cls: Any, attribute: str) -> bool:
    """Whether each instance has the attribute, though the class has not."""
    return any(attribute in base.__dict__.get("__annotations__", ()) for base in getattr(cls, "__mro__", ()))


def _is_same(mine: Any, recorded: Any) -> bool:
    if isinstance(mine, tuple):
        mine = list(mine)
    return bool(mine == recorded or (not mine and not recorded))


def field_findings(specs: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """What lacks in the classes of fields."""
    fields = importlib.import_module("odoo.fields")
    for name, spec in specs.items():
        cls = getattr(fields, name, None)
        if cls is None:
            yield Finding(f"odoo.fields.{name}", "is not offered")
            continue
        yield from members(f"odoo.fields.{name}", cls, spec)
        yield from (Finding(f"odoo.fields.{name}", text) for text in signature_differences(spec["init"], cls.__init__))
        yield from members(f"odoo.fields.{name}", cls(), {"attributes": spec["parameters"]})


def module_findings(module: str, names: Mapping[str, Any]) -> Iterator[Finding]:
    """What lacks in a module: classes with their public members, functions, constants."""
    for name, spec in names.items():
        kind = spec.get("kind", "class")
        if kind in ("module", "object"):
            continue  # what the module imported for itself
        dotted = f"{module}.{name}"
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            yield Finding(dotted, "is not offered")
            continue
        if kind == "class" and dotted not in CLASSES and any(found is cls for cls in listed_classes()):
            continue
        if kind == "class":
            yield from members(dotted, found, spec)
            mine = {base.__name__ for base in getattr(found, "__mro__", ())}
            for base in spec.get("bases", ()):
                if base not in mine and base not in INCIDENTAL_BASES:
                    yield Finding(dotted, f"is no {base}")
        elif kind == "function":
            yield from (Finding(dotted, text) for text in signature_differences(spec["sig"], found))
        elif "value" in spec and not isinstance(spec["value"], dict) and found != spec["value"]:
            yield Finding(dotted, f"is {found!r}, recorded {spec['value']!r}")


def listed_classes() -> Iterator[Any]:
    """The classes that have a list of their own, wherever else they are named."""
    for dotted in CLASSES:
        module, _, name = dotted.rpartition(".")
        yield getattr(importlib.import_module(module), name, None)


def framework_findings(framework: Mapping[str, Any], model_class: Any) -> list[Finding]:
    """Everything in the recording that ours lacks; `model_class`: the model `base` of a registry, which has what
    addons add to all models."""
    found: list[Finding] = []
    for module, names in framework.items():
        if module.startswith("odoo.tests") or module == "odoo.sql_db.TestCursor":
            continue  # the test runner's own
        if module in CLASSES or (module.startswith("odoo.http.") and module.rpartition(".")[2][0].isupper()):
            owner, _, name = module.rpartition(".")
            cls = getattr(importlib.import_module(owner), name, None)
            if cls is None:
                found.append(Finding(module, "is not offered"))
            elif name == "BaseModel":
                found += members(module, cls, {"attributes": names["attributes"]})
                found += members(module, model_class, {**names, "attributes": {}})
            else:
                found += members(module, cls, names)
        elif module == FIELDS:
            found += field_findings(names)
        elif module == "tools":
            for tools, their_names in names.items():
                found += module_findings(tools, their_names)
        elif module.startswith("odoo.fields."):
            continue  # the static helpers are listed with the fields, the commands in odoo
        else:
            found += module_findings(module, names)
    return list(dict.fromkeys(found))


def model_findings(models: Mapping[str, Iterable[Any]], registry: Any) -> Iterator[Finding]:
    """The RPC-callable methods that the models of a registry lack."""
    for model, methods in models.items():
        if model not in registry:
            yield Finding(model, "is not offered")
            continue
        yield from members(model, registry[model], {"methods": methods})
