"""`fondaco upgrade`: rehearsed on a copy, switched under people who work; what fails or is killed changes nothing."""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest
import requests

from fondaco.errors import DatabaseError
from fondaco.modules import former, upgrade
from fondaco.modules.passing import passing_name
from fondaco.modules.restore import run_sql
from fondaco.modules.upgrade import Wanted
from fondaco.security.credentials import hash_password
from fondaco.sql import databases, readable
from fondaco.sql.connection import Pools
from fondaco.sql.embedded import SUPERUSER
from fondaco.sql.fragment import SQL
from tests import fix_database
from tests.fix_server import Fondaco, serving
from tests.modules.inventory import differences, take

PATIENCE_S = 60
MODELS = """
    from odoo import fields, models

    class Barge(models.Model):
        _name = "canal.barge"
        _description = "Barge"
        name = fields.Char(required=True)
        draught = fields.Integer()
"""
VIEW = """
    <odoo>
        <record id="barge_form" model="ir.ui.view">
            <field name="name">barge</field><field name="model">canal.barge</field>
            <field name="arch" type="xml"><form><field name="name"/><field name="draught"/></form></field>
        </record>
        <record id="access_barge" model="ir.model.access">
            <field name="name">barge</field><field name="model_id" ref="model_canal_barge"/>
            <field name="perm_read" eval="1"/><field name="perm_write" eval="1"/><field name="perm_create" eval="1"/>
        </record>
    </odoo>
"""
TEST = """
    from odoo.tests import TransactionCase

    class TestBarge(TransactionCase):
        def test_barges_float(self):
            self.assertEqual(self.env["canal.barge"].search_count([("name", "=", "Nautilus")]), {count})
"""
WAITS = """
    import itertools, os, time
    def migrate(cr, version):
        number = next(n for n in itertools.count(1) if not os.path.exists(f"{gate}.{{n}}.reached"))
        open(f"{gate}.{{number}}.reached", "w").close()
        while not os.path.exists(f"{gate}.{{number}}"):
            time.sleep(0.05)
        if os.path.exists("{gate}.stuck"):
            raise ValueError("the lock gate is stuck")
"""
FIRST, SECOND = 1, 2


class Gate:
    """What the migration script waits for: one for each time it runs, which is in a rehearsal and in a switch."""

    def __init__(self, path):
        self.path = path

    def open(self, *numbers):
        for number in numbers:
            Path(f"{self.path}.{number}").touch()

    def stick(self):
        Path(f"{self.path}.stuck").touch()

    def is_reached(self, number):
        return Path(f"{self.path}.{number}.reached").exists()


@pytest.fixture
def gate(tmp_path, folder, server):
    """The gate of version 1.1, which comes to the addons path under a server that has loaded 1.0."""
    folder.write(
        "canal", {"version": "1.1", "data": ["view.xml"]}, models=MODELS + "        berth = fields.Char()\n",
        **{
            "view.xml": VIEW,
            "migrations/1.1/pre-gate.py": WAITS.format(gate=tmp_path / "gate"),
            "tests/__init__.py": "from . import test_barge",
            "tests/test_barge.py": TEST.format(count=1),
        },
    )  # fmt: skip
    return Gate(tmp_path / "gate")


@pytest.fixture(scope="module")
def shop(config, make, folder, registries, tmp_path_factory):
    """A database with version 1.0 of canal and a barge; each test leaves it like that."""
    folder.write("canal", {"version": "1.0", "data": ["view.xml"]}, models=MODELS, **{"view.xml": VIEW})
    db = make()
    home = tmp_path_factory.mktemp("home")
    Fondaco(config, home).run("module", "install", "canal", "-d", db, "--addons-path", str(folder.path), check=True)
    with registries.pools.cursor(db) as cr:
        cr.execute("INSERT INTO canal_barge (name, draught) VALUES ('Nautilus', 2)")
        # What a server does each day, and when it comes, would be taken for what an upgrade has left.
        cr.execute("UPDATE ir_cron SET nextcall = '2090-01-01'")
        cr.run(SQL("UPDATE res_users SET password = %s WHERE id = 2", hash_password(fix_database.PASSWORD)))
        cr.commit()
    yield db
    upgrade.forget(registries, db)


