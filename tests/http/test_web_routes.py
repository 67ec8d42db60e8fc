"""The routes of the client as a program meets them: pages, log-in, session, files. A real server."""

from __future__ import annotations

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any

import pytest


class Answer:
    """Status, headers and text of an answer; redirections are answers too."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status if hasattr(response, "status") else response.code
        self.headers = response.headers
        self.body: bytes = response.read()

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return self.headers["Location"]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


class Visitor:
    """Someone with a cookie jar."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), _NoRedirect)

    def ask(self, path: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(self.server.url + path, data, dict(headers or {}))
        try:
            return Answer(self.opener.open(request, timeout=30))
        except urllib.error.HTTPError as error:
            return Answer(error)

    def call(self, path: str, **params: Any) -> dict[str, Any]:
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}).encode()
        request = urllib.request.Request(self.server.url + path, body, {"Content-Type": "application/json"})
        return json.loads(self.opener.open(request, timeout=30).read())

    def log_in(self, redirect: str = "", **other: str) -> Answer:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.ask("/web/login").text)[1]
        form = {"csrf_token": token, "login": self.server.login, "password": self.server.password, "redirect": redirect}
        return self.ask("/web/login", {**form, **other})


@pytest.fixture
def visitor(server: Any) -> Visitor:
    return Visitor(server)


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/", "/odoo"),
        ("/?debug=1", "/odoo?debug=1"),
        ("/odoo", "/web/login?redirect=%2Fodoo%3F"),
        ("/odoo/contacts/5?debug=assets", "/web/login?redirect=%2Fodoo%2Fcontacts%2F5%3Fdebug%3Dassets"),
        ("/web", "/web/login?redirect=%2Fweb%3F"),
        ("/web/session/logout", "/odoo"),
    ],
)
def test_an_unknown_visitor_is_sent_to_the_log_in(visitor, path, location):
    answer = visitor.ask(path)

    assert (answer.status, answer.location) == (303, location)


def test_m17_a_user_is_created_and_logs_in(server):
    admin, colleague = Visitor(server), Visitor(server)
    admin.log_in()

    def call(model, method, *args):
        answer = admin.call(
            f"/web/dataset/call_kw/{model}/{method}", model=model, method=method, args=args, kwargs={}
        )  # fmt: skip
        assert "error" not in answer, answer
        return answer["result"]

    entered = {
        "name": "Bianca Cappello",
        "login": f"bianca-{uuid.uuid4().hex[:8]}@example.com",
        "password": "Rialto-1548-bridge",
    }
    ((user,),) = [[row["id"]] for row in call("res.users", "web_save", [], entered, {"login": {}})]
    welcome = colleague.log_in(login=entered["login"], password=entered["password"])

    assert (welcome.status, welcome.location) == (303, "/odoo")
    known = colleague.call("/web/session/get_session_info")["result"]
    assert (known["uid"], known["name"], known["is_internal_user"]) == (user, "Bianca Cappello", True)
    assert colleague.ask("/odoo").status == 200
    wrong = Visitor(server).log_in(login=entered["login"], password="another")
    assert wrong.status == 200 and 'id="login-error"' in wrong.text
    call("res.users", "unlink", [user])


def test_only_those_who_work_in_the_client_are_told_what_the_server_is_made_of(server):
    admin, customer = Visitor(server), Visitor(server)
    admin.log_in()

    def call(model, method, *args):
        return admin.call("/web/dataset/call_kw", model=model, method=method, args=args, kwargs={})["result"]

    _model, portal = call("ir.model.data", "check_object_reference", "base", "group_portal")
    entered = {"name": "Customer", "login": f"customer-{uuid.uuid4().hex[:8]}", "password": "Buys-1548-things"}
    user = call("res.users", "create", {**entered, "groups_id": [[6, 0, [portal]]]})
    customer.log_in(login=entered["login"], password=entered["password"])
    refused = customer.call("/web/about")
    call("res.users", "unlink", [user])

    assert admin.call("/web/about")["result"]["postgresql"]
    assert refused["error"]["data"]["name"].endswith("AccessError"), refused


def test_the_log_in_page_has_the_fields_every_password_manager_knows(visitor):
    answer = visitor.ask("/web/login?redirect=/odoo/settings")

    assert answer.status == 200
    assert 'name="login"' in answer.text and 'autocomplete="username"' in answer.text
    assert 'name="password"' in answer.text and 'autocomplete="current-password"' in answer.text
    assert 'name="redirect" value="/odoo/settings"' in answer.text
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


def test_a_form_without_our_token_is_refused(visitor, server):
    visitor.ask("/web/login")

    answer = visitor.ask("/web/login", {"login": server.login, "password": server.password})

    assert answer.status == 400


def test_s11_a_log_in_leads_inside_and_the_session_gets_another_id(visitor):
    visitor.ask("/web/login")
    before = {cookie.value for cookie in visitor.jar}

    answer = visitor.log_in()

    assert (answer.status, answer.location) == (303, "/odoo")
    assert before.isdisjoint(cookie.value for cookie in visitor.jar)


@pytest.mark.parametrize(
    ("redirect", "location"),
    [("/odoo/action-1", "/odoo/action-1"), ("http://evil.example.com/x", "/x"), ("//evil.example.com/x", "/x")],
)
def test_a_log_in_leads_nowhere_else(visitor, redirect, location):
    assert visitor.log_in(redirect).location == location


def test_what_was_typed_is_shown_as_text(visitor):
    answer = visitor.log_in(login='"><script>alert(1)</script>', password="x")

    assert answer.status == 200
    assert "<script>alert" not in answer.text
    assert "Wrong login/password" in answer.text


