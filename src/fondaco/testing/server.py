"""The HTTP server of a run of tests: threads of this process, over the registry of the class that is running."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.errors import ConfigError
from fondaco.http.current import outside
from fondaco.http.listening import bind
from fondaco.http.serve import thread_count
from fondaco.http.sizes import limits_of
from fondaco.http.threads import ThreadedLoop
from fondaco.http.worker import Server
from fondaco.testing.ground import Ground

if TYPE_CHECKING:
    from fondaco.registry.registry import Registry

HOST = "127.0.0.1"


class TestedRegistries:
    """The registries of the process as requests of a test see them: its database has the registry of the test."""

    __test__ = False

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def __getattr__(self, name: str) -> Any:
        return getattr(self.registry.registries, name)

    @property
    def pools(self) -> Any:
        return self.registry.pools

    def get(self, db: str) -> Any:
        return self.registry if db == self.registry.db_name else self.registry.registries.get(db)

    at_hand = get

    def names(self) -> list[str]:
        return [self.registry.db_name]

    def forget(self, db: str) -> None:
        """The registry of a test stays."""


class TestServer:
    """One server per process: classes of tests lend it their registry."""

    __test__ = False
    _running: ClassVar[TestServer | None] = None

    def __init__(self, config: Mapping[str, Any], registry: Registry, build: Any) -> None:
        listeners = _listen(config)
        self.port = int(listeners[0].getsockname()[1])
        self.registries = TestedRegistries(registry)
        settings: Any = config
        tested = settings.replace(db_name=[], dbfilter="", proxy_mode=False)
        self.application = build(tested, self.registries)
        server = Server(self.application, HOST, self.port, threads=True, processes=False, limits=limits_of(config))
        self._loop = ThreadedLoop(server, listeners, thread_count(config))
        self._loop.start()

    @classmethod
    def of(cls, ground: Ground) -> TestServer:
        """The server of this process, started when it is first needed."""
        if cls._running is None:
            cls._running = cls(ground.config, ground.registry, ground.build)
        return cls._running

    def open(self, registry: Registry) -> None:
        """From here on requests see this registry."""
        self.registries.registry = registry
        outside.application = self.application

    def close(self) -> None:
        outside.application = None


def _listen(config: Mapping[str, Any]) -> list[socket.socket]:
    """On the port of the configuration, or on any other where a server has that one."""
    wanted: Any = config
    try:
        return bind(wanted.replace(http_interface=HOST, gevent_port=0))
    except ConfigError:
        return bind(wanted.replace(http_interface=HOST, http_port=0, gevent_port=0))
