"""Pools: their limit, waiting, the dead, forks, and databases that come and go."""

from __future__ import annotations

import gc
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fondaco.engine import opened
from fondaco.errors import DatabaseError, DatabaseExists, DatabaseNotFound
from fondaco.sql import connection, databases
from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor
from fondaco.sql.databases import MAINTENANCE
from fondaco.sql.driver import PoolError
from fondaco.sql.embedded import SUPERUSER
from fondaco.sql.fragment import SQL
from tests.processes import is_so_in_child, wait_until

TCP_OPTIONS = {"KEEPIDLE": 30, "KEEPINTVL": 10, "KEEPCNT": 3, "USER_TIMEOUT": 60_000}
BACKEND = SQL("SELECT pg_backend_pid()")


@pytest.fixture
def two(config: Any) -> Any:
    """Pools of two connections."""
    pools = Pools(config.replace(db_maxconn=2))
    yield pools
    pools.close()


def test_a_connection_is_used_again(two: Pools, dbname: str) -> None:
    with two.cursor(dbname) as cr:
        first = cr.fetch(BACKEND)
    with two.cursor(dbname) as cr:
        assert cr.fetch(BACKEND) == first


def test_connections_are_opened_ahead_and_one_that_cannot_be_is_left_to_who_needs_it(two: Pools, dbname: str) -> None:
    with two.ahead(dbname, "none_of_this_name"):
        pass

    assert (two.count, [*two.idle]) == (1, [(dbname, False)])
    with two.cursor(dbname) as cr, two.ahead(dbname, dbname):  # no more than the limit
        assert cr.fetch(SQL("SELECT 1")) == [(1,)]
    assert two.count == 2


def test_p12_work_waits_for_a_connection(two: Pools, dbname: str) -> None:
    before = connection.WAITS.value(dbname, "served")
    held = [two.cursor(dbname), two.cursor(dbname)]
    threading.Timer(0.1, held[0].close).start()

    with two.cursor(dbname) as cr:
        assert cr.fetch(SQL("SELECT 1")) == [(1,)]
    held[1].close()
    assert connection.WAITS.value(dbname, "served") == before + 1


