"""A whole deployment from the kit's files: nginx with TLS, workers, PgBouncer, PostgreSQL, Redis; then the checklist.

What a machine of its own would have is put in the place of what the kit names: ports, folders, a certificate.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
import pytest
import trustme

from fondaco.checks.host import Host
from fondaco.config.sources import resolve
from fondaco.sql.connection import Pools
from tests.fix_proxy import nginx_in
from tests.fix_redis import serving_redis
from tests.fix_server import free_port
from tests.kit.conftest import SECRETS
from tests.seeds.visitor import Visitor

HOST = "erp.example.com"
PASSWORD = "first-user-of-the-kit"
START_S, PATIENCE_S = 180, 60
OF_THE_MACHINE = {"host", "limits", "outside", "upkeep", "observation", "postgresql", "exposure", "settings.logfile"}
"""Areas and checks that tell of the machine on which the tests run."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where it answers, and the files it was started from."""

    folder: Path
    tls: int
    plain: int
    own: tuple[int, int]
    """The ports of the server itself: pages, live"""
    authority: trustme.CA

    def visitor(self) -> Visitor:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return Visitor(HOST, self.tls, context)

    def fondaco(self, *words: str, settings: str = "erp.conf") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "fondaco", *words, "-c", str(self.folder / settings)]
        environ = {**os.environ, "FONDACO_ADMIN_PASSWORD": PASSWORD}
        return subprocess.run(command, capture_output=True, text=True, timeout=START_S, env=environ, check=False)


@pytest.fixture(scope="module")
def deployment(kit, stack, tmp_path_factory) -> Iterator[Deployment]:
    tmp_path = tmp_path_factory.mktemp("deployment")
    with serving_redis(tmp_path) as redis:
        yield from _deployed(kit, stack, redis, tmp_path)


def _deployed(kit, stack, redis, tmp_path: Path) -> Iterator[Deployment]:
    tls, plain, http, live = free_port(), free_port(), free_port(), free_port()
    here = {
        "http_port = 8069": f"http_port = {http}",
        "gevent_port = 8072": f"gevent_port = {live}",
        "db_port = 6432": f"db_port = {stack.pooler}",
        "db_direct_port = 5432": f"db_direct_port = {stack.port}",
        "workers = 8": "workers = 2",
        "redis://127.0.0.1:6379/0": redis.url,
        "/var/lib/erp": str(tmp_path / "data"),
        "/var/log/erp": str(tmp_path / "log"),
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443": f"listen 127.0.0.1:{tls}",
        ":8069": f":{http}",
        ":8072": f":{live}",
        "/etc/letsencrypt/live/erp.example.com/fullchain.pem": str(tmp_path / "erp.crt"),
        "/etc/letsencrypt/live/erp.example.com/privkey.pem": str(tmp_path / "erp.key"),
        "/var/log/nginx": str(tmp_path),
    }
    texts = {"erp.conf": kit["etc/fondaco/erp.conf"].content, "site": kit["etc/nginx/sites-available/erp.conf"].content}
    for name, text in texts.items():
        for said, meant in here.items():
            text = text.replace(said, meant)
        texts[name] = text
    (tmp_path / "data").mkdir(mode=0o750)
    (tmp_path / "erp.conf").write_text(texts["erp.conf"])
    (tmp_path / "erp.conf").chmod(0o640)
    authority = trustme.CA()
    issued = authority.issue_cert(HOST)
    issued.cert_chain_pems[0].write_to_path(tmp_path / "erp.crt")
    issued.private_key_pem.write_to_path(tmp_path / "erp.key")
    made = Deployment(tmp_path, tls, plain, (http, live), authority)
    done = made.fondaco("-d", "erp", "-i", "contacts", "--stop-after-init")
    assert done.returncode == 0, done.stderr
    server = subprocess.Popen([sys.executable, "-m", "fondaco", "-c", str(tmp_path / "erp.conf")])
    try:
        with nginx_in(tmp_path, texts["site"]).running(tls):
            _wait(made)
            yield made
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def _wait(deployment: Deployment) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if deployment.visitor().get("/web/health").status == 200:
                return
        time.sleep(0.1)
    pytest.fail((deployment.folder / "log/fondaco.log").read_text()[-4000:])


