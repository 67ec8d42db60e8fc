"""Log in and call through a running server: browser forms, JSON, the RPC services, another WSGI server."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import uuid
import xmlrpc.client
from urllib.parse import urlencode

import pytest

from fondaco.modules import databases
from tests import fix_database
from tests.external_api import service
from tests.fix_server import serving


@pytest.fixture(scope="module", params=[0, 2], ids=["threads", "processes"])
def server(request, config, registries, run_dir):
    """A server of either mode on a database with base and web."""
    name = fix_database.create(registries, ())
    with serving(config.replace(workers=request.param), name, run_dir) as running:
        yield running
    databases.drop(registries, name)


class Browser:
    """Keeps the session cookie, as a browser does."""

    def __init__(self, port):
        self.port = port
        self.cookie = None

    def send(self, method, path, body=None, content_type=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {}
        if self.cookie:
            headers["Cookie"] = f"session_id={self.cookie}"
        if content_type:
            headers["Content-Type"] = content_type
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.body = response.read()
        connection.close()
        for header in response.headers.get_all("Set-Cookie") or ():
            if match := re.match(r"session_id=([^;]+)", header):
                self.cookie = match[1]
        return response

    def get(self, path):
        return self.send("GET", path)

    def form(self, path, **values):
        return self.send("POST", path, urlencode(values), "application/x-www-form-urlencoded")

    def call(self, path, **params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "params": params})
        return json.loads(self.send("POST", path, body, "application/json").body)

    def token(self):
        return re.search(rb'name="csrf_token" value="([^"]+)"', self.get("/web/login").body)[1].decode()


@pytest.fixture
def browser(server):
    return Browser(server.port)


def log_in(browser, server):
    answer = browser.form("/web/login", csrf_token=browser.token(), login=server.login, password=server.password)
    assert answer.status == 303
    return answer


def test_a_log_in_changes_the_session_id_and_opens_the_client(server, browser):
    browser.get("/web/login")
    before = browser.cookie

    log_in(browser, server)

    assert browser.cookie != before
    assert browser.get("/odoo").status == 200


def test_a_log_in_with_the_token_of_another_session_is_refused(server, browser):
    stranger = Browser(server.port)

    answer = browser.form("/web/login", csrf_token=stranger.token(), login=server.login, password=server.password)

    assert answer.status == 400
    assert browser.get("/odoo").status == 303


def test_after_log_out_the_old_session_is_worth_nothing(server, browser):
    log_in(browser, server)
    old = browser.cookie
    browser.get("/web/session/logout")

    browser.cookie = old
    answer = browser.call("/web/session/check")

    assert answer["error"]["code"] == 100


def test_a_call_with_a_session_sees_what_the_user_may_see(server, browser):
    log_in(browser, server)

    answer = browser.call("/web/dataset/call_kw", model="res.users", method="search_read",
                          args=[[["login", "=", server.login]]], kwargs={"fields": ["login"]})  # fmt: skip

    assert [row["login"] for row in answer["result"]] == [server.login]


def test_a_call_without_a_session_is_told_that_it_expired(server, browser):
    answer = browser.call("/web/dataset/call_kw", model="res.users", method="search", args=[[]], kwargs={})

    assert answer["error"]["code"] == 100
    assert answer["error"]["data"]["name"] == "odoo.http.SessionExpiredException"


def test_a_changed_password_ends_other_sessions_and_remembered_calls(server, browser):
    admin = service(server)
    me = (server.database, 2, server.password)
    login = f"ann-{uuid.uuid4().hex[:8]}"
    user = admin.execute_kw(*me, "res.users", "create", [{"name": "Ann", "login": login, "password": "first-pw-1"}])
    ann = (server.database, user, "first-pw-1")
    assert admin.execute_kw(*ann, "res.users", "search_count", [[["id", "=", user]]]) == 1
    browser.form("/web/login", csrf_token=browser.token(), login=login, password="first-pw-1")
    assert "error" not in browser.call("/web/session/check")

    admin.execute_kw(*me, "res.users", "write", [[user], {"password": "second-pw-2"}])

    with pytest.raises(xmlrpc.client.Fault) as caught:
        admin.execute_kw(*ann, "res.users", "search_count", [[]])
    assert caught.value.faultCode == 3
    assert browser.call("/web/session/check")["error"]["code"] == 100


def test_the_script_of_the_documents_creates_a_record(server):
    common = service(server, "common")
    uid = common.authenticate(server.database, server.login, server.password, {})
    models = service(server)

    made = models.execute_kw(server.database, uid, server.password, "res.partner", "create", [{"name": "Chair & Co"}])

    assert isinstance(made, int)


def test_fifty_megabytes_of_attachment_travel_both_ways(server):
    models = service(server)
    me = (server.database, 2, server.password)
    data = base64.b64encode(os.urandom(1024) * 20_000).decode()

    made = models.execute_kw(*me, "ir.attachment", "create", [{"name": "big.bin", "datas": data}])
    (read,) = models.execute_kw(*me, "ir.attachment", "read", [[made], ["datas", "file_size"]])

    assert read["file_size"] == 1024 * 20_000
    assert read["datas"] == data
