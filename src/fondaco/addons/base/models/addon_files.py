"""Where the files of an addon lie, as the registry's addons path has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fondaco.assets.bundles import Module


def addons_path(env: Any) -> Any:
    """The folders with addons that this server was given."""
    return env.registry.registries.addons


def addon_file(env: Any, path: str) -> Path | None:
    """The file 'module/path' of an addon, None when there is none."""
    return addons_path(env).file(path)


def asset_modules(env: Any) -> list[Module]:
    """What bundles need to know of the installed modules, in the order of loading."""
    manifests = (addons_path(env).manifest(name) for name in env.registry.loaded_modules)
    return [Module(found.name, Path(found.path), found["assets"] or {}) for found in manifests if found is not None]
