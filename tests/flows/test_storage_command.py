"""`fondaco storage`: files move between disk and bucket, by a plan that is printed first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fondaco.config import Config
from fondaco.storage.stores import store_of
from tests.fix_s3 import S3, SECRET_KEY
from tests.fix_server import Fondaco


@pytest.fixture
def file(s3: S3, tmp_path: Path) -> str:
    """A configuration with the lines that the manual prints."""
    path = tmp_path / "odoo.conf"
    path.write_text(f"[options]\n{s3.lines}")
    return str(path)


def test_r1_files_move_to_the_bucket_and_back(
    fondaco: Fondaco, database: str, s3: S3, file: str, config: Config
) -> None:
    here = store_of(config, database)
    key = here.write(b"moving")
    count = len(list(here.sizes()))
    move = ("storage", "migrate", "s3", "-d", database, "-c", file)

    planned = fondaco.run(*move, "--dry-run", check=True)
    assert planned.stdout.startswith(f"{database}: {count} files,") and s3.names() == []

    fondaco.run(*move, check=True)
    assert f"{database}/{key}" in s3.names() and len(s3.names()) == count and list(here.sizes()) == []
    again = fondaco.run(*move, "--json", check=True)
    assert json.loads(again.stdout) == [{"database": database, "files": 0, "bytes": 0}]
    verified = fondaco.run("storage", "verify", "--content", "-d", database, "-c", file, check=True)
    assert " 0 missing, 0 damaged" in verified.stdout

    fondaco.run("storage", "migrate", "local", "-d", database, "-c", file, check=True)
    assert here.read(key) == b"moving" and len(list(here.sizes())) == count


def test_r1_objects_that_a_dropped_database_left_are_removed(
    fondaco: Fondaco, database: str, s3: S3, file: str, config: Config
) -> None:
    left = store_of(config.replace(**s3.settings), "dropped")
    left.write(b"left")

    kept = fondaco.run("storage", "drop", database, "-c", file)
    planned = fondaco.run("storage", "drop", "dropped", "--dry-run", "-c", file, check=True)
    assert (kept.returncode, planned.stdout) == (5, "dropped: 1 files would be removed\n")
    assert len(s3.names()) == 1

    fondaco.run("storage", "drop", "dropped", "-c", file, check=True)
    assert s3.names() == []


def test_r2_the_commands_say_what_is_missing(fondaco: Fondaco, database: str, s3: S3, file: str) -> None:
    nowhere = fondaco.run("storage", "migrate", "s3", "-d", database)
    s3.stop()
    away = fondaco.run("storage", "verify", "-d", database, "-c", file)

    assert (nowhere.returncode, "names no bucket" in nowhere.stderr) == (2, True)
    assert (away.returncode, s3.endpoint in away.stderr) == (1, True)
    assert SECRET_KEY not in away.stdout + away.stderr
