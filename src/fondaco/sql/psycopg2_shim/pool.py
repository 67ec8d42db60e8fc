"""psycopg2.pool: connections that an addon keeps for itself."""

from __future__ import annotations

import threading
from typing import Any

from fondaco.sql.driver import PoolError
from fondaco.sql.psycopg2_shim.connections import connect


class AbstractConnectionPool:
    """Between `minconn` and `maxconn` connections, handed out and taken back."""

    def __init__(self, minconn: int, maxconn: int, *args: Any, **kwargs: Any) -> None:
        self.minconn, self.maxconn = int(minconn), int(maxconn)
        self.closed = False
        self._how = (args, kwargs)
        self._lock = threading.RLock()
        self._idle: list[Any] = [connect(*args, **kwargs) for _number in range(self.minconn)]
        self._used: dict[Any, Any] = {}

    def getconn(self, key: Any = None) -> Any:
        with self._lock:
            if self.closed:
                raise PoolError("connection pool is closed")
            if key is not None and key in self._used:
                return self._used[key]
            if not self._idle and len(self._used) >= self.maxconn:
                raise PoolError("connection pool exhausted")
            found = self._idle.pop() if self._idle else connect(*self._how[0], **self._how[1])
            self._used[id(found) if key is None else key] = found
            return found

    def putconn(self, conn: Any, key: Any = None, close: bool = False) -> None:
        with self._lock:
            key = next((known for known, used in self._used.items() if used is conn), None) if key is None else key
            if self._used.pop(key, None) is None:
                raise PoolError("trying to put unkeyed connection")
            if close or self.closed or conn.closed or len(self._idle) >= self.minconn:
                conn.close()
            else:
                conn.rollback()
                self._idle.append(conn)

    def closeall(self) -> None:
        with self._lock:
            if self.closed:
                raise PoolError("connection pool is closed")
            for conn in (*self._idle, *self._used.values()):
                conn.close()
            self.closed = True


class SimpleConnectionPool(AbstractConnectionPool):
    pass


class ThreadedConnectionPool(AbstractConnectionPool):
    pass


__all__ = ["AbstractConnectionPool", "PoolError", "SimpleConnectionPool", "ThreadedConnectionPool"]
