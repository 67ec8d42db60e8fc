"""What a machine must have before Fondaco is installed on it: `fondaco preflight`.

Each next step is a command of the distribution at hand, for root. The lines are judged and shown like those of the
go-live checklist, which looks at what was installed.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fondaco.checks import distribution, postgresql
from fondaco.checks.check import Check
from fondaco.checks.distribution import Distribution
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.host import is_loopback
from fondaco.checks.site import Site
from fondaco.sql.databases import EXTENSIONS
from fondaco.sql.fragment import SQL

GIB = 2**30
PROCESSORS, MEMORY_GB, DISK_GB = (2, 1), (4, 1), (20, 2)
"""Wanted for production, and needed to run at all"""
ABOUT = 0.9
"""What a machine of 4 GB shows of them"""
DESCRIPTORS = 4096
NEWEST_PYTHON = (3, 13)
PDF_LIBRARIES = ("plutoprint", "weasyprint")
FONTS = tuple(f"usr/{place}share/fonts/**/*.{kind}" for place in ("", "local/") for kind in ("ttf", "otf", "ttc"))
ACCOUNT = "fondaco"
BOOTED = "/run/systemd/system"
UNITS = ("lib/systemd/system/postgresql*.service", "usr/lib/systemd/system/postgresql*.service")
ENABLED = ("etc/systemd/system/*.wants/postgresql*.service", "etc/systemd/system/*.wants/patroni.service")
SELINUX, MAY_CONNECT = "/sys/fs/selinux/enforce", "/sys/fs/selinux/booleans/httpd_can_network_connect"
ENCODING = SQL(
    """
    SELECT pg_encoding_to_char(encoding)::text, datctype::text, lower('É') = 'é'
      FROM pg_database
     WHERE datname = current_database()
    """
)
AVAILABLE = SQL("SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", list(EXTENSIONS))
OWNED = SQL("SELECT datname FROM pg_database WHERE pg_has_role(datdba, 'USAGE') AND NOT datistemplate")


def python(site: Site) -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] <= NEWEST_PYTHON:
        return passed(f"Python {found} ({sys.executable})")
    return warned(
        f"Python {found} is newer than {'.'.join(map(str, NEWEST_PYTHON))}, the newest that Fondaco is tested with",
        f"use an older one, or try it out well: {distribution.of(site.host).python}",
    )


# -- size ---------------------------------------------------------------------------------------------------------
def processors(site: Site) -> Finding:
    return _sized(f"{site.host.cpus} processors", site.host.cpus, PROCESSORS, "take a machine with 2 processors")


def memory(site: Site) -> Finding:
    total = site.host.memory.get("MemTotal", 0) / GIB
    if not total:
        return skipped("/proc/meminfo cannot be read")
    return _sized(f"{total:.1f} GiB of memory", total, MEMORY_GB, "take a machine with 4 GB of memory")


def disk(site: Site) -> Finding:
    path = Path(site.config["data_dir"])
    free = site.host.free_space(path) / GIB
    return _sized(
        f"{free:.1f} GiB are free for {path}", free, DISK_GB, "free 20 GB, or give --data-dir on another disk"
    )


def _sized(said: str, has: float, bounds: tuple[int, int], next_step: str) -> Finding:
    wanted, needed = bounds
    if has >= wanted * ABOUT:
        return passed(said)
    if has >= needed * ABOUT:
        return warned(f"{said}: enough to try it out, too little for production", next_step)
    return failed(f"{said}: too little", next_step)


# -- system -------------------------------------------------------------------------------------------------------
def account(site: Site) -> Finding:
    path = Path(site.config["data_dir"])
    owner = path.stat().st_uid if path.exists() else site.host.account
    if owner != 0:
        return passed(f"account {owner}, not root")
    name = site.config["db_user"] or ACCOUNT
    return warned(
        "looked at as root: the server must not run so",
        f"useradd -m -U -r -d /opt/{name} -s /bin/bash {name}, and look again as {name}",
    )


def systemd(site: Site) -> Finding:
    if site.host.path(BOOTED).is_dir():
        return passed("systemd starts and watches services")
    return warned(
        "this machine was not started by systemd", "see to it that something starts the server with the machine"
    )


def open_files(site: Site) -> Finding:
    most = site.host.most_open_files
    if most >= DESCRIPTORS:
        return passed(f"{most} files may be open")
    return warned(
        f"{most} files may be open, and each connection is one",
        f"set LimitNOFILE={DESCRIPTORS} or more in the unit, as fondaco kit does",
    )


def clock(site: Site) -> Finding:
    if site.host.has_exact_clock:
        return passed("the clock is kept by a time service")
    return warned(
        "no time service keeps the clock: second factors, sessions and certificates depend on it",
        distribution.of(site.host).clock,
    )


def time_zone(site: Site) -> Finding:
    name = site.host.time_zone
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return warned(f"the time zone {name!r} is not known", "timedatectl set-timezone UTC, or your own")
    return passed(f"{name}; logs are written in it, databases keep UTC")


def port(site: Site) -> Finding:
    numbers = {site.config["http_port"], site.config["gevent_port"]} - {0}
    taken = sorted(numbers & {number for _address, number in site.host.listeners})
    if taken:
        return failed(
            f"somebody listens on {_listed(taken)} already",
            "see who it is, with ss -ltnp, or choose other numbers for http_port and gevent_port",
        )
    closed = sorted(number for number in numbers if number < site.host.first_free_port)
    if closed and site.host.account != 0:
        return failed(f"only root may listen on {_listed(closed)}", "take 8069, behind nginx or HAProxy")
    return passed(f"{_listed(sorted(numbers))} are free")


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


def pdf(site: Site) -> Finding:
    found = next((name for name in PDF_LIBRARIES if importlib.util.find_spec(name)), None)
    if found is None:
        return warned("no library makes PDF on this kind of processor", "pip install weasyprint")
    if not _any(site, FONTS):
        return warned(
            "no font is installed: reports that name another than ours would have pages without text",
            distribution.of(site.host).fonts,
        )
    return passed(f"{found} makes PDF in the server: no wkhtmltopdf")


def selinux(site: Site) -> Finding:
    if site.host.text(SELINUX).strip() != "1":
        return skipped("SELinux does not hold back anything here")
    if site.host.text(MAY_CONNECT).startswith("1"):
        return passed("SELinux lets nginx and HAProxy connect to the server")
    return warned(
        "SELinux keeps nginx and HAProxy from connecting to the server: visitors would see 502",
        "setsebool -P httpd_can_network_connect 1",
    )


# -- PostgreSQL ---------------------------------------------------------------------------------------------------
def at_boot(site: Site) -> Finding:
    if (address := site.config["db_host"]) and not is_local(address):
        return skipped(f"PostgreSQL is on {address}: look there")
    kind = distribution.of(site.host)
    if not _any(site, UNITS):
        return skipped("the distribution's PostgreSQL is not installed: see preflight.postgresql")
    if site.pools is None and not _is_initialised(site, kind):
        return failed("PostgreSQL is installed and not initialised", f"{kind.initialise} && {distribution.START}")
    if not site.host.path(BOOTED).is_dir():
        return skipped("whether it is started at boot is not known without systemd")
    if not _any(site, ENABLED):
        return failed("PostgreSQL would not be there after the next boot", distribution.START)
    return passed("PostgreSQL is initialised and started at boot")


def _is_initialised(site: Site, kind: Distribution) -> bool:
    """Whether there is a cluster; PermissionError where only root sees it, which a glob would pass over."""
    home = site.host.path(kind.home)
    return home.is_dir() and bool(os.listdir(home)) and _any(site, kind.clusters)


def is_local(address: str) -> bool:
    """Whether a db_host names this machine: a socket or loopback."""
    return address.startswith("/") or is_loopback(address)


def _any(site: Site, patterns: tuple[str, ...]) -> bool:
    return any(True for pattern in patterns for _path in site.host.root.glob(pattern))


def answers(site: Site) -> Finding:
    if site.pools is not None:
        return postgresql.answers(site)
    kind = distribution.of(site.host)
    if not site.pools_error:
        return warned(
            "no PostgreSQL is configured and none is on the usual socket: Fondaco would start its own, for trials",
            _from_nothing(site, kind),
        )
    said = f"PostgreSQL does not let us in: {site.pools_error}"
    return failed(said, _way_in(site, kind))


def _from_nothing(site: Site, kind: Distribution) -> str:
    return f"{kind.whole_postgresql} && {_create_role(site)}"


def _create_role(site: Site) -> str:
    name = site.config["db_user"] or ACCOUNT
    return f"sudo -u postgres createuser --createdb --no-createrole --no-superuser --pwprompt {name}"


def _way_in(site: Site, kind: Distribution) -> str:
    """What to do about a refusal, by PostgreSQL's words."""
    said = site.pools_error
    if re.search(r'role ".*" does not exist', said):
        return _create_role(site)
    if re.search(r"(Ident|Peer) authentication failed", said):
        return (
            f"this way in asks for the name of the account, not for a password: write scram-sha-256 in place of "
            f"ident in {kind.hba} and reload PostgreSQL, or work as the account that is called like the role"
        )
    if "no pg_hba.conf entry" in said:
        return f"add a line for this address to {kind.hba} on PostgreSQL's machine, and reload it"
    if "password" in said:
        return "see that db_password is that of the role; set another with \\password in psql"
    if is_local(site.config["db_host"] or "/"):
        return _from_nothing(site, kind)
    return "see that PostgreSQL runs there, listens beyond loopback (listen_addresses), and no firewall is in between"


