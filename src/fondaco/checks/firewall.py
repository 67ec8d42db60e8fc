"""The firewall of the machine, by its files: whether there is one, and whether it lets administrators in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.site import Site

NFTABLES, UFW_RULES, UFW, FIREWALLD = (
    "/etc/nftables.conf", "/etc/ufw/user.rules", "/etc/ufw/ufw.conf", "/etc/firewalld/firewalld.conf"
)  # fmt: skip
ZONES = ("/etc/firewalld/zones", "/usr/lib/firewalld/zones")
"""The first that has the zone counts"""
USUAL_ZONE = "public"
OF_CONTAINERS = ("/.dockerenv", "/run/.containerenv", "/run/secrets/kubernetes.io")
"""What is there in containers only"""
SSH = re.compile(r"dport[^\n]*\b(22|ssh)\b|--dports? \S*\b22\b|name=\"ssh\"|port=\"22\"")
REFUSES = re.compile(r"\bhook input\b(?=[\s\S]*\b(drop|reject)\b)")
"""Rules of nftables that keep somebody out; those that Debian brings let everybody in"""


def firewall(site: Site) -> Finding:
    found = {name: text for name, text in _rules(site) if text}
    if not found and any(site.host.path(name).exists() for name in OF_CONTAINERS):
        return skipped("this is a container: the firewall is that of its host")
    if not found:
        return warned(
            "neither nftables nor ufw nor firewalld has rules for who comes in",
            "fondaco kit writes them; if the provider has a firewall, see outside.ports",
        )
    shut = [name for name, text in found.items() if not SSH.search(text)]
    if shut:
        return failed(
            f"{shut[0]} lets nobody in by ssh: the next reload shuts administrators out",
            "open port 22 to the networks of administrators before it is loaded",
        )
    return passed(f"{', '.join(found)} has rules, and lets ssh in")


def _rules(site: Site) -> Iterator[tuple[str, str]]:
    """(file, its text) of each firewall that keeps anybody out. PermissionError where it is closed to us."""
    nftables = _text(site.host.path(NFTABLES))
    yield NFTABLES, nftables if REFUSES.search(nftables) else ""
    if re.search(r"^ENABLED=yes", _text(site.host.path(UFW)), re.MULTILINE):
        yield UFW_RULES, _text(site.host.path(UFW_RULES))
    chosen = re.search(r"^DefaultZone=(\S+)", _text(site.host.path(FIREWALLD)), re.MULTILINE)
    places = [f"{folder}/{chosen[1] if chosen else USUAL_ZONE}.xml" for folder in ZONES]
    yield next(((place, text) for place in places if (text := _text(site.host.path(place)))), (places[0], ""))


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""


CHECKS = (
    Check(
        "host.firewall",
        "2:6, 3:226-232, 4:25-33",
        "A firewall is set up, and lets administrators in by ssh",
        "Without one, each port that a program opens is open to all; with one that forgot ssh, nobody can mend it.",
        firewall,
    ),
)
