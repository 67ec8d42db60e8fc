"""Faults of a deployment that runs: each is put in, and taken out again; with the one check that is there for it."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fondaco.security.credentials import hash_password
from tests.fix_redis import Redis
from tests.fix_s3 import S3
from tests.kit.deployment import Deployment, wait_until

Fault = Callable[[Deployment], AbstractContextManager[object]]
SITE, OPTIONS, POOLER = "site.conf", "erp.conf", "pgbouncer.ini"
UNIT = "machine/etc/systemd/system/erp.service"


def until_undone(begin: Callable[[Deployment], Callable[[], object]]) -> Fault:
    """A fault that `begin` puts in; what it answers takes the fault out again."""

    @contextmanager
    def fault(deployment: Deployment) -> Iterator[None]:
        undo = begin(deployment)
        try:
            yield
        finally:
            undo()

    return fault


def changed(place: Callable[[Deployment], Path], change: Callable[[str], str]) -> Fault:
    """A file with another content meanwhile; one that stays as it is fails the test."""

    def begin(deployment: Deployment) -> Callable[[], object]:
        path = place(deployment)
        before, bits = path.read_bytes(), path.stat().st_mode
        after = change(before.decode())
        assert after != before.decode(), f"{path} does not say what was to be changed"
        path.write_text(after)

        def undo() -> None:
            path.write_bytes(before)
            path.chmod(bits)

        return undo

    return until_undone(begin)


def place_of(name: str) -> Callable[[Deployment], Path]:
    """Where a file of the deployment lies."""
    is_of_pooler = name in (POOLER, "userlist.txt")
    return lambda deployment: (deployment.stack.folder if is_of_pooler else deployment.folder) / name


def edited(name: str, old: str, new: str) -> Fault:
    return changed(place_of(name), lambda text: text.replace(old, new))


def option(key: str, value: object) -> Fault:
    """Another value of a setting; the key is added where the kit does not write it."""

    def change(text: str) -> str:
        others = [line for line in text.splitlines() if not line.startswith(f"{key} = ")]
        return "\n".join([*others, f"{key} = {value}\n"])

    return changed(place_of(OPTIONS), change)


def mode(name: str, bits: int) -> Fault:
    def begin(deployment: Deployment) -> Callable[[], object]:
        path = place_of(name)(deployment)
        before = path.stat().st_mode
        path.chmod(bits)
        return lambda: path.chmod(before)

    return until_undone(begin)


def removed(name: str) -> Fault:
    def begin(deployment: Deployment) -> Callable[[], object]:
        path = place_of(name)(deployment)
        content = path.read_text()
        path.unlink()
        return lambda: path.write_text(content)

    return until_undone(begin)


def served(old: str, new: str) -> Fault:
    """nginx at work serves another site than the file has by the time somebody looks."""

    def begin(deployment: Deployment) -> Callable[[], object]:
        with edited(SITE, old, new)(deployment):
            deployment.reload_proxy()
        return deployment.reload_proxy

    return until_undone(begin)


def sql(do: str, undo: str, database: str = "postgres") -> Fault:
    """Statements of the superuser, on the PostgreSQL at work."""

    def said(deployment: Deployment, statement: str) -> None:
        with deployment.stack.superuser(database) as connection:
            connection.execute(statement)

    def begin(deployment: Deployment) -> Callable[[], object]:
        said(deployment, do)
        return lambda: said(deployment, undo)

    return until_undone(begin)


def postgresql(setting: str, value: str) -> Fault:
    """Another setting of the PostgreSQL at work."""

    def begin(deployment: Deployment) -> Callable[[], object]:
        with deployment.stack.superuser() as connection:
            (before,) = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
            connection.execute(f"ALTER SYSTEM SET {setting} = '{value}'")

        def undo() -> None:
            with deployment.stack.superuser() as connection:
                connection.execute(f"ALTER SYSTEM RESET {setting}")
            _reload(deployment, setting, before, is_same=True)

        try:
            _reload(deployment, setting, before, is_same=False)
        except AssertionError:
            undo()
            raise
        return undo

    return until_undone(begin)


def _reload(deployment: Deployment, setting: str, before: str, *, is_same: bool) -> None:
    """PostgreSQL reads its settings anew; come back when sessions that begin and those of the pools have them."""
    with deployment.stack.superuser() as connection:
        connection.execute("SELECT pg_reload_conf()")

    def is_read() -> bool:
        with deployment.engine.pools.cursor("postgres", readonly=True) as cr:
            cr.execute("SELECT current_setting(%s)", (setting,))
            return (cr.fetchone()[0] == before) is is_same

    wait_until(is_read, f"{setting} is another")


def listening(port: Callable[[Deployment], int]) -> Fault:
    """The port of somebody is open on all addresses as well."""

    @contextmanager
    def fault(deployment: Deployment) -> Iterator[None]:
        with socket.socket(socket.AF_INET6) as door:
            door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            door.bind(("::", port(deployment)))
            door.listen()
            yield

    return fault


def noted(database: str, event: str, **values: object) -> Fault:
    """The backups left another word of themselves."""

    def change(text: str) -> str:
        events = json.loads(text)
        events[database][event] |= values
        return json.dumps(events)

    return changed(place_of("data/backups/state.json"), change)


def forgotten(database: str, event: str) -> Fault:
    """What the backups left no word of."""

    def change(text: str) -> str:
        events = json.loads(text)
        del events[database][event]
        return json.dumps(events)

    return changed(place_of("data/backups/state.json"), change)


def stated(check: str, days: int) -> Fault:
    def change(text: str) -> str:
        said = json.loads(text)
        said[check]["at"] = ago(days)
        return json.dumps(said)

    return changed(place_of("data/checks/statements.json"), change)


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def stopped(of: Callable[[Deployment], Redis | S3]) -> Fault:
    """A server that is killed, and comes back."""

    def begin(deployment: Deployment) -> Callable[[], object]:
        of(deployment).stop()
        return of(deployment).start

    return until_undone(begin)


@until_undone
def repository(deployment: Deployment) -> Callable[[], object]:
    path = deployment.folder / ".git"
    path.mkdir()
    return path.rmdir


@contextmanager
def open_addons(deployment: Deployment) -> Iterator[None]:
    path = deployment.folder / "addons"
    path.mkdir(exist_ok=True)
    path.chmod(0o777)
    with option("addons_path", path)(deployment):
        yield


@until_undone
def ending_certificate(deployment: Deployment) -> Callable[[], object]:
    def certify(not_after: datetime | None = None) -> None:
        deployment.certify(not_after=not_after)
        deployment.reload_proxy()

    certify(datetime.now(UTC) + timedelta(days=3))
    return certify


@contextmanager
def waiting_for_a_lock(deployment: Deployment) -> Iterator[None]:
    stack = deployment.stack
    with stack.superuser() as holder, stack.superuser() as waiter, stack.superuser() as watcher:
        holder.execute("SELECT pg_advisory_lock(6)")
        thread = threading.Thread(target=waiter.execute, args=("SELECT pg_advisory_lock(6)",))
        thread.start()
        try:
            seen = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
            wait_until(lambda: bool(watcher.execute(seen, (waiter.info.backend_pid,)).fetchall()), "somebody waits")
            yield
        finally:
            holder.execute("SELECT pg_advisory_unlock(6)")
            thread.join(60)


@contextmanager
def waiting_for_a_connection(deployment: Deployment) -> Iterator[None]:
    """A pool that gives nobody a connection, and one who waits."""
    waits = "SELECT 1"
    with deployment.stack.console() as console, deployment.stack.client("template1") as client:
        client.execute(waits)
        client.rollback()
        console.execute("PAUSE template1")
        thread = threading.Thread(target=client.execute, args=(waits,))
        thread.start()

        def is_seen() -> bool:
            rows = console.execute("SHOW POOLS").fetchall()
            return any(row["database"] == "template1" and int(row["maxwait"]) for row in rows)

        try:
            wait_until(is_seen, "somebody waits for a second")
            yield
        finally:
            console.execute("RESUME template1")
            thread.join(60)


@contextmanager
def unseen_pools(deployment: Deployment) -> Iterator[None]:
    """A PgBouncer at work that tells the server nothing."""
    with deployment.stack.console() as console:
        with edited(POOLER, "stats_users = erp", "stats_users = postgres")(deployment):
            console.execute("RELOAD")
        try:
            yield
        finally:
            console.execute("RELOAD")


@until_undone
def default_password(deployment: Deployment) -> Callable[[], object]:
    find = "SELECT password FROM res_users WHERE login = 'admin'"

    def change(password: str) -> None:
        with deployment.stack.superuser("erp") as connection:
            connection.execute("UPDATE res_users SET password = %s WHERE login = 'admin'", (password,))

    with deployment.stack.superuser("erp") as connection:
        (before,) = connection.execute(find).fetchone()
    change(hash_password("admin", rounds=1000))
    return lambda: change(before)


@contextmanager
def failing_archive(deployment: Deployment) -> Iterator[None]:
    """The folder of the log is away; PostgreSQL tries a segment and says so."""
    wal, aside = deployment.stack.wal, deployment.stack.folder / "wal-aside"
    with deployment.stack.superuser() as connection:

        def is_failing() -> bool:
            late = "SELECT last_failed_time > COALESCE(last_archived_time, '-infinity') FROM pg_stat_archiver"
            return bool(connection.execute(late).fetchone()[0])

        def write() -> None:
            connection.execute("SELECT pg_create_restore_point('a fault')")
            connection.execute("SELECT pg_switch_wal()")

        wal.rename(aside)
        try:
            write()
            wait_until(is_failing, "archive_command fails")
            yield
        finally:
            aside.rename(wal)
            write()
            wait_until(lambda: not is_failing(), "archive_command works again")


FAULTS: dict[str, tuple[str, Fault]] = {
    # the proxy
    "a proxy that is none": ("exposure.proxy", edited(SITE, "server {", "server {{")),
    "no upgrade": ("proxy.websocket", edited(SITE, "proxy_set_header Upgrade $http_upgrade;", "")),
    "no client address": ("proxy.x_forwarded_for", edited(SITE, "header X-Forwarded-For", "header X-For")),
    "no scheme": ("proxy.x_forwarded_proto", edited(SITE, "header X-Forwarded-Proto", "header X-Scheme")),
    "no host": ("proxy.host", edited(SITE, "proxy_set_header Host $host;", "")),
    "no forwarded host": ("proxy.x_forwarded_host", edited(SITE, "proxy_set_header X-Forwarded-Host $host;", "")),
    "proxy not believed": ("proxy.mode", option("proxy_mode", False)),
    "short timeout": ("proxy.timeouts", edited(SITE, "proxy_read_timeout 750s;", "")),
    "tiny bodies": ("proxy.body_size", edited(SITE, "client_max_body_size 128m;", "")),
    "no rate limit": ("proxy.rate_limit", edited(SITE, "limit_req zone=erp_logins burst=10 nodelay;", "")),
    "no place for files": ("proxy.sendfile", edited(SITE, "location /web/filestore/", "location /elsewhere/")),
    "old TLS": ("tls.protocols", edited(SITE, "TLSv1.2 TLSv1.3", "TLSv1 TLSv1.2")),
    "weak cipher": ("tls.ciphers", edited(SITE, "ECDHE-RSA-CHACHA20-POLY1305;", "DES-CBC3-SHA;")),
    "ciphers that are none": (
        "tls.ciphers",
        changed(
            place_of(SITE), lambda text: re.sub("ssl_ciphers .*;", "ssl_ciphers ECDHE-RSA-AES256-GCM-SHA512;", text)
        ),
    ),
    "no redirect": ("tls.redirect", edited(SITE, "return 301 https://$host$request_uri;", "return 200;")),
    "no hsts": ("tls.hsts", edited(SITE, 'add_header Strict-Transport-Security "max-age=31536000" always;', "")),
    # what is served, asked as a visitor would
    "no page": ("outside.page", served("location = /web/login {", "location = /web/login { return 502;")),
    "manager for all": ("outside.manager", served("/web/database { deny all; }", "/web/database { return 200; }")),
    "no websocket": ("outside.websocket", served("location /websocket {", "location /websocket { return 403;")),
    "a certificate that ends on Sunday": ("outside.certificate", ending_certificate),
    # the server
    "public interface": ("exposure.interface", option("http_interface", "0.0.0.0")),
    "port open to all": ("exposure.application_ports", listening(lambda deployment: deployment.own[0])),
    "live port open to all": ("exposure.application_ports", listening(lambda deployment: deployment.own[1])),
    "open file": ("settings.file_mode", mode(OPTIONS, 0o644)),
    "open data": ("settings.data_dir", mode("data", 0o755)),
    "secret in a repository": ("settings.outside_repository", repository),
    "addons that all may write": ("settings.addons_path", open_addons),
    "unknown key": ("settings.known_keys", option("cache_seize", 3)),
    "a list of databases": ("settings.list_db", option("list_db", True)),
    "a log for ever": ("settings.logfile", removed("machine/etc/logrotate.d/erp")),
    "no workers": ("limits.workers", option("workers", 0)),
    "too many jobs": ("limits.cron_threads", option("max_cron_threads", 4)),
    "no limit of time": ("limits.time_cpu", option("limit_time_cpu", 0)),
    "waiting shorter than computing": ("limits.time_real", option("limit_time_real", 30)),
    "no soft limit": ("limits.memory_soft", option("limit_memory_soft", 0)),
    "a job that fails": (
        "limits.jobs",
        sql(
            "UPDATE ir_cron SET failure_count = 3 WHERE id = (SELECT min(id) FROM ir_cron WHERE active)",
            "UPDATE ir_cron SET failure_count = 0",
            "erp",
        ),
    ),
    # the pooler
    "session pooling": ("pooler.mode", edited(POOLER, "pool_mode = transaction", "pool_mode = session")),
    "no pool size": ("pooler.pool_size", edited(POOLER, "default_pool_size", "; default_pool_size")),
    "no reserve": ("pooler.reserve", edited(POOLER, "reserve_pool_size", "; reserve_pool_size")),
    "few clients": ("pooler.max_clients", edited(POOLER, "max_client_conn = ", "max_client_conn = 5\n;")),
    "trust": ("pooler.auth_type", edited(POOLER, "auth_type = scram-sha-256", "auth_type = trust")),
    "open userlist": ("pooler.auth_file", mode("userlist.txt", 0o644)),
    "malformed userlist": ("pooler.auth_file", edited("userlist.txt", '"', "")),
    "no log of connections": ("pooler.log_connections", edited(POOLER, "log_connections = 1", "log_connections = 0")),
    "no log of ends": ("pooler.log_disconnections", edited(POOLER, "log_disconnections = 1", "log_disconnections = 0")),
    "no log of errors": ("pooler.log_pooler_errors", edited(POOLER, "log_pooler_errors = 1", "log_pooler_errors = 0")),
    "pools that tell nothing": ("pooler.queue", unseen_pools),
    "somebody waits for a connection": ("pooler.queue", waiting_for_a_connection),
    "pooler open to all": ("exposure.pooler_port", listening(lambda deployment: deployment.stack.pooler)),
    # PostgreSQL
    "a superuser": ("postgresql.superuser", sql("ALTER ROLE erp SUPERUSER", "ALTER ROLE erp NOSUPERUSER")),
    "no statement timeout": ("postgresql.statement_timeout", option("statement_timeout", 0)),
    "no lock timeout": ("postgresql.lock_timeout", option("lock_timeout", 0)),
    "no log of lock waits": ("postgresql.log_lock_waits", postgresql("log_lock_waits", "off")),
    "no autovacuum": ("postgresql.autovacuum", postgresql("autovacuum", "off")),
    "somebody waits": ("postgresql.lock_waits", waiting_for_a_lock),
    "no statistics": (
        "postgresql.top_queries",
        sql("DROP EXTENSION pg_stat_statements", "CREATE EXTENSION pg_stat_statements"),
    ),
    "a default password": ("tenants.default_passwords", default_password),
    "demo data": (
        "tenants.demo_data",
        sql(
            "UPDATE ir_module_module SET demo = true WHERE name = 'base'",
            "UPDATE ir_module_module SET demo = false",
            "erp",
        ),
    ),
    # beside PostgreSQL
    "no Redis": ("stores.sessions", stopped(lambda deployment: deployment.redis)),
    "no object store": ("stores.files", stopped(lambda deployment: deployment.s3)),
    # the machine and its upkeep
    "no jail": ("host.guessing", removed("machine/etc/fail2ban/jail.d/erp.conf")),
    "passwords for ssh": ("host.ssh", edited("machine/etc/ssh/sshd_config", "Authentication no", "Authentication yes")),
    "connects anywhere": ("host.egress", edited(UNIT, "IPAddressDeny=any", "")),
    "a unit that takes nothing from the server": (
        "host.hardening",
        changed(
            place_of(UNIT), lambda text: re.sub(r"(?m)^(Protect|Private|Restrict|SystemCall|Capab|NoNew).*\n", "", text)
        ),
    ),
    "no firewall": ("host.firewall", removed("machine/etc/nftables.conf")),
    "a firewall that forgot ssh": (
        "host.firewall",
        changed(place_of("machine/etc/nftables.conf"), lambda text: re.sub(r".*tcp dport .ssh_ports .*\n", "", text)),
    ),
    "a backup of the day before yesterday": ("upkeep.backup", noted("erp", "run", at=ago(2))),
    "a backup that differs": ("upkeep.verified", noted("erp", "verified", problems=1, first_problem="a row")),
    "a way back that nobody tried this quarter": ("upkeep.restore", noted("erp", "drill", at=ago(120))),
    "a way back that nobody ever tried": ("upkeep.restore", forgotten("erp", "drill")),
    "a log of hours ago": ("upkeep.wal", noted("*", "wal", at=ago(0.2))),
    "a log that goes elsewhere": ("upkeep.wal", postgresql("archive_command", "/bin/true")),
    "a log that cannot be written": ("upkeep.wal", failing_archive),
    "an old word": ("upkeep.runbooks", stated("upkeep.runbooks", 91)),
}
