"""Which answers of a model's methods are remembered, and until when?

`@ormcache("arg", "self.env.uid")` remembers by model, method and the values of the expressions. Answers lie in the
registry by group (`answers.py`); `registry.clear_cache(group)` forgets them here and, after commit, in the other
processes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any

_MISSING = object()
PREFIXES: dict[int, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}

GROUPS = (
    "default",
    "assets",
    "templates",
    "routing",
    "routing.rewrites",
    "templates.cached_values",
    "groups",
    "users",
    "stable",
)
MOST_OWN = 8192
"""So many answers a transaction keeps to itself once it has changed what they say."""
# a group that holds what is made from another is cleared with it
CONTAINED = {
    "registry": GROUPS,
    "default": ("default", "templates.cached_values"),
    "assets": ("assets", "templates.cached_values"),
    "templates": ("templates", "templates.cached_values"),
    "routing": ("routing", "routing.rewrites", "templates.cached_values"),
    "groups": ("groups", "templates", "templates.cached_values"),
    "stable": ("stable",),
    "users": ("users",),
}


class ormcache:
    """Decorator; `args`: expressions over the method's parameters that make the key; `cache`: the group; `shared`: the
    answer takes long to find and is a plain value, which processes may share (ours)."""

    def __init__(
        self,
        *args: str | Callable[..., Any],
        cache: str = "default",
        skiparg: int | None = None,
        shared: bool = False,
    ) -> None:
        self.args = args
        self.shared = shared
        self.cache = cache
        self.skiparg = skiparg
        self.method: Callable[..., Any]
        self.key: Callable[..., tuple[Any, ...]]

    def __call__(self, method: Callable[..., Any]) -> Callable[..., Any]:
        self.method = method
        self.key = self._key_function(method)
        cache_name, key_of, me = self.cache, self.key, self

        @wraps(method)
        def lookup(model: Any, /, *args: Any, **kwargs: Any) -> Any:
            pool = model.pool
            own = pool._changes.own  # as `Memory.answers`, which some requests would call forty times
            cache = own[cache_name] if own and cache_name in own else pool.caches[cache_name]
            key = (model._name, method, *key_of(model, *args, **kwargs))
            try:
                value = cache.get(key, _MISSING)
            except TypeError:  # an unhashable argument
                return method(model, *args, **kwargs)
            if value is _MISSING:
                if me.shared and pool.sharing is not None:
                    value = pool.sharing.found(model, cache_name, key, lambda: method(model, *args, **kwargs))
                else:
                    value = method(model, *args, **kwargs)
                pool.remember(cache_name, key, value)
            return value

        vars(lookup)["__cache__"] = me
        return lookup

    def _key_function(self, method: Callable[..., Any]) -> Callable[..., tuple[Any, ...]]:
        if self.skiparg is not None:
            skip = self.skiparg
            return lambda model, *args, **kwargs: (*args[max(skip - 1, 0) :], *sorted(kwargs.items()))
        if self.args and callable(self.args[0]):
            first = self.args[0]
            return lambda *args, **kwargs: (first(*args, **kwargs),)
        parts: list[str] = []
        namespace: dict[str, Any] = {}
        for name, parameter in signature(method).parameters.items():
            prefix = PREFIXES.get(parameter.kind, "")
            if parameter.default is not Parameter.empty:
                namespace[f"_default_{name}"] = parameter.default
                parts.append(f"{name}=_default_{name}")
            else:
                parts.append(prefix + name)
        body = "".join(f"{expression}, " for expression in self.args)
        # the text was written by the addon's author
        key: Callable[..., tuple[Any, ...]] = eval(f"lambda {', '.join(parts)}: ({body})", namespace)
        return key

    def clear(self, model: Any, *args: Any) -> None:
        """Forget the group."""
        model.pool.clear_cache(self.cache)


class ormcache_context(ormcache):
    """As `ormcache`, the values of the context's `keys` being part of the key."""

    def __init__(self, *args: str, keys: tuple[str, ...], skiparg: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, skiparg=skiparg, **kwargs)
        self.keys = keys

    def _key_function(self, method: Callable[..., Any]) -> Callable[..., tuple[Any, ...]]:
        inner = super()._key_function(method)
        keys = self.keys
        return lambda model, *args, **kwargs: (
            *inner(model, *args, **kwargs),
            *(model.env.context.get(key) for key in keys),
        )