@pytest.fixture(scope="module")
def server(config, shop, folder, tmp_path_factory):
    """Serves it with the code of 1.0, while 1.1 comes to the disk."""
    settings = config.replace(addons_path=[str(folder.path)], max_cron_threads=1)
    with serving(settings, shop, tmp_path_factory.mktemp("server")) as running:
        assert "result" in create(running, "first").json(), create(running, "first").text
        yield running


@pytest.fixture(autouse=True)
def _each_begins_with_1_0_and_nothing_kept(request):
    """Whatever a test that failed left upgraded, kept or broken: the next one, and its own second run, need it so."""
    if "shop" not in request.fixturenames:
        yield
        return
    shop, registries = request.getfixturevalue("shop"), request.getfixturevalue("registries")

    def is_as_before():
        with contextlib.suppress(DatabaseError, psycopg.Error):  # who upgraded it was killed a moment ago
            readable.reopen_abandoned(registries.pools, shop)
            if version(registries, shop) != "18.0.1.0":
                upgrade.undo(registries, shop)
            upgrade.forget(registries, shop)
            with registries.pools.cursor(shop) as cr:
                cr.execute("DELETE FROM ir_ui_view WHERE name = 'own'")
                cr.commit()
            return True

    yield
    until(is_as_before, "the database is not as before")


@pytest.fixture
def begun(fondaco, folder, shop):
    """begun("--json"): `fondaco upgrade` as a process."""
    path = ("--addons-path", str(folder.path))
    started = []

    def begin(*more):
        started.append(fondaco.start("upgrade", "-d", shop, "-u", "canal", *more, *path))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE_S)


def done(process):
    """(exit code, stdout, stderr) of a process that ends."""
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def call(server, method, *arguments):
    parameters = [server.database, 2, fix_database.PASSWORD, "canal.barge", method, list(arguments)]
    body = {"params": {"service": "object", "method": "execute_kw", "args": parameters}}
    return requests.post(f"{server.url}/jsonrpc", json=body, timeout=PATIENCE_S)


def create(server, name):
    return call(server, "create", {"name": name})


def client_of(server):
    """A session of the web client, which asks whether changes are taken."""
    session = requests.Session()
    params = {"db": server.database, "login": "admin", "password": fix_database.PASSWORD}
    told = session.post(f"{server.url}/web/session/authenticate", json={"params": params}, timeout=PATIENCE_S)
    assert told.json()["result"]["uid"] == 2, told.text
    return session


def ask(server, session):
    return session.post(f"{server.url}/web/takes_changes", json={"params": {}}, timeout=PATIENCE_S)


def names(registries, db):
    with registries.pools.cursor(db) as cr:
        return {name for (name,) in cr.fetch(SQL("SELECT name FROM canal_barge"))}


def held(registries, db):
    with registries.pools.cursor(db) as cr:
        return take(cr)


def hidden(registries, db):
    """What is kept of the database from before an upgrade."""
    with registries.pools.cursor("postgres") as cr:
        return cr.fetch(SQL("SELECT datname::text FROM pg_database WHERE datname = %s", former.kept_name(db)))


def version(registries, db):
    with registries.pools.cursor(db) as cr:
        return cr.fetch(SQL("SELECT latest_version FROM ir_module_module WHERE name = 'canal'"))[0][0]


def differs(changes):
    return {(one["change"], one["name"], one["before"], one["after"]) for one in changes}


def until(condition, what="it did not come"):
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.05)
    return found


def test_o15_a_rehearsal_tells_what_will_differ_and_changes_nothing(begun, shop, registries, gate):
    gate.open(FIRST)
    before = held(registries, shop)

    told = json.loads(done(begun("--rehearse-only", "--test-enable", "--json"))[1])

    assert told["switched"] is False and told["rehearsal"]["tests"]["passed"] == 1
    found = told["difference"]
    assert ("changed", "canal", "installed 18.0.1.0", "installed 18.0.1.1") in differs(found["modules"])
    assert ("new", "canal_barge.berth", "", "varchar") in differs(found["schema"])
    assert found["broken_views"] == {}
    assert differences(before, held(registries, shop)) == [] and hidden(registries, shop) == []


