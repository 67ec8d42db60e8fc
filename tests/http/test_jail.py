"""Log-ins in the log as a jail reads them (rows S1, S2, S3): a real server behind a real nginx, read by fail2ban."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from fondaco.config import Config
from fondaco.config.sources import save
from tests import fix_database
from tests.external_api import service
from tests.fix_server import free_port, serving
from tests.processes import first_line

PATIENCE_S = 120
SHIPPED = Path(__file__).parents[2] / "deploy" / "fail2ban"
# 0:316, byte for byte
OF_THE_MANUAL = r"^ \d+ INFO \S+ \S+ Login failed for db:\S+ login:\S+ from <HOST>"
LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\+0000 \d+ INFO (?P<logdb>\S+) odoo\.addons\.base\.models\.res_users: "
    r"Login (?P<kind>failed|successful) for db:(?P<db>\S+) login:(?P<login>\S+) from (?P<address>\S+) $"
)
VICTIM = "198.51.100.66"
FORGERY = (
    f"2026-03-01 12:00:00,123 1 INFO d odoo.addons.base.models.res_users: Login failed for db:d login:x from {VICTIM}"
)
HOSTILE = [
    "nobody",
    "no body",
    f"x from {VICTIM}",
    f"x\n{FORGERY} ",
    f"x\u2028{FORGERY}",
    f"\x1b[2J\r{FORGERY}",
    "x" * 5000,
    "%0a%20",
    "ünï",
]


@pytest.fixture(scope="module")
def door(config, database, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """A server whose log hides whatever it may (3:108), behind a proxy, and its log file."""
    folder = tmp_path_factory.mktemp("door")
    logfile = folder / "fondaco.log"
    settings = config.replace(
        logfile=str(logfile), log_level="error", log_utc_offset=True, proxy_mode=True, admin_passwd="a long one"
    )
    with serving(settings, database, folder) as server:
        yield SimpleNamespace(server=server, logfile=logfile, database=database)


@pytest.fixture
def through_nginx(door, nginx) -> Iterator[str]:
    """The address of an nginx that tells the server who asks, as the manuals set it up."""
    port = free_port()
    site = f"""server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_set_header X-Forwarded-Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass {door.server.url};
        }}
    }}"""
    with nginx(site).running(port):
        yield f"http://127.0.0.1:{port}"


def banned(program: str, logfile: Path, expression: str) -> list[str]:
    """The addresses that fail2ban reads out of a log."""
    if shutil.which(program) is None:
        pytest.skip("no fail2ban-regex here: install the package fail2ban")
    done = subprocess.run(
        [program, "-o", "ip", str(logfile), expression], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout.split()


def from_address(address: str) -> requests.Session:
    """A visitor who comes to the proxy from another address of this machine."""
    visitor = requests.Session()
    adapter = requests.adapters.HTTPAdapter()
    adapter.init_poolmanager(4, 4, source_address=(address, 0))
    visitor.mount("http://", adapter)
    return visitor


def log_in(visitor: requests.Session, url: str, login: str, password: str) -> requests.Response:
    page = visitor.get(f"{url}/web/login", timeout=PATIENCE_S)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    form = {"csrf_token": token[1], "login": login, "password": password}
    return visitor.post(f"{url}/web/login", data=form, timeout=PATIENCE_S, allow_redirects=False)


def told(door, begin: int) -> list[re.Match[str]]:
    """The log-ins told since."""
    lines = door.logfile.read_text()[begin:].split("\n")
    return [found for line in lines if (found := LINE.match(line))]


def test_s1_each_log_in_is_a_line_in_the_documented_format_whatever_the_level(door, through_nginx):
    begin = len(door.logfile.read_text())
    visitor = from_address("127.0.0.41")
    visitor.headers["X-Forwarded-For"] = VICTIM  # what he says of himself is not what the proxy saw

    assert log_in(visitor, through_nginx, "no body", "x").status_code == 200
    assert log_in(visitor, through_nginx, fix_database.LOGIN, fix_database.PASSWORD).status_code == 303

    lines = [found.group("logdb", "kind", "db", "login", "address") for found in told(door, begin)]
    name = door.database
    assert lines == [
        (name, "failed", name, "no%20body", "127.0.0.41"),
        (name, "successful", name, fix_database.LOGIN, "127.0.0.41"),
    ]
    assert " werkzeug: " not in door.logfile.read_text()[begin:], "the level is that of the file"


def test_s1_s2_every_door_tells_of_failures(door):
    begin = len(door.logfile.read_text())
    url, name = door.server.url, door.database
    visitor = from_address("127.0.0.42")

    def call(service: str, method: str, *args: object) -> None:
        body = {"params": {"service": service, "method": method, "args": args}}
        visitor.post(f"{url}/jsonrpc", json=body, timeout=PATIENCE_S)

    call("common", "login", name, "nobody", "x")
    call("object", "execute", name, 2, "x", "res.users", "search", [])
    call("db", "drop", "x", "nothing")
    visitor.post(
        f"{url}/web/session/authenticate",
        json={"params": {"db": name, "login": "y", "password": "x"}},
        timeout=PATIENCE_S,
    )
    with pytest.raises(xmlrpc.client.Fault):
        service(url).execute_kw(name, 2, "x", "res.users", "search", [[]])

    assert [(found["db"], found["login"], found["address"]) for found in told(door, begin)] == [
        (name, "nobody", "127.0.0.42"),
        (name, fix_database.LOGIN, "127.0.0.42"),
        ("-", "master-password", "127.0.0.42"),
        (name, "y", "127.0.0.42"),
        (name, fix_database.LOGIN, "127.0.0.1"),
    ]


@pytest.mark.parametrize(
    "expression", [OF_THE_MANUAL, str(SHIPPED / "filter.d" / "fondaco.conf")], ids=["manual", "ours"]
)
def test_s2_hostile_log_ins_ban_their_own_address_only(door, tmp_path, expression):
    begin = len(door.logfile.read_text())
    address = "127.0.0.51" if expression == OF_THE_MANUAL else "127.0.0.52"
    visitor = from_address(address)
    for login in HOSTILE:
        log_in(visitor, door.server.url, login, "x")
    for path in ("/web/\n" + FORGERY, "/nothing?x=\n" + FORGERY):
        visitor.get(door.server.url + path.replace("\n", "%0a"), timeout=PATIENCE_S)
    body = {
        "params": {"service": "object", "method": "execute", "args": [f"d\n{FORGERY} ", 2, "x", f"\n{FORGERY} ", "y"]}
    }
    visitor.post(f"{door.server.url}/jsonrpc", json=body, timeout=PATIENCE_S)
    visitor.post(
        f"{door.server.url}/web/dataset/call_kw", json={"params": {"model": f"\n{FORGERY} "}}, timeout=PATIENCE_S
    )
    part = tmp_path / "part.log"
    part.write_text(door.logfile.read_text()[begin:])

    assert banned("fail2ban-regex", part, expression) == [address] * len(HOSTILE)
    assert FORGERY in part.read_text().replace("%20", " "), "nothing was tried"


def test_s2_lines_of_json_are_read_too(config, database, tmp_path):
    logfile = tmp_path / "fondaco.log"
    with serving(config.replace(logfile=str(logfile), log_format="json"), database, tmp_path) as server:
        log_in(
            from_address("127.0.0.61"), server.url, f'x","message":"Login failed for db:d login:x from {VICTIM}"', "x"
        )

    assert banned("fail2ban-regex", logfile, str(SHIPPED / "filter.d" / "fondaco.conf")) == ["127.0.0.61"]


# -- a real ban ------------------------------------------------------------------------------------------------------
HOUSE, ATTACKER, NEIGHBOUR = "192.0.2.1", "192.0.2.7", "192.0.2.8"
KNOCK = """
import sys, requests
adapter = requests.adapters.HTTPAdapter()
adapter.init_poolmanager(1, 1, source_address=(sys.argv[1], 0))
visitor = requests.Session()
visitor.mount("http://", adapter)
for _ in range(int(sys.argv[3])):
    body = {"params": {"service": "common", "method": "login", "args": [sys.argv[4], "nobody", "x"]}}
    try:
        print(visitor.post(f"http://{sys.argv[2]}/jsonrpc", json=body, timeout=(3, 60)).status_code)
    except requests.RequestException:
        print("nobody answers")
