"""What a user may not see is not served as a file or picture either, and domains are tried with his rights."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests

TOKEN = b"t0ken of somebody else"


def call(server: Any, session: requests.Session, model: str, method: str, *args: Any, **options: Any) -> Any:
    answer = session.post(
        f"{server.url}/web/dataset/call_kw",
        json={"params": {"model": model, "method": method, "args": args, "kwargs": options}},
        timeout=60,
    ).json()
    assert "error" not in answer, answer["error"]["data"]["message"]
    return answer["result"]


def signed_in(server: Any, login: str, password: str) -> requests.Session:
    session = requests.Session()
    session.post(
        f"{server.url}/web/session/authenticate",
        json={"params": {"db": server.database, "login": login, "password": password}},
        timeout=60,
    ).raise_for_status()
    return session


@pytest.fixture(scope="module")
def visits(server: Any) -> Iterator[tuple[requests.Session, int, int]]:
    """The session of a clerk, a contact that a rule hides from him, and a file that hangs on it."""
    admin = signed_in(server, server.login, server.password)
    login = "clerk-of-hidden-files"
    clerk = call(server, admin, "res.users", "create", {"name": login, "login": login, "password": "a-long-password"})
    hidden = call(server, admin, "res.partner", "create", {"name": "hidden"})
    content = base64.b64encode(TOKEN).decode()
    file = call(
        server, admin, "ir.attachment", "create",
        {"name": "f.txt", "datas": content, "res_model": "res.partner", "res_id": hidden},
    )  # fmt: skip
    model = call(server, admin, "ir.model", "search", [["model", "=", "res.partner"]])[0]
    domain = f"[('id', '!=', {hidden})]"
    rule = call(server, admin, "ir.rule", "create", {"name": "r", "model_id": model, "domain_force": domain})
    yield signed_in(server, login, "a-long-password"), hidden, file
    call(server, admin, "ir.rule", "unlink", [rule])
    call(server, admin, "res.users", "write", [clerk], {"active": False})


@pytest.mark.parametrize(
    "path",
    [
        "/web/content/{file}",
        "/web/content/{file}/f.txt",
        "/web/content/ir.attachment/{file}/datas",
        "/web/content?model=ir.attachment&id={file}&field=raw",
        "/web/image/{file}",
        "/web/image/ir.attachment/{file}/datas",
        "/web/content/res.partner/{hidden}/name",
        "/web/image/res.partner/{hidden}/avatar_128",
    ],
)
def test_hidden_files_are_not_served(server: Any, visits: Any, path: str) -> None:
    session, hidden, file = visits

    answer = session.get(server.url + path.format(file=file, hidden=hidden), timeout=60)

    assert TOKEN not in answer.content
    assert answer.status_code in (404, 403) or answer.headers["Content-Type"].startswith("image/")


def test_domains_are_tried_with_the_rights_of_the_user(server: Any, visits: Any) -> None:
    session, _hidden, _file = visits

    def tried(model: str, domain: Any) -> Any:
        params = {"params": {"model": model, "domain": domain}}
        return session.post(f"{server.url}/web/domain/validate", json=params, timeout=60).json()

    assert tried("res.partner", [["name", "=", "x"]])["result"] is True
    assert tried("res.partner", [["no_such_field", "=", "x"]])["result"] is False
    assert tried("res.partner", [["id", "=", "x'"]])["result"] is False
    refused = tried("ir.config_parameter", [["value", "=like", "a%"]])
    assert refused["error"]["data"]["name"] == "odoo.exceptions.AccessError"