def test_p12_waiting_ends_with_an_error_that_names_the_limit_and_is_counted(
    two: Pools, dbname: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(connection, "WAIT_S", 0.05)
    held = [two.cursor(dbname), two.cursor(dbname)]

    with pytest.raises(PoolError, match=r"Connection Pool Is Full: 2 connections \(db_maxconn\)"):
        two.cursor(dbname)
    for cr in held:
        cr.close()
    assert connection.WAITS.value(dbname, "refused") == 1


def test_p12_a_cursor_that_was_never_closed_counts_once(two: Pools, dbname: str) -> None:
    held = two.cursor(dbname)
    forgotten = two.cursor(dbname)
    del forgotten
    gc.collect()

    assert two.count == 1
    held.close()


def test_p12_a_connection_that_nobody_uses_is_closed_by_the_sweep(
    two: Pools, dbname: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.cursor(dbname).close()
    two.sweep()
    assert two.count == 1

    monkeypatch.setattr(connection, "IDLE_S", -1.0)
    two.sweep()

    assert (two.count, two.idle) == (0, {})


def test_an_idle_connection_of_another_database_makes_room(two: Pools, dbname: str) -> None:
    held = two.cursor(dbname)
    two.cursor(databases.MAINTENANCE).close()

    with two.cursor(dbname) as cr:
        assert cr.fetch(SQL("SELECT 1")) == [(1,)]
    held.close()


def test_a_connection_that_died_is_replaced(two: Pools, pools: Pools, dbname: str) -> None:
    with two.cursor(dbname) as cr:
        ((backend,),) = cr.fetch(BACKEND)
    with pools.cursor(databases.MAINTENANCE) as cr:
        cr.fetch(SQL("SELECT pg_terminate_backend(%s, 5000)", backend))

    with two.cursor(dbname) as cr:
        assert cr.fetch(BACKEND) != [(backend,)]
    assert two.count == 1


def test_a_connection_lost_in_the_middle_is_dropped_not_kept(two: Pools, pools: Pools, dbname: str) -> None:
    with pytest.raises(psycopg.OperationalError), two.cursor(dbname) as cr:
        ((backend,),) = cr.fetch(BACKEND)
        with pools.cursor(databases.MAINTENANCE) as other:
            other.fetch(SQL("SELECT pg_terminate_backend(%s, 5000)", backend))
        cr.fetch(BACKEND)

    assert two.count == 0


def test_a_connection_left_open_by_its_user_is_clean_for_the_next(two: Pools, dbname: str) -> None:
    cr = two.cursor(dbname)
    cr.execute("CREATE TABLE left_open (a int)")
    cr.close()

    with two.cursor(dbname) as cr:
        assert cr.fetch(SQL("SELECT to_regclass('left_open')")) == [(None,)]


def test_the_end_of_a_reading_transaction_is_not_waited_for(two: Pools, pools: Pools, dbname: str) -> None:
    with two.cursor(dbname, readonly=True) as cr:
        first = cr.fetch(SQL("SELECT pg_backend_pid()"))
        link = cr.link
    assert link.is_ending

    with two.cursor(dbname) as cr:
        assert cr.link is link
        assert not link.is_ending
        assert cr.fetch(SQL("SELECT pg_backend_pid()")) == first
        cr.execute("SHOW transaction_read_only")
        assert cr.fetchall() == [("off",)]


@pytest.mark.parametrize(
    ("act", "is_waited_for"),
    [
        (lambda cr: cr.read(SQL("SELECT 1")), False),
        (lambda cr: cr.now(), False),
        (lambda cr: cr.fetch(SQL("SELECT nextval('pg_temp.number')")), True),
        (lambda cr: cr.run(SQL("CREATE TEMP TABLE t (a int)")), True),
        (lambda cr: cr.execute("SELECT 1"), True),
        (lambda cr: cr.copy_rows("rows", ["a"], [(1,)]), True),
        (lambda cr: cr.control("SAVEPOINT s"), True),
        (lambda cr: cr.connection, True),
    ],
)
def test_the_end_of_a_transaction_is_waited_for_if_it_may_have_changed_anything(
    pools: Pools, act: Callable[[Cursor], object], is_waited_for: bool
) -> None:
    with pools.cursor("postgres") as cr:
        cr.execute("CREATE TEMP SEQUENCE number; CREATE TEMP TABLE rows (a int)")
        cr.commit()
        assert not cr.link.is_ending

        cr.read(SQL("SELECT 1"))
        act(cr)
        cr.commit()

        assert cr.link.is_ending is not is_waited_for
        assert cr.read(SQL("SELECT 2")) == [(2,)]


def test_after_its_unheard_end_a_reading_cursor_begins_anew(two: Pools, dbname: str) -> None:
    cr = two.cursor(dbname, readonly=True)
    assert cr.fetch(SQL("SELECT 1")) == [(1,)]
    cr.commit()
    assert cr.fetch(SQL("SELECT 2")) == [(2,)]
    cr.execute("SHOW transaction_isolation")
    assert cr.fetchall() == [("repeatable read",)]
    cr.close()


@pytest.mark.direct("it ends a process of PostgreSQL by its number")
def test_a_connection_lost_at_its_unheard_end_is_replaced(two: Pools, pools: Pools, dbname: str) -> None:
    with two.cursor(dbname, readonly=True) as cr:
        ((pid,),) = cr.fetch(SQL("SELECT pg_backend_pid()"))
    with pools.autocommit(dbname) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])

    with two.cursor(dbname) as cr:
        assert cr.fetch(SQL("SELECT pg_backend_pid() <> %s", pid)) == [(True,)]


def test_the_first_question_rides_on_the_beginning(two: Pools, dbname: str) -> None:
    with two.cursor(dbname) as cr:
        assert cr.ask_first(SQL("1 + 1, NULL, 'x'")) == ["2", None, "x"]
        assert cr.sql_count == 1
        assert not cr.link.is_idle
        (said,) = cr.ask_first(SQL("now() AT TIME ZONE 'UTC'"))
        assert datetime.fromisoformat(str(said)) == cr.now()  # a last digit of 0 is not written by both


@pytest.mark.direct("a lock of a session is that of whoever has its connection next")
def test_a_transaction_that_waits_at_its_beginning_holds_up_no_other_thread(two: Pools, dbname: str) -> None:
    question = SQL("pg_advisory_xact_lock_shared(8)::text")
    answers: list[list[str | None]] = []

    def wait_for_the_lock() -> None:
        with two.cursor(dbname) as cr:
            answers.append(cr.ask_first(question))

    with two.autocommit(dbname) as other:
        for _ in range(3):  # from the third time on the beginning is prepared
            with two.cursor(dbname) as cr:
                cr.ask_first(question)
        # Should the thread hold everybody up, it is PostgreSQL that ends its waiting.
        other.execute("SET idle_session_timeout = '20s'; SELECT pg_advisory_lock(8)")
        thread = threading.Thread(target=wait_for_the_lock, daemon=True)
        thread.start()
        waiting = SQL("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 8 AND NOT granted")
        while other.fetch(waiting) == [(0,)]:
            assert thread.is_alive()
        assert not answers
        other.execute("SELECT pg_advisory_unlock(8)")
    thread.join(60)

    assert answers == [[""]]


