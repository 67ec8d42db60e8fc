"""Properties computed once, values computed late, and small wrappers of functions.

Interfaces follow `odoo.tools.func` and `odoo.tools.misc`.
"""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Iterable, Mapping
from contextlib import ContextDecorator
from enum import Enum
from types import FrameType, TracebackType
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Sentinel(Enum):
    """Marks an argument that was not given where None means something."""

    SENTINEL = -1


SENTINEL = Sentinel.SENTINEL


class lazy_property(Generic[T]):
    """A method that runs once per instance; its result then stands in the instance under the same name."""

    def __init__(self, fget: Callable[[Any], T]) -> None:
        if fget.__name__.startswith("__"):
            raise TypeError(f"lazy_property {fget.__name__!r}: Python changes such names, the result would be lost")
        self.fget = fget
        self.name = fget.__name__
        functools.update_wrapper(self, fget)  # type: ignore[arg-type]

    @overload
    def __get__(self, obj: None, cls: type, /) -> lazy_property[T]: ...
    @overload
    def __get__(self, obj: object, cls: type, /) -> T: ...
    def __get__(self, obj: Any, cls: type, /) -> Any:
        if obj is None:
            return self
        value = self.fget(obj)
        setattr(obj, self.name, value)
        return value

    @staticmethod
    def reset_all(obj: object) -> None:
        """Forget every result that `obj` holds."""
        kind = type(obj)
        held = vars(obj)
        for name in list(held):
            if isinstance(getattr(kind, name, None), lazy_property):
                del held[name]


class classproperty(Generic[T]):
    """A property of the class itself."""

    def __init__(self, fget: Callable[[Any], T]) -> None:
        self.fget = classmethod(fget)

    def __get__(self, obj: object, cls: type | None = None, /) -> T:
        value: T = self.fget.__get__(None, cls or type(obj))()
        return value


class lazy_classproperty(classproperty[T]):
    """A property of the class that is computed once per class."""

    def __init__(self, fget: Callable[[Any], T]) -> None:
        super().__init__(fget)
        self.name = fget.__name__

    def __get__(self, obj: object, cls: type | None = None, /) -> T:
        owner = cls or type(obj)
        value = super().__get__(obj, owner)
        setattr(owner, self.name, value)
        return value


class lazy:
    """Stands for the result of a call that is made when the result is first used."""

    __slots__ = ("_args", "_cached", "_func", "_kwargs")

    def __init__(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        for name, value in (("_func", func), ("_args", args), ("_kwargs", kwargs)):
            object.__setattr__(self, name, value)

    @property
    def _value(self) -> Any:
        if self._func is not None:
            object.__setattr__(self, "_cached", self._func(*self._args, **self._kwargs))
            for name in ("_func", "_args", "_kwargs"):
                object.__setattr__(self, name, None)
        return self._cached

    def __getattr__(self, name: str) -> Any:
        return getattr(self._value, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._value, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._value, name)

    def __repr__(self) -> str:
        return repr(self._value) if self._func is None else object.__repr__(self)

    def __str__(self) -> str:
        return str(self._value)

    def __bytes__(self) -> bytes:
        return bytes(self._value)

    def __format__(self, format_spec: str) -> str:
        return format(self._value, format_spec)

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._value(*args, **kwargs)

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Any:
        return iter(self._value)

    def __next__(self) -> Any:
        return next(self._value)

    def __reversed__(self) -> Any:
        return reversed(self._value)

    def __contains__(self, item: object) -> bool:
        return item in self._value

    def __getitem__(self, key: Any) -> Any:
        return self._value[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._value[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._value[key]

    def __int__(self) -> int:
        return int(self._value)

    def __float__(self) -> float:
        return float(self._value)

    def __index__(self) -> int:
        return operator.index(self._value)

    def __enter__(self) -> Any:
        return self._value.__enter__()

    def __exit__(self, *exc: Any) -> Any:
        return self._value.__exit__(*exc)


def _unlazy(value: Any) -> Any:
    return value._value if isinstance(value, lazy) else value


def _forwarded(function: Callable[[Any, Any], Any], *, reflected: bool = False) -> Callable[[Any, Any], Any]:
    def forward(self: lazy, other: Any) -> Any:
        own, its = self._value, _unlazy(other)
        return function(its, own) if reflected else function(own, its)

    return forward


def _forwarded_alone(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda self: function(self._value)


for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(lazy, f"__{_name}__", _forwarded(getattr(operator, _name)))
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "and_", "or_", "xor", "pow", "matmul"):
    _plain = _name.rstrip("_")
    setattr(lazy, f"__{_plain}__", _forwarded(getattr(operator, _name)))
    setattr(lazy, f"__r{_plain}__", _forwarded(getattr(operator, _name), reflected=True))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(lazy, f"__{_name}__", _forwarded_alone(getattr(operator, _name)))


def conditional(condition: object, decorator: Callable[[F], F]) -> Callable[[F], F]:
    """`decorator` if `condition` holds, else no change."""
    return decorator if condition else lambda function: function


def synchronized(lock_attr: str = "_lock") -> Callable[[F], F]:
    """Runs a method while holding the lock that the instance keeps under `lock_attr`."""

    def decorate(method: F) -> F:
        @functools.wraps(method)
        def locked(self: Any, *args: Any, **kwargs: Any) -> Any:
            with getattr(self, lock_attr):
                return method(self, *args, **kwargs)

        return locked  # type: ignore[return-value]

    return decorate


def filter_kwargs(func: Callable[..., Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `kwargs` that `func` takes by name."""
    parameters = inspect.signature(func).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return dict(kwargs)
    names = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    return {name: value for name, value in kwargs.items() if name in names}


def frame_codeinfo(fframe: FrameType | None, back: int = 0) -> tuple[str, int | str]:
    """(file, line) of the frame `back` steps above `fframe`."""
    for _step in range(back):
        fframe = fframe.f_back if fframe is not None else None
    if fframe is None:
        return "<unknown>", ""
    return inspect.getsourcefile(fframe) or fframe.f_code.co_filename, fframe.f_lineno or ""


class replace_exceptions(ContextDecorator):
    """Turns the given exceptions into another: `with replace_exceptions(KeyError, by=NotFound()): ...`."""

    def __init__(self, *exceptions: type[BaseException], by: BaseException | type[BaseException]) -> None:
        if not exceptions:
            raise ValueError("replace_exceptions: name at least one exception to replace")
        self.exceptions = exceptions
        self.by = by

    def __enter__(self) -> replace_exceptions:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None or not issubclass(kind, self.exceptions):
            return
        if isinstance(self.by, type) and error is not None and error.args:
            # The message moves over, when the class takes one.
            raise self.by(error.args[0]) from error
        raise self.by from error


def discardattr(obj: object, key: str) -> None:
    """Delete the attribute if it is there."""
    try:
        delattr(obj, key)
    except AttributeError:
        pass


def attrsetter(attr: str, value: object) -> Callable[[T], T]:
    """A decorator that sets an attribute on what it decorates."""

    def decorate(target: T) -> T:
        setattr(target, attr, value)
        return target

    return decorate


def clean_context(context: Mapping[str, Any]) -> dict[str, Any]:
    """`context` without the keys that preset fields of new records (`default_*`)."""
    return {key: value for key, value in context.items() if not key.startswith("default_")}


def itemgetter_tuple(items: Iterable[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """`operator.itemgetter` that answers a tuple for none and for one item too."""
    keys = tuple(items)
    if not keys:
        return lambda _source: ()
    if len(keys) == 1:
        return lambda source: (source[keys[0]],)
    return operator.itemgetter(*keys)
