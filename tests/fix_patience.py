"""The last word on a test that does not end.

`timeout` in pyproject.toml raises in a test that waits for too long; it then fails like any other. Where nobody hears
that (a wait inside a library, a fixture), the process is ended with the stacks of its threads on standard error; xdist
reports the test as failed and goes on in a new process.
"""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator

import pytest

PATIENCE_S = 900  # a test that is run again has twice five minutes, and what it sets up

stderr = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[stderr] = os.dup(2)  # pytest puts a file of its own in the place of 2


def pytest_unconfigure(config: pytest.Config) -> None:
    faulthandler.cancel_dump_traceback_later()
    os.close(config.stash[stderr])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[object]:
    if item.config.getoption("timeout") != 0:  # who looks for rare examples has time: `--timeout 0`
        faulthandler.dump_traceback_later(PATIENCE_S, exit=True, file=item.config.stash[stderr])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()
