"""Hostile clients in front of a running server, of either mode: what is refused, and that every worker serves on.

The cases are those that parsers of HTTP are known to have got wrong; RFC 9112 and 9110 name most of them.
"""

from __future__ import annotations

import contextlib
import re
import resource
import socket
import time
from collections.abc import Iterator

import pytest

from fondaco.modules import databases
from tests import fix_database
from tests.fix_server import Server, serving

PATIENCE_S = 60
MANY = 10_000
WORKERS = 2
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
GOOD = b"GET /web/health HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /web/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module", params=[0, WORKERS], ids=["threads", "processes"])
def server(request, config, registries, tmp_path_factory) -> Iterator[Server]:
    name = fix_database.create(registries, ())
    directory = tmp_path_factory.mktemp("hostile")
    with serving(config.replace(workers=request.param, gevent_port=0), name, directory) as running:
        yield running
    databases.drop(registries, name)


@pytest.fixture(autouse=True)
def _every_worker_serves_on(server: Server) -> Iterator[None]:
    """After each test as many requests at once as there are workers, twice, are answered."""
    yield
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            clients = [stack.enter_context(connection(server)) for _ in range(2 * WORKERS)]
            for client in clients:
                client.sendall(LAST)
            assert [statuses(received(client)) for client in clients] == [[200]] * len(clients)


