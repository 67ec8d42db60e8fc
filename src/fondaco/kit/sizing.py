"""How many workers, how much memory, how many connections: by the rules of the documents, and by what was measured.

Rules: one worker serves about 6 people at once, and a machine runs at most 2 for each processor, plus 1, of which jobs
take theirs (seed 0, lines 121 to 150); a rival rule is one for each processor and one for jobs (seed 4, line 276). A
light worker takes 150 MB, a heavy one 1 GB, and a fifth of all requests are heavy (seed 0, lines 127 to 135).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PEOPLE_PER_WORKER = 6
LIGHT_MB, HEAVY_MB, HEAVY_SHARE = 150, 1024, 0.2
BUSIEST = 0.7
"""The share of a worker's time that may be busy before people notice that they wait"""
POOL_CONNECTIONS = 2
"""What one process of the server uses at the same time: a request, and now and then a second cursor"""
ADMINISTRATION = 10
"""Connections of PostgreSQL kept for people, backups and monitoring"""


@dataclass(frozen=True, slots=True)
class Sizing:
    """Workers that serve people, processes for jobs, and what they need; sizes in MB of 2**20 bytes."""

    workers: int
    cron_threads: int
    wanted_by_people: int
    most_by_processors: int
    by_the_rival_rule: int

    @property
    def processes(self) -> int:
        """Those that the memory rule counts: workers and jobs."""
        return self.workers + self.cron_threads

    @property
    def memory_mb(self) -> float:
        return self.processes * ((1 - HEAVY_SHARE) * LIGHT_MB + HEAVY_SHARE * HEAVY_MB)

    @property
    def has_room(self) -> bool:
        """Whether the machine's processors suffice for these people."""
        return self.wanted_by_people <= self.workers

    @property
    def pool_size(self) -> int:
        """default_pool_size of PgBouncer: one for each process that works at the same time."""
        return self.processes

    @property
    def reserve_size(self) -> int:
        return max(2, math.ceil(self.pool_size / 4))

    @property
    def client_connections(self) -> int:
        """max_client_conn of PgBouncer: all that the processes (and the one of live news) may open."""
        return (self.processes + 1) * POOL_CONNECTIONS * 2

    def server_connections(self, databases: int) -> int:
        """max_connections of PostgreSQL behind the pooler."""
        return (self.pool_size + self.reserve_size) * max(databases, 1) + ADMINISTRATION


def by_rule(cpus: int, users: int, cron_threads: int = 1) -> Sizing:
    """Workers for so many people at the same time on so many processors."""
    if cpus < 1 or users < 1 or cron_threads < 0:
        raise ValueError(
            f"expected at least 1 processor, 1 person and no fewer than 0 jobs: {cpus}, {users}, {cron_threads}"
        )
    most = cpus * 2 + 1
    wanted = math.ceil(users / PEOPLE_PER_WORKER)
    workers = max(1, min(wanted, most - cron_threads))
    return Sizing(workers, cron_threads, wanted, most, cpus)


@dataclass(frozen=True, slots=True)
class Request:
    """One answered request of the log: when it ended (seconds since 1970) and how long it took."""

    ended_at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What a log says of the load."""

    requests: int
    busiest: float
    """Requests at the same time in the busiest minute, on average over that minute"""
    p95_ms: float
    workers: int
    """So many that each is busy for no more than BUSIEST of that minute"""


def by_measure(requests: Sequence[Request]) -> Measured:
    """Workers for the busiest minute of a log."""
    if not requests:
        raise ValueError("the log has no requests with their time")
    busy: dict[int, float] = {}
    for one in requests:
        _spread(busy, one.ended_at - one.seconds, one.ended_at)
    busiest = max(busy.values(), default=0.0) / 60
    times = sorted(one.seconds for one in requests)
    p95 = times[min(len(times) - 1, math.ceil(0.95 * len(times)) - 1)]
    return Measured(len(requests), busiest, p95 * 1000, max(1, math.ceil(busiest / BUSIEST)))


def _spread(busy: dict[int, float], start: float, end: float) -> None:
    """Add the seconds from start to end to the minutes they lie in."""
    minute = int(start // 60)
    while minute * 60 < end:
        inside = min(end, (minute + 1) * 60) - max(start, minute * 60)
        busy[minute] = busy.get(minute, 0.0) + max(inside, 0.0)
        minute += 1
