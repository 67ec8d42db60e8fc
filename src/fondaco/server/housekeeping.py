"""What a process does now and then whether or not requests come: one thread of its own, asleep in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

EVERY_S = 5.0


def start(tasks: Sequence[Callable[[], object]], every_s: float = EVERY_S) -> threading.Event:
    """Carry the tasks out in turn, every so many seconds; setting the event that is returned ends it.

    Called after a fork: threads do not live through one.
    """
    end = threading.Event()

    def run() -> None:
        while not end.wait(every_s):
            for task in tasks:
                task()

    threading.Thread(target=run, name="fondaco.housekeeping", daemon=True).start()
    return end
