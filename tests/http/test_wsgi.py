"""Under a foreign WSGI server: the launcher script of the manual in real gunicorn, and the companion beside it."""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from websockets.exceptions import InvalidStatus

from tests import fix_database
from tests.bus.client import Client, heard, last_of
from tests.fix_server import CONNECTION, free_port, serving
from tests.processes import ended

LAUNCHER = Path(__file__).parents[2] / "docs" / "operator" / "fondaco_wsgi.py"
PATIENCE_S = 60


@pytest.fixture(scope="module")
def launcher(config, database, tmp_path_factory):
    """The script of the manual, edited as it asks: another database, this PostgreSQL."""
    folder = tmp_path_factory.mktemp("wsgi")
    text = LAUNCHER.read_text().replace('["shop"]', repr([database]))
    given = {key: config[key] for key in ("data_dir", *CONNECTION) if config[key] and key not in ("db_host", "db_user")}
    text = text.replace("    list_db=False,\n", f"    list_db=False,\n    **{given!r},\n")
    (folder / "fondaco_wsgi.py").write_text(text)
    return folder


@pytest.fixture(scope="module")
def mounted(config, database, launcher):
    """The application in gunicorn: a `server` as `Client` wants it."""
    port = free_port()
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FONDACO_")}
    environ |= {"DB_HOST": str(config["db_host"]), "DB_USER": str(config["db_user"])}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--chdir", str(launcher), "--workers", "2", "--bind", f"127.0.0.1:{port}",
         "fondaco_wsgi:application"],
        env=environ, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    server = SimpleNamespace(
        url=f"http://127.0.0.1:{port}", port=port, database=database, login=fix_database.LOGIN,
        password=fix_database.PASSWORD,
    )  # fmt: skip
    try:
        end = time.monotonic() + PATIENCE_S
        while get(port, "/web/health")[0] != 200:
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.1)
        yield server
    finally:
        ended(process)


@pytest.fixture
def companion(config, database, tmp_path):
    """The companion, for one test: jobs, and websockets on its gevent_port."""
    settings = config.replace(workers=-1, max_cron_threads=1, gevent_port=free_port())
    with serving(settings, database, tmp_path, port=settings["gevent_port"]) as running:
        yield running


@pytest.fixture
def client(mounted):
    return Client(mounted)


def get(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    except OSError:
        return None, b""
    finally:
        connection.close()


@pytest.fixture
def job(client):
    """job(name): a job that is due now and makes a contact of this name; it goes with the test."""
    made = []

    def job(name):
        (model,) = client.call("ir.model", "search", [("model", "=", "res.partner")])
        made.append(client.call("ir.cron", "create", {
            "name": "job beside gunicorn", "model_id": model, "state": "code", "interval_number": 1,
            "code": f"env['res.partner'].create({{'name': {name!r}}})", "interval_type": "days",
            "nextcall": "2020-01-01 00:00:00", "user_id": client.uid,
        }))  # fmt: skip

    yield job
    client.call("ir.cron", "unlink", made)


def test_g1_g2_the_launcher_serves_client_pages_and_web_services(mounted, client):
    pages = {path: get(mounted.port, path, Cookie=client.cookie) for path in ("/web/login", "/odoo")}

    assert {path: status for path, (status, _body) in pages.items()} == {"/web/login": 200, "/odoo": 200}
    linked = re.findall(rb'(?:href|src)="(/[^"]+)"', pages["/web/login"][1])
    assert linked and {get(mounted.port, path.decode())[0] for path in linked} == {200}
    assert client.call("res.users", "search_count", [("id", "=", client.uid)]) == 1
    assert client.post("/web/session/get_session_info")["result"]["uid"] == client.uid


def test_g1_a_setting_that_does_not_exist_is_told_with_its_name(launcher, tmp_path):
    (tmp_path / "fondaco_wsgi.py").write_text((launcher / "fondaco_wsgi.py").read_text().replace("list_db", "lits_db"))

    done = subprocess.run(
        [sys.executable, "-c", "import fondaco_wsgi"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1 and "there is no option 'lits_db'" in done.stderr


def test_g2_jobs_and_websockets_are_not_its_business(mounted, client, job):
    job("alone")
    time.sleep(2)

    assert client.call("res.partner", "search_count", [("name", "=", "alone")]) == 0
    with pytest.raises(InvalidStatus) as caught, client.websocket():
        pass
    assert caught.value.response.status_code == 503


def test_g3_the_companion_runs_each_job_once_and_opens_no_other_port(mounted, client, companion, job):
    word = secrets.token_hex(4)
    for number in range(5):
        job(f"{word} {number}")
    domain = [("name", "=like", f"{word} %")]
    end = time.monotonic() + PATIENCE_S
    while client.call("res.partner", "search_count", domain) < 5:
        assert time.monotonic() < end
        time.sleep(0.1)
    time.sleep(1)

    assert client.call("res.partner", "search_count", domain) == 5
    configured = int(re.search(r"http_port = (\d+)", companion.logfile.with_suffix(".conf").read_text())[1])
    assert get(configured, "/web/health") == (None, b"")


def test_l4_live_news_come_by_the_companion_to_users_of_the_wsgi_server(mounted, client, companion):
    """The log-in, the cookie and what is sent are gunicorn's; websocket and poll are kept by the companion."""
    last = last_of(client)
    body = json.dumps({"jsonrpc": "2.0", "id": 3, "params": {"channels": ["room"], "last": last}})
    headers = {"Content-Type": "application/json", "Cookie": client.cookie}

    with client.websocket(last=last, port=companion.port) as ws:
        poll = http.client.HTTPConnection("127.0.0.1", companion.port, timeout=PATIENCE_S)
        poll.request("POST", "/longpolling/poll", body, headers)
        time.sleep(0.3)
        client.send("room", "across servers")

        assert heard(ws, 1) == ["across servers"]
        answer = json.loads(poll.getresponse().read())["result"]
        poll.close()
    assert [news["message"]["payload"] for news in answer] == ["across servers"]
