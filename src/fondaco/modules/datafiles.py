"""The data files that a manifest lists, loaded in their order."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fondaco.modules.manifest import AddonsPath, Manifest
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.data import load as loaders
else:
    loaders = Postponed("fondaco.data.load")


def load(
    env: Any, addons: AddonsPath, manifest: Manifest, files: Sequence[str], mode: str, *, noupdate: bool = False
) -> None:
    """Load `files` of a module; `mode`: init (a new module) or update (noupdate records stay as they are)."""
    for file in files:
        loaders.load_file(
            env,
            manifest.name,
            manifest.path / file,
            name=f"{manifest.name}/{file}",
            mode=mode,
            noupdate=noupdate,
            find_file=addons.file,
        )
    env.flush_all()
