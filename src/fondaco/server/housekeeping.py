"""What a process does now and then whether or not requests come: one thread of its own, asleep in between."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

_logger = logging.getLogger(__name__)

EVERY_S = 5.0


def start(tasks: Sequence[Callable[[], object]], every_s: float = EVERY_S) -> threading.Event:
    """Carry the tasks out in turn, every so many seconds; setting the event that is returned ends it.

    Called after a fork: threads do not live through one.
    """
    end = threading.Event()

    def run() -> None:
        while not end.wait(every_s):
            for task in tasks:
                try:
                    task()
                except Exception:
                    # The others are wanted all the same, and this one may succeed the next time.
                    _logger.exception("a task of the housekeeping failed")

    threading.Thread(target=run, name="fondaco.housekeeping", daemon=True).start()
    return end
