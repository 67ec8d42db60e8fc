"""Two factors at the door of a real server (row S10): set up, asked for, replaced, taken away, required by a group."""

from __future__ import annotations

import base64
import io
import re
import time
from types import SimpleNamespace

import pytest
import zxingcpp
from PIL import Image

from fondaco.registry.transact import transact
from fondaco.security.credentials import decode_totp_secret, hash_password, hotp, totp_secret
from fondaco.values.deferred import Deferred
from tests.fix_server import serving
from tests.fix_visitor import Visitor

recovery_code = Deferred("odoo.addons.auth_totp.models.auth_totp_recovery_code")
res_users = Deferred("odoo.addons.auth_totp.models.res_users")

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def house(config, database_with, registries, tmp_path_factory):
    """A server, and the way into its database."""
    name = database_with("auth_totp")
    registry = registries.get(name)
    settings = ("base.login_cooldown_after", "0")
    transact(registry, lambda env: env["ir.config_parameter"].set_param(*settings), uid=1)
    with serving(config, name, tmp_path_factory.mktemp("totp")) as server:
        yield SimpleNamespace(server=server, registry=registry, name=name)


@pytest.fixture(scope="module")
def hashed():
    """The hash of PASSWORD: to make one for each user takes longer than most tests here."""
    return hash_password(PASSWORD)


@pytest.fixture
def user(house, hashed, request):
    """A new employee: login, id, secret (once set up)."""
    login = f"user-{time.monotonic_ns()}-{request.node.name}"[:60]

    def work(env):
        user = env["res.users"].create({"name": login, "login": login})
        user._set_encrypted_password(user.id, hashed)
        return user.id

    uid = transact(house.registry, work, uid=1)
    return SimpleNamespace(login=login, id=uid, secret="", shift=0)


def code_of(user):
    """What the app shows now, then what it shows next: within the window whatever time a slow machine takes."""
    shift, user.shift = user.shift, user.shift + 1
    return f"{hotp(decode_totp_secret(user.secret), int(time.time() // 30) + shift):06d}"


def with_factor(house, user):
    """The user has a second factor; its recovery codes."""
    user.secret = totp_secret()

    def work(env):
        found = env["res.users"].browse(user.id)
        found.totp_secret = user.secret
        return env["auth_totp.recovery.code"]._renew(found)

    return transact(house.registry, work, uid=1)


def logged_in(house, user):
    visitor = Visitor(house.server)
    assert visitor.log_in(user.login, PASSWORD) == "/odoo"
    return visitor


def test_s10_a_user_scans_confirms_and_is_asked_from_then_on(house, user):
    visitor, other = logged_in(house, user), logged_in(house, user)

    asked = visitor.call("res.users", "action_totp_enable_wizard", [user.id])
    action = visitor.confirmed(asked, PASSWORD)
    (wizard,) = visitor.call("auth_totp.wizard", "read", [action["res_id"]], ["qrcode", "secret"])
    picture = Image.open(io.BytesIO(base64.b64decode(wizard["qrcode"])))
    url = zxingcpp.read_barcode(picture).text
    user.secret = re.search(r"secret=([A-Z2-7]+)", url)[1]
    visitor.call("auth_totp.wizard", "write", [action["res_id"]], {"code": "000000"})
    refused = visitor.refused("auth_totp.wizard", "enable", [action["res_id"]])
    code = code_of(user)
    visitor.call("auth_totp.wizard", "write", [action["res_id"]], {"code": f"{code[:3]} {code[3:]}"})
    codes = visitor.call("auth_totp.wizard", "enable", [action["res_id"]])["context"]["default_codes"].split("\n")

    assert url.startswith("otpauth://totp/") and user.login in url and wizard["secret"] == user.secret
    assert "not the code" in refused
    assert len(codes) == len(set(codes)) == 10 and re.fullmatch(r"[A-Z2-7]{4}-[A-Z2-7]{4}", codes[0])
    assert (visitor.uid, other.uid) == (user.id, None), "his other sessions end, this one goes on"
    fresh = Visitor(house.server)
    assert fresh.log_in(user.login, PASSWORD) == "/web/login/totp"
    assert fresh.uid is None
    assert fresh.fill_in("/web/login/totp", totp_token=code).status_code == 200, "a code serves once"
    assert fresh.uid is None
    assert fresh.fill_in("/web/login/totp", totp_token=code_of(user)).headers["Location"] == "/odoo"
    assert fresh.uid == user.id


