"""What does systemd want to know, and what does it give: states over NOTIFY_SOCKET, sockets by LISTEN_FDS.

Without these variables nothing is said and nothing is taken. Formats: sd_notify(3) and sd_listen_fds(3).
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping, MutableMapping

_logger = logging.getLogger("odoo.service.server")

FIRST_DESCRIPTOR = 3
EXTENSION_S = 60.0  # more time that is asked for, each quarter of it, while a start or a reload is at work
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

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Within: what takes long before the server serves, as loading many databases does. The manager is told again
        and again that it goes on, by a thread that is gone afterwards (forks follow)."""
        if not self.address:
            yield
            return
        is_done = threading.Event()
        every = min(EXTENSION_S, self.watchdog_s or EXTENSION_S) / 4
        teller = threading.Thread(target=self._tell_of_work, args=(is_done, every), name="odoo.service.systemd")
        teller.start()
        try:
            yield
        finally:
            is_done.set()
            teller.join()

    def _tell_of_work(self, is_done: threading.Event, every_s: float) -> None:
        while True:
            # At a start the manager counts until READY=1, at a reload also since the last WATCHDOG=1.
            watchdog = ["WATCHDOG=1"] if self.watchdog_s else []
            self._tell(f"EXTEND_TIMEOUT_USEC={int(EXTENSION_S * 1e6)}", *watchdog)
            if is_done.wait(every_s):
                return

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
