"""How the Python of an addon is imported: the namespace `odoo.addons` over the addons path.

An addon has one import name, `odoo.addons.<name>`, wherever it lies; Python's own path finder does the rest once
`odoo.addons` has a `__path__`. `odoo` itself and everything else below it belong to `fondaco.alias`, which the first
mount installs.

The namespace belongs to the process, as `sys.modules` does: one addons path per process, which `mount` may extend.
"""

import importlib
import importlib.util
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from fondaco.errors import ModuleError
from fondaco.modules import fingerprint
from fondaco.modules.manifest import AddonsPath, Manifest

log = logging.getLogger(__name__)

NAMESPACE = "odoo.addons"
_after_import_done: set[str] = set()
_mounted: list[AddonsPath] = []


def mount(addons: AddonsPath) -> ModuleType:
    """Make `odoo.addons` a namespace over `addons`; folders mounted before stay, behind the new ones."""
    if addons not in _mounted:
        _mounted.insert(0, addons)
    folders = [str(folder) for folder in addons.folders if folder.is_dir()]
    namespace = sys.modules.get(NAMESPACE)
    if namespace is None:
        parent = _parent()
        namespace = ModuleType(NAMESPACE, "The addons of this process, over the addons path.")
        namespace.__path__ = []
        namespace.__package__ = NAMESPACE
        spec = importlib.util.spec_from_loader(NAMESPACE, loader=None, is_package=True)
        namespace.__spec__ = spec
        sys.modules[NAMESPACE] = namespace
        parent.addons = namespace  # type: ignore[attr-defined]
    mounted = [folder for folder in namespace.__path__ if folder not in folders]
    if list(namespace.__path__) != folders + mounted:
        namespace.__path__ = folders + mounted
        if namespace.__spec__ is not None:
            namespace.__spec__.submodule_search_locations = namespace.__path__
        importlib.invalidate_caches()
    return namespace


def mounted() -> list[Path]:
    """The folders below `odoo.addons`, in order."""
    namespace = sys.modules.get(NAMESPACE)
    return [Path(folder) for folder in namespace.__path__] if namespace is not None else []


def find(name: str) -> Manifest | None:
    """The manifest of an addon of this process."""
    for addons in _mounted:
        manifest = addons.manifest(name)
        if manifest is not None:
            return manifest
    return None


def import_module(module_or_name: Manifest | str) -> ModuleType:
    """Import the addon; its definitions are filed as its classes are made. Runs `post_load` the first time."""
    manifest = find(module_or_name) if isinstance(module_or_name, str) else module_or_name
    if manifest is None:
        raise ModuleError(f"Module {module_or_name!r} is not on the addons path")
    name = f"{NAMESPACE}.{manifest.name}"
    fingerprint.take_up(str(manifest.path))
    if not (manifest.path / "__init__.py").is_file():
        return _without_code(name, manifest)
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise ModuleError(f"Module {manifest.name!r} cannot be imported: {error} ({manifest.path})") from error
    found = Path(str(module.__file__)).parent
    if found.resolve() != manifest.path.resolve():
        raise ModuleError(
            f"Module {manifest.name!r} is imported from {found} already; the addons path has it in {manifest.path}"
        )
    if manifest.name not in _after_import_done:
        _after_import_done.add(manifest.name)
        run_hook(module, manifest["post_load"])
    return module


def run_hook(module: ModuleType, name: str, *args: Any) -> None:
    """Call the function that a manifest names; no name, no call."""
    if not name:
        return
    function: Callable[..., object] | None = getattr(module, name, None)
    if function is None:
        raise ModuleError(f"{module.__name__}: the manifest names the hook {name!r}, its __init__.py defines none")
    log.debug("hook %s of %s", name, module.__name__)
    function(*args)


def _without_code(name: str, manifest: Manifest) -> ModuleType:
    """An addon of data only needs no `__init__.py`; it gets an empty package."""
    module = sys.modules.get(name)
    if module is None:
        module = ModuleType(name)
        module.__path__ = [str(manifest.path)]
        sys.modules[name] = module
    return module


def _parent() -> ModuleType:
    _alias().install()
    return importlib.import_module("odoo")


def announce(registries: Any) -> None:
    """Tell the alias what this process serves, for `odoo.tools.config`, `odoo.registry(db)` and kin."""
    _alias().install(registries=registries)


def _alias() -> Any:
    return importlib.import_module("fondaco.alias")