def test_s10_the_password_alone_opens_nothing(house, user):
    with_factor(house, user)
    visitor = Visitor(house.server)
    visitor.log_in(user.login, PASSWORD)

    assert visitor.json("/web/session/authenticate", db=house.name, login=user.login, password=PASSWORD)["result"] == {
        "uid": None
    }
    assert visitor.refused("res.users", "read", [user.id]) == "Session expired"
    assert visitor.rpc("common", "login", house.name, user.login, PASSWORD)["result"] is False
    answer = visitor.rpc("object", "execute", house.name, user.id, PASSWORD, "res.users", "read", [user.id], ["name"])
    assert answer["error"]["data"]["name"] == "odoo.exceptions.AccessDenied"


@pytest.mark.parametrize("change", ["own", "group", "member", "inactive", "password"])
def test_s10_a_password_that_programs_use_is_refused_from_the_moment_it_no_longer_suffices(house, user, change):
    def prepare(env):
        group = env["res.groups"].create({"name": f"Vault {user.id}"})
        if change == "group":
            group.users = [(4, user.id)]
        return group.id

    def demand(env):
        found, group = env["res.users"].browse(user.id), env["res.groups"].browse(group_id)
        if change == "own":
            found.totp_secret = totp_secret()
        elif change == "group":
            group.totp_required = True
        elif change == "member":
            group.write({"totp_required": True, "users": [(4, user.id)]})
        elif change == "inactive":
            found.active = False
        else:
            found.password = "another horse battery"

    group_id = transact(house.registry, prepare, uid=1)
    program = ("object", "execute", house.name, user.id, PASSWORD, "res.users", "read", [user.id], ["login"])
    visitor = Visitor(house.server)
    assert visitor.rpc(*program)["result"][0]["login"] == user.login

    transact(house.registry, demand, uid=1)

    assert visitor.rpc(*program)["error"]["data"]["name"] == "odoo.exceptions.AccessDenied"


def test_s10_an_api_key_goes_on_working(house, user):
    visitor = logged_in(house, user)
    action = visitor.call("res.users.apikeys.description", "create", {"name": "robot", "duration": "1"})
    shown = visitor.confirmed(visitor.call("res.users.apikeys.description", "make_key", [action]), PASSWORD)
    key = shown["context"]["default_key"]

    with_factor(house, user)

    assert visitor.rpc("common", "login", house.name, user.login, key)["result"] == user.id
    answer = visitor.rpc("object", "execute", house.name, user.id, key, "res.users", "read", [user.id], ["login"])
    assert answer["result"][0]["login"] == user.login


def test_s10_a_recovery_code_serves_once_however_it_is_typed(house, user):
    code, *_others = with_factor(house, user)
    first, second = Visitor(house.server), Visitor(house.server)
    for visitor in (first, second):
        visitor.log_in(user.login, PASSWORD)

    assert first.fill_in("/web/login/totp", totp_token=f" {code.lower().replace('-', ' ')}").status_code == 303
    assert second.fill_in("/web/login/totp", totp_token=code).status_code == 200
    assert (first.uid, second.uid) == (user.id, None)
    assert first.call("res.users", "read", [user.id], ["totp_recovery_count"])[0]["totp_recovery_count"] == 9
    stored = transact(
        house.registry,
        lambda env: env["auth_totp.recovery.code"].search([("user_id", "=", user.id)]).mapped("hashed"),
        uid=1,
    )
    assert not any(recovery_code.plain(code) in line for line in stored)


