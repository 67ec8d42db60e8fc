"""The command line of the backups, as an operator types it (rows O1 to O3)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import create_autospec

import pytest

from fondaco.backup.drill import drill
from fondaco.backup.repository import DATABASE, Backup, Repository
from fondaco.backup.wal import LOG
from fondaco.cli import backup
from fondaco.config import Config
from fondaco.modules import databases
from fondaco.modules.registries import Registries
from fondaco.sql.databases import exists, list_databases
from fondaco.storage.stores import store_of
from tests.backup.conftest import PASSWORD
from tests.backup.light_key import lighten
from tests.fix_server import Fondaco


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A configuration with the lines that the manual prints."""
    (tmp_path / "password").touch(mode=0o600)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    path = tmp_path / "odoo.conf"
    path.write_text(
        f"[options]\nbackup_repository = {tmp_path}/repository\nbackup_password_file = {tmp_path}/password\n"
        f"backup_folder = {tmp_path}/backups\n"
    )
    return str(path)


def test_o3_a_drill_measures_the_way_back_and_leaves_nothing(
    fondaco: Fondaco, registries: Registries, database: str, file: str, tmp_path: Path
) -> None:
    first = fondaco.run("backup", "run", database, "--no-verify", "-c", file, check=True)
    assert "not compared yet" in first.stdout and PASSWORD not in first.stdout + first.stderr
    lighten(tmp_path / "repository", PASSWORD)

    done = fondaco.run("backup", "drill", database, "--json", "-c", file, check=True)

    (report,) = json.loads(done.stdout)
    assert report["database"] == database and report["rows"] > 1000
    assert min(report[key] for key in ("backup_s", "verify_s", "rto_s", "rpo_s")) > 0
    (kept,) = (tmp_path / "backups" / "drills").iterdir()
    assert json.loads(kept.read_text()) == report
    assert (
        f'fondaco_backup_rto_seconds{{database="{database}"}} {report["rto_s"]}'
        in (tmp_path / "backups" / "fondaco_backup.prom").read_text()
    )

    listed = fondaco.run("backup", "list", "--json", "-c", file, check=True)
    assert [backup["database"] for backup in json.loads(listed.stdout)] == [database, database]
    taken = fondaco.run("backup", "restore", database, database, "-c", file)
    assert (taken.returncode, "is left alone" in taken.stderr) == (5, True)


def test_logs_without_a_base_promise_no_moment(capsys: pytest.CaptureFixture[str]) -> None:
    log = Backup("l", "epoch", datetime(2026, 5, 1, tzinfo=UTC))
    repository = create_autospec(Repository, instance=True)
    repository.backups.side_effect = lambda kind=DATABASE: [log] if kind == LOG else []

    backup._list(argparse.Namespace(databases=[], json=False), Config.default(), repository)

    assert "can be had" not in capsys.readouterr().err


def test_o3_a_drill_is_hidden_from_people_and_from_the_night(
    registries: Registries, repository: Repository, database: str
) -> None:
    sides: list[str] = []

    def look(text: str, done: int, total: int) -> None:
        if text.startswith("serving "):
            side = text.removeprefix("serving ")
            assert side in list_databases(registries.pools, hidden=True)
            assert side not in databases.names(registries)
            sides.append(side)

    drill(registries, repository, database, look)

    (side,) = sides
    assert not exists(registries.pools, side)


def test_o1_nothing_old_goes_in_the_night_in_which_files_went_missing(
    fondaco: Fondaco, registries: Registries, database: str, file: str, attach: Callable[[str, str], str],
    light_repository: Callable[[Path], object], tmp_path: Path,
) -> None:  # fmt: skip
    """A file that is lost for good is told each night, and does not keep the old ones for ever."""
    light_repository(tmp_path / "repository")
    key = attach(database, "lost for good")
    store_of(registries.config, database).path(key).unlink()

    first, second = (fondaco.run("backup", "run", database, "--no-verify", "-c", file) for _night in range(2))

    told = f"a row names a file that was not there: {key}"
    assert first.returncode == 1 and told in first.stdout and "1 more files are missing" in first.stdout
    assert "beyond those to keep" not in first.stderr
    assert second.returncode == 0 and told in second.stdout and "more files" not in second.stdout
    assert "beyond those to keep" in second.stderr


def test_o1_the_command_says_what_is_missing(fondaco: Fondaco, file: str) -> None:
    unset = fondaco.run("backup", "list")
    none = fondaco.run("backup", "list", "-c", file)
    unknown = fondaco.run("backup", "run", "nobody", "-c", file)
    program = fondaco.run("backup", "list", "-c", file, PATH="/nowhere")

    assert (unset.returncode, "backup_repository is not set" in unset.stderr) == (2, True)
    assert (none.returncode, "`fondaco backup run` makes it" in none.stderr) == (3, True)
    assert (unknown.returncode, "database 'nobody' does not exist" in unknown.stderr) == (3, True)
    assert (program.returncode, "apt install restic" in program.stderr) == (2, True)
