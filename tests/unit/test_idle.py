"""Which registries may go."""

from __future__ import annotations

import pytest

from fondaco.modules.idle import spent

USED = {"old": 10.0, "older": 5.0, "new": 90.0}


@pytest.mark.parametrize(
    ("busy", "most", "idle_s", "gone"),
    [
        pytest.param((), 0, None, [], id="no limits"),
        pytest.param((), 3, None, [], id="as many as may stay"),
        pytest.param((), 1, None, ["older", "old"], id="too many: the longest unused first"),
        pytest.param(("older",), 1, None, ["old", "new"], id="a busy one counts and stays"),
        pytest.param(("older", "old", "new"), 1, 1.0, [], id="all are busy"),
        pytest.param((), 0, 50.0, ["older", "old"], id="unused too long"),
        pytest.param((), 2, 90.0, ["older", "old"], id="both limits"),
    ],
)
def test_what_was_asked_for_longest_ago_goes_first(busy, most, idle_s, gone):
    assert spent(USED, 100.0, busy=busy, most=most, idle_s=idle_s) == gone
