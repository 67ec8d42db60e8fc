"""Who wants to know of each statement, how long it took? Nobody, usually: then it costs nothing."""

from __future__ import annotations

from collections.abc import Callable

Watch = Callable[[str, str, float], None]
watches: list[Watch] = []
"""Each is called in the thread of the statement with its database, its text (it may contain values that an addon wrote
into it), and the seconds it took."""


def watch(one: Watch) -> None:
    """Tell this one from now on."""
    if one not in watches:
        watches.append(one)


def unwatch(one: Watch) -> None:
    """Tell it no more."""
    if one in watches:
        watches.remove(one)