def test_k9_everything_works_from_the_files_of_the_kit(deployment: Deployment) -> None:
    visitor = deployment.visitor()

    assert visitor.log_in("admin", PASSWORD).status == 303
    assert visitor.get("/odoo").status == 200
    assert visitor.get("/web/database/manager").status == 403  # nginx refuses it

    partner = visitor.method("res.partner", "create", {"name": "Through the kit"})
    assert visitor.method("res.partner", "read", [partner], ["name"]) == [{"id": partner, "name": "Through the kit"}]

    content = os.urandom(300_000)
    values = {"name": "file.bin", "datas": base64.b64encode(content).decode()}
    attachment = visitor.method("ir.attachment", "create", values)
    assert visitor.get(f"/web/content/{attachment}").body == content  # sent by nginx from the filestore

    (user,) = visitor.method("res.users", "search", [("login", "=", "admin")])
    channel = visitor.method("res.users", "read", [user], ["partner_id"])[0]["partner_id"]
    assert channel
    _send(visitor, "news of the kit")
    assert visitor.hear("/websocket", "kit", 0)[0] == "websocket"

    (module,) = visitor.method("ir.module.module", "search", [("name", "=", "base")])
    report = visitor.get(f"/report/pdf/base.report_irmodulereference/{module}")
    assert (report.status, report.body[:5]) == (200, b"%PDF-")

    (job,) = visitor.method("ir.cron", "search", [("active", "=", True)], limit=1)
    assert visitor.method("ir.cron", "method_direct_trigger", [job]) is True


def _send(visitor: Visitor, text: str) -> None:
    """Put news for the channel of the test, as code of an administrator."""
    values = {
        "name": "send",
        "model_id": visitor.method("ir.model", "search", [("model", "=", "res.partner")])[0],
        "state": "code",
        "code": f"env['bus.bus']._sendone('kit', 'kit/news', {text!r})",
    }
    action = visitor.method("ir.actions.server", "create", values)
    visitor.method("ir.actions.server", "run", [action])


def test_o17_the_checklist_finds_nothing_to_mend_in_the_files_of_the_kit(deployment, kit, stack) -> None:
    site, pooler = deployment.folder / "site.conf", stack.folder / "pgbouncer.ini"

    done = deployment.fondaco("check", "--json", "--proxy", str(site), "--pgbouncer", str(pooler))

    found = json.loads(done.stdout)["checks"]
    bad = [one for one in found if one["verdict"] in ("WARN", "FAIL")]
    assert [one for one in bad if not OF_THE_MACHINE & {one["id"], one["id"].split(".")[0]}] == []
    assert len(found) > 80
    assert SECRETS["database-password"] not in done.stdout
    assert SECRETS["master-password"] not in done.stdout


def test_w14_the_server_itself_is_reached_from_this_machine_only(deployment) -> None:
    listening = {(address, port) for address, port in Host().listeners if port in deployment.own}

    assert listening == {("127.0.0.1", port) for port in deployment.own}


def test_s16_nothing_is_said_in_clear_text(deployment) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", deployment.plain, timeout=PATIENCE_S)
    with contextlib.closing(connection):
        connection.request("GET", "/web/login?next=1", headers={"Host": HOST})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/web/login?next=1")

    page = deployment.visitor().get("/web/login")
    cookies = [text for text in page.headers.get_all("Set-Cookie") or () if text.startswith("session_id=")]
    assert cookies
    assert all("Secure" in cookie and "HttpOnly" in cookie for cookie in cookies)
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")


