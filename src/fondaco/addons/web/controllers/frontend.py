"""Which files does a page load, for the modules that are installed where the request goes?

The plan of a bundle is kept as long as its files do not change; their times are looked at once a second at most.
"""

import time
from pathlib import Path

from fondaco.addon import http
from fondaco.assets.bundles import Module, files_of
from fondaco.assets.page import Plan, load_plan

BACKEND = "web.assets_backend"
FRONTEND = "web.assets_frontend"

LOOK_EVERY_S = 1.0

_kept: dict[tuple[str, tuple[str, ...]], tuple[float, tuple[object, ...], Plan]] = {}


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
    key = (bundle, _names())
    kept = _kept.get(key)
    now = time.monotonic()
    if kept is not None and now - kept[0] < LOOK_EVERY_S:
        return kept[2]
    modules = installed_modules()
    stamp = tuple((asset.url, asset.path.stat().st_mtime_ns) for asset in files_of(bundle, modules))
    plan = kept[2] if kept is not None and kept[1] == stamp else load_plan(bundle, modules)
    _kept[key] = (now, stamp, plan)
    return plan
