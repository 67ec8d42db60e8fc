"""A client that speaks and does not listen costs no memory."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from websockets.frames import Frame, Opcode

from fondaco.bus.connection import UNSENT_LIMIT, Websocket

PING = Frame(Opcode.PING, b"x" * 125).serialize(mask=True)
MANY = PING * 100_000  # 13 MB: more than the buffers of the system hold
WITHIN_S = 30
STILL = 10  # looks at a buffer that did not change


class Keeper:
    """Keeps one connection and hears nothing."""

    burst, delay = 10, 0.2

    def clock(self) -> float:
        return asyncio.get_running_loop().time()

    def spoken(self, connection: Websocket, text: str) -> None:
        raise AssertionError(text)

    def left(self, connection: Websocket) -> None:
        pass


async def pinged() -> tuple[int, int]:
    """(the most that was waiting to be sent to a client that only sends pings, pongs it got once it read)."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    loop, most = asyncio.get_running_loop(), 0
    websocket = Websocket(Keeper(), None, loop.time() + 3600)
    await loop.connect_accepted_socket(lambda: websocket, ours)
    sending = asyncio.ensure_future(loop.sock_sendall(theirs, MANY))
    before, still = 0, 0
    while not sending.done() and still < STILL:  # until both sides have stopped
        now = websocket.transport.get_write_buffer_size()
        still = still + 1 if now and now == before else 0
        most, before = max(most, now), now
        await asyncio.sleep(0.05)
    got = 0
    while got < len(MANY) // len(PING) * 127:
        got += len(await asyncio.wait_for(loop.sock_recv(theirs, 1 << 16), WITHIN_S))
        most = max(most, websocket.transport.get_write_buffer_size())
    await asyncio.wait_for(sending, WITHIN_S)
    websocket.transport.abort()
    theirs.close()
    return most, got // 127


def test_pings_of_a_client_that_does_not_read_are_not_answered_into_memory() -> None:
    with ThreadPoolExecutor(1) as aside:  # a browser that another test drives may have a loop in this thread
        most, pongs = aside.submit(lambda: asyncio.run(pinged())).result(WITHIN_S * 3)

    assert 0 < most < 2 * UNSENT_LIMIT
    assert pongs == len(MANY) // len(PING)
