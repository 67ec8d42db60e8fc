"""What a test that was run once more had said the first time: without it nobody could make it firm."""

from __future__ import annotations

import pytest

SHOWN_LINES = 40


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"run once more: {report.nodeid}", sep="_")
        terminalreporter.line("\n".join(report.longreprtext.splitlines()[-SHOWN_LINES:]))
