"""What RPC clients are told of a call that was ended outside of any transaction: the words of their protocol."""

from __future__ import annotations

import io

import pytest

from fondaco.config import Config
from fondaco.errors import WorkInterrupted
from fondaco.rpc.endpoints import Endpoints
from fondaco.server.deadlines import Deadlines, Limits
from fondaco.values.jsontext import dumps

JSON_CALL = dumps({"params": {"service": "common", "method": "version", "args": []}})
XML_CALL = b"<methodCall><methodName>version</methodName></methodCall>"
DOORS = {
    "/jsonrpc": ("jsonrpc", "application/json", JSON_CALL),
    "/xmlrpc/common": ("xmlrpc", "text/xml", XML_CALL),
    "/xmlrpc/2/common": ("xmlrpc", "text/xml", XML_CALL),
}


def stopped(*_call):
    raise WorkInterrupted


@pytest.fixture
def ask(monkeypatch):
    """ask(path): the answer to a call there that is stopped on its way out."""
    endpoints = Endpoints(None, Config.default())
    monkeypatch.setattr(endpoints, "dispatch_rpc", stopped)

    def ask(path):
        handler, kind, body = DOORS[path]
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }  # fmt: skip
        return getattr(endpoints, handler)(environ)

    return ask


@pytest.mark.parametrize("path", DOORS)
def test_who_is_stopped_outside_of_a_transaction_is_told_in_the_words_of_the_protocol(ask, path):
    with Deadlines(Limits()).under({"request": "r1"}) as work:
        work.over = "limit_time_real"
        status, headers, body = ask(path)

    assert (status, dict(headers)["Content-Type"].partition(";")[0]) == ("200 OK", DOORS[path][1])
    assert b"limit_time_real" in body and b"Request id: r1" in body


@pytest.mark.parametrize("path", DOORS)
def test_what_is_stopped_for_no_reason_of_ours_is_no_answer(ask, path):
    with Deadlines(Limits()).under({"request": "r1"}), pytest.raises(WorkInterrupted):
        ask(path)
