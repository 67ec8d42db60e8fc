"""How does Fondaco run a PostgreSQL of its own: made, started, shared and stopped under the data directory.

All processes of one data directory share one server. Each holds a shared lock on `users` while it works; the one that
lets go last stops the server. A process that is killed lets go by dying; a server that is killed is started by the
next.

Fondaco's role owns its databases and is no superuser: what runs inside a database (server actions, SQL of addons)
cannot read files of the account or run programs. The superuser has a password of his own, which nothing uses.

Layout of <data_dir>/postgresql:  home (where the rest is, if not here)  users, starting (locks)
password, superuser-password
of its home:  data (the cluster)  binaries-<version> (a copy, if needed)  server.log  socket
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fondaco.errors import DatabaseError
from fondaco.sql.binaries import Account, account_for, binaries_for, is_reachable, major_of, run_as
from fondaco.sql.fragment import SQL
from fondaco.sql.literals import bind

_logger = logging.getLogger(__name__)

USER, SUPERUSER = "fondaco", "postgres"
PORT = 5432
"""Part of the socket's name only: nothing listens on the network."""
LONGEST_SOCKET_PATH = 107
_SOCKET_NAME = f"/.s.PGSQL.{PORT}"
SHARED_HOME = Path("/var/lib/fondaco")
_OWNER = "data-directory"
"""A file in a home under SHARED_HOME: whose it is"""
LEAST_FREE_BYTES = 150 * 2**20
START_TIMEOUT_S, STOP_TIMEOUT_S, POLL_S = 300.0, 60.0, 0.01
ORPHANS_TIMEOUT_S, ORPHANS_PAUSE_S = 20.0, 0.1
_STILL_IN_USE = "is still in use"
NO_PROCESS = 2**30
"""Beyond any system's largest process number"""
MEBIBYTE = 2**20
LOG_TAIL_BYTES = 4096
MAX_LOG_BYTES = 10 * MEBIBYTE


_left_running: list[subprocess.Popen[bytes]] = []
"""Servers of ours that others still use when we let go; kept so that they are asked after when they end."""


@dataclass(frozen=True, slots=True)
class _Postmaster:
    """What postmaster.pid says."""

    pid: int
    socket_directory: str
    status: str


