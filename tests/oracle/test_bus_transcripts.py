"""The recorded websockets: handshakes, frames, close codes, the routes beside; on a threaded and a prefork server."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.frames import Close, Frame, Opcode

from fondaco.bus import notify
from fondaco.config import Config
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase
from fondaco.modules.registries import Registries
from tests import fix_server
from tests.oracle import replay
from tests.oracle.listed import Played, check, ids_of
from tests.oracle.replay import SETUP, TRANSCRIPTS, Answer, Network, Outcome, Player, transcript

WORKERS = {"17": 0, "18": 2}
WANTED_SHARE = 0.80
QUIET_S = 0.3  # what is not there by then does not come
PATIENCE_S = 10.0
LONG_AGO = b"\xff\xfe"

pytestmark = pytest.mark.skipif(not TRANSCRIPTS.is_dir(), reason=f"no recorded transcripts in {TRANSCRIPTS}")


class Wire(Network):
    """A server behind two ports; keeps the socket of the last handshake."""

    def __init__(self, url: str, live_url: str) -> None:
        super().__init__(url)
        self.main_host, self.live_host = self.host, live_url.removeprefix("http://")
        self.sock: socket.socket | None = None
        self.rest = b""
        self.held: list[Any] = []

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if "Sec-WebSocket-Version" not in headers:
            return super().send(method, path, headers, body)
        if self.sock is not None:
            self.sock.close()
        host, _, port = self.host.partition(":")
        self.sock = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        self.sock.sendall("\r\n".join(lines).encode())
        self.rest = b""
        self.held = []
        head = self._until(b"\r\n\r\n").decode()
        status, _, fields = head.partition("\r\n")
        pairs = dict(line.split(": ", 1) for line in fields.strip().split("\r\n"))
        return Answer(int(status.split()[1]), pairs, b"")

    def close(self) -> None:
        if self.sock is not None:
            self.sock.close()

    def _until(self, end: bytes) -> bytes:
        assert self.sock is not None
        while end not in self.rest:
            data = self.sock.recv(65536)
            if not data:
                break
            self.rest += data
        found, _, self.rest = self.rest.partition(end)
        return found

    def exchange_frames(self, exchange_id: str, frame: Any, expected: list[Any]) -> list[Any]:
        assert self.sock is not None
        if exchange_id.endswith("session-expired-close"):
            return [self._frame(wanted) for wanted in expected]
        for data in frames_of(exchange_id, frame):
            with contextlib.suppress(ConnectionError):
                self.sock.sendall(data)
        return [self._frame(wanted) for wanted in expected]

    def _frame(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """The next frame, in the form of the recording.

        Two transactions that commit at nearly one moment may arrive in one frame or in two: that is chance, there
        as here. News beyond those of the recorded frame are held for the next one.
        """
        assert self.sock is not None
        if self.held:
            return self._of_text(1, False, wanted)
        self.sock.settimeout(QUIET_S if wanted.get("timeout") else PATIENCE_S)
        try:
            while len(self.rest) < 2 or len(self.rest) < sum(lengths := frame_lengths(self.rest)):
                data = self.sock.recv(65536)
                if not data:
                    return {"opcode": None, "eof": True}
                self.rest += data
        except TimeoutError:
            return {"opcode": None, "timeout": True}
        except ConnectionError:
            return {"opcode": None, "eof": True}
        head, size = lengths
        first, payload = self.rest[0], self.rest[head : head + size]
        masked, self.rest = bool(self.rest[1] & 0x80), self.rest[head + size :]
        kind = Opcode(first & 15)
        if kind is Opcode.CLOSE:
            close = Close.parse(payload) if payload else Close(1005, "")
            return {"opcode": "close", "code": int(close.code), "reason": close.reason}
        if kind is Opcode.TEXT:
            news = json.loads(payload)
            if not isinstance(news, list):
                return {"opcode": "text", "fin": first >> 7, "masked": masked, "json": news}
            self.held = news
            return self._of_text(first >> 7, masked, wanted)
        return {"opcode": kind.name.lower(), "payload": payload.decode()}

    def _of_text(self, fin: int, masked: bool, wanted: dict[str, Any]) -> dict[str, Any]:
        recorded = wanted.get("json")
        count = len(recorded) if isinstance(recorded, list) else len(self.held)
        news, self.held = self.held[:count], self.held[count:]
        return {"opcode": "text", "fin": fin, "masked": masked, "json": news}


def frame_lengths(data: bytes) -> tuple[int, int]:
    """(bytes of the head, bytes of the payload) of an unmasked frame."""
    short = data[1] & 0x7F
    if short == 126:
        return 4, struct.unpack("!H", data[2:4].ljust(2, b"\xff"))[0]
    if short == 127:
        return 10, struct.unpack("!Q", data[2:10].ljust(8, b"\xff"))[0]
    return 2, short


def frames_of(exchange_id: str, frame: Any) -> list[bytes]:
    """The bytes of what the recording says was sent."""
    if frame is None:
        return []
    if frame == "30 messages at once":
        message = json.dumps({"event_name": "subscribe", "data": {"channels": [], "last": 0}}).encode()
        return [b"".join(Frame(Opcode.TEXT, message).serialize(mask=True) for _ in range(30))]
    if isinstance(frame, str):
        return [Frame(Opcode.TEXT, frame.encode()).serialize(mask="unmasked" not in exchange_id)]
    if "bytes" in frame:
        payload = (LONG_AGO if "utf8" in exchange_id else b"x" * frame["bytes"])[: frame["bytes"]]
        data = bytearray(Frame(Opcode.BINARY, payload).serialize(mask=True))
        data[0] = frame.get("fin", 1) << 7 | frame.get("opcode", 1)
        return [bytes(data)]
    if frame.get("opcode") == "ping":
        return [Frame(Opcode.PING, frame["payload"].encode()).serialize(mask=True)]
    if frame.get("opcode") == "close":
        return [Frame(Opcode.CLOSE, Close(frame["code"], "").serialize()).serialize(mask=True)]
    return [Frame(Opcode.TEXT, json.dumps(frame).encode()).serialize(mask=True)]


@pytest.fixture(scope="module")
def played(config: Config, registries: Registries, run_dir: Path) -> Iterator[Played]:
    """played("17"): the outcomes of a transcript, by id; played once."""
    done: dict[str, dict[str, Outcome]] = {}
    replay.USERS["exp"] = replay.USERS["admin"]

    def played(group: str) -> dict[str, Outcome]:
        if group not in done:
            done[group] = {}
            name = f"oracle_{group}_{os.getpid()}"
            databases.create(registries, NewDatabase(name, (), "admin", "admin"), more_follow=True)
            live = fix_server.free_port()
            settings = config.replace(workers=WORKERS[group], gevent_port=live)
            try:
                with fix_server.serving(settings, name, run_dir) as server:
                    wire = Wire(server.url, f"http://127.0.0.1:{live}")
                    with contextlib.closing(wire):
                        done[group] = played_on(group, name, wire, registries)
            finally:
                databases.drop(registries, name)
        return done[group]

    yield played


def age_notifications(registries: Registries, name: str) -> None:
    """All but the latest notification come from a minute ago."""
    with registries.pools.cursor(name) as cr:
        cr.execute(
            "UPDATE bus_bus SET create_date = create_date - interval '1 minute' "
            "WHERE id < (SELECT max(id) FROM bus_bus)"
        )


def tell_everybody(registries: Registries, name: str) -> None:
    """News on the channel that all hear."""
    with registries.pools.cursor(name) as cr:
        notify.queue(cr, 1, json.dumps([name, "broadcast"], separators=(",", ":")), '{"type": "news", "payload": 1}')


def played_on(group: str, name: str, wire: Wire, registries: Registries) -> dict[str, Outcome]:
    player = Player(wire, name)
    for exchange in transcript(SETUP):
        player.play(exchange)
    player._log_in("exp", "exp")
    outcomes = {}
    for exchange in transcript(group):
        if exchange["id"].endswith("070-peek-notifications"):
            age_notifications(registries, name)  # the recording waited for timeouts
        if exchange["id"].endswith("longpolling-poll-legacy"):
            tell_everybody(registries, name)  # it would wait for news for most of a minute
        wire.host = wire.live_host if "gevent" in exchange["id"] else wire.main_host
        player.variables["host"] = wire.host
        outcomes[exchange["id"]] = player.play(exchange)
        if exchange["id"].endswith("handshake-to-expire"):
            # The recording shows what a subscribed client gets; that it subscribed is not in it.
            wire.exchange_frames("", {"event_name": "subscribe", "data": {"channels": ["orc_channel"], "last": 0}}, [])
            wire.exchange_frames("", None, [{"timeout": True}])
    return outcomes


@pytest.mark.parametrize("exchange_id", ids_of(WORKERS))
def test_an_exchange_is_equal_or_listed(exchange_id: str, played: Played) -> None:
    check(exchange_id, played)


def test_most_exchanges_are_equal(played: Played) -> None:
    outcomes = [outcome for group in WORKERS for outcome in played(group).values()]

    assert sum(outcome.is_equal for outcome in outcomes) / len(outcomes) >= WANTED_SHARE
