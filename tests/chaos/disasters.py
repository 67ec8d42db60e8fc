"""What goes wrong in the storm, and when: a plan, and those who carry it out."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections import Counter
from pathlib import Path

KILL_EVERY_S = 5.0
AWAY_S = 1.5  # seconds PostgreSQL is stopped
VICTIMS = ("POST /jsonrpc", "POST /jsonrpc", "bus worker", "POST /jsonrpc", "cron worker")  # in turn, by their lines


def plan(seconds):
    """[(moment, what)] for a storm of so many seconds; the parts that happen once or twice are spread over it."""
    parts = {
        "reload": (0.10, 0.78), "stop postgresql": (0.22, 0.62), "stop redis": (0.30,), "start redis": (0.42,),
        "stop s3": (0.45,), "start s3": (0.58,),
    }  # fmt: skip
    moments = [(seconds * part, what) for what, shares in parts.items() for part in shares]
    moments += [(at + AWAY_S, "start postgresql") for at, what in moments if what == "stop postgresql"]
    kills = int((seconds - 1) / KILL_EVERY_S)
    return sorted(moments + [(KILL_EVERY_S * (number + 1), "kill") for number in range(kills)])


class Disasters:
    """Carries a plan out on a server and what stands beside it."""

    def __init__(self, server, cluster, redis, s3):
        self.server, self.cluster, self.redis, self.s3 = server, cluster, redis, s3
        self.done = Counter()
        self._acts = {
            "kill": self._kill,
            "reload": lambda: os.kill(server.pid, signal.SIGHUP),
            "stop postgresql": cluster.stop, "start postgresql": cluster.start,
            "stop redis": redis.stop, "start redis": redis.start, "stop s3": s3.stop, "start s3": s3.start,
        }  # fmt: skip

    def carry_out(self, moments, on_second):
        """All of the plan, in real time; on_second() is called about once a second."""
        began = time.monotonic()
        for at, what in moments:
            while (left := began + at - time.monotonic()) > 0:
                time.sleep(min(left, 1.0))
                on_second()
            self._acts[what]()
            self.done[what] += 1

    def _kill(self):
        """SIGKILL for the worker that wrote the last line of the kind whose turn it is."""
        word = VICTIMS[self.done["kill"] % len(VICTIMS)]
        lines = [line for line in self.server.logfile.read_text().splitlines() if word in line]
        for line in reversed(lines):
            pid = int(line.split()[2])
            if pid != self.server.pid and is_ours(pid, self.server.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                return


def is_ours(pid, parent):
    """Whether it is a living child of the server."""
    with contextlib.suppress(OSError):
        state, found = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
        return state != "Z" and int(found) == parent
    return False


def memory_mib(server):
    """Of each process of the server, what it has for itself."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    found = []
    for pid in [str(server.pid), *children]:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            found.append(sum(int(kib) for kib in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.M)) / 1024)
    return found