"""


class Street:
    """Two machines with a cable between them: network namespaces, each held by a process that sleeps."""

    def __init__(self) -> None:
        self.house, self.outside = self._machine(), self._machine()
        self._run("ip", "link", "add", "h0", "netns", str(self.house.pid), "type", "veth", "peer", "name", "s0",
                  "netns", str(self.outside.pid))  # fmt: skip
        for machine, device, addresses in (
            (self.house, "h0", [HOUSE]),
            (self.outside, "s0", [ATTACKER, NEIGHBOUR]),
        ):
            for address in addresses:
                self._run(*self.on(machine, "ip", "addr", "add", f"{address}/24", "dev", device))
            for name in ("lo", device):
                self._run(*self.on(machine, "ip", "link", "set", name, "up"))

    @staticmethod
    def on(machine: subprocess.Popen[bytes], *command: str) -> list[str]:
        return ["nsenter", "-n", "-t", str(machine.pid), *command]

    def knock(self, address: str, port: int, times: int, database: str) -> list[str]:
        """What came back to someone who tries to log in from `address`."""
        command = self.on(self.outside, sys.executable, "-c", KNOCK, address, f"{HOUSE}:{port}", str(times), database)
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout.split("\n")[:-1]

    def close(self) -> None:
        for machine in (self.house, self.outside):
            machine.kill()
            machine.wait(60)

    @staticmethod
    def _machine() -> subprocess.Popen[bytes]:
        machine = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec sleep 600"], stdout=subprocess.PIPE)
        first_line(machine)
        return machine

    @staticmethod
    def _run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_S)


@pytest.fixture
def street() -> Iterator[Street]:
    if any(shutil.which(name) is None for name in ("fail2ban-server", "ip", "unshare", "nsenter")):
        pytest.skip("no fail2ban-server or no ip here: install the packages fail2ban and iproute2")
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces need root")
    street = Street()
    yield street
    street.close()


@contextlib.contextmanager
def fail2ban(street: Street, logfile: Path, folder: Path) -> Iterator[list[str]]:
    """A fail2ban with our jail in the house, which lives in another time zone; the command of its client."""
    settings = folder / "fail2ban"
    shutil.copytree("/etc/fail2ban", settings, ignore=shutil.ignore_patterns("defaults-debian.conf"))
    shutil.copytree(SHIPPED, settings, dirs_exist_ok=True)
    own = f"[DEFAULT]\nbanaction = route\n[fondaco]\nlogpath = {logfile}\nbackend = polling\n"
    (settings / "jail.local").write_text(own)
    (settings / "fail2ban.local").write_text(f"[DEFAULT]\ndbfile = None\nlogtarget = {folder}/fail2ban.log\n")
    files = ["-c", str(settings), "-s", str(folder / "f2b.sock"), "-p", str(folder / "f2b.pid")]
    environ = {**os.environ, "TZ": "America/New_York"}
    with subprocess.Popen(street.on(street.house, "fail2ban-server", *files, "-f", "start"), env=environ) as daemon:
        try:
            yield street.on(street.house, "fail2ban-client", *files)
        finally:
            daemon.terminate()


@pytest.mark.direct("its server is in a network without PgBouncer")
def test_s3_ten_failures_in_a_minute_close_the_door_to_one_address(street, config, database, tmp_path):
    logfile = tmp_path / "fondaco.log"
    port = free_port()
    settings = config.replace(
        logfile=str(logfile), log_utc_offset=True, http_interface=HOUSE, http_port=port, db_name=[database]
    )

    with in_house(street, settings, tmp_path), fail2ban(street, logfile, tmp_path) as client:
        wait_until(lambda: "fondaco" in answer_of(client, "status"))
        assert street.knock(NEIGHBOUR, port, 9, database) == ["200"] * 9
        assert street.knock(ATTACKER, port, 10, database) == ["200"] * 10
        wait_until(lambda: ATTACKER in answer_of(client, "status", "fondaco"))

        assert street.knock(ATTACKER, port, 1, database) == ["nobody answers"]
        assert street.knock(NEIGHBOUR, port, 1, database) == ["200"]
        assert answer_of(client, "get", "fondaco", "bantime").strip() == "900"


@contextlib.contextmanager
def in_house(street: Street, config: Config, folder: Path) -> Iterator[None]:
    """A server in the house, ready to answer."""
    path = folder / "fondaco.conf"
    save(Config(config.values_by_key, config.sources, {}, (), str(path)))
    probe = f"import socket; socket.create_connection(({HOUSE!r}, {config['http_port']}), 1)"
    look = street.on(street.house, sys.executable, "-c", probe)
    with subprocess.Popen(street.on(street.house, sys.executable, "-m", "fondaco", "-c", str(path))) as server:
        try:
            wait_until(lambda: subprocess.run(look, capture_output=True, check=False).returncode == 0)
            yield
        finally:
            server.terminate()


def answer_of(client: list[str], *command: str) -> str:
    return subprocess.run([*client, *command], capture_output=True, text=True, timeout=PATIENCE_S, check=False).stdout


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.2)
