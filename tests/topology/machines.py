"""Several machines on one: each is a network namespace, and runs what the kit wrote for it behind the kit's firewall.

etcd on three, PostgreSQL under Patroni on two, Fondaco with PgBouncer and HAProxy on two, HAProxy in front of these;
Redis and an object store on one more, and people on another. A machine is lost by killing all its processes at once, or
cut off.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import trustme

from fondaco.kit import description, files, secret
from fondaco.sql.binaries import account_for
from tests.fix_s3 import BUCKET, S3
from tests.topology.network import Network, Place

PATIENCE_S = 120
PROGRAMS = ("etcd", "patroni", "haproxy", "pgbouncer")
SECRETS = {name: f"{name}-1234567890" for name in secret.NAMES}
NAME = "erp"
NET = "10.0.1"
POSTGRESQL = Path("/usr/lib/postgresql/15/bin")
"""The one that the kit names: it speaks TLS, which that of the other tests may not"""


def missing() -> list[str]:
    """The programs that are not here."""
    absent = [name for name in PROGRAMS if _program(name) is None]
    return absent if (POSTGRESQL / "postgres").exists() else [*absent, str(POSTGRESQL)]


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a state; one that does not come is an AssertionError that names it."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.1)


class Machine:
    """An address and the processes that run there; its files lie in `folder`."""

    def __init__(self, place: Place, address: str, folder: Path) -> None:
        self.place, self.address, self.folder = place, address, folder
        self.processes: list[subprocess.Popen[bytes]] = []
        folder.mkdir()

    def run(self, *command: str | Path, as_account: bool = False, **environ: str) -> None:
        """Start a program in a group of processes of its own."""
        account = account_for() if as_account else None
        if account is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, account.uid, account.gid)
        inherited = {
            key: value for key, value in os.environ.items() if not key.startswith(("FONDACO_", "PYTHON", "PG"))
        }
        if account is not None:
            inherited["HOME"] = str(self.folder)  # where libpq looks for a certificate of its own
        with (self.folder / f"{Path(command[0]).name}.output").open("ab") as log, self.place.here():
            self.processes.append(
                subprocess.Popen(
                    command, stdout=log, stderr=log, cwd=self.folder, env={**inherited, **environ},
                    start_new_session=True, user=account.uid if account else None,
                    group=account.gid if account else None, extra_groups=[] if account else None,
                )
            )  # fmt: skip

    def lose(self) -> None:
        """As if the power went: every process that was started here is killed, with its children."""
        for process in self.processes:
            for pid in (process.pid, *_descendants(process.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for process in self.processes:
            process.wait()
        self.processes = []

    def logs(self) -> str:
        """The end of each log, for a test that fails."""
        return "\n".join(
            f"--- {path}\n{path.read_text()[-1500:]}"
            for path in sorted(self.folder.glob("*.*"))
            if path.suffix in (".log", ".output")
        )


def _descendants(pid: int) -> list[int]:
    """The children of a process, their children and so on, also those in sessions of their own."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


