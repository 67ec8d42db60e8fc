"""Which method of which controller answers a URL?

Addons declare `Controller` classes and mark methods with `@route`. A controller may be extended by a class of a later
module that inherits from it; an override counts only where it is decorated again, and what it does not say is taken
from the method it overrides. `RoutingMap` is the answer for one set of installed modules: exact paths in a
dictionary, the rest in a werkzeug map.
"""

from __future__ import annotations

import functools
import inspect
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import BaseConverter, IntegerConverter, Map, RequestRedirect, Rule

from fondaco.http.response import Response
from fondaco.values import syntax

_logger = logging.getLogger("odoo.http")

ROUTE_TYPES = ("http", "json")
# Routing keys that an override may not change: clients of the base method rely on the type of body.
_FIXED_KEYS = ("type",)
_DEFAULTS: Mapping[str, Any] = {"type": "http", "auth": "user", "methods": None, "readonly": False}


class Controller:
    """Base class of what addons let the web call. One instance per routing map; keep no state in it."""

    children_classes: defaultdict[str, list[type[Controller]]] = defaultdict(list)

    @classmethod
    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        path = cls.__module__.split(".")
        module = path[2] if path[:2] in (["odoo", "addons"], ["fondaco", "addons"]) and len(path) > 2 else ""
        if Controller in cls.__bases__ or module:
            Controller.children_classes[module].append(cls)


