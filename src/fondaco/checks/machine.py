"""The host: section 9 of the checklist, and what the security list asks of the account and the services around."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.site import FOLDER_UNKNOWN, Site
from fondaco.modules import former
from fondaco.sql.fragment import SQL

GIB = 2**30
LEAST_MEMORY_SHARE, LEAST_DISK_SHARE = 0.1, 0.1
MOST_SWAP_SHARE, MOST_LOAD, MOST_IO_WAIT, MOST_RETRANSMITTED = 0.5, 1.5, 0.2, 0.02
MOST_DESCRIPTORS = 0.8
KEPT = SQL(
    """
    SELECT pg_database_size(oid)
      FROM pg_database
     WHERE starts_with(datname, %s) AND has_database_privilege(oid, 'CONNECT')
    """,
    former.PREFIX,
)
MINIMUM = {"processors": 2, "memory": 4, "disk": 20}
"""In whole numbers and GiB"""
ABOUT = 0.9
"""What a machine of 4 GB shows of them"""
IS_SERVER = re.compile(r"^ExecStart=\S*fondaco( -\S+ \S+)*$", re.MULTILINE)
"""A unit that serves: no verb such as `check` follows the program"""
MOST_EXPOSURE = 4.0
"""Of 10, which is a service that nothing holds back"""
EXPOSURE = re.compile(r"exposure level for \S+: ([\d.]+)")
PATIENCE_S = 30
NO_UNIT = "the server is no unit of systemd here"
UNITS = ("/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system")


def load(site: Site) -> Finding:
    found = site.host.load_per_cpu
    if found <= MOST_LOAD:
        return passed(f"load {found:.2f} for each of {site.host.cpus} processors")
    return warned(f"load {found:.2f} for each of {site.host.cpus} processors", "find what computes; add processors")


def memory(site: Site) -> Finding:
    facts = site.host.memory
    total, free = facts.get("MemTotal", 0), facts.get("MemAvailable", 0)
    if not total:
        return skipped("/proc/meminfo cannot be read")
    swap, unused = facts.get("SwapTotal", 0), facts.get("SwapFree", 0)
    said = f"{free / GIB:.1f} of {total / GIB:.1f} GiB are free, {(swap - unused) / GIB:.1f} GiB of swap in use"
    if free < total * LEAST_MEMORY_SHARE or (swap and swap - unused > swap * MOST_SWAP_SHARE):
        return warned(said, "lower workers or limits, or add memory")
    return passed(said)


def disk(site: Site) -> Finding:
    path = Path(site.config["data_dir"])
    share = site.host.free_share(path)
    said = f"{share:.0%} of the disk of {path} is free"
    if kept := _kept_of_upgrades(site):
        said += f"; what upgrades kept takes {kept / GIB:.1f} GiB of PostgreSQL's (`fondaco upgrade --list`)"
    if share >= LEAST_DISK_SHARE:
        return passed(said)
    return failed(said, "free some space before PostgreSQL stops")


def _kept_of_upgrades(site: Site) -> int:
    try:
        return sum(size for (size,) in site.rows(KEPT))
    except psycopg.Error:
        return 0  # a PostgreSQL that is away, for want of room perhaps, is told elsewhere


def minimum(site: Site) -> Finding:
    path = Path(site.config["data_dir"])
    found = (site.host.cpus, site.host.memory.get("MemTotal", 0) / GIB, site.host.size_of_disk(path) / GIB)
    said = f"{found[0]} processors, {found[1]:.1f} GiB of memory, {found[2]:.0f} GiB of disk below {path}"
    short = [name for name, has, least in zip(MINIMUM, found, MINIMUM.values(), strict=True) if has < least * ABOUT]
    if short:
        return warned(said, f"too little for production: {', '.join(short)}; the least is 2 processors, 4 GB and 20 GB")
    return passed(said)


def disk_encryption(site: Site) -> Finding:
    if site.is_folder_unknown:
        return skipped(FOLDER_UNKNOWN)
    path = Path(site.config["data_dir"])
    found = site.host.is_encrypted(path)
    if found is None:
        return skipped(f"which disk holds {path} cannot be seen from here")
    if found:
        return passed(f"{path} lies on a disk that is encrypted (LUKS)")
    return warned(
        f"the disk below {path} is in clear text, as far as this machine knows",
        "encrypt the volume (cryptsetup luksFormat), or switch it on where the provider offers it",
    )


def io_wait(site: Site) -> Finding:
    share = site.host.io_wait_share
    if share <= MOST_IO_WAIT:
        return passed(f"{share:.1%} of the time was spent waiting for disks")
    return warned(
        f"{share:.0%} of the time was spent waiting for disks", "look at iostat; move PostgreSQL to a faster disk"
    )


def network(site: Site) -> Finding:
    share = site.host.retransmitted_share
    if share <= MOST_RETRANSMITTED:
        return passed(f"{share:.2%} of TCP segments were sent again")
    return warned(f"{share:.1%} of TCP segments were sent again", "look for losses between proxy, server and database")


def descriptors(site: Site) -> Finding:
    pids = site.host.processes("pgbouncer") or [os.getpid()]
    facts = [found for pid in pids if (found := site.host.descriptors(pid)) is not None]
    if not facts:
        return skipped("the descriptors of PgBouncer cannot be read by this account")
    count, allowed = max(facts, key=lambda fact: fact[0] / fact[1])
    wanted = site.pooler.number("max_client_conn", 100) if site.pooler else 0
    if wanted > allowed:
        return failed(
            f"{allowed} open files are allowed, and max_client_conn = {wanted}",
            "set LimitNOFILE in the unit of PgBouncer",
        )
    if count > allowed * MOST_DESCRIPTORS:
        return warned(f"{count} of {allowed} file descriptors are open", "raise LimitNOFILE in the unit")
    return passed(f"{count} of {allowed} file descriptors are open")


def account(site: Site) -> Finding:
    if site.is_folder_unknown:
        return skipped(FOLDER_UNKNOWN)
    found = Path(site.config["data_dir"])
    owner = found.stat().st_uid if found.exists() else os.geteuid()
    if owner == 0:
        return warned("the data directory belongs to root: the server runs as root", "run it as an account of its own")
    return passed(f"the server's files belong to account {owner}, not to root")


def guessing(site: Site) -> Finding:
    jails = [site.host.path(name) for name in ("/etc/fail2ban/jail.local", "/etc/fail2ban/jail.d")]
    texts = [path.read_text(errors="replace") for jail in jails for path in _files(jail)]
    if any("fondaco" in text or "odoo" in text for text in texts):
        return passed("fail2ban has a jail for the server")
    return warned(
        "fail2ban has no jail for the server", "see docs/operator/proxy.md; our log lines fit the usual filter"
    )


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return [one for one in sorted(path.iterdir()) if one.is_file()]
    return [path] if path.is_file() else []


def ssh(site: Site) -> Finding:
    texts = [path.read_text(errors="replace") for path in _sshd(site)]
    if not texts:
        return skipped("sshd has no configuration here")
    said = re.findall(r"^\s*PasswordAuthentication\s+(\w+)", "\n".join(texts), re.MULTILINE | re.IGNORECASE)
    if said and said[0].lower() == "no":  # the first one counts
        return passed("PasswordAuthentication no")
    return warned("sshd accepts passwords", "set PasswordAuthentication no, and log in by key")


def _sshd(site: Site) -> list[Path]:
    return [*_files(site.host.path("/etc/ssh/sshd_config.d")), *_files(site.host.path("/etc/ssh/sshd_config"))]


def _units(site: Site) -> dict[Path, str]:
    """The units of systemd that serve, with their text."""
    paths = (path for folder in UNITS for path in _files(site.host.path(folder)) if path.suffix == ".service")
    texts = {path: path.read_text(errors="replace") for path in paths}
    return {path: text for path, text in texts.items() if IS_SERVER.search(text)}


def egress(site: Site) -> Finding:
    units = _units(site)
    if not units:
        return skipped(NO_UNIT)
    if all("IPAddressDeny" in text for text in units.values()):
        return passed(f"{next(iter(units))} limits where the server may connect")
    return warned(
        f"{next(iter(units))} lets the server connect anywhere",
        "set IPAddressDeny=any and IPAddressAllow= for what it needs",
    )


def hardening(site: Site) -> Finding:
    program, units = shutil.which("systemd-analyze"), _units(site)
    if not units:
        return skipped(NO_UNIT)
    if program is None:
        return skipped("there is no systemd-analyze here")
    scores = {unit: score for unit in units if (score := _exposure(program, unit)) is not None}
    if not scores:
        return skipped(f"systemd-analyze says nothing of {next(iter(units))}")
    unit, score = max(scores.items(), key=lambda item: item[1])
    said = f"{unit}: exposure {score:.1f} of 10 by systemd-analyze security"
    if score <= MOST_EXPOSURE:
        return passed(said)
    return warned(
        said, f"take away what the server does not need, as the unit of fondaco kit does: {MOST_EXPOSURE} or less"
    )


def _exposure(program: str, unit: Path) -> float | None:
    """What a unit leaves to its service; None where this systemd does not look at files."""
    command = [program, "security", "--offline=true", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    found = EXPOSURE.search(done.stdout)
    return float(found[1]) if found else None


def system(site: Site) -> Finding:
    if sys.platform == "linux":
        return passed(platform.platform(terse=True))
    return warned(
        f"{platform.system()} is no Linux", "run production on Linux: workers, limits and this list are for it"
    )


CHECKS = (
    Check("host.load", "2:79, 0:150", "The processors keep up", "Above it, everybody waits.", load),
    Check("host.memory", "2:79", "Memory is free and swap idle", "A server that swaps stands still.", memory),
    Check("host.disk", "2:79", "The disk has room", "A full disk stops PostgreSQL.", disk),
    Check(
        "host.minimum", "3:13", "The machine is not below the least", "It would be slow from the first day.", minimum
    ),
    Check(
        "host.disk_encryption",
        "4:264",
        "The disk of the data is encrypted",
        "Disks are sold, stolen and sent in for repair.",
        disk_encryption,
    ),
    Check("host.io_wait", "2:80", "The disks keep up", "Every write waits for them.", io_wait),
    Check("host.network", "2:81", "The network loses little", "Each loss costs a fifth of a second.", network),
    Check(
        "host.descriptors",
        "2:82",
        "File descriptors suffice",
        "Each connection is one; PgBouncer holds most of them.",
        descriptors,
    ),
    Check("host.account", "3:23, 3:130", "The server has an account of its own", "Not root.", account),
    Check("host.guessing", "0:312", "Addresses that guess passwords are banned", "By fail2ban or its like.", guessing),
    Check("host.ssh", "0:280, 4:252", "SSH by key only", "Passwords are guessed day and night.", ssh),
    Check(
        "host.egress",
        "0:288",
        "The server connects only where it must",
        "A webhook must not reach the machines behind.",
        egress,
    ),
    Check(
        "host.hardening",
        "3:130, 3:23-27",
        "The unit takes from the server what it does not need",
        "Whoever breaks into the server has what the unit left it.",
        hardening,
    ),
    Check("host.system", "0:296", "The server runs on Linux", "Nothing else is tried in production.", system),
)
