"""The firewall of the machine, by its files: whether one shuts what is not named, and lets administrators in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.site import Site

NFTABLES, UFW, FIREWALLD = "/etc/nftables.conf", "/etc/ufw/ufw.conf", "/etc/firewalld/firewalld.conf"
UFW_RULES = ("/etc/ufw/user.rules", "/etc/ufw/user6.rules")
UFW_LETS_ALL_IN = re.compile(r"^DEFAULT_INPUT_POLICY=\"?ACCEPT", re.MULTILINE)
ZONES = ("/etc/firewalld/zones", "/usr/lib/firewalld/zones")
"""The first that has the zone counts"""
USUAL_ZONE = "public"
OF_CONTAINERS = ("/.dockerenv", "/run/.containerenv", "/run/secrets/kubernetes.io")
"""What is there in containers only"""
COMMENT = re.compile(r"<!--.*?-->|#[^\n]*", re.DOTALL)

CHAIN = re.compile(r"(?=\bchain\s)")
OTHER_WAY = re.compile(r"\bhook\s+(?!input\b)")
BARE_VERDICT = re.compile(r"\bpolicy\s+drop\b|(?:^|[;{])\s*(?:log\b[^\n;]*|counter\s+)?(?:drop|reject)\b", re.MULTILINE)
"""By which a chain of nftables shuts what no rule of it names"""
DEFINED = re.compile(r"\b(?:re)?define\s+(\w+)\s*=\s*(\{[^}]*\}|\S+)")
ACCEPTS = re.compile(r"\bdport\s+(\{[^}]*\}|\$?[\w-]+)[^\n;]*\baccept\b")
FROM_SOMEWHERE = re.compile(
    r"^(?!.*(?:port|icmp))\s*(?:ip6?\s+saddr|iif(?:name)?\s+(?!\"?lo\b))[^\n;]*\baccept\b", re.MULTILINE
)
"""A rule of nftables that lets some in to all ports"""
RICH_RULE = re.compile(r"<rule\b.*?</rule>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rules:
    """What one firewall has for who comes in; is_on: whether it is known to be at work."""

    kind: str
    file: str
    text: str
    is_on: bool


def firewall(site: Site) -> Finding:
    found = [rules for rules in _all_rules(site) if _shuts(rules)]
    if not found and any(site.host.path(name).exists() for name in OF_CONTAINERS):
        return skipped("this is a container: the firewall is that of its host")
    if not found:
        return warned(
            "neither nftables nor ufw nor firewalld has rules for who comes in",
            "fondaco kit writes them; if the provider has a firewall, see outside.ports",
        )
    judged, ports = [rules for rules in found if rules.is_on] or found, _ports_of_ssh(site)
    shut = [rules for rules in judged if not _lets_in(rules, ports)]
    if shut:
        return failed(
            f"{shut[0].file} lets nobody in by ssh: the next reload shuts administrators out",
            f"open port {' or '.join(map(str, sorted(ports)))} to the networks of administrators before it is loaded",
        )
    return passed(f"{', '.join(rules.file for rules in judged)} has rules, and lets ssh in")


def _all_rules(site: Site) -> Iterator[Rules]:
    """The rules of each firewall that has files here. PermissionError where they are closed to us."""
    host = site.host
    if nftables := _text(host.path(NFTABLES)):
        more = [_text(path) for path in sorted(host.path("/etc/nftables.d").glob("*.nft"))]
        yield Rules("nftables", NFTABLES, "\n".join(map(_ways_in, [nftables, *more])), _is_enabled(site, "nftables"))
    has_ufw = re.search(r"^ENABLED=yes", _text(host.path(UFW)), re.MULTILINE)
    if has_ufw and not UFW_LETS_ALL_IN.search(host.text("/etc/default/ufw")):
        yield Rules("ufw", UFW_RULES[0], "\n".join(_text(host.path(name)) for name in UFW_RULES), is_on=True)
    chosen = re.search(r"^DefaultZone=(\S+)", _text(host.path(FIREWALLD)), re.MULTILINE)
    is_on = _is_enabled(site, "firewalld")
    for place in ZONES if is_on else ZONES[:1]:  # a zone that nobody wrote here says nothing where firewalld is off
        name = f"{place}/{chosen[1] if chosen else USUAL_ZONE}.xml"
        if zone := _text(host.path(name)):
            yield Rules("firewalld", name, zone, is_on)
            return


def _ways_in(text: str) -> str:
    """Rules of nftables but for the chains of what goes out or passes through, as that of containers."""
    return "".join(part for part in CHAIN.split(text) if not OTHER_WAY.search(part))


def _text(path: Path) -> str:
    return COMMENT.sub("", path.read_text(errors="replace")) if path.is_file() else ""


def _is_enabled(site: Site, kind: str) -> bool:
    """Whether systemd starts it with the machine."""
    folders = site.host.path("/etc/systemd/system").glob("*.wants")
    return any(os.path.lexists(folder / f"{kind}.service") for folder in folders)


def _ports_of_ssh(site: Site) -> set[int]:
    paths = [*site.host.path("/etc/ssh").glob("sshd_config.d/*.conf"), site.host.path("/etc/ssh/sshd_config")]
    text = "\n".join(map(_text, paths))
    return {int(port) for port in re.findall(r"^\s*Port\s+(\d+)", text, re.MULTILINE | re.IGNORECASE)} or {22}


def _shuts(rules: Rules) -> bool:
    """Whether these rules shut what they do not name; the file that comes with nftables shuts nothing."""
    if rules.kind == "nftables":
        return "hook input" in rules.text and BARE_VERDICT.search(rules.text) is not None
    return rules.kind == "ufw" or re.search(r"<zone\b(?![^>]*\btarget=\"ACCEPT\")", rules.text) is not None


def _lets_in(rules: Rules, ports: set[int]) -> bool:
    if rules.kind == "firewalld":
        text = RICH_RULE.sub(lambda match: match[0] if "<accept" in match[0] else "", rules.text)
        return 'name="ssh"' in text or any(f'port="{port}"' in text for port in ports)
    if rules.kind == "nftables" and FROM_SOMEWHERE.search(rules.text):
        return True
    opened = (_opened_by_nftables if rules.kind == "nftables" else _opened_by_ufw)(rules.text)
    return any(first <= port <= last for first, last in opened for port in ports)


def _opened_by_nftables(text: str) -> Iterator[tuple[int, int]]:
    values = {match[1]: match[2] for match in DEFINED.finditer(text)}
    for match in ACCEPTS.finditer(text):
        said = match[1]
        yield from _ranges(values.get(said[1:], "") if said.startswith("$") else said)


def _opened_by_ufw(text: str) -> Iterator[tuple[int, int]]:
    for rule in re.findall(r"^-A ufw6?-user-input .*-j (?:ACCEPT|ufw6?-user-limit-accept)", text, re.MULTILINE):
        said = re.search(r"--dports? (\S+)", rule)
        yield from _ranges(said[1].replace(":", "-")) if said else [(0, 65535)]


def _ranges(said: str) -> Iterator[tuple[int, int]]:
    """(first, last) of each port or range in `22`, `ssh`, `{ 22, 80-90 }`."""
    for first, last in re.findall(r"(\d+)(?:-(\d+))?", re.sub(r"\bssh\b", "22", said)):
        yield int(first), int(last or first)


CHECKS = (
    Check(
        "host.firewall",
        "2:6, 3:226-232, 4:25-33",
        "A firewall is set up, and lets administrators in by ssh",
        "Without one, each port that a program opens is open to all; with one that forgot ssh, nobody can mend it.",
        firewall,
    ),
)
