"""A data file to its loader, by its ending."""

import csv
import io
import logging
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fondaco.data import rows, xml
from fondaco.data.execute import Execution, at
from fondaco.data.xml import Operation, Place
from fondaco.errors import DataError

log = logging.getLogger(__name__)

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
    titles, data, numbers = _table(_text(path, name), name)
    if not titles:
        return
    is_named = "id" in titles
    if is_update and noupdate and not is_named:
        return
    context = {"install_mode": True, "install_module": module, "_import_current_module": module}
    with at(Place(name, 1), f"columns of {model}"):
        answer = rows.load(
            env[model].with_context(**context), titles, data, module=module, noupdate=noupdate, is_update=is_update
        )
    faults = [message for message in answer["messages"] if message["type"] == "error"]
    if faults:
        first = faults[0]
        line = numbers[first["rows"]["from"]] if "rows" in first else 1
        raise DataError(f"{name}:{line}: {first['message']}" + (f" (and {len(faults) - 1} more)" if faults[1:] else ""))


def _load_sql(
    env: Any, module: str, path: Path, name: str, is_update: bool, noupdate: bool, find_file: FindFile
) -> None:
    with at(Place(name, 1)):
        env.cr.execute(_text(path, name))


def _text(path: Path, name: str) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{name}:{line}: the byte 0x{content[error.start]:02x} is no UTF-8; save the file in UTF-8"
        ) from None


def _table(text: str, name: str) -> tuple[list[str], list[list[str]], list[int]]:
    """Titles, rows, and the line on which each row begins; rows without a value are left out."""
    if text.count('"') % 2:
        try:
            deque(csv.reader(io.StringIO(text), strict=True), maxlen=0)
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise DataError(f'{name}: a quote (") is opened and not closed up to the end of the file') from None
    reader = csv.reader(io.StringIO(text))
    titles = next(reader, [])
    if len(titles) == 1 and (divider := next((sign for sign in ";\t|" if sign in titles[0]), "")):
        raise DataError(f"{name}:1: the columns are divided by {divider!r}; expected commas")
    data, numbers = [], []
    line = reader.line_num + 1
    for row in reader:
        if any(row):
            _check_width(row, titles, f"{name}:{line}")
            data.append(row)
            numbers.append(line)
        line = reader.line_num + 1
    return titles, data, numbers


def _check_width(row: list[str], titles: list[str], where: str) -> None:
    if len(row) < len(titles):
        raise DataError(
            f"{where}: {len(row)} values for the {len(titles)} columns {', '.join(titles)}; "
            f"what is left empty has its comma as well (has {row[0]!r} one too few?)"
        )
    if any(row[len(titles) :]):
        log.warning("%s: more values than columns; not used: %s", where, ", ".join(row[len(titles) :]))


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
