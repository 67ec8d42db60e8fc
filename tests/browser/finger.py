"""A finger on the screen, where the browser has one that feels it: `visit(touch=True)`."""

from __future__ import annotations

from typing import Any


class Finger:
    """One on the screen of a page."""

    def __init__(self, page: Any) -> None:
        self.session = page.context.new_cdp_session(page)

    def put(self, kind: str, x: float = 0, y: float = 0) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
