"""Websockets and polls of real servers, threaded and with workers: delivery, loss of processes, doors, memory."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import resource
import signal
import socket
import subprocess
import time
import xmlrpc.client

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

from fondaco.modules import databases
from tests import fix_database, fix_server
from tests.bus.client import PATIENCE_S, Client, closed_with, goodbye, heard, last_of
from tests.fix_server import serving


@pytest.fixture(scope="module", params=[0, 2], ids=["threads", "processes"])
def server(request, config, registries, run_dir):
    """A server of either mode, with a second port."""
    name = fix_database.create(registries, ())
    settings = config.replace(workers=request.param, gevent_port=fix_server.free_port())
    with serving(settings, name, run_dir) as running:
        running_with = Running(running, settings["gevent_port"], request.param)
        yield running_with
    databases.drop(registries, name)


class Running:
    """A server, its second port and its worker processes."""

    def __init__(self, server, live_port, workers):
        self.server, self.live_port, self.workers = server, live_port, workers

    def __getattr__(self, name):
        return getattr(self.server, name)

    def pid_of(self, logged):
        """The process that wrote the last line with these words."""
        lines = [line for line in self.logfile.read_text().splitlines() if logged in line]
        return int(lines[-1].split()[2])


@pytest.fixture
def client(server):
    return Client(server)


@pytest.mark.parametrize("path", ["/websocket", "/websocket/", "/longpolling/websocket"])
@pytest.mark.parametrize("port", ["http_port", "gevent_port"])
def test_l1_l2_every_path_opens_on_every_port(server, client, path, port):
    last = last_of(client)

    with client.websocket(path, last=last, port=server.port if port == "http_port" else server.live_port) as ws:
        client.send("room", path)

        assert heard(ws, 1) == [path]


def test_l6_what_one_sends_another_hears_after_the_commit_and_in_order(client):
    last = last_of(client)

    with client.websocket(last=last) as first, client.websocket(last=last) as second:
        for number in range(10):
            client.send("room", number)

        assert heard(first, 10) == heard(second, 10) == list(range(10))


def test_l6_news_of_every_server_arrive_at_every_server_in_order_and_once(server, client, config, tmp_path):
    last = last_of(client)
    with serving(config.replace(gevent_port=0), server.database, tmp_path) as other:
        there = Client(other)
        with client.websocket(last=last) as here_ws, there.websocket(last=last) as there_ws:
            for number in range(0, 10, 2):
                client.send("room", number)
                there.send("room", number + 1)

            assert heard(here_ws, 10) == heard(there_ws, 10) == list(range(10))


def test_who_comes_back_gets_what_he_missed_once(client):
    last = last_of(client)
    client.send("room", "missed 1")
    client.send("elsewhere", "for others")
    client.send("room", "missed 2")

    with client.websocket(last=last) as ws:
        missed = heard(ws, 2)
        client.send("room", "live")

        assert [*missed, *heard(ws, 1)] == ["missed 1", "missed 2", "live"]


@pytest.mark.parametrize("path", ["/longpolling/poll", "/websocket/poll"])
def test_behind_a_proxy_without_upgrade_a_poll_brings_the_news(server, client, path):
    last = last_of(client)
    body = json.dumps({"jsonrpc": "2.0", "id": 9, "params": {"channels": ["room"], "last": last}})
    connection = http.client.HTTPConnection("127.0.0.1", server.live_port, timeout=PATIENCE_S)
    connection.request("POST", path, body, {"Content-Type": "application/json", "Cookie": client.cookie})
    time.sleep(0.3)  # it waits: news that are there at once would prove nothing

    client.send("room", "polled")
    answer = json.loads(connection.getresponse().read())

    assert answer["id"] == 9
    assert [news["message"]["payload"] for news in answer["result"]] == ["polled"]


def test_waiting_clients_occupy_no_worker(server, client):
    """More polls and sockets wait than there are workers or threads; requests go on."""
    waiting = []
    body = json.dumps({"jsonrpc": "2.0", "id": 9, "params": {"channels": ["quiet"], "last": last_of(client)}})
    with contextlib.ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(client.websocket(channels=["quiet"]))
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
            connection.request("POST", "/longpolling/poll", body,
                               {"Content-Type": "application/json", "Cookie": client.cookie})  # fmt: skip
            waiting.append(connection)

        assert client.call("res.users", "search_count", []) > 0
    for connection in waiting:
        connection.close()


def test_a_log_out_closes_the_sockets_of_the_session(server):
    client = Client(server)

    with client.websocket() as ws, client.websocket(channels=["another"]) as idle:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
        connection.request("GET", "/web/session/logout", headers={"Cookie": client.cookie})
        connection.getresponse().read()
        Client(server).send("room", "secret")

        assert closed_with(ws) == 4001
        assert closed_with(idle) == 4001


def test_a_page_of_another_site_listens_as_a_stranger_only(server, client):
    with client.websocket(origin="http://evil.example.com") as foreign, client.websocket(channels=["own"]) as own:
        client.send_to_himself("mine")
        assert heard(own, 1)[-1:] == ["mine"]
        client.send("broadcast", "for all")

        assert "mine" not in heard(foreign, 1)


def test_nobody_names_the_channel_of_a_record(server, client):
    names = [f"res.partner_{client.uid}", json.dumps([server.database, "res.partner", 3]), "res.partner,3"]

    answer = client.post("/websocket/peek_notifications", channels=names, last=0)["result"]["channels"]

    assert [channel for channel in answer if channel[1] in names] == [[server.database, name] for name in names]


def test_a_websocket_needs_an_origin(server, client):
    with pytest.raises(InvalidStatus) as caught:
        with connect(f"ws://127.0.0.1:{server.port}/websocket", additional_headers={"Cookie": client.cookie}):
            pass

    assert caught.value.response.status_code == 400


@pytest.mark.parametrize("path", ["/websocket/health", "/longpolling/health", "/web/health"])
def test_probes_make_no_session(server, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.live_port, timeout=PATIENCE_S)
    connection.request("GET", path)
    response = connection.getresponse()

    assert (response.status, json.loads(response.read())) == (200, {"status": "pass"})
    assert response.headers["Set-Cookie"] is None


def test_who_reads_nothing_is_dropped(server, client):
    sock = socket.create_connection(("127.0.0.1", server.port))
    handshake = (
        f"GET /websocket HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Origin: http://127.0.0.1:{server.port}\r\nCookie: {client.cookie}\r\n\r\n"
    )
    sock.sendall(handshake.encode())
    sock.recv(1000)
    message = json.dumps({"event_name": "subscribe", "data": {"channels": ["flood"], "last": 0}}).encode()
    mask = b"\0\0\0\0"
    sock.sendall(bytes([0x81, 0x80 | len(message)]) + mask + message)
    with client.websocket(channels=["flood"]) as reader:
        for _ in range(12):
            client.send("flood", "x" * 1_000_000)
            heard(reader, 1)

    sock.settimeout(PATIENCE_S)
    taken = 0
    with contextlib.suppress(ConnectionError):
        while data := sock.recv(1 << 20):
            taken += len(data)
    sock.close()

    assert 0 < taken < 12_000_000


def test_when_a_process_dies_clients_come_back_and_miss_nothing(server, client):
    if not server.workers:
        pytest.skip("a threaded server is one process: it dies as a whole")
    last = last_of(client)
    with client.websocket(last=last) as ws:
        client.send("room", 1)
        assert heard(ws, 1) == [1]
        last = last_of(client)
        os.kill(server.pid_of("bus worker"), signal.SIGKILL)
        assert closed_with(ws) is None
    client.send("room", 2)
    os.kill(server.pid_of("POST /xmlrpc/2/object"), signal.SIGKILL)
    _again(lambda: client.send("room", 3))

    def come_back():
        with client.websocket(last=last) as ws:
            return heard(ws, 2)

    assert _again(come_back) == [2, 3]


@pytest.mark.parametrize(("option", "code"), [("limit_memory_soft_gevent", 1001), ("limit_memory_hard_gevent", None)])
def test_w4_a_websocket_process_over_its_memory_is_replaced_and_clients_come_back(
    config, database, tmp_path, option, code
):
    settings = config.replace(workers=1, gevent_port=0, **{option: 1})
    with serving(settings, database, tmp_path) as running:
        client = Client(running)
        last = last_of(client)

        def all_leave():
            with contextlib.ExitStack() as stack:
                sockets = [stack.enter_context(client.websocket(last=last)) for _ in range(12)]
                frames = [goodbye(ws) for ws in sockets]
            if len({frame and frame.code for frame in frames}) > 1:
                raise ConnectionError("it left while they were still coming")
            return frames

        frames = _again(all_leave)
        assert {frame and frame.code for frame in frames} == {code}, "over the hard limit nobody says goodbye"
        if code:
            waits = [int(re.fullmatch(r"retry_ms=(\d+)", frame.reason)[1]) for frame in frames]
            assert len(set(waits)) > 6 and max(waits) <= 500, "they come again one after another"
        client.send("room", "missed meanwhile")

        def come_back():
            with client.websocket(last=last) as ws:
                return heard(ws, 1)

        assert _again(come_back) == ["missed meanwhile"]
        assert "memory limit" in running.logfile.read_text()


def _again(work):
    """Do what a client does whose connection broke, or who is told so by a 502: try again, for a while."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return work()
        except (OSError, ConnectionClosed, InvalidHandshake, http.client.HTTPException, xmlrpc.client.ProtocolError):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def memory_kib(pid):
    text = subprocess.run(["cat", f"/proc/{pid}/smaps_rollup"], capture_output=True, text=True, check=True).stdout
    return sum(int(size) for size in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.M))


