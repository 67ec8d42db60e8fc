"""Which of the threads of a server waits for events: no request keeps the others from it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from fondaco.http.threads import _Baton


class _Late(threading.Event):
    """An event before whose end something happens, once."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__()
        self._happens: Callable[[], None] | None = happens

    def clear(self) -> None:
        happens, self._happens = self._happens, None
        if happens is not None:
            happens()
        super().clear()


def test_a_long_request_that_begins_as_the_watch_falls_asleep_loses_the_baton() -> None:
    baton = _Baton()
    turn = baton.take()
    baton._is_kept = _Late(lambda: baton.before(turn))
    baton._is_kept.set()
    threading.Thread(target=baton.watch, daemon=True).start()

    other = threading.Thread(target=baton.take, daemon=True)
    other.start()
    other.join(timeout=30)

    assert not other.is_alive()
    assert not baton.after(turn, 1.0)