def test_s10_a_trusted_browser_is_not_asked_again_until_the_trust_is_taken_back(house, user):
    with_factor(house, user)
    visitor = Visitor(house.server)
    visitor.log_in(user.login, PASSWORD)
    trusted = visitor.fill_in("/web/login/totp", totp_token=code_of(user), remember="1")
    cookie = trusted.headers["Set-Cookie"]
    visitor.get(f"{house.server.url}/web/session/logout", timeout=30)

    assert "trusted_device=" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert visitor.log_in(user.login, PASSWORD) == "/web/login/totp"
    visitor.page("/web/login/totp")
    assert visitor.uid == user.id
    (device,) = visitor.call("res.users", "read", [user.id], ["totp_trusted_device_ids"])[0]["totp_trusted_device_ids"]
    asked = visitor.call("auth_totp.device", "remove", [device])
    visitor.confirmed(asked, PASSWORD)
    visitor.get(f"{house.server.url}/web/session/logout", timeout=30)
    visitor.log_in(user.login, PASSWORD)
    assert 'name="totp_token"' in visitor.page("/web/login/totp")
    assert visitor.uid is None


def test_s10_guessing_codes_is_slowed_down_for_the_user_wherever_it_comes_from(house, user):
    with_factor(house, user)
    visitor = Visitor(house.server)
    visitor.log_in(user.login, PASSWORD)
    for number in range(5):
        refused = visitor.fill_in("/web/login/totp", totp_token=f"99999{number}")
        assert "not right" in refused.text, refused.text

    answer = visitor.fill_in("/web/login/totp", totp_token=code_of(user))

    assert "Too many wrong codes" in answer.text
    assert visitor.uid is None
    assert f"Login failed for db:{house.name} login:{user.login} from 127.0.0.1" in house.server.logfile.read_text()


def test_s10_an_administrator_takes_it_away_and_others_do_not(house, user):
    with_factor(house, user)
    employee_values = {"name": "other", "login": f"other-{time.monotonic_ns()}", "password": PASSWORD}
    other = transact(house.registry, lambda env: env["res.users"].create(employee_values).id, uid=1)
    colleague, administrator = Visitor(house.server), Visitor(house.server)
    colleague.log_in(employee_values["login"], PASSWORD)
    administrator.log_in(house.server.login, house.server.password)

    for visitor, password in ((colleague, PASSWORD), (administrator, house.server.password)):
        visitor.call("res.users", "action_totp_enable_wizard", [visitor.uid])  # asks who it is
        asked = visitor.call("res.users", "action_totp_disable", [user.id])
        if visitor is administrator:
            visitor.confirmed(asked, password)
        else:
            wizard = asked["res_id"]
            message = visitor.refused("res.users.identitycheck", "run_check", [wizard], context={"password": password})
            assert "Only administrators" in message

    assert other and Visitor(house.server).log_in(user.login, PASSWORD) == "/odoo"
    assert "second factor removed user=" in house.server.logfile.read_text()


def test_s10_whoever_is_in_a_group_that_needs_it_sets_it_up_before_coming_in(house, user):
    def require(env):
        group = env["res.groups"].create({"name": f"Vault {user.id}", "totp_required": True})
        env["res.users"].browse(user.id).groups_id = [(4, group.id)]

    transact(house.registry, require, uid=1)
    visitor = Visitor(house.server)

    assert visitor.rpc("common", "login", house.name, user.login, PASSWORD)["result"] is False
    assert visitor.log_in(user.login, PASSWORD) == "/web/login/totp/setup"
    page = visitor.page("/web/login/totp/setup")
    user.secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    assert "not the code" in visitor.fill_in("/web/login/totp/setup", totp_token="123").text
    assert visitor.uid is None
    shown = visitor.fill_in("/web/login/totp/setup", totp_token=code_of(user))
    assert len(re.findall(r"[A-Z2-7]{4}-[A-Z2-7]{4}", shown.text)) == 10
    assert visitor.uid is None
    assert visitor.get(f"{house.server.url}/web/login/totp/setup", timeout=30, allow_redirects=False).status_code == 303
    assert visitor.uid == user.id
    assert Visitor(house.server).log_in(user.login, PASSWORD) == "/web/login/totp"


