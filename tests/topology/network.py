"""Machines of their own on one: network namespaces at one switch, each with a firewall, each of which can be cut."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

from fondaco.checks import namespace

PATIENCE_S = 60
PREFIX = 24


class Network:
    """A switch; what has a place in it reaches everything else that has."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex[:6]
        self.switch = f"switch-{self.mark}"
        self.places: list[Place] = []
        _ip("netns", "add", self.switch)
        _ip("-n", self.switch, "link", "add", "board", "type", "bridge")
        _ip("-n", self.switch, "link", "set", "board", "up")

    def place(self, name: str, address: str) -> Place:
        """Another machine."""
        made = Place(self, f"{name}-{self.mark}", f"port{len(self.places)}")
        self.places.append(made)
        _ip("netns", "add", made.name)
        peer = ("peer", "name", "cable", "netns", made.name)
        _ip("-n", self.switch, "link", "add", made.port, "type", "veth", *peer)
        _ip("-n", self.switch, "link", "set", made.port, "master", "board", "up")
        _ip("-n", made.name, "addr", "add", f"{address}/{PREFIX}", "dev", "cable")
        for device in ("lo", "cable"):
            _ip("-n", made.name, "link", "set", device, "up")
        return made

    def close(self) -> None:
        for name in (*(place.name for place in self.places), self.switch):
            _ip("netns", "delete", name)


class Place:
    """Where a machine is in the network; `port` is the end of its cable at the switch."""

    def __init__(self, network: Network, name: str, port: str) -> None:
        self.network, self.name, self.port = network, name, port

    @contextlib.contextmanager
    def here(self) -> Iterator[None]:
        """Within the block, what this thread connects, and what it starts, is on the machine."""
        with namespace.inside(namespace.place(self.name)):
            yield

    def cut(self) -> None:
        """Pull the cable: nothing arrives any more, and nobody is told."""
        _ip("-n", self.network.switch, "link", "set", self.port, "down")

    def mend(self) -> None:
        _ip("-n", self.network.switch, "link", "set", self.port, "up")

    def guard(self, firewall: Path) -> None:
        """Load a firewall."""
        with self.here():
            subprocess.run([_program("nft"), "-f", firewall], check=True, capture_output=True, timeout=PATIENCE_S)


def is_possible() -> bool:
    """Whether this account may make network namespaces here."""
    if _program("ip") is None or _program("nft") is None:
        return False
    return not subprocess.run(
        ["unshare", "-n", "true"], capture_output=True, check=False, timeout=PATIENCE_S
    ).returncode


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=PATIENCE_S)
