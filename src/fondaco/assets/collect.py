"""Which static files does a web server need in a folder, so that it can send them without asking us?

The folder has each file under the names by which sites ask for it, as one file of several names:

- `versions/VERSION/MODULE/static/FILE`, for addresses with `?v=VERSION`: what is there never changes, and what is not
  there is left to us, so a folder that was not brought up to date does no harm;
- `MODULE/static/FILE`, for a `root`;
- those of `web` also at the top, for `location /web/static/ { alias FOLDER; }`.

Beside a file that packs well lie `.gz` and `.br`. What an earlier run put there and no module has any more is removed;
files of others are left alone. A plan is computed first and can be printed; carried out twice it does nothing the
second time.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fondaco.errors import StorageError
from fondaco.values.webfiles import ENCODINGS, is_packable, packed, type_of, version_of

LISTING = ".fondaco-static.json"
"""What a run put into the folder, so that the next one may remove it."""
AT_THE_TOP = "web"
VERSIONS = "versions"
FILE_MODE = 0o644  # a web server of another account reads them


@dataclass(frozen=True, slots=True)
class Step:
    """One name to be given to a file (`source` of this version, packed by `encoding`), or to be removed."""

    target: str
    source: Path | None = None
    version: str = ""
    encoding: str = ""

    def __str__(self) -> str:
        return f"write {self.target}" if self.source is not None else f"remove {self.target}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done in `folder`, and which versions are there afterwards, by target."""

    folder: Path
    steps: tuple[Step, ...]
    versions: Mapping[str, str]


def plan(modules: Iterable[tuple[str, Path]], folder: Path) -> Plan:
    """What brings `folder` up to date with these modules: names and where they are."""
    listed = _listed(folder)
    wanted = {step.target: step for name, path in modules for step in _of_module(name, path)}
    versions = {target: step.version for target, step in wanted.items()}
    steps = [
        step
        for target, step in sorted(wanted.items())
        if listed.get(target) != step.version or not (folder / target).is_file()
    ]
    steps += [Step(target) for target in sorted(listed) if target not in wanted]
    return Plan(folder, tuple(steps), versions)


def _of_module(name: str, path: Path) -> Iterator[Step]:
    root = path / "static"
    inside = f"{root.resolve()}{os.sep}"
    for parent, folders, names in os.walk(root):
        folders.sort()
        for file in sorted(names):
            source = Path(parent, file)
            if not str(source.resolve()).startswith(inside) or not source.is_file():
                continue  # a link that leads out is not served either
            content = source.read_bytes()
            version = version_of(content)
            encodings = ("", *ENCODINGS) if is_packable(type_of(file), len(content)) else ("",)
            address = f"{name}/static/{source.relative_to(root).as_posix()}"
            targets = [address, f"{VERSIONS}/{version}/{address}"]
            if name == AT_THE_TOP:
                targets.append(address.removeprefix(f"{AT_THE_TOP}/static/"))
            for target in targets:
                for encoding in encodings:
                    yield Step(target + ENCODINGS.get(encoding, ""), source, version, encoding)


def _listed(folder: Path) -> dict[str, str]:
    try:
        found: Any = json.loads((folder / LISTING).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise StorageError(f"{folder / LISTING} is damaged: {error}; delete it, and what is collected anew") from error
    return {
        str(target): str(version)
        for target, version in found.items()
        if not Path(target).is_absolute() and ".." not in Path(target).parts
    }


def carry_out(plan: Plan, progress: Callable[[str, int, int], None]) -> None:
    """Write and remove. A web server that sends files meanwhile finds each one whole."""
    plan.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    written: dict[tuple[Path, str], Path] = {}
    for number, step in enumerate(plan.steps):
        progress("files", number, len(plan.steps))
        target = plan.folder / step.target
        if step.source is None:
            target.unlink(missing_ok=True)
            _remove_empty(target.parent, plan.folder)
            continue
        twin = written.get((step.source, step.encoding))
        if twin is None:
            content = step.source.read_bytes()
            _place(target, packed(content, step.encoding, thorough=True) if step.encoding else content)
            status = step.source.stat()
            os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
            written[step.source, step.encoding] = target
        else:
            _link(target, twin)
    listing = json.dumps(dict(plan.versions), indent=0, sort_keys=True).encode()
    if plan.steps or not (plan.folder / LISTING).exists():
        _place(plan.folder / LISTING, listing)


def _place(target: Path, content: bytes) -> None:
    """Write a file beside its place, then put it there in one step."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(draft, FILE_MODE)
        os.replace(draft, target)
    finally:
        Path(draft).unlink(missing_ok=True)


def _link(target: Path, twin: Path) -> None:
    """Give a file of the folder a second name."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(twin, target)
    except OSError:
        shutil.copy2(twin, target)


def _remove_empty(folder: Path, end: Path) -> None:
    """Remove folders that hold nothing any more, up to `end`."""
    while folder != end and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
