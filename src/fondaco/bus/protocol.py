"""Bytes of a websocket to messages and back, and what the messages mean. Nothing here waits, reads or writes.

Frames (RFC 6455) are the business of `websockets`; here fragments become messages, text is checked, and whatever the
RFC forbids ends in a close frame with its code.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from fondaco.bus.feed import Row
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from websockets import frames, protocol
else:
    frames, protocol = Deferred("websockets.frames"), Deferred("websockets.protocol")

WORKER_VERSION = "18.0-2"
"""What clients must say to speak this protocol: pages that were loaded before an upgrade are told to load again."""
MESSAGE_LIMIT = 256 * 1024  # bytes of a client's message
FRAGMENTS_LIMIT = 1024  # fragments of one: those that are empty cost the client little and us a little more
MOST_CHANNELS, CHANNEL_LENGTH = 1000, 256
"""What a subscription may name: anybody may send one, and each channel is kept in the one process that has them all."""
REASON_LIMIT = 123  # bytes of a close frame's reason
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_BROWSER = re.compile(r"Mozilla/\d")
_OF_MESSAGES = frozenset({0, 1, 2})  # opcodes: the next fragment, text, bytes

NORMAL, GOING_AWAY, NO_TEXT, TOO_MUCH, TRY_LATER = 1000, 1001, 1007, 1009, 1013
SESSION_EXPIRED, RENEW = 4001, 4002
OUTDATED = "OUTDATED_VERSION"

# websockets logs every connection's events: ours are counted elsewhere.
_silent = logging.getLogger("websockets.server")
_silent.setLevel(logging.ERROR)


class HandshakeError(Exception):
    """The request is no handshake of a websocket; `status` is the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def accepted(environ: Mapping[str, Any]) -> dict[str, str]:
    """The headers that accept the handshake in `environ`; `HandshakeError` says what is wrong with it."""
    if environ.get("REQUEST_METHOD") != "GET":
        raise HandshakeError(400, "A websocket is opened with GET")
    if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
        raise HandshakeError(400, "Expected the header Upgrade: websocket; does a proxy in between pass it on?")
    if "upgrade" not in _tokens(environ.get("HTTP_CONNECTION", "")):
        raise HandshakeError(400, "Expected the header Connection: Upgrade; does a proxy in between pass it on?")
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
        raise HandshakeError(426, "Expected the header Sec-WebSocket-Version: 13")
    key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "")
    try:
        is_key = len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        is_key = False
    if not is_key:
        raise HandshakeError(400, "Expected the header Sec-WebSocket-Key with 16 bytes in base64")
    digest = hashlib.sha1((key + GUID).encode(), usedforsecurity=False).digest()
    return {"Upgrade": "websocket", "Sec-WebSocket-Accept": base64.b64encode(digest).decode()}


def _tokens(header: str) -> set[str]:
    return {token.strip().lower() for token in header.split(",")}


def is_outdated(version: str | None, user_agent: str) -> bool:
    """Whether the page in a browser was made for another version. Other programs are not held to it."""
    return version != WORKER_VERSION and _BROWSER.match(user_agent) is not None


class Event(NamedTuple):
    """What a client asks for."""

    name: str
    data: Any


class MessageError(ValueError):
    """A message says nothing that is understood."""


