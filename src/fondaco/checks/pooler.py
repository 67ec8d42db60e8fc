"""Section 5 and 6 of the checklist: PgBouncer, its pools, and who may log in."""

from __future__ import annotations

import stat

import psycopg

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, first_line, passed, skipped, warned
from fondaco.checks.site import Site
from fondaco.sql import console

NO_POOLER = "there is no pooler: no pgbouncer.ini was given or found"
PRIVATE = 0o600
LONGEST_WAIT_S = 1
SPARE_CLIENTS = 1.2
"""How many more clients than the server's processes can open: monitoring, a shell, a reload that overlaps"""


def mode(site: Site) -> Finding:
    if site.pooler is None:
        return skipped(NO_POOLER)
    found = site.pooler.settings.get("pool_mode", "session")
    if found == "transaction":
        return passed("pool_mode = transaction")
    return failed(
        f"pool_mode = {found}: each process keeps a connection to PostgreSQL for itself",
        f"set pool_mode = transaction in {site.pooler.path}; Fondaco keeps no state of a session on pooled connections",
    )


def pool_size(site: Site) -> Finding:
    if site.pooler is None:
        return skipped(NO_POOLER)
    if "default_pool_size" not in site.pooler.settings:
        return failed(
            "default_pool_size is not set: PgBouncer takes 20",
            f"set it: {site.processes} processes work at the same time at most; start with that number",
        )
    size = site.pooler.number("default_pool_size", 20)
    if size < min(site.processes, 4):
        return warned(
            f"default_pool_size = {size}, and {site.processes} processes may work at the same time",
            "requests will wait for each other's connections: raise it, or watch cl_waiting",
        )
    return passed(f"default_pool_size = {size} for {site.processes} processes")


def reserve(site: Site) -> Finding:
    if site.pooler is None:
        return skipped(NO_POOLER)
    size = site.pooler.number("reserve_pool_size", 0)
    if size:
        return passed(f"reserve_pool_size = {size}")
    return warned("reserve_pool_size is 0: a short spike waits", "set it to about a quarter of default_pool_size")


def max_clients(site: Site) -> Finding:
    if site.pooler is None:
        return skipped(NO_POOLER)
    allowed, needed = site.pooler.number("max_client_conn", 100), int(site.wanted_connections * SPARE_CLIENTS)
    sum_ = f"{site.processes} processes with db_maxconn = {site.config['db_maxconn']}"
    if allowed >= needed:
        return passed(f"max_client_conn = {allowed}, {sum_} open {site.wanted_connections} at most")
    return failed(
        f"max_client_conn = {allowed}, but {sum_} may open {site.wanted_connections}",
        f"set max_client_conn to {needed} or more, or lower db_maxconn",
    )


def database_limits(site: Site) -> Finding:
    if site.pooler is None:
        return skipped(NO_POOLER)
    if len(site.databases) < 2:
        return skipped(f"{len(site.databases)} database")
    limit = site.pooler.number("max_db_connections", 0)
    if limit:
        return passed(f"max_db_connections = {limit} for {len(site.databases)} databases")
    return warned(
        f"{len(site.databases)} databases share PostgreSQL and max_db_connections is not set",
        "set it, so that one database cannot take the connections of all",
    )


def auth_type(site: Site) -> Finding:
    if site.pooler is None:
        return skipped(NO_POOLER)
    found = site.pooler.settings.get("auth_type", "md5")
    if found in ("scram-sha-256", "cert", "hba", "peer"):
        return passed(f"auth_type = {found}")
    advice = "set auth_type = scram-sha-256 and write the verifiers of pg_authid into the auth_file"
    if found in ("any", "trust"):
        return failed(f"auth_type = {found}: whoever reaches the port is let in", advice)
    return warned(f"auth_type = {found}", advice)


def auth_file(site: Site) -> Finding:
    if site.pooler is None:
        return skipped(NO_POOLER)
    path = site.pooler.auth_file
    if path is None:
        return skipped("no auth_file: the users come from auth_query")
    try:
        bits, lines = stat.S_IMODE(path.stat().st_mode), path.read_text().splitlines()
    except FileNotFoundError as error:
        return failed(f"auth_file cannot be read: {error}", "create it, owned by the user of PgBouncer, mode 0600")
    wrong = [number for number, line in enumerate(lines, 1) if line.strip() and not _is_user(line)]
    if wrong:
        return failed(f'{path}:{wrong[0]}: expected "user" "password"', "write both in double quotes, with a space")
    if bits & ~PRIVATE:
        return failed(f"{path} has mode {bits:04o}", f"chmod 0600 {path}, or `fondaco check --fix`")
    return passed(f"{path}: {len(lines)} users, mode {bits:04o}")


def _is_user(line: str) -> bool:
    words = line.strip().split('"')
    return line.lstrip().startswith((";", "#")) or (len(words) >= 5 and words[0] == "" and words[2].isspace())


