"""What a test that was run once more had said the first time: without it nobody could make it firm."""

from __future__ import annotations

import socket

import pytest

SHOWN_LINES = 40


def pytest_sessionstart(session: pytest.Session) -> None:
    """Have a worker's word about each test sent at once: two small messages in a row cost a quick test 40 ms else."""
    told = getattr(getattr(session.config, "failures_db", None), "sock", None)
    if told is not None and hasattr(session.config, "workerinput"):
        told.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"run once more: {report.nodeid}", sep="_")
        terminalreporter.line("\n".join(report.longreprtext.splitlines()[-SHOWN_LINES:]))
