"""`[chrt -r 1] python -m tests.chaos [SECONDS]`: a storm of a minute, and what came of it in docs/reliability.md."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from datetime import date
from pathlib import Path

from tests.chaos.trial import Outcome, trial
from tests.reliability import PAGE, load, place

WORDS = {  # first word of a write's name -> what it was
    "written": "contacts created by one user", "also": "contacts created by another", "file": "files uploaded",
    "said": "messages sent to browsers", "asked": "things asked of a scheduled job",
}  # fmt: skip

TITLE = "A storm"
OPENING = """What is left of a server when everything around it breaks. `python -m tests.chaos` writes this section: a
server with two workers, a scheduled job, websockets, PostgreSQL, Redis for sessions and an S3 server for files goes
through {seconds:.0f} seconds in which

- a worker is killed with SIGKILL every five seconds, in turn those for requests, websockets and jobs,
- PostgreSQL is stopped and started twice, Redis and the object store once each,
- the server is asked twice to reload.

Seven users read, create contacts, upload files of 150 kB, send messages and give a job things to do, without a pause;
ten browsers listen. `tests/chaos` runs a storm of half a minute with every change and fails when a promise is broken.
"""
REMARKS = """502 is what a client reads whose worker was killed at its request; 503, with `Retry-After`, what one reads
when PostgreSQL was away for longer than a request waits. Writes whose fate was unknown were not repeated, and each is
there once or not at all. A browser is away from the end of its websocket until the next one is open; a reload asks it
to come again after up to half a second.
"""


def section(outcome: Outcome) -> str:
    """The section for a storm that has passed."""
    findings = list(outcome.findings())
    lost = len([finding for finding in findings if finding.startswith("answered and not there")])
    twice = len([finding for finding in findings if " times: " in finding])
    news = len([finding for finding in findings if finding.startswith("listener")])
    tally, away = outcome.tally, sorted(away for listener in outcome.listeners for away in listener.away_s)
    seconds = sorted(tally.seconds)
    promises = [
        ("an answered write is there", f"{lost} of {len(tally.saved)} lost"),
        ("nothing is done twice", f"{twice} twice"),
        ("every request is answered", f"{len(tally.unanswered)} of {len(seconds)} without an answer"),
        ("browsers come back and miss nothing", f"{news} of {len(outcome.listeners)} missed or doubled news"),
        ("every file is in the object store in the end", f"{len(outcome.undelivered)} not delivered"),
        ("memory is bounded", f"{max(map(max, outcome.memory)):.0f} MiB at most in one process for itself"),
    ]  # fmt: skip
    lines = [f"## {TITLE}\n", OPENING.format(seconds=outcome.seconds), "| promise | found |\n|---|---|"]
    lines += [f"| {promise} | {found} |" for promise, found in promises]
    lines += ["", f"{date.today():%d %B %Y}, {os.cpu_count()} cores{load()}.\n", "| | |\n|---|---|"]
    lines += [f"| {what} | {count} |" for what, count in _figures(outcome, seconds, away)]
    lines += ["", REMARKS]
    if findings:
        lines += ["Broken promises:\n", *(f"- {finding}" for finding in findings[:50]), ""]
    return "\n".join(lines)


def _figures(outcome: Outcome, seconds: list[float], away: list[float]) -> list[tuple[str, object]]:
    tally = outcome.tally
    kinds = {word: sum(name.split()[0] == word for name in tally.saved) for word in WORDS}
    first, last = sum(outcome.memory[0]), sum(outcome.memory[-1])
    return [
        *((WORDS[word], count) for word, count in kinds.items()),
        ("writes whose fate was unknown to the client", len(tally.unknown)),
        *((f"answers {status}", count) for status, count in sorted(tally.statuses.items())),
        ("reads sent again because the kept connection had ended", tally.resent),
        ("seconds a call took, half of them / 95 % / the longest",
         f"{statistics.median(seconds):.3f} / {seconds[int(len(seconds) * 0.95)]:.2f} / {seconds[-1]:.1f}"),
        ("kills, reloads carried through", f"{outcome.disasters['kill']}, {outcome.reloads()}"),
        ("ends of websockets", sum(sum(listener.ends.values()) for listener in outcome.listeners)),
        ("seconds a browser was away, half of them / the longest", f"{statistics.median(away):.1f} / {away[-1]:.1f}"),
        ("MiB of all processes for themselves, before / after", f"{first:.0f} / {last:.0f}"),
    ]  # fmt: skip


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with tempfile.TemporaryDirectory(prefix="fondaco-chaos-") as directory:
        outcome = trial(seconds, Path(directory))
        place(TITLE, section(outcome))
    print(f"{PAGE} written", file=sys.stderr)
    return 1 if list(outcome.findings()) else 0


if __name__ == "__main__":
    sys.exit(main())
