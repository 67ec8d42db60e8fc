"""Connections that leave HTTP wait while the channel to their keeper is full, and go in order when it has room."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator

import pytest

from fondaco.server.channel import Channel
from fondaco.server.clients import Client
from fondaco.server.departures import Departures

COUNT = 400


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    """The dispatcher's end, with room for few messages, and the keeper's."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    ours.setblocking(False)
    theirs.setblocking(False)
    with ours, theirs:
        yield Channel(ours), Channel(theirs)


@pytest.fixture
def clients() -> Iterator[list[Client]]:
    with contextlib.ExitStack() as stack:
        yield [Client(number, stack.enter_context(socket.socket()), b"127.0.0.1:1") for number in range(COUNT)]


def taken(keeper: Channel) -> list[tuple[int, bytes]]:
    """What the keeper finds: (number, payload) of each connection."""
    found = []
    with contextlib.suppress(BlockingIOError):
        while message := keeper.receive():
            _kind, number, payload, (descriptor,) = message
            os.close(descriptor)
            found.append((number, payload))
    return found


def test_l5_those_that_come_while_their_keeper_is_busy_wait_and_all_arrive_in_order(
    ends: tuple[Channel, Channel], clients: list[Client]
) -> None:
    ours, keeper = ends
    departures = Departures()
    for client in clients:
        departures.add(client, b"parcel %d" % client.number)

    gone = departures.send(ours)
    assert 0 < len(gone) < COUNT, "the channel was to be full"
    assert len(departures) == COUNT - len(gone)

    arrived = taken(keeper)
    while departures:
        gone += departures.send(ours)
        arrived += taken(keeper)

    assert gone == clients
    assert arrived == [(client.number, b"parcel %d" % client.number) for client in clients]


def test_those_of_a_keeper_that_is_no_more_are_let_go(ends: tuple[Channel, Channel], clients: list[Client]) -> None:
    ours, keeper = ends
    departures = Departures()
    for client in clients:
        departures.add(client, b"parcel")
    keeper.sock.close()

    assert departures.send(ours) == clients
    assert not departures
