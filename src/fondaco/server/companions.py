"""Workers as threads: what a server without worker processes runs beside its requests.

The same kinds that the supervisor runs as processes, with the same channel: when it closes, it is time to end.
"""

from __future__ import annotations

import logging
import mmap
import socket
import threading
import time
from collections.abc import Sequence

from fondaco.server.channel import Channel
from fondaco.server.supervisor import HANDOVERS, Child, Kind, channel_pair

_logger = logging.getLogger("odoo.service.server")


class Companions:
    """The threads of some kinds of workers."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self.kinds = list(kinds)
        self.keeper: Channel | None = None  # the way to the one who keeps connections that are no longer HTTP
        self._channels: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._jobs: list[int] = []  # places of those whose work must be whole: all but the keeper of connections

    def __repr__(self) -> str:
        return f"<Companions {[thread.name for thread in self._threads]}>"

    def start(self) -> None:
        """Begin to work; returns at once."""
        slots = mmap.mmap(-1, mmap.PAGESIZE)
        for kind in self.kinds:
            for number in range(kind.count):
                ours, theirs = channel_pair()
                if kind.channel == HANDOVERS:
                    ours.setblocking(False)
                    self.keeper = Channel(ours)
                else:
                    self._jobs.append(len(self._threads))
                child = Child(theirs, slots, len(self._threads), 0)
                thread = threading.Thread(
                    target=_run, args=(kind, child), name=f"odoo.service.{kind.name}.{number}", daemon=True
                )
                self._channels.append(ours)
                self._threads.append(thread)
                thread.start()

    def finish(self) -> None:
        """Have those that run jobs end after the one they are at; returns at once."""
        for place in self._jobs:
            self._channels[place].close()

    def has_finished(self) -> bool:
        """Whether no job is run any more."""
        return not any(self._threads[place].is_alive() for place in self._jobs)

    def stop(self, patience: float) -> bool:
        """Tell them to end and wait so many seconds; whether all have."""
        for channel in self._channels:
            channel.close()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)


def _run(kind: Kind, child: Child) -> None:
    try:
        kind.run(child)
    except Exception:
        _logger.exception("%s ended by an error", kind.name)
        raise
    finally:
        child.channel.close()
