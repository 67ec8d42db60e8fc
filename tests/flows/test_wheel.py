"""The wheel is whole: installed where nothing else of ours is, it answers and serves."""

from __future__ import annotations

import re
from email import message_from_string
from pathlib import Path
from zipfile import ZipFile

import pytest
import requests

from fondaco.cli.main import VERSION_LINE
from tests import wheel
from tests.fix_server import serving


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The wheel; beside it a virtual environment in which it is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    found = wheel.built(folder)
    wheel.installed(found, folder / "venv", from_index=False)
    return found


def test_k2_every_file_of_the_package_is_in_the_wheel(made) -> None:
    assert wheel.files_of_the_wheel(made) == wheel.files_of_the_package()


def test_k2_what_pip_installed_answers_by_both_names_and_serves(made, config, database, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    programs = made.parent / "venv/bin"

    place = wheel.run(programs / "python", "-c", "import fondaco; print(fondaco.__file__)", cwd=tmp_path)
    versions = {
        wheel.run(programs / "fondaco", "--version"),
        wheel.run(programs / "python", "-m", "fondaco", "--version", cwd=tmp_path),
    }
    with serving(config, database, tmp_path, program=[str(programs / "fondaco")]) as server:
        page = requests.get(f"{server.url}/web/login", timeout=60)
        links = set(re.findall(r'(?:href|src)="(/web/(?:assets|static)/[^"]+)"', page.text))
        answers = {link: requests.get(server.url + link, timeout=60).status_code for link in links}

    assert place.startswith(str(made.parent / "venv"))
    assert versions == {VERSION_LINE}
    assert (page.status_code, 'name="password"' in page.text) == (200, True)
    assert answers and set(answers.values()) == {200}


def test_k2_the_wheel_says_what_it_is(made) -> None:
    archive = ZipFile(made)
    (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    said = message_from_string(archive.read(name).decode())

    assert (said["Name"], said["Requires-Python"], said["Description-Content-Type"]) == (
        "fondaco", ">=3.11", "text/markdown",
    )  # fmt: skip
    assert said["License-Expression"].startswith("LGPL-3.0-or-later")
    assert {"LICENSE", "LICENSE.GPL"} <= set(said.get_all("License-File"))
    assert said.get_payload().startswith("# Fondaco")
