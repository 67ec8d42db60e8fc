"""Pictures of pages, made by the tests: for the documentation, and to look at. What has a picture is also inspected.

docs/img/pictures.json keeps what could be pressed and read beside its values when each picture was made. The test that
makes a picture comes to its page in every run: it says when something of that is gone, or more is there.
"""

from __future__ import annotations

import fcntl
import json
import os
import warnings
from pathlib import Path
from typing import Any

import pytest

from .accessibility import hold

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "img"
RECORD = DOCUMENTATION / "pictures.json"
TRIES = 20
PAUSE_MS = 100
# Left out is what another day, another test or another machine may change: values, their names, and how many there are.
CONTROLS = """() => {
    const CONTROLS = "a.f-app, a.f-nav-button, button, h2, h3, label, legend, summary, th,"
        + "[role=menuitem], [role=tab], [role=checkbox]";
    const DATA = "tbody, [data-id], .f-card, .f-column, .f-calendar, .f-pivot-table, .f-graph-legend, .f-facet,"
        + ".f-breadcrumbs, .f-notification, .f-indent, section:has(.f-favorite-form)";
    const textOf = (one) => one.getAttribute("aria-label") || one.innerText;
    const nameOf = (one) => textOf(one).replace(/\\s+/g, " ").replace(/\\d+/g, "0");
    const seen = [...document.querySelectorAll(CONTROLS)].filter((one) => one.checkVisibility() && !one.closest(DATA));
    return [...new Set(seen.map((one) => `${one.getAttribute("role") || one.localName} ${nameOf(one)}`.trim()))].sort();
}"""


class OldPicture(UserWarning):
    """A picture of the documentation shows what is no more, or lacks what has come."""


def picture(page: Any, name: str) -> None:
    """Keep what the page looks like for the documentation, when FONDACO_PICTURES is set; else say if that has changed.

    FONDACO_PICTURES=check makes a failure of what is a warning without it."""
    hold(page)
    way = os.environ.get("FONDACO_PICTURES")
    if way and way != "check":
        page.screenshot(path=str(DOCUMENTATION / f"{name}.png"))
        _record(name, page.evaluate(CONTROLS))
    elif changes := _changes(page, _recorded().get(name)):
        told = f"docs/img/{name}.png is old ({', '.join(changes)}): python -m tests.pictures {name}"
        if way:
            pytest.fail(told)
        warnings.warn(told, OldPicture, stacklevel=2)


def look(page: Any, name: str) -> None:
    """Keep a picture that no page of the documentation has, in the folder FONDACO_LOOKS."""
    hold(page)
    if folder := os.environ.get("FONDACO_LOOKS"):
        Path(folder).mkdir(exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def _record(name: str, shown: list[str]) -> None:
    """Put what a picture shows into the record; several processes make pictures."""
    folder = os.open(DOCUMENTATION, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        record = dict(sorted((_recorded() | {name: shown}).items()))
        RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    finally:
        os.close(folder)


def _recorded() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    return found


def _changes(page: Any, recorded: list[str] | None) -> list[str]:
    """What has come to a page since its picture was made, and what has gone: once the page has had time to be whole."""
    if recorded is None:
        return []  # made before there was a record
    before = set(recorded)
    for _ in range(TRIES):
        now = set(page.evaluate(CONTROLS))
        if now == before:
            return []
        page.wait_for_timeout(PAUSE_MS)
    return [f"without {one!r}" for one in sorted(before - now)] + [f"with {one!r}" for one in sorted(now - before)]
