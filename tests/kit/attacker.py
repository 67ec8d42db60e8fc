"""Somebody in another network namespace who guesses passwords, and a fail2ban with the kit's files in this one."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.deployment import ADDRESS, PATIENCE_S, Deployment, wait_until

ATTACKER, NEIGHBOUR = "198.51.100.7", "198.51.100.8"
GUESS = """
import re, requests, sys
url, address, authority, times = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
visitor = requests.Session()
visitor.verify, visitor.trust_env = authority, False
adapter = requests.adapters.HTTPAdapter()
adapter.init_poolmanager(1, 1, source_address=(address, 0))
visitor.mount("https://", adapter)
try:
    page = visitor.get(url, timeout=30)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    for number in range(times):
        form = {"csrf_token": token, "login": "admin", "password": f"guess {number}"}
        print(visitor.post(url, data=form, timeout=30, allow_redirects=False).status_code)
except requests.ConnectionError:
    print("nobody answers")
"""


@dataclass(frozen=True, slots=True)
class Street:
    """A namespace outside, with a cable to this machine."""

    outside: str
    cable: str

    def guess(self, deployment: Deployment, address: str, times: int) -> list[str]:
        """What came back to somebody who fills in the form of the log-in page so many times."""
        url = f"https://{ADDRESS}:{deployment.tls}/web/login"
        words = [url, address, str(deployment.folder / "ca.crt"), str(times)]
        command = ["ip", "netns", "exec", self.outside, sys.executable, "-c", GUESS, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.split("\n")[:-1]


@contextlib.contextmanager
def street() -> Iterator[Street]:
    path = f"{os.environ['PATH']}:/usr/sbin"
    if any(shutil.which(name, path=path) is None for name in ("fail2ban-server", "ip", "nft")):
        pytest.skip("no fail2ban-server, ip or nft here: see tests/programs.sh")
    if os.geteuid() or subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces need root")
    mark = uuid.uuid4().hex[:6]
    made = Street(f"outside-{mark}", f"in-{mark}")
    _ip("netns", "add", made.outside)
    try:
        _ip("link", "add", made.cable, "type", "veth", "peer", "name", "cable", "netns", made.outside)
        _ip("addr", "add", f"{ADDRESS}/24", "dev", made.cable)
        _ip("link", "set", made.cable, "up")
        for address in (ATTACKER, NEIGHBOUR):
            _ip("-n", made.outside, "addr", "add", f"{address}/24", "dev", "cable")
        _ip("-n", made.outside, "link", "set", "cable", "up")
        yield made
    finally:
        _ip("netns", "delete", made.outside)  # and the cable with it


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=30)


@contextlib.contextmanager
def fail2ban(deployment: Deployment, kit, folder: Path) -> Iterator[Callable[..., str]]:
    """The kit's jail and filter at work; what its client answers to words."""
    settings = folder / "fail2ban"
    shutil.copytree("/etc/fail2ban", settings, ignore=shutil.ignore_patterns("defaults-debian.conf"))
    for path in ("filter.d/erp.conf", "jail.d/erp.conf"):
        text = kit[f"etc/fail2ban/{path}"].content.replace("/var/log/erp", str(deployment.folder / "log"))
        (settings / path).write_text(
            re.sub("^port = http,https$", f"port = {deployment.tls}", text, flags=re.MULTILINE)
        )
    (settings / "jail.local").write_text("[DEFAULT]\nbackend = polling\n")  # nothing else tells of changes everywhere
    (settings / "fail2ban.local").write_text(f"[DEFAULT]\ndbfile = None\nlogtarget = {folder}/fail2ban.log\n")
    files = ["-c", str(settings), "-s", str(folder / "f2b.sock"), "-p", str(folder / "f2b.pid")]

    def ask(*words: str) -> str:
        command = ["fail2ban-client", *files, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout

    with subprocess.Popen(["fail2ban-server", *files, "-f", "start"], stdout=subprocess.DEVNULL) as daemon:
        try:
            wait_until(lambda: "erp" in ask("status"), "fail2ban has the jail")
            yield ask
        finally:
            daemon.terminate()  # it takes its rules back
            daemon.wait(PATIENCE_S)
