"""The configuration of PgBouncer."""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pooler:
    """A pgbouncer.ini."""

    path: Path
    settings: dict[str, str]
    databases: tuple[str, ...]

    @property
    def auth_file(self) -> Path | None:
        name = self.settings.get("auth_file")
        return self.path.parent / name if name else None

    @property
    def port(self) -> int:
        return self.number("listen_port", 6432)

    def number(self, key: str, default: int) -> int:
        text = self.settings.get(key, "")
        return int(text) if text.isdigit() else default


def read(path: Path) -> Pooler:
    """The file as PgBouncer understands it: sections, `key = value`, comments with ; and #."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    parser.read_string(path.read_text())
    settings = dict(parser.items("pgbouncer")) if parser.has_section("pgbouncer") else {}
    return Pooler(path, settings, tuple(parser.options("databases")) if parser.has_section("databases") else ())
