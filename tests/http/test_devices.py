"""Where a user is logged in, and the keys of his programs: shown, ended, confirmed (row S11). A real server."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
import requests

from fondaco.registry.transact import transact
from tests.fix_visitor import Visitor

PASSWORD = "one of many"


@pytest.fixture
def user(server, registries, request):
    """A new employee."""
    login = f"{request.node.name}-{time.monotonic_ns()}"
    values = {"name": "Employee", "login": login, "password": PASSWORD}
    uid = transact(registries.get(server.database), lambda env: env["res.users"].create(values).id, uid=1)
    return SimpleNamespace(login=login, id=uid)


@pytest.fixture
def come_in(server, user):
    """come_in("Firefox"): the user, logged in by that browser."""
    agents = {
        "Firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Safari": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.5 Mobile/15E148 Safari/604.1",
    }

    def come_in(browser="Firefox"):
        visitor = Visitor(server)
        visitor.headers["User-Agent"] = agents[browser]
        assert visitor.log_in(user.login, PASSWORD) == "/odoo"
        visitor.page("/odoo")
        assert visitor.uid == user.id
        return visitor

    return come_in


def devices(visitor):
    """What the user sees of his devices."""
    fields = ["display_name", "ip_address", "device_type", "is_current"]
    return visitor.call("res.device", "search_read", [["user_id", "=", visitor.uid]], fields)


def test_s11_a_device_is_seen_and_ended_once_the_user_has_confirmed(come_in):
    here, there = come_in(), come_in("Safari")

    seen = {device["display_name"]: device for device in devices(here)}
    assert set(seen) == {"Linux Firefox", "Iphone Safari"}
    asked = here.call("res.device", "revoke", [seen["Iphone Safari"]["id"]])
    assert there.uid is not None, "nothing happens before that"
    wrong = here.refused("res.users.identitycheck", "run_check", [asked["res_id"]], context={"password": "x"})
    here.confirmed(asked, PASSWORD)

    assert seen["Iphone Safari"]["device_type"] == "mobile" and not seen["Iphone Safari"]["is_current"]
    assert seen["Linux Firefox"]["is_current"] and seen["Linux Firefox"]["ip_address"] == "127.0.0.1"
    assert "not your password" in wrong
    assert there.uid is None and here.uid is not None
    assert [device["display_name"] for device in devices(here)] == ["Linux Firefox"]


def test_s11_a_user_logs_out_everywhere_else(come_in):
    here, *others = come_in(), come_in("Safari"), come_in()

    wizard = here.call("res.users.identitycheck", "create", {})
    here.call("res.users.identitycheck", "run_check", [wizard], context={"password": PASSWORD})

    assert here.uid is not None
    assert [other.uid for other in others] == [None, None]


def test_s11_a_new_password_ends_the_other_sessions(come_in, user):
    here, there = come_in(), come_in()

    assert here.call("res.users", "change_password", PASSWORD, "another one") is True

    assert there.uid is None
    assert Visitor(here.server).log_in(user.login, PASSWORD) == ""
    assert Visitor(here.server).log_in(user.login, "another one") == "/odoo"


def test_s11_an_administrator_sets_a_password_and_its_user_is_out(come_in, user, server):
    there, administrator = come_in(), Visitor(server)
    administrator.log_in(server.login, server.password)
    context = {"active_model": "res.users", "active_ids": [user.id]}

    wizard = administrator.call("change.password.wizard", "create", {}, context=context)
    (lines,) = administrator.call("change.password.wizard", "read", [wizard], ["user_ids"])
    administrator.call("change.password.user", "write", lines["user_ids"], {"new_passwd": "given by hand"})
    administrator.call("change.password.wizard", "change_password_button", [wizard])

    assert there.uid is None
    assert Visitor(server).log_in(user.login, "given by hand") == "/odoo"
    assert "given by hand" not in server.logfile.read_text()


def test_s11_others_do_not_see_or_end_a_device(come_in, server, registries):
    here = come_in()
    (device,) = devices(here)
    values = {"name": "Nosy", "login": f"nosy-{time.monotonic_ns()}", "password": PASSWORD}
    transact(registries.get(server.database), lambda env: env["res.users"].create(values).id, uid=1)
    nosy = Visitor(server)
    nosy.log_in(values["login"], PASSWORD)

    assert nosy.call("res.device", "search", [["id", "=", device["id"]]]) == []
    asked = nosy.call("res.device", "revoke", [device["id"]])
    refused = nosy.refused("res.users.identitycheck", "run_check", [asked["res_id"]], context={"password": PASSWORD})
    assert refused
    assert here.uid is not None


@pytest.mark.parametrize("path", ["/web/health", "/web/health?db_server_status=1", "/websocket/health"])
def test_s11_probes_make_no_session(server, config, path):
    answer = requests.get(server.url + path, timeout=30)

    assert answer.status_code == 200
    assert answer.json()["status"] == "pass"
    assert "Set-Cookie" not in answer.headers


# -- keys of programs ------------------------------------------------------------------------------------------------
def make_key(visitor, name="robot", **values):
    """A key, as the wizard makes it."""
    wizard = visitor.call("res.users.apikeys.description", "create", {"name": name, "duration": "1", **values})
    action = visitor.call("res.users.apikeys.description", "make_key", [wizard])
    if action["res_model"] == "res.users.identitycheck":
        action = visitor.confirmed(action, PASSWORD)
    return action["context"]["default_key"]


def test_a_key_stands_in_for_the_password_of_programs_only(come_in, server, user, registries):
    visitor = come_in()
    key = make_key(visitor)

    assert visitor.rpc("common", "login", server.database, user.login, key)["result"] == user.id
    assert Visitor(server).log_in(user.login, key) == ""
    (row,) = visitor.call("res.users.apikeys", "search_read", [["user_id", "=", user.id]], [])
    assert row["name"] == "robot" and key not in str(row)

    def stored(env):
        env.cr.execute("SELECT key FROM res_users_apikeys WHERE user_id = %s", [user.id])
        return env.cr.fetchone()[0]

    hashed = transact(registries.get(server.database), stored, uid=1)
    assert hashed.startswith("$pbkdf2-sha512$") and key not in hashed
    assert key not in server.logfile.read_text()


def test_a_key_ends_when_it_is_removed_or_its_time_is_over(come_in, server, user, registries):
    visitor = come_in()
    first, second = make_key(visitor), make_key(visitor, "other")
    rows = visitor.call("res.users.apikeys", "search", [["user_id", "=", user.id]])

    def login(key):
        return visitor.rpc("common", "login", server.database, user.login, key)["result"]

    assert (login(first), login(second)) == (user.id, user.id)
    visitor.call("res.users.apikeys", "remove", [min(rows)])

    def expire(env):
        env.cr.execute("UPDATE res_users_apikeys SET expiration_date = '2020-01-01' WHERE id = %s", [max(rows)])

    assert (login(first), login(second)) == (False, user.id)
    transact(registries.get(server.database), expire, uid=1)
    assert login(second) is False


def test_a_key_of_another_scope_opens_nothing_here(server, user, registries):
    def work(env):
        keys = env(user=user.id)["res.users.apikeys"].sudo()
        key = keys._generate("mail_plugin", "elsewhere", None)
        return keys._check_credentials(scope="mail_plugin", key=key), keys._check_credentials(scope="rpc", key=key)

    assert transact(registries.get(server.database), work, uid=1) == (user.id, None)


def test_an_employee_makes_no_key_without_an_end(come_in):
    visitor = come_in()

    refused = visitor.refused("res.users.apikeys.description", "create", {"name": "ever", "duration": "0"})

    assert refused


def test_confirming_by_guesses_is_slowed_down(come_in, server, registries):
    visitor = come_in()
    wizard = visitor.call("res.users.identitycheck", "create", {})
    for number in range(10):
        visitor.refused("res.users.identitycheck", "run_check", [wizard], context={"password": f"guess {number}"})

    refused = visitor.refused("res.users.identitycheck", "run_check", [wizard], context={"password": PASSWORD})

    def forget(env):
        env.cr.execute("DELETE FROM res_users_refusal")  # the server is that of other tests too

    transact(registries.get(server.database), forget, uid=1)
    assert "Too many log-ins failed" in refused
