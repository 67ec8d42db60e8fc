"""SIGHUP: new code and configuration in the same process, and nobody's request fails meanwhile."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from fondaco.modules import databases
from fondaco.modules.registries import Registries
from tests import fix_database, fix_server
from tests.bus.client import Client, closed_with, heard, last_of
from tests.http.test_server import everything, start

PATIENCE_S = 150
BIG = 20 * 1024 * 1024


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end, what()
        time.sleep(0.05)
    return found


# -- clients of a small application ----------------------------------------------------------------------------------
class Crowd:
    """Clients of all kinds, each in its thread, until the end of the block. What goes wrong is in `failures`."""

    def __init__(self, port):
        self.port = port
        self.starts, self.answers, self.failures = set(), 0, []
        self._is_over = threading.Event()
        works = [self.kept, self.kept, self.fresh, self.fresh, self.uploading, self.slow_upload, self.slow_download]
        self._threads = [threading.Thread(target=self._repeat, args=(work,), daemon=True) for work in works]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self._is_over.set()
        for thread in self._threads:
            thread.join(4 * PATIENCE_S)

    def _repeat(self, work):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            while not self._is_over.is_set():
                try:
                    work(connection)
                    self.answers += 1
                except Exception as error:
                    self.failures.append((work.__name__, repr(error)))
                    connection.close()
                time.sleep(0.005)

    def kept(self, connection):
        connection.request("GET", "/start")
        self.starts.add(connection.getresponse().read())

    def fresh(self, _connection):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            self.kept(connection)

    def uploading(self, connection):
        connection.request("POST", "/up", b"x" * 300_000)
        assert b" 300000 " in connection.getresponse().read()

    def slow_upload(self, _connection):
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as sock:
            sock.sendall(b"POST /up HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 400000\r\n\r\n")
            for _ in range(8):
                sock.sendall(b"x" * 50_000)
                time.sleep(0.2)
            assert b" 400000 " in everything(sock)

    def slow_download(self, _connection):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            sock.settimeout(PATIENCE_S)
            sock.connect(("127.0.0.1", self.port))
            sock.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            taken = 0
            while data := sock.recv(400_000):
                taken += len(data)
                time.sleep(0.01)
            assert taken > BIG


@pytest.mark.parametrize("workers", [0, 2], ids=["threads", "processes"])
def test_no_request_fails_while_the_server_is_reloaded(workers):
    server = start(workers)
    quiet = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    quiet.request("GET", "/x")
    quiet.getresponse().read()
    before = quiet.sock.getsockname()

    with Crowd(server.port) as crowd:
        for reloads in (1, 2):
            until(lambda: len(crowd.starts) == reloads, lambda: crowd.starts)
            os.kill(server.process.pid, signal.SIGHUP)
        until(lambda: len(crowd.starts) == 3, lambda: crowd.starts)
        time.sleep(0.5)

    assert crowd.failures == [] and crowd.answers > 50
    quiet.request("GET", "/x")
    assert quiet.getresponse().status == 200 and quiet.sock.getsockname() == before, "the idle connection lives on"
    if workers:
        until(lambda: len(server.children()) == 3, server.children)
    server.process.terminate()
    assert server.process.wait(60) == 0


# -- a whole server --------------------------------------------------------------------------------------------------
def write(addon, answer):
    """Have the addon answer this."""
    addon.write_text(
        "from odoo import api, models\n\n\nclass Word(models.AbstractModel):\n    _name = 'word'\n"
        f"    _description = 'A word'\n\n    @api.model\n    def say(self):\n        return {answer!r}\n"
    )


class Reloaded:
    """A server with an addon of its own whose code and settings the test changes."""

    def __init__(self, server, addon):
        self.server, self.addon = server, addon
        self.conf = server.logfile.with_suffix(".conf")
        self.client = Client(server)

    def say(self):
        return self.client.call("word", "say")

    def configure(self, line):
        name = line.partition(" ")[0]
        lines = [old for old in self.conf.read_text().splitlines() if old.partition(" ")[0] != name]
        self.conf.write_text("\n".join([*lines, line, ""]))

    def count(self, logged):
        return self.server.logfile.read_text().count(logged)

    def hang_up(self, logged):
        """SIGHUP, and wait for this line."""
        before = self.count(logged)
        os.kill(self.server.pid, signal.SIGHUP)
        until(lambda: self.count(logged) > before, lambda: self.server.logfile.read_text()[-4000:])

    def workers(self):
        return len(Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text().split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reload-addons")
    (folder / "word").mkdir()
    (folder / "word" / "__manifest__.py").write_text("{'name': 'Word', 'depends': ['bus'], 'license': 'LGPL-3'}")
    (folder / "word" / "__init__.py").write_text("from . import models\n")
    (folder / "word" / "models.py").write_text("")
    return folder


@pytest.fixture(scope="module")
def word(config, pools, folder):
    """(settings, database) with the module."""
    settings = config.replace(addons_path=[str(folder)], max_cron_threads=1)
    registries = Registries(settings, pools)
    name = fix_database.create(registries, ("word",))
    yield settings, name
    databases.drop(registries, name)


@contextlib.contextmanager
def serving(word, folder, directory, workers):
    settings, name = word
    addon = folder / "word" / "models.py"
    write(addon, "old")
    with fix_server.serving(settings.replace(workers=workers), name, directory) as server:
        yield Reloaded(server, addon)


@pytest.fixture(scope="module", params=[0, 1], ids=["threads", "processes"])
def reloaded(request, word, folder, tmp_path_factory):
    """One server of each mode for the tests below: each leaves it serving, with settings that are right."""
    with serving(word, folder, tmp_path_factory.mktemp("reload"), request.param) as running:
        yield running


DONE = "reload done"


def test_new_code_and_configuration_serve_in_the_same_process(reloaded):
    last, before = last_of(reloaded.client), reloaded.say()
    with reloaded.client.websocket(last=last) as ws:
        write(reloaded.addon, before + " and new")
        reloaded.configure("websocket_rate_limit_burst = 3")

        reloaded.hang_up(DONE)
        until(lambda: reloaded.say() == before + " and new", reloaded.say)

        assert closed_with(ws) == 1001, "a websocket is asked to come again"
    reloaded.client.send("room", "after the reload")
    with reloaded.client.websocket(last=last) as ws:
        assert heard(ws, 1) == ["after the reload"]
        with contextlib.suppress(ConnectionClosed):  # it may be closed before all are sent
            for _ in range(30):
                ws.send("{}")
        assert closed_with(ws) == 1013, "three messages at once are the limit now"


def test_a_configuration_that_is_wrong_is_refused_and_the_old_one_serves_on(reloaded):
    good, before = reloaded.conf.read_text(), reloaded.say()
    write(reloaded.addon, before + " and newer")
    reloaded.configure("workers = many")

    reloaded.hang_up("reload refused, the server goes on as it was")
    reloaded.conf.write_text(good)

    said = reloaded.server.logfile.read_text().rpartition("reload refused")[2]
    assert f"{reloaded.conf}:" in said and "found 'many', expected" in said
    assert reloaded.say() == before


def test_code_that_cannot_be_loaded_is_refused_and_the_old_code_serves_on(reloaded):
    before = reloaded.say()
    reloaded.addon.write_text("this is no Python\n")

    reloaded.hang_up("reload refused, the server goes on as it was")
    write(reloaded.addon, before)

    assert "this is no Python" in reloaded.server.logfile.read_text().rpartition("reload refused")[2]
    assert reloaded.say() == before


def test_a_start_that_fails_after_its_rehearsal_is_tried_again_while_the_old_server_serves(reloaded):
    if not reloaded.workers():
        pytest.skip("threads have made room by then: requests wait, as in the first test")
    before = reloaded.say()

    reloaded.hang_up("reloading: the new server starts")
    reloaded.addon.write_text("this is no Python\n")
    until(lambda: reloaded.count("the new server did not start"), lambda: "it started")
    still = reloaded.say()
    write(reloaded.addon, before + " and mended")
    until(lambda: reloaded.say() == before + " and mended", reloaded.say)

    assert still == before


def test_a_job_that_runs_finishes_and_runs_once(reloaded):
    def made():
        return reloaded.client.call("res.partner", "search_count", [("name", "=", "job of the reload")])

    def started():
        return len(re.findall("long job.* starting", reloaded.server.logfile.read_text()))

    before, jobs = made(), started()
    (model,) = reloaded.client.call("ir.model", "search", [("model", "=", "res.partner")])
    code = "env.cr.execute('SELECT pg_sleep(4)')\nenv['res.partner'].create({'name': 'job of the reload'})"
    job = reloaded.client.call("ir.cron", "create", {
        "name": "long job", "model_id": model, "state": "code", "code": code, "interval_number": 1,
        "interval_type": "days", "nextcall": "2020-01-01 00:00:00", "user_id": reloaded.client.uid,
    })  # fmt: skip
    until(lambda: started() > jobs, lambda: reloaded.server.logfile.read_text()[-4000:])

    reloaded.hang_up(DONE)
    until(lambda: made() > before, lambda: "the job did not finish")

    assert (made(), started()) == (before + 1, jobs + 1)
    reloaded.client.call("ir.cron", "unlink", [job])


def test_the_mode_may_change(word, folder, tmp_path):
    with serving(word, folder, tmp_path, workers=0) as reloaded:
        quiet = http.client.HTTPConnection("127.0.0.1", reloaded.server.port, timeout=PATIENCE_S)
        quiet.request("GET", "/web/health")
        quiet.getresponse().read()

        reloaded.configure("workers = 2")
        reloaded.hang_up(DONE)
        quiet.request("GET", "/web/health")
        assert quiet.getresponse().status == 200
        assert reloaded.workers() >= 4, "dispatcher, two workers, the bus"

        reloaded.configure("workers = 0")
        reloaded.hang_up(DONE)
        assert reloaded.say() == "old"
        until(lambda: reloaded.workers() == 0, reloaded.workers)
        quiet.close()
