"""Bytes to requests: what is taken, what is refused, however the bytes are cut."""

from __future__ import annotations

import pytest

from fondaco.http.sizes import Limits
from fondaco.http.wire import HEAD_LIMIT, Reader, Refused

PLAIN = (
    b"POST /a%20b/c?x=1 HTTP/1.1\r\nHost: shop.example:8069\r\nContent-Length: 5\r\nX-Two: a\r\nX-Two: b\r\n\r\nhello"
)
CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;ext=1\r\nhel\r\n2\r\nlo\r\n0\r\nX-Trailer: 1\r\n\r\n"
)


def read(data, *, limits=None, step=None):
    """Feed `data` in pieces of `step` bytes; (requests, reader)."""
    reader = Reader(limits or Limits())
    found = []
    pieces = [data] if step is None else [data[i : i + step] for i in range(0, len(data), step)]
    for piece in pieces:
        request = reader.feed(piece)
        while request is not None:
            found.append(request)
            request = reader.feed(b"") if reader.rest else None
    return found, reader


@pytest.mark.parametrize("step", [None, 1, 7, 100])
def test_a_request_is_the_same_however_it_is_cut(step):
    (request,), _ = read(PLAIN, step=step)

    assert request.environ["PATH_INFO"] == "/a b/c"
    assert request.environ["QUERY_STRING"] == "x=1"
    assert request.environ["HTTP_X_TWO"] == "a, b"
    assert request.environ["CONTENT_LENGTH"] == "5"
    assert request.body.read() == b"hello"
    assert request.keep_alive


@pytest.mark.parametrize("step", [None, 1, 3])
def test_chunks_are_joined(step):
    (request,), _ = read(CHUNKED, step=step)

    assert request.body.read() == b"hello"
    assert request.environ["CONTENT_LENGTH"] == "5"
    assert "HTTP_TRANSFER_ENCODING" not in request.environ


@pytest.mark.parametrize("step", [None, 1, 11])
def test_requests_in_a_row_are_told_apart(step):
    found, reader = read(PLAIN + CHUNKED + PLAIN, step=step)

    assert [request.body.read() for request in found] == [b"hello"] * 3
    assert reader.is_idle


def test_a_long_body_goes_to_a_file():
    body = b"x" * 3000
    data = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n" + body

    (request,), _ = read(data, limits=Limits(spool_from=1000), step=500)

    assert hasattr(request.body, "fileno") and request.body.fileno() > 0
    assert request.body.read() == body
    request.body.close()


def test_the_last_request_of_a_connection_says_so():
    found, _ = read(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    old, _ = read(b"GET / HTTP/1.0\r\n\r\n")

    assert not found[0].keep_alive
    assert not old[0].keep_alive


def test_an_underscore_does_not_pass_for_a_dash():
    (request,), _ = read(b"GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 6.6.6.6\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n")

    assert request.environ["HTTP_X_FORWARDED_FOR"] == "1.1.1.1"


def head(*lines):
    return b"\r\n".join((b"GET / HTTP/1.1", *lines)) + b"\r\n\r\n"


REFUSED = {
    "length and chunks": (head(b"Host: a", b"Content-Length: 3", b"Transfer-Encoding: chunked"), 400),
    "two lengths": (head(b"Host: a", b"Content-Length: 3", b"Content-Length: 3"), 400),
    "list of lengths": (head(b"Host: a", b"Content-Length: 3, 3"), 400),
    "signed length": (head(b"Host: a", b"Content-Length: +3"), 400),
    "hex length": (head(b"Host: a", b"Content-Length: 0x3"), 400),
    "huge length": (head(b"Host: a", b"Content-Length: 99999999999999"), 413),
    "other coding": (head(b"Host: a", b"Transfer-Encoding: gzip, chunked"), 501),
    "chunked twice": (head(b"Host: a", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 400),
    "folded header": (head(b"Host: a", b"X: a", b" b"), 400),
    "tab folded": (head(b"Host: a", b"X: a", b"\tb"), 400),
    "space before colon": (head(b"Host : a"), 400),
    "space in name": (head(b"Host: a", b"X Y: a"), 400),
    "no colon": (head(b"Host: a", b"nonsense"), 400),
    "nul in value": (head(b"Host: a", b"X: a\x00b"), 400),
    "lone cr in value": (head(b"Host: a", b"X: a\rb"), 400),
    "lone lf": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "two hosts": (head(b"Host: a", b"Host: b"), 400),
    "no host": (head(b"X: 1"), 400),
    "bad host": (head(b"Host: a/b"), 400),
    "host with user": (head(b"Host: a@b"), 400),
    "bad expectation": (head(b"Host: a", b"Expect: 200-maybe"), 417),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "space in target": (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "unknown method": (b"FROB / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "connect": (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "trace": (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "version 2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "version 0.9": (b"GET /\r\n\r\n", 505),
    "control in target": (b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "nul in path": (b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "relative target": (b"GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "long target": (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "many headers": (head(b"Host: a", *[b"X%d: 1" % i for i in range(200)]), 431),
    "endless head": (b"GET / HTTP/1.1\r\nX: " + b"x" * (HEAD_LIMIT + 10), 431),
    "empty lines": (b"\r\n" * 32, 400),
    "tls hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 20, 400),
}


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("step", [None, 64])
def test_what_servers_might_read_differently_is_refused(data, status, step):
    with pytest.raises(Refused) as caught:
        read(data, step=step)

    assert caught.value.status == status


BAD_CHUNKS = {
    "no hex": b"xyz\r\n",
    "negative": b"-1\r\n",
    "prefix": b"0x3\r\nabc\r\n",
    "space": b" 3\r\nabc\r\n",
    "lone lf": b"3\nabc\r\n",
    "longer": b"3\r\nabcd\r\n",
    "no end": b"3\r\nabcXY",
    "endless size": b"1" * 2000,
    "huge": b"ffffffffffffffff\r\n",
    "control in extension": b"3;a\x00b\r\nabc\r\n",
    "bad trailer": b"0\r\nnonsense\r\n\r\n",
}


@pytest.mark.parametrize("chunks", BAD_CHUNKS.values(), ids=BAD_CHUNKS)
def test_malformed_chunks_are_refused(chunks):
    with pytest.raises(Refused):
        read(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)


def test_x9_a_path_may_take_more_than_others():
    limits = Limits(body=10, body_by_path={"/restore": 1000})
    heads = [
        b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n" % path for path in (b"/restore", b"/restore/")
    ]

    (taken,), _ = read(heads[0] + b"x" * 500, limits=limits)
    with pytest.raises(Refused) as caught:
        read(heads[1] + b"x" * 500, limits=limits)

    assert len(taken.body.read()) == 500
    assert caught.value.status == 413


def test_chunks_beyond_the_limit_are_refused_before_they_are_kept():
    data = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"5\r\nhello\r\n" * 3

    with pytest.raises(Refused) as caught:
        read(data, limits=Limits(body=10))

    assert caught.value.status == 413


def test_a_client_that_waits_for_100_is_told_once():
    reader = Reader(Limits())

    request = reader.feed(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    awaited, reader.awaits_continue = reader.awaits_continue, False
    whole = reader.feed(b"ok")

    assert request is None
    assert awaited
    assert whole.body.read() == b"ok"
