"""The files of translations in the folder of an addon, brought up to what the addon says.

    rewrites = plan(env, ["harbour"])     # harbour.pot, and each fr.po that there is
    carry_out(rewrites)

A translation stays while its text does; a new text is there without translation, one that is gone goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fondaco.errors import ModuleError
from fondaco.i18n import po
from fondaco.i18n.catalog import module_path
from fondaco.modules import texts

FOLDER = "i18n"


@dataclass(frozen=True)
class Rewrite:
    """A file as it should be. new, gone: its texts that the file on disk lacks, or has for nothing."""

    path: Path
    content: bytes
    new: tuple[str, ...]
    gone: tuple[str, ...]
    is_current: bool
    total: int
    missing: int

    def __str__(self) -> str:
        state = "current" if self.is_current else f"{len(self.new)} new, {len(self.gone)} gone"
        said = "" if self.path.suffix == ".pot" else f", {self.missing} without translation"
        return f"{self.path}: {self.total} texts{said} ({state})"


def plan(env: Any, modules: Sequence[str], langs: Iterable[str] = ()) -> list[Rewrite]:
    """The template of each module and its translations: those that exist, and those of `langs`."""
    return [rewrite for module in modules for rewrite in _plan_module(env, module, langs)]


def _plan_module(env: Any, module: str, langs: Iterable[str]) -> Iterator[Rewrite]:
    addon = module_path(module)
    if addon is None:
        raise ModuleError(f"{module}: not on the addons path")
    folder = addon / FOLDER
    entries = texts.of_modules(env, [module], None)
    if not entries:
        return
    yield _rewrite(folder / f"{module}.pot", entries, None, module)
    stems = {path.stem for path in folder.glob("*.po")} | set(langs)
    for lang in sorted(stems):
        path = folder / f"{lang}.po"
        known = {entry.source: entry for entry in _entries(path)}
        yield _rewrite(path, [_said(entry, known.get(entry.source)) for entry in entries], lang, module)


def carry_out(rewrites: Iterable[Rewrite]) -> None:
    """Write the files that are not as they should be."""
    for rewrite in rewrites:
        if not rewrite.is_current:
            rewrite.path.parent.mkdir(exist_ok=True)
            rewrite.path.write_bytes(rewrite.content)


def _said(entry: po.Entry, known: po.Entry | None) -> po.Entry:
    return replace(entry, translation=known.translation, forms=known.forms) if known else entry


def _rewrite(path: Path, entries: Sequence[po.Entry], lang: str | None, module: str) -> Rewrite:
    there = {entry.source: entry for entry in _entries(path)}
    wanted = {entry.source for entry in entries}
    missing = sum(1 for entry in entries if not (entry.forms if entry.plural else entry.translation))
    return Rewrite(
        path,
        po.write(entries, lang, [module]),
        tuple(sorted(wanted - there.keys())),
        tuple(sorted(there.keys() - wanted)),
        _facts(entries) == _facts(there.values()),
        len(entries),
        missing,
    )


def _entries(path: Path) -> list[po.Entry]:
    try:
        return list(po.read(path.read_bytes())) if path.is_file() else []
    except ValueError as error:
        raise ModuleError(f"{path}: {error}") from error


def _facts(entries: Iterable[po.Entry]) -> set[tuple[object, ...]]:
    """What a file says, whatever its order and its date."""
    return {
        (entry.source, entry.translation, entry.plural, any(entry.forms), frozenset(entry.places), entry.comments)
        for entry in entries
    }
