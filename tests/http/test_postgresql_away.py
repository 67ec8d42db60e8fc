"""PostgreSQL stops and starts under a server that works (P13, P14, P17): requests wait, none is lost or doubled."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import threading
import time

import psycopg
import pytest
import requests

from fondaco import engine
from fondaco.config import Config
from fondaco.errors import OutcomeUnknown
from fondaco.modules.registries import Registries
from fondaco.registry import transact as room
from fondaco.registry.transact import transact
from fondaco.sql.connecting import FAILURES
from fondaco.sql.connection import Pools
from tests import fix_database
from tests.fix_server import serving

pytestmark = pytest.mark.direct("it brings a PostgreSQL of its own")

AWAY_S = 4
PROBED = ("web", "websocket", "longpolling")


def call(server, model, method, *arguments, timeout=90):
    parameters = [server.database, 2, fix_database.PASSWORD, model, method, list(arguments)]
    body = {"params": {"service": "object", "method": "execute_kw", "args": parameters}}
    return requests.post(f"{server.url}/jsonrpc", json=body, timeout=timeout)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2], ids=["threads", "processes"])
def test_p13_requests_wait_while_postgresql_restarts_and_then_succeed(cluster, run_dir, workers):
    prefix = f"away {secrets.token_hex(4)} "
    outcomes: dict[str, str] = {}
    stop = threading.Event()

    def create(number: int) -> None:
        count = 0
        while not stop.is_set():
            name = f"{prefix}{number} {count}"
            count += 1
            answer = call(server, "res.partner", "create", {"name": name})
            document = answer.json() if answer.status_code == 200 else {"status": answer.status_code}
            if "result" in document:
                outcomes[name] = "saved"
            elif document.get("error", {}).get("data", {}).get("name", "").endswith("OutcomeUnknown"):
                outcomes[name] = "unknown"
            else:
                outcomes[name] = f"refused: {document}"

    # A start of PostgreSQL takes longer on a busy machine than the sixteen seconds that a server waits by itself.
    patient = cluster.config.replace(workers=workers, db_reconnection_retries=8)
    with serving(patient, cluster.database, run_dir) as server:
        call(server, "res.partner", "search_count", [])
        threads = [threading.Thread(target=create, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        try:
            end = time.monotonic() + 60
            while len(outcomes) < 3 * len(threads) and time.monotonic() < end:
                time.sleep(0.1)
            cluster.stop()
            before = len(outcomes)
            time.sleep(AWAY_S)
            during = len(outcomes)
            cluster.start()
            end = time.monotonic() + 60
            while len(outcomes) < during + 30 and time.monotonic() < end:
                time.sleep(0.1)
        finally:
            stop.set()
        for thread in threads:
            thread.join(120)
        rows = call(server, "res.partner", "search_read", [["name", "=like", f"{prefix}%"]], ["name"]).json()["result"]

    found = [row["name"] for row in rows]
    assert [outcome for outcome in outcomes.values() if outcome.startswith("refused")] == []
    assert during - before <= len(threads), "while it was away requests waited"
    assert len(outcomes) >= during + 30, "and then they went on"
    assert len(set(found)) == len(found), "none was saved twice"
    assert {name for name, outcome in outcomes.items() if outcome == "saved"} <= set(found)


@pytest.mark.slow
def test_p13_p14_past_the_patience_the_answer_is_503_and_the_log_has_the_old_words(cluster, run_dir):
    impatient = cluster.config.replace(db_reconnection_retries=1, db_reconnection_delay=0.1)
    with serving(impatient, cluster.database, run_dir) as server:
        assert call(server, "res.partner", "search_count", []).status_code == 200
        session = requests.Session()
        params = {"db": server.database, "login": fix_database.LOGIN, "password": fix_database.PASSWORD}
        session.post(f"{server.url}/web/session/authenticate", json={"params": params}, timeout=60)
        cluster.stop()
        try:
            rpc = call(server, "res.partner", "search_count", [])
            body = {"params": {"model": "res.partner", "method": "search_count", "args": [[]], "kwargs": {}}}
            web = session.post(f"{server.url}/web/dataset/call_kw", json=body, timeout=60)
            xml = requests.post(f"{server.url}/xmlrpc/2/object", timeout=60, data=XML % server.database.encode())
            page = session.get(f"{server.url}/web/login", headers={"Accept-Language": "fr"}, timeout=60)
            alive = [requests.get(f"{server.url}/{path}/health", timeout=60) for path in PROBED]
            asked = requests.get(f"{server.url}/web/health?db_server_status=1", timeout=60)
        finally:
            cluster.start()

        assert [answer.status_code for answer in (rpc, web, xml)] == [503, 503, 503]
        assert {answer.headers["Retry-After"] for answer in (rpc, web, xml)} == {"5"}
        assert "does not answer for the moment" in rpc.text
        assert (page.status_code, "ne répond pas pour le moment" in page.text) == (503, True)
        assert [(answer.status_code, answer.json()) for answer in alive] == [(200, {"status": "pass"})] * len(PROBED)
        assert (asked.status_code, asked.json()) == (500, {"status": "fail", "db_server_status": False})
        again = session.post(f"{server.url}/web/dataset/call_kw", json=body, timeout=60)
        assert isinstance(again.json()["result"], int), "the session is still there"
        assert "psycopg2.OperationalError: could not connect to server" in server.logfile.read_text()


XML = (
    b"<?xml version='1.0'?><methodCall><methodName>execute_kw</methodName><params>"
    b"<param><value><string>%s</string></value></param><param><value><int>2</int></value></param>"
    b"<param><value><string>" + fix_database.PASSWORD.encode() + b"</string></value></param>"
    b"<param><value><string>res.partner</string></value></param>"
    b"<param><value><string>search_count</string></value></param>"
    b"<param><value><array><data><value><array><data/></array></value></data></array></value></param>"
    b"</params></methodCall>"
)


@pytest.fixture
def registry(cluster):
    pools = Pools(cluster.config)
    yield Registries(cluster.config, pools).get(cluster.database)
    pools.close()


def lose(env):
    """The backend of this transaction dies, as all do when PostgreSQL is stopped."""
    with env.registry.pools.direct(env.cr.dbname) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [env.cr.link.pgconn.backend_pid])


def test_work_whose_connection_is_lost_is_done_again(registry):
    attempts, name = [], f"Twice begun {secrets.token_hex(4)}"

    def work(env):
        attempts.append(1)
        if len(attempts) == 1:
            lose(env)
        return env["res.partner"].create({"name": name}).id

    id_ = transact(registry, work, uid=1)

    assert len(attempts) == 2
    with registry.cursor() as cr:
        cr.execute("SELECT id FROM res_partner WHERE name = %s", [name])
        assert cr.fetchall() == [(id_,)]


def test_work_that_loses_every_connection_is_given_up(registry):
    attempts = []

    def work(env):
        attempts.append(1)
        lose(env)
        env["res.partner"].search_count([])

    with pytest.raises(psycopg.OperationalError):
        transact(registry, work, uid=1)

    assert len(attempts) == room.LOST_TRIES


def test_a_connection_lost_at_the_commit_is_not_tried_again(registry):
    attempts = []

    def work(env):
        attempts.append(1)
        env["res.partner"].create({"name": "Perhaps"})
        env.flush_all()
        env.cr.precommit.add(lambda: lose(env))

    with pytest.raises(OutcomeUnknown):
        transact(registry, work, uid=1)

    assert attempts == [1]


def test_p17_statements_of_requests_have_a_timeout(cluster, run_dir):
    with serving(cluster.config.replace(statement_timeout=1.0), cluster.database, run_dir) as server:
        code = "env.cr.execute('SELECT pg_sleep(99)')"
        action = call(
            server,
            "ir.actions.server",
            "create",
            {
                "name": "Sleeps",
                "state": "code",
                "code": code,
                "model_id": call(server, "ir.model", "search", [["model", "=", "res.partner"]]).json()["result"][0],
            },
        ).json()["result"]
        error = call(server, "ir.actions.server", "run", [action]).json()["error"]["data"]

        assert error["name"].endswith("LimitExceeded") and "statement_timeout" in error["message"]
        assert isinstance(call(server, "res.partner", "search_count", []).json()["result"], int)


def test_p17_installing_modules_is_not_limited(cluster):
    name = f"{cluster.database}_limited"
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FONDACO_")}
    for key in ("data_dir", "db_host", "db_port", "db_user", "db_password"):
        environ[f"FONDACO_{key.upper()}"] = str(cluster.config[key])
    environ |= {"FONDACO_STATEMENT_TIMEOUT": "1ms", "FONDACO_LOCK_TIMEOUT": "1min"}

    done = subprocess.run(
        [sys.executable, "-m", "fondaco", "-d", name, "-i", "uom", "--stop-after-init"],
        env=environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(
    ("option", "setting"),
    [("statement_timeout", "30s"), ("lock_timeout", "500ms"), ("idle_in_transaction_session_timeout", "10min")],
)
def test_p17_postgresql_is_told_the_timeouts(cluster, option, setting):
    seconds = {"30s": 30.0, "500ms": 0.5, "10min": 600.0}[setting]
    pools = Pools(cluster.config.replace(**{option: seconds}))
    try:
        with pools.cursor(cluster.database, limited=True) as cr:
            cr.execute(f"SHOW {option}")
            assert cr.fetchone() == (setting,)
        with pools.cursor(cluster.database) as cr:
            cr.execute(f"SHOW {option}")
            assert cr.fetchone() == ("0",)
    finally:
        pools.close()


def test_p14_connections_that_were_not_given_are_logged_and_counted(tmp_path, caplog):
    nobody = Config.default().replace(db_host=str(tmp_path), db_reconnection_retries=1, db_reconnection_delay=0.01)
    pools = Pools(nobody)

    with pytest.raises(psycopg.OperationalError):
        pools.cursor("nobody_there")

    assert "psycopg2.OperationalError: could not connect to server" in caplog.text
    assert FAILURES.value("nobody_there") == 2


def test_p1_without_options_the_default_socket_is_used(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "SOCKET_DIRECTORIES", (str(tmp_path), cluster.config["db_host"]))
    monkeypatch.setenv("PGUSER", cluster.config["db_user"])
    monkeypatch.setenv("PGPASSWORD", cluster.config["db_password"])

    with engine.opened(Config.default().replace(data_dir=str(tmp_path / "data")), environ={}) as opened:
        with opened.pools.cursor(cluster.database) as cr:
            cr.execute("SHOW port")
            assert cr.fetchone() == ("5432",)
        assert opened.config["db_host"] == cluster.config["db_host"]
        assert not (tmp_path / "data" / "postgresql").exists(), "no PostgreSQL of our own was made"


@pytest.fixture
def forwarded(cluster):
    """A port of this machine that leads to the cluster, as `ssh -L` makes one."""

    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()

    def serve():
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(f"{cluster.config['db_host']}/.s.PGSQL.5432")
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("sslmode", ["disable", "prefer"])
def test_p2_postgresql_is_reached_through_a_forwarded_port(cluster, forwarded, sslmode):
    pools = Pools(cluster.config.replace(db_host="127.0.0.1", db_port=forwarded, db_sslmode=sslmode))
    try:
        registry = Registries(pools.config, pools).get(cluster.database)
        id_ = transact(registry, lambda env: env["res.partner"].create({"name": "From afar"}).id, uid=1)
        with pools.cursor(cluster.database) as cr:
            cr.execute("SELECT name FROM res_partner WHERE id = %s", [id_])
            assert cr.fetchone() == ("From afar",)
    finally:
        pools.close()
