"""Where the addons are, and what each says about itself.

An addon is a folder with a `__manifest__.py`: one Python literal, a dict. `AddonsPath` finds the folders (our own
first, then `addons_path` in its order; the first of a name wins), reads the dict, fills in what it leaves out and
checks what it says. Nothing here imports an addon's code.

    >>> adapt_version('1.2'), adapt_version('18.0.2.0.1')
    ('18.0.1.2', '18.0.2.0.1')
"""

import ast
import importlib.metadata
import importlib.util
import logging
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fondaco.errors import ModuleError
from fondaco.values.deferred import Deferred

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from packaging import requirements
else:
    requirements = Deferred("packaging.requirements")

SERIES = "18.0"
FILE_NAMES = ("__manifest__.py", "__openerp__.py")
OWN_ADDONS = Path(__file__).resolve().parent.parent / "addons"
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
VERSION = re.compile(r"(?:18\.0\.)?\d+\.\d+(?:\.\d+)?")
STOOD_FOR = ("psycopg2", "psycopg2-binary")
"""Distributions whose import our own driver answers to."""

# What a manifest says when it says nothing. Keys that are not here are kept as they are found.
DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "application": False,
        "assets": {},
        "author": "",
        "auto_install": False,
        "bootstrap": False,
        "category": "Uncategorized",
        "cloc_exclude": [],
        "configurator_snippets": {},
        "countries": [],
        "data": [],
        "demo": [],
        "demo_xml": [],
        "depends": [],
        "description": "",
        "excludes": [],
        "external_dependencies": {},
        "icon": "",
        "init_xml": [],
        "installable": True,
        "images": [],
        "images_preview_theme": {},
        "license": "LGPL-3",
        "live_test_url": "",
        "name": "",
        "new_page_templates": {},
        "post_init_hook": "",
        "post_load": "",
        "pre_init_hook": "",
        "sequence": 100,
        "snippet_lists": {},
        "summary": "",
        "test": [],
        "theme_customizations": {},
        "update_xml": [],
        "uninstall_hook": "",
        "version": "1.0",
        "web": False,
        "website": "",
    }
)
LISTS = ("data", "demo", "depends", "excludes", "countries", "images", "init_xml", "update_xml", "demo_xml")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an addon says about itself, complete and checked.

    `values` is the whole dict with defaults, for what only some readers need (author, assets, images...).
    `required_for_auto_install`: None when the module is never installed by itself, else the dependencies whose
    installation draws it in (empty: always). `fault`: why the file cannot be used; then nothing else is known.
    """

    name: str
    path: Path
    version: str
    depends: tuple[str, ...]
    installable: bool = True
    required_for_auto_install: frozenset[str] | None = None
    excludes: tuple[str, ...] = ()
    fault: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False, repr=False)

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    @property
    def refusal(self) -> str:
        """Why the module cannot be installed; nothing where it can."""
        if self.installable:
            return ""
        if self.fault:
            return self.fault
        if VERSION.fullmatch(self.version):
            return f"its manifest says 'installable': False (version {self.version})"
        own = self.version.removeprefix(f"{SERIES}.")
        return f"its version is {own!r}, which is not one of {SERIES}; expected is '{SERIES}.1.0.0' or '1.0.0'"

    @property
    def data_files(self) -> Sequence[str]:
        """Files to load at install and upgrade, in their order, relative to `path`."""
        return [*self.values["init_xml"], *self.values["update_xml"], *self.values["data"]]

    @property
    def demo_files(self) -> Sequence[str]:
        return [*self.values["demo"], *self.values["demo_xml"]]

    @property
    def title(self) -> str:
        return str(self.values["name"] or self.name)


class AddonsPath:
    """The folders with addons, and the manifests found there; each manifest is read once."""

    def __init__(self, folders: Iterable[str | Path] = (), *, own: Path | None = OWN_ADDONS) -> None:
        found = [own] if own is not None else []
        for folder in folders:
            path = Path(folder).expanduser().resolve()
            if path not in found:
                found.append(path)
        self.folders: tuple[Path, ...] = tuple(found)
        self._manifests: dict[str, Manifest | None] = {}
        self._faults: dict[str, str] = {}  # told already

    def __repr__(self) -> str:
        return f"AddonsPath({', '.join(map(str, self.folders))})"

    def __iter__(self) -> Iterator[Manifest]:
        """One that cannot be used has its `fault`: it stands in the way of those alone that need it."""
        for name in self.names():
            try:
                manifest = self.manifest(name)
            except ModuleError as error:
                manifest = self._faulty(name, str(error))
            if manifest is not None:
                yield manifest

    def _faulty(self, name: str, fault: str) -> Manifest | None:
        folder = self.folder_of(name)
        if folder is None:
            return None
        if self._faults.get(name) != fault:
            self._faults[name] = fault
            log.warning("module %s is left out: %s", name, fault)
        return replace(normalise(name, folder, {"installable": False}), fault=fault)

    def names(self) -> list[str]:
        """Every addon of the path, sorted."""
        return sorted(
            {
                entry.name
                for folder in self.folders
                if folder.is_dir()
                for entry in folder.iterdir()
                if NAME.fullmatch(entry.name) and manifest_file(entry) is not None
            }
        )

    def folder_of(self, name: str) -> Path | None:
        """The folder of addon `name`, None when no folder of the path holds it."""
        if not NAME.fullmatch(name):
            return None
        for folder in self.folders:
            if manifest_file(folder / name) is not None:
                return folder / name
        return None

    def manifest(self, name: str) -> Manifest | None:
        """The manifest of addon `name`, None when it is not there. `ModuleError` when it cannot be read."""
        if name not in self._manifests:
            folder = self.folder_of(name)
            self._manifests[name] = read(folder) if folder is not None else None
        return self._manifests[name]

    def manifests(self) -> dict[str, Manifest]:
        """Every manifest by name."""
        return {manifest.name: manifest for manifest in self}

    def forget(self) -> None:
        """Read the manifests again when next asked."""
        self._manifests.clear()

    def file(self, path: str) -> Path | None:
        """`product/views/x.xml`, `odoo/addons/product/...` or an absolute path -> the file, if it is one of ours."""
        candidate = Path(path)
        if candidate.is_absolute():
            resolved = candidate.resolve()
            inside = any(resolved.is_relative_to(folder) for folder in self.folders)
            return resolved if inside and resolved.exists() else None
        parts = candidate.parts[2:] if candidate.parts[:2] == ("odoo", "addons") else candidate.parts
        folder = self.folder_of(parts[0]) if parts else None
        if folder is None:
            return None
        resolved = folder.joinpath(*parts[1:]).resolve()
        return resolved if resolved.is_relative_to(folder.resolve()) and resolved.exists() else None


def manifest_file(folder: Path) -> Path | None:
    """The manifest's file of an addon's folder."""
    for name in FILE_NAMES:
        if (folder / name).is_file():
            return folder / name
    return None


def read(folder: Path) -> Manifest:
    """The manifest of the addon in `folder`."""
    path = manifest_file(folder)
    if path is None:
        raise ModuleError(f"{folder}: no {FILE_NAMES[0]} here")
    try:
        values = ast.literal_eval(path.read_text(encoding="utf-8-sig"))
    except (ValueError, SyntaxError) as error:
        line, found = _trouble(error)
        raise ModuleError(f"{path}{line}: a manifest is one Python literal, a dict; {found}") from error
    if not isinstance(values, dict):
        raise ModuleError(f"{path}: a manifest is a dict, not {type(values).__name__}")
    return normalise(folder.name, folder, values)


def _trouble(error: ValueError | SyntaxError) -> tuple[str, str]:
    """`:line` and what is there that cannot be read."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno or 1}", error.msg
    place = re.search(r"on line (\d+)", str(error))
    if place is None:
        return "", str(error)
    return f":{place[1]}", "found a name, a call or an operation, which stand for no value here"


