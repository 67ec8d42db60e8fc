"""Who blocks whom: shown with the request behind it, and ended by who may."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from fondaco.errors import AccessError, WorkCancelled
from fondaco.monitoring import process
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.registry.transact import transact
from fondaco.server.deadlines import Deadlines, Limits
from fondaco.server.telling import Teller
from fondaco.sql.locks import Session, forest
from tests import fix_database

PATIENCE_S = 60


@dataclass
class Jam:
    """A transaction that holds a record, and a request that waits for it."""

    holder: int
    waiter: int = 0
    outcome: list[BaseException | None] = field(default_factory=list)
    thread: threading.Thread | None = None


def until(true) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)


@pytest.fixture
def telling(config, registries) -> Iterator[None]:
    """The test tells what it is at, as every process of a server does."""
    teller = Teller(config["data_dir"], "Server", lambda: process.state(registries))
    teller.start()
    yield
    teller.close()


@pytest.fixture
def jam(registries, database, telling) -> Iterator[Jam]:
    registry = registries.get(database)
    with registry.cursor() as cr:
        partner = Environment(cr, SUPERUSER_ID, {})["res.partner"].create({"name": "Wanted by two"}).id
        cr.commit()
    holding = registry.cursor()
    holding.execute("SELECT pg_backend_pid() FROM res_partner WHERE id = %s FOR UPDATE", [partner])
    jam = Jam(holding.fetchone()[0])

    def wait(env: Environment) -> None:
        env.cr.execute("SELECT pg_backend_pid()")
        jam.waiter = env.cr.fetchone()[0]
        env.cr.execute("SELECT 'value-that-nobody-may-read' FROM res_partner WHERE id = %s FOR UPDATE", [partner],
                       log_exceptions=False)  # fmt: skip

    def request() -> None:
        facts = {"request": "r1", "method": "POST", "path": "/web/save", "address": "203.0.113.9"}
        try:
            with Deadlines(Limits()).under(facts):
                transact(registry, wait, uid=SUPERUSER_ID)
            jam.outcome.append(None)
        except BaseException as error:
            jam.outcome.append(error)

    jam.thread = threading.Thread(target=request)
    jam.thread.start()
    with registries.pools.autocommit(database) as cr:

        def is_waiting() -> bool:
            cr.execute("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", [jam.waiter])
            return cr.fetchone() == (True,)

        until(is_waiting)
    yield jam
    holding.close()
    jam.thread.join(PATIENCE_S)


def test_o7_a_wait_is_shown_with_its_request_under_who_is_waited_for(fondaco, database, jam):
    def looked() -> bool:
        """A process that is busy tells nothing of what it is at for the moment."""
        nonlocal done, rows
        done = fondaco.run("locks", "-d", database, "--json", check=True)
        rows = {row["pid"]: row for row in json.loads(done.stdout)}
        return bool(rows[jam.waiter]["work"])

    done, rows = None, {}
    until(looked)
    assert (rows[jam.holder]["depth"], rows[jam.waiter]["depth"]) == (0, 1)
    assert rows[jam.holder]["state"] == "idle in transaction"
    assert rows[jam.waiter]["blocked_by"] == [jam.holder]
    assert rows[jam.waiter]["transaction_s"] > 0
    assert (rows[jam.waiter]["work"]["path"], rows[jam.waiter]["work"]["uid"]) == ("/web/save", SUPERUSER_ID)
    text = fondaco.run("locks", "-d", database).stdout
    assert f"\n    {jam.waiter}  {database}  active waits for transactionid" in text
    assert "POST /web/save uid=1" in text
    assert "value-that-nobody-may-read" not in done.stdout + text


def test_o7_a_statement_that_waits_is_cancelled_and_its_request_is_told(fondaco, database, jam):
    done = fondaco.run("locks", "-d", database, "--cancel", str(jam.waiter))

    assert done.returncode == 0, done.stderr
    jam.thread.join(PATIENCE_S)
    assert isinstance(jam.outcome[0], WorkCancelled)
    assert "Request id: r1" in str(jam.outcome[0])


def test_only_statements_of_ours_can_be_cancelled(fondaco, registries, database, jam):
    other = fix_database.create(registries, ())
    idle = fondaco.run("locks", "-d", database, "--cancel", str(jam.holder))
    elsewhere = fondaco.run("locks", "-d", other, "--cancel", str(jam.waiter))
    nobody = fondaco.run("locks", "-d", database, "--cancel", "1")
    fix_database.databases.drop(registries, other)

    assert (idle.returncode, elsewhere.returncode, nobody.returncode) == (5, 4, 3)
    assert "cannot be cancelled" in idle.stderr
    assert jam.thread.is_alive()


def test_o7_administrators_see_it_in_the_client_and_may_end_it(env, jam):
    found = env["ir.lock"].search([("is_waiting", "=", True)])

    waiter = found.filtered(lambda one: one.id == jam.waiter)
    assert (waiter.blocked_by, waiter.state, waiter.work) == (str(jam.holder), "active", "POST /web/save uid=1")
    assert "res_partner" in waiter.statement
    assert "value-that-nobody-may-read" not in waiter.statement
    assert env["ir.lock"].browse(jam.holder).blocking == 1
    action = waiter.with_user(env.ref("base.user_admin")).action_cancel()
    assert "being cancelled" in action["params"]["message"]
    jam.thread.join(PATIENCE_S)
    assert isinstance(jam.outcome[0], WorkCancelled)


def test_nobody_else_may(env):
    user = env["res.users"].create(
        {"name": "Ann", "login": "ann", "groups_id": [(6, 0, [env.ref("base.group_user").id])]}
    )
    locks = env["ir.lock"].with_user(user)

    with pytest.raises(AccessError):
        locks.search([]).read(["work"])
    with pytest.raises(AccessError):
        locks.browse(1).action_cancel()


def test_the_page_can_be_read_by_the_client(env):
    action = env.ref("base.ir_lock_action").sudo().read()[0]
    views = env["ir.lock"].get_views([(False, "list"), (False, "search")])

    assert action["res_model"] == "ir.lock"
    columns = list(views["models"]["ir.lock"]["fields"])
    env["ir.lock"].web_search_read([], {name: {} for name in columns if name != "id"})


def session(pid: int, *blocked_by: int) -> Session:
    return Session(pid, "shop", "odoo", "", "active", 1.0, 1.0, "tuple" if blocked_by else "", blocked_by, "")


@pytest.mark.parametrize(
    ("found", "tree"),
    [
        ([session(1), session(2, 1), session(3, 2), session(4)], [(0, 1), (1, 2), (2, 3)]),
        ([session(1, 2), session(2, 1)], [(0, 1), (1, 2)]),
        ([session(5, 9)], [(0, 5)]),
        ([session(1), session(2), session(3, 1, 2)], [(0, 1), (1, 3), (0, 2)]),
        ([session(4)], []),
    ],
    ids=["chain", "ring", "hidden", "several", "nobody waits"],
)
def test_under_each_session_stands_who_waits_for_it(found, tree):
    assert [(depth, one.pid) for depth, one in forest(found)] == tree
