"""How is one connection to PostgreSQL opened: with which parameters, which password, and how much patience?

connector = Connector(config)
link = connector.link("shop", is_replica=False)
"""

from __future__ import annotations

import functools
import logging
import os
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from fondaco import metrics
from fondaco.errors import DatabaseError
from fondaco.sql.announcing import MAINTENANCE
from fondaco.sql.link import SET_UP, Link
from fondaco.sql.passwords import Passwords, is_refusal
from fondaco.sql.replica import CONNECT_TIMEOUT_S as REPLICA_TIMEOUT_S

_logger = logging.getLogger("odoo.sql_db")

RETRIES, RETRY_DELAY_S, MAX_DELAY_S = 5, 0.5, 5.0
FAILURES = metrics.Counter(
    "fondaco_database_connection_failures_total", "Connections that PostgreSQL did not give.", ("database",)
)
CONNECT_TIMEOUT_S = 10
UNHEARD_S = 60
_HEARTBEAT = {
    "keepalives_idle": UNHEARD_S // 2,
    "keepalives_interval": UNHEARD_S // 6,
    "keepalives_count": 3,
    "tcp_user_timeout": UNHEARD_S * 1000,
}
"""For TCP: a machine that lost its power and a firewall that forgot us hang up on nobody. Without this a statement
waits a quarter of an hour, and whoever LISTENs for ever."""

_REFUSED_FOR_A_WHILE = "server_login_retry"
"""PgBouncer to a first statement: PostgreSQL has just refused it, as it does while a database gets another name."""
_PASSING = (
    "refused", "starting up", "shutting down", "recovery", "no such file", "closed the connection",
    "terminating connection", "timeout", "timed out", "too many clients", "connection slots", "reset by peer",
    "network is unreachable", "temporary failure", "accepting connections", _REFUSED_FOR_A_WHILE,
    "just been dropped or renamed",
)  # fmt: skip
"""Words of errors that pass when one waits. Others (no such database, wrong password) do not."""


class Connector:
    """Opens connections as a configuration says. It keeps none: those that work has are in `Pools`."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.passwords = Passwords(config)
        self.revive: Callable[[], object] | None = None
        """Starts the server again, where it is ours; called when nobody answers."""

    def __repr__(self) -> str:
        return f"<Connector {self.config.get('db_host') or 'default'}>"

    def settings(self, dbname: str, *, is_replica: bool = False) -> dict[str, Any]:
        """The connection parameters of a database, in libpq's names."""
        config = self.config
        host, port = config.get("db_host"), config.get("db_port")
        if is_replica:
            host, port = config["db_replica_host"], config.get("db_replica_port") or port
        given = {
            "dbname": dbname,
            "host": host,
            "port": port,
            "user": config.get("db_user"),
            "password": self.passwords.current,
            "sslmode": config.get("db_sslmode"),
            "sslrootcert": config.get("db_sslrootcert"),
            "application_name": os.environ.get("PGAPPNAME") or f"fondaco-{os.getpid()}",
            "connect_timeout": REPLICA_TIMEOUT_S if is_replica else CONNECT_TIMEOUT_S,
            "client_encoding": "UTF8",
            "gssencmode": "disable",
            **_HEARTBEAT,
        }
        return {key: value for key, value in given.items() if value}

    def past_pooler(self) -> dict[str, Any]:
        """The parameters that reach PostgreSQL itself, where they differ from the usual ones."""
        past = {"host": self.config.get("db_direct_host"), "port": self.config.get("db_direct_port")}
        return {key: value for key, value in past.items() if value}

    def link(self, dbname: str, *, is_replica: bool, **more: Any) -> Link:
        """A link to `dbname`; while PostgreSQL is away for a moment, this waits for it."""
        settings = {**self.settings(dbname, is_replica=is_replica), **more}
        # Nobody waits for a replica: the primary can do the same.
        retries = 0 if is_replica else int(self.config.get("db_reconnection_retries") or RETRIES)
        delay = float(self.config.get("db_reconnection_delay") or RETRY_DELAY_S)
        for attempt in range(retries + 1):
            connection = None
            try:
                connection = self.opened(settings)
                return self.begun(connection, dbname)
            except psycopg.OperationalError as error:
                if connection is not None and _REFUSED_FOR_A_WHILE not in str(error):
                    raise
                FAILURES.count(dbname)
                is_passing = any(word in str(error).lower() for word in _PASSING) or self.passwords.are_changing(error)
                if is_passing and attempt == retries and not is_replica:
                    # In the words that monitoring looks for.
                    _logger.error("psycopg2.OperationalError: could not connect to server: %s", error)
                if attempt == retries or not is_passing:
                    raise
                self._try_to_revive()
                _logger.warning("connection to %s failed, attempt %s of %s: %s", dbname, attempt + 1, retries, error)
                time.sleep(min(delay * 2**attempt, MAX_DELAY_S) * random.uniform(0.7, 1.3))
        raise AssertionError("unreachable")

    def begun(self, connection: psycopg.Connection[Any], dbname: str) -> Link:
        """The link over a connection that was opened."""
        link = Link(connection, dbname, keeps_statements=not self.config.get("db_pgbouncer"))
        if not link.keeps_statements and dbname != MAINTENANCE:
            link.when_kept = functools.partial(self._require, dbname)
        # As a statement, not as a start-up option: poolers refuse those.
        try:
            link.begin_with(SET_UP)
        except BaseException:
            link.close()
            raise
        return link

    def _try_to_revive(self) -> None:
        """Start a PostgreSQL of ours that died. One that cannot be started is away, like any other: whoever waits for
        it asks again, a thread that listens included."""
        if self.revive is None:
            return
        try:
            self.revive()
        except DatabaseError as error:
            _logger.error("postgresql could not be started again: %s", error)

    def _require(self, dbname: str) -> None:
        """Raise in PostgreSQL's words if there is no such database; PgBouncer lets in whoever names one."""
        settings = {**self.settings(MAINTENANCE), **self.past_pooler()}
        try:
            with self.opened(settings) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [dbname]).fetchone()
        except psycopg.Error:
            return  # PostgreSQL itself is away, which passes
        if found is None:
            raise psycopg.OperationalError(f'connection failed: FATAL:  database "{dbname}" does not exist')

    def opened(self, settings: Mapping[str, Any]) -> psycopg.Connection[Any]:
        """A connection, with whichever password is right now."""
        connect = functools.partial(psycopg.connect, autocommit=True, prepare_threshold=None)
        try:
            return connect(**settings)
        except psycopg.OperationalError as error:
            if not is_refusal(error):
                raise
            refused = error
        for password in self.passwords.others(str(settings.get("password", ""))):
            try:
                connection = connect(**{**settings, "password": password})
            except psycopg.OperationalError as error:
                if not is_refusal(error):
                    raise
            else:
                self.passwords.current = password
                return connection
        raise refused
