"""The page of figures, docs/reliability.md: long trials write their section of it."""

from __future__ import annotations

import os
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"


def load() -> str:
    """A word on a machine that was busy with other things."""
    found = os.getloadavg()[1]
    if found <= 2 * (os.cpu_count() or 1):
        return ""
    if os.sched_getscheduler(0) in (os.SCHED_RR, os.SCHED_FIFO):
        return f"; other work of the machine (load {found:.0f}) was kept out by real-time priority"
    return f"; the machine was busy with other work (load {found:.0f})"


def placed(page: str, title: str, text: str) -> str:
    """The page with this section in place of the one before, or at its end."""
    before, heading, rest = page.partition(f"## {title}\n")
    following = rest.partition("\n## ")[2] if heading else ""
    return before.rstrip() + "\n\n" + text.rstrip() + "\n" + (f"\n## {following}" if following else "")


def place(title: str, text: str) -> None:
    """Write a section, which begins with its heading."""
    PAGE.write_text(placed(PAGE.read_text(encoding="utf-8"), title, text), encoding="utf-8")
