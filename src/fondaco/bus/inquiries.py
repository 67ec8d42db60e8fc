"""What the loop of connections asks of sessions and databases, in threads beside it: all that may wait.

A visitor is whoever opened a connection: the request that did, reduced to what his later messages need. They are
answered in his name, with `request` in place, by the model `ir.websocket`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from fondaco.bus import feed
from fondaco.bus.feed import Feed, Row
from fondaco.bus.protocol import Event, subscription
from fondaco.http import stages
from fondaco.http.current import request, requests
from fondaco.http.dispatch import SessionExpiredException
from fondaco.http.request import Request
from fondaco.modules.transaction import transact_on

if TYPE_CHECKING:
    from fondaco.http.application import Application
    from fondaco.modules.registries import Registries
    from fondaco.orm.environment import Environment

_logger = logging.getLogger(__name__)
T = TypeVar("T")

# Of the request that opened a connection, what the handling of messages may look at.
KEPT_HEADERS = ("HTTP_COOKIE", "HTTP_HOST", "HTTP_USER_AGENT", "HTTP_ACCEPT_LANGUAGE", "REMOTE_ADDR", "wsgi.url_scheme")


@dataclass(frozen=True, slots=True, eq=False)
class Visitor:
    """Who opened a connection. `origin` is JSON of the headers kept: thousands of these lie in memory."""

    db: str
    sid: str
    uid: int | None
    origin: bytes

    @classmethod
    def of(cls, parcel: Mapping[str, Any]) -> Visitor:
        """The visitor in a parcel that the handshake packed (see `parcel_of`)."""
        # orjson's answer keeps the whole buffer that it was written into, 4 KiB; a copy has its own length.
        origin = bytes(memoryview(orjson.dumps(parcel["origin"])))
        return cls(sys.intern(parcel["db"]), parcel["sid"], parcel["uid"], origin)


def parcel_of(request: Request) -> dict[str, Any]:
    """What the keeper of the connection must know of the request that opened it."""
    origin = {key: request.environ[key] for key in KEPT_HEADERS if key in request.environ}
    return {"db": request.db, "sid": request.session.sid, "uid": request.session.uid, "origin": origin}


class Inquiries:
    """The questions. Each is answered in the calling thread; any thread may ask."""

    def __init__(self, registries: Registries, application: Application) -> None:
        self.registries = registries
        self.application = application

    def __repr__(self) -> str:
        return f"<Inquiries {self.registries!r}>"

    # -- rows --------------------------------------------------------------------------------------------------------
    def read(self, news: Feed, now: float) -> tuple[list[Row], bool]:
        """New rows of a database; see `Feed.read`."""
        with self.registries.pools.autocommit(news.db) as cr:
            return news.read(cr, now)

    def missed(self, db: str, channels: Sequence[str], last: int, upto: int) -> list[Row]:
        """What a listener missed."""
        with self.registries.pools.autocommit(db) as cr:
            return feed.missed(cr, channels, last, upto)

    # -- visitors ----------------------------------------------------------------------------------------------------
    def ended(self, visitors: Iterable[Visitor]) -> Collection[Visitor]:
        """Those whose session is over: logged out, expired."""
        store = self.application.session_store
        return {visitor for visitor in visitors if visitor.uid is not None and not store.is_kept(visitor.sid)}

    def subscribe(self, visitor: Visitor, data: Mapping[str, Any]) -> tuple[list[str], int]:
        """(channels, last number got) of a subscription, as `ir.websocket` allows it."""
        channels, last = subscription(data)

        def ask(env: Environment) -> tuple[list[str], int]:
            wish = env["ir.websocket"]._subscribe({**data, "channels": channels, "last": last})
            return list(wish["channels"]), int(wish["last"])

        return self._as(visitor, ask)

    def serve(self, visitor: Visitor, event: Event) -> None:
        """Any other event."""

        def ask(env: Environment) -> None:
            env["ir.websocket"]._serve_ir_websocket(event.name, event.data)

        self._as(visitor, ask)

    def closed(self, visitor: Visitor) -> None:
        """The last connection of a user has ended."""

        def ask(env: Environment) -> None:
            env["ir.websocket"]._on_websocket_closed(request.cookies)

        self._as(visitor, ask)

    def _as(self, visitor: Visitor, ask: Callable[[Environment], T]) -> T:
        """Ask in the name of the visitor; `SessionExpiredException` if his session does not hold any more."""
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/websocket", **orjson.loads(visitor.origin)}
        visit = Request(environ=environ, app=self.application)
        session = visit.session = self.application.session_store.get(visitor.sid)
        if session.uid != visitor.uid or (visitor.uid is not None and session.db != visitor.db):
            raise SessionExpiredException
        session.can_save = False
        visit.db = visitor.db

        def work(env: Environment) -> T:
            visit.env, visit.registry = env, env.registry
            if session.uid is not None and not stages.session_holds(visit):
                raise SessionExpiredException
            env["ir.http"]._auth_method_public()
            return ask(visit.env)

        requests.push(visit)
        try:
            return transact_on(self.registries, visitor.db, work, uid=session.uid, context=session.context or {})
        finally:
            requests.pop()
