"""What somebody without rights meets at a running server: administration, other people's records, closed routes."""

from __future__ import annotations

import re
import uuid
import xmlrpc.client
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from fondaco.http.routing import endpoints
from tests.external_api import service

PASSWORD = "a-password-of-a-clerk"
Call = Callable[..., Any]


@pytest.fixture(scope="module")
def admin(server) -> Iterator[Call]:
    """admin(model, method, *args, **kwargs): as the first user."""
    with service(server) as proxy:
        yield lambda model, method, *args, **named: proxy.execute_kw(
            server.database, 2, server.password, model, method, list(args), named
        )


@pytest.fixture(scope="module")
def clerk(server, admin) -> Iterator[tuple[Call, str, int]]:
    """(call, login, group): somebody who may use the server and look at red tags only."""
    login = f"clerk-{uuid.uuid4().hex[:8]}"
    group = admin("res.groups", "create", {"name": login})
    (model,) = admin("ir.model", "search", [["model", "=", "res.partner.category"]])
    rule = admin(
        "ir.rule", "create",
        {"name": login, "model_id": model, "domain_force": "[('color', '=', 1)]", "groups": [(6, 0, [group])]},
    )  # fmt: skip
    named = [["module", "=", "base"], ["name", "in", ["group_user", "group_allow_export"]]]
    usual = [row["res_id"] for row in admin("ir.model.data", "search_read", named, ["res_id"])]
    groups = [(6, 0, [*usual, group])]
    user = admin("res.users", "create", {"name": login, "login": login, "password": PASSWORD, "groups_id": groups})
    with service(server) as proxy:
        yield (
            lambda model, method, *args, **named: proxy.execute_kw(
                server.database, user, PASSWORD, model, method, list(args), named
            ),
            login,
            group,
        )
    admin("ir.rule", "unlink", [rule])
    admin("res.users", "write", [user], {"active": False})


def is_refused(call: Call, *words: Any) -> bool:
    with pytest.raises(xmlrpc.client.Fault) as caught:
        call(*words)
    return caught.value.faultCode in (3, 4)  # AccessDenied, AccessError


def test_s14_functions_of_administrators_are_refused_over_rpc(admin, clerk) -> None:
    call, login, group = clerk
    (module,) = admin("ir.module.module", "search", [["name", "=", "base"]])
    (me,) = call("res.users", "search", [["login", "=", login]])

    assert is_refused(call, "ir.config_parameter", "search", [])
    assert is_refused(call, "ir.module.module", "button_immediate_upgrade", [module])
    assert is_refused(call, "res.users", "write", [2], {"password": "taken-over"})
    assert is_refused(call, "res.users", "write", [me], {"groups_id": [(4, group)]})
    assert is_refused(call, "ir.rule", "search", [])
    assert is_refused(call, "ir.actions.server", "create", {"name": "code", "state": "code", "model_id": 1})


def test_s14_pages_of_administrators_are_refused(server, clerk) -> None:
    with requests.Session() as visitor:
        page = visitor.get(f"{server.url}/web/login", timeout=30).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        form = {"csrf_token": token, "login": clerk[1], "password": PASSWORD}
        assert visitor.post(f"{server.url}/web/login", data=form, timeout=30, allow_redirects=False).status_code == 303

        asked = {"params": {"model": "ir.config_parameter", "method": "search_read", "args": [[]], "kwargs": {}}}
        answer = visitor.post(f"{server.url}/web/dataset/call_kw", json=asked, timeout=30).json()
        become = visitor.get(f"{server.url}/web/become", timeout=30, allow_redirects=False)
        session = visitor.post(f"{server.url}/web/session/get_session_info", json={"params": {}}, timeout=30).json()

    assert answer["error"]["data"]["name"] == "odoo.exceptions.AccessError"
    assert become.status_code < 500
    assert not session["result"]["is_system"] and session["result"]["username"] == clerk[1]


