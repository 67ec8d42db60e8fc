"""The server in both modes: hostile, slow and hurried clients, stops and deaths."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fondaco.config import Config
from tests.processes import first_line, wait_until

PROGRAM = Path(__file__).with_name("serve_plain.py")
PATIENCE_S = 60


class Server:
    def __init__(self, process, port):
        self.process, self.port = process, port

    def get(self, path, **options):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request(options.pop("method", "GET"), path, **options)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def send(self, data):
        with self.connect() as sock:
            sock.sendall(data)
            return everything(sock)

    def children(self):
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


def everything(sock):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while block := sock.recv(65536):
            data += block
    return data


def start(workers, **settings):
    command = [sys.executable, str(PROGRAM), "0", str(workers), *(f"{key}={value}" for key, value in settings.items())]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    url = first_line(process)
    return Server(process, int(url.rpartition(":")[2]))


@pytest.fixture(scope="module", params=[0, 2], ids=["threads", "processes"])
def server(request):
    started = start(request.param)
    yield started
    started.process.terminate()
    assert started.process.wait(60) == 0


def test_a_request_is_answered_with_its_number(server):
    response, body = server.get("/x", method="POST", body=b"hello")

    assert (response.status, body) == (200, b"POST /x 5 127.0.0.1")
    assert response.headers["X-Request-Id"]
    assert response.headers["Content-Length"] == str(len(body))


def test_head_and_204_have_no_body(server):
    head, head_body = server.get("/x", method="HEAD")
    nothing, nothing_body = server.get("/nothing")

    assert (head.status, head_body) == (200, b"")
    assert head.headers["Content-Length"] == str(len("HEAD /x 0 127.0.0.1"))
    assert (nothing.status, nothing_body) == (204, b"")


@pytest.mark.parametrize("path", ["/big", "/generated"])
def test_a_long_answer_comes_whole(server, path):
    _response, body = server.get(path)

    assert len(body) == 20 * 1024 * 1024
    assert body[-16:] == b"0123456789abcdef"


def test_an_answer_that_asks_not_to_be_kept_back_comes_as_it_is_made(server, tmp_path):
    signal_file = tmp_path / "go"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", f"/live?{signal_file}")
    response = connection.getresponse()

    first = response.read(5)
    signal_file.touch()
    rest = response.read()

    assert (first, rest) == (b"first", b"second")
    connection.close()


def test_a_file_is_sent_whole(server):
    response, body = server.get("/file")

    assert body == PROGRAM.read_bytes()
    assert response.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("size", [200_000, 3_000_000, 30_000_000])
def test_a_long_body_arrives_whole(server, size):
    _response, body = server.get("/up", method="POST", body=b"x" * size)

    assert body == f"POST /up {size} 127.0.0.1".encode()


def test_a_body_over_the_limit_is_refused_before_it_is_sent(server):
    answer = server.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_client_that_asks_may_go_on(server):
    with server.connect() as sock:
        sock.sendall(
            b"POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
        )
        first = sock.recv(1000)
        sock.sendall(b"ok")
        answer = everything(sock)

    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.endswith(b"POST /e 2 127.0.0.1")


def test_requests_in_a_row_are_answered_in_order(server):
    one = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = server.send(b"".join(one % number for number in range(50)) + b"GET /end HTTP/1.0\r\n\r\n")

    positions = [answer.find(b"GET /%d " % number) for number in range(50)]
    assert positions == sorted(positions) and positions[0] > 0
    assert answer.endswith(b"GET /end 0 127.0.0.1")


def test_a_request_that_comes_in_drops_behind_another_is_answered(server):
    first, second = (
        b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    with server.connect() as sock:
        sock.sendall(first + second[:10])
        time.sleep(0.15)
        sock.sendall(second[10:30])
        time.sleep(0.15)
        sock.sendall(second[30:])
        answer = everything(sock)

    assert b"GET /one 0 " in answer
    assert answer.endswith(b"GET /two 0 127.0.0.1")


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000,
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["smuggled", "bare-lf", "tls", "long-head", "bad-chunk"],
)
def test_hostile_bytes_are_refused_and_the_connection_ends(server, data):
    answer = server.send(data)

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 "))
    assert server.get("/alive")[0].status == 200


def test_an_error_of_the_application_is_a_500(server):
    assert server.get("/broken")[0].status == 500
    assert server.get("/header")[0].status == 500


def test_an_answer_that_breaks_is_never_passed_off_as_complete(server):
    try:
        response, _body = server.get("/late")
    except http.client.IncompleteRead:
        return

    assert response.status == 500


def test_a_slow_client_and_idle_connections_hold_nobody(server):
    """More of them than there are threads or processes: everybody else is served meanwhile."""
    idle = [server.connect() for _ in range(40)]
    for sock in idle[:20]:
        sock.sendall(b"GET /parked HTTP/1.1\r\nHost: a\r\n\r\n")
        assert sock.recv(4096).startswith(b"HTTP/1.1 200 OK")
    slow = [server.connect() for _ in range(40)]
    for sock in slow:
        sock.sendall(b"POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nConnection: close\r\n\r\n12345")
    takers = [server.connect() for _ in range(30)]
    for sock in takers:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(b"GET /generated HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    time.sleep(0.3)

    response, _body = server.get("/quick")

    assert response.status == 200, "answered before any of the others has gone on"
    for sock in slow:
        sock.sendall(b"67890")
    assert all(everything(sock).endswith(b"POST /s 10 127.0.0.1") for sock in slow)
    for sock in (*idle, *slow, *takers):
        sock.close()


@pytest.mark.parametrize("workers", [0, 1], ids=["threads", "processes"])
def test_whatever_a_client_takes_its_time_for_has_an_end(workers):
    head = b"POST /x HTTP/1.1\r\nHost: a\r\n"
    server = start(workers, patience=3)
    sent = {
        "silent": b"",
        "parked": b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
        "stopped": head + b"Content-Length: 10\r\n\r\n12345",
        "taker": b"GET /generated HTTP/1.1\r\nHost: a\r\n\r\n",
        "dripping": head,
    }
    clients = []
    try:
        for name, data in sent.items():
            clients.append(sock := server.connect())
            if name == "taker":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.sendall(data)
            if name == "parked":
                assert sock.recv(4096).startswith(b"HTTP/1.1 200 OK")
        ports, dripping = [sock.getsockname()[1] for sock in clients], clients[-1]

        deadline = time.monotonic() + 60
        while held := [port for port in ports if is_held(server.port, port)]:
            assert time.monotonic() < deadline, [list(sent)[ports.index(port)] for port in held]
            with contextlib.suppress(OSError):
                dripping.sendall(b"X")
            time.sleep(0.1)

        assert server.get("/x")[0].status == 200
        for sock in clients:
            sock.close()
    finally:
        server.process.terminate()
        assert server.process.wait(60) == 0


def is_held(port, client_port):
    """Whether the server's end of a connection is open, whatever lies between on its way."""
    return f":{port:04X} 0100007F:{client_port:04X} 01 " in Path("/proc/net/tcp").read_text()


