"""The log of a running server: a file that is moved away under load (row W20), lines of JSON, numbers of requests."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests import fix_database
from tests.fix_server import serving

SHIPPED = Path(__file__).parents[2] / "deploy" / "logrotate.d" / "fondaco"
VISITORS, VISITS, ROTATIONS = 4, 60, 4


def rotate(logfile: Path, folder: Path) -> None:
    """What the machine does at night, with the file we ship."""
    settings = folder / "logrotate.conf"
    # under load nobody waits for a day, and the last piece is to be read as text
    text = SHIPPED.read_text().replace("/var/log/fondaco/*.log", str(logfile)).replace("    compress\n", "")
    settings.write_text(f"su root root\n{text}")
    command = ["logrotate", "--force", "--state", str(folder / "state"), str(settings)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="no logrotate here: install the package logrotate")
def test_w20_no_line_is_lost_while_the_file_is_moved_away(config, database, tmp_path):
    logfile = tmp_path / "fondaco.log"
    settings = config.replace(logfile=str(logfile), workers=2, max_cron_threads=0)

    asked: list[str] = []
    enough = threading.Event()

    def visit(number: int) -> None:
        for visited in itertools.count():
            if enough.is_set() and visited >= VISITS:
                return
            visitor = requests.Session()
            assert visitor.get(f"{server.url}/nothing-{number}-{visited}", timeout=60).status_code == 404
            asked.append(f"/nothing-{number}-{visited}")

    with serving(settings, database, tmp_path) as server, ThreadPoolExecutor(VISITORS) as visitors:
        visits = [visitors.submit(visit, number) for number in range(VISITORS)]
        try:
            for rotation in range(ROTATIONS):
                rotate(logfile, tmp_path)
                while len(asked) < (rotation + 1) * VISITS and not any(visit.done() for visit in visits):
                    time.sleep(0.01)
        finally:
            enough.set()
        for visit_ in visits:
            visit_.result()

    pieces = sorted(tmp_path.glob("fondaco.log*"))
    assert len(pieces) > 2
    lines = [line for piece in pieces for line in piece.read_text().split("\n") if "/nothing-" in line]
    assert sorted(line.split('"GET ')[1].split()[0] for line in lines) == sorted(asked)
    assert all(line.startswith("20") and line.count(" werkzeug: ") == 1 for line in lines), "a line was cut"


@pytest.fixture(scope="module")
def told(config, database, tmp_path_factory):
    """A server that logs JSON, behind a proxy: told(answer) is the access line of an answer."""
    folder = tmp_path_factory.mktemp("json")
    logfile = folder / "fondaco.log"
    with serving(config.replace(logfile=str(logfile), log_format="json", proxy_mode=True), database, folder) as server:

        def told(answer: requests.Response) -> dict:
            lines = [json.loads(line) for line in logfile.read_text().splitlines()]
            number = answer.headers["X-Request-Id"]
            (line,) = [line for line in lines if line["logger"] == "werkzeug" and line["request_id"] == number]
            return line

        told.server = server
        told.lines = lambda: [json.loads(line) for line in logfile.read_text().splitlines()]
        yield told


def test_a_line_of_json_says_who_asked_what_and_what_it_cost(told, database):
    visitor, url = requests.Session(), told.server.url
    params = {"db": database, "login": fix_database.LOGIN, "password": fix_database.PASSWORD}
    visitor.post(f"{url}/web/session/authenticate", json={"params": params}, timeout=30)
    call = {"model": "res.partner", "method": "search_count", "args": [[]], "kwargs": {}}

    page = told(
        visitor.get(f"{url}/web/login?access_token=secret", timeout=30, headers={"X-Forwarded-For": "192.0.2.9"})
    )
    method = told(visitor.post(f"{url}/web/dataset/call_kw", json={"params": call}, timeout=30))
    arguments = [database, 2, fix_database.PASSWORD, "res.partner", "search_count", []]
    rpc = {"params": {"service": "object", "method": "execute", "args": arguments}}
    service = told(requests.post(f"{url}/jsonrpc", json=rpc, timeout=30))

    assert (page["method"], page["path"], page["route"]) == ("GET", "/web/login?access_token=***", "/web/login")
    assert (page["status"], page["address"], page["uid"], page["db"]) == (200, "192.0.2.9", 2, database)
    assert page["time"].endswith("+00:00") and page["ms"] > 0
    assert (method["call"], method["route"]) == ("res.partner.search_count", "/web/dataset/call_kw")
    assert method["sql_count"] >= 1 and 0 < method["sql_ms"] < method["ms"]
    assert (service["call"], service["uid"], service["db"]) == ("res.partner.search_count", 2, database)
    assert service["sql_count"] >= 1


def test_the_number_of_a_request_is_that_of_the_proxy_where_one_is_trusted(told):
    url = f"{told.server.url}/web/login"

    given = requests.get(url, timeout=30, headers={"X-Request-Id": "edge-4711"})
    odd = requests.get(url, timeout=30, headers={"X-Request-Id": 'a" b'})

    assert (given.headers["X-Request-Id"], told(given)["request_id"]) == ("edge-4711", "edge-4711")
    assert odd.headers["X-Request-Id"] == told(odd)["request_id"] != 'a" b'


def test_a_failure_of_the_server_is_found_by_the_number_that_its_page_shows(told, database):
    arguments = [database, 2, fix_database.PASSWORD, "res.partner", "search", [["nothing", "=", 1]]]
    rpc = {"params": {"service": "object", "method": "execute", "args": arguments}}

    answer = requests.post(f"{told.server.url}/jsonrpc", json=rpc, timeout=30)

    number = answer.headers["X-Request-Id"]
    about = [line for line in told.lines() if line.get("request_id") == number]
    assert [line["logger"] for line in about if "exception" in line] != []
    assert {line["db"] for line in about} == {database}


def test_probes_that_find_all_well_say_nothing(told):
    assert requests.get(f"{told.server.url}/web/health", timeout=30).json() == {"status": "pass"}
    assert requests.get(f"{told.server.url}/websocket/health", timeout=30).status_code == 200

    assert not [line for line in told.lines() if "health" in line.get("path", "")]
