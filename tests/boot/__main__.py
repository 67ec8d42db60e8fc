"""`python -m tests.boot [FOLDER]`: a Debian is booted in namespaces, and what its systemd makes of the kit's units is
written to docs/reliability.md. FOLDER keeps the machine for the next time; root, 3 GB and Debian's mirror are needed.
"""

from __future__ import annotations

import os
import resource
import sys
from datetime import date
from pathlib import Path

from tests.boot.container import missing
from tests.boot.trial import Outcome, trial
from tests.reliability import load, place

TITLE = "Under systemd"
OPENING = """A Debian 12 made by debootstrap is booted in namespaces of its own, with systemd as its first process, and
set up by the lines of [Install](operator/install.md#pip-and-systemd) from the files of the kit: nginx with TLS, the
server with its workers, PgBouncer, PostgreSQL, Redis, firewalld. `python -m tests.boot` does that and writes this
section. For the trial the watchdog is set to 10 seconds and the backup to each minute."""


def section(outcome: Outcome) -> str:
    lines = [f"## {TITLE}\n", OPENING, "", "| promise | seen |\n|---|---|"]
    lines += [f"| {promise} | {seen} |" for promise, seen in outcome.seen.items()]
    return "\n".join([*lines, "", f"{date.today():%d %B %Y}, {os.cpu_count()} cores{load()}."])


def main(words: list[str]) -> int:
    if os.geteuid() or missing():
        print(f"needs root and the programs {', '.join(missing()) or 'it has'}", file=sys.stderr)
        return 2
    folder = Path(words[0] if words else "/var/tmp/fondaco-boot")
    outcome = trial(folder, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    if not outcome.complaints:
        place(TITLE, section(outcome))
    return len(outcome.complaints)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
