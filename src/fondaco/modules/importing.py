"""How the Python of an addon is imported: the namespace `odoo.addons` over the addons path.

An addon has one import name, `odoo.addons.<name>`, wherever it lies; Python's own path finder does the rest once
`odoo.addons` has a `__path__`. `odoo` itself and everything else below it belong to `fondaco.alias`, which the first
mount installs.

The namespace belongs to the process, as `sys.modules` does: one addons path per process, which `mount` may extend.
"""

import difflib
import importlib
import importlib.util
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from fondaco.errors import ModuleError
from fondaco.modules import culprit, fingerprint
from fondaco.modules.manifest import AddonsPath, Manifest

log = logging.getLogger(__name__)

NAMESPACE = "odoo.addons"
NO_NAME = re.compile(r"cannot import name '(\w+)'")
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
    with culprit.of(manifest, "importing it", and_then="mend that and try again"):
        module = _imported(name, manifest)
    found = Path(str(module.__file__)).parent
    if found.resolve() != manifest.path.resolve():
        raise ModuleError(
            f"Module {manifest.name!r} is imported from {found} already; the addons path has it in {manifest.path}"
        )
    if manifest.name not in _after_import_done:
        _after_import_done.add(manifest.name)
        try:
            run_hook(module, manifest, "post_load")
        except BaseException:
            _after_import_done.discard(manifest.name)
            raise
    return module


def run_hook(module: ModuleType, manifest: Manifest, kind: str, *args: Any) -> None:
    """Call the function that a manifest names under `kind`; no name, no call."""
    name = manifest[kind]
    if not name:
        return
    function: Callable[..., object] | None = getattr(module, name, None)
    what = f"its {kind} {name!r}"
    if function is None:
        close = difflib.get_close_matches(name, vars(module), 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ModuleError(
            f"Module {manifest.name!r}: the manifest names {name!r} as its {kind}; "
            f"{manifest.path / '__init__.py'} defines or imports no function of that name{hint}"
        )
    culprit.check_call(function, what, manifest, *args, expected="one argument, env" if args else "nothing")
    log.debug("hook %s of %s", name, module.__name__)
    with culprit.of(manifest, what):
        function(*args)


def _imported(name: str, manifest: Manifest) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        error.msg = _reason(error, name, manifest)
        raise


def _reason(error: ImportError, name: str, manifest: Manifest) -> str:
    """What an import lacks, where Python says what it was about to look for."""
    module, _, part = (error.name or "").rpartition(".")
    if not isinstance(error, ModuleNotFoundError):
        wanted = NO_NAME.match(error.msg)
        if wanted is None or "partially initialized" not in error.msg:
            return error.msg
        module, part = error.name or "", wanted[1]
    elif not module.startswith("odoo") and part:
        return (
            f"{error.msg}: `pip install {error.name}` (or what the package is called) and the key external_dependencies"
        )
    elif module == NAMESPACE:
        return f"there is no addon {part!r} on the addons path"
    folder = manifest.path.joinpath(*module.removeprefix(name).split(".")[1:])
    if not f"{module}.".startswith(f"{name}.") or not folder.is_dir() or _is_there(folder, part):
        return error.msg
    return f"{folder} has no {part}.py and no folder {part}, and names nothing {part} itself"


def _is_there(folder: Path, part: str) -> bool:
    return folder.joinpath(f"{part}.py").is_file() or folder.joinpath(part).is_dir()


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