def test_s15_a_record_rule_holds_in_each_way_that_reads(admin, clerk) -> None:
    call, mark = clerk[0], uuid.uuid4().hex
    red, blue = (
        admin("res.partner.category", "create", {"name": f"{mark} {color}", "color": color}) for color in (1, 2)
    )
    mine = [["name", "like", mark]]

    assert call("res.partner.category", "search", mine) == [red]
    assert call("res.partner.category", "search_count", mine) == 1
    assert [row["id"] for row in call("res.partner.category", "search_read", mine, ["name"])] == [red]
    assert [found for found, _name in call("res.partner.category", "name_search", mark)] == [red]
    (group,) = call("res.partner.category", "read_group", mine, ["color"], ["color"])
    assert group["color_count"] == 1
    assert call("res.partner.category", "export_data", [red], ["name"])["datas"] == [[f"{mark} 1"]]
    for method, words in (("read", (["name"],)), ("write", ({"name": "stolen"},)), ("unlink", ()), ("copy", ()),
                          ("export_data", (["name"],))):  # fmt: skip
        assert is_refused(call, "res.partner.category", method, [blue], *words), method
    admin("res.partner.category", "unlink", [red, blue])


OPEN = {
    "/", "/bus/get_autovacuum_info", "/logo", "/logo.png", "/longpolling/health", "/odoo/offline", "/robots.txt",
    "/websocket/health", "/jsonrpc", "/web/binary/company_logo", "/web/health", "/web/version", "/json/version",
}  # fmt: skip
"""Routes that may be asked by everybody, besides those of log-in, of the manager and of files of the client"""
OPEN_BELOW = (
    "/web/login", "/web/signup", "/web/reset_password", "/web/database/", "/web/assets/", "/web/bundle/",
    "/web/webclient/", "/web/static/", "/web/session/", "/web/content", "/web/image", "/web/manifest",
    "/web/service-worker", "/websocket", "/longpolling", "/xmlrpc/", "/website/translations/", "/report/barcode",
    "/web/filestore/", "/web/set_profiling",
)  # fmt: skip
"""Each of them asks for itself: a password, a token, the right to read that file"""


def test_s17_who_is_nobody_is_asked_to_log_in_wherever_it_is_not_said_otherwise(server, admin) -> None:
    modules = [row["name"] for row in admin("ir.module.module", "search_read", [["state", "=", "installed"]], ["name"])]
    routes = {url: endpoint.routing["auth"] for url, endpoint in endpoints(modules)}
    unasked = [url for url, auth in routes.items() if auth in ("none", "public")]
    asked = [url for url, auth in routes.items() if auth == "user" and "<" not in url]

    unexpected = {url for url in unasked if url not in OPEN and not url.startswith(OPEN_BELOW)}
    assert unexpected == {"/web", "/odoo", "/odoo/<path:subpath>", "/scoped_app/<path:subpath>"} & unexpected
    assert len(asked) > 10
    params = {"model": "res.partner", "method": "search", "args": [[]], "kwargs": {}, "fields": [], "domain": []}
    for url in (*asked, "/web", "/odoo", "/odoo/action-1"):  # the page of the client asks by itself
        answers = (
            requests.get(server.url + url, timeout=30, allow_redirects=False),
            requests.post(server.url + url, json={"params": params}, timeout=30, allow_redirects=False),
        )
        assert all(_is_refusal(answer) for answer in answers), (url, [answer.status_code for answer in answers])


def _is_refusal(answer: requests.Response) -> bool:
    """Sent to the log-in page, told that the session is none, or that this is no way to ask."""
    if answer.status_code in (301, 302, 303, 308):
        return "/web/login" in answer.headers["Location"]
    if answer.status_code == 200:
        error = answer.json().get("error", {})
        assert error, f"{answer.url} answers nobody: {answer.text[:200]}"
        return error["data"]["name"] in ("odoo.http.SessionExpiredException", "odoo.exceptions.AccessDenied")
    return answer.status_code in (400, 401, 403, 404, 405, 415)
