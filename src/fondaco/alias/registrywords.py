"""`Registry` as addons call it: `Registry("database")` is the loaded registry, whoever made it."""

from __future__ import annotations

from typing import Any

from fondaco.alias import process
from fondaco.registry import registry


class Registry(registry.Registry):
    """The class of every registry, to ask of; called with a name, the registry of that database."""

    def __new__(cls, db_name: str) -> Any:  # type: ignore[misc]
        return process.registry(db_name)

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        # not issubclass(): that asks subclasses in turn, and so this class again, for ever
        return registry.Registry in other.__mro__ or NotImplemented

    @classmethod
    def new(cls, db_name: str, force_demo: bool = False, status: Any = None, update_module: bool = False) -> Any:
        """The registry built anew; `update_module`: what is marked to be installed, upgraded or removed is done, and
        what the options `init` and `update` name."""
        registries = process.registries()
        if update_module:
            install, upgrade = (tuple(process.config[option] or ()) for option in ("init", "update"))
            registries.update(db_name, install, upgrade, with_demo=force_demo)
        else:
            registries.forget(db_name)
        return registries.get(db_name)

    @classmethod
    def delete(cls, db_name: str) -> None:
        """Build the registry of the database anew when it is next asked for."""
        process.registries().forget(db_name)

    @classmethod
    def delete_all(cls) -> None:
        """The same for every database."""
        registries = process.registries()
        for name in registries.names():
            registries.forget(name)