def close_auth_file(site: Site) -> str:
    path = site.pooler.auth_file if site.pooler else None
    if path is None or not path.exists():
        return "there is no auth_file"
    path.chmod(PRIVATE)
    return f"{path} has mode 0600 now"


def auth_query(site: Site) -> Finding:
    if site.pooler is None:
        return skipped(NO_POOLER)
    user, query = site.pooler.settings.get("auth_user"), site.pooler.settings.get("auth_query", "")
    if not user:
        return skipped("auth_user is not set: the users come from the auth_file")
    if user in ("postgres", site.config["db_user"]):
        return failed(
            f"auth_user = {user}", "make a role of its own that may only call the function which auth_query names"
        )
    if query and "$1" not in query:
        return failed(f"auth_query has no $1: {query}", "select the user's name and verifier WHERE usename = $1")
    return passed(f"auth_user = {user}")


def queue(site: Site) -> Finding:
    """What SHOW POOLS says now; asked as the role of the server."""
    if site.pooler is None:
        return skipped(NO_POOLER)
    if site.pools is None:
        return skipped("PostgreSQL was not asked: see postgresql.answers")
    if site.config["db_port"] != site.pooler.port:
        return skipped(f"db_port is not that of {site.pooler.path}: the server goes past it")
    try:
        (rows,) = console.shown(site.pools.settings(console.NAME), "SHOW POOLS")
    except psycopg.Error as error:
        return warned(
            f"SHOW POOLS was refused: {first_line(error)}",
            f"name the role of the server in stats_users of {site.pooler.path}; the checklist and /metrics ask",
        )
    late = [row for row in rows if int(row["maxwait"]) >= LONGEST_WAIT_S]
    if late:
        said = (f"{row['database']}: {row['cl_waiting']} wait, the first for {row['maxwait']} s" for row in late)
        return warned(
            f"clients wait for a connection: {'; '.join(said)}",
            "fondaco locks says who holds others up; if nobody does, raise default_pool_size",
        )
    return passed(f"nobody waits in {len(rows)} pools")


def logs(key: str) -> Check:
    """PgBouncer's three log settings, each a line of the checklist."""

    def probe(site: Site) -> Finding:
        if site.pooler is None:
            return skipped(NO_POOLER)
        if site.pooler.settings.get(key, "1") == "1":
            return passed(f"{key} = 1")
        return warned(f"{key} = 0", f"set {key} = 1 in {site.pooler.path}")

    line = {"log_connections": 67, "log_disconnections": 68, "log_pooler_errors": 69}[key]
    why = "When a login fails or a pool is full, the log of PgBouncer is the first place to look."
    return Check(f"pooler.{key}", f"2:{line}", f"PgBouncer has {key} on", why, probe)


CHECKS = (
    Check(
        "pooler.mode",
        "2:36",
        "Connections are pooled by transaction",
        "In session mode each worker holds a connection even when idle, and the pool saves nothing.",
        mode,
    ),
    Check(
        "pooler.pool_size",
        "2:37",
        "default_pool_size is calculated",
        "Too small and requests queue for connections; too large and PostgreSQL runs out of them.",
        pool_size,
    ),
    Check(
        "pooler.reserve",
        "2:38",
        "There is a reserve for short spikes",
        "reserve_pool_size lets a pool grow for the moment in which everybody logs in.",
        reserve,
    ),
    Check(
        "pooler.max_clients",
        "2:39",
        "PgBouncer accepts all connections of the server",
        "A refused connection is an error on somebody's screen, while a waiting one is only slow.",
        max_clients,
    ),
    Check(
        "pooler.database_limits",
        "2:40",
        "Databases cannot take each other's connections",
        "With many databases, pools add up beyond what PostgreSQL accepts.",
        database_limits,
    ),
    Check(
        "pooler.auth_type",
        "2:42",
        "PgBouncer asks for passwords by SCRAM",
        "md5 verifiers can be used as passwords by whoever reads them; trust asks for none.",
        auth_type,
    ),
    Check(
        "pooler.auth_file",
        "2:43",
        "The auth_file is well formed and private",
        "It holds verifiers; a malformed line locks its user out at the next reload.",
        auth_file,
        close_auth_file,
    ),
    Check(
        "pooler.auth_query",
        "2:44",
        "Users are looked up by a technical role",
        "auth_query runs as auth_user, which needs nothing but one function.",
        auth_query,
    ),
    Check(
        "pooler.queue",
        "2:64, 2:91, 2:97",
        "SHOW POOLS answers, and nobody waits for a connection",
        "cl_waiting and maxwait are the first sign of a pool that is too small, or of a transaction that does not end.",
        queue,
    ),
    logs("log_connections"),
    logs("log_disconnections"),
    logs("log_pooler_errors"),
)
