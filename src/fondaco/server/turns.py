"""Whose request is next, when many tenants wait for few workers?

Tenants take turns, however many requests each has waiting. While more than one tenant is about, none may have all
workers (processes, or threads): one is left for the others, so that a flood, or requests that take long, keep nobody
else waiting.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable

ABOUT_S = 60.0
"""Seconds since its last request in which a tenant is about."""
MOST_TENANTS = 10_000
"""Names come from clients: of more, all are forgotten."""


class Turns:
    """The requests that wait, by tenant, and the tenants of those that workers are at.

    is_always_spared: one worker is left also while a tenant is alone, for the first request of another.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, is_always_spared: bool = False) -> None:
        self.clock = clock
        self.is_always_spared = is_always_spared
        self._waiting: dict[bytes, deque[int]] = {}  # in the order of their turns
        self._at_work: Counter[bytes] = Counter()
        self._seen: dict[bytes, float] = {}
        self._look_again_at = 0.0

    def __repr__(self) -> str:
        return f"<Turns waiting={len(self)} tenants={len(self._waiting)} at_work={self._at_work.total()}>"

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, tenant: bytes, number: int) -> None:
        """A request waits."""
        self._waiting.setdefault(tenant, deque()).append(number)
        self._note(tenant)

    def take(self, workers: int) -> tuple[bytes, int] | None:
        """The next request, of so many workers' in all; None if none may be begun now. `done` when it is over."""
        is_spared = (self.is_always_spared or len(self._seen) > 1) and workers > 1
        share = workers - 1 if is_spared else workers
        for tenant, numbers in self._waiting.items():
            if self._at_work[tenant] < share:
                number = numbers.popleft()
                del self._waiting[tenant]
                if numbers:
                    self._waiting[tenant] = numbers  # behind the others
                self._at_work[tenant] += 1
                return tenant, number
        return None

    def put_back(self, tenant: bytes, number: int) -> None:
        """A request that was taken could not be begun: it is the first of its tenant's again."""
        self._waiting.setdefault(tenant, deque()).appendleft(number)
        self.done(tenant)

    def done(self, tenant: bytes) -> None:
        """A request that was taken is over."""
        self._at_work[tenant] -= 1
        if self._at_work[tenant] <= 0:
            del self._at_work[tenant]

    def clear(self) -> None:
        """Nothing waits any more."""
        self._waiting.clear()

    def _note(self, tenant: bytes) -> None:
        now = self.clock()
        if now >= self._look_again_at or len(self._seen) > MOST_TENANTS:
            self._look_again_at = now + 1.0
            many = len(self._seen) > MOST_TENANTS
            self._seen = {} if many else {one: at for one, at in self._seen.items() if now - at < ABOUT_S}
        self._seen[tenant] = now