def test_requests_that_wait_run_beside_one_another(server):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(server.get("/meet?2")[1]), daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert answers == [b"met", b"met"]


def test_w1_twenty_requests_that_wait_run_beside_one_another_in_threads_of_one_process():
    assert Config.default()["workers"] == 0
    server = start(0)
    try:
        with ThreadPoolExecutor(20) as clients:
            answers = list(clients.map(lambda _: server.get("/meet?20")[1], range(20)))

        assert answers == [b"met"] * 20
        assert server.children() == []
    finally:
        server.process.terminate()
        assert server.process.wait(60) == 0


def test_w2_each_worker_is_at_one_request_at_a_time():
    server = start(2)
    try:
        with ThreadPoolExecutor(20) as clients:
            answers = list(clients.map(lambda _: server.get("/company")[1].split(), range(20)))

        assert {company for _pid, company in answers} == {b"1"}
        assert {int(pid) for pid, _company in answers} == set(server.children()[1:3])
    finally:
        server.process.terminate()
        assert server.process.wait(60) == 0


def test_w2_workers_are_there_from_the_start_and_a_dead_one_is_replaced_without_losing_requests_that_wait(tmp_path):
    """One worker dies of a signal while a request is in it and others queue: only that one fails, and is told so."""
    server = start(1)
    try:
        _dispatcher, worker = server.children()
        with ThreadPoolExecutor(12) as clients:
            lost = clients.submit(server.get, f"/held?{tmp_path / 'go'}")
            wait_until((tmp_path / "go.begun").exists)
            queued = [clients.submit(server.get, f"/queued/{number}") for number in range(10)]
            time.sleep(0.3)
            os.kill(worker, signal.SIGKILL)

            assert [answer.result()[0].status for answer in queued] == [200] * 10
            response, said = lost.result()
        assert response.status == 502 and b"died" in said
        wait_for_children(server, lambda children: worker not in children and len(children) == 2)
    finally:
        server.process.terminate()
        assert server.process.wait(60) == 0


