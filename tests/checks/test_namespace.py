"""The checklist asked from another network namespace: what the firewall of this machine lets through, and what not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest

from tests.kit.conftest import files_of
from tests.processes import first_line

HERE, THERE = "192.0.2.1", "192.0.2.2"
LISTEN = (
    "import socket, sys, time; s = socket.create_server(('', int(sys.argv[1]))); print(flush=True); time.sleep(600)"
)


class Street:
    """Two network namespaces with a cable between them; something listens on 5432 in the first."""

    def __init__(self) -> None:
        mark = uuid.uuid4().hex[:6]
        self.house, self.outside = f"house-{mark}", f"outside-{mark}"
        for name in (self.house, self.outside):
            _ip("netns", "add", name)
        _ip("link", "add", "cable", "netns", self.house, "type", "veth", "peer", "name", "cable", "netns", self.outside)
        for name, address in ((self.house, HERE), (self.outside, THERE)):
            _ip("-n", name, "addr", "add", f"{address}/24", "dev", "cable")
            for device in ("lo", "cable"):
                _ip("-n", name, "link", "set", device, "up")
        command = [*self.on(self.house), sys.executable, "-c", LISTEN, "5432"]
        self.listener = subprocess.Popen(command, stdout=subprocess.PIPE)
        first_line(self.listener)

    @staticmethod
    def on(name: str) -> list[str]:
        return ["ip", "netns", "exec", name]

    def close(self) -> None:
        self.listener.kill()
        self.listener.stdout.close()
        self.listener.wait(60)
        for name in (self.house, self.outside):
            _ip("netns", "delete", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=30)


@pytest.fixture
def street() -> Iterator[Street]:
    if any(shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None for name in ("ip", "nft")):
        pytest.skip("no ip or no nft here: see tests/programs.sh")
    if os.geteuid() or subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces need root")
    made = Street()
    yield made
    made.close()


def _check(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fondaco", "check", "--only", "outside.ports", "--url", f"https://{HERE}", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_b8_s4_what_the_firewall_of_the_kit_shuts_is_seen_from_another_namespace(street: Street, tmp_path) -> None:
    firewall = tmp_path / "nftables.conf"
    firewall.write_text(files_of()["etc/nftables.conf"].content)
    command = ("--json", "--outside-from", street.outside)
    (open_,) = json.loads(_check(*command).stdout)["checks"]

    subprocess.run([*street.on(street.house), "nft", "-f", firewall], check=True, timeout=60)
    (shut,) = json.loads(_check(*command).stdout)["checks"]

    assert open_["verdict"] == "FAIL"
    assert "5432 (PostgreSQL)" in open_["evidence"]
    assert shut["verdict"] == "PASS"


def test_a_namespace_that_is_not_there_is_said_to_be_missing() -> None:
    done = _check("--outside-from", "nowhere-at-all")

    assert done.returncode == 3
    assert "there is no network namespace /run/netns/nowhere-at-all" in done.stderr
