"""Where the files of an addon lie, as the registry's addons path has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def addons_path(env: Any) -> Any:
    """The folders with addons that this server was given."""
    return env.registry.registries.addons


def addon_file(env: Any, path: str) -> Path | None:
    """The file 'module/path' of an addon, None when there is none."""
    return addons_path(env).file(path)
