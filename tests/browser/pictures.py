"""Pictures of pages, made by the tests: for the documentation, and to look at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "img"


def picture(page: Any, name: str) -> None:
    """Keep what the page looks like for the documentation, when FONDACO_PICTURES is set."""
    if os.environ.get("FONDACO_PICTURES"):
        DOCUMENTATION.mkdir(exist_ok=True)
        page.screenshot(path=str(DOCUMENTATION / f"{name}.png"))


def look(page: Any, name: str) -> None:
    """Keep a picture that no page of the documentation has, in the folder FONDACO_LOOKS."""
    if folder := os.environ.get("FONDACO_LOOKS"):
        Path(folder).mkdir(exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
