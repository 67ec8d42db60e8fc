"""What root begins, the account of the server does: no file of root's lies among those of the server."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

TRIAL = """
import os, sys
from fondaco.cli.account import become_owner
print(become_owner(sys.argv[1], sys.argv[2:]), os.environ["HOME"])
open(sys.argv[1] + "/made", "w").close()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder to which any account finds its way."""
    if os.geteuid() != 0:
        pytest.skip("only root can go on as another account")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        os.chmod(place, 0o711)
        (Path(place) / "data").mkdir(mode=0o755)
        yield Path(place) / "data"


def made_in(folder: Path, *within: str, program: Path | str = "/usr") -> str:
    command = [*within, sys.executable, "-c", TRIAL, str(folder), str(program)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


def test_root_goes_on_as_the_owner_of_the_data_directory(folder: Path) -> None:
    account = pwd.getpwnam("nobody")
    os.chown(folder, account.pw_uid, account.pw_gid)

    said = made_in(folder)

    assert said == f"nobody {account.pw_dir}"
    assert ((folder / "made").stat().st_uid, (folder / "made").stat().st_gid) == (account.pw_uid, account.pw_gid)


@pytest.mark.parametrize("owner", [0, 4_000_000])
def test_root_stays_root_where_the_directory_is_its_own_or_nobody_is_known_by_its_number(folder, owner) -> None:
    os.chown(folder, owner, owner)

    made_in(folder)

    assert (folder / "made").stat().st_uid == 0


def test_root_that_may_not_change_its_account_goes_on_as_it_is(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)

    made_in(folder, "setpriv", "--bounding-set=-setgid,-setuid", "--inh-caps=-setgid,-setuid")

    assert (folder / "made").stat().st_uid == 0


def test_root_stays_root_where_the_program_is_out_of_the_accounts_reach(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    (folder.parent / "private").mkdir(mode=0o700)
    (folder.parent / "private" / "python").mkdir()

    made_in(folder, program=folder.parent / "private" / "python")

    assert (folder / "made").stat().st_uid == 0
