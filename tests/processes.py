"""Processes that a test starts: what they say and how they end; one that does neither is a failure, not a wait without
end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest

PATIENCE_S = 120


def ended(process: subprocess.Popen[Any], ask: signal.Signals = signal.SIGTERM, patience_s: float = PATIENCE_S) -> int:
    """How a process ended that is asked to. One that does not is killed: what it holds is free for the next test, and
    for this one when it is run again."""
    process.send_signal(ask)
    try:
        process.communicate(timeout=patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode


def first_line(process: subprocess.Popen[Any]) -> Any:
    """The first line of its output, without its end; nothing if it ended before."""
    assert process.stdout is not None
    if not select.select([process.stdout], [], [], PATIENCE_S)[0]:
        process.kill()
        pytest.fail(f"{process.args} said nothing for {PATIENCE_S} s")
    return process.stdout.readline().strip()


def wait_until(is_so: Callable[[], bool]) -> None:
    """Ask again and again; what is never so is a failure."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            pytest.fail(f"{is_so.__qualname__} did not come true within {PATIENCE_S} s")
        time.sleep(0.01)


def is_so_in_child(question: Callable[[], bool]) -> bool:
    """What a forked child of this process answers. Whatever befalls it, it does not come back into pytest."""
    if not (pid := os.fork()):
        answer = False
        try:
            answer = question()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(not answer)
    end = time.monotonic() + PATIENCE_S
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            pytest.fail(f"a child did not end within {PATIENCE_S} s")
        time.sleep(0.01)
    return ended[1] == 0