def test_o15_what_fails_in_rehearsal_is_not_switched(begun, shop, registries, folder, gate):
    gate.open(FIRST)
    folder.write("canal", **{"tests/test_barge.py": TEST.format(count=7)})
    with registries.pools.cursor(shop) as cr:
        cr.execute(
            "INSERT INTO ir_ui_view (name, model, type, mode, active, priority, arch_db) VALUES ('own', 'canal.barge',"
            " 'form', 'primary', true, 9, jsonb_build_object('en_US', '<form><field name=\"sunk\"/></form>'))"
        )
        cr.commit()
    before = held(registries, shop)

    code, told, _said = done(begun("--test-enable"))

    assert code == 1
    assert "views broke and 1 tests failed" in told and "sunk" in told
    assert differences(before, held(registries, shop)) == [] and version(registries, shop) == "18.0.1.0"


def test_o15_people_read_while_it_is_switched_and_a_failure_lets_them_go_on(begun, shop, server, registries, gate):
    client = client_of(server)
    process = begun("--rehearsed")
    until(lambda: gate.is_reached(FIRST) or process.poll() is not None, "the switch did not begin")
    reading, writing = call(server, "search_count", []), create(server, "late")
    asking = ask(server, client)
    gate.stick()
    gate.open(FIRST)
    code, _told, said = done(process)
    after = create(server, "after the failure")

    assert reading.json()["result"] >= 1
    assert (writing.status_code, writing.headers["Retry-After"]) == (503, "5") and "being upgraded" in writing.text
    assert writing.headers["X-Fondaco-Away"] == asking.headers["X-Fondaco-Away"] == "upgrade"
    assert ask(server, client).json()["result"] is True
    assert code == 1 and "the lock gate is stuck" in said
    assert "pre-gate.py, for a database that held 18.0.1.0" in said and "the database itself is as it was" in said
    assert after.status_code == 200 and version(registries, shop) == "18.0.1.0"
    assert {"Nautilus", "first", "after the failure"} <= names(registries, shop)


def test_o15_killed_in_the_middle_it_leaves_the_database_as_it_was(begun, shop, server, registries, gate):
    process = begun("--rehearsed")
    until(lambda: gate.is_reached(FIRST) or process.poll() is not None, "the switch did not begin")
    refused = create(server, "while it is upgraded")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    until(lambda: create(server, "after the kill").status_code == 200, "changes are still refused")

    assert refused.status_code == 503
    assert version(registries, shop) == "18.0.1.0" and "after the kill" in names(registries, shop)


def test_o15_who_was_let_in_meanwhile_loses_nothing_and_the_earlier_way_back_stays(
    begun, shop, server, registries, gate
):
    databases.create(registries.pools, former.kept_name(shop), extensions=())
    process = begun("--rehearsed")
    until(lambda: gate.is_reached(FIRST) or process.poll() is not None, "the switch did not begin")
    with registries.pools.cursor("postgres") as cr:
        ended = cr.fetch(
            SQL(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
                " AND objid = %s",
                readable.LOCK_SPACE,
                readable._number(shop) % 2**32,
            )
        )
    until(lambda: create(server, "let in").status_code == 200, "changes are still refused")
    gate.open(FIRST)
    code, _told, said = done(process)

    assert ended == [(True,)]
    assert code == 1 and "begin again" in said
    assert version(registries, shop) == "18.0.1.0" and "let in" in names(registries, shop)
    assert hidden(registries, shop) != []


