"""A request that is slow: it waits until the test lets it go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PATIENCE_S = 30


class Held:
    """The first request of a page for `path`; those after it pass."""

    def __init__(self, page: Any, path: str) -> None:
        self._page = page
        self._route: Any = None
        page.route(path, self._meet)

    def _meet(self, route: Any) -> None:
        if self._route:
            route.continue_()
        else:
            self._route = route

    def wait(self) -> None:
        """Until it is there."""
        for _ in range(PATIENCE_S * 20):
            if self._route:
                return
            self._page.wait_for_timeout(50)
        raise AssertionError("the page did not ask")

    def let_go(self) -> None:
        """It goes on, now or as soon as it is there."""
        self.end(lambda route: route.continue_())

    def end(self, answer: Callable[[Any], None]) -> None:
        """It gets this answer, now or as soon as it is there."""
        self.wait()
        answer(self._route)
