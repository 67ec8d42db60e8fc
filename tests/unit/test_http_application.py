"""The pipeline without a database: static files, routes that need none, envelopes, headers, hostile calls."""

from __future__ import annotations

import gc
import gzip
import json
import logging
import os
import re
import weakref

import brotli
import pytest
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response as PlainResponse

from fondaco.config import Config
from fondaco.errors import AccessDenied, UserError
from fondaco.http.application import Application
from fondaco.http.current import requests
from fondaco.http.response import Response
from fondaco.http.routing import Controller, RoutingMap, endpoints, route
from fondaco.http.static import StaticFiles
from fondaco.log import TextFormatter
from fondaco.rpc.endpoints import Endpoints
from fondaco.values.webfiles import version_of
from tests.oracle.replay import ORACLE


class NoDatabases:
    pools = None

    def names(self):
        return []

    def get(self, db):
        raise KeyError(db)


MODULE = "test_nodb_pages"
WATCHED = []  # references to requests, which do not keep them


@pytest.fixture(scope="module")
def controllers():
    class Pages(Controller):
        __module__ = f"odoo.addons.{MODULE}.main"

        @route("/p/hello", auth="none")
        def hello(self, name="you"):
            return f"hello {name}"

        @route("/p/watched", auth="none")
        def watched(self):
            WATCHED.append(weakref.ref(requests.top))
            return "watched"

        @route("/p/post", auth="none", methods=["POST"])
        def post(self):
            return "posted"

        @route("/p/free", auth="none", csrf=False)
        def free(self, **values):
            return json.dumps(sorted(values))

        @route("/p/small", auth="none", csrf=False, max_content_length=10)
        def small(self, **values):
            return "taken"

        @route("/p/call", type="json", auth="none")
        def call(self, a, b=2):
            return {"sum": a + b}

        @route("/p/nothing", type="json", auth="none")
        def nothing(self):
            return None

        @route("/p/refuse", type="json", auth="none")
        def refuse(self):
            raise UserError("Not today.")

        @route("/p/deny", type="http", auth="none")
        def deny(self):
            raise AccessDenied

        @route("/p/away", type="http", auth="none")
        def away(self):
            return requests.top.not_found()

        @route("/p/fail", type="http", auth="none")
        def fail(self):
            raise ValueError("secret detail")

        @route("/p/cors", type="json", auth="none", cors="*", save_session=False)
        def cors(self):
            return 1

    yield
    Controller.children_classes.pop(MODULE, None)


@pytest.fixture
def client(tmp_path, controllers):
    addon = tmp_path / "addons" / "shop"
    (addon / "static" / "src").mkdir(parents=True)
    (addon / "__manifest__.py").write_text("{'name': 'Shop'}")
    (addon / "secret.txt").write_text("secret")
    (addon / "static" / "src" / "a.js").write_text("export const a = 1;\n")
    config = Config.default().replace(data_dir=str(tmp_path), addons_path=[str(tmp_path / "addons")])
    application = Application(NoDatabases(), config, direct=Endpoints(NoDatabases(), config).handlers())
    application._nodb_map = RoutingMap(endpoints([MODULE], without_database=True))
    return Client(application)


def call(client, path, body, **options):
    return client.post(path, data=json.dumps(body), content_type="application/json", **options)


def test_a_page_gets_query_values_and_a_session(client):
    answer = client.get("/p/hello?name=me")

    assert (answer.status_code, answer.text) == (200, "hello me")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("session_id=") and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_known_session_is_not_handed_out_again(client):
    client.get("/p/hello")

    assert "Set-Cookie" not in client.get("/p/hello").headers


def test_a_form_without_token_is_refused(client):
    assert client.post("/p/post").status_code == 400
    assert client.post("/p/post", data={"csrf_token": "x" * 40 + "o9999999999"}).status_code == 400
    assert client.post("/p/free", data={"b": "1"}).text == '["b"]'
    assert client.get("/p/post").status_code == 405


def test_x9_a_route_may_take_less_than_others(client):
    taken = client.post("/p/small", data={"a": "12345"})
    refused = client.post("/p/small", data={"a": "123456789"})

    assert (taken.status_code, taken.text) == (200, "taken")
    assert refused.status_code == 413
    assert "10 bytes" in refused.text


