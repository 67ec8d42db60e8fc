"""`python -m tests.topology`: machines are lost, and what came of it in docs/reliability.md."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

from tests.fix_cluster import Cluster
from tests.reliability import PAGE, load, place
from tests.topology.machines import missing
from tests.topology.network import is_possible
from tests.topology.trial import WRITERS, Outcome, dump, trial

TITLE = "Machines that are lost"
OPENING = """The [reference topology](operator/topology.md) from the files of the kit, each machine a network
namespace behind the firewall of the kit: three of etcd, two PostgreSQL under Patroni with synchronous replication, two
servers with PgBouncer and HAProxy each, HAProxy in front, Redis, an object store. {writers} users create contacts
through the front, one after another, while all processes of a machine are killed at once, or its cable is pulled.
`python -m tests.topology` writes this section; `tests/topology` loses a server and the primary, and cuts the next
primary off, with every change."""
REMARKS = """Patroni replaces a primary that said nothing for 20 seconds; the promise is to be back within a minute.
A write whose fate is unknown was answered with an error: 502 by HAProxy, when the machine went that worked on it; 503
by Fondaco, when PostgreSQL was away for longer than a request waits. It was not sent again, and is there once or not
at all."""


def section(outcome: Outcome) -> str:
    """The section for a trial that has ended."""
    findings = list(outcome.findings())
    lost = [finding for finding in findings if finding.startswith("answered and not there")]
    promises = [
        ("an answered write is there", f"{len(lost)} of {len(outcome.saved)} lost"),
        ("nothing is done twice", f"{len(findings) - len(lost)} twice"),
        ("writes whose fate was unknown to the client", f"{len(outcome.unknown)}"),
    ]
    promises += [
        (f"{loss} is lost: the longest time without an answered write", f"{gap:.1f} s")
        for loss, gap in outcome.gaps_s.items()
    ]
    reasons = Counter(outcome.unknown.values()).most_common(4)
    lines = [f"## {TITLE}\n", OPENING.format(writers=WRITERS), "", "| promise | found |\n|---|---|"]
    lines += [f"| {promise} | {found} |" for promise, found in promises]
    lines += ["", f"{date.today():%d %B %Y}, {os.cpu_count()} cores{load()}.", "", REMARKS]
    lines += (
        ["", "Of unknown fate: " + "; ".join(f"{count} times {reason}" for reason, count in reasons)] if reasons else []
    )
    return "\n".join([*lines, *(f"- {finding}" for finding in findings[:50])])


def main() -> int:
    if missing() or os.geteuid() or not is_possible():
        wanted = ", ".join(missing()) or "it has"
        print(f"needs root, network namespaces and the programs {wanted}; see tests/programs.sh", file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="topology-"))
    folder.chmod(0o755)
    try:
        with tempfile.TemporaryDirectory(prefix="topology-source-") as directory:
            source = Cluster(Path(directory))
            try:
                dump(source.config, source.database, folder / "dump")
            finally:
                source.embedded.stop()
        outcome = trial(folder, folder / "dump", is_long=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    place(TITLE, section(outcome))
    print(f"{PAGE} written", file=sys.stderr)
    return 1 if list(outcome.findings()) else 0


if __name__ == "__main__":
    sys.exit(main())