def normalise(name: str, folder: Path, given: Mapping[str, Any]) -> Manifest:
    """Fill in what `given` leaves out and check what it says."""
    values: dict[str, Any] = {key: _fresh(value) for key, value in DEFAULTS.items()}
    values.update(given)
    for key in LISTS:
        values[key] = _strings(folder, key, values[key])
    if not values["depends"] and name != "base":
        values["depends"] = ["base"]
    if name in values["depends"]:
        raise ModuleError(f"{folder}: the manifest says that {name!r} depends on itself")
    values["version"], is_current = _version(values["version"])
    if not values["description"]:
        values["description"] = _description(folder)
    if not values["icon"]:
        values["icon"] = _icon(name, folder)
    values["installable"] = bool(values["installable"]) and is_current
    depends = tuple(dict.fromkeys(values["depends"]))
    return Manifest(
        name=name,
        path=folder,
        version=values["version"],
        depends=depends,
        installable=values["installable"],
        required_for_auto_install=_auto_install(folder, values["auto_install"], depends),
        excludes=tuple(values["excludes"]),
        values=MappingProxyType(values),
    )


def adapt_version(version: str) -> str:
    """Put the series in front of a version that lacks it."""
    if version == SERIES or not version.startswith(SERIES + "."):
        return f"{SERIES}.{version}"
    return version


