"""How `import odoo` works without a package of that name: modules made on first use from one table.

A module of the alias looks its names up when they are first asked for and keeps them: the objects are ours, never
wrappers. `odoo.addons` is a namespace that `fondaco.modules.importing` mounts over the addons path.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from fondaco.alias.names import NAMES, Target
from fondaco.values.deferred import Postponed

_ADDONS = "odoo.addons"
_DRIVER = "psycopg2"
_ABSENT = object()
_PYTHONS = frozenset({"Warning", "round"})
"""Names that would hide Python's own from whoever imports all names of a module."""


class AliasModule(ModuleType):
    """A module whose names are looked up in the table when they are first used."""

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":  # else `import *` brings what somebody happened to use before
            return sorted(name for name in _served(self.__name__) if name[0] != "_" and name not in _PYTHONS)
        if name.startswith("__") and name not in {"__version__"}:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = resolve(self.__name__, name)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: object) -> None:
        # Python sets a submodule on its package once imported; where the table has an object of that name
        # (`odoo.tools.config` is both), the object stays.
        names = NAMES.get(self.__name__, {})
        if isinstance(value, AliasModule) and name in names:
            value = resolve(self.__name__, name)
        target = names.get(name)
        if isinstance(target, Target) and target.is_seam:
            setattr(importlib.import_module(target.module), target.attribute, value)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_served(self.__name__)})


def _served(module: str) -> set[str]:
    return {*NAMES.get(module, {}), *submodules(module)}


def submodules(package: str) -> list[str]:
    """The names of the alias modules directly below `package`."""
    start = package + "."
    return [name[len(start) :] for name in known_modules() if name.startswith(start) and "." not in name[len(start) :]]


def known_modules() -> list[str]:
    """Every module of the alias, in the order of the table."""
    return list(NAMES)


def resolve(module: str, name: str) -> Any:
    """The object that `module` calls `name`; AttributeError when the alias does not have it."""
    target = NAMES.get(module, {}).get(name, _ABSENT)
    if target is _ABSENT:
        if name in submodules(module) or f"{module}.{name}" == _ADDONS:
            return importlib.import_module(f"{module}.{name}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    return fetch(target)


def fetch(target: Any) -> Any:
    """The object behind a row of the table: what a Target points at, or the value itself."""
    if not isinstance(target, Target):
        return target
    found: Any = importlib.import_module(target.module)
    for part in filter(None, target.attribute.split(".")):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    return found


def _is_real_addon(fullname: str, path: Sequence[str] | None) -> bool:
    """Whether a module that the table has for lack of an addon is there: then it is the addon's."""
    return fullname.startswith(f"{_ADDONS}.") and importlib.machinery.PathFinder.find_spec(fullname, path) is not None


class DriverFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `psycopg2`, whose other modules are there once it is."""

    def __init__(self) -> None:
        self.shim: Any = Postponed("fondaco.sql.psycopg2_shim")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(_DRIVER, self, is_package=True) if fullname == _DRIVER else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = sys.modules[self.shim.__name__]
        spec.loader_state = module.__spec__  # it keeps its own, under which it is known to us
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__ = module.__spec__.loader_state
        self.shim.install()


class AliasFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of the table, and no others."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "odoo" and not fullname.startswith("odoo."):
            return None
        if fullname in NAMES and not _is_real_addon(fullname, path):
            return importlib.machinery.ModuleSpec(fullname, self, origin="fondaco", is_package=True)
        if fullname == _ADDONS:
            # Not mounted yet: an empty namespace, over which the addons path is laid later.
            return importlib.machinery.ModuleSpec(fullname, self, origin="fondaco", is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return ModuleType(spec.name) if spec.name == _ADDONS else AliasModule(spec.name, "Names of fondaco for addons.")

    def exec_module(self, module: ModuleType) -> None:
        module.__path__ = []
        for name, target in NAMES.get(module.__name__, {}).items():
            # From the start, so that who replaces a seam for a while (a mock) finds what to put back.
            if isinstance(target, Target) and target.is_seam:
                getattr(module, name)


_finder, _driver = AliasFinder(), DriverFinder()


def install() -> None:
    """Make `import odoo` answer from the table from now on, in this process; again changes nothing."""
    if _finder not in sys.meta_path:
        # First, so that an installed distribution called odoo cannot be found instead.
        sys.meta_path.insert(0, _finder)


def install_driver() -> None:
    """Serve `psycopg2` over our driver, where that room is built: loaded when somebody asks for it."""
    if _DRIVER in sys.modules:
        _driver.shim.install()
    if _driver in sys.meta_path or importlib.util.find_spec("fondaco.sql.psycopg2_shim") is None:
        return
    sys.meta_path.insert(0, _driver)
    faces: dict[str, Any] = importlib.import_module("fondaco.sql.link").faces
    faces["connection"] = lambda link: _driver.shim.connection_of(link)
