"""A deployment in which all is well, as files of a folder; each test spoils one thing."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fondaco.checks import run, statements
from fondaco.checks.finding import Verdict
from fondaco.checks.host import Host
from fondaco.checks.site import Site
from fondaco.checks.table import CHECKS
from fondaco.config import Config, sources
from fondaco.modules.registries import Registries
from fondaco.security.credentials import hash_password
from fondaco.sql.fragment import SQL
from tests.kit.conftest import files_of

MIB = 2**20
NGINX = """
limit_req_zone $binary_remote_addr zone=logins:1m rate=1r/s;
map $http_upgrade $connection_upgrade { default upgrade; '' close; }
server {
    listen 80;
    server_name erp.example.com;
    return 301 https://$host$request_uri;
}
server {
    listen 443 ssl;
    server_name erp.example.com;
    ssl_certificate /etc/ssl/certs/erp.crt;
    ssl_certificate_key /etc/ssl/private/erp.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;
    add_header Strict-Transport-Security "max-age=31536000" always;
    client_max_body_size 128m;
    proxy_read_timeout 720s;
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    location / { proxy_pass http://127.0.0.1:8069; }
    location /websocket { proxy_pass http://127.0.0.1:8072; }
    location /web/login { limit_req zone=logins burst=5; proxy_pass http://127.0.0.1:8069; }
    location /web/database { deny all; }
    location /web/filestore/ { internal; alias /var/lib/fondaco/filestore/; }
}
"""
PGBOUNCER = """
[databases]
* = host=10.0.0.2 port=5432
[pgbouncer]
listen_addr = 10.0.0.2
listen_port = 6432
pool_mode = transaction
default_pool_size = 10
reserve_pool_size = 3
max_client_conn = 1000
max_db_connections = 20
auth_type = scram-sha-256
auth_file = userlist.txt
auth_user = pgbouncer_lookup
auth_query = SELECT uname, phash FROM user_lookup($1)
log_connections = 1
log_disconnections = 1
log_pooler_errors = 1
"""
USERS = '"erp" "SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5"\n'
OPTIONS = """
[options]
http_interface = 127.0.0.1
proxy_mode = True
trusted_proxies = 127.0.0.1
list_db = False
admin_passwd = a-long-one-3f9c2b7d1e8a4056
dbfilter = ^%d$
workers = 5
max_cron_threads = 1
limit_memory_soft = 671088640
limit_memory_hard = 805306368
limit_time_cpu = 60
limit_time_real = 120
statement_timeout = 110s
lock_timeout = 30s
idle_in_transaction_session_timeout = 60s
x_sendfile = True
"""
UNIT = "[Service]\nExecStart=/opt/erp/bin/fondaco -c /etc/fondaco/erp.conf\n"
HARDENED = files_of()["etc/systemd/system/erp.service"].content.partition("shows the score.\n")[2]
MACHINE = {
    "proc/meminfo": "MemTotal: 16000000 kB\nMemAvailable: 9000000 kB\nSwapTotal: 2000000 kB\nSwapFree: 1900000 kB\n",
    "proc/loadavg": "0.50 0.80 0.70 1/500 4242\n",
    "proc/stat": "cpu  100 0 100 1000 10 0 0 0 0 0\n",
    "proc/net/snmp": "Tcp: OutSegs RetransSegs\nTcp: 100000 20\n",
    "proc/net/tcp": "  sl  local_address rem_address   st\n   0: 0100007F:1F85 00000000:0000 0A\n",
    "proc/4242/comm": "pgbouncer\n",
    "proc/4242/limits": "Max open files            65536                65536                files\n",
    "etc/fail2ban/jail.d/fondaco.conf": "[fondaco]\nenabled = true\n",
    "etc/ssh/sshd_config": "PasswordAuthentication no\n",
    "etc/logrotate.d/fondaco": "/var/log/fondaco/*.log { weekly }\n",
    "etc/systemd/system/fondaco.service": UNIT + HARDENED,
    "etc/nftables.conf": "chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept }\n",
}


@dataclass
class Deployment:
    """Files below `folder` that a test may change before it looks; `settings` go over those of the file."""

    folder: Path
    connection: Config
    registries: Registries
    database: str
    settings: dict[str, object] = field(default_factory=dict)

    def file(self, name: str) -> Path:
        return self.folder / name

    def replace(self, name: str, old: str, new: str) -> None:
        """Change a file; one that does not say `old` fails the test."""
        text = self.file(name).read_text()
        assert old in text, f"{name} does not say {old!r}"
        self.file(name).write_text(text.replace(old, new))

    def site(self) -> Site:
        read = sources.load(["-c", str(self.file("fondaco.conf"))], {"HOME": str(self.folder)})
        ours = {key: self.connection[key] for key in ("db_host", "db_port", "db_user", "db_password", "db_sslmode")}
        config = read.replace(**ours, db_name=[self.database], data_dir=str(self.file("data")))
        config = config.replace(**self.settings)
        return Site(
            config=config,
            now=datetime.now(UTC),
            host=Host(self.file("machine"), cpus=4),
            proxy=self.file("nginx.conf"),
            pooler_file=self.file("pgbouncer.ini"),
            backups=self.file("backups"),
            pools=self.registries.pools,
        )

    def verdicts(self) -> dict[str, Verdict]:
        """{id: verdict} of every check but those that need a public address."""
        checks = [check for check in CHECKS if check.area != "outside"]
        return {one.check.id: one.finding.verdict for one in run.run(self.site(), checks)}

    def findings(self) -> dict[str, str]:
        checks = [check for check in CHECKS if check.area != "outside"]
        return {one.check.id: f"{one.finding.verdict}: {one.finding.evidence}" for one in run.run(self.site(), checks)}


@pytest.fixture(scope="module")
def quick_database(registries: Registries, database: str) -> str:
    """One whose passwords are compared quickly: many checks of a password would take minutes."""
    with registries.pools.cursor(database) as cr:
        cr.run(SQL("UPDATE res_users SET password = %s", hash_password("a-good-one", rounds=1000)))
        cr.commit()
    return database


@pytest.fixture
def deployment(tmp_path: Path, config: Config, registries: Registries, quick_database: str) -> Deployment:
    database = quick_database
    files = {"nginx.conf": NGINX, "pgbouncer.ini": PGBOUNCER, "fondaco.conf": OPTIONS, "userlist.txt": USERS}
    files |= {f"machine/{name}": text for name, text in MACHINE.items()}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in ("userlist.txt", "fondaco.conf"):
        (tmp_path / name).chmod(0o600)
    (tmp_path / "machine/proc/4242/fd").mkdir()
    _encrypt_the_disk(tmp_path)
    for folder in ("data", "backups"):
        (tmp_path / folder).mkdir(mode=0o750)
    os.chown(tmp_path / "data", 1234, -1) if os.geteuid() == 0 else None
    with zipfile.ZipFile(tmp_path / "backups" / f"{database}-2026-11-28.zip", "w") as archive:
        archive.writestr("dump.sql", "-- rows")
        archive.writestr("manifest.json", "{}")
    made = Deployment(tmp_path, config, registries, database)
    for check in statements.CHECKS:
        statements.state(made.site(), check.id, "tried in a test", "somebody")
    return made


def _encrypt_the_disk(folder: Path) -> None:
    """What the kernel shows of a volume of LVM on a partition that LUKS keeps."""
    number = folder.stat().st_dev
    devices = folder / "machine/sys/devices"
    for name, mark in (("volume", "LVM-4Zk0"), ("partition", "CRYPT-LUKS2-f00d-erp")):
        (devices / name / "dm").mkdir(parents=True)
        (devices / name / "dm/uuid").write_text(mark + "\n")
    (devices / "volume/slaves").mkdir()
    (devices / "volume/slaves/partition").symlink_to(devices / "partition")
    place = folder / "machine/sys/dev/block" / f"{os.major(number)}:{os.minor(number)}"
    place.parent.mkdir(parents=True)
    place.symlink_to(devices / "volume")


Spoil = Callable[[Deployment], object]