def test_nobody_survives_a_killed_supervisor():
    server = start(2)
    children = server.children()

    server.process.kill()
    server.process.wait(60)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and any(is_alive(pid) for pid in children):
        time.sleep(0.05)

    assert not any(is_alive(pid) for pid in children)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_w4_workers_that_reach_their_limit_are_replaced_without_losing_a_request():
    server = start(2, limit_request=5)
    try:
        before = server.children()
        failures = []

        def ask():
            for _ in range(40):
                try:
                    assert server.get("/x")[0].status == 200
                except Exception as error:
                    failures.append(error)

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert failures == []
        wait_for_children(server, lambda children: not set(before[1:]) & set(children))
    finally:
        server.process.terminate()
        assert server.process.wait(60) == 0


def test_w4_a_worker_at_its_limit_serves_until_another_is_there():
    server = start(1, limit_request=1)
    try:
        first = server.children()[1]
        os.kill(server.process.pid, signal.SIGSTOP)  # nobody starts another worker
        for _ in range(3):
            assert server.get("/x")[0].status == 200
        os.kill(server.process.pid, signal.SIGCONT)

        wait_for_children(server, lambda children: first not in children)
        assert server.get("/x")[0].status == 200
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
        server.process.terminate()
        assert server.process.wait(60) == 0


def test_w4_no_worker_stays_beyond_its_successor_whichever_is_heard_of_first(tmp_path):
    server = start(1, limit_request=1)
    signal_file = tmp_path / "go"
    try:
        dispatcher, first, *others = server.children()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", f"/live?{signal_file}")
        assert connection.getresponse().read(5) == b"first"
        os.kill(dispatcher, signal.SIGSTOP)  # when it goes on it hears of all at once
        signal_file.touch()
        wait_for_children(server, lambda children: len(children) > 2 + len(others))
        os.kill(dispatcher, signal.SIGCONT)

        wait_for_children(server, lambda children: len(children) == 2 + len(others) and first not in children)
        connection.close()
    finally:
        server.process.terminate()
        assert server.process.wait(60) == 0


def wait_for_children(server, is_as_wanted):
    deadline = time.monotonic() + 60
    while not is_as_wanted(server.children()):
        assert time.monotonic() < deadline, server.children()
        time.sleep(0.02)


def test_a_request_over_its_time_ends_and_the_next_is_served():
    server = start(1, limit_time_real=3)
    try:
        with server.connect() as sock:
            sock.sendall(b"GET /stopped HTTP/1.1\r\nHost: a\r\n\r\n")
            ended = everything(sock)

        assert ended.startswith(b"HTTP/1.1 502 ")
        assert server.get("/next")[0].status == 200
    finally:
        server.process.terminate()
        assert server.process.wait(60) == 0


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stop_lets_the_request_in_progress_finish(workers, tmp_path):
    server = start(workers)
    with ThreadPoolExecutor(1) as clients:
        asked = clients.submit(server.get, f"/held?{tmp_path / 'go'}")
        wait_until((tmp_path / "go.begun").exists)

        server.process.terminate()
        wait_until(lambda: not lets_in(server))
        (tmp_path / "go").touch()

        assert asked.result()[0].status == 200
    assert server.process.wait(60) == 0


def lets_in(server):
    with contextlib.suppress(OSError), server.connect():
        return True
    return False


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stop_lets_who_takes_an_answer_or_brings_a_request_finish(workers):
    server = start(workers)
    with server.connect() as down, server.connect() as up:
        down.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        got = len(down.recv(65536))
        up.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"a" * 500_000)
        assert server.get("/x")[0].status == 200  # so both have been looked at

        server.process.terminate()
        wait_until(lambda: not lets_in(server))
        for _ in range(50):  # more turns than there are threads
            up.sendall(b"a" * 10_000)
            got += len(down.recv(65536))
            time.sleep(0.03)
        answer, got = everything(up), got + len(everything(down))

    assert answer.startswith(b"HTTP/1.1 200 OK") and b"POST /x 1000000" in answer
    assert got > 20 * 1024 * 1024
    assert server.process.wait(60) == 0


def test_a_taken_port_is_told_in_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = subprocess.run(
            [sys.executable, str(PROGRAM), str(port), "0"], capture_output=True, text=True, timeout=60
        )

    assert f"port {port} on localhost is taken" in done.stderr