class Topology:
    """The machines, by what they do."""

    def __init__(self, network: Network, folder: Path, redis_url: str, store: S3) -> None:
        self.folder, self.store = folder, store

        def machine(name: str, number: int) -> Machine:
            address = f"{NET}.{number}"
            return Machine(network.place(name, address), address, folder / name)

        self.etcd = [machine(f"etcd{number}", 30 + number) for number in (1, 2, 3)]
        self.databases = [machine(f"database{number}", 20 + number) for number in (1, 2)]
        self.servers = [machine(f"server{number}", 10 + number) for number in (1, 2)]
        self.front = machine("front", 5)
        self.people = network.place("people", f"{NET}.2")
        self.authority = trustme.CA()
        content = description.tomllib.loads(description.EXAMPLE)
        content["redis"] = {"url": redis_url}
        content["cluster"] = {
            **{role: [one.address for one in getattr(self, role)] for role in ("servers", "databases", "etcd")},
            "front": [self.front.address],
            "bucket": BUCKET,
        }
        found = files.rendered(description.described(content, "the topology"), SECRETS)
        self.kit = {file.path: file.content for file in found}

    @property
    def machines(self) -> list[Machine]:
        return [*self.etcd, *self.databases, *self.servers, self.front]

    def of(self, machine: Machine, path: str) -> str:
        """A file that the kit wrote for a machine, with this machine's folder in place of the system's."""
        return self.kit[f"cluster/{machine.address}/{path}"]

    def certify(self) -> None:
        """Carry out the kit's script of certificates, as who wrote the kit does."""
        script = self.folder / "cluster" / "certificates"
        script.parent.mkdir()
        script.write_text(self.kit["cluster/certificates"])
        command = ["sh", script, self.folder / "secrets"]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_S)

    def certificates(self, machine: Machine, path: str) -> Path:
        """The folder of the certificates of a machine, brought to it."""
        shutil.copytree(
            self.folder / "cluster" / machine.address / path, machine.folder / "tls", dirs_exist_ok=True
        )  # fmt: skip
        return machine.folder / "tls"

    def trust(self) -> ssl.SSLContext:
        """What knows the authority of the cluster, and holds addresses against certificates."""
        return ssl.create_default_context(cafile=str(self.folder / "secrets/cluster-ca.crt"))

    # -- the data -----------------------------------
    def start_etcd(self, machine: Machine) -> None:
        text = self.of(machine, "etc/default/etcd").replace("/var/lib/etcd/erp", str(machine.folder / "data"))
        text = text.replace("/etc/etcd/tls", str(self.certificates(machine, "etc/etcd/tls")))
        machine.run("etcd", "--logger", "zap", **dict(re.findall(r'^(ETCD_\w+)="(.*)"$', text, re.MULTILINE)))

    def start_database(self, machine: Machine) -> None:
        text = self.of(machine, "etc/patroni/config.yml")
        for said, meant in (
            ("/var/lib/postgresql/15/erp", machine.folder / "data"),
            ("/var/lib/postgresql/.erp-pgpass", machine.folder / "pgpass"),
            ("/var/run/postgresql", machine.folder),
            ("/etc/patroni/tls", self.certificates(machine, "etc/patroni/tls")),
            ("local all postgres peer", "local all postgres trust"),  # the account of the tests has another name
            ("1024MB", "32MB"),
        ):
            assert said in text, said
            text = text.replace(said, str(meant))
        (machine.folder / "config.yml").write_text(text)
        machine.run("patroni", machine.folder / "config.yml", as_account=True)

    def states(self) -> dict[str, dict[str, object]]:
        """What Patroni says of each PostgreSQL, by address: role, state, sync_standby; nothing of one that is away."""
        found = {}
        for machine in self.databases:
            with contextlib.suppress(OSError, ValueError):
                try:
                    # The servers may ask; the second is never lost.
                    url = f"https://{machine.address}:8008/patroni"
                    with self.servers[1].place.here():
                        answer = urllib.request.urlopen(url, timeout=3, context=self.trust())
                except urllib.error.HTTPError as error:
                    answer = error
                found[machine.address] = json.loads(answer.read())
        return found

    def is_a_stranger_heard_by_a_witness(self) -> bool:
        """Whether etcd answers somebody who knows its authority and has no certificate of it."""
        try:
            url = f"https://{self.etcd[0].address}:2379/version"
            with (
                self.databases[0].place.here(),
                urllib.request.urlopen(url, timeout=10, context=self.trust()) as answer,
            ):
                return bool(answer.read())
        except ssl.SSLError:
            return False  # TLS 1.3 tells of a missing certificate with the answer
        except urllib.error.URLError as error:
            assert isinstance(error.reason, ssl.SSLError), error
            return False

    def is_postgresql_heard_in_clear_text(self) -> bool:
        """Whether the primary answers its own role without TLS."""
        primary = self.primary()
        assert primary is not None
        login = {"user": "erp", "password": SECRETS["database-password"], "dbname": "erp", "sslmode": "disable"}
        try:
            with self.servers[1].place.here():
                psycopg.connect(host=primary.address, port=5432, connect_timeout=10, **login).close()
        except psycopg.OperationalError as error:
            assert "no encryption" in str(error), error
            return False
        return True

    def in_clear_text(self) -> list[str]:
        """The applications and replicas that the primary hears from other machines without TLS."""
        who = """
            SELECT application_name
              FROM pg_stat_activity
              JOIN pg_stat_ssl USING (pid)
             WHERE client_addr IS NOT NULL AND NOT ssl
        """
        with self.superuser() as connection:
            return [name for (name,) in connection.execute(who)]

    def answer_to_a_stranger(self) -> int:
        """The status of a change of Patroni's configuration by somebody without its password."""
        primary = self.primary()
        assert primary is not None
        connection = http.client.HTTPSConnection(primary.address, 8008, timeout=10, context=self.trust())
        with contextlib.closing(connection), self.servers[1].place.here():
            connection.request("PATCH", "/config", '{"ttl": 20}')
            return connection.getresponse().status

    def primary(self) -> Machine | None:
        """The PostgreSQL that takes writes."""
        states = self.states()
        is_first = {address for address, one in states.items() if one.get("role") in ("master", "primary")}
        running = [
            one for one in self.databases if one.address in is_first and states[one.address]["state"] == "running"
        ]
        return running[0] if len(running) == 1 else None

    def has_replica(self) -> bool:
        """Whether each commit waits for a replica, and etcd knows that it may take over."""
        primary = self.primary()
        if primary is None:
            return False
        states = self.states()
        if not any(one.get("sync_standby") for one in states.values()):
            return False
        streams = states.get(primary.address, {}).get("replication") or []
        return any(one["sync_state"] in ("sync", "quorum") for one in streams)  # type: ignore[attr-defined]

    def takes_writes(self, machine: Machine) -> bool:
        """Whether a PostgreSQL would take a write, asked on its machine."""
        login = {"user": "postgres", "dbname": "postgres", "connect_timeout": 10}
        try:
            with psycopg.connect(host=str(machine.folder), port=5432, **login) as connection:
                return bool(connection.execute("SELECT NOT pg_is_in_recovery()").fetchone()[0])  # type: ignore[index]
        except psycopg.OperationalError:
            return False

    def superuser(self, database: str = "postgres") -> psycopg.Connection:
        primary = self.primary()
        assert primary is not None
        return psycopg.connect(
            host=str(primary.folder), port=5432, user="postgres", dbname=database, autocommit=True
        )  # fmt: skip

    def start_data(self) -> None:
        """Firewalls, witnesses, both databases, and the role of the server."""
        self.certify()
        for machine in self.machines:
            (machine.folder / "nftables.conf").write_text(self.of(machine, "etc/nftables.conf"))
            machine.place.guard(machine.folder / "nftables.conf")
        for machine in self.etcd:
            self.start_etcd(machine)
        for machine in self.databases:
            self.start_database(machine)
        wait_until(self.has_replica, "a primary with a synchronous replica")
        with self.superuser() as connection:
            for statement in self.kit["etc/fondaco/erp-role.sql"].split(";\n"):
                if statement.strip():
                    connection.execute(statement)

    # -- those who serve ----------------------------
    def start_server(self, machine: Machine) -> None:
        """PgBouncer, the HAProxy that knows the primary, and Fondaco."""
        folder = machine.folder
        tls = self.certificates(machine, "etc/pgbouncer/tls")
        here = {"/etc/pgbouncer/tls": str(tls), "/etc/pgbouncer": str(folder),
                "/etc/fondaco/cluster-ca.crt": str(tls / "ca.crt"), "/var/log/postgresql": str(folder),
                "/var/run/postgresql": str(folder), "/var/lib/erp": str(folder / "files"), "/run/erp": str(folder),
                "/var/log/erp/": f"{folder}/", "workers = 8": "workers = 1",
                "max_cron_threads = 1": "max_cron_threads = 0", "metrics_port = 9469": "metrics_port = 0"}  # fmt: skip
        texts = {
            "haproxy.cfg": self.of(machine, "etc/haproxy/haproxy.cfg"),
            "pgbouncer.ini": self.of(machine, "etc/pgbouncer/pgbouncer.ini"),
            "userlist.txt": self.kit["etc/pgbouncer/userlist.txt"],
            "erp.conf": self.of(machine, "etc/fondaco/erp.conf"),
            "object-store.json": json.dumps(self.store.settings["ir_attachment.config"]),
        }
        for name, text in texts.items():
            for said, meant in here.items():
                text = text.replace(said, meant)
            (folder / name).write_text(text)
            (folder / name).chmod(0o600)
        (folder / "files").mkdir(exist_ok=True)
        (folder / "object-store.json").write_text(texts["object-store.json"])
        machine.run(str(_program("haproxy")), "-db", "-f", folder / "haproxy.cfg")
        machine.run(str(_program("pgbouncer")), "-q", folder / "pgbouncer.ini", as_account=True)
        store = {"FONDACO_IR_ATTACHMENT_CONFIG_FILE": str(folder / "object-store.json")}
        machine.run(sys.executable, "-m", "fondaco", "-c", folder / "erp.conf",
                    PYTHONPATH=os.environ.get("PYTHONPATH", ""), **store)  # fmt: skip

    def start_front(self) -> None:
        folder = self.front.folder
        self.authority.issue_cert("erp.example.com").private_key_and_cert_chain_pem.write_to_path(folder / "erp.pem")
        text = self.of(self.front, "etc/haproxy/haproxy.cfg").replace("/etc/haproxy", str(folder))
        text = text.replace("    log /dev/log local0\n", "").replace("maxconn 10000", "maxconn 500")
        (folder / "haproxy.cfg").write_text(text)
        self.front.run(str(_program("haproxy")), "-db", "-f", folder / "haproxy.cfg")

    def stop(self) -> None:
        for machine in reversed(self.machines):
            machine.lose()


@contextlib.contextmanager
def running(network: Network, folder: Path, redis_url: str, store: S3) -> Iterator[Topology]:
    """The data side of a topology that is up; servers and front are started once there is a database."""
    topology = Topology(network, folder, redis_url, store)
    try:
        topology.start_data()
        yield topology
    except AssertionError as error:
        raise AssertionError(f"{error}\n" + "\n".join(machine.logs() for machine in topology.machines)) from error
    finally:
        topology.stop()