def test_o15_a_database_that_is_copied_by_rows_keeps_its_sessions_and_its_copy_is_the_same(shop, registries):
    with registries.pools.cursor(shop) as cr:
        cr.execute("GRANT SELECT ON canal_barge TO PUBLIC")
        cr.commit()
    with passing_name(registries) as draft:
        with registries.pools.cursor(shop) as cr:
            before = take(cr)
            upgrade._copied(registries, shop, draft, upgrade.BY_ROWS)
            assert cr.fetch(SQL("SELECT 'served'")) == [("served",)]
        with registries.pools.cursor(draft) as cr:
            after = take(cr)
            rights = cr.fetch(SQL("SELECT has_table_privilege('pg_monitor', 'canal_barge', 'SELECT')"))

    assert differences(before, after) == [] and rights == [(True,)]


def test_a_copy_that_lacks_what_the_original_has_is_none(shop, registries):
    rows = io.BytesIO(b"CREATE EXTENSION nobody_has_this;")
    with passing_name(registries) as draft:
        databases.create_like(registries.pools, draft, shop)

        with pytest.raises(DatabaseError, match="nobody_has_this"):
            run_sql(registries.pools, draft, rows, is_strict=True)


@pytest.mark.parametrize(
    "options",
    [
        "LOCALE_PROVIDER libc LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'",
        "LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE' LC_COLLATE 'C' LC_CTYPE 'C'",
        "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
    ],
    ids=lambda words: words.split()[1],
)
def test_a_database_is_made_like_another_whoever_orders_its_letters(registries, options):
    pools, names = registries.pools, [f"letters_{secrets.token_hex(4)}_{number}" for number in (1, 2)]
    told = SQL("SELECT to_jsonb(d) - '{oid,datname,datfrozenxid,datminmxid}'::text[] FROM pg_database d"
               " WHERE datname = ANY(%s)", names)  # fmt: skip
    try:
        with pools.autocommit("postgres") as cr:
            try:
                cr.execute(f"CREATE DATABASE {names[0]} TEMPLATE template0 ENCODING 'UTF8' {options}")
            except psycopg.errors.FeatureNotSupported as error:
                pytest.skip(f"this PostgreSQL cannot: {error}")
        databases.create_like(pools, names[1], names[0])
        with pools.autocommit("postgres") as cr:
            first, second = (row for (row,) in cr.fetch(told))
    finally:
        for name in names:
            databases.drop(pools, name)

    assert first == second


def test_a_rehearsal_finds_what_hinders_a_copy_by_rows(registries, shop):
    with registries.pools.cursor(shop) as cr:
        cr.execute(
            """
            CREATE FUNCTION hull(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1; END';
            CREATE INDEX only_where_it_was_made ON canal_barge (hull(name));
            CREATE OR REPLACE FUNCTION hull(text) RETURNS text IMMUTABLE LANGUAGE plpgsql
                AS 'BEGIN RETURN nobody_has_this($1); END';
            """
        )
        cr.commit()
    try:
        with pytest.raises(DatabaseError, match="nobody_has_this.*--copy files"):
            upgrade.rehearse(registries, shop, Wanted(("canal",)), copy=upgrade.BY_ROWS)
    finally:
        with registries.pools.cursor(shop) as cr:
            cr.execute("DROP INDEX only_where_it_was_made; DROP FUNCTION hull")
            cr.commit()


def test_a_session_of_while_a_database_was_closed_does_not_refuse_changes_for_ever(config, shop, registries):
    pools = Pools(config)
    with readable.alone(pools, shop), readable.closed(pools, shop):
        stale = pools.cursor(shop)
        assert stale.fetch(SQL("SELECT current_setting('default_transaction_read_only')")) == [("on",)]
        with pools.autocommit("postgres") as cr:
            cr.execute(SQL("ALTER DATABASE %s RESET default_transaction_read_only", SQL.identifier(shop)))
    stale.commit()
    stale.close()

    assert readable.takes_changes(pools, shop)
    with pools.cursor(shop) as cr:
        assert cr.fetch(SQL("SELECT current_setting('default_transaction_read_only')")) == [("off",)]
    pools.close()
    readable.forget_mark(registries.pools, shop)


