"""One client who stays connected: a websocket, or a poll that is answered when there is news.

Both hear rows from the hub. A websocket also speaks: its messages are limited in size and rate and dealt with one
after another. A client that does not take what it is sent, or does not answer pings, is dropped; what it missed waits
in the table.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Protocol, cast

import orjson

from fondaco.bus.feed import Row
from fondaco.bus.inquiries import Visitor
from fondaco.bus.protocol import TRY_LATER, Peer, framed, written

_logger = logging.getLogger(__name__)

UNSENT_LIMIT = 256 * 1024  # bytes a client may leave unread before it is dropped
GOODBYE_S = 2.0  # seconds a client gets to answer a close frame
PING_AFTER_S = 45.0  # seconds of silence after which a websocket is asked whether it is there
LOST_AFTER_S = 120.0  # seconds of silence after which it is not
POLL_S = 50.0  # seconds after which a poll is answered with nothing


class Keeper(Protocol):
    """Who keeps the connections and deals with what they say."""

    burst: int  # messages that may come at once
    delay: float  # seconds between two beyond that

    def clock(self) -> float: ...
    def spoken(self, connection: Websocket, text: str) -> None: ...
    def left(self, connection: Connection) -> None: ...


class Connection(asyncio.Protocol):
    """What both kinds share."""

    __slots__ = ("keeper", "transport", "visitor")

    def __init__(self, keeper: Keeper, visitor: Visitor) -> None:
        self.keeper = keeper
        self.visitor = visitor
        self.transport = cast(asyncio.Transport, None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.visitor.db} uid={self.visitor.uid}>"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.keeper.left(self)

    def hear(self, rows: Sequence[Row]) -> None:
        """News."""
        raise NotImplementedError

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye and end."""
        raise NotImplementedError

    def watch(self, now: float) -> bool:
        """Look whether the client is still there; whether it has stayed long enough."""
        raise NotImplementedError


class Websocket(Connection):
    """A websocket after its handshake."""

    __slots__ = ("heard_at", "inbox", "is_pinged", "is_subscribed", "peer", "renew_at", "tokens", "tokens_at")

    def __init__(self, keeper: Keeper, visitor: Visitor, renew_at: float) -> None:
        super().__init__(keeper, visitor)
        self.peer = Peer()
        self.renew_at = renew_at
        self.heard_at = self.tokens_at = keeper.clock()
        self.tokens = float(keeper.burst)
        self.is_pinged = False
        self.is_subscribed = False
        self.inbox: list[str] | None = None  # messages not dealt with yet; None: nobody is at it

    # -- from the client ---------------------------------------------------------------------------------------------
    def data_received(self, data: bytes) -> None:
        self.heard_at = self.keeper.clock()
        self.is_pinged = False
        for text in self.peer.feed(data):
            if not self._has_token():
                self.close(TRY_LATER)
                return
            self.keeper.spoken(self, text)
        self._flush()

    def pause_writing(self) -> None:
        """The client does not take what it is sent: nor do we take what it sends, which may ask for answers."""
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    def _has_token(self) -> bool:
        """Whether one more message is within the rate: a burst at once, then one per delay."""
        now = self.keeper.clock()
        if self.keeper.delay > 0:
            self.tokens = min(float(self.keeper.burst), self.tokens + (now - self.tokens_at) / self.keeper.delay)
            self.tokens_at = now
            self.tokens -= 1
        return self.tokens >= 0

    # -- to the client -----------------------------------------------------------------------------------------------
    def hear(self, rows: Sequence[Row]) -> None:
        if not self.peer.is_open:
            return
        self.transport.write(framed(written(rows)))
        if self.transport.get_write_buffer_size() > UNSENT_LIMIT:
            _logger.info("websocket dropped, it does not read: %r", self)
            self.transport.abort()

    def close(self, code: int, reason: str = "") -> None:
        self.peer.close(code, reason)
        self._flush()
        if code != 1000 and not self.transport.is_closing() and self.transport.can_write_eof():
            self.transport.write_eof()

    def _flush(self) -> None:
        data = self.peer.to_send()
        if data and not self.transport.is_closing():
            self.transport.write(data)
        if not self.peer.is_open:
            if self.peer.is_over and not self.transport.is_closing():
                self.transport.write_eof()
            # The client closes when it has read our goodbye; one that does not is not waited for.
            asyncio.get_running_loop().call_later(GOODBYE_S, self.transport.abort)

    def watch(self, now: float) -> bool:
        silence = now - self.heard_at
        if silence > LOST_AFTER_S:
            self.transport.abort()
        elif silence > PING_AFTER_S and not self.is_pinged and self.peer.is_open:
            self.is_pinged = True
            self.peer.ping()
            self._flush()
        return now > self.renew_at


class Poll(Connection):
    """A request over HTTP that is answered when there is news, or after a while with none. Its head was sent."""

    __slots__ = ("request_id", "until")

    def __init__(self, keeper: Keeper, visitor: Visitor, request_id: Any) -> None:
        super().__init__(keeper, visitor)
        self.request_id = request_id
        self.until = keeper.clock() + POLL_S

    def hear(self, rows: Sequence[Row]) -> None:
        if not self.transport.is_closing():
            head = orjson.dumps({"jsonrpc": "2.0", "id": self.request_id})
            self.transport.write(head[:-1] + b',"result":' + written(rows) + b"}")
            self.transport.close()

    def close(self, code: int, reason: str = "") -> None:
        self.hear(())

    def watch(self, now: float) -> bool:
        if now > self.until + LOST_AFTER_S:
            self.transport.abort()  # it was answered and takes nothing
        elif now > self.until:
            self.hear(())
        return False