class Embedded:
    """The PostgreSQL of one data directory. `start()` answers how to connect; `stop()` lets go of it."""

    def __init__(self, data_dir: str | os.PathLike[str]) -> None:
        self.folder = Path(data_dir).absolute() / "postgresql"
        self._users: int | None = None
        self._pid = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        return f"<Embedded {self.folder}{' in use' if self._users is not None else ''}>"

    # -- what others call -------------------------------------------------------------------------------------------
    def start(self) -> dict[str, Any]:
        """Make the cluster if there is none, start it unless it runs; db_host, db_port, db_user and db_password."""
        with _as_sentences(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._starting():
                account = account_for()
                home = self._home(account)
                data = home / "data"
                programs = binaries_for(major_of(data), account, home)
                if major_of(data) is None:
                    self._initialise(home, programs, account)
                elif not (self.folder / "superuser-password").exists():
                    _logger.warning(
                        "%s was made by an earlier version, in which the role %r is a superuser: dump the databases "
                        "(fondaco db dump), move this folder away and restore them",
                        self.folder, USER,
                    )  # fmt: skip
                running = _running(data)
                if running is None:
                    running = self._launch(home, programs, account)
                self._users = os.open(self.folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._users, fcntl.LOCK_SH)
                self._pid = os.getpid()
            password = (self.folder / "password").read_text(encoding="utf-8")
        return {"db_host": running.socket_directory, "db_port": PORT, "db_user": USER, "db_password": password}

    def revive(self) -> None:
        """Start the server again if it died while it is in use, also from a forked child."""
        with _as_sentences(self.folder), self._starting():
            account = account_for()
            home = self._home(account)
            if _running(home / "data") is None:
                _logger.warning("postgresql died; it is started again home=%s", home)
                self._launch(home, binaries_for(major_of(home / "data"), account, home), account)

    def stop(self) -> None:
        """Let go of the server; it stops if nobody else uses it. Does nothing in a forked child."""
        if self._users is None or self._pid != os.getpid():
            return
        with self._starting():
            users, self._users = self._users, None
            try:
                # Children that were forked while we held it share our lock; it goes with ours.
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._process is not None:
                    _left_running.append(self._process)
            else:
                self._shut_down()
            finally:
                # Closing alone would leave it to such a child, for as long as that lives.
                fcntl.flock(users, fcntl.LOCK_UN)
                os.close(users)

    # -- where ------------------------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        """One process at a time looks whether the server runs, starts or stops it."""
        lock = os.open(self.folder / "starting", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _home(self, account: Account | None) -> Path:
        """Where the cluster is: here, or in /var/lib if the server's account may not come here."""
        pointer = self.folder / "home"
        if pointer.exists():
            return self._settled(Path(pointer.read_text(encoding="utf-8")), pointer)
        home = self.folder
        if account is not None and not is_reachable(self.folder.parent, account):
            mark = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
            home = SHARED_HOME / f"postgresql-{mark}"
            _sweep_deserted_homes()
            home.mkdir(parents=True, exist_ok=True)
            (home / _OWNER).write_text(str(self.folder), encoding="utf-8")
            if not is_reachable(SHARED_HOME, account):
                raise DatabaseError(
                    f"account {account.name!r} may enter neither {self.folder} nor {SHARED_HOME}; "
                    "choose another --data-dir, run as an ordinary user, or give db_host"
                )
            _logger.warning("%s is closed to account %r; its PostgreSQL is kept in %s", self.folder, account.name, home)
        if account is not None:
            # The way in, and no more: data, password and locks have modes of their own.
            os.chmod(self.folder, 0o711)
            os.chmod(home, 0o711)
        pointer.write_text(str(home), encoding="utf-8")
        return home

    def _settled(self, home: Path, pointer: Path) -> Path:
        """`home`, or where it is since the data directory was moved or copied: a copy never works on the original."""
        if home == self.folder or _is_same(home, self.folder):
            return self.folder
        mark = home / _OWNER
        if not mark.exists():  # it was in the data directory itself
            _logger.warning("%s was moved or copied here; its PostgreSQL is %s from now on", home, self.folder)
            (self.folder / "socket-directory").unlink(missing_ok=True)  # the original's
            pointer.write_text(str(self.folder), encoding="utf-8")
            return self.folder
        owner = Path(mark.read_text(encoding="utf-8"))
        if owner != self.folder and not _is_same(owner, self.folder):
            if owner.exists():
                raise DatabaseError(
                    f"{self.folder} is a copy of {owner}, whose PostgreSQL is kept in {home}: the databases were not "
                    "copied with it. Dump them from there (fondaco db dump) and restore them here, once "
                    f"{self.folder} is deleted; or move the original away, if this one takes its place"
                )
            _logger.warning("%s was moved to %s; its PostgreSQL stays in %s", owner, self.folder, home)
            mark.write_text(str(self.folder), encoding="utf-8")
        return home

    def _socket_directory(self, home: Path, account: Account | None) -> Path:
        """A directory for the socket, reachable and with a path short enough for the kernel."""
        recorded = home / "socket-directory"
        candidates = [home / "socket"]
        if recorded.exists():
            candidates.append(Path(recorded.read_text(encoding="utf-8")))
        owner = account.uid if account else os.getuid()
        for directory in candidates:
            if len(os.fsencode(directory)) + len(_SOCKET_NAME) <= LONGEST_SOCKET_PATH:
                with contextlib.suppress(FileExistsError):
                    directory.mkdir(mode=0o700)
                    if account:
                        os.chown(directory, account.uid, account.gid)
                status = directory.lstat()
                # In /tmp anybody could have put a directory of this name.
                if stat.S_ISDIR(status.st_mode) and status.st_uid == owner:
                    return directory
        directory = Path(tempfile.mkdtemp(prefix="fondaco-", dir="/tmp"))
        if account:
            os.chown(directory, account.uid, account.gid)
        recorded.write_text(str(directory), encoding="utf-8")
        return directory

    # -- making -----------------------------------------------------------------------------------------------------
    def _initialise(self, home: Path, programs: Path, account: Account | None) -> None:
        """Make the cluster aside and put it in place complete: an interrupted attempt leaves nothing that counts."""
        free = shutil.disk_usage(home).free
        if free < LEAST_FREE_BYTES:
            raise DatabaseError(
                f"{home} has {free // MEBIBYTE} MB free, a new PostgreSQL needs {LEAST_FREE_BYTES // MEBIBYTE} MB: "
                "free some space or choose another place with --data-dir"
            )
        started = time.monotonic()
        password, superuser_password = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        draft = home / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password_file = home / "password.new"
        _write_secret(password_file, superuser_password)
        if account:
            for path in (draft, password_file):
                os.chown(path, account.uid, account.gid)
        command = [
            programs / "initdb", "--pgdata", draft, "--username", SUPERUSER, "--pwfile", password_file,
            "--auth", "scram-sha-256", "--data-checksums", "--encoding", "UTF8", *_locale_options(programs),
        ]  # fmt: skip
        try:
            done = run_as(account, command)
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise DatabaseError(_sentence_for(done.stdout.decode(errors="replace"), "initdb", draft))
        self._create_role(draft, programs, account, password)
        with open(draft / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write("\n# Fondaco's defaults; change them as you like.\n")
            file.writelines(f"{name} = {value}\n" for name, value in _settings().items())
        _write_secret(self.folder / "password", password)
        _write_secret(self.folder / "superuser-password", superuser_password)
        draft.rename(home / "data")
        _logger.info("postgresql initialised home=%s seconds=%.1f", home, time.monotonic() - started)

    def _create_role(self, draft: Path, programs: Path, account: Account | None, password: str) -> None:
        """Make the role that Fondaco works with, before anybody can connect. The statement is no argument of a program:
        others could read it there."""
        statement = SQL(
            "CREATE ROLE %s LOGIN CREATEDB NOCREATEROLE NOSUPERUSER PASSWORD %s", SQL.identifier(USER), password
        )
        with tempfile.TemporaryFile() as script:
            script.write(bind(statement._code, statement._params).encode() + b"\n")
            script.seek(0)
            done = run_as(account, [programs / "postgres", "--single", "-D", draft, "postgres"], stdin=script)
        said = done.stdout.decode(errors="replace")
        if done.returncode or "ERROR:" in said:
            shutil.rmtree(draft, ignore_errors=True)
            raise DatabaseError(_sentence_for(said, "postgres", draft))

    # -- starting ---------------------------------------------------------------------------------------------------
    def _launch(self, home: Path, programs: Path, account: Account | None) -> _Postmaster:
        started = time.monotonic()
        data = home / "data"
        directory = self._socket_directory(home, account)
        _clear_traces(data, directory)
        command = [
            programs / "postgres", "-D", data, "-c", "listen_addresses=", "-c", f"port={PORT}",
            "-c", f"unix_socket_directories={directory}", "-c", "unix_socket_permissions=0700",
        ]  # fmt: skip
        log = home / "server.log"
        if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
            log.replace(home / "server.log.1")
        while True:
            log_start = log.stat().st_size if log.exists() else 0
            if self._process is not None:
                self._process.poll()  # one that died is asked after
            with open(log, "ab") as output:
                self._process = run_as(account, command, output=output)
            running = self._until_ready(data, started + START_TIMEOUT_S)
            if running is not None:
                _logger.info("postgresql started socket=%s seconds=%.2f", directory, time.monotonic() - started)
                return running
            said = _tail(log, log_start)
            # Sessions of a server that was killed need a moment to notice.
            if _STILL_IN_USE not in said or time.monotonic() - started > ORPHANS_TIMEOUT_S:
                raise DatabaseError(_sentence_for(said, "postgres", data))
            time.sleep(ORPHANS_PAUSE_S)

    def _until_ready(self, data: Path, deadline: float) -> _Postmaster | None:
        """The server when it takes connections (recovering from a crash may take a while); None when it gave up."""
        assert self._process is not None
        while (running := _running(data)) is None or running.status != "ready":
            if self._process.poll() is not None:
                return None
            if time.monotonic() > deadline:
                raise DatabaseError(
                    f"PostgreSQL in {data} is not ready after {START_TIMEOUT_S:.0f} s; see its server.log"
                )
            time.sleep(POLL_S)
        return running

    # -- stopping ---------------------------------------------------------------------------------------------------
    def _shut_down(self) -> None:
        data = self._home(None) / "data"
        running = _running(data)
        if running is None:
            return
        started = time.monotonic()
        os.kill(running.pid, signal.SIGINT)  # fast: ends the sessions
        while time.monotonic() - started < STOP_TIMEOUT_S:
            if self._process is not None:
                self._process.poll()  # a dead child stays until it is asked after
            if not _is_alive(running.pid) or not _is_postgres(running.pid):
                _logger.info("postgresql stopped seconds=%.2f", time.monotonic() - started)
                return
            time.sleep(POLL_S)
        _logger.warning("postgresql in %s did not stop within %s s; it goes on stopping", data, STOP_TIMEOUT_S)


def _sweep_deserted_homes() -> None:
    """Delete clusters in /var/lib that belonged to a temporary directory which is gone (test runs leave them). Others
    stay whatever happens: a directory that is not there may be a disk that is not mounted."""
    for mark in SHARED_HOME.glob(f"postgresql-*/{_OWNER}"):
        owner = Path(mark.read_text(encoding="utf-8"))
        is_temporary = owner.is_relative_to(tempfile.gettempdir())
        if is_temporary and not owner.exists() and _running(mark.parent / "data") is None:
            shutil.rmtree(mark.parent, ignore_errors=True)


def _write_secret(path: Path, text: str) -> None:
    """A new file that was never readable for others."""
    path.unlink(missing_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def _settings() -> dict[str, str]:
    """Settings of a new cluster: for many short transactions on a machine that it does not have to itself."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    shared = min(max(memory // 16, 64 * MEBIBYTE), 256 * MEBIBYTE) // MEBIBYTE
    settings = {
        "max_connections": "200",
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{max(memory // 2 // MEBIBYTE, 256)}MB",
        "work_mem": "8MB",
        "maintenance_work_mem": "64MB",
        "wal_compression": "on",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        # Compiling costs more than such statements do.
        "jit": "off",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] %q%u@%d '",
        "log_checkpoints": "off",
    }
    if _shared_memory_is_small():
        settings["dynamic_shared_memory_type"] = "mmap"
    return settings


def _shared_memory_is_small() -> bool:
    """Containers have 64 MB there, which a parallel query can fill."""
    try:
        return shutil.disk_usage("/dev/shm").total < 256 * MEBIBYTE
    except OSError:
        return False


def _locale_options(programs: Path) -> list[str]:
    """Unicode case mapping, order by code point, and no dependence on the system's locales."""
    version = subprocess.run([programs / "initdb", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.split()[2].split(".")[0].split("beta")[0]) >= 17:
        return ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"]
    return ["--locale", "C"]


def _running(data: Path) -> _Postmaster | None:
    """The server of this cluster, if it is alive."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8:
        return None  # being written
    found = _Postmaster(int(lines[0]), lines[4], lines[7].strip())
    return found if _is_alive(found.pid) and _is_postgres(found.pid) and _works_in(found.pid, data, lines[1]) else None


def _works_in(pid: int, data: Path, told: str) -> bool:
    """Whether the server works in `data`, and not in that of which `data` is a copy; told: what its file says."""
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", data)
    except OSError:  # no such system, or another account's process
        return Path(told) == data or _is_same(Path(told), data)


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _clear_traces(data: Path, socket_directory: Path) -> None:
    """Free the way after a crash: the process number that the server left behind may be another's by now, or a
    zombie's, and PostgreSQL would refuse to start. We hold the lock and have looked: no server of ours runs."""
    (socket_directory / f"{_SOCKET_NAME[1:]}.lock").unlink(missing_ok=True)
    path = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError):
        lines = path.read_text(encoding="utf-8").splitlines()
        # The other lines stay: by them PostgreSQL finds out whether orphaned sessions still use its shared memory.
        path.write_text("\n".join([str(NO_PROCESS), *lines[1:], ""]), encoding="utf-8")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_postgres(pid: int) -> bool:
    """Whether process `pid` is a PostgreSQL and not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        shown = subprocess.run(["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False)
        return "postgres" in shown.stdout
    name, _, rest = state.partition("(")[2].rpartition(")")
    return "postgres" in name and not rest.startswith(" Z")


def _tail(log: Path, start: int) -> str:
    with open(log, "rb") as file:
        file.seek(max(start, log.stat().st_size - LOG_TAIL_BYTES))
        return file.read().decode(errors="replace")


def _sentence_for(output: str, program: str, path: Path) -> str:
    """What the program's last words mean, and what to do."""
    lower = output.lower()
    if "no space left" in lower:
        return f"the disk of {path} is full: free some space and start again, or choose another place with --data-dir"
    if "permission denied" in lower:
        return f"{program} may not use {path}: give it to the account that runs it, or choose another --data-dir"
    if "incompatible with server" in lower or "initialized by postgresql version" in lower:
        return (
            f"{path} was made by another major version of PostgreSQL: install that one, or upgrade it with pg_upgrade"
        )
    last = "\n".join(output.strip().splitlines()[-8:])
    return f"{program} failed for {path}:\n{last}"


@contextlib.contextmanager
def _as_sentences(folder: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise DatabaseError(
            f"cannot use {folder}: {error.strerror} ({error.filename}); choose a directory of yours with --data-dir"
        ) from error
    except OSError as error:
        if error.errno in (28, 122):  # ENOSPC, EDQUOT
            raise DatabaseError(
                f"the disk of {folder} is full: free some space, or choose another --data-dir"
            ) from error
        raise
