"""What has the work of a thread changed that others do not see yet?"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

Outer = tuple[set[str], bool, dict[str, Any], "dict[str, int] | None", "Cursor | None"]


class Changes(threading.local):
    """What the work of this thread changed and did not announce yet, and which answers it may add to.

    Per thread: work that fails must not silence what other work is about to announce.
    """

    def __init__(self) -> None:
        self.caches: set[str] = set()
        self.registry = False
        # {group: answers} of the groups that the work emptied: what it sees is nobody else's before the commit
        self.own: dict[str, Any] = {}
        # the cursor whose commit makes them true; None outside of `transact`, where any commit of the thread does
        self.owner: Cursor | None = None
        # {group: the sum it had} of the announcement that the commit under way carries
        self.announced: dict[str, int] | None = None
        # {group: its generation when the transaction began}; None outside of `transact`
        self.seen: dict[str, int] | None = None
        # {group: its sum} as the transaction of the cursor sees them
        self.sums: tuple[Cursor, Mapping[str, int]] | None = None

    def __repr__(self) -> str:
        return f"<Changes caches={sorted(self.caches)} registry={self.registry}>"

    def clear(self) -> None:
        """Nothing is changed."""
        self.caches, self.registry, self.own = set(), False, {}

    def begin(self, cr: Cursor, seen: dict[str, int]) -> Outer:
        """A transaction begins on `cr`; answers what `end` takes. Inside another one, which may fail, its changes are
        told apart from that one's."""
        outer = (self.caches, self.registry, self.own, self.seen, self.owner)
        if self.seen is not None:
            self.clear()
        self.seen, self.owner = seen, cr
        return outer

    def end(self, outer: Outer) -> None:
        """Back to the transaction around this one."""
        if outer[3] is not None:
            self.caches, self.registry, self.own = outer[:3]
        self.seen, self.owner = outer[3:]

    def belongs_to(self, cr: Cursor) -> bool:
        """Whether it is `cr` that makes the changes true or takes them back."""
        return self.owner is None or self.owner is cr
