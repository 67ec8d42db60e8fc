"""Sessions in Redis (rows S11 and R7): several machines read them, and while Redis is away nobody is thrown out."""

from __future__ import annotations

import logging
import os
import time

import pytest
import requests
import valkey

from fondaco.errors import ConfigError
from fondaco.http import redis_shelf
from fondaco.http.redis_shelf import ASK_AGAIN_S, BELIEVED_S, KEY, PREFIX
from fondaco.http.sessions import session_store
from fondaco.http.shelf import SessionsAway
from tests import fix_database
from tests.fix_server import serving

LIFETIME = 3600
PATIENCE_S = 60.0


@pytest.fixture
def machine(redis, tmp_path, monkeypatch):
    """The session store of a machine of its own; every call is another process of it."""
    answer_s = redis_shelf.ANSWER_S
    monkeypatch.setattr(redis_shelf, "CONNECT_S", PATIENCE_S)

    def opened(name, is_patient=True, **more):
        # a Redis that takes its time on a busy machine is there all the same
        monkeypatch.setattr(redis_shelf, "ANSWER_S", PATIENCE_S if is_patient else answer_s)
        directory = tmp_path / name
        directory.mkdir(exist_ok=True)
        return session_store({"data_dir": directory, "redis_url": redis.url, "session_lifetime": LIFETIME, **more})

    return opened


@pytest.fixture
def client(redis):
    with valkey.Valkey.from_url(redis.url) as opened:
        yield opened


def logged_in(store, uid=7):
    session = store.new()
    session.uid, session.db = uid, "shop"
    store.rotate(session, None)
    return session


def wait_until_asked_again():
    time.sleep(ASK_AGAIN_S * 1.1)


def test_another_machine_knows_the_session(machine):
    session = logged_in(machine("one"))

    seen = machine("two").get(session.sid)

    assert (seen.sid, seen.uid, seen.db) == (session.sid, 7, "shop")


def test_an_anonymous_id_of_one_machine_counts_on_the_other(machine):
    session = machine("one").new()

    assert machine("two").get(session.sid).sid == session.sid


def test_r7_keys_do_not_show_a_session(machine, client):
    sid = logged_in(machine("one")).sid

    keys = [key.decode() for key in client.keys("*")]

    assert sorted(keys) == sorted([PREFIX + sid[:42], KEY])
    assert sid[42:] not in "".join(keys)


def test_the_second_half_of_the_id_must_be_right(machine):
    store = machine("one")
    sid = logged_in(store).sid

    seen = store.get(sid[:42] + "A" * 42)

    assert (seen.uid, seen.is_new) == (None, True)


def test_a_session_is_forgotten_when_its_lifetime_is_over(machine, client):
    store = machine("one")
    sid = logged_in(store).sid

    assert 0 < client.ttl(PREFIX + sid[:42]) <= LIFETIME
    client.pexpire(PREFIX + sid[:42], 1)
    time.sleep(0.05)

    assert store.get(sid).uid is None


def test_using_a_session_prolongs_it(machine, client):
    store = machine("one")
    sid = logged_in(store).sid
    client.expire(PREFIX + sid[:42], 1000)

    assert store.get(sid).uid == 7

    assert client.ttl(PREFIX + sid[:42]) > 3000


def test_s11_an_absolute_lifetime_ends_a_session_in_use(machine):
    sid = logged_in(machine("one")).sid

    assert machine("one", session_absolute_lifetime=3600).get(sid).uid == 7
    session = machine("one").get(sid)
    session["create_time"] = time.time() - 3601
    machine("one").save(session)

    assert machine("one", session_absolute_lifetime=3600).get(sid).uid is None
    assert machine("two").get(sid).uid is None


def test_a_revoked_device_is_logged_out_everywhere(machine):
    one, two = machine("one"), machine("two")
    sid = logged_in(one).sid
    assert two.get(sid).uid == 7

    one.delete_from_identifiers([sid[:42]])

    assert (one.get(sid).uid, two.get(sid).uid) == (None, None)


def test_what_ended_elsewhere_is_not_written_back(machine):
    one, two = machine("one"), machine("two")
    session = one.get(logged_in(one).sid)
    two.delete(session)

    session["cart"] = [1]
    one.save(session)

    assert (one.get(session.sid).uid, two.get(session.sid).uid) == (None, None)


def test_r7_without_redis_this_machine_goes_on_with_what_it_knows(machine, redis, caplog):
    store = machine("one")
    sid = logged_in(store).sid
    redis.stop()

    with caplog.at_level(logging.WARNING):
        seen = [store.get(sid) for _ in range(3)]

    assert [session.uid for session in seen] == [7, 7, 7]
    assert len([line for line in caplog.messages if "Redis did not answer" in line]) == 1
    assert "redis-secret" not in caplog.text


def test_a_redis_that_hangs_is_as_good_as_away(machine, redis):
    sid = logged_in(machine("one")).sid
    redis.freeze()
    store = machine("one", is_patient=False)

    assert store.get(sid).uid == 7


