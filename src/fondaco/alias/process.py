"""What belongs to the process and addons expect as globals: its configuration, its registries.

The core passes both as arguments; only the alias keeps them, because `odoo.tools.config` and `odoo.registry` are names
of a module.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from fondaco.config.settings import Config


class _Served:
    """The one holder of process-wide objects."""

    config: Any = None
    registries: Any = None
    program: Any = None
    """A program that brings its own settings (`fondaco run`); it opens databases when they are asked for."""


served = _Served()
_lock = threading.Lock()


def serve(config: Any = None, registries: Any = None) -> None:
    """Note what this process runs with; None leaves what was noted before."""
    with _lock:
        if registries is not None:
            served.registries = registries
            config = config if config is not None else registries.config
        if config is not None:
            served.config = config


def registries() -> Any:
    """The registries of the process; RuntimeError where nothing serves databases."""
    if served.registries is None and served.program is not None:
        served.registries = served.program.open()
    if served.registries is None:
        raise RuntimeError("odoo.registry: this process serves no databases; start it with the fondaco command")
    return served.registries


def registry(database_name: str | None = None) -> Any:
    """The loaded registry of a database; without a name, of the one database this process is configured for."""
    if database_name is None:
        names = config["db_name"] or []
        if len(names) != 1:
            raise RuntimeError(f"odoo.registry(): name the database; the configuration has {names!r}")
        database_name = names[0]
    return registries().get(database_name)


class ConfigView(MutableMapping[str, Any]):
    """The settings of the process as addons read them; what addons write stays in this view and changes no setting.

    Numbers, lists and truths have the types the documented options have, except that names of files are text.
    """

    def __init__(self) -> None:
        self._own: dict[str, Any] = {}
        self._default: Config | None = None

    @property
    def _config(self) -> Any:
        if served.config is not None:
            return served.config
        if self._default is None:
            self._default = Config.default()
        return self._default

    @property
    def options(self) -> ConfigView:
        """All options with their values: what is written to them holds, as where `patch.dict` changes one for a
        test."""
        return self

    def __getitem__(self, key: str) -> Any:
        return self._own[key] if key in self._own else self._setting(key)

    def _setting(self, key: str) -> Any:
        value = self._config[key]
        # lists of one setting are text for addons, as in the file
        return ",".join(map(str, value)) if key in _TEXT_LISTS and isinstance(value, (list, tuple)) else value

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self._config and self._setting(key) == value:
            self._own.pop(key, None)  # who puts everything back as it was follows the settings again
        else:
            self._own[key] = value

    def __delitem__(self, key: str) -> None:
        self._own.pop(key, None)

    def clear(self) -> None:
        """Forget what addons wrote; the settings stay."""
        self._own.clear()

    def __iter__(self) -> Iterator[str]:
        return iter({**self._config, **self._own})

    def __len__(self) -> int:
        return len(self._config.keys() | self._own.keys())

    def __contains__(self, key: object) -> bool:
        return key in self._own or key in self._config

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def get_misc(self, sect: str, key: str, default: Any = None) -> Any:
        """A key of another section of the configuration file."""
        return self._config.misc.get(sect, {}).get(key, default)

    @property
    def misc(self) -> Any:
        return self._config.misc

    def parse_config(self, args: Sequence[str] | None = None, *, setup_logging: bool | None = None) -> ConfigView:
        """Go on with the settings of this command line, in a program of its own (`fondaco run`). A server has its
        settings by then: RuntimeError."""
        if served.program is None:
            raise RuntimeError(
                "odoo.tools.config.parse_config: this process has its settings; a program that brings others is "
                "started by `fondaco run PROGRAM`"
            )
        self._own.clear()
        served.program.configure(args or (), sets_up_logging=setup_logging is not False)
        return self

    @property
    def rcfile(self) -> str:
        return str(self._config.rcfile)

    def filestore(self, dbname: str) -> str:
        """The folder with the files of a database."""
        return str(Path(self["data_dir"]) / "filestore" / dbname)

    @property
    def session_dir(self) -> str:
        folder = Path(self["data_dir"]) / "sessions"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(folder)

    @property
    def addons_data_dir(self) -> str:
        folder = Path(self["data_dir"]) / "addons" / "18.0"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(folder)

    @property
    def evented(self) -> bool:
        return False


_TEXT_LISTS = frozenset({"addons_path", "upgrade_path", "server_wide_modules"})

config = ConfigView()
