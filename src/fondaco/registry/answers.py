"""Where do remembered answers lie, how much room do they take, and when are they too old?

A `Group` holds the answers of one kind of one database. All groups of a process share a `Budget`: so many bytes
(`cache_size`), for so long (`cache_timeout`). When there is no room left, the group that holds most gives up those of
its answers that were not asked for since it was last its turn; so one busy database does not empty the others.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

from fondaco.registry.weight import weight

DEFAULT_SIZE = 128 * 1024 * 1024  # bytes
SLACK = 16  # room is made for a 16th of the budget at once
LARGEST = 4  # an answer above a fourth of the budget is not kept
FOR_EVER = float("inf")


class Budget:
    """The room that all remembered answers of a process share."""

    def __init__(self, size: int = DEFAULT_SIZE, lifetime_s: float = 0.0) -> None:
        self.size = size
        self.lifetime_s = lifetime_s or FOR_EVER
        self.lock = threading.Lock()
        self._groups: weakref.WeakSet[Group] = weakref.WeakSet()
        self._room = size

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Budget:
        """As the settings ask for."""
        return cls(int(config.get("cache_size") or DEFAULT_SIZE), float(config.get("cache_timeout") or 0.0))

    def __repr__(self) -> str:
        return f"<Budget {self.taken} of {self.size} bytes>"

    @property
    def taken(self) -> int:
        """Bytes of all answers."""
        with self.lock:
            return sum(group.size for group in [*self._groups])

    def join(self, group: Group) -> None:
        with self.lock:
            self._groups.add(group)

    def spend(self, size: int) -> None:
        """So many bytes were added; the lock is held. Groups that are gone took their answers with them."""
        self._room -= size
        if self._room >= 0:
            return
        groups = [*self._groups]
        surplus = sum(group.size for group in groups) - (self.size - self.size // SLACK)
        while surplus > 0:
            surplus -= max(groups, key=lambda group: group.size).give_up(surplus)
        self._room = self.size // SLACK - surplus


class _Answer:
    """A value, what it weighs, until when it holds, and whether it was asked for lately."""

    __slots__ = ("is_used", "until", "value", "weight")

    def __init__(self, value: Any, weight: int, until: float) -> None:
        self.value = value
        self.weight = weight
        self.until = until
        self.is_used = False


class Group:
    """The remembered answers of one kind, of one database. Reading takes no lock."""

    __slots__ = ("__weakref__", "_answers", "_budget", "hits", "misses", "size")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._answers: dict[Any, _Answer] = {}
        self.size = 0  # bytes
        # Threads may lose a count to each other: these are for people to look at.
        self.hits = 0
        self.misses = 0
        budget.join(self)

    def __repr__(self) -> str:
        return f"<Group answers={len(self)} bytes={self.size} hits={self.hits} misses={self.misses}>"

    def __len__(self) -> int:
        return len(self._answers)

    def __iter__(self) -> Iterator[Any]:
        return iter([*self._answers])

    def __contains__(self, key: object) -> bool:
        return key in self._answers

    def get(self, key: Any, default: Any = None) -> Any:
        """The answer, unless there is none or it is too old."""
        answer = self._answers.get(key)
        if answer is None or answer.until < time.monotonic():
            self.misses += 1
            return default
        self.hits += 1
        answer.is_used = True
        return answer.value

    def __setitem__(self, key: Any, value: Any) -> None:
        budget = self._budget
        size = weight((key, value))
        if size * LARGEST > budget.size:
            return
        answer = _Answer(value, size, time.monotonic() + budget.lifetime_s)
        with budget.lock:
            former = self._answers.pop(key, None)
            grown = size - (former.weight if former is not None else 0)
            self._answers[key] = answer
            self.size += grown
            budget.spend(grown)

    def clear(self) -> None:
        """Forget them all."""
        with self._budget.lock:
            self._answers = {}
            self.size = 0

    def give_up(self, wanted: int) -> int:
        """Forget answers of so many bytes, if there are, the longest unused first; bytes that came free. The lock is
        held."""
        before, enough = self.size, self.size - wanted
        while self._answers and self.size > enough:
            key = next(iter(self._answers))
            answer = self._answers.pop(key)
            if answer.is_used:
                answer.is_used = False
                self._answers[key] = answer  # behind the others: it has another turn
            else:
                self.size -= answer.weight
        return before - self.size
