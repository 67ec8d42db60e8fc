"""Calls meant to hurt, sent to a running server: each is refused in the form clients know, and the worker lives."""

from __future__ import annotations

import http.client
import json
import os
import xmlrpc.client
from pathlib import Path

import pytest

from tests.external_api import service

ENTITIES = "<!ENTITY a0 'boom'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
MEGABYTE = 1024 * 1024
XML, JSON = "text/xml", "application/json"


@pytest.fixture(autouse=True)
def the_worker_lives(server):
    yield
    os.kill(server.pid, 0)
    with service(server) as proxy:
        assert proxy.execute_kw(server.database, 2, server.password, "res.users", "search", [[["id", "=", 2]]]) == [2]


def post(server, path, body, kind):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request("POST", path, body, {"Content-Type": kind})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def fault_of(body):
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(body)
    return caught.value


def memory(server):
    """Bytes the server holds."""
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    "document",
    [
        f"<!DOCTYPE x [{ENTITIES}]><methodCall><methodName>&a9;</methodName></methodCall>",
        f"<!-- <methodCall --><!DOCTYPE x [{ENTITIES}]>{' ' * 9_000_000}<methodCall a='&a9;'>"
        "<methodName>version</methodName></methodCall>",
        "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><methodCall><methodName>&a;</methodName></methodCall>",
        "<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'><methodCall><methodName>version</methodName></methodCall>",
        "<methodCall><methodName>version</methodName><params>" + "<param><value><array><data>" * 100_000,
    ],
    ids=["bomb", "bomb-behind-comment", "file", "address", "deep"],
)
@pytest.mark.parametrize("path", ["/xmlrpc/common", "/xmlrpc/2/common"])
def test_xml_that_explodes_or_looks_around_is_a_fault(server, path, document):
    before = memory(server)

    status, body = post(server, path, document, XML)

    assert status == 200
    assert fault_of(body).faultCode
    assert b"root:" not in body
    assert memory(server) - before < 200 * MEGABYTE


@pytest.mark.parametrize(
    ("path", "kind", "body", "statuses"),
    [
        ("/xmlrpc/2/object", XML, b"<" * 100 * MEGABYTE, {200}),
        ("/jsonrpc", JSON, b"[" * 100 * MEGABYTE, {200, 400}),
        ("/web/dataset/call_kw", JSON, b"[" * 100 * MEGABYTE, {200, 400}),
        ("/xmlrpc/2/object", XML, b"<" * 150 * MEGABYTE, {413}),
    ],
    ids=["xmlrpc", "jsonrpc", "web", "over-the-limit"],
)
def test_a_hundred_megabytes_of_nonsense_are_refused(server, path, kind, body, statuses):
    try:
        status, answer = post(server, path, body, kind)
    except (BrokenPipeError, ConnectionResetError):
        assert statuses == {413}  # the server does not wait for what it will not read
        return

    assert status in statuses
    assert status != 200 or b"error" in answer or b"<fault>" in answer
    assert len(answer) < 20_000