def test_l5_an_idle_socket_costs_at_most_10_kib(server, client):
    """The slope between two crowds: what the first needs but once (threads, their connections to PostgreSQL, what the
    registry remembers) does not count, and what comes and goes is waited for."""
    if not server.workers:
        pytest.skip("the memory of one process of many purposes says nothing of its sockets")
    first, more = 400, 1600
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, first + more + 500)), hard))
    sockets = []
    try:
        _crowd(server, client, sockets, first)
        before = settled_kib(server.pid_of("bus worker"))
        _crowd(server, client, sockets, more)
        each = (settled_kib(server.pid_of("bus worker")) - before) / more
    finally:
        for sock in sockets:
            sock.close()

    assert each <= 10


def settled_kib(pid):
    """What it holds on to: the least of a few looks."""
    looks = []
    for _ in range(5):
        looks.append(memory_kib(pid))
        time.sleep(0.2)
    return min(looks)


def _crowd(server, client, sockets, count):
    """Open so many more sockets that subscribe, and wait until all hear."""
    for _ in range(count):
        sockets.append(_opened(server.port, client.cookie))
        _subscribe(sockets[-1])
    client.send("crowd", f"{len(sockets)} are here")
    for sock in sockets:
        while f"{len(sockets)} are here".encode() not in sock.recv(4096):
            pass


