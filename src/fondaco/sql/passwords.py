"""Which password does PostgreSQL, or the pooler before it, take now?

While one is being changed, the configuration file holds the new one and the one before. A process goes on with the one
that it knows until that is refused; then it looks at the file. So nobody has to be told, and no server is reloaded.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fondaco.config import inifile
from fondaco.errors import ConfigError

_logger = logging.getLogger(__name__)

KEY, BEFORE = "db_password", "db_password_before"


class Passwords:
    """The passwords of the role of the server; `current` is the one that was taken last."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.current = str(config.get(KEY) or "")
        self._config = config
        path = str(getattr(config, "rcfile", ""))
        sources = getattr(config, "sources", {})
        self._tried: dict[str, str] = {}
        self._path = path if path and str(sources.get(KEY, "")).startswith(f"{path}:") else ""

    def __repr__(self) -> str:
        return f"<Passwords of {self._path or 'no file'}>"

    def others(self, refused: str) -> list[str]:
        """Those that may be right when this one is refused, the newest first."""
        self._tried = self._in_file()
        configured = (str(self._config.get(key) or "") for key in (KEY, BEFORE))
        known = [*self._tried.values(), self.current, *configured]
        return [password for password in dict.fromkeys(known) if password and password != refused]

    def are_changing(self, error: BaseException) -> bool:
        """Whether a refusal passes by itself, because the password is being changed at this moment, or was while each
        was tried: the one before too late, the new one too early."""
        if not is_refusal(error):
            return False
        told = self._in_file()
        return BEFORE in told or told != self._tried

    def _in_file(self) -> dict[str, str]:
        if not self._path:
            return {}
        try:
            options = inifile.read(self._path).options
        except ConfigError as error:
            _logger.warning("the password of PostgreSQL cannot be read again: %s", error)
            return {}
        return {key: options[key].text for key in (KEY, BEFORE) if key in options and options[key].text}


def is_refusal(error: BaseException) -> bool:
    """Whether PostgreSQL or PgBouncer refused the password; a connection that is refused has no SQL state."""
    return "authentication failed" in str(error)
