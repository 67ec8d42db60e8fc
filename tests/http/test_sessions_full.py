"""The folder of the sessions cannot be written (a full disk, a quota, a wrong owner): what is answered and logged?"""

from __future__ import annotations

import errno
import os
import re

import pytest
from werkzeug.test import Client

from fondaco.http.application import Application
from fondaco.rpc.endpoints import Endpoints
from tests import fix_database


@pytest.fixture
def application(server, registries, config, tmp_path):
    """A server of its own sessions on the database of the run."""
    alone = config.replace(data_dir=str(tmp_path), db_name=[server.database], dbfilter=f"^{server.database}$")
    return Application(registries, alone, direct=Endpoints(registries, alone).handlers())


@pytest.fixture(params=["a full disk", "a file in its place"])
def lose_the_folder(request, application, tmp_path, monkeypatch):
    """From its call on no session can be written; the reason that the log is to tell."""

    def full(path, flags, *more, **others):
        if flags & os.O_CREAT and str(path).startswith(str(tmp_path)):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        return opened(path, flags, *more, **others)

    def lose():
        if request.param == "a full disk":
            monkeypatch.setattr(os, "open", full)
            return "No space left on device"
        if (tmp_path / "sessions").exists():
            (tmp_path / "sessions").rename(tmp_path / "former")
        (tmp_path / "sessions").write_text("not a folder")
        return "Not a directory|File exists"

    opened = os.open
    return lose


def form(client):
    page = client.get("/web/login")
    assert page.status_code == 200
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    return {"csrf_token": token, "login": fix_database.LOGIN, "password": fix_database.PASSWORD}


def test_a_log_in_is_answered_with_503_and_a_sentence_and_the_log_says_what_to_mend(
    application, lose_the_folder, caplog, monkeypatch, tmp_path
):
    client, wanted = Client(application), lose_the_folder()

    answer = client.post("/web/login", data=form(client))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "cannot keep your log-in for the moment" in answer.text and "Traceback" not in answer.text
    told = [record.getMessage() for record in caplog.records if record.getMessage().startswith("sessions: ")]
    assert len(told) == 1, "once, however many requests meet it"
    assert re.search(wanted, told[0]) and "expected a folder" in told[0] and "next: look at `df -h " in told[0]

    monkeypatch.undo()
    if (tmp_path / "sessions").is_file():
        (tmp_path / "sessions").unlink()
    assert client.post("/web/login", data=form(client)).status_code == 303, "and then it goes on by itself"
    assert client.get("/odoo").status_code == 200


@pytest.mark.parametrize("lose_the_folder", ["a full disk"], indirect=True)
def test_a_call_that_logs_in_is_told_the_same(application, lose_the_folder, server):
    client = Client(application)
    lose_the_folder()
    params = {"db": server.database, "login": fix_database.LOGIN, "password": fix_database.PASSWORD}

    answer = client.post("/web/session/authenticate", json={"jsonrpc": "2.0", "id": 1, "params": params})

    error = answer.json["error"]
    assert error["code"] == 503 and "cannot keep your log-in" in error["data"]["message"]


@pytest.mark.parametrize("path", ["/web/login", "/web/health", "/web/static/img/favicon.ico", "/web/login?debug=1"])
def test_a_stranger_gets_pages_that_need_no_session(application, lose_the_folder, path):
    lose_the_folder()

    assert Client(application).get(path).status_code == 200


@pytest.mark.parametrize("lose_the_folder", ["a full disk"], indirect=True)
def test_who_is_logged_in_works_on_and_may_leave(application, lose_the_folder):
    client = Client(application)
    assert client.post("/web/login", data=form(client)).status_code == 303
    lose_the_folder()

    assert client.get("/odoo", headers={"User-Agent": "another, which is noted"}).status_code == 200
    assert client.get("/web/session/logout").status_code == 303
    assert client.get("/odoo").status_code == 303, "the old id is worth nothing"
