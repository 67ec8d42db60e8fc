"""Connections that are no longer HTTP, on their way to the worker that keeps them.

A thousand browsers may come at one moment, after a reload for instance, and the channel to that worker holds a few
hundred messages. The others wait here, in order, until it has room.
"""

from __future__ import annotations

from collections import deque

from fondaco.server.channel import HANDED, Channel
from fondaco.server.clients import Client

Departure = tuple[Client, bytes]
"""The connection, and what its keeper must know."""


class Departures:
    """Those that have not gone yet."""

    def __init__(self) -> None:
        self._waiting: deque[Departure] = deque()

    def __repr__(self) -> str:
        return f"<Departures {len(self._waiting)}>"

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, client: Client, payload: bytes) -> None:
        self._waiting.append((client, payload))

    def send(self, keeper: Channel) -> list[Client]:
        """Let as many go as the channel takes; these. Those of a keeper that is no more go nowhere: their end tells the
        clients to come again."""
        gone = []
        while self._waiting:
            client, payload = self._waiting[0]
            try:
                keeper.send(HANDED, client.number, payload, (client.sock.fileno(),))
            except BlockingIOError:
                break
            except OSError:
                pass  # that the keeper has ended is noticed at its channel
            self._waiting.popleft()
            gone.append(client)
        return gone

    def take_all(self) -> list[Departure]:
        """Those that wait; they do no longer."""
        found = list(self._waiting)
        self._waiting.clear()
        return found
