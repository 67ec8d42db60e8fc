"""What is over a limit ends, and nothing else does (rows W4, W5, W6): real servers, real requests that misbehave."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest
import requests

from fondaco.modules import databases
from fondaco.modules.registries import Registries
from tests import fix_database
from tests.fix_server import serving

ADDON = {
    "__manifest__.py": "{'name': 'Misbehaviour', 'depends': ['web'], 'license': 'LGPL-3'}",
    "__init__.py": "from . import models",
    "models.py": dedent(
        """
        import hashlib, logging, mmap, os, time
        from odoo import models, api

        kept = []
        logger = logging.getLogger(__name__)

        class Misbehaviour(models.TransientModel):
            _name = "misbehaviour"
            _description = "Requests that take too much"

            def _begun(self, what):
                self.env["ir.config_parameter"].set_param(f"misbehaviour.{what}", str(os.getpid()))
                logger.warning("%s begun by %s", what, os.getpid())

            @api.model
            def forget(self):
                self.env["ir.config_parameter"].search([("key", "like", "misbehaviour.")]).unlink()
                return True

            @api.model
            def worker(self):
                return os.getpid()

            @api.model
            def wait_in_sql(self, seconds):
                self._begun("wait_in_sql")
                self.env.cr.execute("SELECT pg_sleep(%s)", [seconds])
                return "done"

            @api.model
            def loop(self, seconds):
                self._begun("loop")
                self.env.cr.execute("SELECT %s AS before_the_loop", [seconds])
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    pass
                return "done"

            @api.model
            def loop_that_catches(self, seconds):
                self._begun("loop_that_catches")
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    try:
                        self.env.cr.execute("SELECT pg_sleep(0.05)")
                    except Exception:
                        self.env.cr.rollback()
                return "done"

            @api.model
            def hang(self):
                hashlib.pbkdf2_hmac("sha512", b"x", b"y", 200_000_000)

            @api.model
            def hold(self, mebibytes):
                held = [bytes([number % 256]) * 2**20 for number in range(mebibytes)]
                return len(held)

            @api.model
            def reserve(self, mebibytes):
                # Address space alone: nothing of it is ever touched.
                kept.append(mmap.mmap(-1, mebibytes * 2**20))
                return os.getpid()

            @api.model
            def hold_slowly(self, mebibytes):
                held = []
                for number in range(mebibytes):
                    held.append(bytearray(os.urandom(1024)) * 1024)
                    time.sleep(0.005)
                return len(held)
        """
    ),
}
PATIENCE_S = 120
CPU_S = 2  # a password that is looked up for the first time takes a third of a second, and more on a slow machine
REAL_S = 6  # far more than an innocent request takes on a machine that is busy with other tests


@pytest.fixture(scope="module")
def misbehaving(config, pools, tmp_path_factory):
    """(settings, database) with a module whose methods misbehave."""
    folder = tmp_path_factory.mktemp("addons")
    (folder / "misbehaviour").mkdir()
    for name, content in ADDON.items():
        (folder / "misbehaviour" / name).write_text(content)
    settings = config.replace(addons_path=[str(folder)], limit_time_real=REAL_S, limit_time_cpu=0)
    registries = Registries(settings, pools)
    name = fix_database.create(registries, ("misbehaviour",))
    yield settings, name
    databases.drop(registries, name)


class Caller:
    def __init__(self, server):
        self.server = server
        self.begun = server.logfile.stat().st_size

    def __call__(self, method, *arguments):
        """The `result` of a call; an error is returned as (class, sentence)."""
        parameters = [self.server.database, 2, fix_database.PASSWORD, "misbehaviour", method, list(arguments)]
        body = {"params": {"service": "object", "method": "execute_kw", "args": parameters}}
        answer = requests.post(f"{self.server.url}/jsonrpc", json=body, timeout=PATIENCE_S)
        answer = answer.json()
        if "error" in answer:
            data = answer["error"]["data"]
            return data["name"].rpartition(".")[2], data["message"]
        return answer["result"]

    def noted(self, what):
        parameters = [self.server.database, 2, fix_database.PASSWORD, "ir.config_parameter", "get_param"]
        body = {
            "params": {"service": "object", "method": "execute_kw", "args": [*parameters, [f"misbehaviour.{what}"]]}
        }
        return requests.post(f"{self.server.url}/jsonrpc", json=body, timeout=PATIENCE_S).json()["result"]

    def log(self):
        """What the server has written since this caller came."""
        with self.server.logfile.open("rb") as file:
            file.seek(self.begun)
            return file.read().decode()


def one_worker(misbehaving, run_dir, **options):
    settings, name = misbehaving
    return serving(settings.replace(workers=1, limit_time_real=30, **options), name, run_dir)


@pytest.mark.parametrize("workers", [0, 4], ids=["threads", "processes"])
def test_w5_what_is_over_limit_time_real_ends_whatever_it_does_and_others_are_served(misbehaving, run_dir, workers):
    settings, name = misbehaving
    with serving(settings.replace(workers=workers), name, run_dir) as server, ThreadPoolExecutor(3) as clients:
        caller = Caller(server)
        caller("forget")
        asked = {what: clients.submit(caller, what, 60) for what in ("wait_in_sql", "loop", "loop_that_catches")}
        while len(begun := dict(re.findall(r"(\w+) begun by (\d+)", caller.log()))) < len(asked):
            assert not any(answer.done() for answer in asked.values())
            time.sleep(0.05)

        assert caller("worker") is not None
        assert not any(answer.done() for answer in asked.values()), "others are served meanwhile"

        ended = {what: answer.result() for what, answer in asked.items()}
        assert {error for error, _sentence in ended.values()} == {"LimitExceeded"}
        assert all(
            "more than 6 seconds" in sentence and "limit_time_real" in sentence for _error, sentence in ended.values()
        )
        assert all(Path(f"/proc/{pid}").exists() for pid in begun.values()), "the workers live"
        assert not any(caller.noted(what) for what in asked), "nothing was saved"
        log = caller.log()
        assert "work is over limit_time_real and is ended" in log and "uid=2" in log and "path=/jsonrpc" in log
        assert "statement: SELECT pg_sleep(%s)" in log and "in wait_in_sql" in log, "statement and stack are told"
        assert "in loop" in log and " last statement: SELECT %s AS before_the_loop\n" in log
        assert all(f"request={sentence.rpartition('Request id: ')[2]} " in log for _error, sentence in ended.values())


def test_a_request_within_its_time_is_left_alone(misbehaving, run_dir):
    settings, name = misbehaving
    with serving(settings.replace(workers=0), name, run_dir) as server:
        caller = Caller(server)

        assert caller("wait_in_sql", 1) == "done"
        assert caller.noted("wait_in_sql") == str(caller("worker"))


def test_w4_w5_a_worker_that_cannot_be_interrupted_is_replaced(misbehaving, run_dir):
    settings, name = misbehaving
    with serving(settings.replace(workers=1), name, run_dir) as server:
        caller = Caller(server)
        worker = caller("worker")

        with pytest.raises(requests.JSONDecodeError) as caught:
            caller("hang")

        assert caught.value.doc.startswith("502 Bad Gateway")
        assert caller("worker") not in (None, worker)
        assert "work cannot be ended" in caller.log()


def test_w5_limit_time_cpu_counts_what_the_request_computes(misbehaving, run_dir):
    with one_worker(misbehaving, run_dir, limit_time_cpu=CPU_S) as server:
        caller = Caller(server)
        worker = caller("worker")

        assert caller("wait_in_sql", CPU_S + 1) == "done", "waiting is not computing"
        name, sentence = caller("loop", 60)

        assert name == "LimitExceeded" and f"{CPU_S} seconds of processor time" in sentence
        assert caller("worker") == worker


def test_w4_w5_limit_memory_soft_replaces_the_worker_after_its_answer(misbehaving, run_dir):
    with one_worker(misbehaving, run_dir, limit_memory_soft=16 * 2**20) as server:
        caller = Caller(server)

        workers = {caller("worker")}
        deadline = time.monotonic() + PATIENCE_S
        while len(workers) < 2 and time.monotonic() < deadline:
            workers.add(caller("worker"))

        assert len(workers) > 1 and None not in workers, "every answer came, from one worker after the other"
        assert "memory limit" in caller.log()


def test_w4_only_memory_that_is_used_counts(misbehaving, run_dir):
    """The trap of 0:156: other servers compare virtual memory, and recycle workers all the time."""
    soft = 1024
    with one_worker(misbehaving, run_dir, limit_memory_soft=soft * 2**20) as server:
        caller = Caller(server)

        workers = {caller("reserve", soft + 200) for _ in range(3)}

        size = int(re.search(r"VmSize:\s+(\d+)", Path(f"/proc/{workers.copy().pop()}/status").read_text())[1])
        assert size > 3 * soft * 1024
        assert len(workers) == 1 and "memory limit" not in caller.log()


def test_w4_w5_limit_memory_hard_fails_the_request_and_nothing_else(misbehaving, run_dir):
    with one_worker(misbehaving, run_dir, limit_memory_hard=400 * 2**20) as server:
        caller = Caller(server)
        worker = caller("worker")

        name, _sentence = caller("hold", 2000)

        assert name in ("MemoryError", "LimitExceeded")
        assert caller("hold", 50) == 50
        assert caller("worker") == worker or "memory limit" in caller.log()


def test_memory_that_grows_slowly_is_seen_too(misbehaving, run_dir):
    with one_worker(misbehaving, run_dir, limit_memory_hard=400 * 2**20) as server:
        caller = Caller(server)

        assert caller("hold_slowly", 2000)[0] in ("MemoryError", "LimitExceeded")
        assert caller("hold", 50) == 50


def test_w5_limit_request_replaces_the_worker_and_fails_nobody(misbehaving, run_dir):
    with one_worker(misbehaving, run_dir, limit_request=5) as server:
        caller = Caller(server)

        workers = [caller("worker")]
        deadline = time.monotonic() + 60
        while len(set(workers)) < 3 and time.monotonic() < deadline:
            workers.append(caller("worker"))

        assert len(set(workers)) == 3 and None not in workers
        assert "max request (5) reached." in caller.log()