def test_calls_have_envelopes(client):
    assert call(client, "/p/call", {"id": 5, "params": {"a": 1}}).json == {
        "jsonrpc": "2.0",
        "id": 5,
        "result": {"sum": 3},
    }
    assert call(client, "/p/nothing", {"id": 5}).json == {"jsonrpc": "2.0", "id": 5}
    error = call(client, "/p/refuse", {"id": 5}).json["error"]
    assert (error["code"], error["message"]) == (200, "Odoo Server Error")
    assert {k: error["data"][k] for k in ("name", "message", "arguments", "context")} == {
        "name": "odoo.exceptions.UserError",
        "message": "Not today.",
        "arguments": ["Not today."],
        "context": {},
    }
    missing = call(client, "/p/call", {"id": 5}).json["error"]["data"]
    assert missing["name"] == "builtins.TypeError"


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"'])
def test_what_is_no_call_is_a_bad_request(client, body):
    assert client.post("/p/call", data=body, content_type="application/json").status_code == 400
    assert client.post("/jsonrpc", data=body, content_type="application/json").status_code == 400


def test_a_page_does_not_tell_what_went_wrong_inside(client):
    answer = client.get("/p/fail")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert client.get("/p/deny").status_code == 403
    assert client.get("/p/away").status_code == 404


def test_a_browser_may_ask_before_it_calls(client):
    answer = client.options("/p/cors", headers={"Origin": "https://x", "Access-Control-Request-Method": "POST"})

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in call(client, "/p/cors", {}).headers


