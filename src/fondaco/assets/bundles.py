"""Which files are in a bundle, and in which order?

The manifests of the installed modules name the files of a bundle under `assets`: paths and patterns
(`web/static/src/**/*.js`), and instructions (`('include', bundle)`, `('remove', pattern)`, `('prepend', pattern)`,
`('before' | 'after' | 'replace', target, pattern)`), carried out in the order of the modules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fondaco.errors import ModuleError

POSITIONED = ("before", "after", "replace")


class Module(NamedTuple):
    """What a bundle needs to know of an installed module."""

    name: str
    path: Path
    assets: Mapping[str, Sequence[Any]]


class Asset(NamedTuple):
    """One file: `url` is where static files are served, without its version."""

    url: str
    path: Path

    @property
    def suffix(self) -> str:
        return self.path.suffix


def files_of(bundle: str, modules: Sequence[Module]) -> list[Asset]:
    """The files of `bundle`, each once, in order. `modules` come in the order in which they are loaded."""
    return list(_Collector(modules).collect(bundle, ()).values())


class _Collector:
    """Carries out the instructions of all modules for one bundle. `url -> Asset` keeps order and uniqueness."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._modules = modules
        self._by_name = {module.name: module for module in modules}

    def collect(self, bundle: str, inside: tuple[str, ...]) -> dict[str, Asset]:
        if bundle in inside:
            raise ModuleError(f"the bundles {' > '.join((*inside, bundle))} include each other")
        found: dict[str, Asset] = {}
        for module in self._modules:
            for entry in module.assets.get(bundle, ()):
                found = self._apply(found, entry, module, (*inside, bundle))
        return found

    def _apply(self, found: dict[str, Asset], entry: Any, module: Module, inside: tuple[str, ...]) -> dict[str, Asset]:
        if isinstance(entry, str):
            return found | {url: asset for url, asset in self._match(entry).items() if url not in found}
        instruction, *arguments = entry
        where = f"{module.name}: assets of {inside[-1]!r}"
        if instruction == "include" and len(arguments) == 1:
            return found | self.collect(arguments[0], inside)
        if instruction == "remove" and len(arguments) == 1:
            gone = self._match(arguments[0])
            return {url: asset for url, asset in found.items() if url not in gone}
        if instruction == "prepend" and len(arguments) == 1:
            return {**self._match(arguments[0]), **found}
        if instruction in POSITIONED and len(arguments) == 2:
            return self._place(found, instruction, arguments[0], self._match(arguments[1]), where)
        raise ModuleError(f"{where}: unknown instruction {entry!r}")

    def _place(
        self, found: dict[str, Asset], instruction: str, target: str, new: dict[str, Asset], where: str
    ) -> dict[str, Asset]:
        targets = [url for url in self._match(target) if url in found]
        if not targets:
            raise ModuleError(f"{where}: ({instruction!r}, {target!r}) names a file that is not in the bundle")
        placed: dict[str, Asset] = {}
        for url, asset in found.items():
            if url == targets[0] and instruction in ("before", "replace"):
                placed.update(new)
            if not (url in new or (instruction == "replace" and url in targets)):
                placed[url] = asset
            if url == targets[-1] and instruction == "after":
                placed.update(new)
        return placed

    def _match(self, pattern: str) -> dict[str, Asset]:
        """The files of a pattern like `web/static/src/**/*.js`, sorted; none if the module is not installed."""
        name, _, rest = pattern.lstrip("/").partition("/")
        module = self._by_name.get(name)
        if module is None or not rest:
            return {}
        if not any(sign in rest for sign in "*?["):
            paths: Iterable[Path] = [module.path / rest] if (module.path / rest).is_file() else []
        else:
            paths = sorted(path for path in module.path.glob(rest) if path.is_file())
        return {
            url: Asset(url, path) for path in paths for url in [f"/{name}/{path.relative_to(module.path).as_posix()}"]
        }
