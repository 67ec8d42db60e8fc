"""A change of the password of PostgreSQL that is killed on the way, or goes through several machines."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fondaco.config.sources import resolve
from fondaco.errors import ConfigError
from fondaco.kit import rotation
from fondaco.kit.rotation import AuthFile
from fondaco.sql.binaries import account_for, run_as
from fondaco.sql.connection import Pools
from fondaco.sql.passwords import BEFORE, is_refusal
from tests.fix_server import free_port
from tests.kit.conftest import SECRETS, Stack
from tests.kit.deployment import PATIENCE_S, wait_until

DIES = """
import os, signal, sys
from pathlib import Path
from fondaco.config.sources import resolve
from fondaco.kit.rotation import AuthFile, rotate_database
from fondaco.sql.connection import Pools

settings, users, pid, steps = sys.argv[1:]
told = []

def tell(text):
    told.append(text)
    if len(told) == int(steps):
        os.kill(os.getpid(), signal.SIGKILL)

rotate_database(Pools(resolve({"config": settings}, {})), AuthFile(Path(users), int(pid)), tell=tell)
"""


class Node:
    """A machine with servers: its configuration file, and the PgBouncer that they go through."""

    def __init__(self, folder: Path, stack: Stack, pooler: Path, port: int) -> None:
        self.settings, self.pooler, self.port = folder / "erp.conf", pooler, port
        folder.mkdir()
        lines = {"db_host": "127.0.0.1", "db_port": port, "db_user": "erp", "db_pgbouncer": True,
                 "db_password": SECRETS["database-password"], "db_direct_host": "127.0.0.1",
                 "db_direct_port": stack.port, "data_dir": folder / "data"}  # fmt: skip
        self.settings.write_text("".join(["[options]\n", *(f"{key} = {value}\n" for key, value in lines.items())]))
        self.server = Pools(self.read())
        """Of a server that has served since before any change"""

    def read(self):
        """The configuration, as a server that starts now reads it."""
        return resolve({"config": str(self.settings)}, {})

    def secret(self, *words: object) -> None:
        """`fondaco secret rotate database` on this machine."""
        command = [sys.executable, "-m", "fondaco", "secret", "rotate", "database", *map(str, words)]
        command += ["-c", str(self.settings)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr

    def change(self) -> list[str]:
        """The same, in this process; what it told."""
        told, pools = [], Pools(self.read())
        users = AuthFile(self.pooler / "userlist.txt", pid_of(self.pooler))
        rotation.rotate_database(pools, users, tell=told.append)
        pools.close()
        return told

    def connects(self) -> None:
        """Both the server of before and one that starts now are let in anew, or it raises."""
        for pools in (self.server, Pools(self.read())):
            with pools.cursor("erp") as cr:
                cr.execute("SELECT 1")
            pools.close()


@pytest.fixture
def node(stack, tmp_path) -> Iterator[Node]:
    """The machine of the stack, with the password of the kit before and after."""
    users = AuthFile(stack.folder / "userlist.txt", pid_of(stack.folder))
    verifier = re.search(r'^"erp" "(.*)"$', users.path.read_text(), re.MULTILINE)[1]
    made = Node(tmp_path / "node", stack, stack.folder, stack.pooler)
    yield made
    made.server.close()
    with stack.superuser() as postgres:
        postgres.execute(f"ALTER ROLE erp PASSWORD '{verifier}'")
    users.set("erp", verifier)
    wait_until(lambda: is_let_in(made, SECRETS["database-password"]), "the password of the kit is back")


@pytest.fixture
def second_pooler(stack, node) -> Iterator[tuple[Path, int]]:
    """The folder and the port of another PgBouncer before the same PostgreSQL."""
    folder, port, account = Path(tempfile.mkdtemp(prefix="kit-second-")), free_port(), account_for()
    text = (stack.folder / "pgbouncer.ini").read_text().replace(str(stack.folder), str(folder))
    (folder / "pgbouncer.ini").write_text(text.replace(f"listen_port = {stack.pooler}", f"listen_port = {port}"))
    shutil.copy(stack.folder / "userlist.txt", folder)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    try:
        assert run_as(account, [program, "-q", "-d", folder / "pgbouncer.ini"]).returncode == 0
        yield folder, port
    finally:
        os.kill(pid_of(folder), signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


def pid_of(folder: Path) -> int:
    """The PgBouncer of a folder, which writes its number down once it serves."""
    path = folder / "pgbouncer.pid"
    wait_until(lambda: path.exists() and path.read_text().strip().isdigit(), f"{path} names a process")
    return int(path.read_text())


def is_let_in(node: Node, password: str) -> bool:
    """Whether this password is taken, by PgBouncer and by PostgreSQL."""
    try:
        psycopg.connect(host="127.0.0.1", port=node.port, user="erp", password=password, dbname="erp").close()
    except psycopg.OperationalError as error:
        assert is_refusal(error), error
        return False
    return True


@pytest.mark.parametrize("steps", [1, 2, 3], ids=["in the file", "in PostgreSQL", "in PgBouncer"])
def test_b4_a_change_that_was_killed_between_two_steps_is_taken_up(node, stack, steps) -> None:
    users, pid = stack.folder / "userlist.txt", pid_of(stack.folder)
    command = [sys.executable, "-c", DIES, str(node.settings), str(users), str(pid), str(steps)]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    begun = node.read()

    taken_up = node.change()

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert "interrupted is taken up" in taken_up[0]
    assert begun[BEFORE] == SECRETS["database-password"] != begun["db_password"] == node.read()["db_password"]
    assert BEFORE not in node.read().sources
    assert is_let_in(node, begun["db_password"]) and not is_let_in(node, begun[BEFORE])
    node.connects()


def test_b4_machines_that_share_postgresql_change_its_password_and_nobody_is_refused(
    node, stack, second_pooler, tmp_path
) -> None:
    nodes = [
        node,
        Node(tmp_path / "own pooler", stack, *second_pooler),
        Node(tmp_path / "no pooler", stack, stack.folder, stack.pooler),
    ]
    let_in, wrong, is_over = Counter(), [], threading.Event()

    def keep_connecting(number: int) -> None:
        while not is_over.is_set():
            try:
                nodes[number].connects()
                let_in[number] += 1
            except Exception as error:
                wrong.append((number, repr(error)))
            is_over.wait(0.05)

    threads = [threading.Thread(target=keep_connecting, args=(number,)) for number in range(len(nodes))]
    (tmp_path / "new").write_text("a-password-for-all-of-them")
    try:
        for thread in threads:
            thread.start()
        nodes[0].secret("--prepare", "--password-file", tmp_path / "new")
        for each in nodes[1:]:
            rotation.prepare_database(each.read(), "a-password-for-all-of-them")
        nodes[0].change()
        nodes[1].change()
        nodes[2].secret("--finish")
        seen = Counter(let_in)
        numbers = range(len(nodes))
        wait_until(lambda: bool(wrong) or all(let_in[n] > seen[n] + 1 for n in numbers), "all are let in again")
    finally:
        is_over.set()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert wrong == []
    assert all(BEFORE not in each.read().sources for each in nodes)
    assert [is_let_in(each, "a-password-for-all-of-them") for each in nodes] == [True] * 3
    assert [is_let_in(each, SECRETS["database-password"]) for each in nodes] == [False] * 3
    with pytest.raises(ConfigError, match="nothing to finish"):
        rotation.finish_database(nodes[2].server, print)
    for each in nodes[1:]:
        each.server.close()