def test_settings_temporary_tables_and_locks_end_with_the_cursor(two: Pools, dbname: str) -> None:
    with two.cursor(dbname) as cr:
        ((backend,),) = cr.fetch(BACKEND)
        cr.execute("SET work_mem = '1MB'; CREATE TEMP TABLE passing (a int); SELECT pg_advisory_lock(7)")

    with two.cursor(dbname) as cr:
        assert cr.fetch(
            SQL(
                """
                SELECT pg_backend_pid(), current_setting('work_mem') <> '1MB', to_regclass('passing') IS NULL,
                       current_setting('timezone'),
                       NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())
                """
            )
        ) == [(backend, True, True, "UTC", True)]


def test_a_child_process_has_connections_of_its_own(two: Pools, dbname: str) -> None:
    with two.cursor(dbname) as cr:
        ((parent,),) = cr.fetch(BACKEND)

        def has_its_own() -> bool:
            with two.cursor(dbname) as mine:
                return mine.fetch(BACKEND) != [(parent,)]

        assert is_so_in_child(has_its_own)
        assert cr.fetch(BACKEND) == [(parent,)]


def test_many_threads_share_few_connections(two: Pools, dbname: str) -> None:
    answers: list[int] = []

    def work(number: int) -> None:
        for _time in range(5):
            with two.cursor(dbname) as cr:
                answers.append(cr.fetch(SQL("SELECT %s + 0", number))[0][0])

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(answers) == sorted(list(range(8)) * 5)
    assert two.count <= 2


def test_over_tcp_a_machine_that_fell_silent_is_noticed_within_a_minute(pooled: Any, dbname: str) -> None:
    """By hand: with its packets dropped by iptables, a statement that waits is lost after 63 s."""
    pools = Pools(pooled(is_direct=True))
    with pools.cursor(dbname) as cr:
        sock = socket.socket(fileno=os.dup(cr.link.pgconn.socket))
    pools.close()

    with sock:
        found = {name: sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, f"TCP_{name}")) for name in TCP_OPTIONS}
    assert found == TCP_OPTIONS


