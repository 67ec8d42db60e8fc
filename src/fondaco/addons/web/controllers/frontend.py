"""Which files does a page load, for the modules that are installed where the request goes?"""

from pathlib import Path

from fondaco.addon import http
from fondaco.assets.bundles import Module
from fondaco.assets.page import Plan, current_plan

BACKEND = "web.assets_backend"
FRONTEND = "web.assets_frontend"

JOINED = "web"  # the addon whose files travel as one


def installed_modules() -> list[Module]:
    """The modules of the request's database in their order."""
    addons = http.request.app.registries.addons
    manifests = (addons.manifest(name) for name in _names())
    return [Module(m.name, Path(m.path), m["assets"] or {}) for m in manifests if m is not None]


def _names() -> tuple[str, ...]:
    """Without a database, the client alone."""
    registry = http.request.registry
    return tuple(registry.loaded_modules) if registry is not None else ("base", "web")


def plan_of(bundle: str) -> Plan:
    """How a page loads `bundle`."""
    return current_plan(bundle, _names(), installed_modules, joined=JOINED)


def plan_of_client() -> Plan:
    """How the page of the client loads: each file by itself for who looks at them (`?debug=assets`)."""
    is_joined = "assets" not in (http.request.session.debug or "")
    return current_plan(BACKEND, _names(), installed_modules, joined=JOINED if is_joined else "")
