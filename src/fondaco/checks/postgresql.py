"""Section 8 of the checklist: PostgreSQL's limits, timeouts and health."""

from __future__ import annotations

import os
from collections.abc import Callable

import psycopg

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, first_line, passed, skipped, warned
from fondaco.checks.site import Site
from fondaco.sql.fragment import SQL

OLDEST, NEWEST = 13, 18
LONG_TRANSACTION_S = 300
UNKNOWN = "PostgreSQL was not asked, for it does not answer"
DEAD_SHARE, DEAD_LEAST = 0.3, 10_000
RESERVED_SHARE = 0.9


def older_than(seconds: float) -> SQL:
    """Transactions that began so long ago, the oldest first."""
    return SQL(
        """
        SELECT datname, pid, round(extract(epoch FROM now() - xact_start))::int, left(query, 60)
          FROM pg_stat_activity
         WHERE xact_start < now() - make_interval(secs => %s) AND backend_type = 'client backend'
         ORDER BY xact_start
        """,
        seconds,
    )


LONG_TRANSACTIONS = older_than(LONG_TRANSACTION_S)
WAITING = SQL(
    """
    SELECT datname, pid, pg_blocking_pids(pid)::text, left(query, 60)
      FROM pg_stat_activity
     WHERE wait_event_type = 'Lock'
     ORDER BY query_start
    """
)
DEAD = SQL(
    """
    SELECT relname, n_dead_tup, n_live_tup
      FROM pg_stat_user_tables
     WHERE n_dead_tup > %s AND n_dead_tup > %s * n_live_tup
     ORDER BY n_dead_tup DESC
    """,
    DEAD_LEAST,
    DEAD_SHARE,
)
HAS_STATISTICS = SQL("SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'")
TOP_QUERIES = SQL(
    """
    SELECT datname, total_exec_time / 1000, calls, left(regexp_replace(query, '\\s+', ' ', 'g'), 80)
      FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
     WHERE query NOT LIKE '<%%'
     ORDER BY total_exec_time DESC
     LIMIT 3
    """
)
"""Statements of roles that we may not look at are shown as <insufficient privilege>"""
OWNERS = SQL(
    "SELECT datname FROM pg_database WHERE datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
    " AND NOT datistemplate"
)


def asked(probe: Callable[[Site], Finding]) -> Callable[[Site], Finding]:
    """A probe that needs PostgreSQL to answer."""

    def probed(site: Site) -> Finding:
        return skipped(UNKNOWN) if site.pools is None else probe(site)

    return probed


def answers(site: Site) -> Finding:
    next_step = "start PostgreSQL, and check db_host, db_port and db_user"
    if site.is_odoo and os.geteuid() == 0:
        next_step += "; or look as the account of Odoo, which PostgreSQL lets in: sudo -u odoo fondaco check --odoo ..."
    if site.pools is None:
        return failed(site.pools_error, next_step)
    try:
        version = int(site.settings["server_version_num"]) // 10000
    except psycopg.OperationalError as error:
        return failed(first_line(error), next_step)
    if OLDEST <= version <= NEWEST:
        return passed(f"PostgreSQL {site.settings['server_version']}")
    return warned(f"PostgreSQL {version} is not among {OLDEST} to {NEWEST}, which Fondaco is tested with", "upgrade it")


@asked
def max_connections(site: Site) -> Finding:
    allowed = int(site.settings["max_connections"])
    wanted, who = site.wanted_connections, f"{site.processes} processes with db_maxconn = {site.config['db_maxconn']}"
    if site.pooler is not None:
        size = site.pooler.number("default_pool_size", 20) + site.pooler.number("reserve_pool_size", 0)
        wanted, who = size * max(len(site.databases), 1), f"pools of {size} for {len(site.databases)} databases"
        limit = site.pooler.number("max_db_connections", 0)
        wanted = min(wanted, limit * max(len(site.databases), 1)) if limit else wanted
    if wanted <= allowed * RESERVED_SHARE:
        return passed(f"max_connections = {allowed}; {who} open {wanted} at most")
    return warned(
        f"max_connections = {allowed}, and {who} may open {wanted}",
        "lower db_maxconn, put PgBouncer in between, or raise max_connections",
    )


def _timeout(name: str, why: str, line: int) -> Check:
    @asked
    def probe(site: Site) -> Finding:
        ours = site.config[name]
        if ours:
            return passed(f"{name} = {ours:g} s by the configuration of Fondaco")
        theirs = int(site.settings[name])
        if theirs:
            return passed(f"{name} = {theirs / 1000:g} s by PostgreSQL")
        return warned(f"{name} is 0: off", f"set {name}, as in {name} = 30s, in the configuration of Fondaco")

    return Check(f"postgresql.{name}", f"2:{line}", f"{name} is set", why, probe)


@asked
def log_lock_waits(site: Site) -> Finding:
    if site.settings["log_lock_waits"] == "on":
        return passed("log_lock_waits = on")
    return warned("log_lock_waits = off", "ALTER SYSTEM SET log_lock_waits = on; SELECT pg_reload_conf()")