def route(
    route: str | Sequence[str] | None = None, **routing: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a controller method as the endpoint of one or several URLs.

    Keys: `type` ('http' or 'json'), `auth` ('user', 'public', 'none', 'bearer' or any `_auth_method_*` of ir.http),
    `methods`, `cors`, `csrf`, `readonly` (or a callable that gets the controller), `save_session`,
    `max_content_length` (bytes; ours), `handle_params_access_error`; others are kept for addons. Without a path it
    extends the method it overrides.
    """

    def mark(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        where = f"{endpoint.__module__}.{endpoint.__qualname__}"
        paths = [route] if isinstance(route, str) else list(route) if route else None
        if paths is not None:
            routing["routes"] = paths
        if routing.get("type", "http") not in ROUTE_TYPES:
            raise ValueError(
                f"{where}: unknown route type {routing['type']!r}; expected one of {', '.join(ROUTE_TYPES)}"
            )
        if "method" in routing:
            _logger.warning("%s: @route takes 'methods' (a list), not 'method'; read as such", where)
            routing["methods"] = routing.pop("method")
        accepts, accepts_all = _keyword_names(endpoint)

        @functools.wraps(endpoint)
        def call(self: Any, *args: Any, **params: Any) -> Any:
            if not accepts_all and not accepts.issuperset(params):
                ignored = [name for name in params if name not in accepts]
                _logger.warning("%s called ignoring args %s", where, ignored)
                params = {name: value for name, value in params.items() if name in accepts}
            result = endpoint(self, *args, **params)
            kind = routing.get("type") or ("http" if "routes" in routing else _inherited_type(type(self), endpoint))
            return Response.load(result, where) if kind == "http" else result

        call.original_routing = routing  # type: ignore[attr-defined]
        call.original_endpoint = endpoint  # type: ignore[attr-defined]
        return call

    return mark


def _inherited_type(controller: type, endpoint: Callable[..., Any]) -> str:
    """The type of the route that `endpoint` overrides without naming it: that of the first definition."""
    for base in reversed(controller.__mro__):
        routing = getattr(base.__dict__.get(endpoint.__name__), "original_routing", None)
        if routing is not None:
            return str(routing.get("type", "http"))
    return "json"


def _keyword_names(function: Callable[..., Any]) -> tuple[frozenset[str], bool]:
    parameters = inspect.signature(function).parameters.values()
    names = frozenset(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
    return names, any(p.kind is p.VAR_KEYWORD for p in parameters)


class Endpoint:
    """A controller method ready to be called, with its merged routing. Equal to itself only, hashable."""

    __slots__ = ("arguments", "func", "original_endpoint", "original_routing", "routing")

    def __init__(self, method: Any, routing: dict[str, Any]) -> None:
        self.func = method
        self.routing = routing
        self.original_routing = method.original_routing
        self.original_endpoint = method.original_endpoint

    def __repr__(self) -> str:
        return f"<Endpoint {self.func.__qualname__} {self.routing['routes']}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self.func(*args, **kwargs)
        return Response.load(result, self) if self.routing["type"] == "http" else result

    @property
    def __func__(self) -> Any:
        return self.func.__func__

    @property
    def is_readonly(self) -> bool:
        """Whether the endpoint only reads; a route may decide by looking at the request.

        `NotFound` if what the request names (a model) is not there.
        """
        readonly = self.routing["readonly"]
        if not callable(readonly):
            return bool(readonly)
        try:
            return bool(readonly(self.func.__self__))
        except KeyError as error:
            raise NotFound from error


# -- from controllers to endpoints -----------------------------------------------------------------------------------
def _controller_types(modules: Sequence[str]) -> Iterator[type[Controller]]:
    """For each controller family of the modules: its leaf class, or a class made of its leaves, the latest module
    first."""
    known: list[type[Controller]] = [kind for name in modules for kind in Controller.children_classes.get(name, ())]
    present = set(known)
    for root in known:
        if Controller not in root.__bases__:
            continue
        leaves = [kind for kind in known if issubclass(kind, root) and not _has_child(kind, present)]
        if len(leaves) <= 1:
            yield leaves[0] if leaves else root
        else:
            label = f"{root.__name__} (extended by {', '.join(kind.__module__.split('.')[2] for kind in leaves)})"
            yield type(label, tuple(reversed(leaves)), {"__module__": root.__module__})


def _has_child(kind: type[Controller], present: Collection[type[Controller]]) -> bool:
    return any(child in present or _has_child(child, present) for child in kind.__subclasses__())


def _merged_routing(kind: type[Controller], name: str, modules: Collection[str]) -> dict[str, Any] | None:
    """The routing of a method: what each decorated definition along the inheritance says, the latest word last."""
    merged: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        definition = base.__dict__.get(name)
        if definition is None or not _is_of_modules(base, modules):
            continue
        own = getattr(definition, "original_routing", None)
        if own is None:
            if merged:
                _logger.warning(
                    "%s.%s.%s overrides a route without @route(); the URL follows the route it overrides",
                    base.__module__,
                    base.__qualname__,
                    name,
                )
            continue
        if merged:
            for key in _FIXED_KEYS:
                if key in own and key in merged and own[key] != merged[key]:
                    _logger.warning(
                        "%s.%s.%s: @route may not change %s; %r is kept",
                        base.__module__,
                        base.__qualname__,
                        name,
                        key,
                        merged[key],
                    )
            own = {key: value for key, value in own.items() if key not in _FIXED_KEYS or key not in merged}
        merged.update(own)
    if not merged.get("routes"):
        return None
    routing = {**_DEFAULTS, **merged}
    routing.setdefault("csrf", routing["type"] == "http")
    routing.setdefault("save_session", routing["auth"] != "bearer")
    routing.setdefault("cors", None)
    return routing


def _is_of_modules(kind: type, modules: Collection[str]) -> bool:
    path = kind.__module__.split(".")
    return path[:2] not in (["odoo", "addons"], ["fondaco", "addons"]) or path[2] in modules


def endpoints(modules: Sequence[str], *, without_database: bool = False) -> Iterator[tuple[str, Endpoint]]:
    """(URL, endpoint) of every route of the modules, given in dependency order.

    without_database: only routes that need none (`auth='none'`).
    """
    ordered = ["", *modules] if "" not in modules else list(modules)
    names = set(ordered)
    for kind in _controller_types(ordered):
        controller = kind()
        for name, method in inspect.getmembers(controller, inspect.ismethod):
            if not hasattr(method, "original_routing"):
                continue
            routing = _merged_routing(kind, name, names)
            if routing is None or (without_database and routing["auth"] != "none"):
                continue
            endpoint = Endpoint(method, routing)
            for url in routing["routes"]:
                yield url, endpoint


# -- from URL to endpoint --------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class RecordsInPath:
    """Records named in a URL before an environment exists; `stages.pre_dispatch` turns them into a recordset."""

    model: str
    ids: tuple[int, ...]


class ModelConverter(BaseConverter):
    """`<model("res.partner"):partner>`: one record, written as `12`; module http_routing also reads `some-text-12`."""

    regex = r"[0-9]+"
    part_isolating = False

    def __init__(self, url_map: Map, model: str = "", *_domain: str, **_options: Any) -> None:
        super().__init__(url_map)
        self.model = model

    def to_python(self, value: str) -> Any:
        return RecordsInPath(self.model, (int(value),))

    def to_url(self, value: Any) -> str:
        return str(value.id if hasattr(value, "_ids") else value)


class ModelsConverter(BaseConverter):
    """`<models("res.partner"):partners>`: several records, ids joined by commas."""

    regex = r"[0-9,]+"
    part_isolating = False

    def __init__(self, url_map: Map, model: str = "") -> None:
        super().__init__(url_map)
        self.model = model

    def to_python(self, value: str) -> Any:
        return RecordsInPath(self.model, tuple(int(part) for part in value.split(",") if part))

    def to_url(self, value: Any) -> str:
        return ",".join(str(id_) for id_ in value.ids)


class SignedIntConverter(IntegerConverter):
    """`<int:id>`, negative numbers included."""

    regex = r"-?\d+"
    num_convert = int


CONVERTERS: Mapping[str, type[BaseConverter]] = {
    "model": ModelConverter,
    "models": ModelsConverter,
    "int": SignedIntConverter,
}
ROUTE_BYTES = 4400  # of a rule with its patterns, its endpoint and its place in the map
_PLACEHOLDER = re.compile(r"[<>]")


class _Rule(Rule):
    """A rule that learns to make addresses when one is first wanted: werkzeug has Python compile two functions for it,
    for which few rules are ever asked."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        make = super()._compile_builder
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if not made:
                with syntax.alone():
                    made.append(make(append_unknown))
            return made[0](rule, **values)

        return build


def _left_out(url: str, endpoint: Endpoint, error: Exception) -> str:
    function = inspect.unwrap(endpoint.original_endpoint)
    code = getattr(function, "__code__", None)
    at = f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""
    told = f"there is no converter {error.args[0]!r}" if isinstance(error, LookupError) else str(error)
    return (
        f"route {url!r} of {function.__module__}.{function.__qualname__}{at} is not served: {told}; "
        "expected a path as in '/shop/<int:page>', with converters that there are"
    )


class RoutingMap:
    """Every URL of one set of modules. Immutable after construction, shared by threads."""

    def __init__(
        self, routes: Iterable[tuple[str, Endpoint]], converters: Mapping[str, type[BaseConverter]] = CONVERTERS
    ) -> None:
        self.map = Map(strict_slashes=False, converters=dict(converters), host_matching=False)
        self._exact: dict[str, Rule] = {}
        self.routes: list[tuple[str, Endpoint]] = []
        for url, endpoint in routes:
            try:
                self.add(url, endpoint)
            except (ValueError, LookupError, TypeError) as error:
                _logger.error("%s", _left_out(url, endpoint, error))  # the others are served
        self.map.update()

    def __repr__(self) -> str:
        return f"<RoutingMap {len(self.routes)} routes>"

    @property
    def bytes_held(self) -> int:
        """Roughly; what a remembered answer weighs is asked."""
        return ROUTE_BYTES * len(self.routes)

    @property
    def _rules(self) -> list[Rule]:
        """As werkzeug's map has them, for addons that look."""
        return list(self.map.iter_rules())

    def iter_rules(self, endpoint: Any = None) -> Iterator[Rule]:
        return self.map.iter_rules(endpoint)

    def bind_to_environ(self, environ: Any, *args: Any, **kwargs: Any) -> Any:
        return self.map.bind_to_environ(environ, *args, **kwargs)

    def add(self, url: str, endpoint: Endpoint) -> None:
        """Add a route; of two with one URL and method, the first stays reachable."""
        methods = endpoint.routing.get("methods")
        if methods is not None:
            methods = [*methods, "OPTIONS"] if "OPTIONS" not in methods else list(methods)
        rule = _Rule(url, endpoint=endpoint, methods=methods, merge_slashes=False)
        self.map.add(rule)
        self.routes.append((url, endpoint))
        if not _PLACEHOLDER.search(url) and methods is None:
            self._exact.setdefault(url, rule)

    def match(self, path: str, method: str, environ: Mapping[str, Any] | None = None) -> tuple[Rule, dict[str, Any]]:
        """(rule, arguments of the path). Raises `NotFound`, `MethodNotAllowed` or werkzeug's `RequestRedirect`."""
        rule = self._exact.get(path)
        if rule is not None:
            return rule, {}
        adapter = self.map.bind("localhost", path_info=path, default_method=method)
        try:
            found, args = adapter.match(return_rule=True)
        except RequestRedirect as redirect:
            raise NotFound from redirect
        except MethodNotAllowed as refused:
            raise MethodNotAllowed(valid_methods=sorted(refused.valid_methods or ())) from None
        return found, dict(args)


def is_readonly(endpoint: Any) -> bool:
    """Whether an endpoint only reads; those that addons make themselves do not say so."""
    return bool(getattr(endpoint, "is_readonly", False))


def routing_map(modules: Sequence[str], converters: Mapping[str, type[BaseConverter]] = CONVERTERS) -> RoutingMap:
    """The map of a database with these modules, in dependency order."""
    return RoutingMap(endpoints(modules), converters)


def routing_map_without_database(modules: Sequence[str]) -> RoutingMap:
    """What is served before a database is known: routes with `auth='none'` of the server-wide modules."""
    return RoutingMap(endpoints(modules, without_database=True))
