"""Addons written by a test."""

from __future__ import annotations

import importlib
import textwrap
from pathlib import Path
from typing import Any

import pytest

from fondaco.modules.importing import mount
from fondaco.modules.manifest import AddonsPath


def addon_module(name: str) -> Any:
    """A module of one of our addons, as the server knows it: addon_module("web.models.export_groups").

    Below `fondaco.addons` it would be there a second time, with its models and controllers.
    """
    mount(AddonsPath(()))
    return importlib.import_module(f"odoo.addons.{name}")


class AddonsFolder:
    """A folder on the addons path: `folder.write("shelf", {...}, models="...", **{"data/x.xml": "..."})`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, manifest: dict[str, object] | None = None, /, **files: str) -> None:
        """Write files of an addon; `models` is its Python, other keys are names below its folder."""
        addon = self.path / name
        if manifest is not None:
            files = {"__manifest__.py": repr({"name": name, "depends": ["base"], **manifest}), **files}
        if "models" in files:
            files["models.py"] = files.pop("models")
            files.setdefault("__init__.py", "from . import models")
        for file, text in files.items():
            target = addon / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(textwrap.dedent(text).strip() + "\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> AddonsFolder:
    return AddonsFolder(tmp_path_factory.mktemp("addons"))
