"""Every address that a stock 18.0 server answers, for the modules Fondaco has: there, and as open or closed as there.

`../shared/oracle/routes.json` holds the recorded routes. What is missing or different is in the table of routes of
docs/compatibility.md, with its reason; nothing else may be.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fondaco import addons
from fondaco.http.routing import Endpoint, endpoints
from fondaco.modules.importing import import_module
from fondaco.modules.registries import Registries
from tests.oracle.listed import LIST
from tests.oracle.replay import ORACLE

ROUTES = ORACLE / "routes.json"
ROW = re.compile(r"^\| `(?P<path>/[^`]*)` \|", re.MULTILINE)
FACTS = ("type", "auth", "methods", "csrf", "save_session", "cors")

pytestmark = pytest.mark.skipif(not ROUTES.is_file(), reason=f"no recorded routes in {ROUTES}")


@dataclass(frozen=True)
class Recorded:
    path: str
    facts: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.facts['module']}{self.path}"


def our_modules() -> frozenset[str]:
    (folder,) = map(Path, addons.__path__)
    return frozenset(manifest.parent.name for manifest in folder.glob("*/__manifest__.py"))


def recorded() -> list[Recorded]:
    if not ROUTES.is_file():
        return []
    routes = json.loads(ROUTES.read_text(encoding="utf-8"))["routes"]
    modules = our_modules()
    return [Recorded(path, facts) for facts in routes if facts["module"] in modules for path in facts["paths"]]


def listed_paths() -> frozenset[str]:
    """The paths that docs/compatibility.md says are missing or different."""
    return frozenset(match["path"] for match in ROW.finditer(LIST.read_text(encoding="utf-8")))


def with_dependencies(registries: Registries, name: str) -> Iterator[str]:
    manifest = registries.addons.manifest(name)
    assert manifest is not None
    for needed in manifest.depends:
        yield from with_dependencies(registries, needed)
    yield name


@pytest.fixture(scope="module")
def routes_of(registries: Registries) -> Any:
    """routes_of("web"): path -> endpoint, with the module and what it depends on."""
    maps: dict[str, dict[str, Endpoint]] = {}

    def routes_of(name: str) -> dict[str, Endpoint]:
        if name not in maps:
            modules = list(dict.fromkeys(with_dependencies(registries, name)))
            for module in modules:
                import_module(module)
            maps[name] = dict(endpoints(modules))
        return maps[name]

    return routes_of


@pytest.mark.parametrize("route", recorded(), ids=str)
def test_a_recorded_route_is_there_or_listed(route: Recorded, routes_of: Any) -> None:
    endpoint = routes_of(route.facts["module"]).get(route.path)

    if route.path in listed_paths():
        assert endpoint is None or differences(route, endpoint), f"{route.path} is equal by now: take it from the list"
        return
    assert endpoint is not None, f"{route.path} is missing"
    assert not differences(route, endpoint)


def differences(route: Recorded, endpoint: Endpoint) -> list[str]:
    """Each fact of the route that is another; parameters may be more than recorded, never fewer."""
    found = [
        f"{name}: recorded {route.facts[name]!r}, found {endpoint.routing[name]!r}"
        for name in FACTS
        if endpoint.routing[name] != route.facts[name]
    ]
    parameters = inspect.signature(endpoint.original_endpoint).parameters.values()
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    missing = names_of(route.facts["params"]) - {parameter.name for parameter in parameters}
    if missing and not takes_all:
        found.append(f"parameters: {', '.join(sorted(missing))} missing")
    return found


def names_of(params: list[Any]) -> set[str]:
    """The names of recorded parameters; one with a default is a pair, one that takes the rest begins with asterisks."""
    names = {param if isinstance(param, str) else param[0] for param in params}
    return {name for name in names if not name.startswith("*")}