def _opened(port, cookie):
    sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    sock.sendall(
        f"GET /websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Origin: http://127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
    )
    assert sock.recv(1000).startswith(b"HTTP/1.1 101")
    return sock


def _subscribe(sock):
    message = json.dumps({"event_name": "subscribe", "data": {"channels": ["crowd"], "last": 0}}).encode()
    sock.sendall(bytes([0x81, 0x80 | len(message)]) + b"\0\0\0\0" + message)


def test_one_worker_answers_while_the_rest_is_loaded_and_a_websocket_waits_for_who_keeps_it(
    config, registries, tmp_path, monkeypatch
):
    go = tmp_path / "go"
    (tmp_path / "slow_room.py").write_text(
        "import pathlib, time\n"
        f"end = time.monotonic() + {3 * PATIENCE_S}\n"
        f"while not pathlib.Path({str(go)!r}).exists() and time.monotonic() < end:\n"
        "    time.sleep(0.01)\n"
    )
    (tmp_path / "sitecustomize.py").write_text(
        "from fondaco.values.deferred import Postponed\nPostponed('slow_room')\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")])))
    name = fix_database.create(registries, ())
    with serving(config.replace(workers=2), name, tmp_path) as server:
        client = Client(server)
        with client.websocket() as ws:
            assert "keeps websockets" not in server.logfile.read_text()

            go.touch()
            client.send("room", "news")

            assert heard(ws, 1) == ["news"]
    databases.drop(registries, name)
