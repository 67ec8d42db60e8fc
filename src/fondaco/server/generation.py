"""What has a server from the one before it in its process, and what does it leave to the next?

The first server of a process finds nothing. Each reload begins a generation: it takes up listening sockets and
connections, has the processes of the one before finish, and one day hands down its own.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import NamedTuple

from fondaco.server.inheritance import Inheritance
from fondaco.server.reload import Reload


class Generation(NamedTuple):
    """estate: what it will leave, as far as it is known at the start: the listening sockets. reload: how it comes to
    its end. inherited: what it has found; None for the first."""

    estate: Inheritance
    reload: Reload
    inherited: Inheritance | None = None

    @property
    def listeners(self) -> list[socket.socket]:
        return self.estate.listeners

    @property
    def connections(self) -> Sequence[tuple[socket.socket, str]]:
        """Those that were kept for it, with the addresses of the clients."""
        return self.inherited.connections if self.inherited is not None else ()

    def accept(self) -> None:
        """The new server is up: nobody else will take up what was found."""
        if self.inherited is not None:
            self.inherited.accept()

    def dismiss_ancestors(self) -> None:
        """Have the processes of the generation before finish what they are at and end; returns at once."""
        if self.inherited is not None:
            self.inherited.dismiss()

    def close_listeners(self) -> None:
        for listener in self.listeners:
            listener.close()

    def close_connections(self) -> None:
        """Let go of the connections, which another process has by now."""
        if self.inherited is not None:
            self.inherited.close_connections()

    def forget_ancestors(self) -> None:
        """Close the ways to the generation before: for its workers it is the sign to end."""
        if self.inherited is not None:
            self.inherited.close_channels()
