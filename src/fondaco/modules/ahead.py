"""What of an installation needs no database: base imported, its fields bound, the data files of all modules read.

Done while PostgreSQL makes the database. What is at fault is passed over here: it is met again, and told, in its turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondaco.errors import DataError
from fondaco.modules.importing import import_module
from fondaco.modules.manifest import AddonsPath
from fondaco.modules.plan import Plan
from fondaco.orm.inheritance import bind_fields
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.data import xml
else:
    xml = Postponed("fondaco.data.xml")


class Ahead:
    """files: the operations of the XML files that were read."""

    def __init__(self, registry: Any, addons: AddonsPath, plan: Plan) -> None:
        self.files: dict[Path, Sequence[xml.Operation]] = {}
        first, *_others = plan.steps
        base = addons.manifest(first.module)
        if base is not None:
            import_module(base)
            registry.add_definitions(None, base.name)
            for model_class in registry.models.values():
                bind_fields(model_class)
        for step in plan.steps:
            manifest = addons.manifest(step.module)
            if manifest is not None:
                for file in manifest.data_files:
                    self._read(manifest.path / file, step.module, f"{step.module}/{file}")

    def __repr__(self) -> str:
        return f"<Ahead files={len(self.files)}>"

    def _read(self, path: Path, module: str, name: str) -> None:
        if path.suffix == ".xml" and path.is_file():
            try:
                self.files[path] = xml.read_file(path, module, name=name)
            except DataError:
                pass
