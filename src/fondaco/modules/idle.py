"""Which registries may go, when many databases share a process?

A registry takes some megabytes and a fraction of a second to load. Those that nobody has asked for in a while go, and
of too many the ones that were asked for longest ago; never one whose database has a transaction open here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping


def spent(
    used_at: Mapping[str, float], now: float, *, busy: Collection[str], most: int, idle_s: float | None
) -> list[str]:
    """The databases whose registries may go, longest unused first.

    used_at: when each registry was last asked for. most: how many may stay, 0 for any number; idle_s: how long one may
    stay unused, None for ever. Those that are busy count, and stay.
    """
    oldest_first = sorted((moment, db) for db, moment in used_at.items() if db not in busy)
    surplus = len(used_at) - most if most else 0
    return [
        db
        for number, (moment, db) in enumerate(oldest_first)
        if number < surplus or (idle_s is not None and now - moment >= idle_s)
    ]