@postgresql.asked
def role(site: Site) -> Finding:
    if site.role.is_superuser:
        return postgresql.superuser(site)
    if site.role.may_create_databases:
        return passed(f"{site.role.name} is no superuser and may create databases")
    named, owned = site.config["db_name"], {name for (name,) in site.rows(OWNED)}
    if named and owned.issuperset(named):
        return passed(f"{site.role.name} is no superuser and owns {', '.join(named)}")
    return warned(
        f"{site.role.name} may not create databases",
        f"sudo -u postgres psql -c 'ALTER ROLE \"{site.role.name}\" CREATEDB', or createdb --owner for each",
    )


@postgresql.asked
def encoding(site: Site) -> Finding:
    ((name, ctype, folds_case),) = site.rows(ENCODING)
    if name != "UTF8":
        return failed(
            f"PostgreSQL was initialised for {name}: databases that createdb makes keep no text of other languages",
            f"initialise it again, before anything is in it, with {distribution.INITDB_OPTIONS}",
        )
    if not folds_case:
        return warned(
            f"letters are those of {ctype}: a search for é does not find É",
            f"initialise it again, before anything is in it, with {distribution.INITDB_OPTIONS}",
        )
    return passed(f"UTF8, letters of {ctype}")


@postgresql.asked
def extensions(site: Site) -> Finding:
    missing = sorted(set(EXTENSIONS) - {name for (name,) in site.rows(AVAILABLE)})
    if not missing:
        return passed(f"{', '.join(EXTENSIONS)} are there")
    return warned(f"{', '.join(missing)} cannot be had: searches will be slower", distribution.of(site.host).extensions)


