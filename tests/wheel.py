"""`python -m tests.wheel` makes the wheel and the source archive, installs the wheel as a stranger would, and looks.

It has the package index give what the wheel requires, in a virtual environment that knows nothing of this folder:
databases are made by it, the first of the image, and the page to log in is served. The tests do the same with the
libraries of the run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
from pathlib import Path
from zipfile import ZipFile

import requests

from fondaco.config import Config
from tests.fix_server import serving

ROOT = Path(__file__).parents[1]
PARTS = ("pyproject.toml", "README.md", "LICENSE", "LICENSE.GPL", "src")
PATIENCE_S = 600
BUILD = "import setuptools.build_meta as backend, sys; print(getattr(backend, sys.argv[1])(sys.argv[2]))"


def run(*words: str | Path, cwd: Path | None = None) -> str:
    """What a program says, far from the variables that lead to this folder."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHONPATH", "FONDACO_"))}
    command = [str(word) for word in words]
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def built(folder: Path, kind: str = "wheel") -> Path:
    """The wheel, or the archive of kind "sdist", of a copy of this folder: building leaves files beside the source."""
    source = folder / "source"
    if not source.exists():
        source.mkdir()
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                shutil.copy(ROOT / part, source / part)
    made = run(sys.executable, "-c", BUILD, f"build_{kind}", folder, cwd=source).splitlines()[-1]
    return folder / made


def installed(wheel: Path, folder: Path, *, from_index: bool) -> Path:
    """The `bin` of a fresh virtual environment with the wheel; not from_index: with the libraries of this Python,
    which are found by their place, so that a Fondaco among them that is edited in place is not."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile"]
    if from_index:
        run(*pip, wheel)
    else:
        run(*pip, "--no-deps", "--no-index", wheel)
        place = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
        libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (Path(place) / "libraries_of_the_run.pth").write_text("\n".join(sorted(libraries)) + "\n")
    return folder / "bin"


def files_of_the_package() -> set[str]:
    """What is in the folder of the package, by path below it."""
    package = ROOT / "src/fondaco"
    found = (path.relative_to(package) for path in package.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


def files_of_the_wheel(wheel: Path) -> set[str]:
    return {name.removeprefix("fondaco/") for name in ZipFile(wheel).namelist() if name.startswith("fondaco/")}


def files_of_the_archive(archive: Path) -> set[str]:
    root = f"{archive.name.removesuffix('.tar.gz')}/src/fondaco/"
    with tarfile.open(archive) as packed:
        return {one.name.removeprefix(root) for one in packed if one.isfile() and one.name.startswith(root)}


def main() -> int:
    expected = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    with tempfile.TemporaryDirectory(prefix="wheel-") as name:
        folder = Path(name)
        print(run(sys.executable, "-m", "fondaco", "db", "image", "--data-dir", folder / "recording"))
        archive, wheel = built(folder, "sdist"), built(folder)
        for made in (archive, wheel):
            print(f"{made.name}: {made.stat().st_size / 2**20:.1f} MiB")
        different = files_of_the_wheel(wheel) ^ files_of_the_archive(archive) | (
            files_of_the_wheel(wheel) ^ files_of_the_package()
        )
        print(f"files that not all three of folder, archive and wheel have: {sorted(different) or 'none'}")
        tool = folder / "twine"
        run(sys.executable, "-m", "venv", tool)
        run(tool / "bin/pip", "install", "--quiet", "twine")
        print(run(tool / "bin/twine", "check", "--strict", archive, wheel))
        programs = installed(wheel, folder / "venv", from_index=True)
        print(f"installed with what the index has, for Python {expected}")
        print(run(programs / "fondaco", "--version"), "|", run(programs / "python", "-m", "fondaco", "--version"))
        data, log = folder / "data", folder / "log"
        print(run(programs / "fondaco", "db", "create", "bare", "--data-dir", data, "--logfile", log))
        is_of_image = "database made of the image" in log.read_text()
        print(f"made of the image: {'yes' if is_of_image else 'no'}")
        print(run(programs / "fondaco", "db", "create", "first", "-i", "contacts,product", "--data-dir", data))
        config = Config.default().replace(data_dir=str(data), max_cron_threads=0)
        with serving(config, "first", folder, program=[str(programs / "fondaco")]) as server:
            page = requests.get(f"{server.url}/web/login", timeout=60)
        print(f"GET /web/login: {page.status_code}, {len(page.content)} bytes")
        return 0 if page.ok and 'name="password"' in page.text and not different and is_of_image else 1


if __name__ == "__main__":
    sys.exit(main())
