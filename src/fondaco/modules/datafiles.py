"""The data files that a manifest lists, loaded in their order."""

from collections.abc import Sequence
from typing import Any

from fondaco.data.load import load_file
from fondaco.modules.manifest import AddonsPath, Manifest


def load(
    env: Any, addons: AddonsPath, manifest: Manifest, files: Sequence[str], mode: str, *, noupdate: bool = False
) -> None:
    """Load `files` of a module; `mode`: init (a new module) or update (noupdate records stay as they are)."""
    for file in files:
        load_file(
            env,
            manifest.name,
            manifest.path / file,
            name=f"{manifest.name}/{file}",
            mode=mode,
            noupdate=noupdate,
            find_file=addons.file,
        )
    env.flush_all()
