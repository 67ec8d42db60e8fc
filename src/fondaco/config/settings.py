"""The settings of a process: a frozen mapping from option to value that remembers where each came from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fondaco.config.table import BY_KEY, OPTIONS
from fondaco.errors import ConfigError

SECRET_MARK = "***"


def default_data_dir(environ: Mapping[str, str]) -> str:
    """Where data go when nobody says: the user's data directory, or /var/lib/fondaco for an account without a home."""
    if environ.get("XDG_DATA_HOME"):
        return str(Path(environ["XDG_DATA_HOME"]) / "fondaco")
    if environ.get("HOME", "/") != "/":
        return str(Path(environ["HOME"]) / ".local" / "share" / "fondaco")
    return "/var/lib/fondaco"


@dataclass(frozen=True, eq=False, repr=False)
class Config(Mapping[str, Any]):
    """Settings by odoo.conf key, passed as an argument; never changed, only replaced.

    Keys of a file that no option is named after are kept as text, for addons that read their own.
    """

    values_by_key: Mapping[str, Any]
    sources: Mapping[str, str] = field(default_factory=dict)
    misc: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    rcfile: str = ""

    @classmethod
    def default(cls, environ: Mapping[str, str] = os.environ) -> Config:
        """The settings of a process that was told nothing."""
        values = {option.key: option.default for option in OPTIONS}
        values["data_dir"] = default_data_dir(environ)
        return cls(values)

    def __repr__(self) -> str:
        changed = {
            key: SECRET_MARK if key in BY_KEY and BY_KEY[key].is_secret else self.values_by_key[key]
            for key in self.sources
        }
        return f"Config({changed})"

    def __getitem__(self, key: str) -> Any:
        return self.values_by_key[key]

    def get(self, key: str, default: Any = None) -> Any:
        """As of any mapping, in one step: requests ask for many settings."""
        return self.values_by_key.get(key, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_key)

    def __len__(self) -> int:
        return len(self.values_by_key)

    def is_given(self, *keys: str) -> bool:
        """Whether file, environment, command line or `replace` set one of these options."""
        return any(key in self.sources for key in keys)

    def source(self, key: str) -> str:
        """Where the value of `key` comes from, for messages."""
        return self.sources.get(key, "default")

    def replace(self, **values: Any) -> Config:
        """The same settings with others for these keys."""
        for key in values:
            if key not in self.values_by_key:
                raise ConfigError(f"config.replace: unknown option {key!r}")
        return Config(
            {**self.values_by_key, **values},
            {**self.sources, **dict.fromkeys(values, "program")},
            self.misc,
            self.notices,
            self.rcfile,
        )