@asked
def autovacuum(site: Site) -> Finding:
    if site.settings["autovacuum"] != "on":
        return failed("autovacuum = off: tables grow without end", "ALTER SYSTEM SET autovacuum = on")
    dead = [
        f"{name}.{table}: {count} dead rows" for name in site.databases for table, count, _l in site.rows(DEAD, name)
    ]
    if dead:
        return warned("; ".join(dead[:5]), "VACUUM (ANALYZE) them, and look for the transaction that holds them")
    return passed(f"autovacuum = on, no table of {len(site.databases)} databases is full of dead rows")


@asked
def superuser(site: Site) -> Finding:
    if not site.role.is_superuser:
        return passed(f"{site.role.name} is no superuser")
    return failed(
        f"the role {site.role.name} is a superuser: SQL of an addon could read any file of the machine",
        f"ALTER ROLE {site.role.name} NOSUPERUSER CREATEDB",
    )


@asked
def createdb(site: Site) -> Finding:
    if site.config["list_db"] or not site.role.may_create_databases:
        return passed(f"{site.role.name} {'may' if site.role.may_create_databases else 'may not'} create databases")
    if site.config["backup_repository"]:
        return passed(f"{site.role.name} may create databases: backups are restored into a sandbox to compare them")
    owned = [name for (name,) in site.rows(OWNERS)]
    return warned(
        f"the manager is off, but {site.role.name} may create databases and owns {len(owned)}",
        f"ALTER ROLE {site.role.name} NOCREATEDB, where nobody creates databases by the command line",
    )


@asked
def long_transactions(site: Site) -> Finding:
    rows = site.rows(LONG_TRANSACTIONS)
    if not rows:
        return passed(f"no transaction is older than {LONG_TRANSACTION_S} s")
    database, pid, age, query = rows[0]
    return warned(
        f"{len(rows)} transactions are older than {LONG_TRANSACTION_S} s; the oldest: {database}, process {pid}, "
        f"{age} s: {query}",
        f"SELECT pg_cancel_backend({pid}), or pg_terminate_backend when it is idle",
    )


@asked
def lock_waits(site: Site) -> Finding:
    rows = site.rows(WAITING)
    if not rows:
        return passed("no session waits for a lock")
    database, pid, blockers, query = rows[0]
    return warned(
        f"{len(rows)} sessions wait for locks; the first: {database}, process {pid}, behind {blockers}: {query}",
        "look at what the blocking process does, and cancel it when it is stuck",
    )


@asked
def top_queries(site: Site) -> Finding:
    ((count,),) = site.rows(HAS_STATISTICS)
    if count:
        rows = site.rows(TOP_QUERIES)
        named = "; ".join(
            f"{seconds:.1f} s in {calls} calls of {name}: {query}" for name, seconds, calls, query in rows
        )
        return passed(f"most time: {named}" if named else "pg_stat_statements is there, and has counted nothing yet")
    extension = "CREATE EXTENSION pg_stat_statements in the database postgres"
    if "pg_stat_statements" in site.settings.get("shared_preload_libraries", ""):
        return warned("pg_stat_statements is loaded, and nobody can read it", extension)
    return warned("pg_stat_statements is not there", f"add it to shared_preload_libraries, restart, and {extension}")


@asked
def checksums(site: Site) -> Finding:
    if site.settings["data_checksums"] == "on":
        return passed("data_checksums = on")
    return warned("data_checksums = off: a broken disk goes unnoticed", "pg_checksums --enable, while it is stopped")


CHECKS = (
    Check("postgresql.answers", "0:100", "PostgreSQL answers, in a version we know", "Everything is in it.", answers),
    Check(
        "postgresql.max_connections",
        "2:54, 2:16",
        "PostgreSQL has room for all pools",
        "A refused connection is an error in the middle of somebody's work.",
        max_connections,
    ),
    _timeout("statement_timeout", "One statement does not run for ever.", 56),
    _timeout("lock_timeout", "Nobody waits for ever behind somebody else's lock.", 57),
    _timeout(
        "idle_in_transaction_session_timeout",
        "A transaction that was forgotten holds locks and keeps dead rows alive.",
        58,
    ),
    Check(
        "postgresql.log_lock_waits",
        "2:60",
        "Long waits for locks are logged",
        "Afterwards, the log is the only witness.",
        log_lock_waits,
    ),
    Check("postgresql.autovacuum", "2:61", "Autovacuum keeps up", "Dead rows slow every query down.", autovacuum),
    Check(
        "postgresql.superuser",
        "0:75, 0:272",
        "The role of the server is no superuser",
        "A superuser reads files and runs programs.",
        superuser,
    ),
    Check(
        "postgresql.createdb",
        "0:70",
        "The role may create databases only where somebody does",
        "Without the right, even a broken manager creates none.",
        createdb,
    ),
    Check(
        "postgresql.long_transactions",
        "2:75, 2:98",
        "No transaction is old",
        "Old ones hold locks and keep vacuum from its work.",
        long_transactions,
    ),
    Check("postgresql.lock_waits", "2:76", "Nobody waits for a lock", "Waiting piles up.", lock_waits),
    Check(
        "postgresql.top_queries",
        "2:77, 4:271",
        "Expensive queries can be found",
        "Without statistics, slowness is a guess.",
        top_queries,
    ),
    Check("postgresql.checksums", "2:53", "Damage of the disk is noticed", "Backups would copy it.", checksums),
)
