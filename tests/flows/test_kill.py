"""A server, or the PostgreSQL under it, dies in the middle of a thousand creates: what was answered is there, once.

test_durability.py kills both at the same time, as a power cut does; here one dies and the other lives on.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
import xmlrpc.client

import pytest

from fondaco.modules import databases
from fondaco.modules.registries import Registries
from fondaco.sql.connection import Pools
from tests import fix_database
from tests.external_api import service
from tests.fix_server import serving

CREATES = 1000
KILL_AFTER = 150  # answers
# The clients of the standard library leave their sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
REFUSED = (OSError, http.client.HTTPException, xmlrpc.client.Error, AssertionError)


def over_xmlrpc(server):
    models = service(server)

    def call(model, method, *args):
        return models.execute_kw(server.database, 2, server.password, model, method, list(args))

    return call


def over_jsonrpc(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def call(model, method, *args):
        args = [server.database, 2, server.password, model, method, args]
        body = {"jsonrpc": "2.0", "id": 1, "params": {"service": "object", "method": "execute_kw", "args": args}}
        connection.request("POST", "/jsonrpc", json.dumps(body), {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        assert "error" not in answer, answer["error"]["data"]["message"]
        return answer["result"]

    return call


class Client:
    """Creates a thousand records one after another in a thread; keeps what was answered."""

    def __init__(self, call, goes_on=False):
        self.call, self.goes_on = call, goes_on
        self.answered: dict[int, str] = {}
        self.refused: list[str] = []
        self.thread = threading.Thread(target=self._create)
        self.thread.start()

    def _create(self):
        for number in range(CREATES):
            name = f"kill {number}"
            try:
                self.answered[self.call("res.partner", "create", {"name": name})] = name
            except REFUSED:
                self.refused.append(name)
                if not self.goes_on:
                    return
                time.sleep(0.02)

    def wait_for(self, count):
        end = time.monotonic() + 60
        while len(self.answered) < count and self.thread.is_alive() and time.monotonic() < end:
            time.sleep(0.005)
        assert len(self.answered) >= count, self.refused


def partners(call):
    rows = call("res.partner", "search_read", [["name", "=like", "kill %"]], ["name"])
    return {row["id"]: row["name"] for row in rows}


def assert_all_there_once(found, client):
    assert {id_: found.get(id_) for id_ in client.answered} == client.answered
    assert len(set(found.values())) == len(found)
    # What was not answered may be there: the answer was lost, not the record.
    assert set(found.values()) - set(client.answered.values()) <= set(client.refused)


@pytest.mark.slow
@pytest.mark.parametrize("calls", [over_xmlrpc, over_jsonrpc], ids=["xmlrpc", "jsonrpc"])
def test_the_server_dies(config, registries, run_dir, calls):
    name = fix_database.create(registries, ())
    try:
        with serving(config, name, run_dir) as server:
            client = Client(calls(server))
            client.wait_for(KILL_AFTER)
            os.kill(server.pid, signal.SIGKILL)
            client.thread.join(30)
        assert KILL_AFTER <= len(client.answered) < CREATES

        with serving(config, name, run_dir) as server:
            assert_all_there_once(partners(calls(server)), client)
    finally:
        databases.drop(registries, name)


@pytest.mark.slow
def test_postgresql_dies(cluster, run_dir):
    """The server lives on and serves again once PostgreSQL is back; the client goes on after its refusals."""
    config = cluster.config.replace(db_reconnection_retries=1)  # it refuses soon
    pools = Pools(config)
    name = fix_database.create(Registries(config, pools), ())
    pools.close()
    with serving(config, name, run_dir) as server:
        client = Client(over_xmlrpc(server), goes_on=True)
        client.wait_for(KILL_AFTER)
        os.kill(cluster.postmaster(), signal.SIGKILL)
        deadline = time.monotonic() + 30
        while not client.refused and client.thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        cluster.start()
        client.thread.join(120)

        assert not client.thread.is_alive()
        assert client.refused
        assert len(client.answered) + len(client.refused) == CREATES
        assert_all_there_once(partners(over_xmlrpc(server)), client)
