"""The public addons that Fondaco is measured by: which there are, where their files are, how many tests each has.

`oca_dev_set.json` names addons of the Odoo Community Association as published on PyPI, with the numbers of tests that
pass on a stock Odoo 18.0. They are other people's work: they are fetched when the tests run, into `.compat/`, which
git ignores, and nothing of them is kept in this repository.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".compat"
OWN_ADDONS = ROOT / "src" / "fondaco" / "addons"


@dataclass(frozen=True, slots=True)
class Addon:
    """An addon of the set."""

    name: str
    requirement: str
    """What pip installs: name and version."""
    tier: int
    depends: tuple[str, ...]
    tests: int
    """Methods that pass on stock Odoo with demonstration data, without a browser."""

    @property
    def folder(self) -> Path:
        """Where the files of this version are kept; one folder each, so that no other addon is on the path."""
        return CACHE / self.requirement.partition("==")[0] / self.requirement.rpartition("==")[2]

    @property
    def addons_path(self) -> Path:
        return self.folder / "odoo" / "addons"

    @property
    def waits_for(self) -> list[str]:
        """The standard modules that it needs and Fondaco has not."""
        return [module for module in self.depends if not (OWN_ADDONS / module / "__manifest__.py").is_file()]


def addons(tiers: Collection[int] = (1, 2, 3), names: Collection[str] = ()) -> list[Addon]:
    """The addons of these tiers; with names, of those only these."""
    rows: list[dict[str, Any]] = json.loads((HERE / "oca_dev_set.json").read_text())
    return [
        Addon(
            row["addon"],
            f"{row['pypi_name']}=={row['version']}",
            row["tier"],
            tuple(row["depends"]),
            row["tests"],
        )
        for row in rows
        if row["tier"] in tiers and (not names or row["addon"] in names)
    ]


def fetch(addon: Addon) -> Path:
    """The folder to put on the addons path; fetched from PyPI when it is not here yet."""
    if not addon.addons_path.is_dir():
        draft = addon.folder.with_name(f"{addon.folder.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        # --no-deps: the wheels require the distribution of Odoo itself.
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        done = subprocess.run(
            [*command, "--no-compile", "--target", str(draft), addon.requirement],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{addon.requirement} cannot be fetched from PyPI:\n{done.stderr.strip()}")
        draft.replace(addon.folder)
    return addon.addons_path
