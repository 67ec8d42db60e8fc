"""Row O1: a repository on another machine, reached over SSH as `sftp:` has it; a real server of SSH on loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fondaco.backup import run
from fondaco.backup.place import place_of
from fondaco.config import Config
from tests.backup.conftest import PASSWORD, nothing
from tests.backup.light_key import lighten
from tests.fix_server import free_port
from tests.processes import ended

START_S = 60


def _until_open(port: int) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail("sshd does not answer")


@pytest.fixture
def over_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a folder on a machine that is reached by SSH with a key; both are this one."""
    found = {name: shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("sshd", "ssh", "ssh-keygen")}
    if None in found.values():
        pytest.skip("no sshd, ssh or ssh-keygen here: see tests/programs.sh")
    if os.geteuid():
        pytest.skip("a server of SSH that lets in needs root")
    home, port = Path(tempfile.mkdtemp(prefix="backup-ssh-")), free_port()
    for name in ("host", "key"):
        subprocess.run(
            [found["ssh-keygen"], "-q", "-t", "ed25519", "-N", "", "-f", home / name], check=True, timeout=30
        )
    (home / "authorized").write_text((home / "key.pub").read_text())
    (home / "known").write_text(f"[127.0.0.1]:{port} {(home / 'host.pub').read_text()}")
    (home / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {home}/host\nAuthorizedKeysFile {home}/authorized\nPidFile none\n"
        "PermitRootLogin prohibit-password\nPasswordAuthentication no\nUsePAM no\n"
        "StrictModes no\nSubsystem sftp internal-sftp\n"
    )
    # ssh reads the file of the account, not of HOME: a program of its name, before it in the path, says which is ours.
    programs = home / "programs"
    programs.mkdir()
    (programs / "ssh").write_text(
        f'#!/bin/sh\nexec {found["ssh"]} -F none -i {home}/key -o UserKnownHostsFile={home}/known "$@"\n'
    )
    (programs / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd shuts in who has not said who he is
    with (tmp_path / "sshd.log").open("wb") as log:
        process = subprocess.Popen([found["sshd"], "-D", "-e", "-f", home / "sshd_config"], stdout=log, stderr=log)
    try:
        _until_open(port)
        yield f"sftp://root@127.0.0.1:{port}/{tmp_path}/afar"
    finally:
        ended(process)
        shutil.rmtree(home)


def test_o1_a_backup_lies_on_another_machine_and_comes_back_over_ssh(
    settings: Callable[..., Config], over_ssh: str, tmp_path: Path
) -> None:
    repository = run.ready(place_of(settings(backup_repository=over_ssh)))
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "file").write_bytes(b"over ssh")

    lighten(tmp_path / "afar", PASSWORD)
    repository.add(tmp_path / "content", "shop", datetime(2026, 11, 28, tzinfo=UTC), nothing)

    (kept,) = repository.backups("shop")
    repository.fetch(kept, tmp_path / "back")
    assert [path.read_bytes() for path in (tmp_path / "back").rglob("file")] == [b"over ssh"]
    assert (tmp_path / "afar" / "config").is_file()
