"""Where words go: answers to stdout (text, or one line of JSON), remarks to stderr."""

from __future__ import annotations

import sys
from typing import Any

import orjson

from fondaco.config import Config


def answer(value: Any) -> None:
    """Print a text as it is and anything else as one line of JSON; at once, for whoever waits at the other end."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def tell(config: Config, text: str) -> None:
    """Say something to a person; --quiet keeps it back."""
    if not config["quiet"]:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
