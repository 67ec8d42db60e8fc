"""`python -m tests.boot units|containers [FOLDER]`: a Debian is booted in namespaces and set up by the lines of
docs/operator/install.md; what becomes of it is written to docs/reliability.md. FOLDER keeps what was installed for the
next time; root, 3 GB and Debian's mirror are needed.
"""

from __future__ import annotations

import os
import resource
import sys
from datetime import date
from pathlib import Path

from tests.boot import containers, trial
from tests.boot.container import missing
from tests.boot.trial import Outcome
from tests.reliability import load, place

SECTIONS = {
    "units": (
        "Under systemd",
        """A Debian 12 made by debootstrap is booted in namespaces of its own, with systemd as its first process, and
set up by the lines of [Install](operator/install.md#pip-and-systemd), from the first to the last: nginx with TLS, the
server with its workers, PgBouncer, PostgreSQL, Redis, fail2ban, firewalld. `python -m tests.boot units` does that and
writes this section. For the trial the watchdog is set to 10 seconds and the backup to each minute.""",
    ),
    "containers": (
        "In containers",
        """A Debian 13 is booted in the same way, with Debian's own Docker and compose, and set up by the lines of
[Install](operator/install.md#containers): the image is built from the kit's Dockerfile, and the kit's `compose.yaml`
and unit are started as they are. `python -m tests.boot containers` does that and writes this section. No registry is
reached where Fondaco is made: under the names `python:3.12-slim` and `redis:7-alpine` lies a Debian with its own Python
and Redis.""",
    ),
}


def section(kind: str, outcome: Outcome) -> str:
    title, opening = SECTIONS[kind]
    lines = [f"## {title}\n", opening, "", "| promise | seen |\n|---|---|"]
    lines += [f"| {promise} | {seen} |" for promise, seen in outcome.seen.items()]
    return "\n".join([*lines, "", f"{date.today():%d %B %Y}, {os.cpu_count()} cores{load()}."])


def main(words: list[str]) -> int:
    kind, *rest = words or [""]
    if kind not in SECTIONS:
        print(__doc__, file=sys.stderr)
        return 2
    if os.geteuid() or missing(kind):
        print(f"needs root and the programs {', '.join(missing(kind)) or 'it has'}", file=sys.stderr)
        return 2
    folder = Path(rest[0] if rest else "/var/tmp/fondaco-boot")
    if kind == "units":
        outcome = trial.trial(folder / "units", resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    else:
        outcome = containers.trial(folder)
    if not outcome.complaints:
        place(SECTIONS[kind][0], section(kind, outcome))
    return len(outcome.complaints)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
