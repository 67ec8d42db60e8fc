"""What does systemd want to know, and what does it give: states over NOTIFY_SOCKET, sockets by LISTEN_FDS.

Without these variables nothing is said and nothing is taken. Formats: sd_notify(3) and sd_listen_fds(3).
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping, MutableMapping

_logger = logging.getLogger("odoo.service.server")

FIRST_DESCRIPTOR = 3
LISTEN_VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


class Notifier:
    """Tells the service manager how the server is. Never waits, never fails."""

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        self.address = address
        self.watchdog_s = watchdog_s  # seconds after which silence counts as death; 0: nobody asks
        self._alive_at = 0.0

    def __repr__(self) -> str:
        return f"<Notifier {self.address or '-'} watchdog={self.watchdog_s:g}>"

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Notifier:
        """The notifier that the environment asks for."""
        is_watched = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environ.get("WATCHDOG_USEC", "") if is_watched else ""
        return cls(environ.get("NOTIFY_SOCKET", ""), int(microseconds) / 1e6 if microseconds.isdigit() else 0.0)

    def ready(self, status: str) -> None:
        """The server serves."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """A reload begins; `ready` ends it, whatever came of it."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The server drains."""
        self._tell("STOPPING=1", "STATUS=answering the last requests")

    def alive(self) -> None:
        """All is well; called often, told as often as is wanted."""
        now = time.monotonic()
        if self.watchdog_s and now - self._alive_at > self.watchdog_s / 4:
            self._alive_at = now
            self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self.address:
            return
        # A name that begins with @ is no file: the kernel writes it with a NUL.
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            try:
                sock.sendto("\n".join(lines).encode(), address)
            except OSError as error:
                _logger.warning("systemd not told %s: %s", lines[0], error)


def activated(environ: MutableMapping[str, str]) -> list[socket.socket]:
    """The listening sockets that systemd has opened for this process, in the order of its unit; taken once."""
    given = {name: environ.pop(name, "") for name in LISTEN_VARIABLES}
    if given["LISTEN_PID"] != str(os.getpid()) or not given["LISTEN_FDS"].isdigit():
        return []
    listeners = []
    for descriptor in range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + int(given["LISTEN_FDS"])):
        os.set_inheritable(descriptor, False)
        listener = socket.socket(fileno=descriptor)
        listener.setblocking(False)
        listeners.append(listener)
    return listeners
