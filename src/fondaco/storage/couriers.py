"""Who brings waiting files to an object store when it answers again: a thread, only while there are any.

Several processes may do so for the same files: the second finds them gone.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path
from typing import Protocol

from fondaco.errors import StorageAway, StorageError

_logger = logging.getLogger("fondaco.storage")

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


class WaitingRoom(Protocol):
    """What a courier knows of a store."""

    root: Path

    def waiting(self) -> list[str]:
        """The keys of files to be delivered."""

    def deliver(self, key: str) -> None:
        """Deliver one; `StorageAway` when that must wait."""


class _Couriers:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rooms: dict[Path, WaitingRoom] = {}
        self.met: set[Path] = set()
        self.thread: threading.Thread | None = None


def meet(room: WaitingRoom) -> None:
    """Have delivered what an earlier process left waiting; asked once in each process."""
    if room.root not in _own.met:
        _own.met.add(room.root)
        wake(room)


def wake(room: WaitingRoom) -> None:
    """Have the waiting files delivered, as soon as that can be."""
    if not room.waiting():
        return
    with _own.lock:
        _own.rooms[room.root] = room
        if _own.thread is None:
            _own.thread = threading.Thread(target=_deliver, name="storage-courier", daemon=True)
            _own.thread.start()


def _deliver() -> None:
    pause_s, delivered = FIRST_PAUSE_S, 0
    while rooms := _rooms():
        before = delivered
        delivered += sum(_deliver_from(room) for room in rooms)
        if delivered > before:
            pause_s = FIRST_PAUSE_S
        else:
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
    _logger.info("S3Storage: waiting files delivered files=%d", delivered)


def _deliver_from(room: WaitingRoom) -> int:
    """Deliver what can be delivered now; how many files that were."""
    delivered = 0
    for key in room.waiting():
        try:
            room.deliver(key)
            delivered += 1
        except StorageAway:
            break
        except (StorageError, OSError) as error:
            _logger.error("a waiting file cannot be delivered, and stays: file=%s/%s: %s", room.root, key, error)
    return delivered


def _rooms() -> list[WaitingRoom]:
    """The rooms where files wait; without one the thread ends."""
    with _own.lock:
        _own.rooms = {root: room for root, room in _own.rooms.items() if room.waiting()}
        if not _own.rooms:
            _own.thread = None
        return list(_own.rooms.values())


_own = _Couriers()


def _forget_after_fork() -> None:
    global _own
    _own = _Couriers()  # the thread stayed with the parent


os.register_at_fork(after_in_child=_forget_after_fork)
