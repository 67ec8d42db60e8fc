"""How many bytes may a request bring, and where may it bring more?

One limit for all, and another for the page that takes dumps of databases, while that page is open to anybody. Routes
may ask for less (`@route(..., max_content_length=...)`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

BODY_LIMIT = 128 * 1024 * 1024  # bytes, default
SPOOL_FROM = 1024 * 1024  # bytes of a body from which it goes to a file
LIMIT_KEY = "fondaco.body_limit"  # of an environ: the limit that its body was held to
RESTORE_PATH = "/web/database/restore"
KNOWN_MASTER_PASSWORDS = ("", "admin")  # with one of these nobody manages databases


class Limits(NamedTuple):
    """How much one request may bring."""

    body: int = BODY_LIMIT
    spool_from: int = SPOOL_FROM
    body_by_path: Mapping[str, int] = MappingProxyType({})

    def of(self, path: str) -> int:
        """Bytes that a request for this path may bring."""
        return self.body_by_path.get(path, self.body)


def limits_of(config: Mapping[str, Any]) -> Limits:
    """The limits that the settings ask for."""
    body = int(config.get("limit_request_body") or BODY_LIMIT)
    restore = int(config.get("limit_restore_body") or body)
    is_managed = config.get("list_db", True) and config.get("admin_passwd") not in KNOWN_MASTER_PASSWORDS
    return Limits(body, body_by_path={RESTORE_PATH: max(body, restore)} if is_managed else {})


def too_large(most: int) -> str:
    """What is said about a body that is too long."""
    return f"This address takes at most {most / 2**20:g} MiB ({most} bytes)."