def test_s10_a_factor_that_one_user_sets_up_opens_nothing_for_another(house, user):
    """In one browser: the first is shown his recovery codes and does not go on; then the other's password is given."""

    def prepare(env):
        group = env["res.groups"].create({"name": f"Vault {user.id}", "totp_required": True})
        env["res.users"].browse(user.id).groups_id = [(4, group.id)]
        login = f"chief-{user.id}"
        return login, env["res.users"].create({"name": login, "login": login, "password": PASSWORD}).id

    login, uid = transact(house.registry, prepare, uid=1)
    chief = SimpleNamespace(login=login, id=uid, secret="", shift=0)
    with_factor(house, chief)
    visitor = Visitor(house.server)
    visitor.log_in(user.login, PASSWORD)
    page = visitor.page("/web/login/totp/setup")
    user.secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    visitor.fill_in("/web/login/totp/setup", totp_token=code_of(user))

    assert visitor.log_in(chief.login, PASSWORD) == "/web/login/totp"
    visitor.get(f"{house.server.url}/web/login/totp/setup", timeout=30)

    assert visitor.uid is None


def test_s10_a_new_password_trusts_no_browser(house, user):
    with_factor(house, user)
    visitor = Visitor(house.server)
    visitor.log_in(user.login, PASSWORD)
    visitor.fill_in("/web/login/totp", totp_token=code_of(user), remember="1")
    changed = "another horse battery"

    transact(house.registry, lambda env: env["res.users"].browse(user.id).write({"password": changed}), uid=1)

    assert visitor.log_in(user.login, changed) == "/web/login/totp"
    visitor.page("/web/login/totp")
    assert visitor.uid is None


def test_s10_the_settings_require_it_of_groups(house):
    def work(env):
        env = env(user=2)
        env["res.config.settings"].create({"totp_administrators": True}).set_values()
        answer = env.ref("base.group_erp_manager").totp_required, env.ref("base.group_user").totp_required
        env.cr.rollback()
        return answer

    assert transact(house.registry, work, uid=1) == (True, False)


def test_the_secret_is_for_nobody_to_read(house, user):
    with_factor(house, user)
    administrator = Visitor(house.server)
    administrator.log_in(house.server.login, house.server.password)

    assert "totp_secret" in administrator.refused("res.users", "read", [user.id], ["totp_secret"])
    assert user.id in administrator.call("res.users", "search", [["totp_enabled", "=", True]])
    assert user.id not in administrator.call("res.users", "search", [["totp_enabled", "=", False]])


@pytest.mark.usefixtures("registries")
@pytest.mark.parametrize(
    ("text", "number"), [("123 456", 123456), ("000001", 1), ("12345", None), ("١٢٣٤٥٦", None), ("ABCD-EFGH", None)]
)
def test_a_code_is_six_digits(text, number):
    assert res_users.number_of(text) == number


@pytest.mark.usefixtures("registries")
def test_each_wrong_code_doubles_the_wait():
    assert [res_users.wait_after(failures) for failures in (0, 4, 5, 6, 7)] == [0, 0, 60, 120, 240]
    assert res_users.wait_after(500) == res_users.LONGEST_WAIT_S


@pytest.mark.parametrize(
    ("operator", "value", "is_found"),
    [
        ("=", True, True), ("!=", True, False), ("in", [True], True), ("not in", [True], False), ("in", [False], False),
        ("in", [True, False], True), ("not in", [True, False], False), ("in", [], False),
    ],
    ids=str,
)  # fmt: skip
def test_people_are_found_by_their_second_factor(house, user, operator, value, is_found):
    with_factor(house, user)
    domain = [("id", "=", user.id), ("totp_enabled", operator, value)]

    assert transact(house.registry, lambda env: env["res.users"].search_count(domain), uid=1) == is_found
