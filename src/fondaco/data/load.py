"""A data file to its loader, by its ending."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fondaco.data import rows, xml
from fondaco.data.execute import Execution, at
from fondaco.data.xml import Operation, Place
from fondaco.errors import DataError

FindFile = Callable[[str], Path | None]


def load_file(
    env: Any,
    module: str,
    path: Path,
    *,
    name: str = "",
    mode: str = "init",
    noupdate: bool = False,
    find_file: FindFile | None = None,
    operations: Sequence[Operation] | None = None,
) -> None:
    """Load one data file of `module`. `mode`: init (a new module) or update (noupdate records stay as they are).

    `name`: how messages call the file. `find_file`: `module/path` -> the file, for `file=` and type=base64.
    `operations`: those of an XML file that was read before.
    """
    name = name or f"{module}/{path.name}"
    if operations is not None:
        Execution(env, module, find_file or _nothing, is_update=mode == "update").run(operations)
        return
    if not path.is_file():
        raise DataError(f"{name}: the manifest of {module!r} lists this file, which does not exist")
    loader = LOADERS.get(path.suffix)
    if loader is None:
        raise DataError(f"{name}: unknown kind of data file; expected {', '.join(sorted(LOADERS))}")
    loader(env, module, path, name, mode == "update", noupdate, find_file or _nothing)


def _load_xml(
    env: Any, module: str, path: Path, name: str, is_update: bool, noupdate: bool, find_file: FindFile
) -> None:
    operations = xml.read_file(path, module, name=name, noupdate=noupdate)
    Execution(env, module, find_file, is_update=is_update).run(operations)


def _load_csv(
    env: Any, module: str, path: Path, name: str, is_update: bool, noupdate: bool, find_file: FindFile
) -> None:
    """`res.country.state.csv` or `res.partner-suppliers.csv`: the model is in the name of the file."""
    model = path.stem.split("-")[0]
    with at(Place(name, 1)):
        if model not in env:
            raise DataError(f"unknown model {model!r}; a CSV file is named after its model")
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    if not lines:
        return
    titles, data = lines[0], [line for line in lines[1:] if any(line)]
    is_named = "id" in titles
    if is_update and noupdate and not is_named:
        return
    context = {"install_mode": True, "install_module": module, "_import_current_module": module}
    with at(Place(name, 1)):
        answer = rows.load(
            env[model].with_context(**context), titles, data, module=module, noupdate=noupdate, is_update=is_update
        )
    faults = [message for message in answer["messages"] if message["type"] == "error"]
    if faults:
        first = faults[0]
        line = first["rows"]["from"] + 2 if "rows" in first else 1
        raise DataError(f"{name}:{line}: {first['message']}" + (f" (and {len(faults) - 1} more)" if faults[1:] else ""))


def _load_sql(
    env: Any, module: str, path: Path, name: str, is_update: bool, noupdate: bool, find_file: FindFile
) -> None:
    with at(Place(name, 1)):
        env.cr.execute(path.read_text(encoding="utf-8"))


def _skip(env: Any, module: str, path: Path, name: str, is_update: bool, noupdate: bool, find_file: FindFile) -> None:
    """Scripts in `data` are of old; bundles name them now."""


def _nothing(path: str) -> Path | None:
    return None


LOADERS: dict[str, Callable[[Any, str, Path, str, bool, bool, FindFile], None]] = {
    ".xml": _load_xml,
    ".csv": _load_csv,
    ".sql": _load_sql,
    ".js": _skip,
}
