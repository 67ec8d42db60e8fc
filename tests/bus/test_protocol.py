"""Frames and messages without a socket, hostile ones included."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode

from fondaco.bus import protocol
from fondaco.bus.feed import Row
from fondaco.bus.protocol import HandshakeError, MessageError, Peer

HANDSHAKE = {
    "REQUEST_METHOD": "GET",
    "HTTP_UPGRADE": "websocket",
    "HTTP_CONNECTION": "keep-alive, Upgrade",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
}


def text(payload: bytes, *, fin: bool = True, opcode: Opcode = Opcode.TEXT) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=True)


def goodbye(peer: Peer) -> tuple[int, str]:
    """Code and reason of the close frame that the peer has to send."""
    data = peer.to_send()
    assert data[0] == 0x80 | Opcode.CLOSE
    close = Close.parse(data[2 : 2 + data[1]])
    return int(close.code), close.reason


def test_the_handshake_of_the_rfc_gets_the_key_of_the_rfc():
    headers = protocol.accepted(HANDSHAKE)

    assert headers == {"Upgrade": "websocket", "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"REQUEST_METHOD": "POST"}, 400),
        ({"HTTP_UPGRADE": "h2c"}, 400),
        ({"HTTP_CONNECTION": "close"}, 400),
        ({"HTTP_SEC_WEBSOCKET_VERSION": "8"}, 426),
        ({"HTTP_SEC_WEBSOCKET_KEY": ""}, 400),
        ({"HTTP_SEC_WEBSOCKET_KEY": "short"}, 400),
        ({"HTTP_SEC_WEBSOCKET_KEY": "c2hvcnQ="}, 400),
    ],
)
def test_what_is_no_handshake_is_refused(change, status):
    with pytest.raises(HandshakeError) as caught:
        protocol.accepted({**HANDSHAKE, **change})

    assert caught.value.status == status


def test_pages_of_another_version_are_outdated_and_programs_are_not():
    assert protocol.is_outdated("17.0-1", "Mozilla/5.0 (X11; Linux x86_64) Chrome/120")
    assert protocol.is_outdated(None, "Mozilla/5.0 (X11; Linux x86_64) Chrome/120")
    assert not protocol.is_outdated("18.0-2", "Mozilla/5.0 (X11; Linux x86_64) Chrome/120")
    assert not protocol.is_outdated("17.0-1", "orc-client/1.0")


def test_a_message_may_come_in_fragments_with_a_ping_between():
    peer = Peer()

    first = peer.feed(text(b'{"a"', fin=False) + Frame(Opcode.PING, b"hi").serialize(mask=True))
    second = peer.feed(text(b": 1}", opcode=Opcode.CONT))

    assert (first, second) == ([], ['{"a": 1}'])
    assert peer.to_send() == Frame(Opcode.PONG, b"hi").serialize(mask=False)


def test_a_message_may_come_byte_by_byte():
    peer = Peer()

    messages = [message for byte in text("grüße".encode()) for message in peer.feed(bytes([byte]))]

    assert messages == ["grüße"]


PIECES = [
    text(b"short"),
    text(b"x" * 200),
    text(b"y" * 70_000),
    Frame(Opcode.PING, b"hi").serialize(mask=True),
    Frame(Opcode.PONG, b"").serialize(mask=True),
    text(b"in ", fin=False) + text(b"two", opcode=Opcode.CONT),
]


@given(st.lists(st.sampled_from(PIECES), max_size=6), st.lists(st.integers(1, 70_000), max_size=8))
def test_however_frames_are_cut_messages_are_the_same_and_between_them_nothing_is_kept(pieces, cuts):
    data, peer, heard = b"".join(pieces), Peer(), []
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})

    for start, end in zip(places, places[1:], strict=False):
        heard += peer.feed(data[start:end])
        peer.to_send()

    whole = Peer()
    assert heard == whole.feed(data)
    assert repr(peer) == "<Peer at rest>"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(Frame(Opcode.TEXT, b"{}").serialize(mask=False), 1002, id="unmasked"),
        pytest.param(b"\x83\x81\0\0\0\0x", 1002, id="reserved opcode"),
        pytest.param(b"\xc1\x81\0\0\0\0x", 1002, id="reserved bit"),
        pytest.param(b"\x09\x81\0\0\0\0x", 1002, id="fragmented ping"),
        pytest.param(b"\x89\xfe\0\x7e\0\0\0\0" + b"x" * 126, 1002, id="ping longer than 125"),
        pytest.param(text(b"x", opcode=Opcode.CONT), 1002, id="continuation of nothing"),
        pytest.param(text(b"x", fin=False) + text(b"y"), 1002, id="new message before the end of the last"),
        pytest.param(text(b"\xff\xfe"), 1007, id="no UTF-8"),
        pytest.param(
            text(b"", fin=False) + text(b"", fin=False, opcode=Opcode.CONT) * 5000, 1009, id="empty fragments"
        ),
        pytest.param(b"\x81\xff\0\0\0\x7f\xff\xff\xff\xff\0\0\0\0", 1009, id="announces 500 GB"),
    ],
)
def test_hostile_frames_end_the_connection_with_their_code(data, code):
    peer = Peer()

    messages = peer.feed(data)

    assert messages == []
    assert goodbye(peer)[0] == code
    assert not peer.is_open


def test_fragments_together_are_limited_too():
    peer = Peer(message_limit=100)

    peer.feed(text(b"x" * 60, fin=False))
    peer.feed(text(b"x" * 60, fin=False, opcode=Opcode.CONT))

    assert goodbye(peer)[0] == 1009


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(data):
    peer = Peer()

    peer.feed(data)
    peer.to_send()


def test_after_our_goodbye_nothing_is_heard_and_the_answer_ends_it():
    peer = Peer()
    peer.close(4001, "bye")

    messages = peer.feed(text(b"{}"))
    peer.feed(Frame(Opcode.CLOSE, Close(4001, "").serialize()).serialize(mask=True))

    assert messages == []
    assert peer.is_over


def test_an_event_has_a_name_and_what_belongs_to_it():
    event = protocol.parsed('{"event_name": "subscribe", "data": {"channels": ["a"], "last": 3}}')

    assert (event.name, event.data) == ("subscribe", {"channels": ["a"], "last": 3})


@pytest.mark.parametrize(
    "message", ["", "hello", "[]", '{"data": 1}', '{"event_name": 1}', '{"event_name": "subscribe"}']
)
def test_what_is_no_event_says_so(message):
    with pytest.raises(MessageError):
        protocol.parsed(message)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"channels": ["a"], "last": 3}, (["a"], 3)),
        ({"channels": "a", "last": 0}, (["a"], 0)),
        ({"channels": [], "last": -5}, ([], 0)),
        ({"channels": [], "last": 10**30}, ([], 2**31 - 1)),
    ],
)
def test_a_subscription_names_channels_and_the_last_number(data, expected):
    assert protocol.subscription(data) == expected


@pytest.mark.parametrize("data", [{}, {"channels": [1]}, {"channels": [["db", "res.partner", 3]]}, {"channels": None},
                                  {"channels": [], "last": "3"}, {"channels": [], "last": True}])  # fmt: skip
def test_nobody_subscribes_to_what_is_no_name(data):
    with pytest.raises(MessageError):
        protocol.subscription(data)


def test_a_subscription_has_an_end():
    most = [f"channel {number}" for number in range(protocol.MOST_CHANNELS)]
    longest = "x" * protocol.CHANNEL_LENGTH

    assert protocol.subscription({"channels": most}) == (most, 0)
    assert protocol.subscription({"channels": longest}) == ([longest], 0)
    for channels in ([*most, "one more"], ["a"] * (protocol.MOST_CHANNELS + 1), [longest + "x"]):
        with pytest.raises(MessageError, match="expected"):
            protocol.subscription({"channels": channels})


def test_notifications_are_written_as_clients_read_them():
    rows = [Row(1, '["db","a"]', '{"type":"t","payload":"é"}'), Row(2, '["db","a"]', '{"type":"u","payload":null}')]

    assert json.loads(protocol.written(rows)) == [
        {"id": 1, "message": {"type": "t", "payload": "é"}},
        {"id": 2, "message": {"type": "u", "payload": None}},
    ]
