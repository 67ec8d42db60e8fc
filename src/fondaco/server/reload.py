"""When may a server that was asked to reload take its own place?

SIGHUP asks. A rehearsal, a process of its own, then reads the new configuration and loads the new code and the
databases as a start would. If it fails, the log says why and everything stays as it is. If it succeeds, `is_due` is
True once, and whoever serves hands down what he has (server/inheritance).
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import tempfile
from collections.abc import Sequence
from typing import IO

from fondaco.server.systemd import Notifier

_logger = logging.getLogger("odoo.service.server")

LAST_WORDS = 4000  # bytes of a failed rehearsal that are worth a log line


class Reload:
    """SIGHUP and what it leads to. rehearsal: the command that says whether a start would succeed; none: it would."""

    def __init__(self, rehearsal: Sequence[str], notifier: Notifier) -> None:
        self.rehearsal = list(rehearsal)
        self.notifier = notifier
        self._is_asked = False
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    def __repr__(self) -> str:
        return f"<Reload asked={self._is_asked} rehearsing={self._process is not None}>"

    def ask(self, _number: int, _frame: object) -> None:
        """The handler of SIGHUP."""
        self._is_asked = True

    def owns(self, pid: int) -> bool:
        """Whether the process is the rehearsal, whose end is seen here."""
        return self._process is not None and self._process.pid == pid

    def is_due(self) -> bool:
        """Whether to take the server's place now. Called often."""
        if self._is_asked:
            self._is_asked = False
            self.notifier.reloading()
            # What is rehearsed may be older than what this SIGHUP is about.
            self.abandon()
            if not self.rehearsal:
                return True
            _logger.info("reload asked for: configuration and code are tried")
            self._begin()
        if self._process is None or self._process.poll() is None:
            return False
        assert self._said is not None
        self._said.seek(0)
        code, said = self._process.returncode, self._said.read().decode(errors="replace").strip()
        self.abandon()
        if code == 0:
            return True
        _logger.error("reload refused, the server goes on as it was:\n%s", said[-LAST_WORDS:] or f"exit code {code}")
        self.notifier.ready("the last reload was refused, see the log")
        return False

    def abandon(self) -> None:
        """Forget the rehearsal, if there is one."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
            self._process = None
        if self._said is not None:
            self._said.close()
            self._said = None

    def _begin(self) -> None:
        environ = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the rehearsal
        self._process = subprocess.Popen(
            self.rehearsal, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._said, env=environ
        )
