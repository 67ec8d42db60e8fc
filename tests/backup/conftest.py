"""A repository of restic's for each test, and a database that has something to lose."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fondaco.backup import run
from fondaco.backup.place import place_of
from fondaco.backup.repository import Repository
from fondaco.config import Config
from fondaco.modules.registries import Registries
from fondaco.orm.environment import SUPERUSER_ID, Environment
from tests.backup.light_key import lighten

PASSWORD = "password-of-the-repository"


def nothing(text: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def configured(config: Config, folder: Path, **options: object) -> Config:
    """`config` with a repository in a directory."""
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(f"{PASSWORD}\n")
    ours = {
        "backup_repository": str(folder / "repository"),
        "backup_password_file": str(password),
        "backup_folder": str(folder / "backups"),
    }
    return config.replace(**ours | options)


@pytest.fixture(scope="session", autouse=True)
def _restic() -> None:
    if shutil.which("restic") is None:
        pytest.skip("restic is not installed, which makes the backups: apt install restic")


@pytest.fixture
def settings(config: Config, tmp_path: Path) -> Callable[..., Config]:
    """settings(option=...): the configuration of a repository in a directory of the test's own."""

    return lambda **options: configured(config, tmp_path, **options)


@pytest.fixture(scope="session")
def light_repository(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], object]:
    """light_repository(folder): put an empty repository there that opens at once."""
    place = tmp_path_factory.mktemp("light")
    run.ready(place_of(configured(config, place)))
    lighten(place / "repository", PASSWORD)
    return lambda folder: shutil.copytree(place / "repository", folder)


@pytest.fixture
def repository(
    settings: Callable[..., Config], light_repository: Callable[[Path], object], tmp_path: Path
) -> Repository:
    light_repository(tmp_path / "repository")
    return run.ready(place_of(settings()))


@pytest.fixture
def attach(registries: Registries) -> Iterator[Callable[[str, str], str]]:
    """attach(database, text): a partner and a file in one transaction; the key of the file. What rows name is no
    business of the tests that follow: they are gone after this one however it ends."""
    made: list[tuple[str, int]] = []

    def attach(database: str, text: str) -> str:
        with registries.get(database).cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            env["res.partner"].create({"name": text})
            file = env["ir.attachment"].create({"name": text, "raw": text.encode()})
            env.flush_all()
            made.append((database, file.id))
            return str(file.store_fname)

    yield attach
    for database in {database for database, _file in made}:
        gone = [file for name, file in made if name == database]
        with registries.pools.cursor(database) as cr:
            cr.execute("DELETE FROM ir_attachment WHERE id = ANY(%s)", [gone])
