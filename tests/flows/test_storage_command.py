"""`fondaco storage`: files move between disk and bucket, by a plan that is printed first."""

from __future__ import annotations

import json

import pytest

from fondaco.config import Config
from fondaco.storage.stores import store_of
from tests.fix_s3 import S3, SECRET_KEY
from tests.fix_server import Fondaco


@pytest.fixture
def variables(s3: S3) -> dict[str, str]:
    return {
        "FONDACO_IR_ATTACHMENT_LOCATION": s3.settings["ir_attachment.location"],
        "FONDACO_IR_ATTACHMENT_CONFIG": json.dumps(s3.settings["ir_attachment.config"]),
    }


def test_r1_files_move_to_the_bucket_and_back(
    fondaco: Fondaco, database: str, s3: S3, variables: dict[str, str], config: Config
) -> None:
    here = store_of(config, database)
    key = here.write(b"moving")
    count = len(list(here.sizes()))
    move = ("storage", "migrate", "s3", "-d", database)

    planned = fondaco.run(*move, "--dry-run", check=True, **variables)
    assert planned.stdout.startswith(f"{database}: {count} files,") and s3.names() == []

    fondaco.run(*move, check=True, **variables)
    assert f"{database}/{key}" in s3.names() and len(s3.names()) == count and list(here.sizes()) == []
    again = fondaco.run(*move, "--json", check=True, **variables)
    assert json.loads(again.stdout) == [{"database": database, "files": 0, "bytes": 0}]
    verified = fondaco.run("storage", "verify", "--content", "-d", database, check=True, **variables)
    assert " 0 missing, 0 damaged" in verified.stdout

    fondaco.run("storage", "migrate", "local", "-d", database, check=True, **variables)
    assert here.read(key) == b"moving" and len(list(here.sizes())) == count


def test_r2_the_commands_say_what_is_missing(
    fondaco: Fondaco, database: str, s3: S3, variables: dict[str, str]
) -> None:
    nowhere = fondaco.run("storage", "migrate", "s3", "-d", database)
    s3.stop()
    away = fondaco.run("storage", "verify", "-d", database, **variables)

    assert (nowhere.returncode, "names no bucket" in nowhere.stderr) == (2, True)
    assert (away.returncode, s3.endpoint in away.stderr) == (1, True)
    assert SECRET_KEY not in away.stdout + away.stderr