@contextlib.contextmanager
def connection(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as client:
        yield client


def received(client: socket.socket) -> bytes:
    """All that comes until the server closes."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(65536):
            data += piece
    return data


def statuses(data: bytes) -> list[int]:
    return [int(status) for status in STATUS.findall(data)]


def said(server: Server, *pieces: bytes) -> bytes:
    """What the server says to these bytes until it closes."""
    with connection(server) as client:
        for piece in pieces:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(piece)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)
        return received(client)


def post(*headers: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    return b"\r\n".join((b"POST /web/health HTTP/" + version, b"Host: a", *headers)) + b"\r\n\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked"
HIDDEN = b"0\r\n\r\n" + SMUGGLED
AMBIGUOUS = {
    "length before chunks": post(b"Content-Length: 5", CHUNKED, body=HIDDEN),
    "chunks before length": post(CHUNKED, b"Content-Length: 5", body=HIDDEN),
    "two lengths": post(b"Content-Length: 0", b"Content-Length: 40", body=SMUGGLED),
    "equal lengths": post(b"Content-Length: 0", b"Content-Length: 0", body=SMUGGLED),
    "lengths in a list": post(b"Content-Length: 0, 40", body=SMUGGLED),
    "length with plus": post(b"Content-Length: +0", body=SMUGGLED),
    "length with minus": post(b"Content-Length: -1", body=SMUGGLED),
    "length in hex": post(b"Content-Length: 0x0", body=SMUGGLED),
    "length with underscore": post(b"Content-Length: 1_0", body=SMUGGLED),
    "length of other digits": post("Content-Length: \u0660".encode(), body=SMUGGLED),
    "length with a space inside": post(b"Content-Length: 4 0", body=SMUGGLED),
    "empty length": post(b"Content-Length:", body=SMUGGLED),
    "space before the colon": post(b"Content-Length : 40", body=SMUGGLED),
    "tab before the colon": post(b"Transfer-Encoding\t: chunked", body=HIDDEN),
    "folded value": post(b"X: a", b" Content-Length: 40", body=SMUGGLED),
    "folded coding": post(b"Transfer-Encoding:", b" chunked", body=HIDDEN),
    "coding twice": post(CHUNKED, CHUNKED, body=HIDDEN),
    "coding with another": post(b"Transfer-Encoding: gzip, chunked", body=HIDDEN),
    "identity and chunked": post(b"Transfer-Encoding: identity, chunked", body=HIDDEN),
    "chunked and identity": post(b"Transfer-Encoding: chunked, identity", body=HIDDEN),
    "unknown coding": post(b"Transfer-Encoding: xchunked", body=HIDDEN),
    "quoted coding": post(b'Transfer-Encoding: "chunked"', body=HIDDEN),
    "coding with vertical tab": post(b"Transfer-Encoding: \x0bchunked", body=HIDDEN),
    "coding with NUL": post(b"Transfer-Encoding: chunked\x00", body=HIDDEN),
    "coding in HTTP/1.0": post(CHUNKED, body=HIDDEN, version=b"1.0"),
    "bare line feeds": b"POST /web/health HTTP/1.1\nHost: a\nContent-Length: 0\n\n" + SMUGGLED,
    "one bare line feed": b"POST /web/health HTTP/1.1\r\nHost: a\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "bare carriage return": post(b"X: a\rContent-Length: 40", body=SMUGGLED),
    "NUL in a name": post(b"Content-Len\x00gth: 40", body=SMUGGLED),
    "NUL in a value": post(b"X: a\x00b", body=SMUGGLED),
    "no name": post(b": value", body=SMUGGLED),
    "no colon": post(b"Content-Length 40", body=SMUGGLED),
    "line before the headers": b"POST /web/health HTTP/1.1\r\n Host: a\r\n\r\n" + SMUGGLED,
    "two hosts": b"GET /web/health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + SMUGGLED,
    "no host": b"GET /web/health HTTP/1.1\r\n\r\n" + SMUGGLED,
    "two spaces": b"GET  /web/health HTTP/1.1\r\nHost: a\r\n\r\n" + SMUGGLED,
    "space in the target": b"GET /web/health HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n" + SMUGGLED,
    "version of one digit": b"GET /web/health HTTP/1\r\nHost: a\r\n\r\n" + SMUGGLED,
    "version 1.9": b"GET /web/health HTTP/1.9\r\nHost: a\r\n\r\n" + SMUGGLED,
    "version 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "lower-case version": b"GET /web/health http/1.1\r\nHost: a\r\n\r\n" + SMUGGLED,
    "chunk size with sign": post(CHUNKED, body=b"+0\r\n\r\n" + SMUGGLED),
    "chunk size with prefix": post(CHUNKED, body=b"0x0\r\n\r\n" + SMUGGLED),
    "chunk size with space": post(CHUNKED, body=b" 0\r\n\r\n" + SMUGGLED),
    "chunk size that overflows": post(CHUNKED, body=b"10000000000000000\r\n\r\n" + SMUGGLED),
    "chunk size ended by line feed": post(CHUNKED, body=b"0\n\r\n" + SMUGGLED),
    "chunk longer than its size": post(CHUNKED, body=b"1\r\nab\r\n0\r\n\r\n" + SMUGGLED),
    "chunk without end": post(CHUNKED, body=b"1\r\naXX0\r\n\r\n" + SMUGGLED),
    "NUL in a chunk's extension": post(CHUNKED, body=b"0;a\x00\r\n\r\n" + SMUGGLED),
    "line feed in a chunk's extension": post(CHUNKED, body=b"0;a\nb\r\n\r\n" + SMUGGLED),
    "endless extension of a chunk": post(CHUNKED, body=b"0;" + b"a" * 10_000 + b"\r\n\r\n" + SMUGGLED),
    "trailer without colon": post(CHUNKED, body=b"0\r\nnonsense\r\n\r\n" + SMUGGLED),
    "endless trailer": post(CHUNKED, body=b"0\r\n" + b"X: 1\r\n" * 5000 + b"\r\n" + SMUGGLED),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    "nonsense": bytes(range(256)) * 4,
}


@pytest.mark.parametrize("data", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_two_parsers_could_read_differently_is_refused_and_nothing_after_it_is_served(server, data):
    answer = said(server, data)

    assert len(statuses(answer)) == 1, answer
    assert statuses(answer)[0] in (400, 413, 431, 501, 505)
    assert b"Connection: close" in answer
    assert b"smuggled" not in answer


TOO_LARGE = {
    "target": (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "one header": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", 431),
    "many headers": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 5000 + b"\r\n", 431),
    "cookies": (b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + b"a=b; " * 20_000 + b"\r\n\r\n", 431),
}


@pytest.mark.parametrize(("data", "status"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_is_too_large_is_refused_before_it_is_kept(server, data, status):
    assert statuses(said(server, data)) == [status]


def test_x9_a_request_of_101_mb_is_served_and_one_over_the_limit_is_told_what_the_limit_is(server):
    size = 101 * 10**6
    head = b"POST /jsonrpc HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n"

    taken = said(server, head + b"Content-Length: %d\r\n\r\n" % size, *[b" " * 10**6] * 101)
    refused = said(server, head + b"Content-Length: %d\r\n\r\n" % (129 * 2**20))

    assert statuses(taken) == [400]  # read to its end: it is no JSON
    assert statuses(refused) == [413]
    assert b"at most 128 MiB" in refused


@pytest.mark.parametrize("step", [1, 7])
def test_requests_in_a_row_are_answered_in_their_order_however_they_are_cut(server, step):
    rows = [b"GET /web/health?%d HTTP/1.1\r\nHost: a\r\n\r\n", b"HEAD /nosuch%d HTTP/1.1\r\nHost: a\r\n\r\n"]
    data = b"".join(rows[number % 2] % number for number in range(10)) + LAST

    with connection(server) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(data), step):
            client.sendall(data[start : start + step])
        answer = received(client)

    assert statuses(answer) == [200, 404] * 5 + [200]
    assert answer.count(b'{"status"') == 6, "HEAD has no body, GET has one"


def test_a_hundred_requests_at_once_are_all_answered(server):
    answer = said(server, GOOD * 100 + LAST)

    assert statuses(answer) == [200] * 101


def test_a_client_that_waits_for_100_continue_gets_it_and_one_that_expects_more_does_not(server):
    head = post(b"Expect: 100-continue", b"Content-Type: application/x-www-form-urlencoded", b"Content-Length: 3")
    with connection(server) as client:
        client.sendall(head)
        assert client.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"a=b" + LAST)
        assert 200 in statuses(received(client))

    assert statuses(said(server, post(b"Expect: a-miracle", b"Content-Length: 3"))) == [417]
    assert statuses(said(server, post(b"Expect: 100-continue", b"Content-Length: 999999999999"))) == [413]


EARLY = {
    "in the first line": b"GET /web/hea",
    "in the headers": b"GET /web/health HTTP/1.1\r\nHost:",
    "in the body": post(b"Content-Length: 1000", body=b"only this"),
    "in a chunk": post(CHUNKED, body=b"ff\r\nonly this"),
    "before the answer": b"GET /web/login HTTP/1.1\r\nHost: a\r\n\r\n",
    "having sent nothing": b"",
}


@pytest.mark.parametrize("data", EARLY.values(), ids=EARLY)
@pytest.mark.parametrize("is_rude", [False, True], ids=["closed", "reset"])
def test_a_client_that_goes_away_early_takes_nobody_along(server, data, is_rude):
    for _ in range(10):
        client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
        client.sendall(data)
        if is_rude:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        client.close()


def test_slow_clients_occupy_nobody(server):
    """Heads and bodies that come byte by byte, answers that nobody takes: many at once, and others are served."""
    beginnings = [b"GET /web/health HTTP/1.1\r\nHost: a\r\nX: ", post(b"Content-Length: 100000", body=b"a"), b"G"]

    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connection(server)) for _ in range(300)]
        for number, client in enumerate(clients):
            client.sendall(beginnings[number % 3])
        for _ in range(3):
            for client in clients[::10]:
                client.sendall(b"x")
            assert statuses(said(server, LAST)) == [200]
        takers = [stack.enter_context(connection(server)) for _ in range(20)]
        for client in takers:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(b"GET /web/login HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
        assert statuses(said(server, LAST)) == [200]


def test_ten_thousand_connections_are_held_and_others_are_served(server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MANY + 500:
        pytest.skip(f"this account may open {hard} descriptors: ulimit -n {MANY + 500}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (MANY + 500, hard))
    clients: list[socket.socket] = []
    try:
        for _ in range(MANY):
            client = socket.socket()
            client.settimeout(PATIENCE_S)
            client.connect(("127.0.0.1", server.port))
            clients.append(client)
        assert statuses(said(server, LAST)) == [200]
        for client in clients[:: MANY // 100]:
            client.sendall(LAST)
        assert [statuses(received(client)) for client in clients[:: MANY // 100]] == [[200]] * 100
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    end = time.monotonic() + PATIENCE_S
    while statuses(said(server, LAST)) != [200]:
        assert time.monotonic() < end