def parsed(text: str) -> Event:
    """The event of a message: {"event_name": "subscribe", "data": {...}}."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise MessageError(f"no JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("event_name"), str):
        raise MessageError("expected an object with 'event_name'")
    name, data = document["event_name"], document.get("data")
    if name in ("subscribe", "update_presence") and not isinstance(data, dict):
        raise MessageError(f"{name}: expected an object as 'data'")
    return Event(name, data)


def subscription(data: Mapping[str, Any]) -> tuple[list[str], int]:
    """(channels, last number got) of a subscription; `MessageError` if it is none."""
    channels, last = data.get("channels"), data.get("last", 0)
    if isinstance(channels, str):
        channels = [channels]
    if not isinstance(channels, list) or not all(isinstance(channel, str) for channel in channels):
        raise MessageError("subscribe: expected 'channels' to be a list of names")
    if len(channels) > MOST_CHANNELS:
        raise MessageError(f"subscribe: found {len(channels)} channels, expected up to {MOST_CHANNELS}")
    if any(len(channel) > CHANNEL_LENGTH for channel in channels):
        raise MessageError(f"subscribe: expected names of channels to have up to {CHANNEL_LENGTH} letters")
    if not isinstance(last, int) or isinstance(last, bool):
        raise MessageError("subscribe: expected 'last' to be a number")
    return channels, max(0, min(last, 2**31 - 1))


def written(rows: Iterable[Row]) -> bytes:
    """Notifications as clients read them: [{"id": 1, "message": {"type": ..., "payload": ...}}]."""
    return b"[" + b",".join(b'{"id":%d,"message":%s}' % (row.id, row.message.encode()) for row in rows) + b"]"


def framed(payload: bytes) -> bytes:
    """A text frame, the same for every client that gets it."""
    return frames.Frame(frames.Opcode.TEXT, payload).serialize(mask=False)


def retry_reason(wait_ms: int) -> str:
    """The reason of a close frame that asks the client to come again after this time."""
    return f"retry_ms={wait_ms}"


class Peer:
    """The frames of one client.

    Between two messages of an open connection there is nothing to remember, and nothing is: thousands are in that
    state at a time.
    """

    __slots__ = ("_fragments", "_limit", "_protocol", "_unframed")

    def __init__(self, message_limit: int = MESSAGE_LIMIT) -> None:
        self._limit = message_limit
        self._protocol: protocol.Protocol | None = None  # None: at rest
        self._unframed = 0  # bytes that came after the last whole frame
        self._fragments: list[bytes] | None = None

    def __repr__(self) -> str:
        return f"<Peer {'at rest' if self._protocol is None else self._protocol.state.name}>"

    @property
    def is_open(self) -> bool:
        return self._protocol is None or self._protocol.state is protocol.OPEN

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be sent: the client answered our goodbye, or sent what the RFC forbids."""
        return self._protocol is not None and self._protocol.eof_sent

    def _awake(self) -> protocol.Protocol:
        if self._protocol is None:
            self._protocol = protocol.Protocol(
                protocol.SERVER, state=protocol.OPEN, max_size=self._limit, logger=_silent
            )
        return self._protocol

    def feed(self, data: bytes) -> list[str]:
        """The messages that are whole now. What is to be sent back is in `to_send`."""
        awake = self._awake()
        awake.receive_data(data)
        self._unframed += len(data)
        messages = []
        for event in awake.events_received():
            if not isinstance(event, frames.Frame):
                continue
            self._unframed -= _length_of(event)
            if event.opcode in _OF_MESSAGES:
                payload = self._whole(event)
                if payload is not None and self.is_open:
                    messages += self._text(payload)
        return messages

    def _whole(self, frame: frames.Frame) -> bytes | None:
        """The payload of a message when its last fragment is there."""
        if frame.fin and self._fragments is None:
            return bytes(frame.data)
        if self._fragments is None:
            self._fragments = []
        self._fragments.append(bytes(frame.data))
        if len(self._fragments) > FRAGMENTS_LIMIT:
            self.close(TOO_MUCH, f"a message in more than {FRAGMENTS_LIMIT} fragments")
            self._fragments = None
        if self._fragments is None or not frame.fin:
            return None
        payload, self._fragments = b"".join(self._fragments), None
        return payload

    def _text(self, payload: bytes) -> list[str]:
        try:
            return [payload.decode()]
        except UnicodeDecodeError:
            self.close(NO_TEXT, "a message is no UTF-8")
            return []

    def ping(self) -> None:
        self._awake().send_ping(b"")

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye, once."""
        if self.is_open:
            self._awake().send_close(code, reason[:REASON_LIMIT])

    def to_send(self) -> bytes:
        """Bytes for the client."""
        if self._protocol is None:
            return b""
        data = b"".join(self._protocol.data_to_send())
        if self.is_open and self._unframed == 0 and self._fragments is None:
            self._protocol = None
        return data


def _length_of(frame: frames.Frame) -> int:
    """Bytes that a client's frame took on its way, were its length written as shortly as it can be; of others it is
    never known that they are whole."""
    size = len(frame.data)
    return 6 + size + (0 if size < 126 else 2 if size < 65536 else 8)
