"""The kit's files started as one deployment: what people do works, and the checklist finds what is wrong with it."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from hashlib import sha1

import psycopg
import pytest

from fondaco.checks import outside
from fondaco.checks.finding import Verdict
from fondaco.checks.host import Host
from fondaco.checks.table import BY_ID
from fondaco.config.sources import resolve
from fondaco.sql.connection import Pools
from tests.fix_redis import serving_redis
from tests.fix_s3 import BUCKET, serving_s3
from tests.fix_server import free_port
from tests.kit.attacker import ATTACKER, NEIGHBOUR, fail2ban, street
from tests.kit.conftest import SECRETS, files_of
from tests.kit.deployment import HOST, PASSWORD, PATIENCE_S, Deployment, deployed, state_everything, wait_until
from tests.kit.faults import FAULTS
from tests.seeds.visitor import Visitor


@pytest.fixture(scope="module")
def deployment(stack, tmp_path_factory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    objects = tmp_path_factory.mktemp("objects")
    kit = files_of(files={"bucket": BUCKET})
    with serving_redis(folder) as redis, serving_s3(objects) as s3, deployed(kit, stack, redis, s3, folder) as made:
        yield made


def test_k9_s7_everything_works_from_the_files_of_the_kit(deployment: Deployment) -> None:
    visitor = deployment.visitor()

    assert visitor.log_in("admin", PASSWORD).status == 303
    assert visitor.get("/odoo").status == 200
    assert visitor.get("/web/database/manager").status == 403  # nginx refuses it

    partner = visitor.method("res.partner", "create", {"name": "Through the kit"})
    assert visitor.method("res.partner", "read", [partner], ["name"]) == [{"id": partner, "name": "Through the kit"}]

    content = os.urandom(300_000)
    values = {"name": "file.bin", "datas": base64.b64encode(content).decode()}
    attachment = visitor.method("ir.attachment", "create", values)
    assert visitor.get(f"/web/content/{attachment}").body == content
    assert sha1(content).hexdigest() in "".join(deployment.s3.names())

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


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def proven(deployment, monkeypatch_module) -> Deployment:
    """The deployment with a backup, its log kept, the way back rehearsed, and somebody's word for the rest."""
    for words in (("run", "--no-verify"), ("drill",)):
        done = deployment.fondaco("backup", *words)
        assert done.returncode == 0, done.stderr
    state_everything(deployment)
    monkeypatch_module.setattr(outside, "PATIENCE_S", PATIENCE_S)  # a busy machine is no fault of the deployment
    return deployment


def test_o17_the_checklist_is_green(proven: Deployment) -> None:
    assert proven.wrong() == {}


def test_o3_the_way_back_was_rehearsed_on_the_deployment_and_its_time_is_told(proven: Deployment) -> None:
    told = (proven.folder / "data/backups/fondaco_backup.prom").read_text()
    finding = BY_ID["upkeep.restore"].probe(proven.site())

    (rto_s,) = re.findall(r'fondaco_backup_rto_seconds\{database="erp"\} (\S+)', told)
    assert float(rto_s) > 0
    assert finding.evidence == f"erp: back in {float(rto_s):.0f} s"
    (rpo_s,) = re.findall(r'fondaco_backup_rpo_seconds\{database="erp"\} (\S+)', told)
    assert float(rpo_s) > 0


def of_checks(*names: str) -> list[str]:
    return [fault for fault, (expected, _put_in) in FAULTS.items() if expected in names]


def is_found_alone(deployment: Deployment, fault: str) -> bool:
    expected, put_in = FAULTS[fault]
    with deployment.quick(), put_in(deployment):
        found = deployment.wrong()
    assert list(found) == [expected], found
    return True


TLS = of_checks("tls.protocols", "tls.ciphers")
SECRETS_IN_FILES = of_checks("settings.outside_repository", "settings.file_mode")
PORTS = of_checks("exposure.application_ports", "exposure.pooler_port")
POOLER_LOGS = of_checks("pooler.log_connections", "pooler.log_disconnections", "pooler.log_pooler_errors")
NAMED = (*TLS, *SECRETS_IN_FILES, *PORTS, *POOLER_LOGS)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in NAMED])
def test_o17_a_fault_of_what_runs_is_found_by_its_check_alone(proven: Deployment, fault: str) -> None:
    assert is_found_alone(proven, fault)


@pytest.mark.parametrize("fault", TLS)
def test_x6_old_protocols_and_ciphers_that_are_weak_or_none_are_refused(proven: Deployment, fault: str) -> None:
    assert is_found_alone(proven, fault)


@pytest.mark.parametrize("fault", SECRETS_IN_FILES)
def test_s6_secrets_that_others_can_read_are_found(proven: Deployment, fault: str) -> None:
    assert is_found_alone(proven, fault)


@pytest.mark.parametrize("fault", PORTS)
def test_b8_ports_that_are_open_to_all_are_found(proven: Deployment, fault: str) -> None:
    assert is_found_alone(proven, fault)


@pytest.mark.parametrize("fault", POOLER_LOGS)
def test_b6_a_pooler_that_keeps_quiet_is_found(proven: Deployment, fault: str) -> None:
    assert is_found_alone(proven, fault)


def test_the_command_sees_as_much_and_tells_no_secret(deployment) -> None:
    site, pooler = deployment.folder / "site.conf", deployment.stack.folder / "pgbouncer.ini"

    done = deployment.fondaco("check", "--json", "--proxy", str(site), "--pgbouncer", str(pooler))

    found = json.loads(done.stdout)["checks"]
    assert len(found) > 80
    areas = ("proxy", "tls", "pooler", "postgresql", "tenants")
    assert [one for one in found if one["verdict"] in ("WARN", "FAIL") and one["id"].startswith(areas)] == []
    assert all(secret not in done.stdout for secret in SECRETS.values())


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
    # Who wanted to drop it threw the sessions of the live process out first; it comes back by itself.
    live = BY_ID["outside.websocket"]
    assert any(live.probe(deployment.site()).verdict is Verdict.PASS for _attempt in range(6))


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
    (tmp_path / "of-the-kit").write_text(SECRETS["database-password"])
    ini = str(stack.folder / "pgbouncer.ini")
    try:
        for thread in threads:
            thread.start()
        changed = deployment.fondaco("secret", "rotate", "database", "--pgbouncer", ini)
        secret_now = began_later()["db_password"]
        seen = Counter(pages)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and any(pages[kind] < seen[kind] + 3 for kind in ("asked", "connected")):
            time.sleep(0.05)
        back = deployment.fondaco(
            "secret", "rotate", "database", "--pgbouncer", ini, "--password-file", str(tmp_path / "of-the-kit")
        )
    finally:
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


def test_s3_ten_guesses_from_elsewhere_are_banned_and_the_eleventh_does_not_arrive(deployment, kit, tmp_path) -> None:
    def told(address: str) -> int:
        log = (deployment.folder / "log/fondaco.log").read_text()
        return log.count(f"Login failed for db:erp login:admin from {address}")

    with street() as road, deployment.quick(), fail2ban(deployment, kit, tmp_path) as ask:
        assert road.guess(deployment, NEIGHBOUR, 1) == ["200"]
        assert road.guess(deployment, ATTACKER, 10) == ["200"] * 10
        wait_until(lambda: ATTACKER in ask("status", "erp"), "the attacker is banned")

        assert road.guess(deployment, ATTACKER, 1) == ["nobody answers"]
        assert road.guess(deployment, NEIGHBOUR, 1) == ["200"]

    assert (told(ATTACKER), told(NEIGHBOUR)) == (10, 2)
