"""Which marks may a method carry, and what do they announce?

A mark is an attribute on the function; model set-up reads it (`registry/build`, `orm/inheritance`). Nothing here wraps
a method.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def mark(name: str, value: object) -> Callable[[F], F]:
    """Decorator that sets attribute `name` to `value`."""

    def decorate(method: F) -> F:
        setattr(method, name, value)
        return method

    return decorate


def depends(*args: Any) -> Callable[[F], F]:
    """The fields (dotted paths), or one function giving them, that a compute method reads."""
    if args and callable(args[0]):
        return mark("_depends", args[0])
    if any("id" in str(arg).split(".") for arg in args):
        raise NotImplementedError(
            f"compute method cannot depend on field 'id': {args!r}; it never changes, leave it out"
        )
    return mark("_depends", args)


def depends_context(*keys: str) -> Callable[[F], F]:
    """The context keys on which a non-stored computed value depends."""
    return mark("_depends_context", keys)


def constrains(*names: Any) -> Callable[[F], F]:
    """The fields (simple names) whose change calls this check."""
    if names and callable(names[0]):
        return mark("_constrains", names[0])
    return mark("_constrains", names)


def onchange(*names: str) -> Callable[[F], F]:
    """The form fields whose change calls this method on the record being edited."""
    return mark("_onchange", names)


def ondelete(*, at_uninstall: bool) -> Callable[[F], F]:
    """A check before records are deleted; `at_uninstall`: also while their module is uninstalled."""
    return mark("_ondelete", at_uninstall)


def returns(
    model: str | None, downgrade: Callable[..., Any] | None = None, upgrade: Callable[..., Any] | None = None
) -> Callable[[F], F]:
    """The model of the returned recordset, and how a remote caller gets it (ids by default)."""
    return mark("_returns", (model, downgrade, upgrade))


def model(method: F) -> F:
    """A method for which only the model matters, not the records: remote callers pass no ids."""
    if method.__name__ == "create":
        return model_create_single(method)
    vars(method)["_api"] = "model"
    return method


def model_create_multi(method: F) -> F:
    """`create` that takes a list of dicts (or one dict)."""

    def create(self: Any, vals_list: Any) -> Any:
        return method(self, [vals_list] if isinstance(vals_list, dict) else vals_list)

    _as_wrapper(create, method)
    vars(create)["_api"] = "model_create"
    return create  # type: ignore[return-value]


def model_create_single(method: F) -> F:
    """`create` written for one dict; called once per dict."""

    def create(self: Any, vals_list: Any) -> Any:
        if isinstance(vals_list, dict):
            return method(self, vals_list)
        return self.browse().concat(*(method(self, vals) for vals in vals_list))

    _as_wrapper(create, method)
    vars(create)["_api"] = "model_create"
    return create  # type: ignore[return-value]


def _as_wrapper(wrapper: Any, method: Callable[..., Any]) -> None:
    wrapper.__name__, wrapper.__qualname__, wrapper.__doc__ = method.__name__, method.__qualname__, method.__doc__
    wrapper.__module__, wrapper.__wrapped__ = method.__module__, method
    wrapper.__dict__.update({key: value for key, value in method.__dict__.items() if key != "__wrapped__"})
    wrapper.__signature__ = signature(method)


def autovacuum(method: F) -> F:
    """A clean-up called daily by the automatic vacuum; its name starts with an underscore."""
    if not method.__name__.startswith("_"):
        raise ValueError(f"{method.__name__}: autovacuum methods must be private; let the name start with '_'")
    vars(method)["_autovacuum"] = True
    return method


def readonly(method: F) -> F:
    """A method that may be called remotely on a read-only cursor."""
    vars(method)["_readonly"] = True
    return method


def private(method: F) -> F:
    """A method that remote callers may not call, whatever its name."""
    vars(method)["_api_private"] = True
    return method


def noguess(method: F) -> F:
    """Leave `method` as it is (kept for addons that say so)."""
    return method


def propagate(method1: Callable[..., Any] | None, method2: F) -> F:
    """Give `method2` the marks of the method that it overrides, where it has none of its own."""
    if method1 is not None:
        for attribute in ("_returns",):
            if hasattr(method1, attribute) and not hasattr(method2, attribute):
                setattr(method2, attribute, getattr(method1, attribute))
    return method2


def inherited_mark(cls: type, name: str, attribute: str, default: object = None) -> Any:
    """The value of mark `attribute` on method `name`, looked for along the mro (an override need not repeat it)."""
    for base in cls.__mro__:
        method = base.__dict__.get(name)
        if method is not None and hasattr(method, attribute):
            return getattr(method, attribute)
    return default


def names_of(value: Any, model_: Any) -> Sequence[str]:
    """The names in a mark that may be a function of the model."""
    names: Sequence[str] = value(model_) if callable(value) else value
    return names