CHECKS = (
    Check("preflight.python", "3:51", "Python is one that we know", "CentOS 9 begins with 3.9.", python),
    Check(
        "preflight.processors", "3:13", "Two processors or more", "The server and PostgreSQL share them.", processors
    ),
    Check("preflight.memory", "3:13", "4 GB of memory or more", "A server that swaps stands still.", memory),
    Check("preflight.disk", "3:13", "20 GB of the disk are free", "Files, rows, logs and backups grow.", disk),
    Check("preflight.account", "3:25", "An account of its own", "Not root.", account),
    Check("preflight.systemd", "3:116", "systemd starts the server", "Also after a crash, and at boot.", systemd),
    Check("preflight.open_files", "2:82", "Enough files may be open", "Each connection is one.", open_files),
    Check("preflight.clock", "3:13", "The clock is exact", "Codes of a second factor live 30 seconds.", clock),
    Check("preflight.time_zone", "3:13", "The time zone is known", "Logs are read by people.", time_zone),
    Check("preflight.port", "3:146", "The ports are free", "8069 is Odoo's as well.", port),
    Check("preflight.pdf", "3:21", "PDF can be made", "Without another program.", pdf),
    Check("preflight.selinux", "3:161", "SELinux lets the proxy through", "Red Hat's default does not.", selinux),
    Check(
        "preflight.at_boot", "3:37, 3:41", "PostgreSQL is initialised and enabled", "It must survive a boot.", at_boot
    ),
    Check("preflight.postgresql", "3:33", "PostgreSQL answers, in a version we know", "Everything is in it.", answers),
    Check("preflight.role", "3:45", "The role has the rights it needs, and no more", "CREATEDB, no superuser.", role),
    Check("preflight.encoding", "3:37", "Databases keep UTF-8", "initdb takes what the shell has.", encoding),
    Check("preflight.extensions", "3:33", "The extensions can be had", "Searches use them.", extensions),
)
