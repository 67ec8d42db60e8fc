"""Which tests an addon has: those of the modules `test_*` that its `tests/__init__.py` imports."""

from __future__ import annotations

import importlib
import inspect
import unittest
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from fondaco.errors import ConfigError
from fondaco.modules.importing import NAMESPACE, find, mounted
from fondaco.testing.tags import POSITIONS, TagsSelector, position_of


class NotImportable(unittest.TestCase):
    """Stands for tests that cannot be imported: it fails with the error that this gave."""

    test_tags = frozenset({"standard", *POSITIONS})
    error: Exception

    def imports(self) -> None:
        raise self.error


def get_test_modules(module: str) -> list[ModuleType]:
    """The test modules of an addon, in the order in which they are imported."""
    manifest = find(module)
    if manifest is None or not (manifest.path / "tests" / "__init__.py").is_file():
        return []
    package = importlib.import_module(f"{NAMESPACE}.{module}.tests")
    return [
        value
        for name, value in vars(package).items()
        if inspect.ismodule(value) and name.startswith("test_") and value.__name__.startswith(package.__name__)
    ]


def tests_of(module: str) -> Iterator[unittest.TestCase]:
    """All tests of an addon, by class; classes with a lower `test_sequence` come first."""
    try:
        modules = get_test_modules(module)
    except Exception as error:  # noqa: BLE001  whatever a module does when it is imported: the others are run
        case = type("Tests", (NotImportable,), {"__module__": f"{NAMESPACE}.{module}.tests", "error": error})
        yield case("imports")
        return
    loader = unittest.TestLoader()
    found = [test for test_module in modules for test in flat(loader.loadTestsFromModule(test_module))]
    yield from sorted(found, key=place_of)


def place_of(test: unittest.TestCase) -> int:
    """What its class says of its place among the others; `test_sequence` may as well be the name of a test."""
    place = getattr(test, "test_sequence", 0)
    return place if isinstance(place, int) else 0


def tests_of_file(path: str) -> Iterator[unittest.TestCase]:
    """The tests of one file of an addon."""
    file = Path(path).resolve()
    for folder in mounted():
        if file.is_relative_to(folder.resolve()):
            name = ".".join((NAMESPACE, *file.relative_to(folder.resolve()).with_suffix("").parts))
            yield from flat(unittest.TestLoader().loadTestsFromModule(importlib.import_module(name)))
            return
    raise ConfigError(
        f"--test-file: {path}: no such file in an addon of the addons path; expected .../ADDON/tests/test_*.py"
    )


def flat(suite: Iterable[unittest.TestSuite | unittest.TestCase]) -> Iterator[unittest.TestCase]:
    """The tests of suites within suites."""
    for test in suite:
        if isinstance(test, unittest.TestCase):
            yield test
        else:
            yield from flat(test)


def make_suite(
    module_names: Iterable[str], position: str = "", selector: TagsSelector | None = None
) -> unittest.TestSuite:
    """The tests of these addons that the selector takes; with a position, of these only those that run then."""
    selector = selector or TagsSelector("")
    return unittest.TestSuite(
        test
        for module in module_names
        for test in tests_of(module)
        if (not position or position_of(test) == position) and selector.check(test)
    )
