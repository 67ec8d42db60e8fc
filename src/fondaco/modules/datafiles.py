"""The data files that a manifest lists, loaded in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondaco.modules.manifest import AddonsPath, Manifest
from fondaco.values.collections import frozendict
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.data import load as loaders
    from fondaco.data.xml import Operation
else:
    loaders = Postponed("fondaco.data.load")


def load(
    env: Any,
    addons: AddonsPath,
    manifest: Manifest,
    files: Sequence[str],
    mode: str,
    *,
    noupdate: bool = False,
    read: Mapping[Path, Sequence[Operation]] = frozendict(),
) -> None:
    """Load `files` of a module; `mode`: init (a new module) or update (noupdate records stay as they are). `read`: what
    is in those of them that were read before."""
    for file in files:
        loaders.load_file(
            env,
            manifest.name,
            manifest.path / file,
            name=f"{manifest.name}/{file}",
            mode=mode,
            noupdate=noupdate,
            find_file=addons.file,
            operations=read.get(manifest.path / file),
        )
    env.flush_all()
