"""Scripts that carry data over from one version of a module to the next.

`migrations/<version>/pre-*.py`, `post-*.py` and `end-*.py` (also below `upgrades/`) hold `migrate(cr, version)`. Those
whose version lies above the one a database holds and not above the new one are run, lowest first: pre before the
tables change, post after the module's data, end when all modules are done. `0.0.0` runs at every change of version.
Folders of `upgrade_path` hold more of them: `<module>/<version>/pre-*.py`.
"""

import importlib.util
import logging
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from fondaco.errors import ModuleError
from fondaco.modules import culprit
from fondaco.modules.manifest import SERIES, Manifest, adapt_version

log = logging.getLogger(__name__)

FOLDERS = ("migrations", "upgrades")
STAGES = ("pre", "post", "end")
ALWAYS = "0.0.0"


@dataclass(frozen=True, slots=True)
class Script:
    """One file to run. `version` as its folder says, with the series."""

    module: str
    stage: str
    version: str
    path: Path


def scripts(manifest: Manifest, stage: str, found: str | None, upgrade_path: Iterable[str | Path] = ()) -> list[Script]:
    """The scripts of `stage` that lead from version `found` to the manifest's, in the order to run them."""
    if not found:
        return []
    since, until = parts(found), parts(manifest.version)
    chosen: list[tuple[tuple[int, ...], Script]] = []
    for folder, version in _version_folders(manifest, upgrade_path):
        is_always = version == ALWAYS
        at = parts(adapt_version(version)) if not is_always else ()
        if (is_always and since < until) or (not is_always and since < at <= until):
            for path in sorted(folder.glob(f"{stage}-*.py")):
                chosen.append((at, Script(manifest.name, stage, version, path)))
    chosen.sort(key=lambda pair: (pair[0], pair[1].path.name))
    return [script for _at, script in chosen]


def run(cr: Any, manifest: Manifest, script: Script, found: str) -> None:
    """Call the script's `migrate(cr, version)`; `version` is what the database held before."""
    started = time.monotonic()
    what = f"its migration script {script.version}/{script.path.name}, for a database that held {found},"
    with culprit.of(manifest, what, script.path.parent):
        migrate = getattr(_loaded(script), "migrate", None)
        if migrate is None:
            raise ModuleError(f"{script.path}: a migration script defines migrate(cr, version)")
        culprit.check_call(migrate, what, manifest, cr, found, expected="two arguments, cr and version")
        # For its log, the decorator of openupgradelib looks for these names where it is called from.
        stage, addon, pyfile = script.stage, script.module, str(script.path)  # noqa: F841
        migrate(cr, found)
    seconds = time.monotonic() - started
    log.info("migration run module=%s script=%s seconds=%.2f", script.module, script.path.name, seconds)


def parts(version: str) -> tuple[int, ...]:
    """A version as numbers, to compare. `18.0.1.10` is above `18.0.1.9`."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _version_folders(manifest: Manifest, upgrade_path: Iterable[str | Path]) -> Iterator[tuple[Path, str]]:
    own = [manifest.path / name for name in FOLDERS]
    for folder in [*own, *(Path(path).expanduser() / manifest.name for path in upgrade_path)]:
        if folder.is_dir():
            for entry in sorted(folder.iterdir()):
                if entry.is_dir() and re.fullmatch(rf"(?:{re.escape(SERIES)}\.)?\d+(\.\d+)*", entry.name):
                    yield entry, entry.name


def _loaded(script: Script) -> ModuleType:
    name = f"fondaco_migration_{script.module}_{re.sub(r'[^0-9a-zA-Z]', '_', f'{script.version}_{script.path.stem}')}"
    spec = importlib.util.spec_from_file_location(name, script.path)
    if spec is None or spec.loader is None:
        raise ModuleError(f"{script.path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
