"""Which browser, on what: as much of the header User-Agent as a person recognises a device by.

Names in small letters, as addons compare them: `platform` "linux", "iphone", ..., `browser` "firefox", "chrome", ...
Browsers claim to be each other, so the rows are tried in order: whoever others imitate comes last.
"""

from __future__ import annotations

import re
from functools import lru_cache

from werkzeug.user_agent import UserAgent as _UserAgent

_PLATFORMS = (
    ("iphone", r"iPhone|iPod"),
    ("ipad", r"iPad"),
    ("android", r"Android"),
    ("chromeos", r"CrOS"),
    ("windows", r"Windows|Win32|Win64"),
    ("macos", r"Macintosh|Mac OS X"),
    ("linux", r"Linux|X11"),
)
_BROWSERS = (
    ("edge", r"Edg(?:e|A|iOS)?/([\d.]+)"),
    ("opera", r"(?:OPR|Opera)/([\d.]+)"),
    ("samsung", r"SamsungBrowser/([\d.]+)"),
    ("firefox", r"(?:Firefox|FxiOS)/([\d.]+)"),
    ("chrome", r"(?:HeadlessChrome|Chrome|CriOS)/([\d.]+)"),
    ("safari", r"Version/([\d.]+).*Safari/|Safari/"),
    ("curl", r"curl/([\d.]+)"),
    ("python", r"[Pp]ython[^/ ]*/([\d.]+)"),
)


class UserAgent(_UserAgent):
    """The header, read; what is not known is None."""

    def __init__(self, string: str) -> None:
        super().__init__(string)
        self.platform, self.browser, self.version = _read(string)


@lru_cache(1024)
def _read(text: str) -> tuple[str | None, str | None, str | None]:
    platform = next((name for name, pattern in _PLATFORMS if re.search(pattern, text)), None)
    for name, pattern in _BROWSERS:
        if found := re.search(pattern, text):
            return platform, name, found[1]
    return platform, None, None
