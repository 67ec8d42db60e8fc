"""Garbage is looked for as in a server: not while tests are loaded, and seldom while they run.

The modules and the tests that a process has loaded stay until its end. To look at all of them again and again was a
sixth of the time of tests that need no other process.
"""

from __future__ import annotations

import gc

import pytest

from fondaco.cli.main import YOUNG_OBJECTS

gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    gc.enable()
