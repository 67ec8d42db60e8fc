"""A whole deployment from the kit's files: nginx with TLS, workers, PgBouncer, PostgreSQL, Redis, an object store.

What a machine of its own would have is put in the place of what the kit names: ports, folders, a certificate. The
machine that checks look at has the kit's files below /etc, and the processes and disks of this one.
"""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from fondaco.backup import state
from fondaco.checks import run, statements
from fondaco.checks.finding import Finding, Verdict
from fondaco.checks.host import Host
from fondaco.checks.site import Site
from fondaco.checks.table import CHECKS
from fondaco.config import Config, sources
from fondaco.engine import Engine, opened
from fondaco.security.credentials import hash_password
from tests.fix_proxy import Proxy, nginx_in
from tests.fix_redis import Redis
from tests.fix_s3 import S3
from tests.fix_server import free_port
from tests.kit.conftest import Stack
from tests.processes import ended
from tests.seeds.visitor import Visitor

HOST = "erp.example.com"
ADDRESS = "198.51.100.1"
"""Of this machine, for those in other network namespaces"""
PASSWORD = "first-user-of-the-kit"
START_S, PATIENCE_S = 180, 60
OF_THE_MACHINE = {
    "host.load", "host.memory", "host.disk", "host.minimum", "host.disk_encryption", "host.io_wait", "host.network",
    "host.descriptors", "host.account", "limits.overcommit", "outside.redirect", "outside.ports",
}  # fmt: skip
"""Checks of the machine on which the tests run: its size, its disks, its account, its ports seen from itself"""
QUICK = hash_password(PASSWORD, rounds=1000)
BAD = (Verdict.FAIL, Verdict.WARN)


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where it answers, and the files it was started from."""

    folder: Path
    tls: int
    plain: int
    own: tuple[int, int]
    """The ports of the server itself: pages, live"""
    authority: trustme.CA
    stack: Stack
    proxy: Proxy
    redis: Redis
    s3: S3
    engine: Engine
    """Of this process, through the same pooler"""

    def visitor(self) -> Visitor:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return Visitor(HOST, self.tls, context)

    def fondaco(self, *words: str, settings: str = "erp.conf") -> subprocess.CompletedProcess[str]:
        return _fondaco(self.folder, *words, settings=settings)

    def certify(self, *, not_after: datetime | None = None) -> None:
        """Give nginx a certificate."""
        _certify(self.folder, self.authority, not_after)

    def reload_proxy(self) -> None:
        """Back when nobody is answered any more by who has the old configuration."""
        master = int((self.folder / "nginx.pid").read_text())
        before = _children(master)
        subprocess.run([*self.proxy.command, "-s", "reload"], check=True, capture_output=True, timeout=PATIENCE_S)

        def is_done() -> bool:
            return bool(_children(master) - before) and all(_is_leaving(pid) for pid in before)

        wait_until(is_done, "nginx has its new configuration")

    def site(self) -> Site:
        """What there is to look at now, as `fondaco check` gathers it."""
        read = _config(self.folder)
        return Site(
            config=read,
            now=datetime.now(UTC),
            host=Host(self.folder / "machine"),
            proxy=self.folder / "site.conf",
            pooler_file=self.stack.folder / "pgbouncer.ini",
            backup_state=state.read(read) if read["backup_repository"] else None,
            url=f"https://localhost:{self.tls}",
            ca_file=str(self.folder / "ca.crt"),
            pools=self.engine.pools,
        )

    @contextlib.contextmanager
    def quick(self) -> Iterator[None]:
        """Meanwhile the password of the first user is compared quickly: each look of the checklist tries some."""
        find = "SELECT password FROM res_users WHERE login = 'admin'"
        change = "UPDATE res_users SET password = %s WHERE login = 'admin'"
        with self.stack.superuser("erp") as connection:
            (before,) = connection.execute(find).fetchone()
            connection.execute(change, (QUICK,))
            try:
                yield
            finally:
                connection.execute(change, (before,))

    def wrong(self) -> dict[str, Finding]:
        """What the whole checklist finds to mend, by id, but for what the machine of the tests decides."""
        results = run.run(self.site(), [check for check in CHECKS if check.id not in OF_THE_MACHINE])
        return {one.check.id: one.finding for one in results if one.finding.verdict in BAD}


@contextlib.contextmanager
def deployed(kit, stack: Stack, redis: Redis, s3: S3, folder: Path) -> Iterator[Deployment]:
    tls, plain, http, live = free_port(), free_port(), free_port(), free_port()
    here = {
        "http_port = 8069": f"http_port = {http}",
        "gevent_port = 8072": f"gevent_port = {live}",
        "metrics_port = 9469": f"metrics_port = {free_port()}",
        "db_port = 6432": f"db_port = {stack.pooler}",
        "db_direct_port = 5432": f"db_direct_port = {stack.port}",
        "port=5432": f"port={stack.port}",
        "127.0.0.1:5432": f"127.0.0.1:{stack.port}",
        "workers = 8": "workers = 2",
        "redis://127.0.0.1:6379/0": redis.url,
        "/var/lib/erp-wal": str(stack.wal),
        "/var/lib/erp": str(folder / "data"),
        "/run/erp": str(folder),
        "/var/log/erp": str(folder / "log"),
        "/var/backups/erp": str(folder / "backups"),
        "/etc/fondaco": str(folder),
        "rate=1r/s": "rate=100r/s",  # each look asks for the log-in page, and there are many
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443": f"listen {tls}",
        ":8069": f":{http}",
        ":8072": f":{live}",
        "/etc/letsencrypt/live/erp.example.com/fullchain.pem": str(folder / "erp.crt"),
        "/etc/letsencrypt/live/erp.example.com/privkey.pem": str(folder / "erp.key"),
        "/var/log/nginx": str(folder),
    }

    def text(path: str) -> str:
        content = kit[path].content
        for said, meant in here.items():
            content = content.replace(said, meant)
        return content

    (folder / "data").mkdir(mode=0o750)
    (folder / "erp.conf").write_text(text("etc/fondaco/erp.conf"))
    for name in ("erp-backup-password", "erp-backup-pgpass"):
        (folder / name).write_text(text(f"etc/fondaco/{name}"))
    for name in ("erp.conf", "erp-backup-password", "erp-backup-pgpass"):
        (folder / name).chmod(kit[f"etc/fondaco/{name}"].mode)
    (folder / "erp-object-store.json").write_text(json.dumps(s3.settings["ir_attachment.config"]))
    _make_machine(folder / "machine", kit, text)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.crt")
    _certify(folder, authority)
    done = _fondaco(folder, "-d", "erp", "-i", "contacts", "--stop-after-init")
    assert done.returncode == 0, done.stderr
    proxy = nginx_in(folder, text("etc/nginx/sites-available/erp.conf"))
    command = [sys.executable, "-m", "fondaco", "-c", str(folder / "erp.conf")]
    server = subprocess.Popen(command, env=_environment(folder))
    try:
        config = _config(folder)
        with proxy.running(tls), opened(config) as engine:
            made = Deployment(folder, tls, plain, (http, live), authority, stack, proxy, redis, s3, engine)
            _wait(made)
            yield made
    finally:
        ended(server)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a state; one that does not come is an AssertionError that names it."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.02)


def _children(pid: int) -> set[int]:
    return {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def _is_leaving(worker: int) -> bool:
    """Whether a worker of nginx takes no more connections."""
    try:
        return b"shutting down" in Path(f"/proc/{worker}/cmdline").read_bytes()
    except FileNotFoundError:
        return True


def _environment(folder: Path) -> dict[str, str]:
    """What the unit of the kit has, and the password of the first user."""
    store = {"FONDACO_IR_ATTACHMENT_CONFIG_FILE": str(folder / "erp-object-store.json")}
    return {**os.environ, **store, "FONDACO_ADMIN_PASSWORD": PASSWORD}


def _config(folder: Path) -> Config:
    return sources.load(["-c", str(folder / "erp.conf")], _environment(folder))


def _fondaco(folder: Path, *words: str, settings: str = "erp.conf") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fondaco", *words, "-c", str(folder / settings)]
    environ = _environment(folder)
    return subprocess.run(command, capture_output=True, text=True, timeout=START_S, env=environ, check=False)


def _certify(folder: Path, authority: trustme.CA, not_after: datetime | None = None) -> None:
    issued = authority.issue_cert(HOST, "localhost", ADDRESS, not_after=not_after)
    issued.cert_chain_pems[0].write_to_path(folder / "erp.crt")
    issued.private_key_pem.write_to_path(folder / "erp.key")


def _make_machine(root: Path, kit, text) -> None:
    """The root of a file system: processes and disks of this machine, /etc of the kit."""
    root.mkdir()
    for name in ("proc", "sys"):
        (root / name).symlink_to(f"/{name}")
    for path in kit:
        if path.startswith(("etc/fail2ban", "etc/logrotate.d", "etc/systemd/system/erp", "etc/nftables.conf")):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text(path))
    (root / "etc/ssh").mkdir()
    (root / "etc/ssh/sshd_config").write_text("PasswordAuthentication no\n")


def _wait(deployment: Deployment) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if deployment.visitor().get("/web/health").status == 200:
                return
        time.sleep(0.1)
    pytest.fail((deployment.folder / "log/fondaco.log").read_text()[-4000:])


def state_everything(deployment: Deployment) -> None:
    """Somebody says that what no program sees holds."""
    for check in statements.CHECKS:
        statements.state(deployment.site(), check.id, "tried in a test", "somebody")
