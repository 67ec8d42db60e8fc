"""Which library lays out sheets, and what may it load?

PlutoPrint is the first choice, WeasyPrint the second (for machines that PlutoPrint has no wheel for). Both get whatever
a document names (styles, pictures, fonts) from a function of ours and reach neither files nor the network themselves.
"""

import importlib
import logging
from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol, cast

from fondaco.pdf.sheets import Sheet

_logger = logging.getLogger(__name__)

BASE = "http://fondaco.invalid"
"""Addresses without a host are of this one, which does not exist (RFC 6761)."""
PX_PER_INCH = 96
TALL = 100_000.0  # points of a page on which everything has room

# Library -> the module that speaks to it, which is imported when the first document is printed.
_MODULES = {"plutoprint": "fondaco.pdf.on_plutoprint", "weasyprint": "fondaco.pdf.on_weasyprint"}

Fetch = Callable[[str], tuple[bytes, str] | None]
"""Address -> content and media type, or None for what is not there or may not be loaded."""


class Engine(Protocol):
    """Lays out sheets."""

    def height(self, page: str, width: float, fetch: Fetch) -> float:
        """How high a page of HTML is on a column of `width`, both in millimetres."""

    def pdf(self, sheets: Sequence[Sheet], fetch: Fetch, title: str) -> bytes:
        """One PDF of all sheets, in order."""


@cache
def find(*names: str) -> Engine | None:
    """The first engine of `names` that works here; of all without names."""
    for name in names or _MODULES:
        try:
            return cast(Engine, importlib.import_module(_MODULES[name]).ENGINE)
        except ImportError as error:
            _logger.info("pdf engine not usable name=%s reason=%s", name, error)
    return None


def loaded(fetch: Fetch, url: str) -> tuple[bytes, str]:
    """Content and type of an address; nothing for what there is not, which is logged."""
    found = fetch(url.removeprefix(BASE))
    if found is None:
        _logger.warning("resource of a document not loaded url=%s", url[:200])
        return b"", "text/plain"
    return found