def wrong_types():
    good = ["{db}", 2, "{password}", "res.partner"]
    yield "nothing", []
    yield "database-is-a-list", [["{db}"], 2, "{password}", "res.partner", "search", [[]]]
    yield "user-is-a-text", ["{db}", "two", "{password}", "res.partner", "search", [[]]]
    yield "password-is-a-list", ["{db}", 2, ["{password}"], "res.partner", "search", [[]]]
    yield "no-password", ["{db}", 2, "", "res.partner", "search", [[]]]
    yield "model-is-a-number", ["{db}", 2, "{password}", 7, "search", [[]]]
    yield "no-such-model", ["{db}", 2, "{password}", "no.such.model", "search", [[]]]
    yield "method-is-a-struct", [*good, {"a": 1}, [[]]]
    yield "no-such-method", [*good, "no_such_method", [[]]]
    yield "a-field-is-no-method", [*good, "name", [[]]]
    yield "arguments-are-a-number", [*good, "search", 7]
    yield "options-are-a-list", [*good, "search", [[]], [1, 2]]
    yield "options-are-unknown", [*good, "search", [[]], {"no_such_option": 1}]
    yield "domain-is-a-text", [*good, "search", ["name"]]
    yield "domain-of-numbers", [*good, "search", [[1, 2, 3]]]
    yield "domain-of-an-unknown-field", [*good, "search", [[["no_such_field", "=", 1]]]]
    yield "domain-of-an-unknown-operator", [*good, "search", [[["name", "; DROP TABLE", 1]]]]
    yield "order-is-sql", [*good, "search", [[]], {"order": "id; DROP TABLE res_users"}]
    yield "limit-is-a-text", [*good, "search", [[]], {"limit": "1; DROP TABLE res_users"}]
    yield "ids-are-a-struct", [*good, "write", [{"a": 1}, {"name": "x"}]]
    yield "values-are-a-text", [*good, "create", ["name"]]
    yield "value-of-the-wrong-kind", [*good, "create", [{"name": "x", "country_id": {"a": 1}}]]
    yield "commands-are-nonsense", [*good, "create", [{"name": "x", "child_ids": [[99, "x", []]]}]]
    yield "context-is-a-list", [*good, "search", [[]], {"context": [1, 2]}]


WRONG = dict(wrong_types())


def filled(values, server):
    text = json.dumps(values).replace("{db}", server.database).replace("{password}", server.password)
    return json.loads(text)


@pytest.mark.parametrize("case", WRONG)
def test_wrong_types_are_an_error_in_its_envelope(server, case):
    params = filled(WRONG[case], server)
    call = {"service": "object", "method": "execute_kw", "args": params}

    status, body = post(server, "/jsonrpc", json.dumps({"jsonrpc": "2.0", "id": 5, "params": call}), JSON)
    xml_status, xml_body = post(server, "/xmlrpc/2/object", xmlrpc.client.dumps(tuple(params), "execute_kw"), XML)

    answer = json.loads(body)
    assert (status, xml_status) == (200, 200)
    assert (answer["id"], answer["error"]["code"]) == (5, 200)
    assert set(answer["error"]["data"]) == {"name", "debug", "message", "arguments", "context"}
    assert fault_of(xml_body).faultCode in (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"nonsense", 400), (b"[]", 400), (b'"text"', 400), (b"{}", 200), (b'{"params": [1]}', 200)],
    ids=["empty", "nonsense", "list", "text", "no-params", "list-of-params"],
)
def test_what_is_no_json_rpc_call_is_refused(server, body, status):
    found, answer = post(server, "/jsonrpc", body, JSON)

    assert found == status
    if status == 200:
        assert json.loads(answer)["error"]["code"] == 200


@pytest.mark.parametrize("method", ["_search", "_compute_display_name", "__init__", "_write"])
def test_private_methods_are_refused_in_the_recorded_form(server, method):
    params = [server.database, 2, server.password, "res.partner", method, [[]]]
    sentence = f"Private methods (such as {method}) cannot be called remotely."

    _status, first = post(server, "/xmlrpc/object", xmlrpc.client.dumps(tuple(params), "execute_kw"), XML)
    _status, second = post(server, "/xmlrpc/2/object", xmlrpc.client.dumps(tuple(params), "execute_kw"), XML)
    call = {"service": "object", "method": "execute_kw", "args": params}
    _status, third = post(server, "/jsonrpc", json.dumps({"jsonrpc": "2.0", "id": 1, "params": call}), JSON)

    assert (fault_of(first).faultCode, fault_of(first).faultString) == (f"warning -- AccessError\n\n{sentence}", "")
    assert (fault_of(second).faultCode, fault_of(second).faultString) == (4, sentence)
    data = json.loads(third)["error"]["data"]
    assert (data["name"], data["message"], data["arguments"]) == ("odoo.exceptions.AccessError", sentence, [sentence])