def test_the_page_of_the_client_carries_session_and_modules_under_a_policy(visitor, server):
    visitor.log_in()

    answer = visitor.ask("/odoo")

    info = json.loads(re.search(r'id="session-info"[^>]*>([^<]*)<', answer.text)[1])
    imports = json.loads(re.search(r'type="importmap"[^>]*>([^<]*)<', answer.text)[1])["imports"]
    assert (info["db"], info["username"]) == (server.database, server.login)
    assert re.fullmatch(r"/web/assets/[0-9a-f]+/web\.assets_backend\.joined\.js", imports["@web/core/registry"])
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "script-src 'self' 'nonce-" in answer.headers["Content-Security-Policy"]


def test_every_file_the_page_names_is_there(visitor):
    visitor.log_in()
    joined, apart = visitor.ask("/odoo").text, visitor.ask("/odoo?debug=assets").text

    named, singly = (
        set(re.findall(r'(?:href|src)="(/web/(?:static|assets)/[^"]+)"', page)) for page in (joined, apart)
    )

    assert len(named) < 20 < 50 < len(singly)
    assert {url: visitor.ask(url).status for url in named | singly} == dict.fromkeys(named | singly, 200)


def test_the_menus_may_be_kept_as_long_as_their_hash_holds(visitor):
    visitor.log_in()
    info = visitor.call("/web/session/get_session_info")["result"]

    answer = visitor.ask(f"/web/webclient/load_menus/{info['cache_hashes']['load_menus']}")

    menus = json.loads(answer.text)
    names = {menus[str(child)]["name"] for child in menus["root"]["children"]}
    assert {"Contacts", "Products"} <= names
    assert answer.headers["Cache-Control"] == "public, max-age=31536000"


def test_texts_of_a_language_or_module_that_is_not_installed_are_none(visitor):
    answer = json.loads(visitor.ask("/web/webclient/translations/any?lang=fr_X1&mods=web,nosuch").text)

    # As recorded: the language is null, and how it writes is what US English does.
    assert (answer["lang"], answer["lang_parameters"]["code"]) == (None, "en_US")
    assert answer["modules"] == {"web": {"messages": []}, "nosuch": {"messages": []}}


def test_a_session_ends_with_the_log_out(visitor):
    visitor.log_in()
    assert "error" not in visitor.call("/web/session/check")

    visitor.ask("/web/session/logout")

    assert visitor.call("/web/session/check")["error"]["code"] == 100


def test_an_action_is_found_by_id_xmlid_and_path_and_a_missing_one_is_named(visitor):
    visitor.log_in()
    by_xmlid = visitor.call("/web/action/load", action_id="contacts.action_contacts")["result"]

    by_path = visitor.call("/web/action/load", action_id="contacts")["result"]
    by_id = visitor.call("/web/action/load", action_id=by_xmlid["id"])["result"]
    missing = visitor.call("/web/action/load", action_id="base.nosuch")["error"]

    assert by_xmlid["res_model"] == "res.partner"
    assert by_path == by_id == by_xmlid
    assert missing["data"]["name"] == "odoo.addons.web.controllers.action.MissingActionError"
    assert "base.nosuch" in missing["data"]["message"]


@pytest.mark.parametrize("path", ["/web/health", "/web/health?db_server_status=1"])
def test_a_probe_leaves_no_session(visitor, path):
    answer = visitor.ask(path)

    assert answer.status == 200
    assert json.loads(answer.text)["status"] == "pass"
    assert answer.headers["Set-Cookie"] is None


def test_a_picture_that_is_not_there_is_a_placeholder_unless_it_is_to_be_saved(visitor):
    visitor.log_in()

    shown = visitor.ask("/web/image/res.partner/99999999/image_128")
    saved = visitor.ask("/web/image/res.partner/99999999/image_128?download=1")

    assert (shown.status, shown.headers["Content-Type"]) == (200, "image/png")
    assert saved.status == 404


def test_a_report_opens_as_a_page_and_failures_of_a_download_are_told(visitor: Visitor) -> None:
    path = "/report/html/base.report_irmodeloverview/1"
    assert visitor.ask(path).status == 303
    visitor.log_in()

    page = visitor.ask(path)
    assert page.status == 200 and "<title>Report</title>" in page.text
    assert visitor.ask("/report/text/base.report_irmodeloverview/1").headers["Content-Type"].startswith("text/plain")
    assert visitor.ask("/report/html/base.no_such_report/1").status == 500
    assert visitor.ask("/report/html/base.report_irmodeloverview/99999999").status == 404
    printed = visitor.ask("/report/pdf/base.report_irmodeloverview/1")
    assert printed.headers["Content-Type"] == "application/pdf" and printed.body.startswith(b"%PDF-")
    code = visitor.ask("/report/barcode/EAN13/4012345678901?width=200&height=60")
    assert (code.status, code.headers["Content-Type"]) == (200, "image/png")

    token = re.search(r'csrf_token: ?"([^"]+)"|"csrf_token": ?"([^"]+)"', visitor.ask("/odoo").text)
    assert token is not None
    form = {
        "csrf_token": token[1] or token[2],
        "data": json.dumps(["/report/text/base.report_irmodeloverview/1", "qweb-text"]),
        "context": "{}",
    }
    assert "attachment" in visitor.ask("/report/download", form).headers["Content-Disposition"]
    form["data"] = json.dumps(["/report/pdf/base.report_irmodeloverview/1", "qweb-pdf"])
    saved = visitor.ask("/report/download", form)
    assert saved.body.startswith(b"%PDF-") and ".pdf" in saved.headers["Content-Disposition"]
    form["data"] = json.dumps(["/report/text/base.no_such_report/1", "qweb-text"])
    assert "base.no_such_report" in visitor.ask("/report/download", form).text
