"""Where an object of ours lies that addons know by another name."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """A module of ours and a dotted attribute in it ('' for the module).

    is_seam: our own code looks the attribute up each time, so that an addon which assigns it takes its place.
    """

    module: str
    attribute: str
    is_seam: bool = False

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}"
