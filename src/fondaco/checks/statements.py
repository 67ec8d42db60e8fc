"""Lines of the checklist that no program can see: somebody states that they hold, and for how long that counts.

<data_dir>/checks/statements.json holds them by id of the check.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from fondaco.checks import archives
from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, passed, warned
from fondaco.checks.site import Site

VALID_FOR = timedelta(days=90)


def place(site: Site) -> Path:
    return Path(site.config["data_dir"]) / "checks" / "statements.json"


def read(site: Site) -> dict[str, dict[str, str]]:
    """{id: {"text", "by", "at"}} of all that was stated."""
    path = place(site)
    found: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.is_file() else {}
    return found


def state(site: Site, check_id: str, text: str, by: str) -> None:
    """Write down that a line holds, who says so, and when."""
    path = place(site)
    path.parent.mkdir(parents=True, exist_ok=True)
    everything = {**read(site), check_id: {"text": text, "by": by, "at": site.now.isoformat(timespec="seconds")}}
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(everything, indent=1, sort_keys=True) + "\n")
    draft.replace(path)


def _stated(
    check_id: str,
    seed: str,
    title: str,
    why: str,
    how: str,
    seen: Callable[[Site], Finding | None] = lambda site: None,
) -> Check:
    """A line that somebody states; `seen` says what can be seen of it after all, where anything can."""

    def probe(site: Site) -> Finding:
        found = seen(site)
        if found is not None:
            return found
        said = read(site).get(check_id)
        file = f" -c {site.config_file}" if site.config_file else ""
        advice = f'{how}; then: fondaco check{file} --state {check_id} "what was done"'
        if said is None:
            return warned("nobody has stated that this holds", advice)
        age = site.now - datetime.fromisoformat(said["at"])
        line = f"{said['by']}, {said['at'][:10]}: {said['text']}"
        if age > VALID_FOR:
            return warned(f"stated {age.days} days ago, which is too long: {line}", advice)
        return passed(line)

    return Check(check_id, seed, title, why, probe)


def _one_customer(site: Site) -> Finding | None:
    """Where there is one database, there is nothing to keep apart."""
    return passed(f"one database: {site.databases[0]}") if len(site.databases) == 1 else None


CHECKS = (
    _stated(
        "tenants.isolation",
        "0:292",
        "Customers' data and files are kept apart",
        "One host name must reach one database, and a hole in one customer's addon not the others' files.",
        "see docs/operator/tenancy.md; for customers who do not trust each other, a server of their own each",
        _one_customer,
    ),
    _stated(
        "upkeep.userlist",
        "2:45, 2:46, 2:47",
        "The passwords of PgBouncer can be changed while it runs",
        "Edit the userlist, send RELOAD or SIGHUP; nobody is thrown out.",
        "change one password that way",
    ),
    _stated(
        "upkeep.certificates",
        "2:52",
        "Certificates are renewed, and somebody is told when they are not",
        "They expire on a Sunday.",
        "see the renewal's timer and the alert that watches the date",
    ),
    _stated(
        "upkeep.restore",
        "2:85",
        "A backup was restored, and the time it took is known",
        "A backup that was never restored is a hope.",
        "restore last night's backup under another name and look at it with a user",
        archives.rehearsed,
    ),
    _stated(
        "upkeep.plan",
        "2:86, 2:87, 2:88, 2:89, 0:274",
        "There is a plan for upgrades of the server, PostgreSQL and PgBouncer",
        "Security fixes come for all three.",
        "write down who does it, when, and how to go back",
    ),
    _stated(
        "upkeep.runbooks",
        "2:90, 2:91, 2:92, 2:93",
        "The team knows how to see the queue, reload the auth_file, and end a lock",
        "At night nobody reads manuals for the first time.",
        "let somebody who did not build it try all three",
    ),
    _stated(
        "upkeep.staging",
        "0:286, 4:11",
        "Test copies run elsewhere, with the same care",
        "A copy holds the same data behind weaker doors.",
        "run copies on another machine, neutralised, as fondaco db duplicate makes them",
    ),
    _stated(
        "observation.pools",
        "2:64, 2:97",
        "SHOW POOLS is watched: cl_waiting, maxwait",
        "Waiting clients are the first sign of a pool that is too small.",
        "have cl_waiting > 0 for a minute raise an alert",
    ),
    _stated(
        "observation.stats",
        "2:65",
        "SHOW STATS is collected",
        "Transactions in a second and their time, over weeks, show growth.",
        "collect it each minute",
    ),
    _stated(
        "observation.latency",
        "2:71",
        "p95 and p99 of log-ins, lists, writes and reports are known",
        "Averages hide the people who wait.",
        "draw them from the access log, which has the time of each request",
    ),
    _stated(
        "observation.errors",
        "2:72",
        "Timeouts, full pools and deadlocks raise alerts",
        "People report the third occurrence, not the first.",
        "alert on the ERROR lines of the log",
    ),
    _stated(
        "observation.jobs",
        "2:73",
        "The duration of scheduled jobs and their backlog are watched",
        "A job that takes longer each week overlaps itself one day.",
        "watch the history of scheduled jobs (Settings, Technical)",
    ),
)
