"""A storm over a whole server: nothing that was answered is lost, nothing is done twice, everybody is answered.

Half a minute here; a minute, with the figures, by `python -m tests.chaos`.
"""

from __future__ import annotations

import shutil

import pytest

from tests.chaos.trial import trial

SECONDS = 28


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_nothing_is_lost_or_done_twice_in_a_storm(tmp_path):
    outcome = trial(SECONDS, tmp_path)

    assert list(outcome.findings()) == []
    assert outcome.disasters["kill"] >= 5 and outcome.reloads() >= 1
    assert outcome.disasters["stop postgresql"] == 2
    assert {name.split()[0] for name in outcome.tally.saved} == {"written", "also", "file", "said", "asked"}
    assert all(listener.ends for listener in outcome.listeners), "every websocket was cut off and came back"
