"""Every create that was answered is there after the server and PostgreSQL were killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import xmlrpc.client
from pathlib import Path

import pytest

from tests.external_api import service
from tests.fix_server import Fondaco, free_port
from tests.processes import ended, first_line

NOT_CONFIGURED = {f"FONDACO_{name}": None for name in ("DB_HOST", "DB_PORT", "DB_USER", "DB_PASSWORD", "DATA_DIR")}
CREATES = 1000
ENOUGH = 200


def postmaster(data_dir: Path) -> int:
    home = Path((data_dir / "postgresql" / "home").read_text())
    return int((home / "data" / "postmaster.pid").read_text().splitlines()[0])


def start(fondaco: Fondaco, data_dir: Path) -> tuple[int, dict[str, str], subprocess.Popen[str]]:
    process = fondaco.start(
        "demo", "--json", "--http-port", str(free_port()), "--data-dir", str(data_dir), **NOT_CONFIGURED
    )
    line = first_line(process)
    assert line, process.communicate(timeout=60)[1]
    return process.pid, json.loads(line), process


@pytest.mark.slow
def test_what_was_answered_survives_killing_the_server_and_postgresql(fondaco: Fondaco, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    pid, access, process = start(fondaco, data_dir)
    db, login, password = access["database"], access["login"], access["password"]
    answered: dict[int, str] = {}

    def create_until_killed() -> None:
        uid = service(access["url"], "common").authenticate(db, login, password, {})
        models = service(access["url"])
        for number in range(CREATES):
            name = f"answered {number}"
            try:
                created = models.execute_kw(db, uid, password, "res.partner", "create", [{"name": name}])
            except (OSError, xmlrpc.client.Error):
                return
            answered[created] = name  # type: ignore[index]

    client = threading.Thread(target=create_until_killed)
    client.start()
    while len(answered) < ENOUGH and client.is_alive():
        time.sleep(0.01)
    os.kill(postmaster(data_dir), signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    client.join(30)
    process.communicate(timeout=60)
    assert ENOUGH <= len(answered) < CREATES

    _pid, again, process = start(fondaco, data_dir)
    try:
        uid = service(again["url"], "common").authenticate(db, login, password, {})
        models = service(again["url"])
        rows = models.execute_kw(db, uid, password, "res.partner", "read", [list(answered), ["name"]])
    finally:
        ended(process)

    assert {row["id"]: row["name"] for row in rows} == answered  # type: ignore[union-attr]
