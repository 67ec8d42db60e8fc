"""`fondaco preflight` says whether a machine fits, and what to type where it does not."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from fondaco.checks import distribution, preflight, run
from fondaco.checks.finding import Finding, Verdict
from fondaco.checks.host import Host
from fondaco.checks.site import Site
from fondaco.cli.main import main
from fondaco.config import Config
from fondaco.sql.binaries import account_for, binaries, run_as
from tests.fix_server import free_port

PATIENCE_S = 60

pytestmark = pytest.mark.usefixtures("restored_logging")

CENTOS = 'NAME="CentOS Stream"\nID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="9"\n'
DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
UNIT = "usr/lib/systemd/system/postgresql.service"
WANTED = "etc/systemd/system/multi-user.target.wants/postgresql.service"
MACHINE = {
    "etc/os-release": CENTOS,
    "proc/meminfo": "MemTotal: 3900000 kB\n",
    "proc/net/tcp": "  sl  local_address rem_address   st\n   0: 0100007F:1538 00000000:0000 0A\n",
    "sys/fs/selinux/enforce": "1",
    "sys/fs/selinux/booleans/httpd_can_network_connect": "1 1",
    "run/systemd/system/.made": "",
    "usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf": "",
    "var/lib/pgsql/data/PG_VERSION": "13\n",
    UNIT: "[Unit]\n",
    WANTED: "[Unit]\n",
}


class Exact(Host):
    """A machine with an exact clock and room on its disk: those of this one are others on each machine."""

    has_exact_clock = True
    free = 21 * 2**30

    def free_space(self, path: Path) -> int:
        return self.free


class Drifting(Exact):
    has_exact_clock = False


class Full(Exact):
    free = 2**30


@dataclass
class Machine:
    """A CentOS 9 of the least size as files below `root`, beside the PostgreSQL of the run."""

    root: Path
    config: Config
    pools: object
    error: str = ""
    host: dict[str, int] = field(default_factory=lambda: {"cpus": 2, "account": 991})
    kind: type[Host] = Exact

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def site(self) -> Site:
        host = self.kind(self.root, **self.host)
        return Site(config=self.config, now=datetime.now(UTC), host=host, pools=self.pools, pools_error=self.error)

    def verdicts(self) -> dict[str, Verdict]:
        return {one.check.id: one.finding.verdict for one in run.run(self.site(), preflight.CHECKS)}

    def finding(self, name: str) -> Finding:
        (check,) = [check for check in preflight.CHECKS if check.id == f"preflight.{name}"]
        return run.look(self.site(), check)


@pytest.fixture
def machine(tmp_path: Path, config: Config, pools) -> Machine:
    made = Machine(tmp_path, config.replace(data_dir=str(tmp_path / "data"), http_port=8069, gevent_port=8072), pools)
    for name, text in MACHINE.items():
        made.write(name, text)
    return made


def without_postgresql(machine: Machine) -> None:
    machine.pools, machine.error = None, ""
    machine.config = machine.config.replace(db_host="", db_user="")


def uninitialised(machine: Machine) -> None:
    without_postgresql(machine)
    (machine.root / "var/lib/pgsql/data/PG_VERSION").unlink()


FAULTS: dict[str, tuple[str, Callable[[Machine], object], Verdict]] = {
    "one processor": ("processors", lambda it: it.host.update(cpus=1), Verdict.WARN),
    "half the memory": ("memory", lambda it: it.write("proc/meminfo", "MemTotal: 1900000 kB\n"), Verdict.WARN),
    "no memory": ("memory", lambda it: it.write("proc/meminfo", "MemTotal: 500000 kB\n"), Verdict.FAIL),
    "a full disk": ("disk", lambda it: setattr(it, "kind", Full), Verdict.FAIL),
    "root": ("account", lambda it: it.host.update(account=0), Verdict.WARN),
    "no systemd": ("systemd", lambda it: shutil.rmtree(it.root / "run"), Verdict.WARN),
    "few open files": ("open_files", lambda it: it.host.update(most_open_files=1024), Verdict.WARN),
    "a clock that drifts": ("clock", lambda it: setattr(it, "kind", Drifting), Verdict.WARN),
    "a zone nobody knows": ("time_zone", lambda it: it.write("etc/timezone", "Mars/Olympus\n"), Verdict.WARN),
    "SELinux": (
        "selinux", lambda it: it.write("sys/fs/selinux/booleans/httpd_can_network_connect", "0 0"), Verdict.WARN,
    ),
    "no font": ("pdf", lambda it: shutil.rmtree(it.root / "usr/share/fonts"), Verdict.WARN),
    "gone after a boot": ("at_boot", lambda it: (it.root / WANTED).unlink(), Verdict.FAIL),
    "never initialised": ("at_boot", uninitialised, Verdict.FAIL),
    "no PostgreSQL": ("postgresql", without_postgresql, Verdict.WARN),
}  # fmt: skip


def test_k1_the_least_machine_of_the_document_fits(machine) -> None:
    found = machine.verdicts()

    assert {name: verdict for name, verdict in found.items() if verdict is not Verdict.PASS} == {}
    assert {"preflight.processors", "preflight.memory", "preflight.disk", "preflight.at_boot"} <= set(found)


@pytest.mark.parametrize("fault", FAULTS)
def test_k1_what_a_machine_lacks_is_found_with_the_command_that_gives_it(machine, fault) -> None:
    name, spoil, verdict = FAULTS[fault]

    spoil(machine)

    found = machine.finding(name)
    assert (found.verdict, bool(found.next_step)) == (verdict, True)
    of_postgresql = {"at_boot", "postgresql", "role", "encoding", "extensions"}
    blind = of_postgresql if machine.pools is None else {"at_boot"} if fault == "no systemd" else set()
    others = {key.removeprefix("preflight."): one for key, one in machine.verdicts().items()}
    assert {key for key, one in others.items() if one is not Verdict.PASS} - blind - {name} == set()


def test_k1_the_commands_are_those_of_the_distribution_at_hand(machine) -> None:
    uninitialised(machine)
    red_hat = machine.finding("at_boot").next_step
    from_nothing = machine.finding("postgresql").next_step

    machine.write("etc/os-release", DEBIAN)
    debian = machine.finding("postgresql").next_step

    assert "postgresql-setup --initdb --unit postgresql" in red_hat
    assert "--encoding=UTF8 --locale=C.UTF-8" in red_hat
    assert red_hat.endswith("systemctl enable --now postgresql")
    assert from_nothing.startswith("dnf install postgresql-server postgresql-contrib && ")
    assert "createuser --createdb --no-createrole --no-superuser --pwprompt fondaco" in from_nothing
    assert debian.startswith("apt install postgresql && ") and "initdb" not in debian


def test_a_port_that_is_taken_is_found_on_the_real_machine(machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        machine.root, machine.config = Path("/"), machine.config.replace(http_port=taken, gevent_port=0)

        found = machine.finding("port")

    assert (found.verdict, str(taken) in found.evidence) == (Verdict.FAIL, True)


def test_a_folder_that_only_root_sees_is_not_called_empty(machine, monkeypatch) -> None:
    uninitialised(machine)

    def closed(path: Path) -> list[str]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(preflight.os, "listdir", closed)  # whoever runs the tests may be root

    assert machine.finding("at_boot").verdict is Verdict.SKIP


# -- a PostgreSQL as `postgresql-setup` makes it, with what our command hands it ------------------------------------
@dataclass
class Cluster:
    folder: Path
    port: int

    def connect(self, **login: object) -> psycopg.Connection:
        login = {"host": str(self.folder), "user": "postgres", "dbname": "template1", **login}
        return psycopg.connect(port=self.port, autocommit=True, connect_timeout=30, **login)

    def way_in(self, method: str) -> None:
        (self.folder / "data/pg_hba.conf").write_text(f"local all postgres trust\nhost all all 127.0.0.1/32 {method}\n")
        with self.connect() as connection:
            before = self.read_at(connection)
            connection.execute("SELECT pg_reload_conf()")
        end = time.monotonic() + PATIENCE_S
        while True:  # PostgreSQL reads it in its own time
            with self.connect() as later:
                if self.read_at(later) > before:
                    return
            assert time.monotonic() < end, "pg_hba.conf is not read"
            time.sleep(0.02)

    @staticmethod
    def read_at(connection: psycopg.Connection) -> datetime:
        """When the server read its files that lets in new sessions."""
        (moment,) = connection.execute("SELECT pg_conf_load_time()").fetchone()
        return moment


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    account, programs, port = account_for(), binaries(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="preflight-"))
    if account is not None:
        shutil.chown(folder, account.uid, account.gid)
    data = folder / "data"
    # `--auth=ident` is what postgresql-setup says itself; ours come after it, as PGSETUP_INITDB_OPTIONS does.
    initdb = [programs / "initdb", "-D", data, "-U", "postgres", "--auth=ident", "--no-sync"]
    try:
        made = run_as(account, [*initdb, *distribution.INITDB_OPTIONS.split()])
        assert made.returncode == 0, made.stdout
        assert "scram-sha-256" in (data / "pg_hba.conf").read_text()
        with (data / "postgresql.conf").open("a") as file:
            file.write(f"port = {port}\nunix_socket_directories = '{folder}'\nshared_buffers = 16MB\nfsync = off\n")
        (data / "pg_hba.conf").write_text("local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        started = run_as(account, [programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "start"])
        assert started.returncode == 0, (folder / "log").read_text()
        made = Cluster(folder, port)
        with made.connect() as connection:
            connection.execute("CREATE ROLE erp LOGIN CREATEDB NOSUPERUSER NOCREATEROLE PASSWORD 'secret-of-erp'")
        yield made
    finally:
        run_as(account, [programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def looked_at(cluster, tmp_path, capsys) -> Callable[..., dict]:
    """`fondaco preflight --json` with this cluster over loopback: its exit code, and each line by name."""

    def looked(**changes: str) -> dict:
        options = {"db_host": "127.0.0.1", "db_port": cluster.port, "db_user": "erp", "db_password": "secret-of-erp"}
        options |= {"data_dir": tmp_path / "data", "http_port": free_port(), "gevent_port": 0, **changes}
        (tmp_path / "erp.conf").write_text("[options]\n" + "".join(f"{key} = {v}\n" for key, v in options.items()))
        code = main(["preflight", "--json", "-c", str(tmp_path / "erp.conf")])
        told = json.loads(capsys.readouterr().out)
        assert told["exit"] == code
        return {"code": code, **{one["id"].removeprefix("preflight."): one for one in told["checks"]}}

    return looked


def test_k1_a_cluster_that_our_options_initialised_fits_and_nothing_is_made(cluster, looked_at, tmp_path) -> None:
    cluster.way_in("scram-sha-256")

    found = looked_at()

    names = ("postgresql", "role", "encoding", "extensions")
    assert {name: found[name]["verdict"] for name in names} == dict.fromkeys(names, "PASS")
    assert found["encoding"]["evidence"] == "UTF8, letters of C.UTF-8"
    assert not (tmp_path / "data").exists()


def test_k1_a_refusal_is_told_with_its_way_out(cluster, looked_at) -> None:
    cluster.way_in("scram-sha-256")
    wrong = looked_at(db_password="guess")
    cluster.way_in("ident")  # as CentOS leaves it
    ident = looked_at()
    cluster.way_in("scram-sha-256")
    away = looked_at(db_port=str(free_port()))

    assert [one["code"] for one in (wrong, ident, away)] == [20, 20, 20]
    assert "db_password" in wrong["postgresql"]["next"]
    assert "scram-sha-256 in place of ident" in ident["postgresql"]["next"]
    assert "createuser" in away["postgresql"]["next"]
    assert away["role"]["verdict"] == away["encoding"]["verdict"] == "SKIP"


def test_k1_a_role_with_wrong_rights_and_a_cluster_without_unicode_are_found(cluster, looked_at) -> None:
    cluster.way_in("scram-sha-256")
    with contextlib.closing(cluster.connect()) as connection:
        connection.execute("ALTER ROLE erp NOCREATEDB")
        poor = looked_at()
        connection.execute("ALTER ROLE erp SUPERUSER CREATEDB")
        mighty = looked_at()
        connection.execute("ALTER ROLE erp NOSUPERUSER")
        connection.execute("DROP DATABASE postgres WITH (FORCE)")
        # What initdb makes of LANG=C, which is how a service without a locale calls it.
        connection.execute(
            "CREATE DATABASE postgres TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        plain = looked_at()
        connection.execute("DROP DATABASE postgres WITH (FORCE)")
        connection.execute("CREATE DATABASE postgres TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        caseless = looked_at()
        connection.execute("DROP DATABASE postgres WITH (FORCE)")
        connection.execute("CREATE DATABASE postgres TEMPLATE template0")

    assert (poor["role"]["verdict"], mighty["role"]["verdict"]) == ("WARN", "FAIL")
    assert "CREATEDB" in poor["role"]["next"] and "NOSUPERUSER" in mighty["role"]["next"]
    assert (plain["encoding"]["verdict"], caseless["encoding"]["verdict"]) == ("FAIL", "WARN")
    assert "SQL_ASCII" in plain["encoding"]["evidence"]


def test_k1_an_empty_database_without_unicode_is_refused_before_anything_is_in_it(cluster, tmp_path, capsys) -> None:
    cluster.way_in("scram-sha-256")
    with contextlib.closing(cluster.connect()) as connection:
        connection.execute("DROP DATABASE IF EXISTS plain")
        connection.execute(
            "CREATE DATABASE plain OWNER erp TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    login = ["--db_host=127.0.0.1", f"--db_port={cluster.port}", "--db_user=erp", "--db_password=secret-of-erp"]

    code = main(["-d", "plain", "-i", "base", "--stop-after-init", "--data-dir", str(tmp_path), *login])

    assert (code, "createdb --encoding=UTF8 --template=template0" in capsys.readouterr().err) == (1, True)
    with contextlib.closing(cluster.connect(dbname="plain")) as connection:
        assert connection.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)


def test_the_page_names_every_line() -> None:
    page = (Path(__file__).parents[2] / "docs/operator/centos.md").read_text()

    assert [check.id for check in preflight.CHECKS if f"`{check.id}`" not in page] == []
    assert distribution.INITDB_OPTIONS in page