def test_an_unknown_database_is_refused_at_once(two: Pools, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING"), pytest.raises(psycopg.OperationalError, match="does not exist"):
        two.cursor("no_such_database")

    assert [line for line in caplog.messages if "attempt" in line] == []
    assert two.count == 0


def test_a_server_that_starts_is_waited_for(config: Any, tmp_path: Any) -> None:
    pools = Pools({**config, "db_host": str(tmp_path), "db_reconnection_retries": 2, "db_reconnection_delay": 0.05})
    started = time.monotonic()
    with pytest.raises(psycopg.OperationalError):
        pools.cursor("any")

    assert time.monotonic() - started > 0.08


def test_a_server_of_ours_that_cannot_be_started_is_away_and_ends_nobody_who_waits(config: Any, tmp_path: Any) -> None:
    pools = Pools({**config, "db_host": str(tmp_path), "db_reconnection_retries": 3, "db_reconnection_delay": 0.01})
    tried = []

    def revive() -> None:
        tried.append(len(tried))
        raise DatabaseError("the disk is full")

    pools.revive = revive

    with pytest.raises(psycopg.OperationalError):
        pools.cursor("any")

    assert tried == [0, 1, 2]


# -- databases


def test_a_client_that_reads_nothing_holds_up_a_drop_for_a_while_and_is_named(
    pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"doomed_{os.getpid()}"
    databases.create(pools, name, extensions=())
    monkeypatch.setattr(databases, "DROP_S", 1.0)

    with pools.direct("postgres", application_name="deaf") as deaf, pools.direct("postgres") as noisy:
        deaf.execute("LISTEN noise")
        for _ in range(400):
            noisy.execute("SELECT pg_notify('noise', repeat('x', 7000) || clock_timestamp())")
        with pytest.raises(DatabaseError, match=rf"{deaf.info.backend_pid} \(deaf\)"):
            databases.drop(pools, name)

    monkeypatch.undo()
    assert databases.drop(pools, name) and not databases.exists(pools, name)


def test_a_database_is_created_copied_renamed_listed_and_dropped(pools: Pools) -> None:
    a, b, c = (f"test_sql_{os.getpid()}_{letter}" for letter in "abc")
    databases.create(pools, a)
    with pools.cursor(a) as cr:
        cr.execute("CREATE TABLE t AS SELECT 42 AS x")
        assert cr.fetch(SQL("SELECT unaccent('é'), similarity('abc', 'abd') > 0, lower('É')")) == [("e", True, "é")]
    with pytest.raises(psycopg.OperationalError), pools.cursor(a) as thrown_out:
        thrown_out.fetch(SQL("SELECT 1"))
        databases.copy(pools, a, b)
    databases.rename(pools, b, c)

    assert {a, c} <= set(databases.list_databases(pools))
    assert b not in databases.list_databases(pools)
    with pools.cursor(c) as cr:
        assert cr.fetch(SQL("SELECT x FROM t")) == [(42,)]
    with pytest.raises(DatabaseExists, match="already exists"):
        databases.copy(pools, a, c)
    with pytest.raises(DatabaseNotFound):
        databases.copy(pools, b, "test_sql_never")
    assert databases.drop(pools, a)
    assert databases.drop(pools, c)
    assert not databases.drop(pools, a)


def test_hidden_databases_are_listed_only_on_demand(pools: Pools) -> None:
    name = f"_fondaco_test_{os.getpid()}"
    databases.create(pools, name, extensions=())

    assert name not in databases.list_databases(pools)
    assert name in databases.list_databases(pools, hidden=True)
    databases.drop(pools, name)


@pytest.mark.parametrize("name", ["", "a/b", "../x", "-x", "a b", "a" * 64, "template9", "é", "a\n"])
def test_names_that_would_trouble_someone_are_refused(name: str) -> None:
    with pytest.raises(DatabaseError, match="database name"):
        databases.check_name(name)


@pytest.fixture
def administration(config: Any, pools: Pools) -> Iterator[Pools]:
    """Connections that may create roles: those of the embedded server's superuser, or the ones the run was given."""
    secret = Path(config["data_dir"], "postgresql", "superuser-password")
    if not secret.exists():
        yield pools
        return
    own = Pools(config.replace(db_user=SUPERUSER, db_password=secret.read_text()))
    yield own
    own.close()


@pytest.mark.direct("it makes a role, which PgBouncer does not know")
def test_a_database_of_another_owner_is_listed_if_it_holds_our_tables(
    pools: Pools, administration: Pools, config: Any
) -> None:
    role, ours, theirs = (f"test_sql_{os.getpid()}_{word}" for word in ("role", "ours", "theirs"))
    with administration.autocommit(databases.MAINTENANCE) as cr:
        cr.execute(SQL("CREATE ROLE %s LOGIN PASSWORD 'p'", SQL.identifier(role)))
    databases.create(pools, ours, extensions=())
    databases.create(pools, theirs, extensions=())
    with pools.cursor(ours) as cr:
        cr.execute("CREATE TABLE ir_module_module (id int)")
    stranger = Pools(config.replace(db_user=role, db_password="p"))
    try:
        listed = databases.list_databases(stranger)
        with pytest.raises(DatabaseError, match="own the database"):
            databases.drop(stranger, ours)
    finally:
        stranger.close()
        databases.drop(pools, ours)
        databases.drop(pools, theirs)
        with administration.autocommit(databases.MAINTENANCE) as cr:
            cr.execute(SQL("DROP ROLE %s", SQL.identifier(role)))

    assert ours in listed
    assert theirs not in listed


def test_what_a_short_program_asks_for_is_announced_before_it_ends(config) -> None:
    """Jobs that `fondaco shell` had asked for waited up to ten minutes: it ended before anybody was told."""
    with opened(config) as engine:
        engine.pools.announcer.tell("trial_of_an_end", "shop")

    assert engine.pools.announcer.flush(0)


def test_who_comes_while_a_pooler_refuses_everybody_waits(pooled: Any, pools: Pools, dbname: str) -> None:
    through = Pools(pooled(is_direct=True))

    def let_in(word: str) -> None:
        with pools.autocommit(MAINTENANCE) as cr:
            cr.execute(SQL("ALTER DATABASE %s ALLOW_CONNECTIONS %s", SQL.identifier(dbname), SQL(word)))

    with psycopg.connect(**through.settings(dbname), autocommit=True) as first:  # it knows the database from now on
        backend = first.execute("SELECT pg_backend_pid()").fetchone()

    def is_refused() -> bool:
        with closing(psycopg.connect(**through.settings(dbname), autocommit=True)) as one:
            # the first ones wait for a log-in, those that come after one that failed do not
            one.pgconn.send_query(b"SELECT 1")
            return bool(select.select([one.fileno()], [], [], 0.1)[0])

    let_in("false")
    with pools.autocommit(MAINTENANCE) as cr:
        cr.fetch(SQL("SELECT pg_terminate_backend(%s, 10000)", backend[0]))
    timer = threading.Timer(0.3, let_in, ["true"])
    try:
        wait_until(is_refused)
        timer.start()
        with through.cursor(dbname) as cr:
            assert cr.fetch(SQL("SELECT 1")) == [(1,)]
    finally:
        timer.cancel()
        let_in("true")
        through.close()