def test_without_redis_a_session_of_elsewhere_is_not_logged_out(machine, redis):
    two = machine("two")
    two.new()
    sid = logged_in(machine("one")).sid
    redis.stop()

    with pytest.raises(SessionsAway) as refused:
        two.get(sid)

    assert dict(refused.value.get_headers())["Retry-After"] == "5"


def test_without_redis_strangers_are_served(machine, redis):
    store = machine("one")
    sid = store.new().sid
    redis.stop()

    session = store.get(sid)
    session["_noted"] = "by the way"
    store.save(session)

    assert (session.sid, session.is_unread, session.uid, store.list()) == (sid, True, None, [])
    session["cart"] = [1]
    with pytest.raises(SessionsAway):
        store.save(session)  # there may be a document, and nobody knows what it holds


def test_without_redis_strangers_log_in(machine, redis):
    store = machine("one")
    sid = store.new().sid
    redis.stop()

    session = store.get(sid)
    session.uid = 7
    store.rotate(session, None)

    assert store.get(session.sid).uid == 7


def test_a_copy_that_was_not_confirmed_for_long_does_not_count(machine, redis):
    store = machine("one")
    sid = logged_in(store).sid
    copy = store.shelf._copies.file(sid)
    past = time.time() - BELIEVED_S - 1
    os.utime(copy, (past, past))
    redis.stop()

    with pytest.raises(SessionsAway):
        store.get(sid)


def test_a_log_in_while_redis_is_away_is_told_when_it_is_back(machine, redis):
    one, two = machine("one"), machine("two")
    one.new()
    redis.stop()
    sid = logged_in(one, uid=9).sid
    assert machine("one").get(sid).uid == 9, "another process of the machine knows it too"
    redis.start()
    wait_until_asked_again()

    assert one.get(sid).uid == 9

    assert two.get(sid).uid == 9


def test_a_log_out_while_redis_is_away_is_told_when_it_is_back(machine, redis):
    one, two = machine("one"), machine("two")
    sid, other = logged_in(one).sid, logged_in(one, uid=8).sid
    assert two.get(sid).uid == 7
    redis.freeze()
    one = machine("one", is_patient=False)
    one.delete(one.get(sid))
    assert machine("one", is_patient=False).get(sid).uid is None
    redis.thaw()
    wait_until_asked_again()

    assert one.get(other).uid == 8

    assert two.get(sid).uid is None


@pytest.mark.parametrize("first", [0, 1], ids=["the end comes first", "the end comes last"])
def test_what_ended_on_one_machine_does_not_come_back_by_another_that_wrote_it_meanwhile(machine, first):
    """Where the machine of the log-out told Redis first, the other one's note brought the session back."""
    stores = machine("one"), machine("two")
    session = logged_in(stores[0])
    seen = stores[1].get(session.sid)
    for store in stores:
        store.shelf._away_until, store.shelf._is_away = time.monotonic() + LIFETIME, True
    seen["note"] = "written where nobody heard of the end"
    stores[1].save(seen)
    stores[0].delete(session)

    for store in (stores[first], stores[1 - first]):
        store.shelf._away_until = 0.0
        store.list()  # the first question tells Redis what it missed

    assert [store.is_kept(seen.sid) for store in (*stores, machine("three"))] == [False] * 3


def test_a_redis_that_lost_everything_is_filled_again(machine, redis):
    one = machine("one")
    sids = [logged_in(one, uid=uid).sid for uid in (7, 8)]
    anonymous = one.new().sid
    redis.stop()
    redis.start()
    # Nobody asked in between: this process does not even know that Redis was away.

    assert one.get(sids[0]).uid == 7

    two = machine("two")
    assert [two.get(sid).uid for sid in sids] == [7, 8]
    assert two.get(anonymous).sid == anonymous


def test_a_wrong_address_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(ConfigError, match=r"redis_url: .*expected redis://"):
        session_store({"data_dir": tmp_path, "redis_url": "http://localhost"})


def test_r7_a_user_stays_logged_in_through_it_all(redis, config, registries, run_dir, database):
    """The server restarts, Redis goes and comes back empty: the browser's cookie counts all the time."""
    browser = requests.Session()

    def uid(server):
        answer = browser.post(f"{server.url}/web/session/get_session_info", json={"params": {}}, timeout=30)
        assert answer.status_code == 200
        return answer.json().get("result", {}).get("uid")

    settings = config.replace(redis_url=redis.url)
    with serving(settings, database, run_dir) as server:
        params = {"db": database, "login": fix_database.LOGIN, "password": fix_database.PASSWORD}
        browser.post(f"{server.url}/web/session/authenticate", json={"params": params}, timeout=30)
        assert uid(server) == 2
    with serving(settings, database, run_dir) as server:
        assert uid(server) == 2
        redis.stop()
        assert uid(server) == 2
        redis.start()
        wait_until_asked_again()
        assert uid(server) == 2
        assert "redis-secret" not in server.logfile.read_text()