def test_x14_static_files_are_cached_and_cannot_be_left(client):
    answer = client.get("/shop/static/src/a.js")

    assert (answer.status_code, answer.text) == (200, "export const a = 1;\n")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=604800"
    assert "Set-Cookie" not in answer.headers
    again = client.get("/shop/static/src/a.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    part = client.get("/shop/static/src/a.js", headers={"Range": "bytes=0-5"})
    assert (part.status_code, part.data) == (206, b"export")
    for path in ("../secret.txt", "src/../../secret.txt", "%2e%2e/secret.txt", "src", "nothing.js"):
        assert client.get(f"/shop/static/{path}").status_code == 404


@pytest.mark.parametrize(
    ("wish", "status", "length"),
    [
        ("bytes=0-5", 206, 6),
        ("bytes=-3", 206, 3),
        ("bytes=15-", 206, 5),
        ("bytes=0-999999", 206, 20),
        ("bytes=20-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=7-7", 206, 1),
        ("bytes=5-2", 200, 20),
        ("bytes=30-25", 200, 20),
        ("bytes=0-1,4-5", 200, 20),
        ("items=0-1", 200, 20),
        ("bytes=a-b", 200, 20),
        ("bytes", 200, 20),
    ],
)
def test_one_range_is_sent_alone_and_what_is_none_is_as_if_nothing_was_asked(client, wish, status, length):
    answer = client.get("/shop/static/src/a.js", headers={"Range": wish})

    assert answer.status_code == status
    assert length is None or len(answer.data) == length
    assert answer.headers.get("Content-Range", "*/20").endswith("/20" if status != 416 else "*/20")


def test_x16_an_address_with_the_version_of_the_content_is_kept_for_ever(client):
    version = version_of(b"export const a = 1;\n")

    current, other = client.get(f"/shop/static/src/a.js?v={version}"), client.get("/shop/static/src/a.js?v=0123456789")

    assert current.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    # A page of a server that is being replaced asks for what this one has not: it must not be kept under that name.
    assert other.status_code == 200 and other.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("wish", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("identity", None), ("", None)],
)
def test_x17_text_is_packed_as_the_browser_wishes(client, tmp_path, wish, encoding):
    text = "export const line = 1;\n" * 200
    (tmp_path / "addons" / "shop" / "static" / "src" / "long.js").write_text(text)

    answer = client.get("/shop/static/src/long.js", headers={"Accept-Encoding": wish})
    head = client.head("/shop/static/src/long.js", headers={"Accept-Encoding": wish})

    assert answer.headers.get("Content-Encoding") == encoding and answer.headers["Vary"] == "Accept-Encoding"
    unpacked = {"br": brotli.decompress, "gzip": gzip.decompress}.get(encoding, bytes)(answer.data)
    assert unpacked.decode() == text
    assert head.data == b"" and head.headers["Content-Length"] == answer.headers["Content-Length"]
    again = client.get("/shop/static/src/long.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_an_answered_request_is_gone_without_a_search_for_garbage(client):
    gc.collect()
    gc.disable()
    try:
        assert client.get("/p/watched").text == "watched"

        assert WATCHED[-1]() is None
    finally:
        gc.enable()


def test_pictures_and_short_texts_are_not_packed(client, tmp_path):
    (tmp_path / "addons" / "shop" / "static" / "a.png").write_bytes(b"\0" * 5000)

    for path in ("a.png", "src/a.js"):
        answer = client.get(f"/shop/static/{path}", headers={"Accept-Encoding": "br, gzip"})
        assert "Content-Encoding" not in answer.headers and "Vary" not in answer.headers


def test_what_is_remembered_of_static_files_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("fondaco.http.static.MEMORY_BYTES", 50_000)
    folder = tmp_path / "shop" / "static"
    folder.mkdir(parents=True)
    files = StaticFiles(lambda module: str(tmp_path / module))
    for number in range(20):
        (folder / f"{number}.txt").write_bytes(os.urandom(9000))
        answer = files.respond({"PATH_INFO": f"/shop/static/{number}.txt", "HTTP_ACCEPT_ENCODING": "br"})
        answer({}, lambda status, headers: None)

    assert files._bytes == sum(file.size for file in files._memory.values()) <= 50_000


def test_a_link_that_leads_out_is_not_followed(client, tmp_path):
    (tmp_path / "addons" / "shop" / "static" / "out").symlink_to(tmp_path / "addons" / "shop" / "secret.txt")

    assert client.get("/shop/static/out").status_code == 404


def test_services_answer_without_any_database(client):
    version = call(client, "/jsonrpc", {"id": 1, "params": {"service": "common", "method": "version", "args": []}})

    assert version.json["result"]["server_serie"] == "18.0"
    assert version.headers["Content-Type"] == "application/json; charset=utf-8"
    assert client.get("/jsonrpc").status_code == 400
    assert client.get("/xmlrpc/2/common").headers["Allow"] == "OPTIONS, POST"


def test_an_entity_bomb_is_a_fault(client):
    bomb = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
    <methodCall><methodName>version</methodName><params><param><value>&b;</value></param></params></methodCall>"""
    answer = client.post("/xmlrpc/2/common", data=bomb, content_type="text/xml")

    assert answer.status_code == 200
    assert b"<int>1</int>" in answer.data and b"document type" in answer.data


def test_deep_json_is_an_error_not_a_crash(client):
    deep = b'{"params": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = client.post("/jsonrpc", data=deep, content_type="application/json")

    assert answer.json["error"]["data"]["name"] == "builtins.RecursionError"


@pytest.mark.skipif(not (ORACLE / "log_formats.json").exists(), reason="the recorded formats are not at hand")
def test_each_request_leaves_the_documented_line(client, caplog):
    caplog.set_level(logging.INFO, "werkzeug")
    client.get("/p/hello?name=a%0Ab")

    record = next(record for record in caplog.records if record.name == "werkzeug")
    line = TextFormatter().format(_prepared(record))

    pattern = re.compile(json.loads((ORACLE / "log_formats.json").read_text())["http_access"]["regex"])
    found = pattern.match(line)
    assert found, line
    assert (found["db"], found["method"], found["path"], found["status"]) == ("?", "GET", "/p/hello?name=a%0Ab", "200")


def _prepared(record):
    record.pid = 1
    return record


@pytest.mark.parametrize("path", ["/web/health", "/websocket/health", "/longpolling/health"])
def test_a_probe_is_answered_though_its_module_is_loaded_for_no_database_yet(client, caplog, path):
    with caplog.at_level(logging.INFO, "werkzeug"):
        answer = client.get(path)

    assert (answer.status_code, answer.text) == (200, '{"status": "pass"}')
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("application/json", "no-store")
    assert "Set-Cookie" not in answer.headers and not caplog.records, "neither a session nor a line of the log"
    assert client.head(path).status_code == 200


def test_unknown_paths_are_not_found(client):
    assert client.get("/nosuch").status_code == 404
    assert client.get("/nosuch").headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("body", "status", "headers"),
    [
        (b"page", 200, {}),
        ("p\u00e4ge", 200, {"X-Given": "1"}),
        ([b"in ", b"two"], 200, {}),
        (b"", 204, {}),
        (b"page", 200, {"Content-Length": "4"}),
        (b"made", 201, {"Location": "/made here"}),
        (b"page", 200, {"Content-Location": "/p\u00e4ge"}),
        (b"gone", 404, {}),
    ],
    ids=lambda value: str(value),
)
def test_answers_are_what_the_library_makes_of_them(method, body, status, headers):
    environ = EnvironBuilder("/here", method=method).get_environ()

    ours, theirs = (
        run_wsgi_app(kind(body, status=status, headers=headers, mimetype="text/html"), environ, buffered=True)
        for kind in (Response, PlainResponse)
    )

    assert (b"".join(ours[0]), ours[1], ours[2].to_wsgi_list()) == (
        b"".join(theirs[0]),
        theirs[1],
        theirs[2].to_wsgi_list(),
    )


def test_who_waits_for_the_end_of_an_answer_is_told():
    told = []
    response = Response(b"page")
    response.call_on_close(lambda: told.append("end"))

    body = run_wsgi_app(response, EnvironBuilder("/").get_environ())[0]
    body.close()

    assert told == ["end"]
