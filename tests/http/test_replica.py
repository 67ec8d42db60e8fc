"""Reading from a replica (db_replica_host): what a visitor wrote he reads; behind or away, the primary does it."""

from __future__ import annotations

import psycopg.errors
import pytest
import requests

from fondaco.modules.registries import Registries
from fondaco.modules.transaction import checked
from fondaco.registry.transact import transact_trusting
from fondaco.sql import replica as room
from fondaco.sql.connection import Pools
from fondaco.sql.fragment import SQL
from fondaco.sql.replica import ANYWHERE, number
from tests import fix_database
from tests.fix_server import serving

pytestmark = pytest.mark.direct("it brings a PostgreSQL of its own")

IN_RECOVERY = SQL("SELECT pg_is_in_recovery()")


class Visitor:
    """Somebody with a session of his own."""

    def __init__(self, server):
        self.server, self.http = server, requests.Session()
        self.post(
            "/web/session/authenticate",
            {"db": server.database, "login": fix_database.LOGIN, "password": fix_database.PASSWORD},
        )

    def post(self, path, params):
        answer = self.http.post(f"{self.server.url}{path}", json={"params": params}, timeout=60).json()
        assert "result" in answer, answer
        return answer["result"]

    def call(self, method, *args):
        body = {"model": "res.partner", "method": method, "args": args, "kwargs": {}}
        return self.post("/web/dataset/call_kw", body)

    def name_of(self, partner):
        return self.call("read", [partner], ["name"])[0]["name"]


@pytest.fixture
def registry(cluster, replica):
    pools = Pools(replica.config)
    yield Registries(replica.config, pools).get(cluster.database)
    pools.close()


def reads(registry, work=lambda env: env.cr.fetch(IN_RECOVERY)[0][0], **options):
    """What reading work answers: whether the replica did it."""
    return transact_trusting(registry, checked(registry, work), uid=1, readonly=True, **{"after": ANYWHERE, **options})


@pytest.mark.parametrize("workers", [0, 2], ids=["threads", "processes"])
def test_a_visitor_reads_what_he_wrote_and_others_read_from_the_replica(cluster, replica, run_dir, workers):
    with serving(replica.config.replace(workers=workers), cluster.database, run_dir) as server:
        writer, reader = Visitor(server), Visitor(server)
        partner = writer.call("create", {"name": "Old"})
        replica.follow()
        assert reader.name_of(partner) == "Old"

        replica.pause()
        writer.call("write", [partner], {"name": "New"})
        seen = [reader.name_of(partner) for _ in range(3)], [writer.name_of(partner) for _ in range(3)]
        replica.follow()

        assert seen == (["Old"] * 3, ["New"] * 3)
        assert (reader.name_of(partner), writer.name_of(partner)) == ("New", "New")


def test_when_the_replica_is_gone_reading_goes_on(cluster, replica, run_dir):
    with serving(replica.config, cluster.database, run_dir) as server:
        reader = Visitor(server)
        partner = reader.call("create", {"name": "Still there"})
        replica.follow()
        assert reader.name_of(partner) == "Still there"

        replica.stop()
        try:
            assert [reader.name_of(partner) for _ in range(3)] == ["Still there"] * 3
        finally:
            replica.start()

        assert "replica does not answer" in server.logfile.read_text()


def test_only_who_says_what_he_has_seen_is_sent_to_the_replica(registry):
    pools, db = registry.pools, registry.db_name

    def in_recovery(**options):
        with pools.cursor(db, **options) as cr:
            return cr.fetch(IN_RECOVERY)[0][0]

    assert in_recovery(readonly=True, after=ANYWHERE)
    assert not in_recovery(readonly=True)
    assert not in_recovery(after=ANYWHERE)
    assert not in_recovery(readonly=True, after="FFFFFFFF/0")


def test_a_position_is_told_by_work_that_wrote(registry, replica):
    pools, db = registry.pools, registry.db_name
    with pools.cursor(db, after=ANYWHERE) as reading:
        reading.fetch(SQL("SELECT 1"))
    with pools.cursor(db, after=ANYWHERE) as writing:
        writing.execute("UPDATE res_partner SET ref = 'x' WHERE id = 1")
    with pools.cursor(db) as unasked:
        unasked.execute("UPDATE res_partner SET ref = 'x' WHERE id = 1")

    assert (reading.position, unasked.position) == (None, None)
    assert number(writing.position) > 0
    replica.follow()
    with pools.cursor(db, readonly=True, after=writing.position) as cr:
        assert cr.on_replica


def test_what_a_process_remembers_is_never_older_than_what_it_knows(registry, replica):
    assert reads(registry) is True
    replica.pause()
    try:
        transact_trusting(
            registry,
            lambda env: env["ir.config_parameter"].set_param("replica.test", "new"),
            uid=1,
            readonly=False,
        )

        assert reads(registry) is False, "the answers kept in memory are newer than the replica"
        assert reads(registry, lambda env: env["ir.config_parameter"].get_param("replica.test")) == "new"
    finally:
        replica.follow()
    assert reads(registry) is True


def test_what_the_replica_gives_up_the_primary_does(registry):
    places = []

    def work(env):
        places.append(env.cr.on_replica)
        if env.cr.on_replica:
            raise psycopg.errors.SerializationFailure("canceling statement due to conflict with recovery")
        return "done"

    assert reads(registry, work) == "done"
    assert places == [True, False]


def test_work_whose_replica_dies_under_it_goes_on_with_the_primary(registry, replica):
    places = []

    def work(env):
        places.append(env.cr.on_replica)
        if env.cr.on_replica:
            replica.ask(f"SELECT pg_terminate_backend({env.cr.link.pgconn.backend_pid}, 5000)")
        return env.cr.fetch(IN_RECOVERY)[0][0]

    assert reads(registry, work) is False
    assert places == [True, False]


def test_a_broken_promise_to_write_nothing_is_kept_by_the_primary(registry):
    def work(env):
        env.cr.execute("UPDATE res_partner SET ref = 'promise' WHERE id = 1")
        return env.cr.on_replica

    assert reads(registry, work) is False


def test_a_replica_that_came_back_is_used_again(registry, replica, monkeypatch):
    replica.stop()
    try:
        assert reads(registry) is False
        assert not registry.pools.replica.is_wanted
    finally:
        replica.start()
    monkeypatch.setattr(registry.pools.replica, "_away_until", 0.0)

    assert reads(registry) is True
    assert room.READS.value(registry.db_name, "replica") > 0