@pytest.mark.direct("a role that PgBouncer does not know")
def test_o15_a_database_that_cannot_be_closed_whole_is_open(config, shop, registries, monkeypatch):
    secret = Path(config["data_dir"], "postgresql", "superuser-password")
    if not secret.exists():
        pytest.skip("another role is known on the PostgreSQL of the run alone, not on one that was given")
    monkeypatch.setattr(readable, "PATIENCE_S", 0.5)
    stranger = Pools(config.replace(db_user=SUPERUSER, db_password=secret.read_text()))
    with stranger.cursor(shop) as cr:
        cr.execute("SELECT 1")
        with (
            pytest.raises(DatabaseError, match=f"sessions of other roles .{SUPERUSER}"),
            readable.alone(registries.pools, shop),
            readable.closed(registries.pools, shop),
        ):
            raise AssertionError("it is not closed")
        cr.execute("SELECT 1")
    stranger.close()

    with registries.pools.cursor(shop) as cr:
        assert cr.fetch(SQL("SELECT current_setting('default_transaction_read_only')")) == [("off",)]
        assert cr.fetch(SQL("SELECT 1 FROM ir_config_parameter WHERE key = %s", readable.MARK)) == []


def test_databases_with_modules_older_than_the_code_are_known(shop, registries):
    with registries.pools.cursor(shop) as cr:
        (now,) = cr.fetch(SQL("SELECT latest_version FROM ir_module_module WHERE name = 'base'"))[0]
    found = []
    for known in ("18.0.0.1", now):
        with registries.pools.cursor(shop) as cr:
            cr.run(SQL("UPDATE ir_module_module SET latest_version = %s WHERE name = 'base'", known))
        found.append(shop in upgrade.behind(registries))

    assert found == [True, False]


def test_o15_nothing_that_was_answered_is_lost_by_the_switch_nor_by_the_way_back(
    begun, shop, server, registries, gate, fondaco
):
    databases.create(registries.pools, former.kept_name(shop), extensions=())  # of an earlier upgrade
    gate.open(FIRST, SECOND)
    answered, read, wrong, is_over = set(), [], [], threading.Event()

    def look():
        while not is_over.is_set():
            answer = call(server, "search_count", [])
            (read if answer.status_code == 200 and "result" in answer.json() else wrong).append(answer.text)
            is_over.wait(0.05)

    def write(number):
        for count in range(10_000):
            if is_over.is_set():
                return
            answer = create(server, f"{number} {count}")
            if answer.status_code == 200 and "result" in answer.json():
                answered.add(f"{number} {count}")
            elif answer.status_code != 503:
                wrong.append(answer.text)
            is_over.wait(0.02)

    people = [threading.Thread(target=write, args=(number,), daemon=True) for number in range(2)]
    people.append(threading.Thread(target=look, daemon=True))
    try:
        for person in people:
            person.start()
        code, told, said = done(begun("--json", "--copy", "rows"))
        before_the_end = len(answered)
        until(lambda: len(answered) > before_the_end + 5, lambda: (len(answered), wrong[-3:], said))
    finally:
        is_over.set()
        for person in people:
            person.join(PATIENCE_S)

    assert (code, wrong) == (0, []), said
    assert read and json.loads(told)["away_seconds"] == 0
    assert json.loads(told)["switched"] is True and shop not in json.loads(told)["behind"]
    assert version(registries, shop) == "18.0.1.1" and answered <= names(registries, shop)
    assert not databases.exists(registries.pools, former.aside(former.kept_name(shop)))
    listed = [one for one in json.loads(fondaco.run("upgrade", "--list", "--json").stdout) if one["of"] == shop]
    assert len(listed) == 1 and listed[0]["is_there"] and listed[0]["size"] > 0 and listed[0]["since"].startswith("20")

    undone = fondaco.run("upgrade", "-d", shop, "--undo", check=True)

    assert "put the code of before back, then reload" in undone.stdout and version(registries, shop) == "18.0.1.0"
    assert create(server, "after the way back").status_code == 200
    fondaco.run("upgrade", "-d", shop, "--forget", check=True)
    assert hidden(registries, shop) == []
