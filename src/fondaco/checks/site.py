"""The deployment that checks look at, gathered once: settings, machine, proxy, pooler, PostgreSQL, public address."""

from __future__ import annotations

import functools
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from fondaco.checks import haproxy, nginx, pgbouncer
from fondaco.checks.front import Front
from fondaco.checks.host import Host, is_loopback
from fondaco.checks.pgbouncer import Pooler
from fondaco.config import Config
from fondaco.sql import databases
from fondaco.sql.connection import Pools
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.backup.state import State

PROXIES = ("/etc/nginx/nginx.conf", "/etc/haproxy/haproxy.cfg")
PGBOUNCER = "/etc/pgbouncer/pgbouncer.ini"
HOLDS_OUR_TABLES = SQL("SELECT to_regclass(%s) IS NOT NULL", databases.MARKER_TABLE)
FOLDER_UNKNOWN = "data_dir is not set: Odoo takes a folder of the account that runs it; name it with --data-dir"
UNIT_FACTORS = {"8kB": 8 * 1024, "kB": 1024, "MB": 2**20, "ms": 1, "s": 1000, "min": 60_000}


@dataclass(frozen=True)
class Role:
    """The PostgreSQL role that the server is."""

    name: str
    is_superuser: bool
    may_create_databases: bool


@dataclass
class Site:
    """What there is to look at; None where there is no such thing.

    proxy, pooler_file: configuration files of nginx or HAProxy and of PgBouncer.  backups: the folder of archives that
    something else writes.  backup_state: what came of our own backups, where a repository is configured.
    url: the public address.  ca_file: who signed its certificate, where that is nobody whom all know.
    is_odoo: the server is an Odoo 18.
    """

    config: Config
    now: datetime
    host: Host = field(default_factory=Host)
    proxy: Path | None = None
    pooler_file: Path | None = None
    backups: Path | None = None
    backup_state: State | None = None
    url: str = ""
    is_odoo: bool = False
    ca_file: str = ""
    pools: Pools | None = None
    pools_error: str = ""

    # -- settings ---------------------------------------
    @property
    def config_file(self) -> Path | None:
        path = Path(self.config.rcfile) if self.config.rcfile else None
        return path if path is not None and path.is_file() else None

    @property
    def is_folder_unknown(self) -> bool:
        """Whether data_dir has our default, where that of an Odoo is asked for."""
        return self.is_odoo and not self.config.is_given("data_dir")

    @property
    def processes(self) -> int:
        """How many processes of the server borrow connections: workers, cron, live news; one when threaded."""
        workers = self.config["workers"]
        return max(workers, 0) + max(self.config["max_cron_threads"], 0) + 1 if workers else 1

    @property
    def wanted_connections(self) -> int:
        return self.processes * int(self.config["db_maxconn"])

    @property
    def is_exposed(self) -> bool:
        """Whether the server itself listens beyond this machine and private networks."""
        address = self.config["http_interface"] or "0.0.0.0"
        if is_loopback(address):
            return False
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return True
        return found.is_unspecified or found.is_global

    # -- proxy and pooler -------------------------------
    @functools.cached_property
    def front(self) -> Front | None:
        if self.proxy is None:
            return None
        try:
            text = self.proxy.read_text(errors="replace")
            return haproxy.read(self.proxy) if "frontend " in text or "\nlisten " in text else nginx.read(self.proxy)
        except (OSError, ValueError, KeyError, IndexError) as error:
            return Front("proxy", str(self.proxy), (), f"{type(error).__name__}: {error}")

    @functools.cached_property
    def pooler(self) -> Pooler | None:
        return pgbouncer.read(self.pooler_file) if self.pooler_file is not None else None

    # -- PostgreSQL -------------------------------------
    def rows(self, sql: SQL, database: str = databases.MAINTENANCE) -> list[Any]:
        """What PostgreSQL answers; psycopg.Error when it does not."""
        if self.pools is None:
            raise psycopg.OperationalError(self.pools_error or "no PostgreSQL was looked at")
        with self.pools.cursor(database, readonly=True) as cr:
            return cr.fetch(sql)

    @functools.cached_property
    def settings(self) -> dict[str, str]:
        """The settings of PostgreSQL as they hold for our sessions, by name; sizes in bytes, times in ms."""
        rows = self.rows(SQL("SELECT name, setting, unit FROM pg_settings"))
        return {
            name: str(int(setting) * UNIT_FACTORS[unit]) if unit in UNIT_FACTORS and _is_whole(setting) else setting
            for name, setting, unit in rows
        }

    @functools.cached_property
    def role(self) -> Role:
        ((name, is_superuser, may_create),) = self.rows(
            SQL("SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        )
        return Role(name, is_superuser, may_create)

    @functools.cached_property
    def databases(self) -> Sequence[str]:
        """Those that are served: of db_name where that says something; none when PostgreSQL does not answer."""
        if self.pools is None:
            return ()
        named = self.config["db_name"]
        found = [name for name in databases.list_databases(self.pools) if not named or name in named]
        return [name for name in found if self.rows(HOLDS_OUR_TABLES, name)[0][0]]


def _is_whole(text: str) -> bool:
    return text.lstrip("-").isdigit()


# -- where Debian keeps what nobody named --------------------------------------------------------------------------
def usual_proxy() -> Path | None:
    """The configuration of nginx or HAProxy."""
    return next((Path(name) for name in PROXIES if os.access(name, os.R_OK)), None)


def usual_pooler(config: Config) -> Path | None:
    """PgBouncer's configuration, where the server connects to the port it names."""
    if not os.access(PGBOUNCER, os.R_OK):
        return None
    is_meant = pgbouncer.read(Path(PGBOUNCER)).port == config["db_port"]
    return Path(PGBOUNCER) if is_meant or config["db_pgbouncer"] else None
