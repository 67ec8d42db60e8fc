"""Which PostgreSQL a process works on - given, found or our own - with connections and registries over it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from fondaco import log
from fondaco.config import Config
from fondaco.errors import ConfigError
from fondaco.modules.registries import Registries
from fondaco.sql.connection import Pools
from fondaco.sql.logtable import TableHandler
from fondaco.storage import stores
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from fondaco.sql import embedded as own
else:
    own = Deferred("fondaco.sql.embedded")

SOCKET_DIRECTORIES = ("/var/run/postgresql", "/tmp")
"""Where distributions and PostgreSQL itself put the default socket."""
SOCKET_NAME = ".s.PGSQL.5432"
CONNECTION_OPTIONS = ("db_host", "db_port", "db_user")
CONNECTION_VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGSERVICE", "PGHOSTADDR")
MAY_CREATE = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"


class Engine(NamedTuple):
    """An open door to the databases; `config` holds the connection that was chosen."""

    config: Config
    pools: Pools
    registries: Registries


@contextlib.contextmanager
def opened(config: Config, *, always_own: bool = False, environ: Mapping[str, str] = os.environ) -> Iterator[Engine]:
    """The engine for these settings, closed at the end together with a PostgreSQL of our own."""
    require_data_dir(config)
    stores.check(config)
    with contextlib.ExitStack() as stack:
        embedded = None
        if not is_configured(config, environ):
            directory = None if always_own else answering_socket()
            if directory is not None:
                config = config.replace(db_host=directory)
            else:
                embedded = own.Embedded(config["data_dir"])
                connection = embedded.start()
                stack.callback(embedded.stop)
                config = config.replace(**connection)
        pools = Pools(config)
        if embedded is not None:
            pools.revive = embedded.revive
        stack.callback(pools.close)
        stack.callback(pools.announcer.flush)  # what a short program asks for is heard of, and not only found in time
        if config["log_db"]:
            stack.enter_context(log.also_to(TableHandler(pools, config["log_db"], config["log_db_level"])))
        yield Engine(config, pools, Registries(config, pools))


def require_data_dir(config: Config) -> None:
    """Make the data directory, or say why it cannot be used."""
    path = config["data_dir"]
    try:
        # Others may pass through (the account of our PostgreSQL must), not look.
        os.makedirs(path, mode=0o711, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{config.source('data_dir')}: data_dir: {path!r} cannot be made: {error.strerror}"
        ) from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        owner = os.stat(path).st_uid
        raise ConfigError(
            f"{config.source('data_dir')}: data_dir: {path!r} belongs to user {owner} and user {os.geteuid()} may not "
            f"write there; start Fondaco as its owner, or chown -R {os.geteuid()} {path}"
        )


def is_configured(config: Config, environ: Mapping[str, str]) -> bool:
    """Whether somebody said which PostgreSQL to use."""
    return any(config[key] for key in CONNECTION_OPTIONS) or any(environ.get(name) for name in CONNECTION_VARIABLES)


def answering_socket() -> str | None:
    """The directory of a default socket where this account may create databases."""
    for directory in SOCKET_DIRECTORIES:
        if not os.path.exists(f"{directory}/{SOCKET_NAME}"):
            continue
        try:
            with psycopg.connect(host=directory, dbname="postgres", connect_timeout=2) as connection:
                row = connection.execute(MAY_CREATE).fetchone()
        except psycopg.OperationalError:
            continue
        if row and row[0]:
            return directory
    return None
