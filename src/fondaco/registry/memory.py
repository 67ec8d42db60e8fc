"""Which answers does a registry remember, and who is told when one is wrong?

Answers lie by group, in this process. What a transaction changes is forgotten here at once, announced to the other
processes in its commit (`signaling`), and forgotten by them when they next begin a transaction. What it sees after its
own change is kept apart until then (`changes`).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import psycopg.errors

from fondaco.registry import signaling
from fondaco.registry.answers import Budget, Group
from fondaco.registry.changes import Changes, Outer
from fondaco.registry.ormcache import CONTAINED, GROUPS, MOST_OWN
from fondaco.sql.replica import ReplicaBehind
from fondaco.values.collections import LRU

if TYPE_CHECKING:
    from fondaco.sql.connection import Pools
    from fondaco.sql.cursor import Cursor


class Memory:
    """The remembered answers of a registry; a facet of it, which asks it for cursors and has it build models anew."""

    db_name: str
    pools: Pools

    def __init__(self, budget: Budget) -> None:
        self.caches = {name: Group(budget) for name in GROUPS}
        self._changes = Changes()
        self._generations = dict.fromkeys(GROUPS, 0)  # {group: how often it was emptied}
        self._answers_lock = threading.Lock()
        self._sums: dict[str, int] | None = None  # {group: the sum of `signaling` that is known here}
        # (what a transaction was told, its sums, the sums that are known since): None once these count on
        self._told: tuple[signaling.Told, dict[str, int], dict[str, int]] | None = None

    if TYPE_CHECKING:

        def cursor(self, readonly: bool = False, *, limited: bool = False, after: str | None = None) -> Cursor: ...
        def setup_models(self, cr: Cursor) -> None: ...

    def generation(self, group: str) -> int:
        """A number that changes when the remembered answers of the group are forgotten."""
        return self._generations[group]

    def answers(self, cache_name: str) -> Any:
        """Where the answers of a group lie for this thread: in its own hands once it has changed what they say."""
        own = self._changes.own
        return own[cache_name] if own and cache_name in own else self.caches[cache_name]

    def announced_for(self, cr: Cursor, cache_name: str) -> list[int] | None:
        """What was announced for a group as the transaction of `cr` sees it; None if that is not known, or if the
        transaction has changed what the answers of the group say."""
        sums, own = self._changes.sums, self._changes.own
        if sums is None or sums[0] is not cr or (own and cache_name in own):
            return None
        return [number for group, number in sums[1].items() if cache_name in CONTAINED.get(group, (group,))]

    def clear_cache(self, *cache_names: str) -> None:
        """Forget the answers of these groups (none given: 'default'), here now and elsewhere after commit."""
        names = cache_names or ("default",)
        self._invalidate_caches(names, is_own=True)
        self._changes.caches.update(names)
        self._start_own_answers(names)

    def _start_own_answers(self, names: Iterable[str]) -> None:
        own = self._changes.own
        for name in names:
            for contained in CONTAINED.get(name, (name,)):
                own[contained] = LRU(MOST_OWN)

    def clear_all_caches(self) -> None:
        self.clear_cache(*GROUPS)

    def _invalidate_caches(self, names: Iterable[str], is_own: bool = False) -> None:
        seen = self._changes.seen
        with self._answers_lock:
            for name in names:
                for contained in CONTAINED.get(name, (name,)):
                    if is_own and seen is not None and seen[contained] == self._generations[contained]:
                        seen[contained] += 1
                    self._generations[contained] += 1
                    self.caches[contained].clear()

    def remember(self, cache_name: str, key: Any, value: Any) -> None:
        """Keep an answer, unless the group was emptied since this transaction began: what it sees is older then."""
        own, seen = self._changes.own, self._changes.seen
        if own and cache_name in own:
            own[cache_name][key] = value
            return
        with self._answers_lock:
            if seen is None or seen[cache_name] == self._generations[cache_name]:
                self.caches[cache_name][key] = value

    def begin_changes(self, cr: Cursor) -> Outer:
        """A transaction of this thread begins on `cr`; answers what `end_changes` takes when it is over."""
        return self._changes.begin(cr, dict(self._generations))

    def end_changes(self, outer: Outer) -> None:
        """Back to the transaction around this one."""
        self._changes.end(outer)

    @property
    def registry_invalidated(self) -> bool:
        return self._changes.registry

    @registry_invalidated.setter
    def registry_invalidated(self, value: bool) -> None:
        self._changes.registry = value

    def announce_changes(self, cr: Cursor) -> None:
        """`cr` is about to commit: tell the other processes what changed, in its transaction."""
        changes = self._changes
        changes.announced = None
        groups = {name for name in changes.caches if name in signaling.GROUPS}
        if changes.registry:
            groups.add("registry")
        if groups and not cr.readonly:
            changes.announced = signaling.announce(cr, groups)

    def changes_committed(self, cr: Cursor) -> None:
        """`cr` has committed: what it announced is known here, and nobody remembers what was true before."""
        changes = self._changes
        changes.sums = None
        before, changes.announced = changes.announced, None
        if before is None:
            return
        # Between our first clearing and the commit, others may have remembered what was true before.
        self._invalidate_caches(changes.caches, is_own=True)
        if changes.belongs_to(cr):
            changes.clear()
        known, self._told = self._sums, None
        for group, number in before.items():
            # If others changed something in between, the next look shall see that.
            if known is not None and known[group] == number:
                known[group] = number + 1
        if signaling.is_time_to_add_up(before):
            self._add_up_signals()

    def _add_up_signals(self) -> None:
        """Keep the table of announcements short, since every transaction reads it."""
        with contextlib.suppress(psycopg.errors.SerializationFailure), self.pools.cursor(self.db_name) as cr:
            signaling.add_up(cr)  # on failure: another process has just done it

    def signal_changes(self) -> None:
        """Tell the other processes what changed and no commit has told: after work that could only read."""
        changes = self._changes
        if not changes.caches and not changes.registry:
            return
        outer = changes.owner
        try:
            with self.cursor() as changes.owner:
                pass  # its commit carries the announcement
        finally:
            changes.owner = outer

    @contextlib.contextmanager
    def manage_changes(self) -> Iterator[None]:
        """Within: changes of models and remembered answers; told to the other processes at the end, or forgotten."""
        try:
            yield
            self.signal_changes()
        except BaseException:
            self.reset_changes()
            raise

    def reset_changes(self) -> None:
        """Take back what is to be announced; if models changed, build them anew as the database has them."""
        if self._changes.registry:
            with self.cursor() as cr:
                self.setup_models(cr)
        self.forget_changes()

    def forget_changes(self) -> None:
        """What was to be announced was rolled back: what was remembered since may be wrong."""
        changes = self._changes
        if changes.caches:
            self._invalidate_caches(changes.caches, is_own=True)
        changes.clear()
        if changes.seen is not None:
            changes.seen = dict(self._generations)  # what is tried again sees the rows of now

    def changes_undone(self, cr: Cursor) -> None:
        """`cr` was rolled back."""
        self._changes.sums = None
        if self._changes.belongs_to(cr) and (self._changes.caches or self._changes.registry):
            self.forget_changes()

    def part_undone(self) -> None:
        """The transaction went back to a savepoint: what this thread remembered since may be wrong."""
        if self._changes.own:
            self._start_own_answers(self._changes.caches)

    def forget_rolled_back(self) -> None:
        """A transaction whose rows anybody may have remembered is undone: forget every answer, announce nothing."""
        self._changes.clear()
        self._invalidate_caches(GROUPS, is_own=True)

    def check_signaling(self, cr: Cursor | None = None) -> bool:
        """Look whether other processes changed something: forget what is old; False if the models themselves
        changed, or another database has taken the name. `ReplicaBehind` on a replica that does not know yet what is
        known here."""
        if cr is None:
            with self.pools.cursor(self.db_name) as own:
                return self.check_signaling(own)
        told, known = signaling.ask(cr), self._told
        if known is not None and known[0] == told and known[2] is self._sums:
            self._changes.sums = (cr, known[1])
            return True  # nothing new, as nearly always
        numbers = signaling.sums(told)
        if (
            cr.on_replica
            and self._sums is not None
            and (
                numbers[signaling.IDENTITY] != self._sums[signaling.IDENTITY]
                or any(numbers.get(group, 0) < number for group, number in self._sums.items())
            )
        ):
            # What is read here must not be remembered as the answer to a question that has a newer one.
            raise ReplicaBehind
        self._changes.sums = (cr, numbers)
        if not self._compare(numbers):
            return False
        self._sums = numbers.copy()
        self._told = (told, numbers, self._sums)
        return True

    def _compare(self, numbers: Mapping[str, int]) -> bool:
        """Forget what is old by these sums; False if the models are."""
        known = self._sums
        if known is None:
            return True
        if any(known[name] != numbers[name] for name in (signaling.IDENTITY, "registry")):
            return False
        for group in signaling.GROUPS:
            if known[group] != numbers[group]:
                self._invalidate_caches((group,))
        return True
