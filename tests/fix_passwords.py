"""Passwords cost next to nothing, here and in the processes that tests start: tests/startup/sitecustomize.py."""

from __future__ import annotations

import os
from pathlib import Path

from fondaco.security import credentials
from tests.startup.sitecustomize import quicken

STARTUP = str(Path(__file__).parent / "startup")

quicken(credentials)
_folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
if STARTUP not in _folders:  # else this is a worker of a run, which has it from the process that started it
    os.environ["PYTHONPATH"] = os.pathsep.join([STARTUP, *filter(None, _folders)])