def missing_dependencies(manifest: Manifest) -> list[str]:
    """What the manifest needs from outside and this machine lacks, one sentence each."""
    external = manifest["external_dependencies"]
    missing = []
    for requirement in external.get("python", ()):
        problem = _python_problem(requirement)
        if problem:
            missing.append(problem)
    for program in external.get("bin", ()):
        if shutil.which(program) is None:
            missing.append(f"the program {program!r} is not in PATH (install the system's package that has it)")
    return missing


def check_dependencies(manifest: Manifest) -> None:
    """`ModuleError` when this machine lacks what the manifest needs from outside."""
    missing = missing_dependencies(manifest)
    if missing:
        raise ModuleError(f"Module {manifest.name!r} cannot be installed: {'; '.join(missing)}")


def _python_problem(requirement: str) -> str | None:
    try:
        wanted = requirements.Requirement(requirement)
    except requirements.InvalidRequirement as error:
        return f"the Python requirement {requirement!r} cannot be read: {error}"
    if wanted.marker is not None and not wanted.marker.evaluate():
        return None
    if wanted.name.lower() in STOOD_FOR:
        return None
    try:
        found = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        # Many manifests name the import instead of the distribution.
        try:
            is_importable = importlib.util.find_spec(wanted.name.replace("-", "_")) is not None
        except (ImportError, ValueError):
            is_importable = False
        how = f"pip install '{requirement}'"
        return None if is_importable else f"the Python package {requirement!r} is not installed ({how})"
    if not wanted.specifier.contains(found, prereleases=True):
        how = f"pip install --upgrade '{requirement}'"
        return f"the Python package {requirement!r} is needed, {found} is installed ({how})"
    return None


def _fresh(value: Any) -> Any:
    return value.copy() if isinstance(value, list | dict) else value


def _strings(folder: Path, key: str, value: Any) -> list[str]:
    if isinstance(value, str) or not all(isinstance(item, str) for item in value or ()):
        raise ModuleError(f"{folder}: the manifest key {key!r} is a list of names, not {value!r}")
    return list(value or ())


def _version(version: Any) -> tuple[str, bool]:
    """The version with its series, and whether it belongs to this series at all."""
    text = str(version)
    return adapt_version(text), VERSION.fullmatch(text) is not None or text == SERIES


def _auto_install(folder: Path, value: Any, depends: tuple[str, ...]) -> frozenset[str] | None:
    if isinstance(value, list | tuple | set | frozenset):
        strangers = sorted(set(value).difference(depends))
        if strangers:
            raise ModuleError(
                f"{folder}: auto_install names {', '.join(strangers)}, which depends does not list; "
                "only dependencies can draw a module in"
            )
        return frozenset(value)
    return frozenset(depends) if value else None


def _description(folder: Path) -> str:
    for name in ("README.rst", "README.md", "README.txt", "README"):
        path = folder / name
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")
    return ""


def _icon(name: str, folder: Path) -> str:
    own = "/static/description/icon.png"
    return f"/{name}{own}" if (folder / own[1:]).is_file() else f"/base{own}"