def test_p7_without_createdb_and_with_another_owner_a_database_is_served_and_nobody_makes_or_drops_one(
    deployment, stack
) -> None:
    with stack.superuser() as postgres:
        postgres.execute("ALTER ROLE erp NOCREATEDB")
        postgres.execute("ALTER DATABASE erp OWNER TO postgres")
        try:
            visitor = deployment.visitor()
            assert visitor.log_in("admin", PASSWORD).status == 303
            assert visitor.method("res.partner", "create", {"name": "Of another owner"})
            listed = deployment.fondaco("db", "list", "--json")
            made = deployment.fondaco("db", "create", "another")
            dropped = deployment.fondaco("db", "drop", "erp")
            names = {name for (name,) in postgres.execute("SELECT datname FROM pg_database").fetchall()}
        finally:
            postgres.execute("ALTER DATABASE erp OWNER TO erp")
            postgres.execute("ALTER ROLE erp CREATEDB")

    assert '"erp"' in listed.stdout
    assert made.returncode and dropped.returncode
    assert "erp" in names and "another" not in names
    assert "permission denied to create database" in made.stderr
    assert "must be owner of database erp" in dropped.stderr


def test_b4_the_password_of_the_pooler_and_of_postgresql_is_changed_and_no_request_fails(
    deployment, stack, tmp_path
) -> None:
    visitor, settings = deployment.visitor(), resolve({"config": str(deployment.folder / "erp.conf")}, {})
    assert visitor.log_in("admin", PASSWORD).status == 303
    pages, wrong, is_over = Counter(), [], threading.Event()

    def ask_for_pages() -> None:
        while not is_over.is_set():
            try:
                visitor.method("res.partner", "write", [1], {"comment": "asked"})
                pages["asked"] += 1
            except Exception as error:
                wrong.append(repr(error))

    def connect(known) -> None:
        while not is_over.is_set():
            pools = Pools(known() if callable(known) else known)
            try:
                with pools.cursor("erp") as cr:
                    cr.execute("SELECT 1")
                pages["connected"] += 1
            except Exception as error:
                wrong.append(repr(error))
            finally:
                pools.close()

    began_later = partial(resolve, {"config": str(deployment.folder / "erp.conf")}, {})
    works = [ask_for_pages, partial(connect, settings), partial(connect, began_later)]
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    (tmp_path / "of-the-kit").write_text(SECRETS["database-password"])
    ini = str(stack.folder / "pgbouncer.ini")
    changed = deployment.fondaco("secret", "rotate", "database", "--pgbouncer", ini)
    secret_now = began_later()["db_password"]
    seen = Counter(pages)
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and any(pages[kind] < seen[kind] + 3 for kind in ("asked", "connected")):
        time.sleep(0.05)
    back = deployment.fondaco(
        "secret", "rotate", "database", "--pgbouncer", ini, "--password-file", str(tmp_path / "of-the-kit")
    )
    is_over.set()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert (changed.returncode, back.returncode, wrong) == (0, 0, []), changed.stderr + back.stderr
    assert all(pages[kind] >= seen[kind] + 3 for kind in ("asked", "connected")), pages
    assert secret_now != SECRETS["database-password"] and "db_password_before" not in began_later().sources
    assert secret_now not in changed.stdout + changed.stderr
    assert "the password before is refused and forgotten" in changed.stderr
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(host="127.0.0.1", port=stack.pooler, user="erp", password=secret_now, dbname="erp")


def test_a_pooler_that_is_gone_is_found_and_what_lies_behind_it_is_not_judged(deployment, stack) -> None:
    settings, gone = deployment.folder / "erp.conf", deployment.folder / "gone.conf"
    gone.write_text(settings.read_text().replace(f"db_port = {stack.pooler}", f"db_port = {free_port()}"))

    done = deployment.fondaco("check", "--json", "--only", "postgresql,tenants", settings=gone.name)

    verdicts = {one["id"]: one["verdict"] for one in json.loads(done.stdout)["checks"]}
    assert [name for name, verdict in verdicts.items() if verdict in ("WARN", "FAIL")] == ["postgresql.answers"]
    assert done.returncode == 20


def test_s21_each_look_is_kept_and_a_timer_looks_each_morning(deployment, kit) -> None:
    deployment.fondaco("check", "--json", "--only", "settings")

    past = json.loads(deployment.fondaco("check", "--history", "--json").stdout)

    assert {"at", "version", "settings", "PASS", "FAIL", "wrong"} <= past[-1].keys()
    assert "OnCalendar=" in kit["etc/systemd/system/erp-check.timer"].content
    assert "fondaco check" in kit["etc/systemd/system/erp-check.service"].content
