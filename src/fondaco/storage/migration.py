"""Which files of a database go to its bucket, or come back from it.

A plan is computed first and can be printed; carrying it out may be interrupted and done again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fondaco.storage.objects import ObjectStore

TO_BUCKET, TO_DISK = "s3", "local"
DIRECTIONS = (TO_BUCKET, TO_DISK)


@dataclass(frozen=True, slots=True)
class Migration:
    """The keys of the files that move, and their bytes."""

    store: ObjectStore
    direction: str
    keys: tuple[str, ...] = field(repr=False)
    size: int
    kept: int
    """Files that are where they should be."""

    def __str__(self) -> str:
        there = "the bucket" if self.direction == TO_BUCKET else "this machine"
        return f"{self.store.name}: {len(self.keys)} files, {self.size:,} bytes, to {there}; {self.kept} are there"


def plan(store: ObjectStore, direction: str) -> Migration:
    """What moves. To the bucket: every file of this machine, which keeps a copy at most. To disk: every object, which
    also stays where it is."""
    here = dict(store.sizes_here())
    total = dict(store.sizes())
    moving = here if direction == TO_BUCKET else {key: size for key, size in total.items() if key not in here}
    return Migration(store, direction, tuple(sorted(moving)), sum(moving.values()), len(total) - len(moving))


def carry_out(migration: Migration, progress: Callable[[str, int, int], None]) -> None:
    """Move the files; `StorageAway` leaves the rest where it is."""
    for number, key in enumerate(migration.keys):
        progress(migration.store.name, number, len(migration.keys))
        if migration.direction == TO_BUCKET:
            migration.store.deliver(key)
        else:
            migration.store.fetch(key)
