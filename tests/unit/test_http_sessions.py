"""Sessions on the disk and the databases a host may see."""

from __future__ import annotations

import os
import time
from email.utils import parsedate_to_datetime
from http.cookies import SimpleCookie
from types import SimpleNamespace

import pytest

from fondaco.errors import AccessDenied
from fondaco.http import tenancy
from fondaco.http.sessions import SessionStore


@pytest.fixture
def store(tmp_path):
    return SessionStore(tmp_path / "sessions")


def files(store):
    return [path for path in store.path.rglob("*") if path.is_file() and path.name != ".key"]


def test_an_anonymous_session_is_known_again_without_a_file(store):
    session = store.new()
    store.save(session)

    again = store.get(session.sid)

    assert (again.sid, again.is_new, files(store)) == (session.sid, False, [])


def test_an_id_that_nobody_gave_out_is_replaced(store):
    store.new()

    for sid in ("A" * 84, "../../etc/passwd", "", None, "A" * 85):
        session = store.get(sid)
        assert session.is_new and session.sid != sid


def test_what_a_session_holds_survives(store):
    session = store.new()
    session.uid, session.db = 7, "shop"
    session["cart"] = [1, 2]
    store.save(session)

    again = store.get(session.sid)

    assert (again.uid, again.db, again["cart"], again.is_dirty) == (7, "shop", [1, 2], False)
    assert files(store)[0].stat().st_mode & 0o077 == 0


def test_s11_rotation_changes_the_id_and_ends_the_old_one(store):
    session = store.new()
    session.uid = 7
    store.save(session)
    old = session.sid

    store.rotate(session, None)

    assert session.sid != old
    assert store.get(session.sid).uid == 7
    assert store.get(old).uid is None


def test_s11_a_session_ends_when_it_is_not_used(store):
    session = store.new()
    session.uid = 7
    store.save(session)
    past = time.time() - store.lifetime - 10
    os.utime(files(store)[0], (past, past))

    assert store.get(session.sid).uid is None


def test_s11_a_session_in_use_ends_at_its_absolute_lifetime(store):
    store.absolute_lifetime = 3600
    session = store.new()
    session.update({"uid": 7, "create_time": time.time() - 3500})
    store.save(session)
    assert store.get(session.sid).uid == 7 and store.is_kept(session.sid)

    session["create_time"] -= 200
    store.save(session)

    assert not store.is_kept(session.sid)
    assert store.get(session.sid).uid is None


def test_a_damaged_file_is_a_new_session(store):
    session = store.new()
    session.uid = 7
    store.save(session)
    files(store)[0].write_bytes(b"{oops")

    assert store.get(session.sid).uid is None


def test_devices_are_ended_by_the_first_half_of_the_id(store):
    session = store.new()
    session.uid = 7
    store.save(session)

    store.delete_from_identifiers([session.sid[:42], "../x"])

    assert store.get(session.sid).uid is None


def test_t13_a_password_given_in_one_database_is_none_in_another(store):
    """User 2 of each database is somebody else."""
    other = SimpleNamespace(registry=SimpleNamespace(db_name="beta"))
    session = store.new()
    session.begin_steps("alpha", "admin", 2)

    with pytest.raises(AccessDenied):
        session.pass_step(other, "mfa")
    with pytest.raises(AccessDenied):
        session.finalize(other)

    assert session.uid is None


def test_another_log_in_voids_what_the_one_before_had_come_to(store):
    session = store.new()
    session.begin_steps("alpha", "first", 2)
    session["pre_steps"], session["pre_totp_is_set"], session["cart"] = ["credential"], 2, [1]

    session.begin_steps("alpha", "second", 3)

    assert {key for key in session if key.startswith("pre_")} == {"pre_db", "pre_login", "pre_uid", "pre_since"}
    assert (session["pre_uid"], session["cart"]) == (3, [1])


NAMES = ["alpha", "alpha_test", "beta", "shop.example.com"]


@pytest.mark.parametrize(
    ("dbfilter", "host", "expected"),
    [
        ("", "x", NAMES),
        ("^%d$", "alpha.example.com:8069", ["alpha"]),
        ("^%d$", "www.alpha.example.com", ["alpha"]),
        ("^%d$", "ALPHA.example.com", []),
        ("^%h$", "shop.example.com.:8069", ["shop.example.com"]),
        ("^%d$", "[::1]:8069", []),
        ("^%d$", "", []),
        ("%d", "alpha.example.com", ["alpha"]),
        ("^%h$", "shop.example.com", ["shop.example.com"]),
        ("^%h$", "www.shop.example.com:80", ["shop.example.com"]),
        ("alpha", "x", ["alpha", "alpha_test"]),
        ("^%d$", ".*", []),
    ],
)
def test_dbfilter_reads_the_host(dbfilter, host, expected):
    assert tenancy.filtered(NAMES, host, {"dbfilter": dbfilter}) == expected


def test_named_databases_are_the_only_ones():
    assert tenancy.visible(lambda: NAMES, "x", {"db_name": ["beta", "alpha"]}) == ["alpha", "beta"]


def test_listing_can_be_off():
    with pytest.raises(AccessDenied):
        tenancy.visible(lambda: NAMES, "x", {"list_db": False})


def test_a_session_keeps_its_database_while_the_host_allows_it():
    def resolve(current, host="alpha.example.com", dbfilter=""):
        return tenancy.resolve(lambda: NAMES, host, {"dbfilter": dbfilter}, wanted=None, current=current)

    assert resolve("beta") == "beta"
    assert resolve("beta", dbfilter="^%d$") == "alpha"
    assert resolve(None) is None


def test_a_request_that_is_still_running_does_not_bring_back_a_session_that_ended(store):
    session = store.new()
    session.uid = 7
    store.save(session)
    running = store.get(session.sid)
    leaving = store.get(session.sid)

    leaving.logout()
    store.rotate(leaving, None)
    running.touch()
    store.save(running)

    assert store.get(running.sid).uid is None


def test_a_session_that_was_emptied_may_hold_something_again(store):
    session = store.new()
    session["cart"] = [1]
    store.save(session)
    again = store.get(session.sid)
    del again["cart"], again["create_time"]
    store.save(again)
    again["cart"] = [2]
    store.save(again)

    assert store.get(session.sid)["cart"] == [2]


@pytest.mark.parametrize("is_secure", [True, False])
def test_the_cookie_tells_how_long_it_lasts_and_which_pages_may_not_have_it(store, is_secure):
    before = int(time.time())
    parsed = SimpleCookie(store.cookie("abc", is_secure=is_secure))["session_id"]

    assert parsed.value == "abc"
    assert (parsed["httponly"], parsed["samesite"], parsed["path"], bool(parsed["secure"])) == (
        True,
        "Lax",
        "/",
        is_secure,
    )
    assert int(parsed["max-age"]) == store.lifetime
    assert before <= parsedate_to_datetime(parsed["expires"]).timestamp() - store.lifetime <= time.time()
