"""What a process shares is named by the code it runs, not by the files that lie there when it is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fondaco.modules import fingerprint
from fondaco.modules.importing import import_module, mount
from fondaco.modules.manifest import AddonsPath

MANIFEST = {"depends": ["base"]}


@pytest.fixture
def shelf(folder):
    """The addons path of an addon that only this test has."""
    name = f"marked_{len(list(folder.path.iterdir()))}"
    folder.write(name, MANIFEST, models="ANSWER = 1", **{"data/shelf.xml": "<odoo/>"})
    addons = AddonsPath([str(folder.path)])
    mount(addons)
    return addons, name, folder.path / name


def elsewhere(path: Path) -> str:
    """The fingerprint that a process which begins now gives the addon."""
    program = (
        "import sys; from fondaco.modules import fingerprint; from fondaco.modules.manifest import AddonsPath; "
        "fingerprint.take_up(); print(fingerprint.of_code(AddonsPath([sys.argv[1]]), [sys.argv[2]]))"
    )
    command = [sys.executable, "-c", program, str(path.parent), path.name]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def change(file: Path, text: str) -> None:
    file.write_text(f"{file.read_text()}{text}\n")


def test_processes_with_the_same_files_have_the_same_fingerprint(shelf):
    addons, name, path = shelf
    import_module(name)

    assert fingerprint.of_code(addons, [name]) == elsewhere(path)


def test_code_that_was_changed_after_it_was_imported_is_taken_for_nobody_else_s(shelf):
    addons, name, path = shelf
    import_module(name)
    before = fingerprint.of_code(addons, [name])

    change(path / "models.py", "ANSWER = 2")

    held = fingerprint.of_code(addons, [name])
    assert held not in (before, elsewhere(path))
    assert fingerprint.of_code(addons, [name]) == held


def test_code_that_was_changed_before_it_is_imported_is_that_of_its_files(shelf):
    addons, name, path = shelf
    before = fingerprint.of_code(addons, [name])

    change(path / "models.py", "ANSWER = 2")

    assert before != fingerprint.of_code(addons, [name]) == elsewhere(path)


def test_data_files_are_read_when_they_are_needed(shelf):
    addons, name, path = shelf
    import_module(name)
    before = fingerprint.of_code(addons, [name])

    change(path / "data" / "shelf.xml", "<!-- changed -->")

    assert before != fingerprint.of_code(addons, [name]) == elsewhere(path)
