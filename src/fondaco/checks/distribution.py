"""Which commands, on the distribution of this machine, give it what it lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fondaco.checks.host import Host

RELEASES = ("/etc/os-release", "/usr/lib/os-release")
INITDB_OPTIONS = "--encoding=UTF8 --locale=C.UTF-8 --auth-host=scram-sha-256 --data-checksums"
"""Said aloud, for initdb takes the rest from the shell that calls it: with LANG=C, SQL_ASCII, which is no encoding"""
START = "systemctl enable --now postgresql"


@dataclass(frozen=True, slots=True)
class Distribution:
    """A kind of Linux by its packages; each command is for root.

    home: where it keeps what says that PostgreSQL is initialised, `clusters` as globs of files.
    """

    name: str
    python: str
    postgresql: str
    initialise: str
    extensions: str
    clock: str
    fonts: str
    hba: str
    home: str
    clusters: tuple[str, ...] = ()

    @property
    def whole_postgresql(self) -> str:
        """From no PostgreSQL to one that is there after the next boot."""
        return " && ".join(step for step in (self.postgresql, self.initialise, START) if step)


DEBIAN = Distribution(
    name="Debian",
    python="apt install python3 python3-venv",
    postgresql="apt install postgresql",
    initialise="",  # the package does it
    extensions="apt install postgresql-contrib",
    clock="apt install systemd-timesyncd && timedatectl set-ntp true",
    fonts="apt install fonts-dejavu-core",
    hba="/etc/postgresql/*/main/pg_hba.conf",
    home="/etc/postgresql",
    clusters=("etc/postgresql/*/*/postgresql.conf",),
)
RED_HAT = Distribution(
    name="Red Hat",
    python="dnf install python3.12",
    postgresql="dnf install postgresql-server postgresql-contrib",
    initialise=f"PGSETUP_INITDB_OPTIONS='{INITDB_OPTIONS}' postgresql-setup --initdb --unit postgresql",
    extensions="dnf install postgresql-contrib",
    clock="dnf install chrony && systemctl enable --now chronyd",
    fonts="dnf install dejavu-sans-fonts",
    hba="/var/lib/pgsql/data/pg_hba.conf",
    home="/var/lib/pgsql",
    clusters=("var/lib/pgsql/data/PG_VERSION", "var/lib/pgsql/*/data/PG_VERSION"),
)
OTHER = Distribution(
    name="",
    python="install Python 3.11 or later with the packages of this system",
    postgresql="install PostgreSQL 13 or later with the packages of this system",
    initialise=f"initdb {INITDB_OPTIONS}",
    extensions="install the contributed extensions of PostgreSQL (contrib)",
    clock="start chrony or systemd-timesyncd",
    fonts="install a font, DejaVu Sans for example",
    hba="pg_hba.conf",
    home="/var/lib/postgres",
    clusters=("var/lib/postgres/data/PG_VERSION",),
)
FAMILIES = {"debian": DEBIAN, "ubuntu": DEBIAN, "rhel": RED_HAT, "centos": RED_HAT, "fedora": RED_HAT}


def of(host: Host) -> Distribution:
    """That of a machine, by ID and ID_LIKE of os-release(5); general words for one that nobody here knows."""
    said = release(host)
    names = [said.get("ID", ""), *said.get("ID_LIKE", "").split()]
    return next((FAMILIES[name] for name in names if name in FAMILIES), OTHER)


def release(host: Host) -> Mapping[str, str]:
    """What os-release(5) says: ID, ID_LIKE, PRETTY_NAME, ..."""
    text = next((text for name in RELEASES if (text := host.text(name))), "")
    return {key: value.strip("\"'") for key, value in re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE)}
