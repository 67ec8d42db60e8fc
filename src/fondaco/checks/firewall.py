"""The firewall of the machine, by its files: whether there is one, and whether it lets administrators in."""

from __future__ import annotations

import re
from pathlib import Path

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.site import Site

FILES = {
    "nftables": ("/etc/nftables.conf",),
    "ufw": ("/etc/ufw/user.rules",),
    "firewalld": ("/etc/firewalld/zones",),
}
IS_ON = {"ufw": ("/etc/ufw/ufw.conf", re.compile(r"^ENABLED=yes", re.MULTILINE))}
OF_CONTAINERS = ("/.dockerenv", "/run/.containerenv", "/run/secrets/kubernetes.io")
"""What is there in containers only"""
SSH = re.compile(r"dport[^\n]*\b(22|ssh)\b|--dports? \S*\b22\b|name=\"ssh\"|port=\"22\"")
RULES = re.compile(r"\bhook input\b|-A ufw-user-input|<zone\b")
"""By which a file says anything about who comes in"""


def firewall(site: Site) -> Finding:
    found = {kind: text for kind in FILES if (text := _text(site, kind)) and RULES.search(text)}
    if not found and any(site.host.path(name).exists() for name in OF_CONTAINERS):
        return skipped("this is a container: the firewall is that of its host")
    if not found:
        return warned(
            "neither nftables nor ufw nor firewalld has rules for who comes in",
            "fondaco kit writes them; if the provider has a firewall, see outside.ports",
        )
    shut = [kind for kind, text in found.items() if not SSH.search(text)]
    if shut:
        return failed(
            f"{', '.join(FILES[shut[0]])} lets nobody in by ssh: the next reload shuts administrators out",
            "open port 22 to the networks of administrators before it is loaded",
        )
    return passed(f"{', '.join(found)} has rules, and lets ssh in")


def _text(site: Site, kind: str) -> str:
    """All that a firewall's files say; nothing where it is off. PermissionError where they are closed to us."""
    if kind in IS_ON:
        name, mark = IS_ON[kind]
        if not mark.search(site.host.text(name)):
            return ""
    paths = [one for name in FILES[kind] for one in _files(site.host.path(name))]
    return "\n".join(path.read_text(errors="replace") for path in paths)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob("*.xml"))
    return [path] if path.is_file() else []


CHECKS = (
    Check(
        "host.firewall",
        "2:6, 3:226-232, 4:25-33",
        "A firewall is set up, and lets administrators in by ssh",
        "Without one, each port that a program opens is open to all; with one that forgot ssh, nobody can mend it.",
        firewall,
    ),
)
